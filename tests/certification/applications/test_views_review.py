"""The review desk in a browser: who reaches which page, and what each step answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.applications.desk import Work, queues
from certification.applications.models import Application, Decision, Evaluation, FindingRow
from certification.core.db import db, unit_of_work
from certification.core.web import PER_PAGE
from certification.parties.models import Tie
from certification.registry.models import Certificate
from certification.rules.workflow import ApplicationState, Outcome
from tests import makers, reviews

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
SignIn = Callable[[User], FlaskClient]


def at(case: reviews.Case, *rest: str) -> str:
    return "/".join(("/review", case.application.public_id, *rest)).rstrip("/")


def state_of(case: reviews.Case) -> ApplicationState:
    db.session.expire_all()
    return case.application.state


def test_visitors_sign_in_and_others_find_no_desk(client: FlaskClient, client_of: SignIn, session: Session) -> None:
    case = reviews.in_review()
    assert client.get("/review").status_code == 303
    assert client_of(case.applicant).get("/review").status_code == 403
    operator = makers.user()
    makers.role(operator, Role.OPERATOR)
    for page in ("", "panel", "return", "decision", "criteria/OL-1"):
        assert client_of(operator).get(at(case, page)).status_code == 404, page
        assert client_of(case.applicant).get(at(case, page)).status_code == 404, page


def test_the_queue_shows_each_their_own_and_says_why_not(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review()
    kin = case.deciders[1]
    makers.save(Tie(user_id=kin.id, party_id=case.party.id, kind="declared_kin", declared_by_id=kin.id, declared_at=NOW))
    free = client_of(case.deciders[0]).get("/review").text
    assert "Taller Hilo de Luna" in free
    assert "Lleva 17 días de retraso" in free  # fifteen days from the last recommendation, 20 October
    assert "No puede" not in free
    assert "No puede: familia declarada" in client_of(kin).get("/review").text
    assert "No hay nada que espere por usted" in client_of(case.panel[0]).get("/review").text


def test_the_queue_is_read_page_by_page_oldest_first(session: Session, client_of: SignIn) -> None:
    case = reviews.in_review()
    for number in range(PER_PAGE + 2):
        other = makers.party(f"Taller {number:02}")
        makers.application(
            case.applicant, other, state=ApplicationState.IN_REVIEW, submitted_at=reviews.SENT + timedelta(hours=number + 1)
        )
    decider = case.deciders[0]
    (first,) = queues(decider, "es", NOW, only=Work.DECIDE)
    assert [one.party for one in first.items][:3] == ["Taller Hilo de Luna", "Taller 00", "Taller 01"]
    assert first.following is not None
    after = (datetime.fromisoformat(first.following[0]), first.following[1])
    (second,) = queues(decider, "es", NOW, only=Work.DECIDE, after=after)
    assert [one.party for one in second.items] == ["Taller 23", "Taller 24", "Taller 25"]
    assert second.following is None
    assert "Ver más" in client_of(decider).get("/review").text
    assert client_of(decider).get("/review?show=decide&after=WyJ4IiwxXQ").status_code == 200


def test_a_tied_member_sees_only_why_not(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review()
    kin = case.deciders[1]
    makers.save(Tie(user_id=kin.id, party_id=case.party.id, kind="trade", declared_by_id=kin.id, declared_at=NOW))
    page = client_of(kin).get(at(case)).text
    assert "No puede: comercia con quien solicita" in page
    assert "Así lo hacemos" not in page
    assert client_of(kin).get(at(case, "decision")).status_code == 302
    assert client_of(kin).post(at(case, "decision"), data={"outcome": "granted", "reasons": "Es mi prima."}).status_code == 403
    assert state_of(case) is ApplicationState.IN_REVIEW


def test_accept_assign_declare_find_recommend(client_of: SignIn, session: Session) -> None:
    case = reviews.sent()
    desk = client_of(case.owner)
    assert "¿Está completa?" in desk.get(at(case)).text
    assert desk.post(at(case, "accept")).status_code == 303
    assert "Faltan 2 personas evaluadoras." in desk.get(at(case, "panel")).text
    for person, place in zip(case.panel, case.workshops, strict=True):
        answer = desk.post(at(case, "panel"), data={"person": person.public_id, "seat": f"peer:{place.public_id}"})
        assert answer.status_code == 303
    for person in case.panel:
        _evaluate(client_of(person), case)
    assert state_of(case) is ApplicationState.IN_REVIEW


def _evaluate(browser: FlaskClient, case: reviews.Case) -> None:
    answer = browser.get(at(case, "criteria", "OL-1"))
    assert answer.headers["Location"].endswith("/ties")  # ties come before any evidence
    assert "Así lo hacemos" not in browser.get(at(case)).text
    assert browser.post(at(case, "ties"), data={"act": "no_tie"}).status_code == 422
    assert browser.post(at(case, "ties"), data={"act": "no_tie", "no_tie": "y"}).status_code == 303
    for row in [f"OL-{n}" for n in range(1, 12)]:
        page = browser.get(at(case, "criteria", row))
        assert page.status_code == 200
        data = {"value": "conform", "note": "Lo vi."} | ({"score": "3"} if 'name="score"' in page.text else {})
        assert browser.post(at(case, "criteria", row), data=data).status_code == 303
    sent = {"recommendation": "granted", "summary": "Así es.", "visited_on": "2026-11-20", "named": "y"}
    assert browser.post(at(case, "recommendation"), data=sent).status_code == 303
    assert browser.get(at(case, "criteria", "OL-1")).headers["Location"] == at(case)


def test_a_finding_that_lacks_its_note_keeps_what_was_written(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned()
    data = {"value": "minor", "note": "", "plan": "Traer la nota de compra."}
    answer = client_of(case.panel[0]).post(at(case, "criteria", "OL-1"), data=data)
    assert answer.status_code == 422
    assert "Traer la nota de compra." in answer.text
    assert "Diga qué vio" in answer.text
    assert db.session.scalar(select(FindingRow)) is None


def test_declaring_a_tie_leaves_the_case(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned(declared=False)
    browser = client_of(case.panel[0])
    assert browser.post(at(case, "ties"), data={"act": "tie", "kind": "trade"}).status_code == 303
    assert browser.get(at(case)).status_code == 404
    assert db.session.scalars(select(Tie)).one().kind == "trade"


def test_another_evaluator_or_scheme_or_criterion_is_not_found(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned()
    stranger = makers.user()
    makers.role(stranger, Role.EVALUATOR, case.key)
    assert client_of(stranger).get(at(case, "criteria", "OL-1")).status_code == 404
    assert client_of(case.panel[0]).get(at(case, "criteria", "CJ-1")).status_code == 404
    assert client_of(case.panel[0]).get("/review/nothing").status_code == 404
    assert client_of(case.panel[0]).post(at(case, "accept")).status_code == 403
    assert client_of(case.panel[0]).get(at(case, "panel")).status_code == 403
    assert client_of(case.panel[0]).get(at(case, "decision")).status_code == 403


def test_a_seat_is_freed_from_the_panel_page(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned()
    seat = case.seats[0]
    url = at(case, "panel", seat.public_id, "release")
    desk = client_of(case.owner)
    assert desk.get(url).status_code == 200
    assert desk.post(url, data={"reason": ""}).status_code == 422
    assert desk.post(url, data={"reason": "No contesta."}).status_code == 303
    assert db.session.get_one(Evaluation, seat.id).recused_at == NOW
    assert "Dejó el caso" in desk.get(at(case, "panel")).text


def test_the_desk_returns_from_the_page(client_of: SignIn, session: Session) -> None:
    case = reviews.sent()
    desk = client_of(case.deciders[0])
    data = {"reason_code": "EVIDENCE_INCOMPLETE", "criterion": "OL-3", "request": "Otra foto.", "answer_until": "2026-12-21"}
    refused = desk.post(at(case, "return"), data=data | {"answer_until": "2027-12-21"})
    assert refused.status_code == 422
    assert "hasta 90 días" in refused.text
    assert desk.post(at(case, "return"), data=data).status_code == 303
    assert state_of(case) is ApplicationState.RETURNED


def grant(case: reviews.Case, **changes: Any) -> dict[str, Any]:
    return {"outcome": "granted", "reasons": "Cumple todo.", "seen_version": str(case.application.version_id)} | changes


def test_a_grant_issues_its_certificate_in_the_same_breath(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review()
    decider = client_of(case.deciders[0])
    page = decider.get(at(case, "decision")).text
    assert "Nada impide otorgar." in page
    assert "15 de 15 puntos" in page
    answer = decider.post(at(case, "decision"), data=grant(case))
    assert (answer.status_code, answer.headers["Location"]) == (303, at(case))
    made = db.session.scalars(select(Certificate)).one()
    assert (made.application_id, made.holder_id) == (case.application.id, case.party.id)
    assert "Cumple todo." in decider.get(at(case)).text
    assert decider.get(at(case, "decision")).status_code == 302


def test_the_second_decider_keeps_what_they_wrote(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review()
    seen = grant(case)
    assert client_of(case.deciders[0]).post(at(case, "decision"), data=seen).status_code == 303
    answer = client_of(case.deciders[1]).post(at(case, "decision"), data=seen | {"reasons": "Tengo una duda larga."})
    assert answer.status_code == 409
    assert "Tengo una duda larga." in answer.text
    assert "decidió este caso primero" in answer.text
    assert len(db.session.scalars(select(Decision)).all()) == 1


def test_a_block_is_said_in_words_and_no_grant_is_offered(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review(found={"OL-1": {"value": "major"}})
    decider = client_of(case.deciders[0])
    page = decider.get(at(case, "decision")).text
    assert "Hay una no conformidad mayor abierta." in page
    assert 'value="granted"' not in page
    assert decider.post(at(case, "decision"), data=grant(case)).status_code == 422
    assert state_of(case) is ApplicationState.IN_REVIEW


def test_disputed_scores_are_agreed_on_the_page(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review(second={"OL-4": {"score": 0}})
    decider = client_of(case.deciders[0])
    assert "Difieren por más de un punto." in decider.get(at(case, "decision")).text
    refused = decider.post(at(case, "decision"), data=grant(case))
    assert refused.status_code == 422
    agreed = grant(case, **{"agreed_OL-4": "2", "why_OL-4": "Vimos la lana juntas."})
    assert decider.post(at(case, "decision"), data=agreed).status_code == 303
    made = db.session.scalars(select(Decision)).one()
    assert made.agreed == {"OL-4": {"score": 2, "reason": "Vimos la lana juntas."}}


def test_a_refusal_from_the_page(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review(found={code: {"score": 1} for code in ("OL-4", "OL-5", "OL-6", "OL-7", "OL-8")})
    decider = client_of(case.deciders[0])
    data = grant(case, outcome="refused", reasons="No alcanza.", reason_code="POINTS_NOT_REACHED", criterion="OL-4")
    assert decider.post(at(case, "decision"), data=data).status_code == 422
    assert decider.post(at(case, "decision"), data=data | {"public_summary": "Cinco de quince."}).status_code == 303
    assert db.session.scalar(select(Certificate)) is None
    assert db.session.get_one(Application, case.application.id).outcome == "refused"


def test_evidence_of_a_criterion_is_shown_large_with_the_others_beside(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned()
    browser = client_of(case.panel[0])
    page = browser.get(at(case, "criteria", "OL-11")).text
    item = next(one for one in case.application.evidence if one.criterion == "OL-11" and one.file_id)
    assert f"/evidence/{item.public_id}" in page
    assert "Prueba 1 de 1" in page
    assert "Lo decimos así, 3 veces." in page
    assert browser.get(at(case, "criteria", "OL-11") + "?item=unknown").status_code == 200


def test_nothing_of_the_desk_is_reached_with_a_plain_get_of_a_write(client_of: SignIn, session: Session) -> None:
    case = reviews.sent()
    assert client_of(case.owner).get(at(case, "accept")).status_code == 405
    with unit_of_work():
        case.application.goods = "x"
    assert state_of(case) is ApplicationState.SUBMITTED


def test_all_that_a_refusal_lacks_is_said_at_once_and_by_criterion(client_of: SignIn, session: Session) -> None:
    case = reviews.in_review(second={"OL-4": {"score": 0}, "OL-5": {"score": 0}})
    decider = client_of(case.deciders[0])
    data = grant(case, outcome="refused", reasons="", **{"agreed_OL-4": "1", "why_OL-4": "Vimos la lana."})
    answer = decider.post(at(case, "decision"), data=data)
    assert answer.status_code == 422
    for said in (
        "Calificación acordada de OL-5: Falta acordarla: «Cuánto prepara el taller».",
        "Por qué esa calificación de OL-5: Falta este dato.",
        "Escriba las razones de la decisión.",
        "Elija uno de los motivos de la lista.",
        "lo leerá todo el público.",
    ):
        assert said in answer.text, said
    assert "Calificación acordada de OL-4: Falta" not in answer.text
    assert state_of(case) is ApplicationState.IN_REVIEW


def test_a_tie_that_does_not_bar_is_noted_and_the_seat_kept(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned(declared=False)
    browser = client_of(case.panel[0])
    page = browser.get(at(case, "ties")).text
    assert page.index("Anotar y seguir") < page.index("Anotar y dejar el caso")
    refused = browser.post(at(case, "ties"), data={"act": "note", "note-kind": "trade"})
    assert (refused.status_code, db.session.scalar(select(Tie))) == (422, None)
    for _again in range(2):
        answer = browser.post(at(case, "ties"), data={"act": "note", "note-kind": "same_assembly"})
        assert (answer.status_code, answer.headers["Location"]) == (303, at(case, "ties"))
    assert db.session.scalars(select(Tie)).one().kind == "same_assembly"
    assert db.session.get_one(Evaluation, case.seats[0].id).recused_at is None
    assert browser.post(at(case, "ties"), data={"act": "no_tie", "no_tie": "y"}).status_code == 303


def test_whose_evaluation_was_not_needed_is_told_so_and_asked_no_more(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned(state=ApplicationState.IN_REVIEW)
    surplus, other = case.panel
    with unit_of_work():
        done = next(seat for seat in case.seats if seat.evaluator_id == other.id)
        done.submitted_at, done.recommendation, done.summary = NOW, Outcome.GRANTED, "Así es."
    browser = client_of(surplus)
    assert "El caso pasó al comité sin necesitar su evaluación." in browser.get(at(case)).text
    assert "El caso pasó al comité" not in client_of(other).get(at(case)).text
    for step in ("criteria/OL-1", "recommendation"):
        for answer in (browser.get(at(case, step)), browser.post(at(case, step), data={"value": "conform"})):
            assert (answer.status_code, answer.headers["Location"]) == (302, at(case))
    assert browser.get(at(case, "ties")).headers["Location"] == at(case)
    assert browser.post(at(case, "ties"), data={"act": "no_tie", "no_tie": "y"}).headers["Location"] == at(case)
    assert "No hay nada que espere por usted" in browser.get("/review").text
    assert db.session.scalar(select(FindingRow)) is None


def test_a_half_written_finding_is_watched_and_a_refused_one_counts_as_unsaved(client_of: SignIn, session: Session) -> None:
    case = reviews.assigned()
    browser = client_of(case.panel[0])
    page = browser.get(at(case, "criteria", "OL-1")).text
    assert 'data-unsaved=""' in page
    assert "js/unsaved" in page
    assert 'data-unsaved="yes"' in browser.post(at(case, "criteria", "OL-1"), data={"value": "minor", "note": ""}).text
