"""A monitor on a whole registry: quiet where all is well, one line for whatever is not."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core import clock
from certification.core.db import unit_of_work
from certification.outside.findings import Kind
from certification.outside.memory import Memory
from certification.outside.monitor import Asked, Monitor, Report
from certification.registry import tending
from certification.registry.acts import Why, restore, suspend, withdraw
from certification.registry.models import Certificate
from certification.schemes.versions import lapse
from tests import makers
from tests.conftest import NOW
from tests.wsgi_source import WsgiSource

VC, VC_JWT = "application/vc", "application/vc+jwt"
BREACH = Why("USE_OUTSIDE_SCOPE", "Se usó en piezas que no cubre.")
WHY = Why("UNDER_INVESTIGATION", "Se revisa.")


@pytest.fixture
def decider(session: Session) -> User:
    return makers.user("Celia Decide")


@pytest.fixture
def made(decider: User) -> Certificate:
    return makers.certified(decider, at=NOW)


@pytest.fixture
def source(client: FlaskClient, made: Certificate) -> WsgiSource:
    scheme = made.scheme_version
    return WsgiSource(client, given={f"/schemes/{scheme.scheme.key}/{scheme.version}": b"{}"})


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    found = Memory(tmp_path / "state")
    yield found
    found.close()


def look(source: WsgiSource, memory: Memory, asked: Asked | None = None) -> Report:
    return Monitor(source, memory, asked or Asked(), clock.now, lambda _seconds: None).look()


def lines(report: Report) -> list[str]:
    return [one.words for one in report.faults]


def flip(at: int) -> Callable[[bytes], bytes]:
    """One byte changed."""
    return lambda content: content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def status_list(source: WsgiSource, made: Certificate, purpose: str) -> str:
    document = json.loads(source.client.get(f"/c/{made.code}/versions/1", headers={"Accept": VC}).text)
    found = {one["statusPurpose"]: one["statusListCredential"] for one in document["credentialStatus"]}
    return str(found[purpose]).removeprefix("http://localhost")


def pause(made: Certificate, decider: User, at: datetime = NOW) -> None:
    with unit_of_work():
        suspend(made, WHY, until=date(2026, 12, 31), by=decider, at=at)


def test_a_registry_in_order_is_all_well_and_so_is_it_the_next_time(source: WsgiSource, memory: Memory) -> None:
    for _ in range(2):
        report = look(source, memory)
        assert (report.exit_code, report.faults, report.warnings, report.unreachable) == (0, (), (), ())
    assert (report.certificates, report.looked_closely, report.size) == (1, 1, memory.size)


def test_only_what_is_new_is_read_of_the_log(source: WsgiSource, memory: Memory, decider: User) -> None:
    look(source, memory)
    makers.certified(decider, at=NOW)
    source.asked.clear()
    report = look(source, memory, Asked(sample=0))
    assert (report.exit_code, report.certificates, report.looked_closely) == (0, 2, 1)
    assert sum("/versions/" in path for path in source.asked) == 2


def test_every_act_of_a_label_is_followed(source: WsgiSource, memory: Memory, made: Certificate, decider: User) -> None:
    lost = makers.certified(decider, at=NOW)
    look(source, memory)
    pause(made, decider)
    with unit_of_work():
        withdraw(lost, BREACH, by=decider, at=NOW)
    assert look(source, memory).faults == ()
    with unit_of_work():
        restore(made, by=decider, at=NOW)
    assert look(source, memory).faults == ()


def test_what_follows_from_dates_alone_is_no_fault(source: WsgiSource, memory: Memory, made: Certificate) -> None:
    look(source, memory)
    states = set()
    for days in (0, 366, 500, 732, 1100, 2200):
        with clock.standing_at(NOW + timedelta(days=days)):
            tending.renew_lists(clock.now())
            assert lines(look(source, memory)) == []
            states.add(json.loads(source.get("/register.jsonl"))["state"])
    assert states == {"VALID", "SUSPENDED"}


def test_a_scheme_that_ends_by_an_act_is_followed(source: WsgiSource, memory: Memory, made: Certificate) -> None:
    look(source, memory)
    owner = makers.user("Dueña")
    makers.role(owner, Role.SCHEME_OWNER, made.scheme_version.scheme.key)
    with unit_of_work():
        lapse(made.scheme_version, by=owner, at=NOW, reason="Venció la marca.")
    assert lines(look(source, memory)) == []
    assert json.loads(source.get("/register.jsonl"))["state"] == "SCHEME_LAPSED"


def test_the_end_of_a_legal_mark_counts_where_the_scheme_says_it(source: WsgiSource, memory: Memory, made: Certificate) -> None:
    look(source, memory)
    with unit_of_work():
        made.scheme_version.mark_ends_on = date(2026, 11, 20)
    tending.renew_lists(NOW)
    untold = look(source, memory)
    assert [one.kind for one in untold.faults] == [Kind.UNLOGGED, Kind.LIST, Kind.LIST]
    page = f"/schemes/{made.scheme_version.scheme.key}/{made.scheme_version.version}"
    source.given[page] = b'{"mark_ends_on": "2026-11-20"}'
    assert lines(look(source, memory)) == []
    source.given[page] = b'{"mark_ends_on": "2027-01-01"}'
    assert look(source, memory).exit_code == 1


def test_one_changed_byte_of_whatever_is_served_is_named(source: WsgiSource, memory: Memory, made: Certificate) -> None:
    look(source, memory)
    size, code = memory.size, made.code
    told = {
        "/log/checkpoint": (Kind.KEY, 30),
        f"/log/tile/entries/000.p/{size}": (Kind.PAST_CHANGED, 40),
        f"/log/tile/0/000.p/{size}": (Kind.TILE, 40),
        f"/c/{code}/versions/1 {VC}": (Kind.CREDENTIAL, 200),
        f"/c/{code}/versions/1 {VC_JWT}": (Kind.CREDENTIAL, 200),
        f"/c/{code}/proof": (Kind.PROOF, 60),
        "/.well-known/did.json": (Kind.KEY, 300),
        "/register.jsonl": (Kind.REGISTER, 1),
    }
    for purpose in ("revocation", "suspension"):
        for form in (VC, VC_JWT):
            told[f"{status_list(source, made, purpose)} {form}"] = (Kind.LIST, 150)
    for path, (kind, at) in told.items():
        source.changed = {path: flip(at)}
        report = look(source, memory)
        assert report.exit_code == 1, path
        assert kind in {one.kind for one in report.faults}, (path, lines(report))
    source.changed.clear()
    assert look(source, memory).exit_code == 0


def test_what_is_not_served_any_more_is_named_and_what_does_not_answer_is_not(
    source: WsgiSource, memory: Memory, made: Certificate
) -> None:
    look(source, memory)
    paths = {
        "/log/checkpoint": Kind.GAP,
        f"/log/tile/entries/000.p/{memory.size}": Kind.GAP,
        f"/log/tile/0/000.p/{memory.size}": Kind.GAP,
        f"/c/{made.code}/versions/1": Kind.CREDENTIAL,
        f"/c/{made.code}/proof": Kind.PROOF,
        "/.well-known/did.json": Kind.KEY,
        "/register.jsonl": Kind.REGISTER,
        status_list(source, made, "suspension"): Kind.LIST,
    }
    for path, kind in paths.items():
        source.gone = {path}
        report = look(source, memory)
        assert (report.exit_code, kind in {one.kind for one in report.faults}) == (1, True), path
    source.gone = set()
    for path in paths:
        source.away = {path}
        report = look(source, memory)
        assert (report.exit_code, report.faults) == (2, ()), path
        assert report.unreachable, path
    source.away = {"/register.jsonl"}
    source.changed = {f"/c/{made.code}/proof": flip(60)}
    assert [one.kind for one in look(source, memory).faults] == [Kind.PROOF]


def without(_lines: bytes) -> bytes:
    return b""


def state(word: str, name: str = "state") -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        rows = [json.loads(line) | {name: word} for line in content.splitlines()]
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    return changed


def test_a_register_that_says_something_else_than_the_log_is_named(
    source: WsgiSource, memory: Memory, made: Certificate, decider: User
) -> None:
    look(source, memory)
    rows: list[tuple[Callable[[bytes], bytes], Kind, str]] = [
        (state("WITHDRAWN"), Kind.UNLOGGED, f"{made.code} is shown as WITHDRAWN; by the log it is VALID"),
        (state("EXPIRED"), Kind.UNLOGGED, f"{made.code} is shown as EXPIRED; by the log it is VALID"),
        (state("SUPER"), Kind.REGISTER, "line 1 of the register lacks its code, state or scheme"),
        (without, Kind.MISSING, f"{made.code} was granted by the log and is not in the register"),
        (lambda one: one + one, Kind.REGISTER, f"line 2 of the register has {made.code} a second time"),
        (
            lambda one: one + one.replace(made.code.encode(), b"00000000000"),
            Kind.UNLOGGED,
            "00000000000 is in the register as VALID and was never granted in the log",
        ),
        (
            lambda one: one.replace(made.code.encode(), b"\\u001b[2J"),
            Kind.REGISTER,
            "line 1 of the register lacks its code, state or scheme",
        ),
        (lambda one: one + b"[]\n", Kind.REGISTER, "line 2 of the register can't be read"),
        (
            lambda one: one.replace(b'"origen-local"', b'"otro"'),
            Kind.REGISTER,
            f"{made.code} is shown under otro {made.scheme_version.version}; the log says origen-local {made.scheme_version.version}",
        ),
    ]
    for change, kind, words in rows:
        source.changed["/register.jsonl"] = change
        report = look(source, memory)
        assert (report.exit_code, kind, words) in {(report.exit_code, one.kind, one.words) for one in report.faults}, lines(
            report
        )
    for name, other in {
        "goods": "Oro",
        "label_class": "x",
        "subject_kind": "x",
        "valid_from": "2020-01-01",
        "last_day": "2040-01-01",
    }.items():
        source.changed["/register.jsonl"] = state(other, name)
        assert lines(look(source, memory)) == [f"{made.code} is shown with another {name} than was signed"]
    pause(made, decider)
    source.changed["/register.jsonl"] = state("VALID")
    assert [(one.kind, one.words) for one in look(source, memory).faults] == [
        (Kind.SHOWN_VALID, f"{made.code} is shown as VALID; by the log it is SUSPENDED")
    ]
    source.changed["/register.jsonl"] = state("CANNOT_CHECK")
    report = look(source, memory)
    assert (report.exit_code, len(report.warnings), "lost in a restore" in report.warnings[0]) == (0, 1, True)


def test_a_list_of_before_an_act_is_a_caches_for_minutes_and_then_a_fault(
    source: WsgiSource, memory: Memory, made: Certificate, decider: User
) -> None:
    look(source, memory)
    path = status_list(source, made, "suspension")
    old = {form: source.get(path, form) for form in (VC, VC_JWT)}
    with clock.standing_at(NOW + timedelta(minutes=1)):
        pause(made, decider, clock.now())
        source.changed = {f"{path} {form}": lambda _new, form=form: old[form] for form in old}  # type: ignore[misc]
        report = look(source, memory)
        assert (report.exit_code, len(report.warnings)) == (0, 1)
    with clock.standing_at(NOW + timedelta(minutes=10)):
        report = look(source, memory)
        assert [one.kind for one in report.faults] == [Kind.LIST, Kind.LIST]
        assert "is not set; by the log it is set" in report.faults[0].words


def test_a_stale_list_is_named(source: WsgiSource, memory: Memory) -> None:
    look(source, memory)
    with clock.standing_at(NOW + timedelta(hours=25)):
        assert {(one.kind, "stale" in one.words) for one in look(source, memory).faults} == {(Kind.LIST, True)}
        tending.renew_lists(clock.now())
        assert look(source, memory).faults == ()


@pytest.mark.parametrize("path", ["/register.jsonl", "/c/{}/proof", "/c/{}/versions/1", "/status/suspension/1"])
def test_acts_that_happen_while_it_reads_are_no_fault(
    source: WsgiSource, memory: Memory, made: Certificate, decider: User, path: str
) -> None:
    look(source, memory)
    source.when[path.format(made.code)] = lambda: pause(made, decider)
    report = look(source, memory)
    assert (report.exit_code, lines(report)) == (0, [])
    assert not source.when
    assert memory.acts_of(made.code)[-1][1].act == "suspended"
    assert look(source, memory).faults == ()


def test_a_fault_is_a_fault_though_the_log_never_stands_still(
    source: WsgiSource, memory: Memory, made: Certificate, decider: User
) -> None:
    look(source, memory)
    true, code = source.get, made.code

    def busy(path: str, accept: str = "*/*") -> bytes:
        if path == "/register.jsonl":
            makers.certified(decider, at=NOW)
        content = true(path, accept)
        if path != "/register.jsonl":
            return content
        rows = [json.loads(line) for line in content.splitlines()]
        return "".join(json.dumps(row | {"state": "EXPIRED"} if row["code"] == code else row) + "\n" for row in rows).encode()

    source.get = busy  # type: ignore[method-assign]
    assert lines(look(source, memory)) == [f"{code} is shown as EXPIRED; by the log it is VALID"]


def test_a_credential_that_was_exchanged_for_another_true_one_is_named(
    source: WsgiSource, memory: Memory, made: Certificate, decider: User
) -> None:
    other = makers.certified(decider, at=NOW)
    look(source, memory)
    theirs = source.get(f"/c/{other.code}/versions/1", VC)
    source.changed[f"/c/{made.code}/versions/1 {VC}"] = lambda _own: theirs
    report = look(source, memory)
    assert [(one.kind, "not_logged" in one.words) for one in report.faults] == [(Kind.CREDENTIAL, True)]


def test_a_proof_that_leaves_an_act_out_is_named(source: WsgiSource, memory: Memory, made: Certificate, decider: User) -> None:
    pause(made, decider)
    look(source, memory)

    def shorter(content: bytes) -> bytes:
        told = json.loads(content)
        return json.dumps(told | {"entries": told["entries"][:-1]}).encode()

    source.changed[f"/c/{made.code}/proof"] = shorter
    assert [(one.kind, "proof_entries" in one.words) for one in look(source, memory).faults] == [(Kind.PROOF, True)]


def test_an_act_dated_before_the_last_look_is_named_for_good(
    source: WsgiSource, memory: Memory, made: Certificate, decider: User
) -> None:
    with clock.standing_at(NOW + timedelta(days=1)):
        tending.renew_lists(clock.now())
        look(source, memory)
        pause(made, decider, NOW + timedelta(hours=22))
        for _ in range(2):
            assert [one.kind for one in look(source, memory).faults] == [Kind.BACK_DATED]


def test_a_site_without_a_log_could_not_be_looked_at(client: FlaskClient, session: Session, memory: Memory) -> None:
    report = look(WsgiSource(client), memory)
    assert (report.exit_code, report.faults) == (2, ())
