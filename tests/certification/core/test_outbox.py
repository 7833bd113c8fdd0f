"""Mail leaves with the change that asks for it, at least once, and a mail server that is away loses nothing."""

from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.core.outbox import LEASE, RETRIES, OutboxMessage, deliver_due


class Postman:
    """Carries into a list, or fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.carried: list[EmailMessage] = []
        self.failures = failures

    def carry(self, message: EmailMessage) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionRefusedError("nobody there")
        self.carried.append(message)


class Dies(BaseException):
    """The process ends here."""


class Mortal(Postman):
    """Hands the mail over and dies before anybody can note it."""

    def carry(self, message: EmailMessage) -> None:
        super().carry(message)
        raise Dies


def wait(at: datetime) -> None:
    with unit_of_work() as session:
        session.add(
            OutboxMessage(to="rosa@example.org", name="test", subject="Hola", text="Señas: ñ", html=None, made_at=at, due_at=at)
        )


def row() -> OutboxMessage:
    db.session.rollback()
    return db.session.scalars(select(OutboxMessage)).one()


def test_what_is_due_is_carried_once(session: Session, at: datetime) -> None:
    wait(at)
    postman = Postman()
    assert [deliver_due(postman, at=at), deliver_due(postman, at=at)] == [1, 0]
    assert [(mail["To"], mail["Subject"], mail.get_content()) for mail in postman.carried] == [
        ("rosa@example.org", "Hola", "Señas: ñ\n")
    ]
    assert (row().sent_at, row().leased_until, row().tries) == (at, None, 1)


def test_what_is_not_due_waits(session: Session, at: datetime) -> None:
    wait(at + timedelta(seconds=1))
    assert deliver_due(Postman(), at=at) == 0


def test_a_failure_comes_back_after_a_growing_pause(session: Session, at: datetime) -> None:
    wait(at)
    postman = Postman(failures=2)
    assert deliver_due(postman, at=at) == 0
    assert (row().due_at, row().failure) == (at + timedelta(seconds=60), "ConnectionRefusedError('nobody there')")
    assert deliver_due(postman, at=at + timedelta(seconds=59)) == 0
    assert deliver_due(postman, at=at + timedelta(seconds=60)) == 0
    assert row().due_at == at + timedelta(seconds=60 + 120)
    assert deliver_due(postman, at=at + timedelta(seconds=180)) == 1
    assert row().failure is None


def test_the_last_failure_ends_the_tries(session: Session, at: datetime) -> None:
    wait(at)
    postman = Postman(failures=RETRIES + 1)
    for _ in range(RETRIES):
        deliver_due(postman, at=row().due_at)
    assert (row().tries, row().failed_at is None) == (RETRIES, False)
    assert deliver_due(postman, at=at + timedelta(days=365)) == 0
    assert postman.failures == 1


def test_a_mail_cut_short_by_a_crash_is_sent_again_under_the_same_id_once_its_lease_is_over(
    session: Session, at: datetime
) -> None:
    wait(at)
    first, second = Mortal(), Postman()
    try:
        deliver_due(first, at=at)
    except Dies:
        db.session.rollback()
    assert deliver_due(second, at=at + LEASE - timedelta(seconds=1)) == 0
    assert deliver_due(second, at=at + LEASE + timedelta(seconds=1)) == 1
    assert [mail["Message-ID"] for mail in first.carried] == [mail["Message-ID"] for mail in second.carried]
