"""Live labels for pages whose cost is promised: as ``labels``, on a driver's connection."""

from collections import namedtuple
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import Engine, Select, bindparam, select, union_all

from certification.core.orm import Instant
from certification.core.quick import QuickSelect
from certification.log.lagging import lags
from certification.registry.frames import Frame, frame_of, kept_frame
from certification.registry.models import Certificate, CertificateSubject
from certification.registry.recorded import Records
from certification.registry.scope import HOOKED
from certification.registry.validity import INSTANTS, valid_at
from certification.registry.weighing import weigh
from certification.schemes.models import SchemeVersion
from marketplace.labels import WORN, Badge, Mode, worn

REFS = tuple(f"ref{number}" for number in range(6))

LIVE = ("id", "code", "granted_at", "scheme_version_id", "subject_kind", "label_class", *INSTANTS)


Live = namedtuple("Live", ("ref", *LIVE, "lapsed_at", "mark_ends_on", "digest"))  # type: ignore[misc]  # noqa: PYI024 - fields named by the tables


class LiveLabels:
    """:func:`badges_for` where every microsecond counts: statements prepared once, run on a driver's connection.

    The second, of what was recorded, is asked only where there is a label.
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
        self._records = Records(app, engine)

    def find(self, connection: Any, subject_refs: Sequence[str], holder_ref: str | None, at: datetime) -> dict[str, list[Badge]]:
        """As :func:`badges_for`, for at most six goods and one holder. Needs no application context.

        Raises:
            UnreachableError: when the database fails.

        """
        if lags(self._app):
            return {}
        given = dict.fromkeys(REFS) | dict(zip(REFS, subject_refs, strict=False))
        found: dict[str, list[Badge]] = {}
        rows: list[Any] = sorted(map(Live._make, self._labels.all(connection, at=at, holder=holder_ref, **given)), key=_place)
        told = self._records.several(rows, connection) if rows else {}
        for row in rows:
            frame = kept_frame(row.scheme_version_id, row.digest) or self._frame(row.scheme_version_id, row.digest)
            mode = Mode.BADGE_IN_SCOPE if row.subject_kind in WORN else Mode.HOLDER_STATEMENT
            if frame.display(row.subject_kind).mode != mode:
                continue
            if weigh(row, told[row.id], frame.lapse(row.lapsed_at, row.mark_ends_on), at, behind=False).is_valid:
                badge = worn(frame, row.code, row.subject_kind, row.label_class, mode, row.valid_until)
                found.setdefault(row.ref, []).append(badge)
        return found

    def _frame(self, version_id: int, digest: str) -> Frame:
        with self._app.app_context():
            return frame_of(version_id, digest)


def _live(ref: Any, at: Any) -> Select[Any]:
    own = [getattr(Certificate, name) for name in LIVE]
    rows = select(ref.label("ref"), *own, SchemeVersion.lapsed_at, SchemeVersion.mark_ends_on, SchemeVersion.digest)
    return rows.join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id).where(valid_at(at, ()))


def _place(row: Any) -> tuple[datetime, str, str]:
    """Where it stands among others: by its grant."""
    return row.granted_at, row.code, row.ref
