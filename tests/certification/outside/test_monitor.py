"""A monitor on a whole registry: quiet where all is well, one line for whatever is not."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import unit_of_work
from certification.outside.memory import Memory
from certification.outside.monitor import Asked, Monitor, Report
from certification.registry import tending
from certification.registry.acts import Why, restore, surrender, suspend, withdraw
from certification.registry.issuing import certify
from certification.registry.models import Certificate
from certification.accounts.models import Role
from tests import makers
from tests.conftest import NOW
from tests.wsgi_source import WsgiSource

VC, VC_JWT = "application/vc", "application/vc+jwt"
WHY = Why("UNDER_INVESTIGATION", "Se revisa.")


@pytest.fixture
def decider(session: Session) -> User:
    return makers.user("Celia Decide")


@pytest.fixture
def made(decider: User) -> Certificate:
    return makers.certified(decider, at=NOW)


@pytest.fixture
def source(client: FlaskClient, made: Certificate) -> WsgiSource:
    return WsgiSource(client)


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
    others = [makers.certified(decider, at=NOW) for _ in range(3)]
    look(source, memory)
    pause(made, decider)
    assert look(source, memory).faults == ()
    with unit_of_work():
        restore(made, by=decider, at=NOW)
    with unit_of_work():
        withdraw(others[0], Why("SCHEME_BREACH", "No."), by=decider, at=NOW) if False else suspend(
            others[0], WHY, until=date(2026, 12, 31), by=decider, at=NOW
        )
    with unit_of_work():
        restore(others[0], by=decider, at=NOW)
    assert look(source, memory).faults == ()


@pytest.mark.parametrize("years", [0, 1, 2, 3, 6])
def test_what_follows_from_dates_alone_is_no_fault(source: WsgiSource, memory: Memory, made: Certificate, years: int) -> None:
    look(source, memory)
    with clock.standing_at(NOW + timedelta(days=366 * years)):
        tending.renew_lists(clock.now())
        assert lines(look(source, memory)) == []
