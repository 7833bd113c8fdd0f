"""What watches hold of a person is theirs to see and to end, by an address that was shown to be theirs."""

from datetime import datetime

from sqlalchemy.orm import Session

from certification.accounts.mydata import erase, export
from certification.core.db import unit_of_work
from certification.registry.watches.models import Watch
from tests import makers
from tests.certification.registry.watches.watched import ANA, watches
from tests.certification.registry.watches.watched import label as label  # noqa: PLC0414 - a fixture
from tests.certification.registry.watches.watched import watch as watch  # noqa: PLC0414 - a fixture


def test_the_export_has_them(session: Session, watch: Watch, at: datetime) -> None:
    ana = makers.user("Ana", email=ANA, email_confirmed_at=at)
    said = {"code": watch.certificate.code, "email": ANA, "confirmed_at": at.isoformat(), "told": "VALID"}
    assert export(ana)["watches"] == [said]
    assert export(makers.user("Otra"))["watches"] == []


def test_an_address_that_was_not_confirmed_shows_nothing(session: Session, watch: Watch) -> None:
    assert export(makers.user("Ana", email=ANA, email_confirmed_at=None))["watches"] == []


def test_they_end_with_the_account(session: Session, watch: Watch, at: datetime) -> None:
    ana = makers.user("Ana", email=ANA, email_confirmed_at=at)
    with unit_of_work():
        erase(ana, at=at)
    assert watches() == []


def test_another_account_s_end_leaves_them(session: Session, watch: Watch, at: datetime) -> None:
    other = makers.user("Otra")
    with unit_of_work():
        erase(other, at=at)
    assert len(watches()) == 1
