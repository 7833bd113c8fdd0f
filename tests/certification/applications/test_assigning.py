from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.applications import assigning
from certification.applications.cases import seated, shortfalls
from certification.applications.models import Capacity, Evaluation
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties.models import Tie, Vetting
from certification.rules.errors import AlreadyExists, IllegalMove, InvalidInput, NotFound, TieBars
from certification.rules.guards import PanelRule
from certification.rules.workflow import ApplicationState
from tests import makers, reviews

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)


def accepted(key: str = "origen-local") -> reviews.Case:
    return reviews.sent(key, state=ApplicationState.ACCEPTED, accepted_at=reviews.SENT)


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id).where(AuditEntry.act.not_like("scheme%"))))


@pytest.mark.parametrize("who", ["owner", "decider"])
def test_the_desk_accepts_and_it_is_on_the_record(session: Session, who: str) -> None:
    case = reviews.sent()
    by = case.owner if who == "owner" else case.deciders[0]
    with unit_of_work():
        assigning.accept(case.application, by=by, at=NOW)
    assert (case.application.state, case.application.accepted_at) == (ApplicationState.ACCEPTED, NOW)
    assert acts() == ["application.accept"]


def test_accepting_twice_is_once(session: Session) -> None:
    case = reviews.sent()
    for _ in range(2):
        with unit_of_work():
            assigning.accept(case.application, by=case.owner, at=NOW)
    assert acts() == ["application.accept"]


@pytest.mark.parametrize("state", [ApplicationState.EVALUATING, ApplicationState.IN_REVIEW, ApplicationState.RETURNED])
def test_only_what_was_sent_is_accepted(session: Session, state: ApplicationState) -> None:
    case = reviews.sent(state=state)
    with pytest.raises(IllegalMove), unit_of_work():
        assigning.accept(case.application, by=case.owner, at=NOW)


def test_evaluators_and_strangers_do_not_accept(session: Session) -> None:
    case = reviews.sent()
    for person in (case.panel[0], makers.user(), case.applicant):
        with pytest.raises(NotFound), unit_of_work():
            assigning.accept(case.application, by=person, at=NOW)


def test_a_peer_is_seated_with_the_workshop_and_told(session: Session) -> None:
    case = accepted()
    with unit_of_work():
        seat = assigning.assign(
            case.application, case.panel[0], capacity=Capacity.PEER, workshop=case.workshops[0], by=case.owner, at=NOW
        )
    assert (seat.capacity, seat.workshop_id, seat.assigned_by_id, seat.no_tie_declared_at) == (
        Capacity.PEER,
        case.workshops[0].id,
        case.owner.id,
        None,
    )
    assert acts() == ["evaluation.assign"]
    assert db.session.execute(select(OutboxMessage.to, OutboxMessage.name)).all() == [(case.panel[0].email, "review-assigned")]


def test_a_peer_comes_only_from_a_workshop_of_their_own_and_never_from_the_applicants(session: Session) -> None:
    case = accepted()
    for place in (None, case.workshops[1], case.party):
        with pytest.raises(InvalidInput) as refusal, unit_of_work():
            assigning.assign(case.application, case.panel[0], capacity=Capacity.PEER, workshop=place, by=case.owner, at=NOW)
        assert refusal.value.code == "no_workshop"
    assert acts() == []


def test_whoever_makes_the_same_goods_is_no_outsider(session: Session) -> None:
    case = accepted()
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        assigning.assign(case.application, case.panel[0], capacity=Capacity.OUTSIDER, by=case.owner, at=NOW)
    assert refusal.value.code == "no_outsider"


def test_whoever_does_not_evaluate_for_the_scheme_gets_no_seat(session: Session) -> None:
    case, other = accepted(), makers.user()
    makers.role(other, Role.EVALUATOR, "comercio-justo-local")
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        assigning.assign(case.application, other, capacity=Capacity.OUTSIDER, by=case.owner, at=NOW)
    assert refusal.value.code == "no_evaluator"


def test_a_tied_person_gets_no_seat(session: Session) -> None:
    case = accepted()
    petra = case.panel[0]
    makers.save(Tie(user_id=petra.id, party_id=case.party.id, kind="declared_kin", declared_by_id=petra.id, declared_at=NOW))
    with pytest.raises(TieBars), unit_of_work():
        assigning.assign(case.application, petra, capacity=Capacity.PEER, workshop=case.workshops[0], by=case.owner, at=NOW)
    assert db.session.scalar(select(Evaluation)) is None


def test_a_peer_comes_from_a_workshop_that_somebody_vetted_and_an_unvetted_one_makes_no_outsider(session: Session) -> None:
    case = accepted()
    petra, telar = case.panel[0], case.workshops[0]
    with unit_of_work():
        telar.vetting, telar.vetted_at = Vetting.ASKED, None
    found = next(one for one in assigning.candidates(case.application, NOW) if one.user.id == petra.id)
    assert (found.workshops, found.may_be_outsider) == ((), False)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        assigning.assign(case.application, petra, capacity=Capacity.PEER, workshop=telar, by=case.owner, at=NOW)
    assert refused.value.code == "no_workshop"


def test_nobody_sits_twice(session: Session) -> None:
    case = reviews.assigned()
    with pytest.raises(AlreadyExists), unit_of_work():
        assigning.assign(
            case.application, case.panel[0], capacity=Capacity.PEER, workshop=case.workshops[0], by=case.owner, at=NOW
        )


def test_a_seat_is_freed_with_a_reason_and_may_be_given_again(session: Session) -> None:
    case = reviews.assigned()
    seat = case.seats[0]
    with pytest.raises(InvalidInput), unit_of_work():
        assigning.release(seat, reason="", by=case.owner, at=NOW)
    with unit_of_work():
        assigning.release(seat, reason="No contesta.", by=case.owner, at=NOW)
    assert [one.rule for one in shortfalls(case.application, seated(case.application), NOW)] == [PanelRule.MIN]
    with unit_of_work():
        assigning.assign(
            case.application, case.panel[0], capacity=Capacity.PEER, workshop=case.workshops[0], by=case.owner, at=NOW
        )
    assert (seat.recused_at, seat.no_tie_declared_at) == (None, None)  # asked again about ties
    assert acts() == ["evaluation.release", "evaluation.assign"]


def test_the_panel_says_what_it_lacks(session: Session) -> None:
    case = accepted("agroecologico-participativo")
    lacks = shortfalls(case.application, [], NOW)
    assert {(one.rule, one.needed, one.there) for one in lacks} == {
        (PanelRule.MIN, 3, 0),
        (PanelRule.PEERS, 2, 0),
        (PanelRule.OUTSIDERS, 1, 0),
        (PanelRule.WORKSHOPS, 2, 0),
    }


def test_candidates_say_why_not_and_where_they_could_come_from(session: Session) -> None:
    case = accepted("comercio-justo-local")
    kin = case.panel[0]
    makers.save(Tie(user_id=kin.id, party_id=case.party.id, kind="declared_kin", declared_by_id=kin.id, declared_at=NOW))
    found = {one.user.id: one for one in assigning.candidates(case.application, NOW)}
    assert isinstance(found[kin.id].bar, TieBars)
    assert found[kin.id].workshops == (case.workshops[0],)
    outsider = case.panel[-1]
    assert (found[outsider.id].bar, found[outsider.id].may_be_outsider, found[outsider.id].workshops) == (None, True, ())


def test_a_case_whose_panel_fell_short_is_evaluated_again_once_somebody_takes_the_seat(session: Session) -> None:
    case = reviews.in_review()
    fresh = makers.user("Nueva Par")
    makers.role(fresh, Role.EVALUATOR, "origen-local")
    place = makers.party("Otra parcela")
    makers.member(fresh, place)
    with pytest.raises(IllegalMove), unit_of_work():
        assigning.assign(case.application, fresh, capacity=Capacity.PEER, workshop=place, by=case.owner, at=NOW)
    assert not assigning.may_seat(case.application, NOW)
    with unit_of_work():
        case.seats[0].recused_at = NOW
    assert assigning.may_seat(case.application, NOW)
    before = case.application.state
    with unit_of_work():
        assigning.assign(case.application, fresh, capacity=Capacity.PEER, workshop=place, by=case.owner, at=NOW)
    assert (before, case.application.state) == (ApplicationState.IN_REVIEW, ApplicationState.EVALUATING)
    assert acts()[-2:] == ["application.reopen", "evaluation.assign"]
    assert fresh.id in [one.evaluator_id for one in seated(case.application)]


def test_where_peers_decide_no_producer_of_any_trade_sits_as_the_outsider(session: Session) -> None:
    case = accepted("agroecologico-participativo")
    potter, consumer = case.panel[0], case.panel[-1]
    with unit_of_work():
        case.workshops[0].branch = "alfareria"
    assert not assigning.may_be_outsider(potter, case.application)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        assigning.assign(case.application, potter, capacity=Capacity.OUTSIDER, by=case.owner, at=NOW)
    assert refused.value.code == "no_outsider"
    assert "no tiene taller ni parcela" in str(refused.value)
    assert assigning.may_be_outsider(consumer, case.application)


def test_where_a_committee_decides_a_producer_of_another_trade_may_be_the_outsider(session: Session) -> None:
    case = accepted()
    with unit_of_work():
        case.workshops[0].branch = "alfareria"
    assert assigning.may_be_outsider(case.panel[0], case.application)
