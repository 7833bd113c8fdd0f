"""Validity of stored certificates: the verdict's facts from a row, and the same rule as SQL.

Both forms are held equal by a property test; whatever changes here changes in ``rules.verdict`` as well.
"""

from collections.abc import Collection
from datetime import datetime
from operator import attrgetter
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, case, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from certification.core.db import db
from certification.log.lagging import lags
from certification.registry.models import Certificate
from certification.rules.verdict import Facts, PublicState, Verdict, unless_behind, verdict
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at

INSTANTS = (
    "valid_from",
    "valid_until",
    "surveillance_due",
    "grace_ends",
    "suspended_at",
    "suspension_until",
    "withdrawn_at",
    "surrendered_at",
    "superseded_at",
    "successor",
)
_columns = attrgetter(*INSTANTS)  # in the order of Facts: they are made at every view


class Dated(Protocol):
    """A certificate, or a row with its columns of the same names."""

    @property
    def valid_from(self) -> Any: ...

    @property
    def valid_until(self) -> Any: ...


def facts_of(row: Dated, lapse: datetime | None) -> Facts:
    """What the verdict needs, from a certificate or a row of its columns."""
    return Facts(*(*_columns(row), lapse))


def judge(facts: Facts | None, at: datetime) -> Verdict:
    """The verdict as this registry may tell it (see ``log.lagging``)."""
    return unless_behind(verdict(facts, at), behind=lags())


def lapsed_versions(at: datetime) -> frozenset[int]:
    """Ids of the scheme versions that no longer back any label. Versions are few; only those that may have ended are read."""
    ending = select(SchemeVersion).where(or_(SchemeVersion.lapsed_at.is_not(None), SchemeVersion.mark_ends_on.is_not(None)))
    ends = ((version.id, lapsed_at(version)) for version in db.session.scalars(ending))
    return frozenset(id_ for id_, end in ends if end is not None and end <= at)


def state_at(at: datetime, lapsed: Collection[int] | None = None) -> ColumnElement[str]:
    """The public state as SQL over ``certificates``. ``lapsed`` is :func:`lapsed_versions`, read when not given."""
    return state_then(at, lapsed_versions(at) if lapsed is None else lapsed)


def state_then(at: datetime | ColumnElement[datetime], lapsed: Collection[int]) -> ColumnElement[str]:
    """As :func:`state_at`, of an instant that may differ from row to row."""
    one = Certificate
    overdue = and_(one.grace_ends <= at, one.grace_ends < one.valid_until)
    return case(
        (one.withdrawn_at <= at, literal(PublicState.WITHDRAWN.value)),
        (one.surrendered_at <= at, literal(PublicState.SURRENDERED.value)),
        (one.superseded_at <= at, literal(PublicState.SUPERSEDED.value)),
        (or_(one.suspended_at <= at, overdue), literal(PublicState.SUSPENDED.value)),
        (one.scheme_version_id.in_(lapsed), literal(PublicState.SCHEME_LAPSED.value)),
        (one.valid_until <= at, literal(PublicState.EXPIRED.value)),
        (one.valid_from > at, literal(PublicState.NOT_YET_VALID.value)),
        else_=literal(PublicState.VALID.value),
    )


def valid_at(at: datetime, lapsed: Collection[int] | None = None) -> ColumnElement[bool]:
    """Whether the state is VALID, as comparisons that an index can serve; ``lapsed`` as for :func:`state_at`."""
    one = Certificate
    lapsed = lapsed_versions(at) if lapsed is None else lapsed
    return and_(
        one.valid_from <= at,
        one.valid_until > at,
        or_(one.grace_ends.is_(None), one.grace_ends >= one.valid_until, one.grace_ends > at),
        _not_reached(one.suspended_at, at),
        _not_reached(one.withdrawn_at, at),
        _not_reached(one.surrendered_at, at),
        _not_reached(one.superseded_at, at),
        *((one.scheme_version_id.not_in(lapsed),) if lapsed else ()),
    )


def _not_reached(column: InstrumentedAttribute[datetime | None], at: datetime) -> ColumnElement[bool]:
    return or_(column.is_(None), column > at)
