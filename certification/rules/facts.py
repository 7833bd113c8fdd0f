"""The facts of a certificate, and how recorded acts lead to them as of any past instant."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from certification.rules.workflow import CertificateAct

FOR_GOOD = frozenset({CertificateAct.WITHDRAWN, CertificateAct.SURRENDERED, CertificateAct.SUPERSEDED})
INSTANTS = (
    *("valid_from", "valid_until", "surveillance_due", "grace_ends", "suspended_at", "suspension_until"),
    *("withdrawn_at", "surrendered_at", "superseded_at", "scheme_lapsed_at"),
)
_instants = attrgetter(*INSTANTS)


@dataclass(frozen=True, slots=True)
class Facts:
    """Dates and recorded acts of one certificate: aware instants, None where there is nothing.

    Ends are exclusive: at `valid_until` itself the label is over (see `days.end_of_day`). `surveillance_due` and
    `grace_ends` come together. `suspension_until` is the limit of a suspension and never lifts it.
    Raises ValueError for a naive instant.
    """

    valid_from: datetime
    valid_until: datetime
    surveillance_due: datetime | None = None
    grace_ends: datetime | None = None
    suspended_at: datetime | None = None
    suspension_until: datetime | None = None
    withdrawn_at: datetime | None = None
    surrendered_at: datetime | None = None
    superseded_at: datetime | None = None
    successor: str | None = None
    scheme_lapsed_at: datetime | None = None

    def __post_init__(self) -> None:
        for at, value in enumerate(_instants(self)):  # facts are made at every view
            if value is not None and value.tzinfo is None:
                raise ValueError(f"{INSTANTS[at]} has no time zone")
        if (self.surveillance_due is None) != (self.grace_ends is None):
            raise ValueError("surveillance_due and grace_ends come together")

    @property
    def overdue_at(self) -> datetime | None:
        """When overdue surveillance suspends by itself. Never, where the term is over first."""
        return self.grace_ends if self.grace_ends and self.grace_ends < self.valid_until else None


@dataclass(frozen=True, slots=True)
class Term:
    """What one version of a certificate runs for; instants as in `Facts`."""

    valid_from: datetime
    valid_until: datetime
    surveillance_due: datetime | None = None
    grace_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordedAct:
    """One public act. `term` with granted and renewed, `suspension_until` with suspended, `successor` with superseded."""

    kind: CertificateAct
    at: datetime
    term: Term | None = None
    suspension_until: datetime | None = None
    successor: str | None = None


def history_facts(acts: Iterable[RecordedAct], as_of: datetime, *, scheme_lapsed_at: datetime | None = None) -> Facts | None:
    """The facts that held at `as_of`, from acts in the order of their record; None before the grant.

    A later act of the same kind never moves the first withdrawal, surrender or suspension to a later date.
    Raises ValueError when an act comes before the grant or lacks what its kind needs.
    """
    facts: Facts | None = None
    for act in acts:
        if act.at > as_of:
            continue
        facts = _granted(act) if facts is None else _after(facts, act, as_of)
    if facts is None or scheme_lapsed_at is None or scheme_lapsed_at > as_of:
        return facts
    return replace(facts, scheme_lapsed_at=scheme_lapsed_at)


def in_force_by(kinds: Iterable[CertificateAct]) -> bool:
    """Whether acts of these kinds, in the order of their record, leave a label neither paused nor lost."""
    paused = False
    for kind in kinds:
        if kind in FOR_GOOD:
            return False
        paused = kind is CertificateAct.SUSPENDED or (paused and kind is not CertificateAct.RESTORED)
    return not paused


def _granted(act: RecordedAct) -> Facts:
    if act.kind is not CertificateAct.GRANTED:
        raise ValueError(f"{act.kind} before the grant")
    term = _term(act)
    return Facts(term.valid_from, term.valid_until, term.surveillance_due, term.grace_ends)


def _after(facts: Facts, act: RecordedAct, as_of: datetime) -> Facts:
    match act.kind:
        case CertificateAct.GRANTED:
            raise ValueError("granted twice")
        case CertificateAct.RENEWED:
            return renewed(facts, _term(act), as_of)
        case CertificateAct.SUSPENDED:
            begun = facts.suspended_at or act.at
            return replace(facts, suspended_at=begun, suspension_until=facts.suspension_until or act.suspension_until)
        case CertificateAct.RESTORED:
            return replace(facts, suspended_at=None, suspension_until=None)
        case CertificateAct.WITHDRAWN:
            return replace(facts, withdrawn_at=facts.withdrawn_at or act.at)
        case CertificateAct.SURRENDERED:
            return replace(facts, surrendered_at=facts.surrendered_at or act.at)
        case CertificateAct.SUPERSEDED:
            return replace(facts, superseded_at=facts.superseded_at or act.at, successor=act.successor)


def renewed(facts: Facts, term: Term, as_of: datetime) -> Facts:
    """A next version carries on from the running one; after a gap it starts anew, once the old term is over."""
    gap = term.valid_from > facts.valid_until
    if gap and as_of < facts.valid_until:
        return facts
    return replace(
        facts,
        valid_from=term.valid_from if gap else min(facts.valid_from, term.valid_from),
        valid_until=term.valid_until,
        surveillance_due=term.surveillance_due,
        grace_ends=term.grace_ends,
    )


def _term(act: RecordedAct) -> Term:
    if act.term is None:
        raise ValueError(f"{act.kind} without its term")
    return act.term
