"""Two sessions at one enquiry (PostgreSQL; SQLite writes one by one)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from marketplace.enquiries import asking
from marketplace.enquiries.models import Channel, Enquiry, EnquiryState
from tests import makers
from tests.at_once import DONE, at_once
from tests.conftest import ENGINE

pytestmark = pytest.mark.skipif(ENGINE != "postgresql", reason="SQLite lets one write at a time")


@pytest.fixture
def asked(session: Session, at: datetime) -> tuple[int, int]:
    """The ids of an enquiry by mail and of who answers it."""
    weaver, workshop = makers.user(), makers.party()
    makers.member(weaver, workshop)
    product = makers.product(makers.producer(workshop))
    question = asking.Question("Ana", Channel.MAIL, "ana@demo.tianguis.example", "¿Hay más?", "k" * 20, "es")
    with unit_of_work():
        made = asking.ask(product, question, by=None, at=at)
    ids = made.id, weaver.id
    db.session.remove()
    return ids


@pytest.fixture
def dawdle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other before the producer is told, if nothing keeps them apart."""
    meeting, tell = threading.Barrier(2), asking._tell_producer

    def slow(enquiry: Enquiry) -> None:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)
        tell(enquiry)

    monkeypatch.setattr(asking, "_tell_producer", slow)


def test_two_confirmations_at_once_tell_the_producer_once(app: Flask, asked: tuple[int, int], at: datetime, dawdle: None) -> None:
    def confirm(own: Session) -> None:
        asking.confirm(own.get_one(Enquiry, asked[0]), at=at)

    assert at_once(app, [confirm, confirm]) == [DONE, DONE]
    assert db.session.scalars(select(OutboxMessage.name).order_by(OutboxMessage.id)).all() == [
        "enquiry-confirm",
        "enquiry-received",
    ]


def test_an_answer_while_the_buyer_writes_comes_after(
    app: Flask, asked: tuple[int, int], at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        asking.confirm(session.get_one(Enquiry, asked[0]), at=at)
    db.session.remove()
    adding, answered, say = threading.Event(), threading.Event(), asking._say

    def slow(enquiry: Enquiry, text: str, *, by_buyer: bool, by: User | None, at: datetime) -> None:
        if by_buyer:
            adding.set()
            answered.wait(0.5)  # the answer goes through meanwhile, if nothing keeps it
        say(enquiry, text, by_buyer=by_buyer, by=by, at=at)

    def answer() -> None:
        adding.wait(5)
        with app.app_context(), unit_of_work() as session:
            asking.answer(session.get_one(Enquiry, asked[0]), "Sí.", by=session.get_one(User, asked[1]), at=at)
        answered.set()

    monkeypatch.setattr(asking, "_say", slow)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(answer)
        with unit_of_work() as session:
            asking.add(session.get_one(Enquiry, asked[0]), "¿Y en azul?", at=at)
        other.result()
    db.session.expire_all()
    found = db.session.get_one(Enquiry, asked[0])
    assert [one.text for one in found.messages] == ["¿Hay más?", "¿Y en azul?", "Sí."]
    assert found.state is EnquiryState.ANSWERED
