"""Outsiders follow one registry, with a label in every state, through all that can happen to it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import asking, reading, rotating
from certification.log.adopting import reconcile
from certification.log.checkpoints import vkeys
from certification.log.handover import handovers
from certification.log.keys import KeyProblemError, signing_key
from certification.log.moving import move
from certification.log.reading import consistency, head
from certification.outside.auditing import audit
from certification.outside.believing import HANDED_OVER
from certification.outside.gathering import Asked as Asking
from certification.outside.gathering import gather
from certification.outside.memory import Memory
from certification.outside.monitor import Asked, Monitor, Report
from certification.outside.sources import Folder
from certification.outside.witness import Witness, create
from certification.registry import tending
from certification.registry.acts import Why, suspend, withdraw
from certification.registry.exporting import export
from certification.registry.models import Certificate
from certification.rules.attested import Attested, attest
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import NotConfirmed
from certification.rules.merkle import grow, leaf_hash, reader_of
from certification.rules.note_keys import VerifierKey, parse_vkey
from certification.rules.notes import split_notes
from certification.rules.signed_checkpoint import open_checkpoint, sign_checkpoint
from certification.rules.verdict import PublicState
from certification.rules.witnessing import Submission
from tests import makers
from tests.certification.log.signers import keys_put_back, signing_apart
from tests.certification.registry.exported import STATES, every_state, told
from tests.conftest import NOW
from tests.keeping import Kept, made_once
from tests.restoring import publish
from tests.wsgi_source import WsgiSource

WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
GONE = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")
MINUTE = timedelta(minutes=1)


def look(source: WsgiSource, memory: Memory) -> Report:
    return Monitor(source, memory, Asked(), clock.now, lambda _seconds: None).look()


@dataclass
class Outsiders:
    """Whoever follows the registry: often, rarely, from now on, as a witness, and with a copy of it all."""

    app: Flask
    folder: Path
    codes: dict[str, str]
    source: WsgiSource
    often: Memory = field(default_factory=Memory)
    rarely: Memory = field(default_factory=Memory)

    def begin(self) -> None:
        for memory in (self.often, self.rarely):
            assert (look(self.source, memory).exit_code, look(self.source, memory).warnings) == (0, ())
        export(self.folder / "old", at=clock.now())
        self.witness.add_log(vkeys(head().origin or "")[0])
        assert self.shown() == 200

    def go_on_from(self, begun: "Outsiders") -> None:
        """With what others of the same registry remember, on their own."""
        shutil.copytree(begun.folder, self.folder, dirs_exist_ok=True)
        for mine, theirs in ((self.often, begun.often), (self.rarely, begun.rarely)):
            theirs._db.backup(mine._db)

    @property
    def witness(self) -> Witness:
        folder = self.folder / "witness"
        return Witness(folder) if folder.exists() else create(folder, "uni.example/w")

    def shown(self) -> int:
        """What the witness answers to the head."""
        found, seen = head(), self.witness.seen(head().origin or "")
        old = seen.checkpoint.size if seen else 0
        proof = consistency(old, found.size) if 0 < old < found.size else ()
        body = Submission(old, proof, found.note or b"").encode()
        db.session.rollback()
        return self.witness.add_checkpoint(body, lambda: int(clock.now().timestamp())).status

    def looked(self) -> list[tuple[int, tuple[str, ...]]]:
        """Exit code and faults: who looks often, rarely, and for the first time."""
        reports = [look(self.source, one) for one in (self.often, self.rarely, Memory())]
        return [(one.exit_code, tuple(fault.words for fault in one.faults)) for one in reports]

    def copied(self) -> list[str]:
        """Faults in the copy that was there and is brought up to date, and in a new one."""
        export(self.folder / "old", at=clock.now())
        export(self.folder / "new", at=clock.now())
        return [fault for name in ("old", "new") for fault in audit(Folder(self.folder / name), now=clock.now()).faults]

    def verified(self, name: str, *, of: str | None = None) -> dict[str, Attested]:
        """What `tianguis verify CODE` finds at the site, in a copy read whole, and in one read in part."""
        code, now = of or self.codes[name], clock.now()
        evidence = gather(self.source, Asking(code), whole_up_to=4096, seen=now)
        copies = {part: told(self.folder / "new", code, None, now, whole_up_to=part) for part in (0, 4096)}
        return {"site": attest(evidence, as_of=now, now=now), "part": copies[0], "whole": copies[4096]}

    def states(self) -> dict[str, set[str]]:
        return {name: {one.state.value for one in self.verified(name).values()} for name in self.codes}


def followed() -> dict[str, str]:
    """A registry with every state, a renewal and a passed visit: its codes."""
    codes, seen = every_state(), makers.user("Visita")
    label = makers.certified(seen, at=NOW - timedelta(days=30))
    makers.visited(label, seen, at=NOW - timedelta(days=2))
    tending.renew_lists(NOW)
    return codes | {"visited": label.code}


_begun: list[Outsiders] = []


@pytest.fixture
def outsiders(app: Flask, session: Session, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outsiders]:
    """They begin once, and go on from there in each test."""
    codes = made_once(followed)
    with keys_put_back(app):
        found = Outsiders(app, tmp_path, dict(codes), WsgiSource(app.test_client()))
        if not _begun:
            _begun.append(Outsiders(app, tmp_path_factory.mktemp("begun"), found.codes, found.source))
            with clock.standing_at(NOW + MINUTE):
                _begun[0].begin()
        found.go_on_from(_begun[0])
        with clock.standing_at(NOW + 5 * MINUTE):
            yield found


def expected(outsiders: Outsiders) -> dict[str, set[str]]:
    return {name: {STATES.get(name, "VALID")} for name in outsiders.codes}


def rotated() -> None:
    with clock.standing_at(clock.now() - MINUTE):  # a rotation ends the old key a moment after its last act
        rotating.rotate(now=clock.now)


ALL_WELL = [(0, ())] * 3


@pytest.mark.parametrize("times", [1, 2])
def test_keys_that_follow_one_another_are_followed_however_rarely_one_looks(outsiders: Outsiders, times: int) -> None:
    for _ in range(times):
        rotated()
        makers.certified(makers.user("Otra"), at=clock.now() - MINUTE)  # after it the head bears one signature
    assert outsiders.looked() == ALL_WELL
    assert (outsiders.copied(), outsiders.states()) == ([], expected(outsiders))
    assert len(split_notes(outsiders.source.get("/log/handover"))) == times
    assert outsiders.shown() == 403  # a witness is told of a new key by a person
    outsiders.witness.add_log(outsiders.source.get("/log/vkey").split()[0].decode())
    assert outsiders.shown() == 200


def test_without_the_notes_whoever_looks_rarely_is_told_to_ask(outsiders: Outsiders) -> None:
    rotated()
    makers.certified(makers.user("Otra"), at=clock.now() - MINUTE)
    outsiders.source.gone = {"/log/handover"}
    report = look(outsiders.source, outsiders.rarely)
    assert (report.exit_code, "signed by no key that was seen before" in report.faults[0].words) == (1, True)


def test_a_note_by_anybody_else_hands_nothing_over(outsiders: Outsiders, tmp_path: Path) -> None:
    rotated()
    makers.certified(makers.user("Otra"), at=clock.now() - MINUTE)
    (note,) = split_notes(handovers())
    old = parse_vkey(next(one for one in outsiders.rarely.believed()).text)
    checkpoint = open_checkpoint(note, old.name, [old]).checkpoint
    for content in (
        b"",
        b"nonsense",
        note[:-3],
        sign_checkpoint(checkpoint, Ed25519PrivateKey.generate()).encode(),
        note.replace(b"/log\n", b"/log\n1", 1),
    ):
        outsiders.source.given["/log/handover"] = content
        assert look(outsiders.source, outsiders.rarely).exit_code == 1
    outsiders.copied()
    head_js = (tmp_path / "new" / "head.js").read_text(encoding="utf-8")
    other = sign_checkpoint(checkpoint, signing_key().private).encode().decode()
    (tmp_path / "new" / "head.js").write_text(head_js.replace(as_text(note.decode()), as_text(other)), encoding="utf-8")
    assert "log/handover: log_fork" in audit(Folder(tmp_path / "new"), now=clock.now()).faults


def as_text(told: str) -> str:
    """As it stands inside a JSON text."""
    return json.dumps(told, ensure_ascii=False)[1:-1]


def test_a_damaged_file_of_notes_stops_a_rotation_with_a_sentence(outsiders: Outsiders) -> None:
    file = outsiders.app.config["SETTINGS"].data / "keys" / "handovers"
    file.write_bytes(b"nonsense")
    with pytest.raises(KeyProblemError, match="damaged"):
        rotated()
    assert handovers() == b""
    file.unlink()
    rotated()
    assert len(split_notes(handovers())) == 1


def test_a_key_that_is_retired_later_changes_nothing(outsiders: Outsiders) -> None:
    old = signing_key().kid
    rotated()
    with pytest.raises(KeyProblemError, match="ended already"):
        rotating.retire(old, now=clock.now)
    assert outsiders.looked() == ALL_WELL


def test_a_stolen_key_ends_for_whoever_saw_it_told_and_the_others_must_ask(outsiders: Outsiders) -> None:
    stolen = signing_key()
    doomed = makers.certified(makers.user("Tarde"), at=clock.now() - 2 * MINUTE).code
    index = reading.indices_of(doomed)[0]
    with clock.standing_at(clock.now() - MINUTE):
        rotating.compromise(stolen.kid, index, now=clock.now)
    makers.certified(makers.user("Otra"), at=clock.now() - MINUTE)
    often, rarely, fresh = outsiders.looked()
    assert (often[0], rarely[0], fresh) == (1, 1, (0, ()))
    assert "no key that was seen before" in often[1][0]
    for memory in (outsiders.often, outsiders.rarely):
        with memory.step():
            memory.believe(VerifierKey.of("localhost/log", signing_key().public), "given")
    assert outsiders.looked() == ALL_WELL
    notes = look(outsiders.source, outsiders.often).warnings
    assert any(f"/c/{doomed}/versions/1 is by a key that was compromised" in one for one in notes)
    assert (outsiders.copied(), outsiders.states()) == ([], expected(outsiders))
    found = outsiders.verified("doomed", of=doomed).values()
    assert {(one.state, one.reasons[0].code) for one in found} == {(PublicState.CANNOT_CHECK, "compromised_key")}
    forged(outsiders, stolen)


@pytest.mark.parametrize("before", [True, False], ids=["stolen before", "stolen after"])
def test_a_rotation_by_a_key_that_was_stolen_by_then_leads_nobody_on(outsiders: Outsiders, *, before: bool) -> None:
    """Whoever looked between knew the new key before the theft was told."""
    old = signing_key()
    rotated()
    size = head().size
    makers.certified(makers.user("Otra"), at=clock.now() - MINUTE)
    assert look(outsiders.source, outsiders.often).exit_code == 0
    with clock.standing_at(clock.now() - MINUTE):
        rotating.compromise(old.kid, size - 1 if before else size, now=clock.now)
    begun = Memory()
    with begun.step():
        begun.believe(VerifierKey.of("localhost/log", old.public), "given")
    for _ in range(2):
        well = (0, ())
        assert outsiders.looked() == [well, (1, (HANDED_OVER,)) if before else well, well]
        assert look(outsiders.source, begun).exit_code == (1 if before else 0)
    for memory in (begun, outsiders.rarely):
        with memory.step():
            memory.believe(VerifierKey.of("localhost/log", signing_key().public), "given")
        assert look(outsiders.source, memory).exit_code == 0


def forged(outsiders: Outsiders, stolen: Any) -> None:
    """What the thief signs is believed by nobody who saw that the key is stolen, the witness's operator included."""
    known = outsiders.often.checkpoint
    assert known is not None
    for size, root in ((known.size, known.root), (known.size, bytes(32)), (known.size + 1, grown(outsiders, b"{}"))):
        note = sign_checkpoint(Checkpoint(known.origin, size, root), stolen.private).encode()
        outsiders.source.given = {"/log/checkpoint": note, "/log/handover": note}
        found = look(outsiders.source, outsiders.often)
        same = (size, root) == (known.size, known.root)  # the very head that was accepted: nothing new is believed by it
        assert (found.exit_code, outsiders.often.checkpoint) == (0 if same else 1, known)
    outsiders.source.given = {}
    outsiders.witness.add_log(VerifierKey.of(known.origin, signing_key().public).text)
    assert outsiders.shown() == 200
    outsiders.witness.drop_key(VerifierKey.of(known.origin, stolen.public).text)
    body = Submission(known.size, (), sign_checkpoint(known, stolen.private).encode()).encode()
    assert outsiders.witness.add_checkpoint(body, lambda: 1).status == 403


def grown(outsiders: Outsiders, entry: bytes) -> bytes:
    size = outsiders.often.size
    entries = [outsiders.often.entry(index) or b"" for index in range(size)]
    return grow(0, [leaf_hash(one) for one in (*entries, entry)], reader_of({})).root


def test_every_reader_tells_a_loss_though_the_key_of_the_label_was_stolen(outsiders: Outsiders) -> None:
    """Page, register and whoever verifies outside; the control is what is not lost, which none of them vouches for."""
    rotating.compromise(signing_key().kid, 0, now=lambda: clock.now() - MINUTE)
    assert outsiders.copied() == []
    lost = {name: STATES[name] for name in ("withdrawn", "surrendered", "superseded")}
    assert outsiders.states() == {name: {lost.get(name, "CANNOT_CHECK")} for name in outsiders.codes}
    listed = {row["code"]: row["state"] for row in map(json.loads, outsiders.source.get("/register.jsonl").splitlines())}
    browser = outsiders.app.test_client()
    for name, state in lost.items():
        page = browser.get(f"/v/{outsiders.codes[name]}?lang=en").text
        assert (listed[outsiders.codes[name]], IN_ENGLISH[state] in page) == (state, True)


def test_a_label_of_a_stolen_key_that_is_shown_as_valid_is_a_fault(outsiders: Outsiders) -> None:
    rotating.compromise(signing_key().kid, 0, now=lambda: clock.now() - MINUTE)
    code = outsiders.codes["in force"]

    def lie(content: bytes) -> bytes:
        rows = [json.loads(line) for line in content.splitlines()]
        assert {row["state"] for row in rows if row["code"] == code} == {"CANNOT_CHECK"}
        return b"".join(json.dumps(row | {"state": "VALID"} if row["code"] == code else row).encode() + b"\n" for row in rows)

    outsiders.source.changed["/register.jsonl"] = lie
    words = [one.words for one in look(outsiders.source, Memory()).faults]
    assert words == [f"{code} is shown as VALID; its credential is by a key that was compromised before its entry"]


IN_ENGLISH = {"WITHDRAWN": "Withdrawn", "SURRENDERED": "Surrendered", "SUPERSEDED": "Superseded"}
NEW = "https://nuevo.example"


def test_a_registry_that_moved_is_followed_and_what_it_issued_before_verifies_at_both(
    outsiders: Outsiders, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, codes = outsiders.app, outsiders.codes
    monkeypatch.setitem(app.config["SETTINGS"].values, "ORIGIN", NEW)
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["nuevo.example", "localhost"])
    app.extensions["edge"]._trusts.cache_clear()
    try:
        with unit_of_work():
            move(at=clock.now() - MINUTE)
        later = makers.certified(makers.user("Otra"), at=clock.now() - MINUTE).code
        at_old = outsiders.source
        outsiders.source = WsgiSource(At(app, NEW))  # type: ignore[arg-type]  # it has the one method that is called
        assert outsiders.looked() == ALL_WELL
        assert (outsiders.copied(), outsiders.states()) == ([], expected(outsiders))
        for code, unchecked in ((codes["in force"], {"former_address"}), (later, set())):
            found = outsiders.verified("", of=code)
            assert {one.state for one in found.values()} == {PublicState.VALID}
            assert {why.code for why in found["whole"].unchecked} == unchecked
        now = clock.now()
        evidence = gather(at_old, Asking(codes["in force"]), did="did:web:localhost", whole_up_to=4096, seen=now)
        assert attest(evidence, as_of=now, now=now).unchecked == ()
        assert outsiders.shown() == 200
        strange = replace(evidence, keys=evidence.keys and replace(evidence.keys, did="did:web:otro.example"), log=None)
        assert attest(strange, as_of=now, now=now).state is PublicState.CANNOT_CHECK
    finally:
        app.extensions["edge"]._trusts.cache_clear()


@dataclass
class At:
    """A browser at an address."""

    app: Flask
    base: str

    def get(self, path: str, headers: dict[str, str]) -> Any:
        return self.app.test_client().get(path, headers=headers, base_url=self.base)


def test_what_a_restore_lost_is_a_note_and_what_vanished_is_a_fault(outsiders: Outsiders, tmp_path: Path) -> None:
    decider, before = makers.user("Nueva"), Kept()
    made = {name: makers.certified(decider, at=clock.now()).code for name in ("lost", "lost withdrawn", "lost whole")}
    for name in ("lost withdrawn", "lost whole"):
        with unit_of_work():
            withdraw(one(made[name]), GONE, by=decider, at=clock.now())
    published = publish(outsiders.app, tmp_path / "published")
    (published / f"c/{made['lost whole']}/versions/1").unlink()
    before.begin_again(beside=False)
    assert reconcile([Folder(published)], at=clock.now()).adopted == 5
    assert outsiders.looked() == ALL_WELL
    by_log = {"lost": "VALID", "lost withdrawn": "WITHDRAWN", "lost whole": "WITHDRAWN"}
    words = {
        f"{made[name]} is not in the register: its record was lost in a restore; by the log it is {by_log[name]}" for name in made
    }
    assert set(look(outsiders.source, outsiders.often).warnings) == words
    assert (outsiders.copied(), outsiders.states()) == ([], expected(outsiders))
    found = {name: {one.state.value for one in outsiders.verified("", of=code).values()} for name, code in made.items()}
    assert found == {"lost": {"VALID"}, "lost withdrawn": {"WITHDRAWN"}, "lost whole": {"CANNOT_CHECK"}}
    gone = outsiders.codes["paused"].encode()
    outsiders.source.changed["/register.jsonl"] = lambda rows: b"".join(
        row for row in rows.splitlines(keepends=True) if gone not in row
    )
    faults = [one.words for one in look(outsiders.source, outsiders.often).faults]
    assert faults == [f"{gone.decode()} was granted by the log and is not in the register"]


def one(code: str) -> Certificate:
    return db.session.scalars(select(Certificate).where(Certificate.code == code)).one()


def test_acts_that_wait_for_the_signer_are_a_note_and_never_shown_as_valid(
    outsiders: Outsiders, monkeypatch: pytest.MonkeyPatch
) -> None:
    decider = makers.user("Nueva")
    code, followed = (makers.certified(decider, at=clock.now() - MINUTE).code for _ in range(2))

    def away(*_given: Any, **_named: Any) -> int:
        raise OSError

    with signing_apart(outsiders.app, monkeypatch):
        monkeypatch.setattr(asking, "ask", away)
        with pytest.raises(NotConfirmed), unit_of_work():
            suspend(one(code), WHY, until=date(2026, 12, 31), by=decider, at=clock.now())
        with pytest.raises(NotConfirmed):
            makers.certified(decider, at=clock.now())
        with pytest.raises(NotConfirmed):
            makers.renewed(one(followed), decider, at=clock.now(), cause="scope", goods="Otra cosa")
        assert outsiders.looked() == ALL_WELL
        notes = look(outsiders.source, outsiders.often).warnings
        assert any(f"{code} is shown as SUSPENDED, an act that is not signed yet" in one for one in notes)
        assert any("its grant is not signed in the log yet" in one for one in notes)
        shown, words = (one for one in notes if followed in one)
        assert (shown.startswith(f"{followed} is shown as CANNOT_CHECK"), words) == (
            True,
            f"{followed} is shown with another goods than was signed; a version of it is not signed yet",
        )
        export(outsiders.folder / "new", at=clock.now())
        assert audit(Folder(outsiders.folder / "new"), now=clock.now()).faults == []
        assert {one.state.value for one in outsiders.verified("", of=code).values()} == {"VALID"}


def test_time_goes_by_and_a_renewal_in_time_goes_on(outsiders: Outsiders) -> None:
    label, decider = one(outsiders.codes["in force"]), makers.user("Renueva")
    ends = label.valid_until
    for at in (ends - timedelta(days=20), ends - timedelta(days=19), ends + timedelta(days=1)):
        with clock.standing_at(at):
            if at == ends - timedelta(days=19):
                makers.renewed(one(outsiders.codes["in force"]), decider, at=at)
            tending.renew_lists(at)
            assert outsiders.looked() == ALL_WELL
    shutil.rmtree(outsiders.folder / "old")
