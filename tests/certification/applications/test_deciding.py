"""Guards 2 and 3 on the server: no grant against a block, no refusal without its reason; one decision."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications import cases, deciding, weighing
from certification.applications.deciding import DecisionChoice
from certification.applications.models import Application, Decision, Evidence
from certification.applications.weighing import Agreed
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties.models import Membership, Party, PartyKind, Tie, Vetting
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate
from certification.rules.errors import (
    AlreadyDecided,
    Conflict,
    Disagreement,
    DomainError,
    GrantBlocked,
    IllegalMove,
    InvalidInput,
)
from certification.rules.workflow import ApplicationState, Outcome
from tests import makers, reviews

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
GRANT = DecisionChoice(Outcome.GRANTED, "Cumple todo.")
CONDITIONS = replace(GRANT, outcome=Outcome.GRANTED_WITH_CONDITIONS)
REFUSE = DecisionChoice(Outcome.REFUSED, "No alcanza.", "POINTS_NOT_REACHED", "OL-4", "Ocho puntos de quince.")
PLANNED = {"value": "minor", "plan": "Traer la nota.", "plan_due": date(2027, 1, 15)}
LOW = {code: {"score": 1} for code in ("OL-4", "OL-5", "OL-6", "OL-7", "OL-8")}


def decide(case: reviews.Case, choice: DecisionChoice, who: int = 0) -> Decision:
    with unit_of_work():
        return deciding.decide(case.application, choice=choice, by=case.deciders[who], at=NOW)


def written() -> tuple[int, ...]:
    db.session.rollback()
    return tuple(db.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (AuditEntry, OutboxMessage, Decision))


def without_evidence(case: reviews.Case, code: str) -> None:
    with unit_of_work():
        for one in db.session.scalars(select(Evidence).where(Evidence.criterion == code)):
            one.removed_at = reviews.SENT


def test_a_grant_is_recorded_with_its_decider_and_told(session: Session) -> None:
    case = reviews.in_review()
    made = decide(case, GRANT)
    row = case.application
    assert (row.state, row.outcome, row.decided_at, row.decided_by_id) == (
        ApplicationState.DECIDED,
        Outcome.GRANTED,
        NOW,
        case.deciders[0].id,
    )
    assert (made.outcome, made.label_class, made.reasons, made.reason_code, made.appeal_until) == (
        Outcome.GRANTED,
        "artesania",
        "Cumple todo.",
        None,
        None,
    )
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "application.decide")).one()
    assert (entry.by_id, entry.subject_id, entry.details["outcome"]) == (case.deciders[0].id, row.public_id, "granted")
    mail = db.session.scalars(select(OutboxMessage)).one()
    assert (mail.to, mail.name) == (case.applicant.email, "application-decided")
    assert "Cumple todo." in mail.text


def test_a_grant_with_conditions_lists_what_was_agreed(session: Session) -> None:
    case = reviews.in_review(found={"OL-1": PLANNED})
    assert weighing.possible(case.application, case.seats) == {Outcome.GRANTED_WITH_CONDITIONS, Outcome.REFUSED}
    with pytest.raises(InvalidInput) as refused:
        decide(case, GRANT)
    assert refused.value.code == "outcome_not_possible"
    decide(case, CONDITIONS)
    text = db.session.scalars(select(OutboxMessage.text)).one()
    assert "Traer la nota." in text
    assert "15 ene 2027" in text


def test_conditions_are_not_put_where_nothing_is_open(session: Session) -> None:
    with pytest.raises(InvalidInput) as refused:
        decide(reviews.in_review(), CONDITIONS)
    assert refused.value.code == "outcome_not_possible"


def test_a_refusal_names_reason_criterion_and_how_to_appeal(session: Session) -> None:
    case = reviews.in_review(found=LOW)
    made = decide(case, REFUSE)
    assert (made.reason_code, made.criterion, made.public_summary, made.label_class) == (
        "POINTS_NOT_REACHED",
        "OL-4",
        "Ocho puntos de quince.",
        None,
    )
    assert made.appeal_until == date(2026, 12, 21)  # thirty days from the day of the decision in Mexico City
    text = db.session.scalars(select(OutboxMessage.text)).one()
    assert "21 dic 2026" in text
    assert "apelar" in text


def no_change(_case: reviews.Case) -> None:
    return None


BLOCKED: list[tuple[str, str, dict[str, Any], Any, str]] = [
    ("an open major", "origen-local", {"OL-5": {"value": "major"}}, no_change, "OPEN_MAJOR"),
    ("a critical one that fails", "origen-local", {"OL-1": {"value": "major"}}, no_change, "OPEN_MAJOR"),
    ("a minor one without plan", "origen-local", {"OL-1": {"value": "minor"}}, no_change, "PLAN_MISSING"),
    ("too few points", "origen-local", LOW, no_change, "SCORING_NOT_MET"),
    ("a zero", "origen-local", {"OL-4": {"score": 0}}, no_change, "SCORING_NOT_MET"),
    ("a zero without its agreement", "comercio-justo-local", {"CJ-7": {"score": 0}}, no_change, "PLAN_MISSING"),
    ("a score that is missing", "origen-local", {"OL-4": {"score": None}}, no_change, "SCORE_MISSING"),
    ("no dated evidence", "origen-local", {}, lambda case: without_evidence(case, "OL-9"), "EVIDENCE_UNDATED"),
    ("evidence that is not enough", "origen-local", {}, lambda case: without_evidence(case, "OL-5"), "EVIDENCE_MISSING"),
    ("a transition that was broken", "agroecologico-participativo", {"AG-4": {"value": "broken"}}, no_change, "CRITICAL_NOT_MET"),
]


@pytest.mark.parametrize(("key", "found", "change", "block"), [row[1:] for row in BLOCKED], ids=[row[0] for row in BLOCKED])
def test_nothing_grants_against_a_block_and_nothing_is_written(
    session: Session, key: str, found: dict[str, Any], change: Any, block: str
) -> None:
    case = reviews.in_review(key, found=found)
    change(case)
    before = written()
    for choice in (GRANT, CONDITIONS):
        with pytest.raises(GrantBlocked) as refused:
            decide(case, choice)
        assert refused.value.params["block"] == block
    assert written() == before
    assert db.session.get_one(type(case.application), case.application.id).state is ApplicationState.IN_REVIEW


def test_a_visit_that_was_wished_for_and_not_made_proves_nothing(session: Session) -> None:
    case = reviews.in_review("comercio-justo-local")
    with unit_of_work():
        for seat in case.seats:
            seat.visited_on = None
    with pytest.raises(GrantBlocked) as refused:
        decide(case, GRANT)
    assert refused.value.params == {"block": "EVIDENCE_MISSING", "criterion": "CJ-5"}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reasons": ""}, "reasons_missing"),
        ({"public_summary": ""}, "summary_missing"),
        ({"reason_code": None}, "reason_unknown"),
        ({"reason_code": "PLAN_MISSING"}, "reason_unknown"),
        ({"criterion": None}, "criterion_missing"),
        ({"criterion": "XX-1"}, "criterion_missing"),
        ({"reason_code": "CRITICAL_NOT_MET", "criterion": "OL-1"}, "reason_unfounded"),
        ({"reason_code": "SCORED_ZERO"}, "reason_unfounded"),
    ],
)
def test_a_refusal_without_its_ground_is_refused_and_nothing_is_written(
    session: Session, changes: dict[str, Any], refusal: str
) -> None:
    case = reviews.in_review(found=LOW)
    before = written()
    with pytest.raises(InvalidInput) as refused:
        decide(case, replace(REFUSE, **changes))
    assert refused.value.code == refusal
    assert written() == before


def test_a_refusal_may_rest_on_what_no_score_says(session: Session) -> None:
    made = decide(reviews.in_review(), replace(REFUSE, reason_code="FALSE_INFORMATION", criterion="OL-10"))
    assert (made.outcome, made.reason_code) == (Outcome.REFUSED, "FALSE_INFORMATION")


def test_scores_more_than_a_point_apart_need_an_agreement_with_its_reason(session: Session) -> None:
    case = reviews.in_review(second={"OL-4": {"score": 1}})
    for agreed in ({}, {"OL-4": Agreed(2, " ")}):
        with pytest.raises(Disagreement) as refused:
            decide(case, replace(GRANT, agreed=agreed))
        assert refused.value.field == "agreed_OL-4"
    with pytest.raises(InvalidInput) as outside:
        decide(case, replace(GRANT, agreed={"OL-4": Agreed(0, "Casi nada.")}))
    assert outside.value.code == "agreed_outside"
    made = decide(case, replace(GRANT, agreed={"OL-4": Agreed(2, "Vimos juntas la lana."), "OL-5": Agreed(0, "De más.")}))
    assert made.agreed == {"OL-4": {"score": 2, "reason": "Vimos juntas la lana."}}


def test_an_agreement_may_lift_a_case_over_the_threshold_and_both_ways_are_offered(session: Session) -> None:
    low = {code: {"score": 1} for code in ("OL-4", "OL-5", "OL-6", "OL-7")}
    case = reviews.in_review(found=low | {"OL-8": {"score": 3}}, second={"OL-4": {"score": 3}, "OL-5": {"score": 3}})
    assert weighing.possible(case.application, case.seats) == {Outcome.GRANTED, Outcome.REFUSED}
    fine = {"OL-4": Agreed(3, "Lo vimos."), "OL-5": Agreed(3, "Lo vimos.")}
    with pytest.raises(GrantBlocked):
        decide(case, replace(GRANT, agreed=fine | {"OL-5": Agreed(1, "Poco.")}))
    assert decide(case, replace(GRANT, agreed=fine)).outcome is Outcome.GRANTED


def test_neighbouring_scores_count_at_their_lower(session: Session) -> None:
    case = reviews.in_review(second={code: {"score": 2} for code in LOW})
    assert weighing.weigh(case.application, case.seats, {}).assessment.points == 10


def test_the_gravest_finding_counts(session: Session) -> None:
    case = reviews.in_review(
        "agroecologico-participativo", second={"AG-4": {"value": "running"}, "AG-10": {"value": "not_applicable"}}
    )
    weighed = weighing.weigh(case.application, case.seats, {})
    assert (weighed.assessment.score_class.id, weighed.assessment.not_applicable) == ("en_transicion", ())


def test_the_second_decider_is_told_that_it_is_decided(session: Session) -> None:
    case = reviews.in_review()
    decide(case, GRANT)
    before = written()
    with pytest.raises(AlreadyDecided):
        decide(case, replace(REFUSE, reason_code="NOT_ELIGIBLE"), who=1)
    assert written() == before


def test_a_page_read_before_the_case_changed_decides_nothing(session: Session) -> None:
    case = reviews.in_review()
    with pytest.raises(Conflict) as refused:
        decide(case, replace(GRANT, seen_version=case.application.version_id - 1))
    assert refused.value.code == "case_changed"
    decide(case, replace(GRANT, seen_version=case.application.version_id))


@pytest.mark.parametrize(
    "state", [ApplicationState.SUBMITTED, ApplicationState.ACCEPTED, ApplicationState.EVALUATING, ApplicationState.RETURNED]
)
def test_only_what_is_before_the_committee_is_decided(session: Session, state: ApplicationState) -> None:
    with pytest.raises(IllegalMove):
        decide(reviews.in_review(state=state), GRANT)


def test_a_panel_that_fell_short_decides_nothing(session: Session) -> None:
    case = reviews.in_review()
    with unit_of_work():
        case.seats[0].recused_at = NOW
    with pytest.raises(IllegalMove) as refused:
        decide(case, GRANT)
    assert refused.value.code == "panel_short"


def join_applicant(case: reviews.Case, person: User) -> None:
    makers.member(person, case.party)


def declare_kin(case: reviews.Case, person: User) -> None:
    makers.save(Tie(user_id=person.id, party_id=case.party.id, kind="declared_kin", declared_by_id=person.id, declared_at=NOW))


@pytest.mark.parametrize("tie", [join_applicant, declare_kin])
@pytest.mark.parametrize("choice", [GRANT, REFUSE])
def test_an_evaluator_who_was_tied_after_handing_in_does_not_count_and_a_short_panel_decides_nothing(
    session: Session, tie: Callable[[reviews.Case, User], None], choice: DecisionChoice
) -> None:
    case = reviews.in_review(found=LOW if choice is REFUSE else None)
    tie(case, case.panel[0])
    before = written()
    with pytest.raises(IllegalMove) as refused:
        decide(case, choice)
    assert (refused.value.code, "tiene ahora relación" in refused.value.sentence) == ("panel_short", True)
    assert written() == before
    assert case.application.state is ApplicationState.IN_REVIEW


def test_where_enough_remain_the_tied_ones_findings_and_name_are_left_out(session: Session) -> None:
    case = reviews.in_review("agroecologico-participativo", spare=1, second={"AG-4": {"value": "running"}})
    tied = case.panel[-1]
    assert weighing.weigh(case.application, case.seats, {}).assessment.score_class.id == "en_transicion"
    join_applicant(case, tied)
    decision, certificate = granted(case)
    assert (decision.label_class, certificate.page["decided"]["outsiders"]) == ("agroecologico", 1)
    assert tied.name not in certificate.page["decided"]["named"]
    assert [one.set_aside_at for one in case.seats] == [None, None, None, NOW]
    acts = list(db.session.scalars(select(AuditEntry.act).where(AuditEntry.act == "evaluation.set_aside")))
    assert acts == ["evaluation.set_aside"]
    for one in db.session.scalars(select(Membership).where(Membership.user_id == tied.id, Membership.party_id == case.party.id)):
        with unit_of_work():
            one.ended_at = makers.THEN
    assert tied.id not in {one.evaluator_id for one in cases.counted(case.application, NOW)}  # what counted then stands


def granted(case: reviews.Case) -> tuple[Decision, Certificate]:
    with unit_of_work():
        made, certificate = decide_and_certify(case.application, choice=GRANT, by=case.deciders[0], at=NOW)
    assert certificate is not None
    return made, certificate


def unvetted(workshop: Party) -> None:
    workshop.vetting, workshop.vetted_at = Vetting.ASKED, None


def no_producer(workshop: Party) -> None:
    workshop.kind = PartyKind.BODY


@pytest.mark.parametrize("change", [unvetted, no_producer])
def test_a_peer_whose_workshop_is_no_vetted_one_any_more_is_no_peer_at_the_decision(
    session: Session, change: Callable[[Party], None]
) -> None:
    case = reviews.in_review("agroecologico-participativo")
    with unit_of_work():
        change(case.workshops[0])
    with pytest.raises(IllegalMove) as refused:
        decide(case, GRANT)
    assert refused.value.code == "panel_short"


def test_a_scheme_that_ended_grants_nothing_and_still_refuses(session: Session) -> None:
    case = reviews.in_review(found=LOW)
    with unit_of_work():
        case.application.scheme_version.lapsed_at = NOW
    with pytest.raises(DomainError) as refused:
        decide(case, GRANT)
    assert refused.value.code == "scheme_lapsed"
    assert decide(case, REFUSE).outcome is Outcome.REFUSED


def test_the_version_column_alone_stops_a_writer_who_did_not_look_again(session: Session) -> None:
    case = reviews.in_review()
    stale = case.application.version_id
    decide(case, GRANT)
    changed = update(Application).where(Application.id == case.application.id, Application.version_id == stale)
    found = db.session.execute(changed.values(goods="Otra cosa").returning(Application.id)).all()
    db.session.rollback()
    assert found == []
