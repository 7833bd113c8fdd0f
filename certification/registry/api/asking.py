"""What a client asks: instants, days and codes as they are written. Nothing here reads a clock or a database."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from certification.rules.days import day_of, end_of_day
from certification.rules.errors import InvalidInput
from certification.rules.text import N_

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+\- ]\d\d:\d\d)", re.ASCII)
UNREADABLE = N_("Escriba el día como 2026-11-21, o el instante con su zona como 2026-11-21T16:32:00Z.")
FUTURE = N_("Nadie sabe qué valdrá mañana: pregunte por hoy o por un día que ya pasó.")
LAST_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class AsOf:
    """A past instant, or a day, which ends when it ends where the scheme is."""

    asked: datetime | date
    now: datetime

    def instant(self, zone: ZoneInfo) -> datetime:
        """The instant that is meant for a scheme of this zone; never later than now."""
        if isinstance(self.asked, datetime):
            return self.asked
        return min(end_of_day(self.asked, zone) - LAST_INSTANT, self.now)


def read_as_of(text: str | None, now: datetime, zone: ZoneInfo) -> AsOf | None:
    """What ``as_of`` says; None where it is absent. ``zone`` is the site's: what is today there is not the future.

    Raises:
        InvalidInput: ``as_of_unreadable``, ``as_of_future``.

    """
    if text is None:
        return None
    asked = _read(text)
    today = day_of(now, zone)
    if asked > now if isinstance(asked, datetime) else asked > today:
        raise InvalidInput("as_of_future", FUTURE)
    return AsOf(asked, now)


def _read(text: str) -> datetime | date:
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
        if INSTANT.fullmatch(text):
            whole = f"{text[:-6]}+{text[-5:]}" if text[-6] == " " else text.upper()  # an argument's plus sign reads as a space
            return datetime.fromisoformat(whole).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("as_of_unreadable", UNREADABLE) from error
    raise InvalidInput("as_of_unreadable", UNREADABLE)
