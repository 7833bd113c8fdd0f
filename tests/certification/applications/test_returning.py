from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.applications import assigning, drafts, evaluating, returning, sending
from certification.applications.caseview import case_view
from certification.applications.drafts import Description, Given
from certification.applications.evaluating import Advice
from certification.applications.models import Return
from certification.applications.returning import Request
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.media.models import FileKind
from certification.core.outbox import OutboxMessage
from certification.rules.errors import EvaluatorDecides, Forbidden, IllegalMove, InvalidInput
from certification.rules.workflow import ApplicationState, Outcome
from tests import makers, reviews

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
TODAY = date(2026, 11, 21)
ASKED = Request("EVIDENCE_INCOMPLETE", "Falta la foto de la pila.", TODAY + timedelta(days=30), "OL-3")


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id).where(AuditEntry.act.not_like("scheme%"))))


def test_the_desk_returns_what_is_incomplete_and_the_applicant_is_told(session: Session) -> None:
    case = reviews.sent()
    with unit_of_work():
        row = returning.return_to_applicant(case.application, ASKED, by=case.owner, at=NOW)
    assert (case.application.state, case.application.answer_until) == (ApplicationState.RETURNED, ASKED.answer_until)
    assert (row.reason_code, row.criterion, row.from_review, row.by_id) == ("EVIDENCE_INCOMPLETE", "OL-3", False, case.owner.id)
    assert acts() == ["application.return"]
    mail = db.session.scalars(select(OutboxMessage)).one()
    assert (mail.to, mail.name) == (case.applicant.email, "application-returned")
    assert "Falta la foto de la pila." in mail.text
    assert "21 dic 2026" in mail.text


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reason_code": "POINTS_NOT_REACHED"}, "reason_unknown"),
        ({"reason_code": "NONE"}, "reason_unknown"),
        ({"criterion": None}, "criterion_missing"),
        ({"criterion": "CJ-1"}, "criterion_missing"),
        ({"request": ""}, "request_missing"),
        ({"answer_until": TODAY}, "answer_until_wrong"),
        ({"answer_until": TODAY + timedelta(days=91)}, "answer_until_wrong"),
    ],
)
def test_a_request_that_helps_nobody_is_refused_and_nothing_is_written(
    session: Session, changes: dict[str, Any], refusal: str
) -> None:
    case = reviews.sent()
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        returning.return_to_applicant(case.application, replace(ASKED, **changes), by=case.owner, at=NOW)
    assert refused.value.code == refusal
    assert (db.session.scalar(select(Return)), acts(), case.application.state) == (None, [], ApplicationState.SUBMITTED)


def test_the_longest_answer_is_ninety_days(session: Session) -> None:
    case = reviews.sent()
    with unit_of_work():
        returning.return_to_applicant(
            case.application, replace(ASKED, answer_until=TODAY + timedelta(days=90)), by=case.owner, at=NOW
        )
    assert case.application.answer_until == date(2027, 2, 19)


@pytest.mark.parametrize("state", [ApplicationState.ACCEPTED, ApplicationState.EVALUATING])
def test_a_case_at_work_is_not_returned(session: Session, state: ApplicationState) -> None:
    case = reviews.sent(state=state)
    with pytest.raises(IllegalMove), unit_of_work():
        returning.return_to_applicant(case.application, ASKED, by=case.owner, at=NOW)


def test_from_review_only_the_committee_returns_and_none_who_evaluated(session: Session) -> None:
    case = reviews.in_review()
    with pytest.raises(Forbidden), unit_of_work():
        returning.return_to_applicant(case.application, ASKED, by=case.owner, at=NOW)
    petra = case.panel[0]
    makers.role(petra, Role.DECIDER, case.key)
    with pytest.raises(EvaluatorDecides), unit_of_work():
        returning.return_to_applicant(case.application, ASKED, by=petra, at=NOW)
    assert case.application.state is ApplicationState.IN_REVIEW


def test_a_return_from_review_opens_the_evaluations_again_and_goes_the_whole_way_back(session: Session) -> None:
    case = reviews.in_review()
    with unit_of_work():
        returning.return_to_applicant(case.application, ASKED, by=case.deciders[0], at=NOW)
    assert [(one.submitted_at, one.recommendation) for one in case.seats] == [(None, None), (None, None)]
    assert [len(one.findings) for one in case.seats] == [11, 11]  # what was found stays, to be looked at again
    assert acts() == ["application.return", "evaluation.reopen", "evaluation.reopen"]
    with unit_of_work():
        sending.submit(case.application, pledged=True, by=case.applicant, at=NOW)
        assigning.accept(case.application, by=case.owner, at=NOW)
    for seat in case.seats:
        with unit_of_work():
            evaluating.send(seat, Advice(Outcome.GRANTED, "Ya está.", TODAY), by=seat.evaluator, at=NOW)
    assert case.application.state is ApplicationState.IN_REVIEW


def test_the_committee_returns_a_case_once(session: Session) -> None:
    case = reviews.in_review()
    makers.save(
        Return(
            application_id=case.application.id,
            reason_code="SCOPE_UNCLEAR",
            request="¿Cuáles?",
            from_review=True,
            by_id=case.deciders[0].id,
            at=reviews.SENT,
            answered_at=reviews.SENT,
        )
    )
    assert returning.returns_left(case.application) == 0
    with pytest.raises(IllegalMove) as refused, unit_of_work():
        returning.return_to_applicant(case.application, ASKED, by=case.deciders[0], at=NOW)
    assert refused.value.code == "returned_enough"


def test_returns_for_completeness_do_not_count_against_the_committee(session: Session) -> None:
    case = reviews.in_review()
    makers.save(
        Return(
            application_id=case.application.id,
            reason_code="SCOPE_UNCLEAR",
            request="¿Cuáles?",
            by_id=case.owner.id,
            at=reviews.SENT,
            answered_at=reviews.SENT,
        )
    )
    assert returning.returns_left(case.application) == 1


def test_reviewers_read_what_was_last_sent_until_it_is_sent_again(session: Session) -> None:
    case = reviews.sent()
    with unit_of_work():
        returning.return_to_applicant(case.application, ASKED, by=case.owner, at=NOW)
    new_photo = makers.stored_file(FileKind.PHOTO, private=False)
    row, by, later = case.application, case.applicant, NOW + timedelta(hours=1)
    before = case_view(row, "es", at=later, sent_only=True)
    code, ask = next((one.code, ask.number) for one in before.criteria for ask in one.asks if ask.written)
    with unit_of_work():
        other = Description("Otra cosa", "Otra técnica", "Otra marca", ("Otra persona",), (), None)
        drafts.describe(row, other, by=by, at=later)
        drafts.answer(row, code, Given(text="OTRA HISTORIA", words={ask: "OTRAS PALABRAS"}), by=by, at=later)
        row.photo = new_photo
    assert case_view(row, "es", at=later, sent_only=True) == before
    with unit_of_work():
        row.photo = None
    own = case_view(row, "es", at=later)
    assert (own.goods, own.makers, own.criterion(code).answer) == ("Otra cosa", ("Otra persona",), "OTRA HISTORIA")
    assert own.criterion(code).asks[ask].written == "OTRAS PALABRAS"
    with unit_of_work():
        sending.submit(row, pledged=True, by=by, at=later)
    sent = case_view(row, "es", at=later, sent_only=True)
    assert (sent.goods, sent.marks, sent.criterion(code).answer) == ("Otra cosa", "Otra marca", "OTRA HISTORIA")
    assert (sent.criterion(code).asks[ask].written, sent.photo) == ("OTRAS PALABRAS", None)


def test_what_was_never_sent_says_nothing_to_reviewers(session: Session) -> None:
    case = reviews.sent(goods="A medias")
    with unit_of_work():
        case.application.sent = None
        returning.return_to_applicant(case.application, ASKED, by=case.owner, at=NOW)
    seen = case_view(case.application, "es", at=NOW, sent_only=True)
    assert (seen.goods, {one.answer for one in seen.criteria}) == ("", {""})
