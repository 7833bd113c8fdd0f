"""What a certificate must be by the log, its credentials' dates and the end of its scheme: through the one verifier."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from certification.outside.sources import Source
from certification.rules.days import DEFAULT_ZONE, end_of_day
from certification.rules.errors import CannotCheck, NotFound
from certification.rules.facts import Facts, Term
from certification.rules.leaves import Act, LogAct, SchemeRef
from certification.rules.replay import ISSUING, facts_as_of, scheme_end
from certification.rules.verdict import PublicState, verdict

SKEW = timedelta(minutes=2)  # what clocks may differ by
SCHEME_ACTS = (LogAct.SCHEME_ACTIVATED, LogAct.SCHEME_LAPSED, LogAct.SCHEME_WITHDRAWN)


class Remembered(Protocol):
    """Acts and terms that somebody believes: a monitor's memory, or what lies in an export."""

    def acts_of(self, code: str) -> Sequence[tuple[int, Act]]:
        """The acts on one certificate, in the log's order, with their indices."""
        ...

    def acts_of_kind(self, *kinds: LogAct) -> Sequence[tuple[int, Act]]:
        """The acts of some kinds, the same way."""
        ...

    def terms(self, code: str) -> dict[int, Term]:
        """The dates of the credentials of one certificate, by version."""
        ...


@dataclass(frozen=True, slots=True)
class Moments:
    """The instants between which something was read, with what clocks may differ by."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What a certificate must be: its states (two where time changed it while it was read), and its bits the same way.

    `term` is its time without a gap, over all versions.
    """

    states: frozenset[PublicState]
    suspended: frozenset[bool]
    revoked: bool
    newest: int
    scheme: SchemeRef | None
    last_act: datetime
    term: Term


@dataclass
class Schemes:
    """When schemes end: by acts of the log, and by the end of the legal mark that the scheme's own page tells as JSON."""

    source: Source
    memory: Remembered
    _marks: dict[SchemeRef, datetime | None] = field(default_factory=dict)
    _ends: dict[SchemeRef, datetime | None] = field(default_factory=dict)

    def by_act(self, scheme: SchemeRef) -> datetime | None:
        if scheme not in self._ends:
            self._ends[scheme] = scheme_end((act for _, act in self.memory.acts_of_kind(*SCHEME_ACTS)), scheme)
        return self._ends[scheme]

    def by_mark(self, scheme: SchemeRef) -> datetime | None:
        """None as well where nobody tells; then only acts end it."""
        if scheme not in self._marks:
            try:
                told = self.source.get(f"/schemes/{scheme.id}/{scheme.version}", "application/json")
                self._marks[scheme] = _mark_end(told)
            except (NotFound, CannotCheck):
                self._marks[scheme] = None
        return self._marks[scheme]


def due(memory: Remembered, schemes: Schemes, code: str, moments: Moments) -> Due | None:
    """What `code` must be; None for one that was never granted. Raises ValueError for acts in an order that no registry has."""
    told = [act for _, act in memory.acts_of(code)]
    issued = [act for act in told if act.act in ISSUING]
    if not issued:
        return None
    scheme = issued[-1].scheme
    end = schemes.by_act(scheme) if scheme else None
    marks = [one for one in (end, schemes.by_mark(scheme) if scheme else None) if one is not None]
    last_act = max([act.at for act in told] + ([end] if end and end <= moments.last else []))
    first, last = max(moments.first, last_act), max(moments.last, last_act)
    facts = facts_as_of(told, last, terms=memory.terms(code), scheme_lapsed_at=min(marks, default=None))
    if facts is None:
        raise ValueError("no grant")
    states = frozenset(verdict(facts, at).state for at in (first, last))
    term = Term(facts.valid_from, facts.valid_until)
    return Due(states, _suspended(facts, first, last), _revoked(facts), _newest(issued), scheme, last_act, term)


def _newest(issued: list[Act]) -> int:
    return max(act.certificate.version for act in issued if act.certificate)


def _revoked(facts: Facts) -> bool:
    return any(mark is not None for mark in (facts.withdrawn_at, facts.surrendered_at, facts.superseded_at))


def _suspended(facts: Facts, first: datetime, last: datetime) -> frozenset[bool]:
    """The bit: by an act, or because the scheme has ended; dates of the credential set none."""
    ends = facts.scheme_lapsed_at
    return frozenset(facts.suspended_at is not None or (ends is not None and ends <= at) for at in (first, last))


def _mark_end(told: bytes) -> datetime | None:
    """The end of the last day of a legal mark, from a scheme as JSON (`mark_ends_on`, and `time_zone` of its `document`)."""
    try:
        said = json.loads(told)
        day = said.get("mark_ends_on")
        zone = ZoneInfo(said.get("time_zone") or said.get("document", {}).get("time_zone") or DEFAULT_ZONE)
        return end_of_day(date.fromisoformat(day), zone) if day else None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, ZoneInfoNotFoundError):
        return None
