"""The register inside an export, as files, and until when the states in it hold by themselves."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.core.paging import Position
from certification.registry.models import Certificate
from certification.registry.moments import Moment
from certification.registry.register import BATCH, page
from certification.registry.rows import Row
from certification.registry.searching import Filter
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at

TURNS = (Certificate.valid_from, Certificate.valid_until, Certificate.grace_ends, Certificate.suspended_at)


def rows(session: Session, at: datetime) -> Iterator[Row]:
    """All certificates with their state at `at`, newest grant first, a batch in memory at a time; within one moment."""
    start: Position | None = None
    while True:
        found = page(Filter(), Moment(at), lang="es", start=start, limit=BATCH)
        yield from found.rows
        session.expunge_all()
        if found.after is None:
            return
        start = Position(found.after)


def next_turn(session: Session, at: datetime) -> datetime | None:
    """The next instant at which a date changes some state, with no act."""
    found = [session.scalar(select(func.min(column)).where(column > at)) for column in TURNS]
    lapses = [lapsed_at(version) for version in session.scalars(select(SchemeVersion))]
    return min((one for one in (*found, *lapses) if one is not None and one > at), default=None)
