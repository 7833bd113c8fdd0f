from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.registry.models import Certificate
from certification.registry.validity import facts_of, lapsed_versions, state_at, valid_at
from certification.registry.weighing import standing
from certification.rules.verdict import PublicState, verdict
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at
from tests import makers

BASE = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)  # midnight in Mexico City
hours = st.integers(0, 96).map(lambda n: BASE + timedelta(hours=n))
maybe = st.none() | hours


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    begin = draw(hours)
    due = draw(maybe)
    successor = draw(maybe)
    suspended = draw(maybe)
    return {
        "valid_from": begin,
        "valid_until": begin + timedelta(hours=draw(st.integers(1, 96))),
        "surveillance_due": due,
        "grace_ends": due and due + timedelta(hours=draw(st.integers(0, 48))),
        "suspended_at": suspended,
        "suspension_until": suspended and suspended + timedelta(hours=24),
        "withdrawn_at": draw(maybe),
        "surrendered_at": draw(maybe),
        "superseded_at": successor,
        "successor": successor and "7QK4M2XD9FC",
    }


lapses = st.fixed_dictionaries({"lapsed_at": maybe, "mark_ends_on": st.none() | st.dates(date(2026, 2, 27), date(2026, 3, 6))})


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=rows(), lapse=lapses, after=st.integers(0, 100))
def test_sql_and_the_pure_verdict_agree_on_any_row(
    session: Session, row: dict[str, Any], lapse: dict[str, Any], after: int
) -> None:
    when = BASE + timedelta(hours=after)
    found = db.session.scalar(select(Certificate)) or makers.certificate()
    with unit_of_work() as work:
        work.execute(update(Certificate).values(**row))
        work.execute(update(SchemeVersion).values(**lapse))
    version = db.session.get_one(SchemeVersion, found.scheme_version_id)
    expected = verdict(facts_of(found, lapsed_at(version)), when)
    state, valid = db.session.execute(select(state_at(when), valid_at(when))).one()
    assert state == expected.state
    assert bool(valid) is expected.is_valid
    db.session.rollback()


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, PublicState.VALID),
        ({"valid_from": BASE + timedelta(days=400)}, PublicState.NOT_YET_VALID),
        ({"suspended_at": BASE, "suspension_until": BASE + timedelta(days=90)}, PublicState.SUSPENDED),
        ({"surveillance_due": BASE, "grace_ends": BASE + timedelta(days=60)}, PublicState.SUSPENDED),
        ({"valid_until": BASE}, PublicState.EXPIRED),
        ({"superseded_at": BASE, "successor": "7QK4M2XD9FC"}, PublicState.SUPERSEDED),
        ({"surrendered_at": BASE}, PublicState.SURRENDERED),
        ({"withdrawn_at": BASE, "surrendered_at": BASE}, PublicState.WITHDRAWN),
    ],
)
def test_every_state_of_a_row(session: Session, at: datetime, changes: dict[str, Any], state: PublicState) -> None:
    made = makers.certificate(**changes)
    assert standing(made, at).state is state
    assert db.session.scalar(select(state_at(at))) == state


def test_a_mark_backs_its_labels_through_its_last_day(session: Session) -> None:
    version = makers.scheme_version()
    with unit_of_work():
        version.mark, version.mark_ends_on = "Marca colectiva de muestra", date(2026, 3, 1)
    made = makers.certificate(version=version)
    last = datetime(2026, 3, 2, 5, 59, 59, tzinfo=UTC)
    assert standing(made, last).state is PublicState.VALID
    assert lapsed_versions(last) == frozenset()
    assert standing(made, last + timedelta(seconds=1)).state is PublicState.SCHEME_LAPSED
    assert lapsed_versions(last + timedelta(seconds=1)) == {version.id}
