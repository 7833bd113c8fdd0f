"""The bridge downhill: which live labels goods and their makers wear. Knows references, not products.

A listing wears a label only while the certificate is VALID at the moment it is shown, and only when its reference is in the
certificate's scope, or its producer holds an organization's label (guard 6 of the registry).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Engine, Select, Subquery, bindparam, false, literal, select, union_all

from certification.core.db import db
from certification.core.i18n import language
from certification.core.orm import Instant
from certification.core.quick import QuickSelect
from certification.log.lagging import lags
from certification.registry.frames import Frame, frame_of, kept_frame
from certification.registry.models import Certificate, CertificateSubject
from certification.registry.scope import HOOKED
from certification.registry.validity import INSTANTS, facts_of, judge, valid_at
from certification.rules.code import display
from certification.rules.criteria import Both, SubjectKind
from certification.rules.days import day_of
from certification.rules.verdict import PublicState, Verdict, verdict
from certification.schemes.models import Scheme, SchemeVersion

WORN = (SubjectKind.PRODUCT_LINE,)  # kinds whose certificates name goods
REFS = tuple(f"ref{number}" for number in range(6))


class Mode(StrEnum):
    """How a label shows: on the goods themselves, or as a word about whoever made them."""

    BADGE_IN_SCOPE = "badge_in_scope"
    HOLDER_STATEMENT = "holder_statement"


@dataclass(frozen=True, slots=True)
class Badge:
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
    """Live labels by reference, oldest grant first, in one query; a reference without any is absent.

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
    for row in db.session.execute(select(wanted).order_by(wanted.c.granted_at, wanted.c.code)):
        badge = _badge(row, at)
        if badge is not None:
            found.setdefault(row.ref, []).append(badge)
    return found


@dataclass(frozen=True, slots=True)
class Held:
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
    """The certificates of these holders (``Party.public_id``), newest grant first, in one query; replaced ones left out."""
    if not holder_refs:
        return []
    rows = (
        select(Certificate, SchemeVersion.lapsed_at, SchemeVersion.mark_ends_on, SchemeVersion.digest)
        .join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)
        .where(Certificate.holder_ref.in_(holder_refs), Certificate.successor.is_(None))
        .order_by(Certificate.granted_at.desc(), Certificate.id.desc())
        .limit(limit)
    )
    return [_held(one, lapsed, ends, digest, at) for one, lapsed, ends, digest in db.session.execute(rows)]


def _held(one: Certificate, lapsed: datetime | None, ends: date | None, digest: str, at: datetime) -> Held:
    frame = frame_of(one.scheme_version_id, digest)
    return Held(
        code=one.code,
        shown_code=display(one.code),
        names=frame.text.name,
        goods=one.goods,
        weighed=judge(facts_of(one, frame.lapse(lapsed, ends)), at),
        valid_until=one.valid_until,
        surveillance_due=one.surveillance_due,
        suspension_until=one.suspension_until,
        official=frame.official,
        holder_ref=one.holder_ref,
        zone=frame.zone,
    )


def _last_day(end: datetime, zone: ZoneInfo) -> date:
    return day_of(end - timedelta(microseconds=1), zone)


class LiveLabels:
    """:func:`badges_for` where every microsecond counts: one statement, prepared once, run on a driver's connection.

    It trusts the SQL form of validity, which a property test holds equal to the other; a scheme's end is added here.
    """

    def __init__(self, app: Flask, engine: Engine) -> None:
        self._app = app
        instant: Any = bindparam("at", None, type_=Instant())
        subjects: list[Any] = [bindparam(name, None) for name in REFS]
        goods = (
            _live(CertificateSubject.subject_ref, instant)
            .join(CertificateSubject, HOOKED)
            .where(CertificateSubject.subject_ref.in_(subjects), Certificate.subject_kind.in_(WORN))
        )
        holder = _live(Certificate.holder_ref, instant).where(
            Certificate.holder_ref == bindparam("holder", None), Certificate.subject_kind.not_in(WORN)
        )
        self._labels = QuickSelect(engine, union_all(goods, holder))

    def find(self, connection: Any, subject_refs: Sequence[str], holder_ref: str | None, at: datetime) -> dict[str, list[Badge]]:
        """As :func:`badges_for`, for at most six goods and one holder. Needs no application context.

        Raises:
            UnreachableError: when the database fails.

        """
        if lags(self._app):
            return {}
        given = dict.fromkeys(REFS) | dict(zip(REFS, subject_refs, strict=False))
        found: dict[str, list[Badge]] = {}
        for row in sorted(self._labels.all(connection, at=at, holder=holder_ref, **given)):
            _granted_at, code, ref, valid_until, version_id, kind, label_class, lapsed_at, mark_ends_on, digest = row
            frame = kept_frame(version_id, digest) or self._frame(version_id, digest)
            lapse = frame.lapse(lapsed_at, mark_ends_on)
            mode = Mode.BADGE_IN_SCOPE if kind in WORN else Mode.HOLDER_STATEMENT
            if frame.display(kind).mode == mode and (lapse is None or lapse > at):
                found.setdefault(ref, []).append(_worn(frame, code, kind, label_class, mode, valid_until))
        return found

    def _frame(self, version_id: int, digest: str) -> Frame:
        with self._app.app_context():
            return frame_of(version_id, digest)


def _live(ref: Any, at: Any) -> Select[Any]:
    columns = (Certificate.granted_at, Certificate.code, ref.label("ref"), Certificate.valid_until, Certificate.scheme_version_id)
    more = (Certificate.subject_kind, Certificate.label_class, SchemeVersion.lapsed_at, SchemeVersion.mark_ends_on)
    rows = select(*columns, *more, SchemeVersion.digest)
    return rows.join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id).where(valid_at(at, ()))


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


def _badge(row: Any, at: datetime) -> Badge | None:
    frame = frame_of(row.scheme_version_id, row.digest)
    facts = facts_of(row, frame.lapse(row.lapsed_at, row.mark_ends_on))
    shows = frame.display(row.subject_kind)
    if shows.mode != row.mode or not verdict(facts, at).is_valid:
        return None
    return _worn(frame, row.code, row.subject_kind, row.label_class, Mode(row.mode), row.valid_until)


def _worn(frame: Frame, code: str, kind: str, label_class: str, mode: Mode, valid_until: datetime) -> Badge:
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
