"""Days and moments as ``core.i18n`` writes them, without asking CLDR each time: the verify page's cost is promised."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import get_month_names

LOCALES = {"es": "es_MX", "en": "en"}


@cache
def _months(lang: str) -> tuple[str, ...]:
    names = get_month_names("abbreviated", locale=LOCALES[lang])
    return tuple(names[number].replace(".", "") for number in range(1, 13))


def day(value: date, lang: str) -> str:
    """21 nov 2026; Nov 21, 2026."""
    month = _months(lang)[value.month - 1]
    return f"{value.day} {month} {value.year}" if lang == "es" else f"{month} {value.day}, {value.year}"


def moment(value: datetime, lang: str, zone: ZoneInfo) -> str:
    """21 nov 2026, 10:32, in ``zone``."""
    there = value.astimezone(zone)
    return f"{day(there, lang)}, {there.hour:02d}:{there.minute:02d}"
