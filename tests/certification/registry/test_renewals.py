from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications import sending
from certification.applications.models import Answer, Application, Decision
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.log.fsck import check as check_log
from certification.log.reading import of_certificate
from certification.registry import renewals, succession
from certification.registry.acts import Why, suspend, withdraw
from certification.registry.histories import facts_at, verdict_at
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion
from certification.registry.records import is_sound
from certification.registry.renewals import ask, foresee, renew, ways
from certification.registry.scope import granted_at, hooked, unhook
from certification.registry.status import bit_of
from certification.registry.weighing import standing
from certification.rules.canonical import digest
from certification.rules.errors import AlreadyDecided, Conflict, DomainError, Forbidden, IllegalMove
from certification.rules.leaves import LogAct
from certification.rules.replay import facts_as_of, term_of
from certification.rules.verdict import PublicState
from certification.rules.workflow import ApplicationState, RenewalCause
from tests import makers

P = PublicState
WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")
DAY = timedelta(days=1)
END = datetime(2028, 1, 3, 6, tzinfo=UTC)  # the grant of 2 January 2026 runs through 2 January 2028
WINDOW = datetime(2027, 9, 4, 6, tzinfo=UTC)  # 120 days before the last day
IN_TIME = datetime(2027, 11, 15, 18, tzinfo=UTC)
RENEWAL, SCOPE = RenewalCause.RENEWAL, RenewalCause.SCOPE


def asked(made: Certificate, holder: User, cause: RenewalCause = RENEWAL, *, at: datetime = IN_TIME) -> Application:
    with unit_of_work():
        return ask(made, cause, by=holder, at=at)


def test_a_renewal_makes_the_next_version_under_the_same_code(session: Session, made: Certificate, decider: User) -> None:
    code, first = made.code, made.versions[0]
    makers.renewed(made, decider, at=IN_TIME, goods="Rebozos y chales", subject_refs=["prod2", "prod3"])
    assert (made.code, [one.number for one in made.versions]) == (code, [1, 2])
    second = made.versions[1]
    said = second.statement
    assert (said["certificate"], said["validity"]["from"], said["validity"]["until"]) == (
        {"code": code, "version": 2},
        "2027-11-15",
        "2030-01-02",
    )
    assert (said["subject"]["goods"], said["subject"]["refs"]) == (["Rebozos y chales"], ["prod2", "prod3"])
    assert (made.valid_from, made.valid_until) == (makers.THEN.replace(hour=6), datetime(2030, 1, 3, 6, tzinfo=UTC))
    assert (made.surveillance_due, made.goods) == (datetime(2028, 11, 16, 6, tzinfo=UTC), "Rebozos y chales")
    assert made.case is second.application
    assert first.application is made.application
    refs = select(CertificateSubject.subject_ref).where(CertificateSubject.certificate_id == made.id)
    assert sorted(db.session.scalars(refs)) == ["prod2", "prod3"]
    assert is_sound(made, IN_TIME)


def test_it_is_told_in_log_record_page_and_mail(session: Session, made: Certificate, holder: User, decider: User) -> None:
    makers.renewed(made, decider, at=IN_TIME)
    act, leaf = made.acts[-1], of_certificate(made.code)[-1].act
    assert (act.details["cause"], act.details["version"]) == ("renewal", 2)
    assert act.details["term"]["valid_from"] == "2027-11-15T06:00:00+00:00"
    credential = made.versions[1].credential
    assert credential is not None
    assert (leaf.act, leaf.certificate and leaf.certificate.version, leaf.credential) == (
        LogAct.RENEWED,
        2,
        digest(credential.document),
    )
    assert [(one["kind"], one.get("cause")) for one in made.page["history"]] == [("granted", None), ("renewed", "renewal")]
    assert made.page["proof"]["number"] == 2
    mail = db.session.scalars(select(OutboxMessage).where(OutboxMessage.name == "certificate-renewed")).all()
    assert {one.to for one in mail} >= {holder.email}
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "certificate.renew")).one()
    assert (entry.details["cause"], entry.details["version"]) == ("renewal", 2)


def test_an_earlier_version_is_over_and_the_newest_holds(session: Session, made: Certificate, decider: User) -> None:
    makers.renewed(made, decider, at=IN_TIME)
    assert [bit_of(one, "revocation", IN_TIME) for one in made.versions] == [True, False]


@pytest.mark.parametrize(
    ("at", "sent_at", "begins", "until"),
    [
        (END - DAY, IN_TIME, makers.THEN.replace(hour=6), "2030-01-02"),
        (END + timedelta(hours=1), IN_TIME, makers.THEN.replace(hour=6), "2030-01-03"),
        (END + 10 * DAY, IN_TIME, datetime(2028, 1, 13, 6, tzinfo=UTC), "2030-01-13"),
    ],
)
def test_a_term_counts_from_the_end_of_the_old_one_or_from_the_decision_after_it(
    session: Session, made: Certificate, decider: User, at: datetime, sent_at: datetime, begins: datetime, until: str
) -> None:
    makers.visited(made, decider, at=datetime(2027, 1, 5, 18, tzinfo=UTC))
    makers.renewed(made, decider, at=at, submitted_at=sent_at)
    assert (made.valid_from, made.versions[-1].statement["validity"]["until"]) == (begins, until)
    assert standing(made, at).state is P.VALID
    assert verdict_at(made, at - timedelta(seconds=1)).state is (P.VALID if at < END else P.EXPIRED)


def test_a_change_of_scope_keeps_end_and_visit(session: Session, made: Certificate, decider: User) -> None:
    before = made.valid_from, made.valid_until, made.surveillance_due, made.grace_ends
    makers.renewed(made, decider, at=datetime(2026, 6, 1, 18, tzinfo=UTC), cause="scope", goods="Tapetes")
    assert (made.valid_from, made.valid_until, made.surveillance_due, made.grace_ends) == before
    assert (made.goods, made.versions[1].statement["validity"]["until"]) == ("Tapetes", "2028-01-02")
    assert made.page["history"][-1]["cause"] == "scope"


def test_a_pause_stays_with_its_reason(session: Session, made: Certificate, decider: User) -> None:
    at = datetime(2027, 10, 1, 18, tzinfo=UTC)
    with unit_of_work():
        suspend(made, WHY, until=date(2028, 2, 1), by=decider, at=at)
    makers.renewed(made, decider, at=IN_TIME)
    assert (standing(made, IN_TIME).state, made.page["why"]["summary"]) == (P.SUSPENDED, WHY.public_summary)


def test_goods_that_changed_before_it_was_sent_were_looked_at(session: Session, made: Certificate, decider: User) -> None:
    for ref, days in (("prod1", 9), ("prod2", 1)):
        with unit_of_work():
            unhook([ref], by=decider, at=IN_TIME - days * DAY, why="Cambió.")
    makers.renewed(made, decider, at=IN_TIME, submitted_at=IN_TIME - 5 * DAY)
    rows = select(CertificateSubject.subject_ref, CertificateSubject.unhooked_at)
    assert dict(db.session.execute(rows).all()) == {"prod1": None, "prod2": IN_TIME - DAY}


def test_goods_that_changed_after_the_end_while_it_was_decided_still_wait(
    session: Session, made: Certificate, holder: User, decider: User
) -> None:
    with unit_of_work():
        assert unhook(["prod1"], by=decider, at=END + DAY, why="Cambió.") == []  # nothing can bring the label back
    draft = asked(made, holder)
    with unit_of_work():
        draft.state, draft.submitted_at = ApplicationState.SUBMITTED, IN_TIME
    assert hooked("prod2", END + DAY) == [made.code]
    with unit_of_work():
        unhook(["prod2"], by=decider, at=END + DAY, why="Cambió.")
    makers.renewed(made, decider, at=END + 5 * DAY, submitted_at=IN_TIME)
    rows = select(CertificateSubject.subject_ref, CertificateSubject.unhooked_at)
    assert dict(db.session.execute(rows).all()) == {"prod1": None, "prod2": END + DAY}


def test_asking_opens_a_draft_filled_with_what_stands(session: Session, made: Certificate, holder: User) -> None:
    makers.save(Answer(application_id=made.application_id, criterion="OL-1", text="Aquí mismo.", saved_at=makers.THEN))
    found = asked(made, holder)
    assert (found.renews, found.cause, found.stage, found.goods) == (made.code, RENEWAL, "renewal", made.goods)
    assert (found.makers, found.techniques, found.marks) == (["Martina Luna"], "Telar de cintura", made.page["marks"])
    assert [(one.criterion, one.text) for one in found.answers] == [("OL-1", "Aquí mismo.")]
    assert asked(made, holder).id == found.id
    assert db.session.scalar(select(func.count()).select_from(Application)) == 2
    with pytest.raises(Conflict):
        asked(made, holder, SCOPE)


def test_a_name_that_was_taken_away_is_not_asked_for_again(session: Session, made: Certificate, holder: User) -> None:
    with unit_of_work():
        made.page = made.page | {"makers": []}
    assert asked(made, holder).makers == []


@pytest.mark.parametrize(
    ("at", "cause", "code"),
    [
        (WINDOW - timedelta(seconds=1), RENEWAL, "too_early"),
        (WINDOW, RENEWAL, None),
        (END - timedelta(seconds=1), RENEWAL, None),
        (END, RENEWAL, "term_over"),
        (makers.THEN + 30 * DAY, SCOPE, None),
        (END, SCOPE, "term_over"),
    ],
)
def test_when_it_may_be_asked(
    session: Session, made: Certificate, holder: User, at: datetime, cause: RenewalCause, code: str | None
) -> None:
    found = ways(made, at)
    assert (found is not None and (found.may_renew if cause is RENEWAL else found.may_change)) is (code is None)
    if code is None:
        assert asked(made, holder, cause, at=at).cause is cause
        return
    with pytest.raises(IllegalMove) as refused:
        asked(made, holder, cause, at=at)
    assert refused.value.code == code


def test_a_lost_label_is_not_renewed(session: Session, made: Certificate, holder: User, decider: User) -> None:
    decision = makers.granted(decider, at=IN_TIME, of=made.holder, renews=made.code, cause=RENEWAL)
    with unit_of_work():
        withdraw(made, WHY, by=decider, at=IN_TIME - DAY)
    with pytest.raises(IllegalMove):
        asked(made, holder)
    with pytest.raises(IllegalMove), unit_of_work():
        renew(decision.application, decision, by=decider, at=IN_TIME)
    assert (len(made.versions), ways(made, IN_TIME)) == (1, None)


def test_what_was_sent_too_late_is_not_granted(session: Session, made: Certificate, decider: User) -> None:
    with pytest.raises(IllegalMove):
        makers.renewed(made, decider, at=END + 5 * DAY)
    assert len(made.versions) == 1


def test_only_the_holder_s_people_ask(session: Session, made: Certificate, decider: User) -> None:
    with pytest.raises(DomainError):
        asked(made, decider)
    with pytest.raises(Forbidden):
        makers.renewed(made, decider, at=IN_TIME, of=makers.party("Otro taller"))
    assert len(made.versions) == 1


def test_one_decision_makes_one_version(session: Session, made: Certificate, decider: User) -> None:
    makers.renewed(made, decider, at=IN_TIME)
    case = made.case
    decision = db.session.scalars(select(Decision).where(Decision.application_id == case.id)).one()
    with pytest.raises(AlreadyDecided), unit_of_work():
        renew(case, decision, by=decider, at=IN_TIME)
    assert len(made.versions) == 2


def test_a_label_that_ends_meanwhile_is_not_sent(session: Session, made: Certificate, holder: User, decider: User) -> None:
    draft = asked(made, holder)
    with pytest.raises(IllegalMove) as refused, unit_of_work():
        sending.submit(draft, pledged=True, by=holder, at=END)
    assert refused.value.code == "term_over"


def test_what_was_sent_in_time_stays_in_sight_after_the_end(session: Session, made: Certificate, holder: User) -> None:
    draft = asked(made, holder)
    assert ways(made, END) is None  # nobody sent it: nothing can follow
    with pytest.raises(IllegalMove):
        asked(made, holder, at=END)
    with unit_of_work():
        draft.state, draft.submitted_at = ApplicationState.SUBMITTED, IN_TIME
    before, after = ways(made, END - DAY), ways(made, END + DAY)
    assert before is not None
    assert after is not None
    assert (before.ended, before.under_way) == (False, draft.public_id)
    assert (after.ended, after.under_way, after.may_renew, after.may_change) == (True, draft.public_id, False, False)
    assert renewals.ways_of_all([made.code], END + DAY) == {made.code: after}
    with unit_of_work():
        draft.cause = SCOPE  # a change of scope has nothing left to change
    assert ways(made, END + DAY) is None


def test_a_decider_is_told_what_a_grant_will_do(session: Session, made: Certificate, holder: User) -> None:
    found = foresee(asked(made, holder), IN_TIME)
    assert found == renewals.Foreseen(made.code, RENEWAL, date(2027, 11, 15), date(2030, 1, 2), None, ended=False)
    assert foresee(made.application, IN_TIME) is None


def test_nothing_is_kept_of_a_renewal_that_fails(
    session: Session, made: Certificate, decider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: Callable[[], Any] = lambda: (made.valid_until, made.goods, made.page, len(made.acts))  # noqa: E731
    was = before()

    def fails(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(succession, "tell_holder", fails)
    with pytest.raises(ZeroDivisionError):
        makers.renewed(made, decider, at=IN_TIME, goods="Otra cosa")
    db.session.expire_all()
    assert before() == was
    assert db.session.scalar(select(func.count()).select_from(CertificateVersion)) == 1


def test_log_and_database_agree_and_outsiders_come_to_the_same_facts(session: Session, made: Certificate, decider: User) -> None:
    """Leaves and credentials, without the database, tell of each instant what the acts tell."""
    makers.renewed(made, decider, at=datetime(2026, 6, 1, 18, tzinfo=UTC), cause="scope")
    makers.visited(made, decider, at=datetime(2027, 4, 1, 18, tzinfo=UTC))
    with unit_of_work():
        suspend(made, WHY, until=date(2027, 12, 1), by=decider, at=datetime(2027, 10, 1, 18, tzinfo=UTC))
    makers.renewed(made, decider, at=IN_TIME)
    assert check_log() == []
    leaves = [one.act for one in of_certificate(made.code)]
    terms = {one.number: term_of(one.credential.document) for one in made.versions if one.credential}
    assert (len(leaves), sorted(terms)) == (5, [1, 2, 3, 4])
    for month in range(30):
        at = makers.THEN + month * 31 * DAY
        assert facts_as_of(leaves, at, terms=terms) == facts_at(made, at)


def test_the_photograph_that_was_looked_at_last_stays(session: Session, made: Certificate, decider: User) -> None:
    assert granted_at("prod1", IN_TIME) == makers.THEN
    makers.renewed(made, decider, at=IN_TIME)
    assert granted_at("prod1", IN_TIME) == IN_TIME
