"""The surveillance visits that a committee has to see to: overdue ones and those soon due, in one list. Queries only."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select, tuple_

from certification.accounts.models import User
from certification.applications.cases import bars_to_deciding
from certification.applications.desk import Bar, bar_of
from certification.core.db import db
from certification.core.web import PER_PAGE, cursor, instant_and_id
from certification.log.lagging import lags
from certification.registry.committee import living, with_cases
from certification.registry.models import Certificate
from certification.registry.recorded import recorded_of
from certification.registry.reminders import BEFORE_A_VISIT
from certification.registry.telling import last_day
from certification.registry.weighing import weigh
from certification.rules.code import display
from certification.rules.verdict import PublicState
from certification.schemes.texts import lapsed_at, text_of, zone_of


class DueVisit(NamedTuple):
    """One label. ``due`` is the last day for its visit, ``grace`` the last on which it goes without one; ``late`` and ``over``
    say that these are past. ``bar`` is why this person may not write it down, None where they may.
    """

    code: str
    shown: str
    label: str
    holder: str
    goods: str
    state: PublicState
    due: date
    grace: date
    late: bool
    over: bool
    bar: Bar | None

    @property
    def paused_from(self) -> date:
        """The first day on which it does not count without the visit."""
        return self.grace + timedelta(days=1)


class Visits(NamedTuple):
    """One page; ``after`` is the word for the next one, None on the last."""

    found: list[DueVisit]
    after: str | None


def due_visits(person: User, lang: str, at: datetime, *, after: Sequence[Any] | None) -> Visits:
    """The labels of this person's committees whose visit is overdue or due within :data:`reminders.BEFORE_A_VISIT`, first those
    that were paused, or will be, first; from a position on.

    Raises:
        BadRequest: ``after`` is no position.

    """
    one = Certificate
    due = (*living(person, at), one.surveillance_due <= at + BEFORE_A_VISIT)
    wanted = select(one).where(*due).order_by(one.grace_ends, one.id).limit(PER_PAGE + 1)
    if after is not None:
        wanted = wanted.where(tuple_(one.grace_ends, one.id) > tuple_(*instant_and_id(after)))
    rows = db.session.scalars(with_cases(wanted)).all()
    last = rows[PER_PAGE - 1] if len(rows) > PER_PAGE else None
    following = cursor(last.grace_ends.isoformat(), last.id) if last is not None and last.grace_ends else None
    told, behind = recorded_of(rows), lags()
    weighed = [(row, weigh(row, told[row.id], lapsed_at(row.scheme_version), at, behind=behind)) for row in rows[:PER_PAGE]]
    bars = bars_to_deciding(person, [row.case for row, _ in weighed], at)
    return Visits([_shown(row, found.state, bar_of(bars[row.case.id], lang), lang, at) for row, found in weighed], following)


def count_overdue(person: User, at: datetime) -> int:
    """How many of them are past their day."""
    overdue = select(func.count(Certificate.id)).where(*living(person, at), Certificate.surveillance_due <= at)
    return db.session.scalar(overdue) or 0


def _shown(one: Certificate, state: PublicState, bar: Bar | None, lang: str, at: datetime) -> DueVisit:
    zone, due, ends = zone_of(one.scheme_version), one.surveillance_due or one.valid_until, one.grace_ends or one.valid_until
    return DueVisit(
        code=one.code,
        shown=display(one.code),
        label=text_of(one.scheme_version).name.in_(lang),
        holder=one.holder_name,
        goods=one.goods,
        state=state,
        due=last_day(due, zone),
        grace=last_day(ends, zone),
        late=due <= at,
        over=ends <= at,
        bar=bar,
    )
