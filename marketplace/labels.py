"""The bridge downhill: which live labels goods and their makers wear. Knows references, not products.

A listing wears a label only while the certificate is VALID at the moment it is shown, and only when its reference is in the
certificate's scope, or its producer holds an organization's label (guard 6 of the registry).
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Subquery, false, literal, select, union_all

from certification.core.db import db
from certification.core.i18n import language
from certification.log.lagging import lags
from certification.registry.frames import Frame, frame_of
from certification.registry.models import Certificate, CertificateSubject
from certification.registry.recorded import Recorded, recorded_of
from certification.registry.scope import HOOKED
from certification.registry.validity import INSTANTS, valid_at
from certification.registry.weighing import weigh
from certification.rules.code import display
from certification.rules.criteria import Both, SubjectKind
from certification.rules.days import day_of
from certification.rules.verdict import PublicState, Verdict
from certification.schemes.models import Scheme, SchemeVersion

WORN = (SubjectKind.PRODUCT_LINE,)  # kinds whose certificates name goods


class Mode(StrEnum):
    """How a label shows: on the goods themselves, or as a word about whoever made them."""

    BADGE_IN_SCOPE = "badge_in_scope"
    HOLDER_STATEMENT = "holder_statement"


class Badge(NamedTuple):
    """One live label. ``names`` is the scheme's name, ``wordings`` what the product says ("Origen local, hecho a mano")."""

    code: str
    scheme: str
    scheme_version: str
    names: Both
    wordings: Both
    mode: Mode
    valid_until: datetime
    official: bool  # the scheme belongs to an authority; all others are shown with the public notice
    zone: ZoneInfo  # the scheme's: its days begin and end there

    @property
    def shown_code(self) -> str:
        """The code as people read it."""
        return display(self.code)

    @property
    def last_day(self) -> date:
        """The last day on which it counts."""
        return _last_day(self.valid_until, self.zone)

    @property
    def name(self) -> str:
        """The scheme's name in the reader's language."""
        return self.names.in_(language())

    @property
    def wording(self) -> str:
        """What the product says, in the reader's language."""
        return self.wordings.in_(language())

    @property
    def weave(self) -> str:
        """Address of its drawing."""
        return f"/weave/{self.code}.svg"

    @property
    def verify_path(self) -> str:
        return f"/v/{self.code}"


def badges_for(subject_refs: Collection[str], holder_refs: Collection[str], at: datetime) -> dict[str, list[Badge]]:
    """Live labels by reference, oldest grant first, in two queries; a reference without any is absent.

    A subject's reference has its badges in scope, a holder's (``Party.public_id``) the statements about it.
    """
    if (not subject_refs and not holder_refs) or lags():
        return {}
    by_subject = _rows(CertificateSubject.subject_ref, Mode.BADGE_IN_SCOPE).join(CertificateSubject, HOOKED)
    wanted = union_all(
        by_subject.where(CertificateSubject.subject_ref.in_(subject_refs), valid_at(at, ())),
        _rows(Certificate.holder_ref, Mode.HOLDER_STATEMENT).where(Certificate.holder_ref.in_(holder_refs), valid_at(at, ())),
    ).subquery()
    found: dict[str, list[Badge]] = {}
    rows = db.session.execute(select(wanted).order_by(wanted.c.granted_at, wanted.c.code)).all()
    told = recorded_of(rows)
    for row in rows:
        badge = _badge(row, told[row.id], at)
        if badge is not None:
            found.setdefault(row.ref, []).append(badge)
    return found


class Held(NamedTuple):
    """A certificate of a holder with its true state, whatever that is. ``weighed.since`` is when the state began."""

    code: str
    shown_code: str
    names: Both
    goods: str
    weighed: Verdict
    valid_until: datetime
    surveillance_due: datetime | None
    suspension_until: datetime | None
    official: bool
    holder_ref: str
    zone: ZoneInfo

    @property
    def last_day(self) -> date:
        """The last day on which it counts."""
        return _last_day(self.valid_until, self.zone)

    @property
    def visit_by(self) -> date | None:
        """The last day for the next visit."""
        return _last_day(self.surveillance_due, self.zone) if self.surveillance_due else None

    @property
    def name(self) -> str:
        """The scheme's name in the reader's language."""
        return self.names.in_(language())

    @property
    def state(self) -> PublicState:
        return self.weighed.state

    @property
    def is_over(self) -> bool:
        """Whether it is no longer the holder's: it ended, was taken or given back. A pause is no end."""
        return self.state not in (PublicState.VALID, PublicState.SUSPENDED, PublicState.NOT_YET_VALID)

    @property
    def weave(self) -> str:
        """Address of its drawing."""
        return f"/weave/{self.code}.svg"

    @property
    def verify_path(self) -> str:
        return f"/v/{self.code}"


def held_by(holder_refs: Collection[str], at: datetime, *, limit: int = 24) -> list[Held]:
    """The certificates of these holders (``Party.public_id``), newest grant first, in two queries; replaced ones left out."""
    if not holder_refs:
        return []
    rows = (
        select(Certificate, SchemeVersion.lapsed_at, SchemeVersion.mark_ends_on, SchemeVersion.digest)
        .join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)
        .where(Certificate.holder_ref.in_(holder_refs), Certificate.successor.is_(None))
        .order_by(Certificate.granted_at.desc(), Certificate.id.desc())
        .limit(limit)
    )
    found = db.session.execute(rows).all()
    told, behind = recorded_of([one for one, *_ in found]), lags()
    held = []
    for one, lapsed, ends, digest in found:
        frame = frame_of(one.scheme_version_id, digest)
        held.append(_held(one, frame, weigh(one, told[one.id], frame.lapse(lapsed, ends), at, behind=behind)))
    return held


def _held(one: Certificate, frame: Frame, weighed: Verdict) -> Held:
    return Held(
        code=one.code,
        shown_code=display(one.code),
        names=frame.text.name,
        goods=one.goods,
        weighed=weighed,
        valid_until=one.valid_until,
        surveillance_due=one.surveillance_due,
        suspension_until=one.suspension_until,
        official=frame.official,
        holder_ref=one.holder_ref,
        zone=frame.zone,
    )


def _last_day(end: datetime, zone: ZoneInfo) -> date:
    return day_of(end - timedelta(microseconds=1), zone)


def labelled(at: datetime) -> Subquery:
    """Which goods wear which scheme's label now: ``subject_ref`` and ``scheme`` (its key), for joins and facets."""
    return (
        select(CertificateSubject.subject_ref, Scheme.key.label("scheme"))
        .join(Certificate, HOOKED)
        .join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(false() if lags() else valid_at(at), Certificate.subject_kind.in_(WORN))
        .distinct()
        .subquery()
    )


def _rows(ref: Any, mode: Mode) -> Select[Any]:
    instants = [getattr(Certificate, name) for name in INSTANTS]
    return select(
        ref.label("ref"),
        literal(mode.value).label("mode"),
        Certificate.id,
        Certificate.code,
        Certificate.granted_at,
        Certificate.scheme_version_id,
        Certificate.subject_kind,
        Certificate.label_class,
        *instants,
        SchemeVersion.lapsed_at,
        SchemeVersion.mark_ends_on,
        SchemeVersion.digest,
    ).join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)


def _badge(row: Any, recorded: Recorded, at: datetime) -> Badge | None:
    frame = frame_of(row.scheme_version_id, row.digest)
    shows, lapse = frame.display(row.subject_kind), frame.lapse(row.lapsed_at, row.mark_ends_on)
    if shows.mode != row.mode or not weigh(row, recorded, lapse, at, behind=False).is_valid:
        return None
    return worn(frame, row.code, row.subject_kind, row.label_class, Mode(row.mode), row.valid_until)


def worn(frame: Frame, code: str, kind: str, label_class: str, mode: Mode, valid_until: datetime) -> Badge:
    return Badge(
        code=code,
        scheme=frame.key,
        scheme_version=frame.version,
        names=frame.text.name,
        wordings=frame.wording(kind, label_class),
        mode=mode,
        valid_until=valid_until,
        official=frame.official,
        zone=frame.zone,
    )
