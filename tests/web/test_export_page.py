"""The page inside an export, opened from a disk by a real browser: the same answers as the command, from the same folder."""

import base64
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import db
from certification.log import rotating
from certification.outside.layout import HEAD, HEAD_CALL, PACK_CALL, TILE_CALL, WHOLE_ON_A_PAGE, pack_of, unwrapped, wrapped
from certification.registry.exporting import export
from certification.registry.recorded import recorded_of
from certification.rules.canonical import jcs
from certification.rules.jsontext import read_object
from tests import makers
from tests.certification.log.signers import keys_put_back
from tests.certification.registry.exported import DATES, LONG, STATES, answer, exported, told
from tests.certification.registry.truth import acted, paused, replaced, returned, taken
from tests.conftest import NOW
from tests.web.test_pages import violations

pytestmark = pytest.mark.web
DAY = timedelta(days=1)
NOBODY = "7QK4M2XD9FQ"
ASK = """async (cases) => {
  const pairs = (listed) => (listed ?? []).map((one) => [one.code, one.about]);
  const said = [];
  for (const [code, asOf, now] of cases) {
    const found = await tianguis.verify(code, asOf, now);
    said.push({
      state: found.state, asOf: found.asOf, since: found.since ?? null, successor: found.successor ?? null,
      reasons: pairs(found.reasons), unchecked: pairs(found.unchecked), known: found.known ? found.known.state : null,
      knownAt: found.knownAt ?? null, shown: Boolean(found.document),
    });
  }
  return said;
}"""
Case = tuple[str, str | None, datetime]


BUILT: dict[Path, dict[str, str]] = {}


@pytest.fixture
def folder(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Built once for all tests here: nobody writes to it."""
    if not BUILT:
        where = tmp_path_factory.mktemp("exported") / "export"
        with app.app_context(), clock.standing_at(NOW):
            BUILT[where] = exported(where)
    return next(iter(BUILT.items()))


def opened(chromium: Browser, folder: Path, page: str = "index.html", **how: Any) -> Page:
    context = chromium.new_context(offline=True, **how)
    made = context.new_page()
    made.goto((folder / page).as_uri())
    return made


def asked(page: Page, cases: list[Case]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(ASK, [[code, as_of, round(now.timestamp() * 1000)] for code, as_of, now in cases])
    return found


def test_page_and_command_answer_alike_for_every_state_and_date(chromium: Browser, folder: tuple[Path, dict[str, str]]) -> None:
    where, codes = folder
    page, later = opened(chromium, where), NOW + 3 * DAY
    cases: list[Case] = [(code, as_of, NOW) for code in (*codes.values(), NOBODY) for as_of in DATES]
    cases += [(code, as_of, later) for code in codes.values() for as_of in (None, "2026-11-20")]
    wanted = [answer(told(where, *case, whole_up_to=WHOLE_ON_A_PAGE)) for case in cases]
    for case, found, one in zip(cases, asked(page, cases), wanted, strict=True):
        assert found == one, case
    assert {one["state"] for one in wanted} == {*STATES.values(), "EXPIRED", "NOT_FOUND", "CANNOT_CHECK"}
    now = {name: answer(told(where, code, None, NOW))["state"] for name, code in codes.items()}
    assert now == STATES
    assert not any("log_not_whole" in {code for code, _about in one["unchecked"]} for one in wanted)
    page.context.close()


def test_after_a_compromise_both_believe_what_was_signed_anew_and_nothing_else(
    app: Flask, session: Session, chromium: Browser, tmp_path: Path
) -> None:
    """Its first version stays by the key in other hands; the control is a label that has no other. What is lost stays lost."""
    by, where = makers.user("Celia Decide"), tmp_path / "export"
    with keys_put_back(app), clock.standing_at(NOW):
        anew, left, *lost = makers.certified(by), makers.certified(by), acted(paused, taken)(by), returned(by), replaced(by)
        place = min(act.leaf or 0 for one in recorded_of([anew, left, *lost]).values() for act in one.acts)
        rotating.compromise(str(anew.versions[0].kid), place, now=lambda: NOW)
        db.session.expire_all()
        makers.renewed(anew, by, at=NOW + timedelta(minutes=1), cause="scope")
        export(where, at=NOW + timedelta(minutes=2))
    page = opened(chromium, where)
    cases: list[Case] = [(one.code, None, NOW + timedelta(minutes=3)) for one in (anew, left, *lost)]
    cases += [(one.code, "2026-10-01", NOW + timedelta(minutes=3)) for one in lost]
    wanted = [answer(told(where, *case, whole_up_to=WHOLE_ON_A_PAGE)) for case in cases]
    assert asked(page, cases) == wanted
    assert [(one["state"], one["reasons"][0][0]) for one in wanted] == [
        ("VALID", "in_force"),
        ("CANNOT_CHECK", "compromised_key"),
        ("WITHDRAWN", "withdrawn_by_act"),
        ("SURRENDERED", "given_back"),
        ("SUPERSEDED", "replaced"),
        *[("CANNOT_CHECK", "compromised_key")] * 3,
    ]
    page.context.close()


def without_entries(folder: Path, to: Path) -> Path:
    """The copy as of a log that is too long to be read whole by a page."""
    copytree(folder, to)
    for file in (to / "log" / "tile" / "entries").rglob("*.js"):
        file.unlink()
    return to


def test_of_a_log_that_it_reads_in_parts_it_says_so(
    chromium: Browser, folder: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    where, codes = folder
    page = opened(chromium, without_entries(where, tmp_path / "parts"))
    cases: list[Case] = [(code, None, NOW) for code in codes.values()]
    wanted = [answer(told(where, *case)) for case in cases]
    assert asked(page, cases) == wanted
    assert all(["log_not_whole", "log"] in one["unchecked"] for one in wanted)
    page.context.close()


def head_of(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = unwrapped(HEAD_CALL, (folder / HEAD).read_bytes())
    change(content)
    (folder / HEAD).write_bytes(wrapped(HEAD_CALL, content))


def pack_with(folder: Path, code: str, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / pack_of(code)
    content = unwrapped(PACK_CALL, file.read_bytes())
    change(content["certificates"][code])
    file.write_bytes(wrapped(PACK_CALL, content))


def other_letter(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def change_note(head: dict[str, Any]) -> None:
    forms = head["documents"]["/log/checkpoint"]
    lines = forms["text/plain"].split("\n")
    lines[2] = other_letter(lines[2], 5)
    forms["text/plain"] = "\n".join(lines)


def change_list(head: dict[str, Any]) -> None:
    subject = head["documents"]["/status/revocation/1"]["application/vc"]["credentialSubject"]
    subject["encodedList"] = other_letter(subject["encodedList"], 20)


def change_token_key(head: dict[str, Any]) -> None:
    method = head["documents"]["/.well-known/did.json"]["application/json"]["verificationMethod"][-1]
    method["publicKeyJwk"]["x"] = other_letter(method["publicKeyJwk"]["x"], 5)


def change_scheme(head: dict[str, Any]) -> None:
    head["documents"]["/schemes/origen-local/1.0"]["application/json"]["document"]["version"] = "1.1"


def change_goods(one: dict[str, Any]) -> None:
    one["versions"]["1"]["application/vc"]["credentialSubject"]["issuedToParty"]["name"] = "Taller Hilo de Lana"


def change_tile(folder: Path) -> None:
    file = next((folder / "log" / "tile" / "0").rglob("*.js"))
    said = unwrapped(TILE_CALL, file.read_bytes())
    raw = bytearray(base64.b64decode(said["hashes"]))
    raw[-1 - 32 * 4] ^= 1
    file.write_bytes(wrapped(TILE_CALL, said | {"hashes": base64.b64encode(raw).decode()}))
    file.with_suffix("").write_bytes(raw)


def drop_tiles(folder: Path) -> None:
    for file in (folder / "log" / "tile" / "0").rglob("*"):
        if file.is_file():
            file.unlink()


WRONG: dict[str, tuple[str, Callable[[Path, str], object], str]] = {
    "the signed root": ("in force", lambda to, _code: head_of(to, change_note), "note_signature"),
    "a bit of a list": ("in force", lambda to, _code: head_of(to, change_list), "bad_list_signature"),
    "no lists": (
        "in force",
        lambda to, _code: head_of(to, lambda one: one["documents"].pop("/status/suspension/1")),
        "unreachable",
    ),
    "no keys": (
        "in force",
        lambda to, _code: head_of(to, lambda one: one["documents"].pop("/.well-known/did.json")),
        "keys_missing",
    ),
    "a key for tokens that is another": ("in force", lambda to, _code: head_of(to, change_token_key), "keys_missing"),
    "no log": ("in force", lambda to, _code: head_of(to, lambda one: one["documents"].pop("/log/checkpoint")), "log_missing"),
    "the scheme's text": ("in force", lambda to, _code: head_of(to, change_scheme), "other_scheme"),
    "no acts on keys": ("in force", lambda to, _code: head_of(to, lambda one: one["others"].clear()), "unannounced_key"),
    "one letter of a name": ("in force", lambda to, code: pack_with(to, code, change_goods), "bad_signature"),
    "no proof": (
        "in force",
        lambda to, code: pack_with(to, code, lambda one: one["versions"]["1"]["application/vc"].pop("proof")),
        "no_proof",
    ),
    "no document": ("in force", lambda to, code: pack_with(to, code, lambda one: one["versions"].clear()), "credential_missing"),
    "an act left out": ("withdrawn", lambda to, code: pack_with(to, code, lambda one: one["entries"].pop()), "bit_without_leaf"),
    "the grant left out": ("withdrawn", lambda to, code: pack_with(to, code, lambda one: one["entries"].pop(0)), "acts_missing"),
    "an act at another place": (
        "in force",
        lambda to, code: pack_with(to, code, lambda one: one["entries"][0].update(index=one["entries"][0]["index"] + 1)),
        "proof_root",
    ),
    "an act of other words": (
        "paused",
        lambda to, code: pack_with(to, code, lambda one: one["entries"][1].update(entry=one["entries"][1]["entry"] + " ")),
        "proof_root",
    ),
    "a hash of the log": ("in force", lambda to, _code: change_tile(to), "proof_root"),
    "no hashes of the log": ("in force", lambda to, _code: drop_tiles(to), "log_missing"),
    "no pack": ("in force", lambda to, code: (to / pack_of(code)).unlink(), "unknown_code"),
    "a pack of noise": ("in force", lambda to, code: (to / pack_of(code)).write_bytes(b"\0\1 noise"), "bad_json"),
    "a head of noise": ("in force", lambda to, _code: (to / HEAD).write_bytes(b"\0\1 noise"), "keys_missing"),
}


def test_page_and_command_refuse_each_wrong_piece_alike(
    chromium: Browser, folder: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    where, codes = folder
    for number, (what, (name, change, code)) in enumerate(WRONG.items()):
        wrong = without_entries(where, tmp_path / str(number))
        change(wrong, codes[name])
        page, case = opened(chromium, wrong), (codes[name], None, NOW)
        wanted = answer(told(wrong, *case))
        assert asked(page, [case]) == [wanted], what
        assert wanted["state"] == ("NOT_FOUND" if what == "no pack" else "CANNOT_CHECK"), what
        assert code in {reason for reason, _about in wanted["reasons"]}, (what, wanted)
        page.context.close()


def other_entry(folder: Path, change: Callable[[list[str]], object]) -> None:
    """The same wrong entries in both of their forms."""
    file = next((folder / "log" / "tile" / "entries").rglob("*.js"))
    said = unwrapped(TILE_CALL, file.read_bytes())
    change(said["entries"])
    file.write_bytes(wrapped(TILE_CALL, said))
    raw = [entry.encode() for entry in said["entries"]]
    file.with_suffix("").write_bytes(b"".join(len(one).to_bytes(2) + one for one in raw))


WRONG_WHOLE: dict[str, tuple[str, Callable[[Path, str], object], str, str]] = {
    "an act left out of its pack": (
        "withdrawn", lambda to, code: pack_with(to, code, lambda one: one["entries"].pop()), "WITHDRAWN", "withdrawn_by_act",
    ),
    "an act of other words": (
        "in force", lambda to, _code: other_entry(to, lambda one: one.append(one.pop() + " ")), "CANNOT_CHECK", "log_fork",
    ),
    "two acts changed for each other": ("in force", lambda to, _code: other_entry(to, list.reverse), "CANNOT_CHECK", "log_fork"),
    "one act less": ("in force", lambda to, _code: other_entry(to, list.pop), "CANNOT_CHECK", "bundle_form"),
    "no pack": ("in force", lambda to, code: (to / pack_of(code)).unlink(), "CANNOT_CHECK", "credential_missing"),
}  # fmt: skip


def test_a_log_that_was_read_whole_is_refused_alike(
    chromium: Browser, folder: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    where, codes = folder
    for number, (what, (name, change, state, code)) in enumerate(WRONG_WHOLE.items()):
        wrong = copytree(where, tmp_path / str(number))
        change(wrong, codes[name])
        page, case = opened(chromium, wrong), (codes[name], None, NOW)
        wanted = answer(told(wrong, *case, whole_up_to=WHOLE_ON_A_PAGE))
        assert asked(page, [case]) == [wanted], what
        assert (wanted["state"], wanted["reasons"][0][0]) == (state, code), what
        page.context.close()


TOO_NEW = (
    r"\(\?<[=!]", r"\.(?:findLast|toSorted|toReversed|with|isWellFormed|groupBy|fromAsync|withResolvers|fromBase64|toHex)\(",
    r"\bstructuredClone\b", r"/[a-z]*v[a-z]*\.test", r"^\s*(?:import|export)\b", r"\busing\b|\bawait using\b", r"^\s*static \{",
)  # fmt: skip


def too_new(script: str) -> list[str]:
    """What a browser of three years ago would not read; one such word takes the whole script away."""
    return [one for one in TOO_NEW if re.search(one, script, re.MULTILINE)]


def test_scripts_use_what_browsers_have_known_for_years(folder: tuple[Path, dict[str, str]]) -> None:
    where, _codes = folder
    scripts = sorted((where / "check").glob("*.js"))
    assert len(scripts) == 9
    assert {one.name: too_new(one.read_text()) for one in scripts if too_new(one.read_text())} == {}
    for new in ("/(?<!a)b/", "list.findLast(one)", "Object.groupBy(a, b)", "import x from 'y'", "structuredClone(x)"):
        assert too_new(new), new


def complaints(page: Page) -> list[str]:
    """Grows with whatever the browser has to say against the page."""
    found: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize(("page_name", "lang"), [("index.html", "es"), ("index.en.html", "en")])
def test_a_person_types_a_code_and_reads_the_answer(
    chromium: Browser, folder: tuple[Path, dict[str, str]], page_name: str, lang: str
) -> None:
    where, codes = folder
    for look in (
        {"viewport": {"width": 360, "height": 780}},
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    ):
        page = opened(chromium, where, page_name, **look)
        faults = complaints(page)
        page.fill("#code", codes["renewed"][:-1])
        page.keyboard.press("Enter")
        assert page.locator("#code-error").is_visible()
        assert page.locator("#answer").is_hidden()
        page.fill("#code", f"{codes['renewed'][:4].lower()}-{codes['renewed'][4:]}")
        page.fill("#day", "2026-11-20")
        page.keyboard.press("Enter")
        page.locator("#answer").wait_for()
        assert page.locator("#word").inner_text() == {"es": "Vigente", "en": "Valid"}[lang]
        assert LONG in page.locator("#facts").inner_text()
        assert page.locator("#weave img").evaluate("(image) => image.complete && image.naturalWidth > 0")
        assert faults == []
        assert violations(page) == []
        faults.clear()  # axe itself wants to read the style sheet, and is not let
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.fill("#day", "")
        page.click("button[type=submit]")
        page.locator(".state.none").wait_for()
        assert page.locator("html").get_attribute("lang") == {"es": "es-MX", "en": "en"}[lang]
        assert faults == []
        page.context.close()


@pytest.mark.parametrize(("page_name", "label", "signed"), [
    ("index.html", "Sello de Origen Local — Hecho a Mano", "Las listas de estados se firmaron el "),
    ("index.en.html", "Local Origin Label — Made by Hand", "The status lists were signed on "),
])  # fmt: skip
def test_an_answer_names_the_label_in_the_reader_s_language_and_tells_the_age_of_the_lists(
    chromium: Browser, folder: tuple[Path, dict[str, str]], page_name: str, label: str, signed: str
) -> None:
    where, codes = folder
    page = opened(chromium, where, page_name)
    page.clock.set_fixed_time(NOW + timedelta(hours=3))
    page.fill("#code", codes["in force"])
    page.click("button[type=submit]")
    page.locator("#answer").wait_for()
    said, fresh = page.locator("#reasons").inner_text(), page.locator("#facts").inner_text()
    assert signed in said
    assert ("hace 3 horas" in said, "3 hours ago" in said) == (page_name == "index.html", page_name != "index.html")
    assert label in fresh
    assert page.locator("#unchecked").is_hidden()
    page.clock.set_fixed_time(NOW + timedelta(days=9))
    page.click("button[type=submit]")
    page.locator(".state.none").wait_for()
    assert ("hace 9 días" in page.locator("#reasons").inner_text()) == (page_name == "index.html")
    page.context.close()


def test_a_label_s_other_name_is_shown_only_from_the_text_that_was_signed(
    chromium: Browser, folder: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    where, codes = folder
    wrong = copytree(where, tmp_path / "scheme")
    page = opened(chromium, wrong, "index.en.html")
    head_of(wrong, lambda one: one["documents"].pop("/schemes/origen-local/1.0"))
    page.reload()
    page.clock.set_fixed_time(NOW)
    page.fill("#code", codes["in force"])
    page.click("button[type=submit]")
    page.locator("#answer").wait_for()
    assert "Sello de Origen Local" in page.locator("#facts").inner_text()
    assert page.locator("#unchecked").is_visible()
    page.context.close()


def test_a_browser_that_cannot_check_says_so_and_asks_for_no_code(chromium: Browser, folder: tuple[Path, dict[str, str]]) -> None:
    for lacks in ("Object.defineProperty(crypto, 'subtle', {value: undefined})", "delete globalThis.DecompressionStream"):
        context = chromium.new_context(offline=True)
        context.add_init_script(lacks)
        page = context.new_page()
        faults = complaints(page)
        page.goto((folder[0] / "index.html").as_uri())
        assert (page.locator("#unable").is_visible(), page.locator("#ask").is_visible(), faults) == (True, False, [])
        context.close()
    page = opened(chromium, folder[0])
    assert (page.locator("#unable").is_visible(), page.locator("#ask").is_visible()) == (False, True)
    page.context.close()


def test_a_browser_without_ed25519_checks_with_the_library_beside_the_page(
    chromium: Browser, folder: tuple[Path, dict[str, str]]
) -> None:
    where, codes = folder
    context = chromium.new_context(offline=True)
    context.add_init_script("globalThis.tianguis = { withoutNative: true };")
    page = context.new_page()
    page.goto((where / "index.html").as_uri())
    cases: list[Case] = [(codes[name], None, NOW) for name in ("in force", "withdrawn")]
    assert asked(page, cases) == [answer(told(where, *case, whole_up_to=WHOLE_ON_A_PAGE)) for case in cases]
    verifies = (
        "async (zero) => tianguis.verifies(new Uint8Array(32).fill(zero), new Uint8Array(64).fill(zero), new Uint8Array(1))"
    )
    assert [page.evaluate(verifies, byte) for byte in (0, 1, 255)] == [False] * 3
    page.evaluate("globalThis.nobleEd25519 = undefined")
    assert asked(page, cases[:1])[0]["state"] == "CANNOT_CHECK"
    context.close()


def test_page_and_rules_spell_what_others_sign_alike(chromium: Browser, folder: tuple[Path, dict[str, str]]) -> None:
    page = opened(chromium, folder[0])
    texts = [
        '{"b": 1.50, "a": [1e21, -0.0, 1E-7, 5e-324, 9007199254740992, 0.1]}',
        '{"\uffe6": "e\u0301", "\U0001f600": "\\u000f"}',
    ]
    spelled = page.evaluate("(texts) => texts.map((text) => tianguis.jcs(JSON.parse(text)))", texts)
    assert spelled == [jcs(read_object(text.encode(), fractions=True)).decode() for text in texts]
    created = "({ proof: { created } })"
    instants = page.evaluate(
        f"(texts) => texts.map((created) => tianguis.proofCreated({created}))",
        ["2026-11-21T16:32:00", "2026-11-21T16:32:00.5", "2026-11-21T10:32:00.123456789-06:00"],
    )
    assert instants == [1795278720000, 1795278720500, 1795278720123]
    page.context.close()


def test_without_javascript_the_page_says_what_to_type(chromium: Browser, folder: tuple[Path, dict[str, str]]) -> None:
    page = opened(chromium, folder[0], java_script_enabled=False)
    assert page.locator("noscript .notice").is_visible()
    assert page.locator("#ask").is_hidden()
    page.context.close()
