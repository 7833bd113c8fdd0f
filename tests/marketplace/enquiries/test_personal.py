"""What enquiries tell a buyer, what ends with the account, and what goes by itself."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts import mydata, retention
from certification.accounts.models import User
from certification.core.db import unit_of_work
from marketplace.enquiries import asking
from marketplace.enquiries.asking import Question
from marketplace.enquiries.models import Channel, Enquiry, EnquiryMessage, EnquiryState
from tests import makers
from tests.makers import fresh

MAIL = "ana@demo.tianguis.example"


@pytest.fixture
def weaver(session: Session) -> User:
    return makers.user("Rosa Luna")


@pytest.fixture
def ana(session: Session) -> User:
    return makers.user("Ana Compradora", email=MAIL)


def ask(weaver: User, at: datetime, *, by: User | None = None, channel: Channel = Channel.MAIL, contact: str = MAIL) -> Enquiry:
    party = makers.party()
    makers.member(weaver, party)
    product = makers.product(makers.producer(party))
    with unit_of_work():
        return asking.ask(
            product, Question("Ana Compradora", channel, contact, "¿Hay?", f"k{product.id:019}", "es"), by=by, at=at
        )


def test_an_export_tells_questions_with_their_answers(weaver: User, ana: User, at: datetime) -> None:
    mine, visiting, anothers = ask(weaver, at, by=ana), ask(weaver, at), ask(weaver, at, contact="otra@demo.tianguis.example")
    with unit_of_work():
        asking.answer(mine, "Sí hay.", by=weaver, at=at)
    told = mydata.export(ana)["enquiries"]
    assert [(one["id"], [row["text"] for row in one["messages"]]) for one in told["asked"]] == [
        (mine.public_id, ["¿Hay?", "Sí hay."])
    ]
    with unit_of_work():
        asking.confirm(visiting, at=at)
        asking.confirm(anothers, at=at)
    assert [one["id"] for one in mydata.export(ana)["enquiries"]["asked"]] == [mine.public_id, visiting.public_id]
    assert [one["text"] for one in mydata.export(weaver)["enquiries"]["answered"]] == ["Sí hay."]


def test_erasure_takes_the_buyer_from_their_questions(weaver: User, ana: User, session: Session, at: datetime) -> None:
    by_mail = ask(weaver, at, by=ana)
    by_phone = ask(weaver, at, by=ana, channel=Channel.WHATSAPP, contact="+525512345678")
    anothers = ask(weaver, at, contact="otra@demo.tianguis.example")
    with unit_of_work():
        mydata.erase(ana, at=at)
    for one in (by_mail, by_phone):
        row = fresh(session, one)
        assert (row.name, row.email or "", row.phone or "", row.buyer_id, row.state) == ("—", "", "", None, EnquiryState.CLOSED)
        assert [(message.text, message.by_id) for message in row.messages] == [("¿Hay?", None)]
    assert (fresh(session, anothers).name, anothers.email) == ("Ana Compradora", "otra@demo.tianguis.example")


@pytest.mark.parametrize(("age", "left"), [(timedelta(days=7), 1), (timedelta(days=7, seconds=-1), 2)])
def test_questions_that_nobody_confirmed_go_after_a_week(
    weaver: User, ana: User, session: Session, at: datetime, age: timedelta, left: int
) -> None:
    ask(weaver, at)
    ask(weaver, at, by=ana)
    with unit_of_work():
        assert retention.sweep(at + age)["enquiries"] == 2 - left
    counts = [session.scalar(select(func.count()).select_from(model)) for model in (Enquiry, EnquiryMessage)]
    assert counts == [left, left]


def test_the_buyers_contact_goes_two_years_after_the_last_message(
    weaver: User, ana: User, session: Session, at: datetime
) -> None:
    made = ask(weaver, at, by=ana)
    later = at + timedelta(days=100)
    with unit_of_work():
        asking.answer(made, "Sí hay.", by=weaver, at=later)
    with unit_of_work():
        assert retention.sweep(at + timedelta(days=730))["enquiries"] == 0
    assert fresh(session, made).email == MAIL
    for gone in (1, 0):
        with unit_of_work():
            assert retention.sweep(later + timedelta(days=730))["enquiries"] == gone
    assert (fresh(session, made).name, made.email, made.state) == ("—", "", EnquiryState.ANSWERED)
