from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.verdict import (
    PRECEDENCE,
    Facts,
    PublicState,
    Reason,
    Verdict,
    as_recorded,
    next_change,
    unless_behind,
    unless_compromised,
    valid_interval,
    verdict,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


PLAIN = Facts(valid_from=day(10), valid_until=day(700))
WATCHED = replace(PLAIN, surveillance_due=day(365), grace_ends=day(425))
SUSPENDED = replace(PLAIN, suspended_at=day(100), suspension_until=day(280))

ROWS = [
    ("before its first instant it is not yet valid", PLAIN, 9.99, PublicState.NOT_YET_VALID, None, Reason.NOT_STARTED),
    ("from its first instant it is valid", PLAIN, 10, PublicState.VALID, 10, Reason.IN_FORCE),
    ("it is valid until just before its end", PLAIN, 699.99, PublicState.VALID, 10, Reason.IN_FORCE),
    ("at its end it has expired", PLAIN, 700, PublicState.EXPIRED, 700, Reason.TERM_OVER),
    ("until surveillance is due nothing is said", WATCHED, 364.9, PublicState.VALID, 10, Reason.IN_FORCE),
    ("in grace it is still valid", WATCHED, 365, PublicState.VALID, 10, Reason.SURVEILLANCE_IN_GRACE),
    ("after grace it is suspended by itself", WATCHED, 425, PublicState.SUSPENDED, 425, Reason.SURVEILLANCE_OVERDUE),
    ("overdue stays suspended past the term", WATCHED, 800, PublicState.SUSPENDED, 425, Reason.SURVEILLANCE_OVERDUE),
    (
        "grace that outlives the term extends nothing",
        replace(WATCHED, valid_until=day(400)),
        410,
        PublicState.EXPIRED,
        400,
        Reason.TERM_OVER,
    ),
    (
        "and does not suspend what has expired",
        replace(WATCHED, valid_until=day(400)),
        430,
        PublicState.EXPIRED,
        400,
        Reason.TERM_OVER,
    ),
    (
        "grace that ends with the term leaves it expired",
        replace(WATCHED, valid_until=day(425)),
        425,
        PublicState.EXPIRED,
        425,
        Reason.TERM_OVER,
    ),
    ("before the suspension it is valid", SUSPENDED, 99.9, PublicState.VALID, 10, Reason.IN_FORCE),
    ("a suspension counts from its instant", SUSPENDED, 100, PublicState.SUSPENDED, 100, Reason.SUSPENDED_BY_ACT),
    ("a suspension past its limit stays", SUSPENDED, 280, PublicState.SUSPENDED, 100, Reason.SUSPENSION_PAST_LIMIT),
    ("a suspension outlives the term", SUSPENDED, 900, PublicState.SUSPENDED, 100, Reason.SUSPENSION_PAST_LIMIT),
    (
        "an act speaks before overdue surveillance",
        replace(WATCHED, suspended_at=day(500)),
        500,
        PublicState.SUSPENDED,
        425,
        Reason.SUSPENDED_BY_ACT,
    ),
    (
        "a lapsed scheme takes its certificates along",
        replace(PLAIN, scheme_lapsed_at=day(50)),
        50,
        PublicState.SCHEME_LAPSED,
        50,
        Reason.SCHEME_LAPSED,
    ),
    (
        "a lapsed scheme is said before expiry",
        replace(PLAIN, scheme_lapsed_at=day(50)),
        700,
        PublicState.SCHEME_LAPSED,
        50,
        Reason.SCHEME_LAPSED,
    ),
    (
        "a lapsed scheme is said before the beginning",
        replace(PLAIN, scheme_lapsed_at=day(5)),
        6,
        PublicState.SCHEME_LAPSED,
        5,
        Reason.SCHEME_LAPSED,
    ),
    (
        "a suspension is said before a lapsed scheme",
        replace(SUSPENDED, scheme_lapsed_at=day(50)),
        100,
        PublicState.SUSPENDED,
        100,
        Reason.SUSPENDED_BY_ACT,
    ),
    (
        "superseded is said before suspended",
        replace(SUSPENDED, superseded_at=day(120)),
        120,
        PublicState.SUPERSEDED,
        120,
        Reason.REPLACED,
    ),
    (
        "surrendered is said before superseded",
        replace(PLAIN, superseded_at=day(20), surrendered_at=day(30)),
        30,
        PublicState.SURRENDERED,
        30,
        Reason.GIVEN_BACK,
    ),
    (
        "withdrawn is said before all",
        replace(SUSPENDED, superseded_at=day(20), surrendered_at=day(30), withdrawn_at=day(40)),
        40,
        PublicState.WITHDRAWN,
        40,
        Reason.WITHDRAWN_BY_ACT,
    ),
    (
        "withdrawn before its beginning is withdrawn",
        replace(PLAIN, withdrawn_at=day(1)),
        2,
        PublicState.WITHDRAWN,
        1,
        Reason.WITHDRAWN_BY_ACT,
    ),
    (
        "withdrawn stays withdrawn past the term",
        replace(PLAIN, withdrawn_at=day(40)),
        9000,
        PublicState.WITHDRAWN,
        40,
        Reason.WITHDRAWN_BY_ACT,
    ),
    ("an act of tomorrow does not count today", replace(PLAIN, withdrawn_at=day(40)), 39, PublicState.VALID, 10, Reason.IN_FORCE),
]


@pytest.mark.parametrize(("facts", "at", "state", "since", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_rule(facts: Facts, at: float, state: PublicState, since: float | None, reason: Reason) -> None:
    assert verdict(facts, day(at)) == Verdict(state, None if since is None else day(since), reason)


def test_no_facts_is_an_unknown_code() -> None:
    assert verdict(None, START) == Verdict(PublicState.NOT_FOUND, None, Reason.UNKNOWN_CODE)


def test_superseded_names_its_successor_and_nothing_else_does() -> None:
    replaced = replace(PLAIN, superseded_at=day(20), successor="A1B2C3D4E59")
    assert verdict(replaced, day(20)).successor == "A1B2C3D4E59"
    assert verdict(replaced, day(19)).successor is None


@pytest.mark.parametrize("name", ["valid_from", "withdrawn_at", "grace_ends"])
def test_an_instant_without_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        replace(WATCHED, **{name: datetime(2026, 5, 1)})  # type: ignore[arg-type]  # noqa: DTZ001  the fault under test


def test_surveillance_without_its_grace_is_refused() -> None:
    with pytest.raises(ValueError, match="together"):
        Facts(day(0), day(1), surveillance_due=day(0))


def test_precedence_covers_every_state_of_a_certificate() -> None:
    assert set(PRECEDENCE) == set(PublicState) - {PublicState.NOT_FOUND, PublicState.CANNOT_CHECK}


instants = st.integers(0, 40).map(day)
maybe = st.none() | instants


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    due = draw(maybe)
    return Facts(
        valid_from=draw(instants),
        valid_until=draw(instants),
        surveillance_due=due,
        grace_ends=None if due is None else due + timedelta(days=draw(st.integers(0, 10))),
        suspended_at=draw(maybe),
        suspension_until=draw(maybe),
        withdrawn_at=draw(maybe),
        surrendered_at=draw(maybe),
        superseded_at=draw(maybe),
        scheme_lapsed_at=draw(maybe),
    )


@given(any_facts(), instants)
def test_there_is_always_one_answer_of_the_certificate_kind(facts: Facts, at: datetime) -> None:
    assert verdict(facts, at).state in PRECEDENCE


@given(any_facts(), instants, instants)
def test_what_is_not_valid_never_becomes_valid_by_waiting_once_it_began(facts: Facts, one: datetime, two: datetime) -> None:
    earlier, later = sorted((one, two))
    before, after = verdict(facts, earlier).state, verdict(facts, later).state
    if before not in {PublicState.VALID, PublicState.NOT_YET_VALID}:
        assert after is not PublicState.VALID


@given(any_facts(), instants, instants)
def test_lost_stays_lost(facts: Facts, one: datetime, two: datetime) -> None:
    earlier, later = sorted((one, two))
    ranks = [PRECEDENCE.index(verdict(facts, at).state) for at in (earlier, later)]
    if PRECEDENCE[ranks[0]] in {PublicState.WITHDRAWN, PublicState.SURRENDERED}:
        assert ranks[1] <= ranks[0]


@given(any_facts(), instants)
def test_an_added_act_never_makes_a_state_milder(facts: Facts, at: datetime) -> None:
    mild = replace(facts, withdrawn_at=None, surrendered_at=None, superseded_at=None)
    assert PRECEDENCE.index(verdict(facts, at).state) <= PRECEDENCE.index(verdict(mild, at).state)


@given(any_facts(), instants)
def test_the_interval_and_the_verdict_are_one_definition(facts: Facts, at: datetime) -> None:
    interval = valid_interval(facts)
    within = interval is not None and interval[0] <= at < interval[1]
    assert verdict(facts, at).is_valid == within


@given(any_facts(), instants)
def test_nothing_changes_before_the_next_change(facts: Facts, at: datetime) -> None:
    turn, now = next_change(facts, at), verdict(facts, at)
    horizon = day(60) if turn is None else turn
    hour = at
    while hour < horizon:
        assert (verdict(facts, hour).state, verdict(facts, hour).reason) == (now.state, now.reason)
        hour += timedelta(hours=12)
    if turn is not None:
        then = verdict(facts, turn)
        assert turn > at
        assert (then.state, then.reason) != (now.state, now.reason)


@given(any_facts(), instants)
def test_a_state_began_no_later_than_now_and_held_since(facts: Facts, at: datetime) -> None:
    answer = verdict(facts, at)
    if answer.since is not None:
        assert answer.since <= at
        assert answer.since in {getattr(facts, field.name) for field in fields(facts)}


@pytest.mark.parametrize(
    ("facts", "at", "turn"),
    [
        (PLAIN, 0, 10),
        (PLAIN, 10, 700),
        (PLAIN, 700, None),
        (WATCHED, 10, 365),
        (WATCHED, 365, 425),
        (WATCHED, 425, None),
        (SUSPENDED, 100, 280),
    ],
)
def test_next_change(facts: Facts, at: int, turn: int | None) -> None:
    assert next_change(facts, day(at)) == (None if turn is None else day(turn))


DOUBTS: dict[Reason, Callable[[Verdict], Verdict]] = {
    Reason.REGISTRY_BEHIND: lambda found: unless_behind(found, behind=True),
    Reason.RECORD_DIFFERS: lambda found: as_recorded(found, None),
    Reason.COMPROMISED_KEY: lambda found: unless_compromised(found, compromised=True),
}


@pytest.mark.parametrize("reason", DOUBTS)
@pytest.mark.parametrize("state", PRECEDENCE)
def test_in_doubt_nobody_says_that_a_label_holds_and_what_was_lost_stays_lost(state: PublicState, reason: Reason) -> None:
    found = Verdict(state, START, Reason.IN_FORCE)
    holds = state in {PublicState.VALID, PublicState.NOT_YET_VALID}
    assert DOUBTS[reason](found) == (Verdict(PublicState.CANNOT_CHECK, None, reason) if holds else found)


@pytest.mark.parametrize("state", PublicState)
def test_without_a_doubt_the_verdict_stays(state: PublicState) -> None:
    found = Verdict(state, START, Reason.IN_FORCE)
    assert unless_behind(found, behind=False) == found
    assert as_recorded(found, found) == found
    assert unless_compromised(found, compromised=False) == found


@pytest.mark.parametrize("state", PRECEDENCE)
@pytest.mark.parametrize("recorded", PRECEDENCE)
def test_a_label_holds_only_where_acts_say_the_same_state(state: PublicState, recorded: PublicState) -> None:
    found, acts = Verdict(state, START, Reason.IN_FORCE), Verdict(recorded, day(3), Reason.IN_FORCE)
    told = as_recorded(found, acts)
    if state is recorded:
        assert told == replace(found, since=day(3))
    elif state in {PublicState.VALID, PublicState.NOT_YET_VALID}:
        assert told == Verdict(PublicState.CANNOT_CHECK, None, Reason.RECORD_DIFFERS)
    else:
        assert told == found


def test_the_first_doubt_is_the_one_that_is_told() -> None:
    found = unless_compromised(unless_behind(verdict(PLAIN, day(10)), behind=True), compromised=True)
    assert found.reason is Reason.REGISTRY_BEHIND
