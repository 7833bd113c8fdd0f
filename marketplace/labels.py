"""The bridge downhill: which live labels goods and their makers wear. Knows references, not products.

A listing wears a label only while the certificate is VALID at the moment it is shown, and only when its reference is in the
certificate's scope, or its producer holds an organization's label (guard 6 of the registry).
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Engine, Select, Subquery, bindparam, literal, select, union_all

from certification.core.db import db
from certification.core.i18n import language
from certification.core.orm import Instant
from certification.core.quick import QuickSelect
from certification.registry.frames import frame_of, kept_frame
from certification.registry.models import Certificate, CertificateSubject
from certification.registry.scope import HOOKED
from certification.registry.validity import INSTANTS, facts_of, valid_at
from certification.rules.code import display
from certification.rules.criteria import Both, SubjectKind
from certification.rules.days import day_of
from certification.rules.verdict import PublicState, Verdict, verdict
from certification.schemes.models import Scheme, SchemeVersion

WORN = (SubjectKind.PRODUCT_LINE,)  # kinds whose certificates name goods


class Mode(StrEnum):
    """How a label shows: on the goods themselves, or as a word about whoever made them."""

    BADGE_IN_SCOPE = "badge_in_scope"
    HOLDER_STATEMENT = "holder_statement"


@dataclass(frozen=True, slots=True)
class Badge:
    """One live label. ``names`` is the scheme's name, ``wordings`` what the product says ("Origen local, hecho a mano")."""

    code: str
    shown_code: str
    scheme: str
    scheme_version: str
    names: Both
    wordings: Both
    mode: Mode
    valid_until: datetime
    official: bool  # the scheme belongs to an authority; all others are shown with the public notice
    zone: ZoneInfo  # the scheme's: its days begin and end there

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
    if not subject_refs and not holder_refs:
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
        weighed=verdict(facts_of(one, frame.lapse(lapsed, ends)), at),
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
    """:func:`badges_for` where every microsecond counts: statements prepared once, run on a driver's connection."""

    MOST_SUBJECTS = 6

    def __init__(self, app: Flask, engine: Engine) -> None:
        self._app = app
        instant: Any = bindparam("at", type_=Instant())
        subjects: list[Any] = [bindparam(f"ref{number}") for number in range(self.MOST_SUBJECTS)]
        of_goods = _rows(CertificateSubject.subject_ref, Mode.BADGE_IN_SCOPE).join(CertificateSubject, HOOKED)
        of_holder = _rows(Certificate.holder_ref, Mode.HOLDER_STATEMENT)
        goods = of_goods.where(CertificateSubject.subject_ref.in_(subjects), valid_at(instant, ()))
        holder = of_holder.where(Certificate.holder_ref == bindparam("holder"), valid_at(instant, ()))
        named: Any = namedtuple("named", goods.selected_columns.keys())  # type: ignore[misc]  # noqa: PYI024 - named by the query
        self._row: Callable[[Any], Any] = named._make
        self._goods = QuickSelect(engine, goods)
        self._holder = QuickSelect(engine, holder)

    def find(self, connection: Any, subject_refs: Sequence[str], holder_ref: str | None, at: datetime) -> dict[str, list[Badge]]:
        """As :func:`badges_for`, for at most :data:`MOST_SUBJECTS` goods and one holder. Needs no application context.

        Raises:
            UnreachableError: when the database fails.

        """
        refs = {f"ref{place}": subject_refs[place] if place < len(subject_refs) else None for place in range(self.MOST_SUBJECTS)}
        rows = self._goods.all(connection, at=at, **refs) if subject_refs else []
        if holder_ref:
            rows += self._holder.all(connection, at=at, holder=holder_ref)
        found: dict[str, list[Badge]] = {}
        for row in sorted(map(self._row, rows), key=attrgetter("granted_at", "code")):
            if kept_frame(row.scheme_version_id, row.digest) is None:
                with self._app.app_context():
                    frame_of(row.scheme_version_id, row.digest)
            badge = _badge(row, at)
            if badge is not None:
                found.setdefault(row.ref, []).append(badge)
        return found


def labelled(at: datetime) -> Subquery:
    """Which goods wear which scheme's label now: ``subject_ref`` and ``scheme`` (its key), for joins and facets."""
    return (
        select(CertificateSubject.subject_ref, Scheme.key.label("scheme"))
        .join(Certificate, HOOKED)
        .join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(valid_at(at), Certificate.subject_kind.in_(WORN))
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
    return Badge(
        code=row.code,
        shown_code=display(row.code),
        scheme=frame.key,
        scheme_version=frame.version,
        names=frame.text.name,
        wordings=frame.wording(row.subject_kind, row.label_class),
        mode=Mode(row.mode),
        valid_until=row.valid_until,
        official=frame.official,
        zone=frame.zone,
    )
