from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from certification.rules.days import DEFAULT_ZONE, add_months, day_of, end_of_day, start_of_day, suspension_limit


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        (DEFAULT_ZONE, date(2026, 11, 21), datetime(2026, 11, 21, 6, tzinfo=UTC), datetime(2026, 11, 22, 6, tzinfo=UTC)),
        ("America/Tijuana", date(2026, 3, 8), datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),
        ("America/Cancun", date(2026, 1, 1), datetime(2026, 1, 1, 5, tzinfo=UTC), datetime(2026, 1, 2, 5, tzinfo=UTC)),
        # midnight does not exist on this day: the clocks went from 24:00 to 01:00
        ("Asia/Beirut", date(2026, 3, 29), datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 21, tzinfo=UTC)),
    ],
)
def test_a_day_runs_from_midnight_to_midnight_in_its_zone(zone: str, day: date, start: datetime, end: datetime) -> None:
    assert start_of_day(day, ZoneInfo(zone)) == start
    assert end_of_day(day, ZoneInfo(zone)) == end
    assert day_of(start, ZoneInfo(zone)) == day
    assert day_of(end, ZoneInfo(zone)) > day


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 21), 24, date(2028, 11, 21)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
        (date(2026, 1, 31), 0, date(2026, 1, 31)),
    ],
)
def test_months_keep_the_day_or_take_the_last_one(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_a_suspension_ends_with_the_day_six_months_on() -> None:
    begun = datetime(2026, 8, 31, 5, 30, tzinfo=UTC)  # still the 30th in Mexico City
    assert suspension_limit(begun, ZoneInfo(DEFAULT_ZONE)) == datetime(2027, 3, 1, 6, tzinfo=UTC)
