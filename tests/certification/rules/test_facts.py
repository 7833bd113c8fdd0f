from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.facts import Facts, RecordedAct, Term, history_facts, in_force_by
from certification.rules.verdict import PublicState, verdict
from certification.rules.workflow import CertificateAct

START = datetime(2026, 1, 1, tzinfo=UTC)
K = CertificateAct


def day(number: float) -> datetime:
    return START + timedelta(days=number)


TERM = Term(day(10), day(400), day(365), day(395))
GRANT = RecordedAct(K.GRANTED, day(5), TERM)
FULL = [
    GRANT,
    RecordedAct(K.SUSPENDED, day(50), suspension_until=day(230)),
    RecordedAct(K.RESTORED, day(80)),
    RecordedAct(K.RENEWED, day(390), Term(day(400), day(800), day(765), day(795))),
    RecordedAct(K.SUSPENDED, day(500), suspension_until=day(680)),
    RecordedAct(K.WITHDRAWN, day(600)),
]

ROWS = [
    ("before the grant there is nothing", 4, PublicState.NOT_FOUND),
    ("granted and not begun", 5, PublicState.NOT_YET_VALID),
    ("in force", 10, PublicState.VALID),
    ("suspended", 50, PublicState.SUSPENDED),
    ("restored", 80, PublicState.VALID),
    ("renewed before the end carries on", 390, PublicState.VALID),
    ("and over the seam between the terms", 400, PublicState.VALID),
    ("suspended again", 500, PublicState.SUSPENDED),
    ("withdrawn", 600, PublicState.WITHDRAWN),
    ("and for good", 6000, PublicState.WITHDRAWN),
]


@pytest.mark.parametrize(("at", "state"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_history(at: int, state: PublicState) -> None:
    assert verdict(history_facts(FULL, day(at)), day(at)).state is state


def test_a_grant_becomes_facts() -> None:
    assert history_facts([GRANT], day(5)) == Facts(day(10), day(400), day(365), day(395))


def test_a_restored_suspension_leaves_no_trace_in_the_facts() -> None:
    assert history_facts(FULL[:3], day(80)) == history_facts([GRANT], day(80))


def test_a_renewal_after_a_gap_leaves_the_running_term_alone() -> None:
    acts = [GRANT, RecordedAct(K.RENEWED, day(300), Term(day(450), day(800)))]
    states = {at: verdict(history_facts(acts, day(at)), day(at)).state for at in (300, 420, 450)}
    assert states == {300: PublicState.VALID, 420: PublicState.NOT_YET_VALID, 450: PublicState.VALID}


def test_passed_surveillance_ends_an_overdue_suspension() -> None:
    acts = [GRANT, RecordedAct(K.RENEWED, day(398), Term(day(10), day(400)))]
    assert verdict(history_facts(acts, day(397)), day(397)).state is PublicState.SUSPENDED
    assert verdict(history_facts(acts, day(398)), day(398)).state is PublicState.VALID


def test_a_second_suspension_does_not_move_the_limit() -> None:
    acts = [GRANT, *(RecordedAct(K.SUSPENDED, day(at), suspension_until=day(at + 180)) for at in (50, 60))]
    facts = history_facts(acts, day(70))
    assert facts is not None
    assert (facts.suspended_at, facts.suspension_until) == (day(50), day(230))


def test_a_lapsed_scheme_counts_only_from_its_day() -> None:
    facts = history_facts([GRANT], day(20), scheme_lapsed_at=day(30))
    assert facts == history_facts([GRANT], day(20))
    later = history_facts([GRANT], day(30), scheme_lapsed_at=day(30))
    assert verdict(later, day(30)).state is PublicState.SCHEME_LAPSED


def test_superseded_names_its_successor() -> None:
    facts = history_facts([GRANT, RecordedAct(K.SUPERSEDED, day(20), successor="A1B2C3D4E59")], day(20))
    assert facts is not None
    assert facts.successor == "A1B2C3D4E59"


@pytest.mark.parametrize(
    "acts",
    [
        [RecordedAct(K.SUSPENDED, day(1))],
        [GRANT, GRANT],
        [RecordedAct(K.GRANTED, day(1))],
        [GRANT, RecordedAct(K.RENEWED, day(6))],
    ],
    ids=["an act before the grant", "two grants", "a grant without term", "a renewal without term"],
)
def test_a_history_that_cannot_be_is_refused(acts: list[RecordedAct]) -> None:
    with pytest.raises(ValueError, match=r"before|twice|without"):
        history_facts(acts, day(100))


kinds = st.sampled_from([K.SUSPENDED, K.RESTORED, K.SURRENDERED, K.WITHDRAWN, K.RENEWED, K.SUPERSEDED])


@given(st.lists(st.tuples(kinds, st.integers(6, 380)), max_size=8), st.integers(6, 900))
def test_after_a_loss_no_act_makes_it_valid(later: list[tuple[CertificateAct, int]], at: int) -> None:
    acts = [GRANT, *(RecordedAct(kind, day(when), TERM) for kind, when in sorted(later, key=lambda row: row[1]))]
    lost = [act.at for act in acts if act.kind in {K.WITHDRAWN, K.SURRENDERED}]
    state = verdict(history_facts(acts, day(at)), day(at)).state
    if lost and min(lost) <= day(at):
        assert state in {PublicState.WITHDRAWN, PublicState.SURRENDERED}


@pytest.mark.parametrize(
    ("kinds", "holds"),
    [
        ([K.GRANTED], True),
        ([K.GRANTED, K.SUSPENDED], False),
        ([K.GRANTED, K.SUSPENDED, K.RENEWED], False),
        ([K.GRANTED, K.SUSPENDED, K.RENEWED, K.RESTORED], True),
        ([K.GRANTED, K.SUSPENDED, K.RESTORED, K.SUSPENDED], False),
        ([K.GRANTED, K.WITHDRAWN], False),
        ([K.GRANTED, K.SURRENDERED, K.RENEWED], False),
        ([K.GRANTED, K.SUPERSEDED, K.RESTORED], False),
        ([], True),
    ],
)
def test_kinds_alone_say_whether_a_label_was_paused_or_lost(kinds: list[CertificateAct], *, holds: bool) -> None:
    assert in_force_by(kinds) is holds
