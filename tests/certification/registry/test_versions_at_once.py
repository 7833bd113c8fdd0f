"""Of several who would make the next version at once, one does; numbers have no gap and no double."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications.models import Application, Decision
from certification.core.db import unit_of_work
from certification.log.fsck import check
from certification.registry.models import Certificate
from certification.registry.renewals import ask, renew
from certification.registry.scope import rehook, unhook
from certification.registry.surveillance import Visit, pass_surveillance
from certification.registry.verifying import faults_of
from certification.rules.workflow import RenewalCause
from tests import makers
from tests.at_once import DONE, Act, at_once
from tests.conftest import ENGINE

pytestmark = pytest.mark.skipif(ENGINE == "sqlite", reason="in memory there is one connection, and on a file one writer")
WHEN = datetime(2027, 11, 15, 18, tzinfo=UTC)
Deed = Callable[[Session, Certificate, User], object]


def told_at_once(app: Flask, made: Certificate, by: User, deeds: list[Deed]) -> list[str]:
    """What came of each deed of this person on this label."""
    label, who = made.id, by.id

    def act(deed: Deed) -> Act:
        return lambda own: deed(own, own.get_one(Certificate, label), own.get_one(User, who))

    return at_once(app, [act(deed) for deed in deeds])


def visit(day: int) -> Deed:
    seen = Visit(date(2027, 11, day), 2, 1, "Sigue igual.", 1)
    return lambda _session, made, by: pass_surveillance(made, seen, by=by, at=WHEN)


def test_the_same_visit_sent_four_times_is_one_version(app: Flask, session: Session) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by, at=datetime(2026, 11, 20, 18, tzinfo=UTC))
    assert told_at_once(app, made, by, [visit(10)] * 4) == [DONE] * 4
    session.expire_all()
    assert ([one.number for one in made.versions], len(made.acts), check()) == ([1, 2], 2, [])


def test_of_a_renewal_and_visits_at_once_each_version_stands_alone(app: Flask, session: Session) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    decision = makers.granted(by, at=WHEN, of=made.holder, renews=made.code, cause=RenewalCause.RENEWAL, stage="renewal").id

    def renewal(own: Session, _made: Certificate, person: User) -> object:
        decided = own.get_one(Decision, decision)
        return renew(decided.application, decided, by=person, at=WHEN)

    told = told_at_once(app, made, by, [visit(10), renewal, visit(11), renewal])
    assert told.count(DONE) >= 1
    assert set(told) <= {DONE, "moved_meanwhile", "already_decided", "no_visit_due", "day_before_last"}
    session.expire_all()
    numbers = [one.number for one in made.versions]
    assert numbers == list(range(1, 2 + told.count(DONE)))
    assert [faults_of(one, WHEN) for one in made.versions] == [()] * len(numbers)
    assert check() == []


def test_a_renewal_asked_for_four_times_is_one_draft(app: Flask, session: Session) -> None:
    by = makers.user("Celia Decide")
    made, holder = makers.certified(by), makers.user("Rosa Teje")
    makers.member(holder, made.holder)
    asked: list[Deed] = [lambda _session, label, person: ask(label, RenewalCause.RENEWAL, by=person, at=WHEN)] * 4
    assert told_at_once(app, made, holder, asked) == [DONE] * 4
    drafts = select(func.count()).select_from(Application).where(Application.renews == made.code)
    assert session.scalar(drafts) == 1


def test_goods_are_looked_at_again_while_a_renewal_takes_them_out(app: Flask, session: Session) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by, subject_refs=["prod1", "prod2"])
    with unit_of_work():
        unhook(["prod1"], by=by, at=WHEN, why="Cambió.")
    asked: dict[str, Any] = {"renews": made.code, "cause": RenewalCause.RENEWAL, "stage": "renewal", "subject_refs": ["prod2"]}
    decision = makers.granted(by, at=WHEN, of=made.holder, **asked).id

    def renewal(own: Session, _made: Certificate, person: User) -> object:
        decided = own.get_one(Decision, decision)
        return renew(decided.application, decided, by=person, at=WHEN)

    def again(_own: Session, label: Certificate, person: User) -> None:
        rehook(label, "prod1", seen=WHEN.isoformat(), by=person, at=WHEN)

    told = told_at_once(app, made, by, [renewal, again, again, again])
    assert told[0] == DONE
    assert set(told[1:]) <= {DONE, "not_found"}
    assert check() == []
