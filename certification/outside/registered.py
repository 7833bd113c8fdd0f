"""What a row of the register repeats of a credential that was signed: for whoever holds the one against the other."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from certification.rules.days import day_of
from certification.rules.errors import DomainError
from certification.rules.facts import Term
from certification.rules.verdict import PRECEDENCE, PublicState

WORDS = ("goods", "label_class", "subject_kind")
DAYS = ("valid_from", "last_day")
STATES = {state.value for state in (*PRECEDENCE, PublicState.CANNOT_CHECK)}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # in CSV a cell that begins so has an apostrophe in front
FORMLESS = (  # of a document of any other form
    *(DomainError, KeyError, TypeError, ValueError, IndexError),
    *(AttributeError, OverflowError, ZoneInfoNotFoundError),
)


def signed_words(document: Mapping[str, Any]) -> dict[str, str]:
    """`WORDS` as they were signed. Raises `FORMLESS`."""
    subject = document["credentialSubject"]
    return {
        "goods": " ".join(one["product"]["name"] for one in subject["assessment"][0]["assessedProduct"]),
        "label_class": subject["labelClass"],
        "subject_kind": subject["subjectKind"],
    }


def signed_days(document: Mapping[str, Any], term: Term) -> dict[str, str]:
    """`DAYS` of a term, in the zone of the label. Raises `FORMLESS`."""
    zone = zone_named(document)
    return {
        "valid_from": day_of(term.valid_from, zone).isoformat(),
        "last_day": day_of(term.valid_until - timedelta(microseconds=1), zone).isoformat(),
    }


def signed_day(document: Mapping[str, Any], at: datetime) -> str:
    """The day of an instant, in the zone of the label. Raises `FORMLESS`."""
    return day_of(at, zone_named(document)).isoformat()


def zone_named(document: Mapping[str, Any]) -> ZoneInfo:
    """Raises `FORMLESS`."""
    return ZoneInfo(document["credentialSubject"]["validityTimeZone"])


def plain(text: str) -> str:
    """A text as it is compared."""
    return " ".join(unicodedata.normalize("NFC", text).split())
