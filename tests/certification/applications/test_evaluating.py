from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.applications import evaluating
from certification.applications.evaluating import Advice, Found
from certification.applications.models import Evaluation, FindingRow
from certification.applications.reviewing import may_compare, seats_of
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties.models import Tie
from certification.rules.errors import Forbidden, IllegalMove, InvalidInput, NotFound, TieBars
from certification.rules.workflow import ApplicationState, Outcome
from tests import makers, reviews

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
TODAY = date(2026, 11, 21)
ADVICE = Advice(Outcome.GRANTED, "Lo vimos y así es.", TODAY, named=True)


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id).where(AuditEntry.act.not_like("scheme%"))))


def mails() -> list[tuple[str, str]]:
    return [
        (row.to, row.name) for row in db.session.execute(select(OutboxMessage.to, OutboxMessage.name).order_by(OutboxMessage.id))
    ]


def find_all(seat: Evaluation) -> None:
    makers.save(*reviews.findings(seat))
    db.session.expire_all()


def test_saying_no_tie_begins_the_evaluation_once(session: Session) -> None:
    case = reviews.assigned(declared=False)
    for seat in (*case.seats, case.seats[0]):
        with unit_of_work():
            evaluating.declare_no_tie(seat, by=seat.evaluator, at=NOW)
    assert case.application.state is ApplicationState.EVALUATING
    assert acts() == ["application.start_evaluation", "evaluation.no_tie", "evaluation.no_tie"]


def test_the_registry_does_not_take_the_word_of_somebody_it_knows_to_be_tied(session: Session) -> None:
    case = reviews.assigned(declared=False)
    seat = case.seats[0]
    makers.member(seat.evaluator, case.party)
    with pytest.raises(TieBars), unit_of_work():
        evaluating.declare_no_tie(seat, by=seat.evaluator, at=NOW)
    assert (seat.no_tie_declared_at, case.application.state) == (None, ApplicationState.ACCEPTED)


def test_declaring_a_tie_is_kept_for_every_case_and_frees_the_seat(session: Session) -> None:
    case = reviews.assigned(declared=False)
    seat = case.seats[0]
    with unit_of_work():
        evaluating.declare_tie(seat, "trade", since=date(2024, 1, 1), until=date(2026, 3, 1), by=seat.evaluator, at=NOW)
    tie = db.session.scalars(select(Tie)).one()
    assert (tie.user_id, tie.party_id, tie.kind, seat.recused_at) == (seat.evaluator_id, case.party.id, "trade", NOW)
    assert acts() == ["tie.declared", "evaluation.recuse"]
    assert {to for to, name in mails() if name == "review-recused"} == {person.email for person in (case.owner, *case.deciders)}


def test_a_tie_to_come_or_of_no_kind_is_refused_and_nothing_is_written(session: Session) -> None:
    case = reviews.assigned()
    seat = case.seats[0]
    for kind, since in (("trade", TODAY + timedelta(days=1)), ("friendship", None)):
        with pytest.raises(InvalidInput), unit_of_work():
            evaluating.declare_tie(seat, kind, since=since, by=seat.evaluator, at=NOW)
    assert (acts(), mails(), seat.recused_at) == ([], [], None)


def test_stepping_aside_needs_a_reason_and_the_mail_does_not_tell_it(session: Session) -> None:
    seat = reviews.assigned().seats[0]
    with pytest.raises(InvalidInput), unit_of_work():
        evaluating.recuse(seat, reason="", by=seat.evaluator, at=NOW)
    with unit_of_work():
        evaluating.recuse(seat, reason="Estoy en cosecha.", by=seat.evaluator, at=NOW)
    assert seat.recused_at == NOW
    assert all("cosecha" not in text for text in db.session.scalars(select(OutboxMessage.text)))
    with pytest.raises(NotFound), unit_of_work():
        evaluating.save_finding(seat, "OL-1", Found("conform"), by=seat.evaluator, at=NOW)


def test_no_finding_before_the_word_on_ties(session: Session) -> None:
    seat = reviews.assigned(declared=False).seats[0]
    with pytest.raises(Forbidden) as refusal, unit_of_work():
        evaluating.save_finding(seat, "OL-1", Found("conform"), by=seat.evaluator, at=NOW)
    assert refusal.value.code == "ties_unsaid"


def test_a_finding_is_kept_and_saying_it_again_replaces_it(session: Session) -> None:
    seat = reviews.assigned().seats[0]
    for found in (Found("conform", 3), Found("minor", 1, "Faltan fotos.", "Mandarlas.", TODAY + timedelta(days=30))):
        with unit_of_work():
            evaluating.save_finding(seat, "OL-4", found, by=seat.evaluator, at=NOW)
    row = db.session.scalars(select(FindingRow)).one()
    assert (row.value, row.score, row.note, row.plan, row.plan_due) == (
        "minor",
        1,
        "Faltan fotos.",
        "Mandarlas.",
        date(2026, 12, 21),
    )
    assert acts() == ["evaluation.find", "evaluation.find"]


@pytest.mark.parametrize(
    ("key", "code", "found", "refusal"),
    [
        ("origen-local", "OL-1", Found("perfect"), "finding_unknown"),
        ("origen-local", "OL-1", Found("not_applicable", note="No."), "finding_unknown"),
        ("origen-local", "OL-1", Found("conform", 2), "score_wrong"),
        ("origen-local", "OL-4", Found("conform"), "score_wrong"),
        ("origen-local", "OL-4", Found("conform", 4), "score_wrong"),
        ("origen-local", "OL-1", Found("minor"), "note_missing"),
        ("origen-local", "OL-1", Found("major"), "note_missing"),
        ("origen-local", "OL-4", Found("conform", 0), "note_missing"),
        ("origen-local", "OL-1", Found("minor", None, "Falta.", "Traerlo."), "plan_incomplete"),
        ("origen-local", "OL-1", Found("minor", None, "Falta.", "", TODAY), "plan_incomplete"),
        ("origen-local", "OL-1", Found("minor", None, "Falta.", "Traerlo.", TODAY - timedelta(days=1)), "day_past"),
        ("comercio-justo-local", "CJ-7", Found("conform", 0, "Nada.", "Botiquín.", TODAY + timedelta(days=181)), "plan_too_late"),
        ("comercio-justo-local", "CJ-11", Found("not_applicable", 2, "Una persona."), "score_wrong"),
        ("agroecologico-participativo", "AG-4", Found("conform"), "finding_unknown"),
        ("agroecologico-participativo", "AG-4", Found("broken"), "note_missing"),
    ],
)
def test_what_a_criterion_does_not_allow_is_refused(session: Session, key: str, code: str, found: Found, refusal: str) -> None:
    seat = reviews.assigned(key).seats[0]
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        evaluating.save_finding(seat, code, found, by=seat.evaluator, at=NOW)
    assert refused.value.code == refusal
    assert (db.session.scalar(select(FindingRow)), acts()) == (None, [])


@pytest.mark.parametrize(
    ("key", "code", "found"),
    [
        ("comercio-justo-local", "CJ-11", Found("not_applicable", None, "Trabaja sola.")),
        ("comercio-justo-local", "CJ-7", Found("conform", 0, "Nada.", "Botiquín.", TODAY + timedelta(days=180))),
        ("agroecologico-participativo", "AG-4", Found("running")),
        ("origen-local", "OL-2", Found("major", None, "Nadie la conoce.")),
    ],
)
def test_what_a_criterion_allows_is_kept(session: Session, key: str, code: str, found: Found) -> None:
    seat = reviews.assigned(key).seats[0]
    with unit_of_work():
        row = evaluating.save_finding(seat, code, found, by=seat.evaluator, at=NOW)
    assert (row.value, row.score) == (found.value, found.score)


def test_there_is_no_such_criterion(session: Session) -> None:
    seat = reviews.assigned().seats[0]
    with pytest.raises(NotFound), unit_of_work():
        evaluating.save_finding(seat, "CJ-1", Found("conform"), by=seat.evaluator, at=NOW)


def test_one_does_not_write_into_anothers_evaluation(session: Session) -> None:
    case = reviews.assigned()
    with pytest.raises(NotFound), unit_of_work():
        evaluating.save_finding(case.seats[0], "OL-1", Found("conform"), by=case.panel[1], at=NOW)
    with pytest.raises(Forbidden), unit_of_work():
        evaluating.save_finding(case.seats[0], "OL-1", Found("conform"), by=case.deciders[0], at=NOW)


def test_a_tie_that_comes_up_stops_the_work(session: Session) -> None:
    case = reviews.assigned()
    seat = case.seats[0]
    makers.member(seat.evaluator, case.party)
    with pytest.raises(TieBars), unit_of_work():
        evaluating.save_finding(seat, "OL-1", Found("conform"), by=seat.evaluator, at=NOW)


@pytest.mark.parametrize(
    ("key", "advice", "refusal"),
    [
        ("origen-local", Advice(Outcome.GRANTED, "", TODAY), "summary_missing"),
        ("origen-local", Advice(Outcome.GRANTED, "Bien.", TODAY + timedelta(days=1)), "day_to_come"),
        ("agroecologico-participativo", Advice(Outcome.GRANTED, "Bien.", None, named=True), "visit_missing"),
        ("agroecologico-participativo", Advice(Outcome.GRANTED, "Bien.", TODAY), "consent_missing"),
    ],
)
def test_what_a_recommendation_needs(session: Session, key: str, advice: Advice, refusal: str) -> None:
    seat = reviews.assigned(key).seats[0]
    find_all(seat)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        evaluating.send(seat, advice, by=seat.evaluator, at=NOW)
    assert (refused.value.code, seat.submitted_at) == (refusal, None)


def test_nothing_is_sent_while_a_criterion_has_no_finding(session: Session) -> None:
    seat = reviews.assigned().seats[0]
    makers.save(*reviews.findings(seat)[1:])
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        evaluating.send(seat, ADVICE, by=seat.evaluator, at=NOW)
    assert (refused.value.code, refused.value.params) == ("findings_missing", {"codes": "OL-1"})


def test_the_last_recommendation_that_the_scheme_asks_for_sends_the_case_to_the_committee(session: Session) -> None:
    case = reviews.assigned()
    states = []
    for seat in case.seats:
        find_all(seat)
        with unit_of_work():
            evaluating.send(seat, ADVICE, by=seat.evaluator, at=NOW)
        states.append(case.application.state)
    assert states == [ApplicationState.EVALUATING, ApplicationState.IN_REVIEW]
    assert acts() == ["evaluation.send", "evaluation.send", "application.send_to_review"]
    assert mails() == [(person.email, "review-ready") for person in case.deciders]


def test_two_peers_of_one_workshop_do_not_make_a_participatory_panel(session: Session) -> None:
    case = reviews.assigned("agroecologico-participativo")
    with unit_of_work():
        case.seats[1].workshop_id = case.workshops[0].id
    for seat in case.seats:
        find_all(seat)
        with unit_of_work():
            evaluating.send(seat, ADVICE, by=seat.evaluator, at=NOW)
    assert case.application.state is ApplicationState.EVALUATING


def test_what_was_sent_does_not_change(session: Session) -> None:
    case = reviews.assigned()
    seat = case.seats[0]
    find_all(seat)
    with unit_of_work():
        evaluating.send(seat, ADVICE, by=seat.evaluator, at=NOW)
    steps: list[Any] = [
        lambda: evaluating.save_finding(seat, "OL-1", Found("conform"), by=seat.evaluator, at=NOW),
        lambda: evaluating.send(seat, ADVICE, by=seat.evaluator, at=NOW),
        lambda: evaluating.recuse(seat, reason="Tarde.", by=seat.evaluator, at=NOW),
    ]
    for step in steps:
        with pytest.raises(IllegalMove) as refused, unit_of_work():
            step()
        assert refused.value.code == "evaluation_sent"


def test_nobody_reads_the_others_findings_until_all_are_in(session: Session) -> None:
    case = reviews.assigned()
    first, second = case.seats
    find_all(first)
    with unit_of_work():
        evaluating.send(first, ADVICE, by=first.evaluator, at=NOW)
    for person in (first.evaluator, second.evaluator, *case.deciders, case.owner):
        assert not may_compare(case.application, person)
    assert [one.recommendation for one in seats_of(case.application, second.evaluator, NOW)] == ["", ""]
    assert [one.recommendation for one in seats_of(case.application, first.evaluator, NOW)] == ["granted", ""]
    find_all(second)
    with unit_of_work():
        evaluating.send(second, ADVICE, by=second.evaluator, at=NOW)
    for person in (first.evaluator, second.evaluator, *case.deciders):
        assert may_compare(case.application, person)
