"""Instants as text: RFC 3339, which is also what XML Schema calls dateTimeStamp."""

import re
from datetime import UTC, datetime

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

MICROSECONDS_IN_ONE = 1000  # millisecond

_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,18})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


def instant_text(at: datetime) -> str:
    """`at` in UTC as `2026-11-21T16:32:00Z`; with milliseconds where it has any, what is finer is cut off.

    Raises ValueError for a naive instant.
    """
    if at.tzinfo is None:
        raise ValueError("an instant without a time zone")
    precision = "milliseconds" if at.microsecond // MICROSECONDS_IN_ONE else "seconds"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def read_instant(text: object) -> datetime:
    """The instant of an RFC 3339 text with its offset, in UTC; what is finer than microseconds is cut off.

    Raises InvalidInput (`bad_instant`).
    """
    if isinstance(text, str) and _SHAPE.match(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise _refused() from error
    raise _refused()


def _refused() -> InvalidInput:
    return InvalidInput("bad_instant", N_("El documento trae una fecha u hora que no se puede leer."))
