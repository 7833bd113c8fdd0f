"""What applications tell somebody of themselves."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts import mydata
from certification.applications import deciding
from certification.applications.deciding import DecisionChoice
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.rules.workflow import Outcome
from tests import makers, reviews


def test_an_export_tells_what_one_applied_for_found_and_decided(session: Session, at: datetime) -> None:
    case = reviews.in_review()
    with unit_of_work():
        deciding.decide(case.application, choice=DecisionChoice(Outcome.GRANTED, "Cumple todo."), by=case.deciders[0], at=at)
    applicant, judge, decider = (mydata.export(who)["applications"] for who in (case.applicant, case.panel[0], case.deciders[0]))
    assert [one["id"] for one in applicant["applications"]] == [case.application.public_id]
    assert applicant["applications"][0]["answers"][0]["text"] == "Así lo hacemos."
    assert len(applicant["evidence"]) == len(case.application.evidence)
    assert (applicant["evaluations"], applicant["decisions"]) == ([], [])
    assert [one["application"] for one in judge["evaluations"]] == [case.application.public_id]
    assert len(judge["evaluations"][0]["findings"]) == len(case.seats[0].findings) > 0
    assert [(one["outcome"], one["reasons"]) for one in decider["decisions"]] == [("granted", "Cumple todo.")]
    nobody = mydata.export(makers.user("Nadie"))["applications"]
    assert set(map(len, nobody.values())) == {0}


def test_a_seat_is_free_again_when_its_account_is_erased(session: Session, at: datetime) -> None:
    case = reviews.assigned()
    seat, other = case.seats[0], case.seats[1]
    with unit_of_work():
        mydata.erase(case.panel[0], at=at)
    session.expire_all()
    assert (seat.recused_at, other.recused_at) == (at, None)
    told = select(AuditEntry.subject_id).where(AuditEntry.act == "evaluation.recuse")
    assert list(session.scalars(told)) == [seat.public_id]


def test_what_an_erased_evaluator_handed_in_still_counts(session: Session, at: datetime) -> None:
    case = reviews.in_review()
    with unit_of_work():
        mydata.erase(case.panel[0], at=at)
    session.expire_all()
    assert [one.recused_at for one in case.seats] == [None] * len(case.seats)
