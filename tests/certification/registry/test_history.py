"""What certificates were worth in the past: the pure rule over recorded acts, and its form as SQL."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.registry import register
from certification.registry.histories import facts_by, moved_since, scheme_at, verdict_at
from certification.registry.logged import number_at
from certification.registry.models import Certificate
from certification.registry.moments import Moment, by_zone, known_schemes, lapsed_ids, read_day, read_moment
from certification.registry.searching import Filter
from certification.registry.validity import state_at
from certification.rules.days import DEFAULT_ZONE
from certification.rules.errors import InvalidInput
from certification.rules.verdict import PublicState, verdict
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at
from tests import makers
from tests.certification.registry.histories import DAY, past, term

BASE = datetime(2025, 3, 1, 6, 0, tzinfo=UTC)
ZONE = ZoneInfo(DEFAULT_ZONE)
GONE = (CertificateAct.WITHDRAWN, CertificateAct.SURRENDERED, CertificateAct.SUPERSEDED)


@st.composite
def lives(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[CertificateAct, datetime, Any]]]:
    """A grant and what may follow it, a few days apart."""
    first = term(BASE, draw(st.integers(5, 30)), draw(st.none() | st.integers(1, 20)))
    acts: list[tuple[CertificateAct, datetime, Any]] = []
    at, paused = BASE, False
    for _ in range(draw(st.integers(0, 6))):
        at += timedelta(hours=draw(st.integers(1, 200)))
        may = [CertificateAct.RENEWED, CertificateAct.RESTORED if paused else CertificateAct.SUSPENDED, *GONE]
        kind = draw(st.sampled_from(may))
        if kind is CertificateAct.RENEWED:
            begins = at + timedelta(days=draw(st.integers(0, 12)))
            acts.append((kind, at, term(begins, draw(st.integers(5, 30)), draw(st.none() | st.integers(1, 20)))))
        else:
            acts.append((kind, at, at + 10 * DAY))
        paused = kind is CertificateAct.SUSPENDED or (paused and kind is CertificateAct.RENEWED)
        if kind in GONE:
            break
    return first, acts


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    life=lives(),
    hours=st.lists(st.integers(-30, 1500), min_size=3, max_size=3),
    lapse=st.none() | st.integers(0, 900),
    other=st.sampled_from(register.STATES),
)
def test_any_past_state_is_the_same_in_sql_and_by_the_acts(
    session: Session, at: datetime, life: Any, hours: list[int], lapse: int | None, other: PublicState
) -> None:
    version = db.session.scalar(select(SchemeVersion).order_by(SchemeVersion.id)) or makers.scheme_version()
    made = past(BASE, life[0], *life[1], version=version)
    with unit_of_work():
        made.scheme_version.lapsed_at = None if lapse is None else BASE + timedelta(hours=lapse)
    known = known_schemes("es")
    for when in (BASE + timedelta(hours=number) for number in hours):
        expected = verdict(facts_by(made, made.acts, when, lapsed_at(made.scheme_version)), when).state
        one = select(state_at(when), moved_since(when), Certificate.granted_at <= when).where(Certificate.id == made.id)
        state, moved, there = db.session.execute(one).one()
        assert moved or expected == (state if there else PublicState.NOT_FOUND)
        moment = Moment(at, instant=when)
        for asked in {expected, other} - {PublicState.NOT_FOUND}:
            rows = register.page(Filter(state=asked, text=made.code), moment, lang="es", limit=5).rows
            assert [row.state for row in rows] == ([asked] if asked == expected else [])
        assert lapsed_ids(known.values(), moment) in (frozenset(), frozenset({made.scheme_version_id}))
    db.session.rollback()


def test_a_pause_that_ended_is_still_a_pause_in_its_days(session: Session, at: datetime) -> None:
    paused, back = BASE + 3 * DAY, BASE + 6 * DAY
    made = past(BASE, term(BASE, 700), (CertificateAct.SUSPENDED, paused, back + DAY), (CertificateAct.RESTORED, back, None))
    days = {BASE - DAY: "NOT_FOUND", BASE: "VALID", paused: "SUSPENDED", back - DAY: "SUSPENDED", back: "VALID"}
    assert {day: verdict_at(made, day).state.value for day in days} == days
    told = {day: db.session.scalar(select(state_at(day))) for day in days}
    assert told[paused] == "VALID"  # the columns alone would have hidden it


def test_a_renewed_label_had_ended_before_it_was_renewed(session: Session, at: datetime) -> None:
    renewed = BASE + 15 * DAY
    made = past(BASE, term(BASE, 10), (CertificateAct.RENEWED, renewed, term(renewed, 700)))
    for day, state in ((9, "VALID"), (10, "EXPIRED"), (14, "EXPIRED"), (15, "VALID")):
        assert verdict_at(made, BASE + day * DAY).state == state
    moment = Moment(at, instant=BASE + 12 * DAY)
    row = register.page(Filter(state=PublicState.EXPIRED), moment, lang="es", limit=5).rows[0]
    assert (row.version, row.goods, row.last_day, row.last_act) == (1, "Rebozos de algodón, versión 1", "2025-03-10", "granted")
    now = register.page(Filter(), Moment(at), lang="es", limit=5).rows[0]
    assert (now.version, now.goods, now.last_act, now.last_act_on) == (2, "Rebozos de algodón", "renewed", "2025-03-16")
    assert [number_at(act) for act in made.acts] == [1, 2]


def test_what_was_granted_later_is_not_listed(session: Session, at: datetime) -> None:
    past(BASE + 5 * DAY, term(BASE + 5 * DAY, 700))
    older = past(BASE, term(BASE, 700))
    rows = register.page(Filter(), Moment(at, day=date(2025, 3, 3)), lang="es", limit=5).rows
    assert [row.code for row in rows] == [older.code]


@pytest.mark.parametrize(("day", "state"), [(9, "VALID"), (10, "VALID"), (11, "EXPIRED")])
def test_a_day_counts_to_its_end_in_the_schemes_zone(session: Session, at: datetime, day: int, state: str) -> None:
    past(BASE, term(BASE, 10))
    rows = register.page(Filter(), Moment(at, day=date(2025, 3, day)), lang="es", limit=5).rows
    assert [row.state for row in rows] == [state]


def test_each_scheme_has_the_end_of_its_own_day(session: Session, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    here = past(BASE, term(BASE, 10))
    there = past(BASE, term(BASE, 10), version=makers.scheme_version("comercio-justo-local"), subject_kind="workshop")
    west = ZoneInfo("America/Tijuana")
    zones = {there.scheme_version_id: west}
    monkeypatch.setattr("certification.registry.moments.zone_of", lambda one: zones.get(one.id, ZONE))
    moment = Moment(at, day=date(2025, 3, 10))  # it ends at six in Mexico City, as both terms do, and two hours later in Tijuana
    assert not isinstance(by_zone(known_schemes("es"), moment.at), datetime)
    for state, made in ((PublicState.VALID, here), (PublicState.EXPIRED, there)):
        rows = register.page(Filter(state=state), moment, lang="es", limit=5).rows
        assert [(row.code, row.state) for row in rows] == [(made.code, state)]
    granted = register.page(Filter(granted_from=date(2025, 3, 1)), moment, lang="es", limit=5).rows
    assert [row.code for row in granted] == [here.code]  # in Tijuana it was still the last of February


def test_the_scheme_that_lapsed_is_the_one_it_stood_under(session: Session, at: datetime) -> None:
    old = makers.scheme_version()
    new = SchemeVersion(
        scheme_id=old.scheme_id,
        version="9",
        document=old.document,
        digest=old.digest,
        state=old.state,
        activated_at=BASE,
        ended_at=None,
    )
    makers.save(new)
    renewed = BASE + 20 * DAY
    made = past(BASE, term(BASE, 100), (CertificateAct.RENEWED, renewed, term(renewed, 700)), version=old)
    with unit_of_work():
        made.scheme_version_id = new.id
        old.lapsed_at = BASE + 10 * DAY
    db.session.expire_all()
    assert (scheme_at(made, renewed - DAY).version, made.scheme_version.version) == (old.version, "9")
    assert verdict_at(made, renewed - DAY).state is PublicState.SCHEME_LAPSED
    rows = register.page(Filter(), Moment(at, instant=renewed - DAY), lang="es", limit=5).rows
    assert [(row.state, row.scheme_version) for row in rows] == [("SCHEME_LAPSED", old.version)]
    assert [row.state for row in register.page(Filter(), Moment(at), lang="es", limit=5).rows] == ["VALID"]


def test_what_a_moment_may_be(at: datetime) -> None:
    assert read_moment("", at, ZONE) == Moment(at)
    assert read_moment("2026-05-01", at, ZONE).at(ZONE) == datetime(2026, 5, 2, 5, 59, 59, 999999, tzinfo=UTC)
    assert read_moment("2026-11-21", at, ZONE).at(ZONE) == at  # the day is not over
    assert read_moment("2026-05-01T10:00:00-06:00", at, ZONE).at(ZONE) == datetime(2026, 5, 1, 16, tzinfo=UTC)
    assert read_moment("2026-05-01T10:00:00 02:00", at, ZONE).instant == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert read_day("", "from") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-11-22", "day_ahead"),
        ("2026-11-21T16:32:01Z", "day_ahead"),
        ("2026-02-30", "bad_day"),
        ("ayer", "bad_day"),
        ("0001-01-01", "bad_day"),
        ("9999-12-31", "day_ahead"),
        ("2026-05-01T10:00", "bad_day"),
        ("0001-01-01T00:00:00+14:00", "bad_day"),
        ("1969-12-31T00:00:00Z", "bad_day"),
        ("2" * 500, "bad_day"),
    ],
)
def test_what_it_may_not_be(at: datetime, text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_moment(text, at, ZONE)
    assert (refused.value.code, refused.value.field) == (code, "on")
