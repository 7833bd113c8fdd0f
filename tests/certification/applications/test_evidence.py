"""What is shown: which files fit, taking out and putting back, and who may look."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.accounts.permissions import may
from certification.applications import evidence
from certification.applications.models import SPOKEN, Capacity, Evaluation, Evidence, Return
from certification.applications.permissions import Permission
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.core.media.models import FileKind
from certification.rules.errors import Conflict, IllegalMove, InvalidInput, NotFound
from certification.rules.workflow import ApplicationState
from tests import makers, reviews
from tests.certification.applications.conftest import Case
from tests.conftest import NOW

TODAY = date(2026, 11, 21)


def add(case: Case, code: str = "OL-1", ask: int = 1, kind: FileKind = FileKind.DOCUMENT, **given: object) -> Evidence:
    values: dict[str, object] = {"dated_on": TODAY, "by": case.rosa, "at": NOW} | given
    file = makers.stored_file(kind)
    with unit_of_work():
        return evidence.add_evidence(case.application, code, ask, file, **values)  # type: ignore[arg-type]  # a test's shorthand


def test_an_item_is_added_with_its_date_and_recorded(session: Session, case: Case) -> None:
    item = add(case, caption="Constancia", dated_on=date(2026, 9, 4))
    assert (item.criterion, item.ask, item.kind, item.caption, item.dated_on) == (
        "OL-1",
        1,
        "document",
        "Constancia",
        date(2026, 9, 4),
    )
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "evidence.add")).one()
    assert entry.details == {
        "application": case.application.public_id,
        "criterion": "OL-1",
        "digest": item.file.digest if item.file else "",
    }


@pytest.mark.parametrize(
    ("code", "ask", "kind", "stored"),
    [
        ("OL-1", 1, FileKind.PHOTO, "document"),  # a photograph of the paper
        ("OL-1", 1, FileKind.AUDIO, "document"),  # not all write
        ("OL-2", 0, FileKind.TEXT, "statement"),
        ("OL-1", 2, FileKind.PHOTO, "photo"),
        ("OL-1", 3, FileKind.VIDEO, "video"),
        ("OL-2", 0, FileKind.AUDIO, "audio"),  # a statement may be a sound
        ("OL-2", 0, FileKind.PHOTO, "statement"),  # a letter written by hand
        ("OL-2", SPOKEN, FileKind.AUDIO, "audio"),
    ],
)
def test_files_that_fit(case: Case, code: str, ask: int, kind: FileKind, stored: str) -> None:
    assert add(case, code, ask, kind).kind == stored


@pytest.mark.parametrize(
    ("code", "ask", "kind"),
    [
        ("OL-1", 1, FileKind.TEXT),  # whatever its name says
        ("OL-1", 2, FileKind.DOCUMENT),
        ("OL-1", 3, FileKind.PHOTO),
        ("OL-1", 4, FileKind.PHOTO),
        ("OL-11", 0, FileKind.DOCUMENT),
        ("OL-2", SPOKEN, FileKind.DOCUMENT),
    ],
)
def test_files_that_do_not_fit_are_refused(session: Session, case: Case, code: str, ask: int, kind: FileKind) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add(case, code, ask, kind)
    assert refusal.value.code == "wrong_file"
    assert session.scalar(select(func.count(Evidence.id))) == 0


def test_an_ask_that_does_not_exist_is_not_found(case: Case) -> None:
    for ask in (5, -2):
        with pytest.raises(NotFound):
            add(case, ask=ask)


def test_a_date_to_come_is_refused(case: Case) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add(case, dated_on=TODAY + timedelta(days=1))
    assert refusal.value.code == "date_to_come"


def test_a_public_file_is_no_evidence(case: Case) -> None:
    file = makers.stored_file(private=False)
    with pytest.raises(ValueError, match="private"), unit_of_work():
        evidence.add_evidence(case.application, "OL-1", 1, file, dated_on=TODAY, by=case.rosa, at=NOW)


def test_the_same_request_adds_once(session: Session, case: Case) -> None:
    first, again = add(case, request_key="k:1:0"), add(case, request_key="k:1:0")
    assert first.id == again.id
    assert session.scalar(select(func.count(Evidence.id))) == 1


def test_a_key_of_another_application_is_refused(case: Case) -> None:
    add(case, request_key="k")
    other = Case(case.rosa, case.workshop, makers.application(case.rosa, case.workshop))
    with pytest.raises(Conflict):
        add(other, request_key="k")


def test_too_many_items_are_refused(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST_ITEMS", 2)
    add(case)
    add(case)
    with pytest.raises(InvalidInput) as refusal:
        add(case)
    assert refusal.value.code == "too_many_items"


def test_taking_out_and_putting_back_keeps_the_row(session: Session, case: Case) -> None:
    item = add(case)
    for _ in range(2):
        with unit_of_work():
            evidence.remove_evidence(item, by=case.rosa, at=NOW)
    assert makers.fresh(session, item).removed_at == NOW
    with unit_of_work():
        evidence.restore_evidence(item, by=case.rosa, at=NOW)
    assert makers.fresh(session, item).removed_at is None
    acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject_kind == "evidence").order_by(AuditEntry.id)).all()
    assert acts == ["evidence.add", "evidence.remove", "evidence.restore"]


def test_nothing_is_taken_out_of_what_was_sent(case: Case) -> None:
    item = add(case)
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.SUBMITTED, NOW
    with pytest.raises(IllegalMove), unit_of_work():
        evidence.remove_evidence(item, by=case.rosa, at=NOW)


def send(case: Case, state: ApplicationState = ApplicationState.SUBMITTED) -> None:
    with unit_of_work():
        case.application.state, case.application.submitted_at = state, NOW


def test_who_acts_for_the_applicant_sees_it_always(case: Case) -> None:
    item = add(case)
    assert may(case.rosa, Permission.SEE_EVIDENCE, item)
    send(case, ApplicationState.WITHDRAWN_BY_APPLICANT)
    assert may(case.rosa, Permission.SEE_EVIDENCE, item)


def test_strangers_visitors_and_operators_never_see_it(case: Case) -> None:
    item, stranger, operator = add(case), makers.user(), makers.user()
    makers.role(operator, Role.OPERATOR)
    makers.role(stranger, Role.EVALUATOR, "origen-local")  # of the scheme, not of this case
    send(case)
    assert not any(may(person, Permission.SEE_EVIDENCE, item) for person in (stranger, operator, None))


def test_an_assigned_evaluator_sees_it_until_they_step_aside(case: Case) -> None:
    item, evaluator = add(case), makers.user()
    makers.role(evaluator, Role.EVALUATOR, "origen-local")
    row = Evaluation(application_id=case.application.id, evaluator_id=evaluator.id, capacity=Capacity.PEER, assigned_at=NOW)
    row.no_tie_declared_at = NOW
    makers.save(row)
    assert not may(evaluator, Permission.SEE_EVIDENCE, item)  # still a draft
    send(case)
    assert may(evaluator, Permission.SEE_EVIDENCE, item)
    with unit_of_work():
        row.recused_at = NOW
    assert not may(evaluator, Permission.SEE_EVIDENCE, item)


def test_an_evaluator_whose_role_ended_sees_it_no_more(session: Session) -> None:
    case = reviews.assigned()
    evaluator, item = case.panel[0], case.application.evidence[0]
    assert may(evaluator, Permission.SEE_EVIDENCE, item)
    with unit_of_work():
        for held in evaluator.roles:
            held.ended_at = NOW
    assert not may(evaluator, Permission.SEE_EVIDENCE, item)


def test_deciders_of_that_scheme_see_what_was_sent_and_no_other_scheme_s(case: Case) -> None:
    item, decider, other = add(case), makers.user(), makers.user()
    makers.role(decider, Role.DECIDER, "origen-local")
    makers.role(other, Role.DECIDER, "comercio-justo-local")
    assert not may(decider, Permission.SEE_EVIDENCE, item)
    send(case)
    assert may(decider, Permission.SEE_EVIDENCE, item)
    assert not may(other, Permission.SEE_EVIDENCE, item)


@pytest.mark.parametrize("state", [ApplicationState.WITHDRAWN_BY_APPLICANT, ApplicationState.LAPSED])
def test_reviewers_see_nothing_of_what_was_taken_back(case: Case, state: ApplicationState) -> None:
    item, decider = add(case), makers.user()
    makers.role(decider, Role.DECIDER, "origen-local")
    send(case, state)
    assert not may(decider, Permission.SEE_EVIDENCE, item)


def test_what_was_added_after_a_return_is_the_applicant_s_until_sent_again(case: Case) -> None:
    before, decider = add(case), makers.user()
    makers.role(decider, Role.DECIDER, "origen-local")
    send(case, ApplicationState.RETURNED)
    makers.save(
        Return(
            application_id=case.application.id, reason_code="EVIDENCE_INCOMPLETE", request="Otra foto", by_id=decider.id, at=NOW
        )
    )
    after = add(case, at=NOW + timedelta(hours=1))
    assert may(decider, Permission.SEE_EVIDENCE, before)
    assert not may(decider, Permission.SEE_EVIDENCE, after)
    send(case)
    assert may(decider, Permission.SEE_EVIDENCE, after)


def test_what_was_taken_out_is_the_applicant_s_own(case: Case) -> None:
    item, decider = add(case), makers.user()
    makers.role(decider, Role.DECIDER, "origen-local")
    with unit_of_work():
        evidence.remove_evidence(item, by=case.rosa, at=NOW)
    send(case)
    assert not may(decider, Permission.SEE_EVIDENCE, item)
    assert may(case.rosa, Permission.SEE_EVIDENCE, item)
