from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.facts import RecordedAct, Term, history_facts
from certification.rules.periods import changes, history_verdict, turning_dates
from certification.rules.verdict import PublicState, Verdict, verdict
from certification.rules.workflow import CertificateAct

START = datetime(2026, 1, 1, tzinfo=UTC)
K, P = CertificateAct, PublicState


def day(number: float) -> datetime:
    return START + timedelta(days=number)


TERM = Term(day(0), day(400), day(100), day(130))
GRANT = RecordedAct(K.GRANTED, day(0.5), TERM)
PAUSE, RESTORED = RecordedAct(K.SUSPENDED, day(50), suspension_until=day(230)), RecordedAct(K.RESTORED, day(80))
VISIT = RecordedAct(K.RENEWED, day(150.5), Term(day(150), day(400), day(250), day(280)))
IN_TIME = RecordedAct(K.RENEWED, day(90.5), Term(day(90), day(400), day(250), day(280)))
AFTER_GAP = RecordedAct(K.RENEWED, day(420.5), Term(day(420), day(800)))

ROWS = [
    ("granted: since the first day of its term", [GRANT], 1, P.VALID, 0),
    ("restored: since the act", [GRANT, PAUSE, RESTORED], 90, P.VALID, 80),
    ("while it was paused: since the pause", [GRANT, PAUSE, RESTORED], 60, P.SUSPENDED, 50),
    ("overdue: since the grace ended", [GRANT], 140, P.SUSPENDED, 130),
    ("a visit that ended it: since it was accepted", [GRANT, VISIT], 160, P.VALID, 150.5),
    ("a visit in time ended nothing", [GRANT, IN_TIME], 160, P.VALID, 0),
    (
        "expired: since the end of the term",
        [GRANT, IN_TIME, RecordedAct(K.RENEWED, day(270), Term(day(270), day(400)))],
        410,
        P.EXPIRED,
        400,
    ),
    ("renewed after a gap: since the act", [GRANT, VISIT, AFTER_GAP], 430, P.VALID, 420.5),
    (
        "a pause that ran on into overdue surveillance began with the pause",
        [GRANT, PAUSE, RecordedAct(K.RESTORED, day(140))],
        145,
        P.SUSPENDED,
        50,
    ),
    (
        "expired under a pause: since the pause ended",
        [RecordedAct(K.GRANTED, day(0.5), Term(day(0), day(60))), PAUSE, RESTORED],
        90,
        P.EXPIRED,
        80,
    ),
    ("lost: since the act", [GRANT, PAUSE, RESTORED, RecordedAct(K.WITHDRAWN, day(85))], 90, P.WITHDRAWN, 85),
]


@pytest.mark.parametrize(("acts", "at", "state", "since"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_since_when(acts: list[RecordedAct], at: float, state: PublicState, since: float) -> None:
    found = history_verdict(acts, day(at))
    assert (found.state, found.since) == (state, day(since))


def test_before_the_grant_and_before_the_term_nothing_began() -> None:
    later = RecordedAct(K.GRANTED, day(0.5), Term(day(10), day(400)))
    assert history_verdict([later], day(0)) == verdict(None, day(0))
    assert (history_verdict([later], day(1)).state, history_verdict([later], day(1)).since) == (P.NOT_YET_VALID, None)
    assert history_verdict([later, PAUSE, RESTORED], day(90)).since == day(80)


def test_every_turn_is_told_in_its_order() -> None:
    acts = [GRANT, PAUSE, RESTORED, VISIT, AFTER_GAP]
    turned = changes(lambda at: verdict(history_facts(acts, at), at), turning_dates(acts), day(900))
    assert [(one.at, one.verdict.state) for one in turned] == [
        (day(0.5), P.VALID),
        (day(50), P.SUSPENDED),
        (day(80), P.VALID),
        (day(130), P.SUSPENDED),
        (day(150.5), P.VALID),
        (day(280), P.SUSPENDED),
        (day(420.5), P.VALID),
        (day(800), P.EXPIRED),
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[RecordedAct]:
    """A grant at the first hour and what may follow it, on whole days."""
    at, acts = 0, [RecordedAct(K.GRANTED, day(0), _term(draw, 0))]
    for _ in range(draw(st.integers(0, 6))):
        at += draw(st.integers(1, 9))
        kind = draw(st.sampled_from([K.SUSPENDED, K.RESTORED, K.RENEWED, K.RENEWED, K.WITHDRAWN]))
        acts.append(RecordedAct(kind, day(at), _term(draw, at) if kind is K.RENEWED else None))
    return acts


def _term(draw: st.DrawFn, at: int) -> Term:
    begins = at + draw(st.integers(0, 3))
    due = draw(st.none() | st.integers(1, 12).map(lambda more: day(begins + more)))
    return Term(day(begins), day(begins + draw(st.integers(2, 20))), due, due and due + timedelta(days=draw(st.integers(0, 4))))


@given(histories(), st.integers(0, 60), st.none() | st.integers(0, 60).map(day))
def test_a_state_began_where_looking_back_day_by_day_it_was_another(
    acts: list[RecordedAct], now: int, lapse: datetime | None
) -> None:
    def then(number: int) -> Verdict:
        return verdict(history_facts(acts, day(number), scheme_lapsed_at=lapse), day(number))

    found = history_verdict(acts, day(now), scheme_lapsed_at=lapse)
    assert (found.state, found.reason) == (then(now).state, then(now).reason)
    first = next((number + 1 for number in range(now - 1, -1, -1) if then(number).state is not found.state), None)
    if first is None or found.since is None:
        assert found.since == then(now).since
    else:
        assert found.since == day(first)
