from collections.abc import Callable
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.db import db, unit_of_work
from certification.registry.acts import Why, restore, surrender, suspend, withdraw
from certification.registry.histories import verdict_at
from certification.registry.models import Certificate
from certification.registry.validity import facts_of, state_at, valid_at
from certification.registry.weighing import standing
from certification.rules.errors import DomainError
from certification.rules.verdict import PublicState, verdict
from certification.schemes.texts import lapsed_at
from tests import makers

P = PublicState
GRANTED = makers.THEN
DAY = timedelta(days=1)
WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")


def test_what_a_label_was_worth_while_it_was_paused_is_not_forgotten(session: Session) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    with unit_of_work():
        suspend(made, WHY, until=date(2026, 5, 1), by=by, at=GRANTED + 10 * DAY)
    with unit_of_work():
        restore(made, by=by, at=GRANTED + 20 * DAY)
    days = (-1, 0, 9, 10, 19, 20, 30)
    told = [verdict_at(made, GRANTED + day * DAY).state for day in days]
    assert told == [P.NOT_FOUND, P.VALID, P.VALID, P.SUSPENDED, P.SUSPENDED, P.VALID, P.VALID]
    # the columns have forgotten it: whoever asks them about the past is told something else
    assert verdict(facts_of(made, None), GRANTED + 15 * DAY).state is P.VALID
    assert [verdict_at(made, GRANTED + day * DAY).since for day in (15, 30)] == [GRANTED + 10 * DAY, GRANTED + 20 * DAY]
    assert standing(made, GRANTED + 30 * DAY).since == GRANTED + 20 * DAY


def _paused(made: Certificate, by: User, at: datetime) -> None:
    suspend(made, WHY, until=(at + 20 * DAY).date(), by=by, at=at)


def _changed(made: Certificate, by: User, at: datetime) -> None:
    makers.renewed(made, by, at=at, cause="scope")


def _renewed(made: Certificate, by: User, at: datetime) -> None:
    makers.renewed(made, by, at=at)


def _seen(made: Certificate, by: User, at: datetime) -> None:
    makers.visited(made, by, at=at)


def _member(made: Certificate) -> User:
    person = makers.user("Rosa Teje")
    makers.member(person, made.holder)
    return person


def _ended(made: Certificate, _by: User, at: datetime) -> None:
    made.scheme_version.lapsed_at = made.scheme_version.lapsed_at or at


STEPS: dict[str, Callable[[Certificate, User, datetime], object]] = {
    "pause": _paused,
    "restore": lambda made, by, at: restore(made, by=by, at=at),
    "withdraw": lambda made, by, at: withdraw(made, WHY, by=by, at=at),
    "surrender": lambda made, by, at: surrender(made, Why("HOLDER_REQUEST", ""), by=by, at=at),
    "scope": _changed,
    "renewal": _renewed,
    "visit": _seen,
    "lapse": _ended,
}
OWN_UNIT = ("scope", "renewal", "visit")
often = st.sampled_from([*STEPS, "visit", "renewal", "pause", "restore", "visit", "renewal"])


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("visit", 330), ("pause", 40), ("scope", 20), ("restore", 30), ("renewal", 240), ("lapse", 90)], later=9)
@given(steps=st.lists(st.tuples(often, st.integers(20, 500)), max_size=5), later=st.integers(0, 900))
def test_columns_history_and_sql_say_the_same_of_now_for_any_history(
    session: Session, steps: list[tuple[str, int]], later: int
) -> None:
    """And what the history said of each instant, when it was now, it says for ever."""
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    at, told = GRANTED + timedelta(hours=1), {}
    lapse = made.scheme_version
    try:
        for step, days in steps:
            at += days * DAY
            _try(step, made, by, at)
            told[at] = verdict_at(made, at)
            by_columns = verdict(facts_of(made, lapsed_at(made.scheme_version)), at)
            assert (told[at].state, told[at].reason) == (by_columns.state, by_columns.reason)
        at += later * DAY
        now = standing(made, at)
        assert verdict_at(made, at) == now
        found = session.execute(select(state_at(at), valid_at(at)).where(Certificate.id == made.id)).one()
        assert (found[0], bool(found[1])) == (now.state, now.is_valid)
        assert {when: verdict_at(made, when) for when in told} == told
    finally:
        with unit_of_work():
            lapse.lapsed_at = None


def _try(step: str, made: Certificate, by: User, at: datetime) -> None:
    """Take a step that the register may refuse."""
    try:
        if step in OWN_UNIT:
            STEPS[step](made, by, at)
            return
        person = by if step != "surrender" else _member(made)
        with unit_of_work():
            STEPS[step](made, person, at)
    except DomainError:
        db.session.rollback()
