"""The one verifier: what a certificate is worth at an instant. Called by the page, the API, the commands,
the monitor and the checker of the static export. Nothing here reads a clock.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from certification.rules.days import end_of_day, start_of_day
from certification.rules.facts import Facts, RecordedAct, Term, history_facts

__all__ = [
    "PRECEDENCE",
    "Facts",
    "PublicState",
    "Reason",
    "RecordedAct",
    "Term",
    "Verdict",
    "as_recorded",
    "end_of_day",
    "history_facts",
    "next_change",
    "start_of_day",
    "unless_behind",
    "unless_compromised",
    "unless_waiting",
    "valid_interval",
    "verdict",
]


class PublicState(StrEnum):
    """What anyone is told. The last two are no certificate's state.

    `verdict` never answers CANNOT_CHECK: it belongs to whoever could not read what a verdict needs, or has a reason to doubt it
    (`unless_behind`, `as_recorded`, `unless_compromised`, `unless_waiting`).
    """

    VALID = "VALID"
    NOT_YET_VALID = "NOT_YET_VALID"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    SURRENDERED = "SURRENDERED"
    WITHDRAWN = "WITHDRAWN"
    SCHEME_LAPSED = "SCHEME_LAPSED"
    NOT_FOUND = "NOT_FOUND"
    CANNOT_CHECK = "CANNOT_CHECK"


PRECEDENCE = (
    PublicState.WITHDRAWN,
    PublicState.SURRENDERED,
    PublicState.SUPERSEDED,
    PublicState.SUSPENDED,
    PublicState.SCHEME_LAPSED,
    PublicState.EXPIRED,
    PublicState.NOT_YET_VALID,
    PublicState.VALID,
)


class Reason(StrEnum):
    """Why a verdict says what it says."""

    IN_FORCE = "in_force"
    SURVEILLANCE_IN_GRACE = "surveillance_in_grace"
    NOT_STARTED = "not_started"
    TERM_OVER = "term_over"
    SCHEME_LAPSED = "scheme_lapsed"
    SUSPENDED_BY_ACT = "suspended_by_act"
    SUSPENSION_PAST_LIMIT = "suspension_past_limit"
    SURVEILLANCE_OVERDUE = "surveillance_overdue"
    REPLACED = "replaced"
    GIVEN_BACK = "given_back"
    WITHDRAWN_BY_ACT = "withdrawn_by_act"
    UNKNOWN_CODE = "unknown_code"
    REGISTRY_BEHIND = "registry_behind"
    RECORD_DIFFERS = "record_differs"
    COMPROMISED_KEY = "compromised_key"
    NOT_SIGNED_YET = "not_signed_yet"


HOLDING = frozenset({PublicState.VALID, PublicState.NOT_YET_VALID})
LOST = frozenset({PublicState.WITHDRAWN, PublicState.SURRENDERED, PublicState.SUPERSEDED})  # for good: nothing brings it back


@dataclass(frozen=True, slots=True)
class Verdict:
    """`since` is when this state began by the facts at hand (`periods` knows better), None where nothing began.

    `successor` only with SUPERSEDED.
    """

    state: PublicState
    since: datetime | None
    reason: Reason
    successor: str | None = None

    @property
    def is_valid(self) -> bool:
        return self.state is PublicState.VALID


def verdict(facts: Facts | None, as_of: datetime) -> Verdict:
    """The state at `as_of` by `PRECEDENCE`. What happens after `as_of` does not count; no facts means NOT_FOUND."""
    if facts is None:
        return Verdict(PublicState.NOT_FOUND, None, Reason.UNKNOWN_CODE)
    ended = (
        (facts.withdrawn_at, PublicState.WITHDRAWN, Reason.WITHDRAWN_BY_ACT),
        (facts.surrendered_at, PublicState.SURRENDERED, Reason.GIVEN_BACK),
        (facts.superseded_at, PublicState.SUPERSEDED, Reason.REPLACED),
    )
    for since, state, reason in ended:
        if _reached(since, as_of):
            return Verdict(state, since, reason, facts.successor if state is PublicState.SUPERSEDED else None)
    return _suspension(facts, as_of) or _by_dates(facts, as_of)


def unless_behind(found: Verdict, *, behind: bool) -> Verdict:
    """What may be told where the record is known to lack acts: what was lost stays lost, and nobody says that a label holds."""
    return _doubted(found, Reason.REGISTRY_BEHIND) if behind else found


def as_recorded(found: Verdict, recorded: Verdict | None) -> Verdict:
    """What may be told where a stored standing was held against the acts that should lead to it (None: some are missing).

    That a label holds only where they say the same state; and since when, for a stored standing forgets.
    """
    if recorded is None or recorded.state is not found.state:
        return _doubted(found, Reason.RECORD_DIFFERS)
    return replace(found, since=recorded.since)


def unless_compromised(found: Verdict, *, compromised: bool) -> Verdict:
    """What may be told where the standing version counts no more, because its key fell into other hands before its leaf."""
    return _doubted(found, Reason.COMPROMISED_KEY) if compromised else found


def unless_waiting(found: Verdict, *, waiting: bool) -> Verdict:
    """What may be told where the acts that a label rests on still wait for the log's signature."""
    return _doubted(found, Reason.NOT_SIGNED_YET) if waiting else found


def _doubted(found: Verdict, reason: Reason) -> Verdict:
    return Verdict(PublicState.CANNOT_CHECK, None, reason) if found.state in HOLDING else found


def _suspension(facts: Facts, as_of: datetime) -> Verdict | None:
    """A recorded suspension speaks before overdue surveillance; the state began with the earlier of the two."""
    begun = [at for at in (facts.suspended_at, facts.overdue_at) if at is not None and at <= as_of]
    if not begun:
        return None
    if not _reached(facts.suspended_at, as_of):
        reason = Reason.SURVEILLANCE_OVERDUE
    elif _reached(facts.suspension_until, as_of):
        reason = Reason.SUSPENSION_PAST_LIMIT
    else:
        reason = Reason.SUSPENDED_BY_ACT
    return Verdict(PublicState.SUSPENDED, min(begun), reason)


def _by_dates(facts: Facts, as_of: datetime) -> Verdict:
    if _reached(facts.scheme_lapsed_at, as_of):
        return Verdict(PublicState.SCHEME_LAPSED, facts.scheme_lapsed_at, Reason.SCHEME_LAPSED)
    if as_of >= facts.valid_until:
        return Verdict(PublicState.EXPIRED, facts.valid_until, Reason.TERM_OVER)
    if as_of < facts.valid_from:
        return Verdict(PublicState.NOT_YET_VALID, None, Reason.NOT_STARTED)
    in_grace = _reached(facts.surveillance_due, as_of)
    return Verdict(PublicState.VALID, facts.valid_from, Reason.SURVEILLANCE_IN_GRACE if in_grace else Reason.IN_FORCE)


def _reached(instant: datetime | None, as_of: datetime) -> bool:
    return instant is not None and instant <= as_of


def valid_interval(facts: Facts) -> tuple[datetime, datetime] | None:
    """The half-open interval in which `verdict` says VALID; None when there is no such instant.

    This is what a query compares with: VALID ⇔ start ≤ instant < end.
    """
    ends = (
        facts.valid_until,
        facts.overdue_at,
        facts.suspended_at,
        facts.withdrawn_at,
        facts.surrendered_at,
        facts.superseded_at,
        facts.scheme_lapsed_at,
    )
    end = min(instant for instant in ends if instant is not None)
    return (facts.valid_from, end) if facts.valid_from < end else None


def next_change(facts: Facts, as_of: datetime) -> datetime | None:
    """The next instant after `as_of` at which state or reason changes by itself; None when never.

    A cached page may live until then at most.
    """
    now = verdict(facts, as_of)
    turns = {value for field in fields(facts) if isinstance(value := getattr(facts, field.name), datetime)}
    for instant in sorted(turn for turn in turns if turn > as_of):
        then = verdict(facts, instant)
        if (then.state, then.reason) != (now.state, now.reason):
            return instant
    return None
