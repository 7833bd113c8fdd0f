"""A buyer asks, the producer answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.accounts.throttle import TooManyAttempts
from certification.audit.models import AuditEntry
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage
from certification.core.web import cursor
from certification.parties import founding
from certification.parties.founding import PartyValues
from certification.parties.models import Mandate, MemberRole, PartyKind, Power
from certification.parties.places.places import Place
from certification.rules.errors import Conflict, Forbidden, IllegalMove, NotFound
from certification.rules.workflow import ListingState
from marketplace.catalogue.models import Product
from marketplace.enquiries import asking
from marketplace.enquiries.asking import Question, TooMany
from marketplace.enquiries.models import Channel, Enquiry, EnquiryState
from tests import makers
from tests.conftest import NOW


@pytest.fixture
def weaver(session: Session) -> User:
    return makers.user("Rosa Luna")


@pytest.fixture
def rebozo(weaver: User) -> Product:
    workshop = makers.party()
    makers.member(weaver, workshop)
    return makers.product(makers.producer(workshop))


def question(key: str = "k" * 20, text: str = "¿Está disponible?", contact: str = "ana@demo.tianguis.example") -> Question:
    return Question("Ana", Channel.MAIL, contact, text, key, "es")


def asked(product: Product, **given: str) -> Enquiry:
    with unit_of_work():
        return asking.ask(product, question(**given), by=None, at=NOW)


def mails(session: Session) -> list[tuple[str, str]]:
    return [(row.to, row.name) for row in session.query(OutboxMessage).order_by(OutboxMessage.id)]


def test_a_mail_address_is_confirmed_before_the_producer_hears(session: Session, rebozo: Product, weaver: User) -> None:
    made = asked(rebozo)
    assert [made.state] == [EnquiryState.UNCONFIRMED]
    assert mails(session) == [("ana@demo.tianguis.example", "enquiry-confirm")]
    with unit_of_work():
        asking.confirm(made, at=NOW)
    assert [made.state] == [EnquiryState.OPEN]
    assert mails(session)[1:] == [(weaver.email, "enquiry-received")]


def test_confirming_twice_tells_the_producer_once(session: Session, rebozo: Product) -> None:
    made = asked(rebozo)
    for _ in range(2):
        with unit_of_work():
            asking.confirm(made, at=NOW)
    assert [name for _, name in mails(session)] == ["enquiry-confirm", "enquiry-received"]


def test_a_signed_in_buyers_own_address_needs_no_confirmation(session: Session, rebozo: Product) -> None:
    buyer = makers.user("Ana", email="ana@demo.tianguis.example")
    with unit_of_work():
        made = asking.ask(rebozo, question(), by=buyer, at=NOW)
    assert (made.state, made.buyer_id) == (EnquiryState.OPEN, buyer.id)


def test_the_same_request_again_is_one_enquiry(session: Session, rebozo: Product) -> None:
    first = asked(rebozo).public_id
    assert asked(rebozo).public_id == first
    assert session.query(Enquiry).count() == 1
    assert len(mails(session)) == 1


def test_the_same_key_with_another_question_is_refused(session: Session, rebozo: Product) -> None:
    asked(rebozo)
    with pytest.raises(Conflict):
        asked(rebozo, text="Otra cosa")
    assert session.query(Enquiry).count() == 1


def test_a_sixth_question_within_the_hour_is_refused_and_the_next_hour_is_not(session: Session, rebozo: Product) -> None:
    for number in range(5):
        asked(rebozo, key=f"key-number-{number:010}")
    with pytest.raises(TooMany):
        asked(rebozo, key="key-number-the-sixth")
    with unit_of_work():
        asking.ask(rebozo, question("key-number-seventh"), by=None, at=NOW + timedelta(hours=1, seconds=1))
    assert session.query(Enquiry).count() == 6


@pytest.mark.parametrize("state", [ListingState.DRAFT, ListingState.PAUSED, ListingState.ARCHIVED])
def test_nobody_asks_about_what_is_not_on_sale(session: Session, rebozo: Product, state: ListingState) -> None:
    with unit_of_work():
        rebozo.state = state
    with pytest.raises(NotFound):
        asked(rebozo)


def test_an_answer_goes_to_the_buyer_and_into_the_record(session: Session, rebozo: Product, weaver: User) -> None:
    made = asked(rebozo)
    with unit_of_work():
        asking.confirm(made, at=NOW)
        asking.answer(made, "Sí, con gusto.", by=weaver, at=NOW)
    assert made.state is EnquiryState.ANSWERED
    assert mails(session)[-1] == ("ana@demo.tianguis.example", "enquiry-answered")
    assert [row.act for row in session.query(AuditEntry).order_by(AuditEntry.id)][-1] == "enquiry.answered"


def test_another_producer_cannot_answer_or_close(session: Session, rebozo: Product) -> None:
    stranger = makers.user("Otra")
    makers.member(stranger, makers.party("Otro taller"))
    made = asked(rebozo)
    with pytest.raises((NotFound, Forbidden)), unit_of_work():
        asking.answer(made, "Hola", by=stranger, at=NOW)
    with pytest.raises((NotFound, Forbidden)), unit_of_work():
        asking.close(made, by=stranger, at=NOW)
    assert len(makers.fresh(session, made).messages) == 1


def test_nobody_writes_in_a_closed_thread_until_it_is_opened_again(session: Session, rebozo: Product, weaver: User) -> None:
    made = asked(rebozo)
    with unit_of_work():
        asking.confirm(made, at=NOW)
        asking.close(made, by=weaver, at=NOW)
    with pytest.raises(IllegalMove), unit_of_work():
        asking.add(made, "¿Sigue ahí?", at=NOW)
    with unit_of_work():
        asking.reopen(made, by=weaver, at=NOW)
        asking.add(made, "¿Sigue ahí?", at=NOW)
    assert [message.text for message in made.messages] == ["¿Está disponible?", "¿Sigue ahí?"]


def test_the_private_link_opens_only_with_its_key(session: Session, rebozo: Product, client: FlaskClient) -> None:
    made = asked(rebozo)
    key = asking.key_of(made)
    assert client.get(f"/asked/{made.public_id}/{key}").status_code == 200
    assert client.get(f"/asked/{made.public_id}/{'0' * 32}").status_code == 404


def test_the_page_keeps_what_was_written_and_says_what_is_wrong(session: Session, rebozo: Product, client: FlaskClient) -> None:
    sent = {"name": "Ana", "channel": "mail", "email": "ana@", "text": "Hola", "request_key": "k" * 20}
    answer = client.post(f"/products/{rebozo.public_id}/ask", data=sent)
    assert answer.status_code == 422
    assert "Ese correo no se ve completo" in answer.text
    assert 'value="Ana"' in answer.text
    assert session.query(Enquiry).count() == 0


def test_a_telephone_of_ten_digits_becomes_international(session: Session, rebozo: Product, client: FlaskClient) -> None:
    sent = {"name": "Ana", "channel": "whatsapp", "phone": "951 516 1234", "text": "Hola", "request_key": "k" * 20}
    assert client.post(f"/products/{rebozo.public_id}/ask", data=sent).status_code == 303
    assert session.query(Enquiry).one().phone == "+529515161234"


def test_neither_address_is_shown_on_a_public_page(
    session: Session, rebozo: Product, client: FlaskClient, client_of: Callable[[User], FlaskClient], weaver: User
) -> None:
    made = asked(rebozo)
    page = client.get(f"/asked/{made.public_id}/{asking.key_of(made)}").text
    assert weaver.email is not None
    assert weaver.email not in page
    assert "ana@demo" not in page
    assert client.get(f"/desk/enquiries/{made.public_id}").status_code == 303
    assert client_of(makers.user("Curiosa")).get(f"/desk/enquiries/{made.public_id}").status_code == 404


def test_the_link_that_the_asker_is_shown_does_not_confirm_the_address(
    session: Session, rebozo: Product, weaver: User, client: FlaskClient
) -> None:
    sent = {"name": "Ana", "channel": "mail", "email": "ajena@demo.tianguis.example", "text": "Hola", "request_key": "k" * 20}
    shown = client.post(f"/products/{rebozo.public_id}/ask", data=sent).location
    assert client.post(f"{shown}/confirm").status_code == 404
    made = session.query(Enquiry).one()
    assert [made.state] == [EnquiryState.UNCONFIRMED]
    mailed = session.query(OutboxMessage).one().text
    path = f"/asked/{made.public_id}/{asking.confirming_key_of(made)}"
    assert f"{path}/confirm" in mailed
    assert asking.key_of(made) not in mailed
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/confirm").location == f"/asked/{made.public_id}/{asking.key_of(made)}"
    assert makers.fresh(session, made).state is EnquiryState.OPEN


def test_an_eleventh_question_within_the_hour_from_one_place_is_refused_whoever_it_claims_to_be(
    session: Session, rebozo: Product, client: FlaskClient
) -> None:
    def ask_from(place: str, number: int) -> int:
        sent = {"name": "X", "channel": "whatsapp", "phone": f"95151612{number}", "text": "Hola", "request_key": f"{number:020}"}
        address = {"REMOTE_ADDR": place}
        return client.post(f"/products/{rebozo.public_id}/ask", data=sent, environ_overrides=address).status_code

    assert [ask_from("192.0.2.1", number) for number in range(10, 20)] == [303] * 10
    assert ask_from("192.0.2.1", 20) == 422
    assert ask_from("192.0.2.2", 21) == 303
    with clock.standing_at(NOW + timedelta(hours=1, seconds=1)):
        assert ask_from("192.0.2.1", 22) == 303
    assert session.query(Enquiry).count() == 12


def test_one_thread_takes_twenty_messages_an_hour_from_the_buyer(app: Flask, session: Session, rebozo: Product) -> None:
    made = asked(rebozo)
    with unit_of_work():
        asking.confirm(made, at=NOW)
        for _ in range(20):
            asking.add(made, "¿Y ahora?", at=NOW)
    with app.test_request_context(), pytest.raises(TooManyAttempts), unit_of_work():
        asking.add(made, "¿Y ahora?", at=NOW)
    with unit_of_work():
        asking.add(made, "¿Y ahora?", at=NOW + timedelta(hours=1, seconds=1))


def test_who_acts_for_a_member_that_never_signs_in_hears_of_the_question(session: Session) -> None:
    boss, reader, promoter, former = (makers.user(name) for name in ("Jefa", "Lectora", "Promotora", "Expromotora"))
    makers.role(promoter, Role.PROMOTER)
    cooperative = makers.party("Cooperativa", kind=PartyKind.COOPERATIVE)
    makers.member(boss, cooperative)
    makers.member(reader, cooperative, MemberRole.READ)
    place = Place("20", None, "Oaxaca de Juárez", None, None)
    with unit_of_work():
        lupe = founding.add_member_party(
            cooperative, PartyValues(PartyKind.ARTISAN, "Doña Lupe", "textiles", place), how="acta", by=boss, at=NOW
        )
    for person in (promoter, former):
        makers.save(
            Mandate(
                giver_id=lupe.id, holder_user_id=person.id, power=Power.CATALOGUE, how="x", given_at=NOW, recorded_by_id=boss.id
            )
        )
    made = asked(makers.product(makers.producer(lupe)))
    with unit_of_work():
        asking.confirm(made, at=NOW)
    assert mails(session)[1:] == [(boss.email, "enquiry-received"), (promoter.email, "enquiry-received")]


@pytest.mark.parametrize("word", [cursor("abc"), cursor(), cursor(1, 2), cursor([1]), cursor("\ud800", 5), "%%%"])
def test_a_crafted_position_is_a_bad_request(client_of: Callable[[User], FlaskClient], weaver: User, word: str) -> None:
    assert client_of(weaver).get("/desk/enquiries", query_string={"after": word}).status_code == 400
    assert client_of(weaver).get("/desk/enquiries", query_string={"after": cursor(5)}).status_code == 200


def test_the_same_key_with_another_address_is_refused_and_mails_nobody(session: Session, rebozo: Product) -> None:
    asked(rebozo)
    with pytest.raises(Conflict), unit_of_work():
        asking.ask(rebozo, replace(question(), contact="otra@demo.tianguis.example"), by=None, at=NOW)
    assert len(mails(session)) == 1


def test_a_number_from_elsewhere_without_its_country_is_not_made_somebody_here(
    session: Session, rebozo: Product, client: FlaskClient
) -> None:
    sent = {"name": "Tom", "channel": "whatsapp", "phone": "(212) 555-0100", "text": "Hola", "request_key": "k" * 20}
    answer = client.post(f"/products/{rebozo.public_id}/ask", data=sent)
    assert answer.status_code == 422
    assert "empiece con + y su clave" in answer.text
    assert client.post(f"/products/{rebozo.public_id}/ask", data=sent | {"phone": "+1 212 555 0100"}).status_code == 303
    assert session.query(Enquiry).one().phone == "+12125550100"


def test_a_strangers_words_go_to_nobody_who_did_not_ask_for_them(session: Session, rebozo: Product) -> None:
    with unit_of_work():
        asking.ask(rebozo, replace(question(), name="Premio en evil.example"), by=None, at=NOW)
    assert all("evil.example" not in one.text + one.subject for one in session.scalars(select(OutboxMessage)))
