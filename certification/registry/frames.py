"""What all certificates of one scheme version share, kept by its digest: the same digest is the same text for ever."""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import joinedload

from certification.core.db import db
from certification.rules.criteria import Display, SchemeText, SubjectKind
from certification.rules.days import end_of_day
from certification.rules.reading import Both
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import text_of, zone_of


class Frame(NamedTuple):
    """``official`` schemes belong to an authority; all others carry the public notice."""

    key: str
    version: str
    text: SchemeText
    zone: ZoneInfo
    official: bool

    def lapse(self, lapsed_at: datetime | None, mark_ends_on: date | None) -> datetime | None:
        """As ``schemes.texts.lapsed_at``, from the columns."""
        if lapsed_at is None and mark_ends_on is None:
            return None
        ends = (lapsed_at, end_of_day(mark_ends_on, self.zone) if mark_ends_on else None)
        return min(end for end in ends if end is not None)

    def display(self, subject_kind: str) -> Display:
        """How a certificate of this kind shows on a product."""
        return self.text.display[SubjectKind(subject_kind)]

    def wording(self, subject_kind: str, label_class: str) -> Both:
        """What a product wears: the words of the class where it has its own."""
        own = (one.listing_wording for one in self.text.scoring.classes if one.label_class == label_class)
        return next((one for one in own if one is not None), None) or self.display(subject_kind).wording


_kept: dict[tuple[int, str], Frame] = {}


def kept_frame(version_id: int, digest: str) -> Frame | None:
    """The frame when this process has met it; needs neither database nor application."""
    return _kept.get((version_id, digest))


def frame_of(version_id: int, digest: str) -> Frame:
    """The frame, read from the database the first time. Needs an application context then."""
    found = _kept.get((version_id, digest))
    if found is None:
        version = db.session.get_one(SchemeVersion, version_id, options=[joinedload(SchemeVersion.scheme)])
        found = Frame(version.scheme.key, version.version, text_of(version), zone_of(version), version.scheme.official)
        _kept[version_id, digest] = found
    return found
