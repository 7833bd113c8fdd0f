"""Sending, sending again, taking back, and closing what nobody answered."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.applications import sending
from certification.applications.models import Application, Capacity, Evaluation, Return
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties import founding
from certification.parties.founding import PartyValues
from certification.parties.models import PartyKind, Vetting
from certification.parties.places.places import Place
from certification.rules.errors import EvidenceMissing, IllegalMove, InvalidInput, NotFound
from certification.rules.workflow import ApplicationState, Outcome, SchemeVersionState
from tests import makers, reviews
from tests.certification.applications.conftest import Case
from tests.conftest import NOW


def mails(session: Session) -> list[tuple[str, str]]:
    return [
        (row.to, row.name) for row in session.execute(select(OutboxMessage.to, OutboxMessage.name).order_by(OutboxMessage.id))
    ]


def submit(case: Case, *, pledged: bool = True, at: datetime = NOW) -> None:
    with unit_of_work():
        sending.submit(case.application, pledged=pledged, by=case.rosa, at=at)


def returned(case: Case, until: date | None = date(2026, 11, 30)) -> Return:
    row = Return(
        application_id=case.application.id,
        reason_code="EVIDENCE_INCOMPLETE",
        criterion="OL-3",
        request="Otra foto",
        by_id=case.rosa.id,
        at=NOW,
    )
    makers.save(row)
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.RETURNED, makers.THEN
        case.application.answer_until = until
    return row


def test_a_complete_application_is_sent_recorded_and_announced(session: Session, case: Case) -> None:
    makers.complete(case.application)
    decider, owner, silent = makers.user("Inés Roca"), makers.user("Abel Ceiba"), makers.user(email=None, handle="sin-correo")
    for person, role in ((decider, Role.DECIDER), (owner, Role.SCHEME_OWNER), (owner, Role.DECIDER), (silent, Role.DECIDER)):
        makers.role(person, role, "origen-local")
    makers.role(makers.user("Otra"), Role.DECIDER, "comercio-justo-local")
    submit(case)
    assert (case.application.state, case.application.submitted_at) == (ApplicationState.SUBMITTED, NOW)
    assert mails(session) == [
        (case.rosa.email, "application-submitted"),
        (decider.email, "application-arrived"),
        (owner.email, "application-arrived"),
    ]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "application.submit")).one()
    assert (entry.by_id, entry.details) == (case.rosa.id, {"again": False, "pledged": True})


def test_mails_are_in_the_reader_s_language_and_carry_no_evidence(session: Session, case: Case) -> None:
    makers.complete(case.application)
    submit(case)
    text = session.scalars(select(OutboxMessage)).one().text
    assert f"http://localhost/apply/{case.application.public_id}" in text
    assert "Sello de Origen Local" in text
    assert "Lo decimos así" not in text


def test_sending_twice_has_one_effect(session: Session, case: Case) -> None:
    makers.complete(case.application)
    submit(case)
    submit(case, at=NOW + timedelta(minutes=1))
    assert case.application.submitted_at == NOW
    assert len(mails(session)) == 1
    assert session.scalar(select(func.count(AuditEntry.id)).where(AuditEntry.act == "application.submit")) == 1


def test_what_is_missing_blocks_sending(session: Session, case: Case) -> None:
    with pytest.raises(EvidenceMissing) as refusal:
        submit(case)
    assert refusal.value.params["count"] == 19
    assert case.application.state is ApplicationState.DRAFT
    assert mails(session) == []


def test_without_the_pledge_nothing_is_sent(session: Session, case: Case) -> None:
    makers.complete(case.application)
    with pytest.raises(InvalidInput) as refusal:
        submit(case, pledged=False)
    assert refusal.value.field == "pledge"
    assert mails(session) == []


def test_a_draft_under_older_rules_is_not_sent(case: Case) -> None:
    makers.complete(case.application)
    with unit_of_work():
        case.application.scheme_version.state = SchemeVersionState.SUPERSEDED
    with pytest.raises(IllegalMove) as refusal:
        submit(case)
    assert refusal.value.code == "scheme_closed"


def test_a_returned_one_goes_on_under_its_own_rules_and_keeps_its_place(session: Session, case: Case) -> None:
    makers.complete(case.application)
    row = returned(case)
    with unit_of_work():
        case.application.scheme_version.state = SchemeVersionState.SUPERSEDED
    submit(case)
    assert (case.application.state, case.application.submitted_at) == (ApplicationState.SUBMITTED, makers.THEN)
    assert (row.answered_at, case.application.answer_until) == (NOW, None)


def test_a_returned_one_is_not_sent_once_the_scheme_has_ended(case: Case) -> None:
    makers.complete(case.application)
    returned(case)
    with unit_of_work():
        case.application.scheme_version.mark_ends_on = date(2026, 11, 20)
    with pytest.raises(IllegalMove) as refusal:
        submit(case)
    assert refusal.value.code == "scheme_lapsed"


@pytest.mark.parametrize("state", [ApplicationState.ACCEPTED, ApplicationState.LAPSED, ApplicationState.WITHDRAWN_BY_APPLICANT])
def test_it_is_sent_from_no_other_state(case: Case, state: ApplicationState) -> None:
    makers.complete(case.application)
    with unit_of_work():
        case.application.state, case.application.submitted_at = state, NOW
    with pytest.raises(IllegalMove):
        submit(case)


def test_a_stranger_neither_sends_nor_takes_back(case: Case) -> None:
    makers.complete(case.application)
    stranger = makers.user()
    with pytest.raises(NotFound), unit_of_work():
        sending.submit(case.application, pledged=True, by=stranger, at=NOW)
    with pytest.raises(NotFound), unit_of_work():
        sending.withdraw(case.application, reason="x", by=stranger, at=NOW)


def test_a_draft_is_dropped_without_a_reason_and_tells_nobody(session: Session, case: Case) -> None:
    with unit_of_work():
        sending.withdraw(case.application, reason="", by=case.rosa, at=NOW)
    assert case.application.state is ApplicationState.WITHDRAWN_BY_APPLICANT
    assert mails(session) == []


def test_taking_back_what_was_sent_wants_a_reason(case: Case) -> None:
    makers.complete(case.application)
    submit(case)
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        sending.withdraw(case.application, reason="", by=case.rosa, at=NOW)
    assert refusal.value.field == "reason"
    assert case.application.state is ApplicationState.SUBMITTED


def test_taking_back_tells_the_desk_and_who_evaluates_once(session: Session, case: Case) -> None:
    decider, evaluator, aside = makers.user("Inés Roca"), makers.user("Luis Mata"), makers.user("Eva Ríos")
    makers.role(decider, Role.DECIDER, "origen-local")
    for person, recused in ((evaluator, None), (aside, NOW)):
        makers.save(
            Evaluation(
                application_id=case.application.id,
                evaluator_id=person.id,
                capacity=Capacity.PEER,
                assigned_at=NOW,
                recused_at=recused,
            )
        )
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.EVALUATING, NOW
    for _ in range(2):
        with unit_of_work():
            sending.withdraw(case.application, reason="Cerramos el taller.", by=case.rosa, at=NOW)
    assert mails(session) == [
        (case.rosa.email, "application-withdrawn"),
        (decider.email, "application-taken-back"),
        (evaluator.email, "application-taken-back"),
    ]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "application.withdraw")).one()
    assert entry.details == {"reason": "Cerramos el taller."}


def test_what_is_decided_cannot_be_taken_back(case: Case) -> None:
    with unit_of_work():
        decided = {
            "state": ApplicationState.DECIDED,
            "submitted_at": NOW,
            "outcome": Outcome.GRANTED,
            "decided_at": NOW,
            "decided_by_id": case.rosa.id,
        }
        for name, value in decided.items():
            setattr(case.application, name, value)
    with pytest.raises(IllegalMove), unit_of_work():
        sending.withdraw(case.application, reason="x", by=case.rosa, at=NOW)


def test_a_returned_one_closes_when_its_last_day_is_over_in_mexico(session: Session, case: Case) -> None:
    returned(case, until=date(2026, 11, 30))
    last = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    with unit_of_work():
        assert sending.lapse_overdue(last - timedelta(seconds=1)) == 0
    with unit_of_work():
        assert sending.lapse_overdue(last) == 1
    with unit_of_work():
        assert sending.lapse_overdue(last + timedelta(days=1)) == 0
    assert case.application.state is ApplicationState.LAPSED
    assert mails(session) == [(case.rosa.email, "application-lapsed")]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "application.lapse")).one()
    assert (entry.by_id, entry.details) == (None, {"answer_until": "2026-11-30"})


def test_only_returned_ones_close(session: Session, case: Case) -> None:
    makers.application(
        case.rosa, case.workshop, state=ApplicationState.SUBMITTED, submitted_at=NOW, answer_until=date(2026, 1, 1)
    )
    returned(case, until=None)
    with unit_of_work():
        assert sending.lapse_overdue(NOW) == 0
    assert session.scalar(select(func.count(Application.id)).where(Application.state == ApplicationState.LAPSED)) == 0


@pytest.mark.parametrize("state", list(ApplicationState))
def test_who_is_being_looked_at_keeps_name_kind_and_place_until_the_decision(session: Session, state: ApplicationState) -> None:
    case = reviews.sent()
    with unit_of_work() as writing:
        decided = {"outcome": "granted", "decided_at": NOW, "decided_by_id": case.deciders[0].id}
        values = {"state": state} | (decided if state is ApplicationState.DECIDED else {})
        writing.execute(update(Application).values(**values))
    session.expire_all()
    said = PartyValues(PartyKind.COOPERATIVE, "Otra", "textiles", Place("20", "20546", "Teotitlán del Valle"))
    free = ("draft", "decided", "withdrawn_by_applicant", "lapsed")
    if state.value in free:
        with unit_of_work():
            founding.change(case.party, said, by=case.applicant, at=NOW, warned=True)
        assert (case.party.name, case.party.vetting) == ("Otra", Vetting.ASKED)
        return
    with pytest.raises(IllegalMove) as refused, unit_of_work():
        founding.change(case.party, said, by=case.applicant, at=NOW, warned=True)
    assert (refused.value.code, refused.value.field) == ("application_under_way", "name")
    session.expire_all()
    assert (case.party.name, case.party.kind, case.party.vetting) == ("Taller Hilo de Luna", PartyKind.WORKSHOP, Vetting.VETTED)
    with unit_of_work():  # what is no part of it may change
        founding.change(
            case.party, replace(said, kind=case.party.kind, name=case.party.name, place=HERE), by=case.applicant, at=NOW
        )
    assert (case.party.locality, case.party.vetting) == ("El Llano", Vetting.VETTED)


HERE = Place("20", "20067", "Oaxaca de Juárez", "El Llano")
