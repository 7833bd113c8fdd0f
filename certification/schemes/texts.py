"""A version's text as values, parsed once a digest; and what a version is worth at an instant."""

from datetime import datetime
from zoneinfo import ZoneInfo

from certification.rules.days import DEFAULT_ZONE, end_of_day
from certification.rules.reading import Both, Reader
from certification.rules.scheme_parser import parse_scheme
from certification.rules.scheme_text import SchemeText
from certification.rules.workflow import SchemeVersionState
from certification.schemes.models import SchemeVersion

_parsed: dict[str, tuple[SchemeText, tuple[Both, ...], ZoneInfo]] = {}  # by digest: the same digest is the same text


def text_of(version: SchemeVersion) -> SchemeText:
    """The text of this version. Reads the document only the first time that a process meets its digest."""
    return _read(version)[0]


def legal_notes_of(version: SchemeVersion) -> tuple[Both, ...]:
    """What whoever operates the site must know; not legal advice."""
    return _read(version)[1]


def zone_of(version: SchemeVersion) -> ZoneInfo:
    """The zone in which this version's days begin and end: America/Mexico_City unless its document says otherwise."""
    return _read(version)[2]


def _read(version: SchemeVersion) -> tuple[SchemeText, tuple[Both, ...], ZoneInfo]:
    found = _parsed.get(version.digest)
    if found is None:
        document = Reader(version.document, version.scheme.key)
        notes = document.both_list("legal_notes") if document.has("legal_notes") else ()
        zone = ZoneInfo(document.text("time_zone") if document.has("time_zone") else DEFAULT_ZONE)
        found = _parsed[version.digest] = (parse_scheme(version.document), notes, zone)
    return found


def lapsed_at(version: SchemeVersion) -> datetime | None:
    """The instant at which this version stopped backing any label, even one still to come: the earlier of its own end
    and the end of the last day of the legal mark it rests on. None when neither is known.
    """
    mark_over = end_of_day(version.mark_ends_on, zone_of(version)) if version.mark_ends_on else None
    return min((end for end in (version.lapsed_at, mark_over) if end is not None), default=None)


def state_at(version: SchemeVersion, at: datetime) -> SchemeVersionState:
    """The state that the public reads: a mark that has ended lapses its scheme without anybody acting."""
    end = lapsed_at(version)
    over = version.state is SchemeVersionState.ACTIVE and end is not None and end <= at
    return SchemeVersionState.LAPSED if over else version.state


def takes_applications(version: SchemeVersion, at: datetime) -> bool:
    """Whether a new application may be sent under this version."""
    return state_at(version, at) is SchemeVersionState.ACTIVE
