"""When the register is read: now, at an instant, or at the end of a day in each scheme's zone; and what it knows of schemes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, literal, select

from certification.core.db import db
from certification.registry.models import Certificate
from certification.rules.days import day_of, end_of_day
from certification.rules.errors import InvalidInput
from certification.rules.instants import read_instant
from certification.rules.text import N_
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at, text_of, zone_of

FIRST_YEAR = 1970
LONGEST = 40
TICK = timedelta(microseconds=1)
InSql = datetime | ColumnElement[datetime]


class Moment(NamedTuple):
    """``now`` is when somebody asked; ``day`` or ``instant`` is the past that they asked for, at most one of them."""

    now: datetime
    day: date | None = None
    instant: datetime | None = None

    @property
    def is_past(self) -> bool:
        return self.day is not None or self.instant is not None

    def at(self, zone: ZoneInfo) -> datetime:
        """The last instant of the day in a zone, and never one still to come."""
        if self.day is not None:
            return min(end_of_day(self.day, zone) - TICK, self.now)
        return self.instant or self.now


def read_day(text: str, field: str) -> date | None:
    """A day as forms send it, ``2026-05-01``, or ``None`` for nothing. Raises InvalidInput (`bad_day`)."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip()[:LONGEST])
    except ValueError as error:
        raise _bad_day(field) from error
    if day.year < FIRST_YEAR:
        raise _bad_day(field)
    return day


def read_moment(text: str, now: datetime, zone: ZoneInfo) -> Moment:
    """What ``?on=`` asks for: a day, or an instant as RFC 3339 writes it; now when it is empty.

    Raises:
        InvalidInput: it can't be read (`bad_day`), or is still to come (`day_ahead`).

    """
    said = text.strip()[:LONGEST]
    if "T" not in said:
        day = read_day(said, "on")
        if day is not None and day > day_of(now, zone):
            raise _ahead()
        return Moment(now, day=day)
    try:
        instant = read_instant(said.replace(" ", "+"))  # a plus sign that nobody encoded
    except InvalidInput as error:
        raise _bad_day("on") from error
    if instant.year < FIRST_YEAR:
        raise _bad_day("on")
    if instant > now:
        raise _ahead()
    return Moment(now, instant=instant)


def _bad_day(field: str) -> InvalidInput:
    return InvalidInput("bad_day", N_("Escriba la fecha como año-mes-día, por ejemplo 2026-05-01."), field=field)


def _ahead() -> InvalidInput:
    return InvalidInput(
        "day_ahead", N_("Ese día todavía no llega: nadie sabe qué valdrá entonces. Elija hoy o un día pasado."), field="on"
    )


class Known(NamedTuple):
    """A scheme version as the register shows it. ``lapse`` is when it stopped backing labels, even still to come."""

    id: int
    key: str
    version: str
    name: str
    zone: ZoneInfo
    lapse: datetime | None


def known_schemes(lang: str) -> dict[int, Known]:
    """Every scheme version by its id; they are few, and their texts are parsed once a process."""
    return {
        one.id: Known(one.id, one.scheme.key, one.version, text_of(one).name.in_(lang), zone_of(one), lapsed_at(one))
        for one in db.session.scalars(select(SchemeVersion)).unique()
    }


def by_zone(known: Mapping[int, Known], at: Callable[[ZoneInfo], datetime]) -> InSql:
    """An instant that depends on the scheme's zone: plain where all agree, else an expression over ``certificates``."""
    instants: dict[datetime, list[int]] = {}
    for one in known.values():
        instants.setdefault(at(one.zone), []).append(one.id)
    if len(instants) == 1:
        return next(iter(instants))
    if not instants:
        return at(ZoneInfo("UTC"))
    whens = [
        (Certificate.scheme_version_id.in_(ids), literal(instant, Certificate.granted_at.type))
        for instant, ids in instants.items()
    ]
    return case(*whens)


def lapsed_ids(known: Iterable[Known], when: Moment) -> frozenset[int]:
    """The versions that no longer backed any label then."""
    return frozenset(one.id for one in known if one.lapse is not None and one.lapse <= when.at(one.zone))
