"""Since when a label is in its state, and every turn that its state took: told from recorded acts by the one verdict.

Facts of one instant forget: a pause that ended leaves no mark in them, nor does a gap before a renewal. So the state is judged
again at each instant at which an act or a date could have turned it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certification.rules.facts import RecordedAct, history_facts
from certification.rules.verdict import PublicState, Verdict, verdict
from certification.rules.workflow import CertificateAct

RETURNING = frozenset({CertificateAct.RESTORED, CertificateAct.RENEWED})
Judge = Callable[[datetime], Verdict]


@dataclass(frozen=True, slots=True)
class Change:
    """At this instant the state became another; `verdict` is that of the instant."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Period:
    """A state from `begins` until before `ends`, None where it goes on; `verdict` is that of its beginning."""

    begins: datetime
    ends: datetime | None
    verdict: Verdict


def turning_dates(acts: Iterable[RecordedAct], lapses: Iterable[datetime | None] = ()) -> frozenset[datetime]:
    """Every instant at which acts, the dates of their terms or the end of a scheme could turn a state."""
    dates: set[datetime | None] = set(lapses)
    for act in acts:
        dates.add(act.at)
        if act.term:
            dates |= {act.term.valid_from, act.term.valid_until, act.term.grace_ends}
    return frozenset(instant for instant in dates if instant is not None)


def changes(judge: Judge, dates: Iterable[datetime], until: datetime) -> list[Change]:
    """Every change of state up to `until`, the oldest first, which is the grant; `dates` as of `turning_dates`."""
    found: list[Change] = []
    before = PublicState.NOT_FOUND
    for instant in sorted({one for one in dates if one <= until}):
        now = judge(instant)
        if now.state is not before:
            found.append(Change(instant, now))
            before = now.state
    return found


def truly_since(judge: Judge, dates: Iterable[datetime], as_of: datetime) -> Verdict:
    """The verdict of `as_of`, its `since` being when that state really began.

    A label that was valid from its grant on is so since the first day of its term.
    """
    found = judge(as_of)
    if found.since is None:
        return found
    turned = changes(judge, dates, as_of)
    return replace(found, since=turned[-1].at) if len(turned) > 1 else found


def history_verdict(acts: Sequence[RecordedAct], as_of: datetime, *, scheme_lapsed_at: datetime | None = None) -> Verdict:
    """What acts in the order of their record lead to at `as_of`, and since when; NOT_FOUND before the grant.

    Raises ValueError as `history_facts`.
    """

    def judge(at: datetime) -> Verdict:
        return verdict(history_facts(acts, at, scheme_lapsed_at=scheme_lapsed_at), at)

    if not any(act.kind in RETURNING and act.at <= as_of for act in acts):
        return judge(as_of)  # nothing ever came back: its facts forget nothing
    return truly_since(judge, turning_dates(acts, [scheme_lapsed_at]), as_of)


def turns_of(acts: Sequence[RecordedAct], until: datetime, *, scheme_lapsed_at: datetime | None = None) -> list[Period]:
    """The states that dates alone brought since the grant, each until the next change; acts in the order of their record."""
    acted, dates = {act.at for act in acts}, turning_dates(acts, [scheme_lapsed_at])
    if not any(acts[0].at < one <= until for one in dates - acted):
        return []

    def judge(at: datetime) -> Verdict:
        return verdict(history_facts(acts, at, scheme_lapsed_at=scheme_lapsed_at), at)

    every = changes(judge, dates, until)
    ends = [*(one.at for one in every[1:]), None]
    return [Period(one.at, end, one.verdict) for one, end in zip(every, ends, strict=True) if one.at not in acted]
