"""Calendar days and instants. A day of validity runs to its end in the scheme's time zone."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "America/Mexico_City"
SUSPENSION_MONTHS = 6


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day` in `zone`, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which `day` is over in `zone`, in UTC: the first of the next day, itself outside."""
    return start_of_day(day + timedelta(days=1), zone)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day that `instant` falls on in `zone`. `instant` is aware."""
    return instant.astimezone(zone).date()


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier); the last of the month where there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def suspension_limit(begun: datetime, zone: ZoneInfo) -> datetime:
    """When a suspension begun at `begun` must have been restored or withdrawn: the end of the day six months on."""
    return end_of_day(add_months(day_of(begun, zone), SUSPENSION_MONTHS), zone)
