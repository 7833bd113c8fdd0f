"""A version of a scheme as programs read it: the text whose digest certificates name, and what became of it."""

from datetime import date, datetime
from typing import Any

from certification.rules.instants import instant_text
from certification.schemes.models import SchemeVersion


def scheme_document(version: SchemeVersion) -> dict[str, Any]:
    """``digest`` is the SHA-256 of the RFC 8785 form of ``document``; everything else may change, and stands as recorded."""
    return {
        "key": version.scheme.key,
        "version": version.version,
        "digest": version.digest,
        "state": version.state.value,
        "activated_at": _instant(version.activated_at),
        "ended_at": _instant(version.ended_at),
        "lapsed_at": _instant(version.lapsed_at),
        "mark": version.mark,
        "mark_ends_on": _day(version.mark_ends_on),
        "document": version.document,
    }


def _instant(at: datetime | None) -> str | None:
    return instant_text(at) if at else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
