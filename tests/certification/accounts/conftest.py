"""What tests of accounts share."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.accounts.passwords import seal
from certification.core.outbox import OutboxMessage
from tests import makers

PASSWORD = "nube cazuela tambor rio"


@pytest.fixture(scope="session")
def sealed(shared_app: object) -> str:
    """One hash for all tests: making one is slow on purpose."""
    return seal(PASSWORD)


@pytest.fixture
def person(session: Session, sealed: str) -> User:
    """Somebody who signs in as rosa.luna or rosa@demo.tianguis.example with PASSWORD."""
    return makers.user("Rosa Luna", email="rosa@demo.tianguis.example", handle="rosa.luna", password_hash=sealed)


@pytest.fixture
def mails(session: Session) -> Callable[[], list[OutboxMessage]]:
    """The mails in the outbox, oldest first."""

    def read() -> list[OutboxMessage]:
        session.rollback()
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))

    return read


@pytest.fixture
def link_in() -> Callable[[OutboxMessage, str], str]:
    """The path of the link in a mail that begins with ``start``."""

    def find(mail: OutboxMessage, start: str) -> str:
        found = re.search(rf"http://localhost({start}\S*)", mail.text)
        assert found, mail.text
        return found[1]

    return find
