"""Filling in: who may, what is kept, and what a retry does."""

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.applications import drafts
from certification.applications.drafts import Description, Given
from certification.applications.models import Answer, Application, Evidence, Return
from certification.applications.subjects import EXTENSION, SubjectChoice, declare_subjects
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.parties.models import Mandate, MemberRole, Power
from certification.rules.criteria import SubjectKind
from certification.rules.errors import Conflict, IllegalMove, InvalidInput, NotFound
from certification.rules.workflow import ApplicationState, SchemeVersionState
from tests import makers
from tests.certification.applications.conftest import Case
from tests.conftest import NOW

LINE = SubjectKind.PRODUCT_LINE


def test_a_member_opens_a_draft_and_it_is_on_the_record(session: Session) -> None:
    rosa, workshop, version = makers.user(), makers.party(), makers.scheme_version()
    makers.member(rosa, workshop)
    with unit_of_work():
        made = drafts.start(workshop, version, subject_kind=LINE, by=rosa, at=NOW)
    assert (made.state, made.party_id, made.applicant_id, made.created_at) == (ApplicationState.DRAFT, workshop.id, rosa.id, NOW)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "application.start")).one()
    assert (entry.subject_id, entry.by_id, entry.on_behalf_of) == (made.public_id, rosa.id, None)
    assert entry.details == {"scheme": "origen-local/1.0"}


def test_a_promoter_with_a_mandate_acts_on_behalf_and_the_record_says_so(session: Session) -> None:
    promoter, workshop, version = makers.user("Tomás Cal"), makers.party(), makers.scheme_version()
    makers.role(promoter, Role.PROMOTER)
    makers.save(
        Mandate(
            giver_id=workshop.id,
            holder_user_id=promoter.id,
            power=Power.APPLY,
            how="de palabra",
            given_at=NOW,
            recorded_by_id=promoter.id,
        )
    )
    with unit_of_work():
        made = drafts.start(workshop, version, subject_kind=LINE, by=promoter, at=NOW)
        drafts.answer(made, "OL-1", Given(text="Aquí."), by=promoter, at=NOW)
    acts = session.execute(
        select(AuditEntry.act, AuditEntry.on_behalf_of).where(AuditEntry.subject_kind == "application").order_by(AuditEntry.id)
    )
    assert [tuple(row) for row in acts] == [
        ("application.start", workshop.public_id),
        ("application.answer", workshop.public_id),
    ]


@pytest.mark.parametrize("role", [MemberRole.READ, MemberRole.PAYMENTS, None])
def test_who_may_not_write_for_the_party_opens_nothing(session: Session, role: MemberRole | None) -> None:
    person, workshop, version = makers.user(), makers.party(), makers.scheme_version()
    if role:
        makers.member(person, workshop, role)
    with pytest.raises(NotFound), unit_of_work():
        drafts.start(workshop, version, subject_kind=LINE, by=person, at=NOW)
    assert session.scalar(select(func.count(Application.id))) == 0


def test_the_same_request_twice_opens_one_draft(session: Session) -> None:
    rosa, workshop, version = makers.user(), makers.party(), makers.scheme_version()
    makers.member(rosa, workshop)
    for _ in range(2):
        with unit_of_work():
            drafts.start(workshop, version, subject_kind=LINE, by=rosa, at=NOW, request_key="k")
    assert session.scalar(select(func.count(Application.id))) == 1


def test_the_same_key_for_another_party_is_refused(session: Session) -> None:
    rosa, one, other, version = makers.user(), makers.party(), makers.party("Otro taller"), makers.scheme_version()
    makers.member(rosa, one)
    makers.member(rosa, other)
    with unit_of_work():
        drafts.start(one, version, subject_kind=LINE, by=rosa, at=NOW, request_key="k")
    with pytest.raises(Conflict), unit_of_work():
        drafts.start(other, version, subject_kind=LINE, by=rosa, at=NOW, request_key="k")


@pytest.mark.parametrize("state", [SchemeVersionState.LAPSED, SchemeVersionState.SUPERSEDED, SchemeVersionState.WITHDRAWN])
def test_a_scheme_that_is_not_in_force_takes_no_applications(session: Session, state: SchemeVersionState) -> None:
    rosa, workshop, version = makers.user(), makers.party(), makers.scheme_version()
    makers.member(rosa, workshop)
    with unit_of_work():
        version.state = state
    with pytest.raises(IllegalMove) as refusal, unit_of_work():
        drafts.start(workshop, version, subject_kind=LINE, by=rosa, at=NOW)
    assert refusal.value.code == "scheme_closed"


def test_a_scheme_labels_only_its_own_kinds(session: Session) -> None:
    rosa, workshop, version = makers.user(), makers.party(), makers.scheme_version()
    makers.member(rosa, workshop)
    with pytest.raises(InvalidInput), unit_of_work():
        drafts.start(workshop, version, subject_kind=SubjectKind.FARM, by=rosa, at=NOW)


def test_goods_are_described(app: Flask, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(app.extensions, EXTENSION, raising=False)
    declare_subjects(app, lambda ids: [SubjectChoice("p1", "Rebozo")] if case.workshop.id in ids else [])
    try:
        with unit_of_work():
            drafts.describe(
                case.application,
                Description("Rebozos", "Telar de cintura", "Iniciales R.L.", ("Rosa", "Petra N."), ("p1",)),
                by=case.rosa,
                at=NOW,
            )
    finally:
        app.extensions.pop(EXTENSION)
    made = case.application
    assert (made.goods, made.techniques, made.marks) == ("Rebozos", "Telar de cintura", "Iniciales R.L.")
    assert (made.makers, made.subject_refs) == (["Rosa", "Petra N."], ["p1"])


def test_goods_of_others_cannot_enter_the_scope(case: Case) -> None:
    with pytest.raises(InvalidInput) as refusal, unit_of_work():
        drafts.describe(case.application, Description("Rebozos", subject_refs=("de-otro",)), by=case.rosa, at=NOW)
    assert refusal.value.field == "subject_refs"
    assert case.application.goods == "Rebozos de algodón"


def test_nobody_answers_twice_where_subjects_come_from(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, EXTENSION, lambda _ids: [])
    with pytest.raises(ValueError, match="already"):
        declare_subjects(app, lambda _ids: [])


def test_an_answer_keeps_words_for_each_ask_and_writes_them_over_while_a_draft(session: Session, case: Case) -> None:
    for words in ("Xochiapan", "Santa María Xochiapan"):
        with unit_of_work():
            drafts.answer(case.application, "OL-1", Given(text="Todo aquí.", words={0: words}), by=case.rosa, at=NOW)
    shown = session.scalars(select(Evidence)).all()
    assert [(one.criterion, one.ask, one.kind, one.text, one.dated_on.isoformat()) for one in shown] == [
        ("OL-1", 0, "place", "Santa María Xochiapan", "2026-11-21")
    ]
    assert [(one.text, one.applies) for one in session.scalars(select(Answer))] == [("Todo aquí.", True)]


def test_empty_words_take_back(case: Case) -> None:
    for words in ("Xochiapan", ""):
        with unit_of_work():
            drafts.answer(case.application, "OL-1", Given(words={0: words}), by=case.rosa, at=NOW)
    assert drafts.written(case.application, "OL-1", 0) is None


def test_words_already_sent_stay_on_file_beside_the_new_ones(session: Session, case: Case) -> None:
    with unit_of_work():
        drafts.answer(case.application, "OL-1", Given(words={0: "Xochiapan"}), by=case.rosa, at=makers.THEN)
    makers.save(
        Return(
            application_id=case.application.id,
            reason_code="EVIDENCE_INCOMPLETE",
            request="¿Qué barrio?",
            by_id=case.rosa.id,
            at=NOW,
        )
    )
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.RETURNED, makers.THEN
        drafts.answer(case.application, "OL-1", Given(words={0: "Xochiapan, barrio de abajo"}), by=case.rosa, at=NOW)
    rows = session.execute(select(Evidence.text, Evidence.removed_at).order_by(Evidence.id))
    assert [tuple(row) for row in rows] == [("Xochiapan", NOW), ("Xochiapan, barrio de abajo", None)]


def test_a_visit_may_be_wished_where_it_is_an_alternative(session: Session, case: Case) -> None:
    for wish, count in ((True, 1), (True, 1), (False, 0)):
        with unit_of_work():
            drafts.answer(case.application, "OL-1", Given(visits={4: wish}), by=case.rosa, at=NOW)
        assert (
            session.scalar(select(func.count(Evidence.id)).where(Evidence.kind == "visit", Evidence.removed_at.is_(None)))
            == count
        )


def test_only_a_criterion_with_a_condition_may_not_apply(session: Session, case: Case) -> None:
    farm = makers.application(case.rosa, case.workshop, key="agroecologico-participativo")
    with unit_of_work():
        drafts.answer(case.application, "OL-1", Given(applies=False), by=case.rosa, at=NOW)
        drafts.answer(farm, "AG-9", Given(applies=False), by=case.rosa, at=NOW)
    assert [one.applies for one in case.application.answers] == [True]
    assert [one.applies for one in farm.answers] == [False]


def test_an_unknown_criterion_is_not_found(case: Case) -> None:
    with pytest.raises(NotFound), unit_of_work():
        drafts.answer(case.application, "OL-99", Given(), by=case.rosa, at=NOW)


@pytest.mark.parametrize(
    "state",
    [
        ApplicationState.SUBMITTED,
        ApplicationState.ACCEPTED,
        ApplicationState.EVALUATING,
        ApplicationState.IN_REVIEW,
        ApplicationState.LAPSED,
    ],
)
def test_what_was_sent_cannot_be_changed(case: Case, state: ApplicationState) -> None:
    with unit_of_work():
        case.application.state, case.application.submitted_at = state, NOW
    with pytest.raises(IllegalMove), unit_of_work():
        drafts.answer(case.application, "OL-1", Given(text="otra cosa"), by=case.rosa, at=NOW)
    with pytest.raises(IllegalMove), unit_of_work():
        drafts.describe(case.application, Description("otra cosa"), by=case.rosa, at=NOW)


def test_a_stranger_changes_nothing(case: Case) -> None:
    stranger = makers.user()
    makers.member(stranger, makers.party("Otro taller"))
    with pytest.raises(NotFound), unit_of_work():
        drafts.answer(case.application, "OL-1", Given(text="x"), by=stranger, at=NOW)


def test_typing_in_ones_own_draft_leaves_no_row_for_every_pause(session: Session, case: Case) -> None:
    with unit_of_work():
        drafts.answer(case.application, "OL-1", Given(text="a"), by=case.rosa, at=NOW)
    assert session.scalar(select(func.count(AuditEntry.id)).where(AuditEntry.act == "application.answer")) == 0
