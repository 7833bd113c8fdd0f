from collections.abc import Callable
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core.db import db, unit_of_work
from certification.parties.models import MemberRole, Party, RepresentationProof, Vetting
from marketplace.desk import queries
from marketplace.enquiries.models import Channel, Enquiry, EnquiryMessage, EnquiryState
from marketplace.producers.models import Producer
from tests import makers

ClientOf = Callable[[User], FlaskClient]


def desk(browser: FlaskClient) -> str:
    answer = browser.get("/desk")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def seller(role: MemberRole = MemberRole.ADMIN) -> tuple[User, Producer]:
    rosa, stall = makers.user("Rosa Luna"), makers.producer(line="Tejemos")
    makers.member(rosa, stall.party, role)
    return rosa, stall


def asked(stall: Producer, state: EnquiryState = EnquiryState.OPEN, text: str = "¿Hay en azul?") -> Enquiry:
    made = Enquiry(
        product_id=makers.product(stall).id,
        name="Inés",
        channel=Channel.MAIL,
        email="ines@demo.tianguis.example",
        language="es",
        state=state,
        request_key=f"key{state}{text}",
        created_at=makers.THEN,
    )
    made.messages.append(EnquiryMessage(by_buyer=True, text=text, at=makers.THEN))
    makers.save(made)
    return made


def test_visitors_are_asked_to_sign_in(client: FlaskClient) -> None:
    assert "/account/sign-in" in client.get("/desk").headers["Location"]


def test_a_new_person_is_asked_what_they_want(session: Session, client_of: ClientOf) -> None:
    text = desk(client_of(makers.user("Rosa Luna")))
    assert "Hola, Rosa" in text
    assert 'href="/desk/parties/new"' in text
    assert "Mis piezas" not in text


def test_the_first_steps_go_from_party_to_piece_and_then_disappear(session: Session, client_of: ClientOf) -> None:
    rosa, party = makers.user(), makers.party(vetting=Vetting.NONE, vetted_at=None)
    makers.member(rosa, party)
    browser = client_of(rosa)
    text = desk(browser)
    assert f"/desk/parties/{party.public_id}" in text
    assert "Preparar mi puesto" in text
    browser.post(f"/desk/parties/{party.public_id}/stall")
    assert "Subir mi primera pieza" in desk(browser)
    assert queries_of(rosa) == [("party", True), ("vetted", False), ("stall", False), ("piece", False)]
    sold, stall = seller()
    makers.product(stall)
    assert queries_of(sold) == []


def queries_of(person: User) -> list[tuple[str, bool]]:
    return [(step.key, step.done) for step in queries.today(person, makers.THEN).steps]


def test_what_waits_is_shown_and_what_is_done_is_not(session: Session, client_of: ClientOf) -> None:
    rosa, stall = seller()
    asked(stall)
    asked(stall, EnquiryState.ANSWERED, "¿Y en rojo?")
    asked(stall, EnquiryState.UNCONFIRMED, "¿Y en verde?")
    makers.product(stall, name="Chalina gris", state="draft", published_at=None)
    text = desk(client_of(rosa))
    assert ("¿Hay en azul?" in text, "¿Y en rojo?" in text, "¿Y en verde?" in text) == (True, False, False)
    assert "Esperan su respuesta, 1" in text
    assert "Borradores, 1" in text
    assert "Chalina gris" in text
    assert "Nada espera hoy" not in text


def test_others_see_nothing_of_it(session: Session, client_of: ClientOf) -> None:
    _rosa, stall = seller()
    asked(stall)
    makers.product(stall, name="Chalina gris", state="draft", published_at=None)
    reader = makers.user("Lee")
    makers.member(reader, stall.party, MemberRole.READ)
    for who in (reader, makers.user("N")):
        text = desk(client_of(who))
        assert ("¿Hay en azul?" in text, "Chalina gris" in text) == (False, False)


def test_applications_to_finish_are_shown(session: Session, client_of: ClientOf) -> None:
    rosa, stall = seller()
    makers.application(rosa, stall.party, goods="Rebozos teñidos")
    makers.application(rosa, stall.party, state="submitted", submitted_at=makers.THEN, goods="Huipiles")
    text = desk(client_of(rosa))
    assert ("Rebozos teñidos" in text, "Huipiles" in text) == (True, False)


def test_labels_that_want_care_are_shown_with_why(session: Session, client_of: ClientOf, at: datetime) -> None:
    rosa, stall = seller()
    version = makers.scheme_version()
    makers.certificate(stall.party, version, goods="Tranquilos")
    makers.certificate(stall.party, version, goods="Por vencer", valid_until=at + timedelta(days=60))
    makers.certificate(stall.party, version, goods="Todavía no", valid_until=at + timedelta(days=60, seconds=1))
    makers.certificate(
        stall.party, version, goods="Por visitar", surveillance_due=at + timedelta(days=10), grace_ends=at + timedelta(days=40)
    )
    makers.certificate(stall.party, version, goods="En pausa", suspended_at=at)
    makers.certificate(stall.party, version, goods="Retirados", withdrawn_at=at)
    text = desk(client_of(rosa))
    shown = {
        goods: goods + "." in text for goods in ("Tranquilos", "Por vencer", "Todavía no", "Por visitar", "En pausa", "Retirados")
    }
    assert shown == {
        "Tranquilos": False,
        "Por vencer": True,
        "Todavía no": False,
        "Por visitar": True,
        "En pausa": True,
        "Retirados": False,
    }
    assert "Toca visita de seguimiento a más tardar el" in text


def proof(party: Party, by: User) -> None:
    makers.save(
        RepresentationProof(party_id=party.id, kind="document", text="Constancia", given_by_id=by.id, given_at=makers.THEN)
    )


def test_vetters_see_how_many_proofs_wait_and_nobody_else_does(session: Session, client_of: ClientOf) -> None:
    rosa, stall = seller()
    proof(stall.party, rosa)
    with unit_of_work():
        stall.party.vetting, stall.party.vetted_at = Vetting.ASKED, None
    vetter = makers.user("Ofelia")
    makers.role(vetter, Role.VETTER)
    assert "Una prueba de representación espera." in desk(client_of(vetter))
    assert "/vetting" in desk(client_of(vetter))
    assert "/vetting" not in desk(client_of(rosa))


def test_rooms_follow_what_a_person_does_here(session: Session, client_of: ClientOf) -> None:
    rosa, stall = seller()
    asked(stall)
    evaluator, operator = makers.user("Evalúa"), makers.user("Opera")
    makers.role(evaluator, Role.EVALUATOR, "origen-local")
    makers.role(operator, Role.OPERATOR)
    rooms = {
        who.name: [
            path
            for path in ("/desk/listings", f"/desk/stalls/{stall.slug}", "/review", "/desk/ties", "/account/people")
            if f'"{path}"' in desk(client_of(who))
        ]
        for who in (rosa, evaluator, operator)
    }
    assert rooms == {
        "Rosa Luna": ["/desk/listings", f"/desk/stalls/{stall.slug}"],
        "Evalúa": ["/review", "/desk/ties"],
        "Opera": ["/account/people"],
    }
    assert '<span class="n">1</span>' in desk(client_of(rosa))


def test_the_side_marks_where_one_is(session: Session, client_of: ClientOf) -> None:
    rosa, stall = seller()
    text = client_of(rosa).get(f"/desk/stalls/{stall.slug}").get_data(as_text=True)
    assert f'<a href="/desk/stalls/{stall.slug}" aria-current="page">' in text
    assert text.count('aria-current="page"') == 2  # the room, and the end of the trail


def test_pages_of_the_shop_do_not_ask_for_rooms(session: Session, client_of: ClientOf) -> None:
    rosa, _stall = seller()
    browser, asked_for = client_of(rosa), []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked_for.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        browser.get("/map")
        without = [one for one in asked_for if "memberships" in one or "mandates" in one]
        asked_for.clear()
        browser.get("/account/")
        with_rooms = [one for one in asked_for if "memberships" in one or "mandates" in one]
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    assert (without, 0 < len(with_rooms) <= 6) == ([], True)


def test_a_holder_finds_every_label_with_the_way_to_its_record_and_nobody_elses(
    session: Session, client_of: ClientOf, at: datetime
) -> None:
    rosa, stall = seller()
    mine = makers.certificate(stall.party)
    gone = makers.certificate(stall.party, mine.scheme_version, withdrawn_at=at)
    other = makers.certificate(version=mine.scheme_version)
    text = client_of(rosa).get("/desk/labels").text
    for one, there in ((mine, True), (gone, True), (other, False)):
        assert (f'href="/c/{one.code}"' in text) is there
    assert "Retirado" in text
    assert "Todavía ningún sello" in client_of(makers.user()).get("/desk/labels").text
