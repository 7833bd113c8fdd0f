"""A label, who granted it and who keeps it."""

import pytest
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.registry.models import Certificate
from tests import makers


@pytest.fixture
def decider(session: Session) -> User:
    return makers.user("Celia Decide")


@pytest.fixture
def made(decider: User) -> Certificate:
    return makers.certified(decider)


@pytest.fixture
def holder(made: Certificate) -> User:
    person = makers.user("Rosa Teje")
    makers.member(person, made.holder)
    return person
