from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.applications.models import Capacity, Evaluation
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties.models import Mandate, PartyKind, Power, Tie
from certification.registry.acts import Why, restore, supersede, surrender, suspend, withdraw
from certification.registry.models import Certificate, RecordedAct
from certification.registry.weighing import standing
from certification.rules.canonical import digest
from certification.rules.errors import (
    Conflict,
    EvaluatorDecides,
    Forbidden,
    IllegalMove,
    InvalidInput,
    SuspensionTooLong,
    TieBars,
)
from certification.rules.verdict import PublicState
from certification.rules.workflow import CertificateAct
from tests import makers

LAPSED = Why("USE_OUTSIDE_SCOPE", "Se usó en piezas que no cubre.")
PLACE = Why("CRITICAL_NOT_MET", "Parte de las piezas se hacía en otro lugar.", "OL-1")
WISH = Why("HOLDER_REQUEST", "")
UNTIL = date(2027, 1, 31)


def case(session: Session) -> tuple[Certificate, User]:
    decider = makers.user("Celia Decide")
    return makers.certified(decider), decider


def done(act: Callable[[], object]) -> None:
    with unit_of_work():
        act()


def test_a_pause_is_public_with_reason_deadline_and_mail(session: Session, at: datetime) -> None:
    made, decider = case(session)
    done(lambda: suspend(made, PLACE, until=UNTIL, by=decider, at=at))
    assert standing(made, at).state is PublicState.SUSPENDED
    assert made.suspension_until == datetime(2027, 2, 1, 6, tzinfo=UTC)
    act = db.session.scalars(select(RecordedAct).order_by(RecordedAct.id.desc())).first()
    assert act is not None
    assert (act.kind, act.reason_code, act.criterion) == (CertificateAct.SUSPENDED, "CRITICAL_NOT_MET", "OL-1")
    assert act.appeal_until == datetime(2026, 12, 22, 6, tzinfo=UTC)  # thirty days, through the end of the last
    assert made.page["why"]["criterion_title"]["es"] == "Se hace en el lugar que dice"
    assert [one["kind"] for one in made.page["history"]] == ["granted", "suspended"]
    mails = list(db.session.scalars(select(OutboxMessage.name).order_by(OutboxMessage.id)))
    assert mails == ["certificate-granted", "certificate-suspended"]
    text = db.session.scalars(select(OutboxMessage.text).where(OutboxMessage.name == "certificate-suspended")).one()
    assert ("hasta el 31 ene 2027." in text, "feb 2027" in text) == (True, False)  # its last day, as every page says it
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "certificate.suspend")).one()
    told = {"reason_code": "CRITICAL_NOT_MET", "criterion": "OL-1", "told": digest(act.details)}
    assert (entry.by_id, entry.details) == (decider.id, told)


def test_who_acts_for_a_holder_that_never_signs_in_is_told(session: Session, at: datetime) -> None:
    made, decider = case(session)
    promoter, boss = makers.user("Promotora"), makers.user("Jefa")
    makers.role(promoter, Role.PROMOTER)
    cooperative = makers.party("Cooperativa", kind=PartyKind.COOPERATIVE)
    makers.member(boss, cooperative)
    for holder in ({"holder_user_id": promoter.id}, {"holder_party_id": cooperative.id}):
        makers.save(Mandate(giver_id=made.holder_id, power=Power.APPLY, how="x", given_at=at, recorded_by_id=boss.id, **holder))
    done(lambda: suspend(made, PLACE, until=UNTIL, by=decider, at=at))
    told = set(db.session.scalars(select(OutboxMessage.to).where(OutboxMessage.name == "certificate-suspended")))
    assert {promoter.email, boss.email} < told


def test_restoring_clears_the_pause_and_its_reason(session: Session, at: datetime) -> None:
    made, decider = case(session)
    done(lambda: suspend(made, PLACE, until=UNTIL, by=decider, at=at))
    done(lambda: restore(made, by=decider, at=at + timedelta(days=3)))
    assert standing(made, at + timedelta(days=3)).state is PublicState.VALID
    assert (made.page["why"], [one["kind"] for one in made.page["history"]]) == (None, ["granted", "suspended", "restored"])


def test_six_months_and_not_a_day_more(session: Session, at: datetime) -> None:
    made, decider = case(session)
    with pytest.raises(SuspensionTooLong), unit_of_work():
        suspend(made, PLACE, until=date(2027, 5, 22), by=decider, at=at)
    done(lambda: suspend(made, PLACE, until=date(2027, 5, 21), by=decider, at=at))
    assert made.suspension_until == datetime(2027, 5, 22, 6, tzinfo=UTC)


def test_a_pause_cannot_end_before_it_begins(session: Session, at: datetime) -> None:
    made, decider = case(session)
    with pytest.raises(InvalidInput, match="Ese día ya pasó"), unit_of_work():
        suspend(made, PLACE, until=date(2026, 11, 20), by=decider, at=at)


@pytest.mark.parametrize(
    ("why", "code"),
    [
        (Why("POINTS_NOT_REACHED", "x", "OL-1"), "reason_unknown"),
        (Why("", "x"), "reason_unknown"),
        (Why("CRITICAL_NOT_MET", "x"), "criterion_missing"),
        (Why("CRITICAL_NOT_MET", "x", "OL-99"), "criterion_missing"),
        (Why("USE_OUTSIDE_SCOPE", "  "), "summary_missing"),
    ],
)
def test_a_reason_is_of_the_list_with_its_criterion_and_words(session: Session, at: datetime, why: Why, code: str) -> None:
    made, decider = case(session)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        withdraw(made, why, by=decider, at=at)
    assert refused.value.code == code
    assert standing(made, at).state is PublicState.VALID


def test_withdrawn_never_returns(session: Session, at: datetime) -> None:
    made, decider = case(session)
    done(lambda: withdraw(made, LAPSED, by=decider, at=at))
    assert standing(made, at).state is PublicState.WITHDRAWN
    for act in (
        lambda: restore(made, by=decider, at=at),
        lambda: withdraw(made, LAPSED, by=decider, at=at),
        lambda: suspend(made, LAPSED, until=UNTIL, by=decider, at=at),
    ):
        with pytest.raises(IllegalMove):
            done(act)


def test_the_holder_may_give_a_label_back_and_nobody_else_may(session: Session, at: datetime) -> None:
    made, decider = case(session)
    weaver = makers.user()
    makers.member(weaver, made.holder)
    with pytest.raises(Forbidden), unit_of_work():
        surrender(made, WISH, by=decider, at=at)
    done(lambda: surrender(made, WISH, by=weaver, at=at))
    assert standing(made, at).state is PublicState.SURRENDERED
    with pytest.raises(IllegalMove), unit_of_work():
        restore(made, by=decider, at=at)


def test_giving_it_back_saves_nobody_from_having_it_withdrawn(session: Session, at: datetime) -> None:
    made, decider = case(session)
    weaver = makers.user()
    makers.member(weaver, made.holder)
    done(lambda: surrender(made, WISH, by=weaver, at=at))
    done(lambda: withdraw(made, LAPSED, by=decider, at=at + timedelta(days=1)))
    assert standing(made, at + timedelta(days=1)).state is PublicState.WITHDRAWN


def test_a_successor_is_the_same_holders(session: Session, at: datetime) -> None:
    made, decider = case(session)
    newer, stranger = makers.certificate(made.holder), makers.certificate(makers.party("Otro taller"))
    with pytest.raises(Conflict), unit_of_work():
        supersede(made, stranger, by=decider, at=at)
    done(lambda: supersede(made, newer, by=decider, at=at))
    assert (standing(made, at).state, standing(made, at).successor) == (PublicState.SUPERSEDED, newer.code)


def test_owners_operators_holders_and_strangers_take_nothing_away(session: Session, at: datetime) -> None:
    made, _ = case(session)
    key = made.scheme_version.scheme.key
    owner, operator, other, weaver = (makers.user() for _ in range(4))
    makers.role(owner, Role.SCHEME_OWNER, key)
    makers.role(operator, Role.OPERATOR)
    makers.role(other, Role.DECIDER, "comercio-justo-local")
    makers.member(weaver, made.holder)
    for person in (owner, operator, other, weaver):
        with pytest.raises(Forbidden), unit_of_work():
            suspend(made, PLACE, until=UNTIL, by=person, at=at)
        with pytest.raises(Forbidden), unit_of_work():
            withdraw(made, PLACE, by=person, at=at)
    assert standing(made, at).state is PublicState.VALID


def test_a_committee_member_who_runs_the_site_decides_nothing(session: Session, at: datetime) -> None:
    made, decider = case(session)
    makers.role(decider, Role.OPERATOR)
    with pytest.raises(Forbidden) as refused, unit_of_work():
        withdraw(made, LAPSED, by=decider, at=at)
    assert refused.value.code == "operator_decides"


def test_a_tie_to_the_holder_bars(session: Session, at: datetime) -> None:
    made, decider = case(session)
    makers.save(Tie(user_id=decider.id, party_id=made.holder_id, kind="declared_kin", declared_by_id=decider.id, declared_at=at))
    with pytest.raises(TieBars), unit_of_work():
        suspend(made, PLACE, until=UNTIL, by=decider, at=at)


def test_who_evaluated_the_case_does_not_take_it_away(session: Session, at: datetime) -> None:
    made, decider = case(session)
    makers.save(
        Evaluation(
            application_id=made.application_id, evaluator_id=decider.id, capacity=Capacity.PEER, assigned_at=at, submitted_at=at, recommendation="granted", summary="x", no_tie_declared_at=at
        )
    )  # fmt: skip
    with pytest.raises(EvaluatorDecides), unit_of_work():
        withdraw(made, LAPSED, by=decider, at=at)


def test_what_was_recorded_cannot_be_changed_or_removed(session: Session, at: datetime) -> None:
    made, decider = case(session)
    done(lambda: withdraw(made, LAPSED, by=decider, at=at))
    for table in ("certificate_acts", "certificate_versions"):
        for verb in ("DELETE FROM {}", "UPDATE {} SET certificate_id = certificate_id"):
            with pytest.raises(Exception, match="only ever added"):
                db.session.connection().exec_driver_sql(verb.format(table))
            db.session.rollback()
