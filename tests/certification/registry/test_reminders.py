from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.registry import reminders
from certification.registry.acts import Why, withdraw
from certification.registry.models import Certificate, Reminder
from certification.registry.reminders import remind
from certification.registry.renewals import ask
from certification.rules.workflow import RenewalCause
from tests import makers

DAY = timedelta(days=1)
END = datetime(2028, 1, 3, 6, tzinfo=UTC)
DUE = datetime(2027, 1, 3, 6, tzinfo=UTC)
WINDOW = END - 120 * DAY
VISIT_SOON = DUE - 60 * DAY


@pytest.fixture
def made(session: Session) -> Certificate:
    return makers.certified(makers.user("Celia Decide"))


@pytest.fixture
def holder(made: Certificate) -> User:
    person = makers.user("Rosa Teje", language="en")
    makers.member(person, made.holder)
    return person


def reminded(at: datetime) -> int:
    with unit_of_work():
        return remind(at)


def mails(to: User) -> list[str]:
    sent = select(OutboxMessage.name).where(OutboxMessage.to == to.email, OutboxMessage.name.in_(NAMES))
    return list(db.session.scalars(sent.order_by(OutboxMessage.id)))


NAMES = ("certificate-ending", "certificate-visit")


def test_each_date_is_told_once_and_in_time(made: Certificate, holder: User) -> None:
    assert [reminded(at) for at in (VISIT_SOON - DAY, VISIT_SOON, VISIT_SOON + DAY)] == [0, 1, 0]
    makers.visited(made, db.session.get_one(User, made.acts[0].by_id), at=DUE)
    assert [reminded(at) for at in (WINDOW - DAY, WINDOW, WINDOW, END - DAY)] == [0, 1, 0, 0]
    assert mails(holder) == ["certificate-visit", "certificate-ending"]


def test_what_is_renewed_is_told_again_of_its_new_end(made: Certificate, holder: User) -> None:
    by = db.session.get_one(User, made.acts[0].by_id)
    assert reminded(WINDOW) == 1
    makers.renewed(made, by, at=WINDOW + DAY)
    assert reminded(WINDOW + 2 * DAY) == 0
    assert reminded(made.valid_until - 100 * DAY) == 1
    assert mails(holder) == ["certificate-ending"] * 2


def test_whoever_asked_already_or_lost_the_label_is_left_in_peace(made: Certificate, holder: User) -> None:
    with unit_of_work():
        ask(made, RenewalCause.RENEWAL, by=holder, at=WINDOW)
    assert reminded(WINDOW) == 0
    lost = makers.certified(makers.user("Otra Decide"), of=made.holder)
    with unit_of_work():
        by = db.session.get_one(User, lost.acts[0].by_id)
        withdraw(lost, Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas."), by=by, at=WINDOW - DAY)
    assert (reminded(WINDOW), reminded(END + DAY), mails(holder)) == (0, 0, [])


@pytest.mark.parametrize("why", ["asked", "lapsed"])
def test_who_is_left_in_peace_keeps_no_other_waiting(
    made: Certificate, holder: User, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(reminders, "AT_ONCE", 1)
    other = makers.certified(makers.user("Otra Decide"), key="comercio-justo-local", at=makers.THEN + timedelta(hours=1))
    with unit_of_work():
        if why == "asked":
            ask(made, RenewalCause.RENEWAL, by=holder, at=WINDOW)
        else:
            made.scheme_version.lapsed_at = WINDOW - DAY
    assert other.id > made.id
    assert reminded(other.valid_until - DAY) >= 1
    told = db.session.scalars(select(Reminder.certificate_id).where(Reminder.kind == reminders.ENDING)).all()
    assert told == [other.id]
