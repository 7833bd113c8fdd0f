"""A label, and somebody who watches it."""

import re
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.throttle import Visit
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.registry.models import Certificate
from certification.registry.watches import watching
from certification.registry.watches.models import Watch
from tests import makers

ANA = "ana@example.org"
HERE = Visit("192.0.2.7")


@pytest.fixture
def label(session: Session) -> Certificate:
    return makers.certified()


@pytest.fixture
def watch(label: Certificate, at: datetime) -> Watch:
    """Asked for and confirmed; its mail has been taken away."""
    with unit_of_work() as session:
        watching.ask(label, ANA, "es", by=None, at=at, visit=HERE)
        made = session.scalars(select(Watch)).one()
    with unit_of_work():
        watching.confirm(made, at=at)
    with unit_of_work() as session:
        for mail in session.scalars(select(OutboxMessage)):
            session.delete(mail)
    return made


def mails(to: str = ANA) -> list[OutboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage).where(OutboxMessage.to == to).order_by(OutboxMessage.id)))


def watches() -> list[Watch]:
    db.session.rollback()
    return list(db.session.scalars(select(Watch).order_by(Watch.id)))


def path_in(text: str, end: str) -> str:
    """The path of the link in a mail that ends so."""
    found = re.search(rf"http://localhost(/watches/\S+/{end})", text)
    assert found is not None
    return found[1]
