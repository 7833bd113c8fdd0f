"""What was recorded of certificates beside their own columns: acts, what the log tells of them, and the ends of keys.

All in one statement, of one certificate or of a hundred. Queries only.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from flask import Flask, has_app_context
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Engine,
    Integer,
    String,
    bindparam,
    cast,
    null,
    select,
    type_coerce,
    union_all,
)

from certification.core.db import db
from certification.core.quick import QuickSelect
from certification.log import reading
from certification.log.lagging import signed_size
from certification.log.models import ONLY_HEAD, LogHead, LogLeaf, of_few_kinds
from certification.registry.histories import ISSUING
from certification.registry.issuer import compromises
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateVersion, LostVersion, RecordedAct
from certification.rules.facts import in_force_by
from certification.rules.leaves import LogAct
from certification.rules.workflow import CertificateAct

MOST = 100
SIZES = 1, 8  # how many a page of one thing asks for, at most
IDS = tuple(f"id_{number}" for number in range(MOST))
CODES = tuple(f"code_{number}" for number in range(MOST))
KEPT = "key_ends"
KINDS = frozenset(CertificateAct)


class Row(Protocol):
    """A certificate, or a row with its columns of the same names: id, code and those of ``validity.INSTANTS``."""

    @property
    def id(self) -> Any: ...

    @property
    def code(self) -> Any: ...

    @property
    def valid_from(self) -> Any: ...

    @property
    def valid_until(self) -> Any: ...


class Act(NamedTuple):
    """A recorded act as ``histories`` reads it, with its public summary.

    ``leaf`` is the place of its own leaf, None where there is none; and where :class:`Records` read it and nothing waits.
    """

    id: int
    kind: CertificateAct
    at: datetime
    details: Mapping[str, Any]
    summary: str
    leaf: int | None = None


class Leaf(NamedTuple):
    """What the log says of an act: its place, kind and instant."""

    place: int
    kind: CertificateAct
    at: datetime


class Signed(NamedTuple):
    """A version: its number, the key of its signature (None where it waits), and when it was recorded."""

    number: int
    kid: str | None
    at: datetime


@dataclass(slots=True)
class Recorded:
    """All acts on one certificate and their leaves, in the order of their record.

    ``ends`` is that of ``issuer.compromises``; without any, ``versions`` are not read. ``signed`` is how many leaves the log's
    checkpoint covers, None where nobody looked.
    """

    acts: list[Act] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    versions: list[Signed] = field(default_factory=list)
    ends: Mapping[str, int] = field(default_factory=dict)
    signed: int | None = None

    def is_whole(self) -> bool:
        """Whether it was granted in the log, and no act is missing that the log tells of, as far as kinds say: none that took the
        label, no issue too many.
        """
        told, acted = [one.kind for one in self.leaves], [one.kind for one in self.acts]
        if not told or not acted:
            return False
        if told == acted == [CertificateAct.GRANTED]:
            return True
        issued = sum(kind in ISSUING for kind in acted)
        return 0 < issued <= sum(kind in ISSUING for kind in told) and (in_force_by(told) or not in_force_by(acted))

    def is_dead(self, at: datetime) -> bool:
        """Whether the version that stood at ``at`` counts no more."""
        stood = max((one for one in self.versions if one.at <= at), default=None, key=lambda one: one.number)
        issued = [one.place for one in self.leaves if one.at <= at and one.kind in ISSUING]
        return stood is not None and is_dead(stood.kid, issued[-1] if issued else None, self.ends)

    def lags(self) -> bool:
        """Whether the log has leaves of it that it has not signed yet."""
        return self.signed is not None and bool(self.leaves) and self.leaves[-1].place >= self.signed

    def waiting(self, at: datetime) -> list[Leaf]:
        """The leaves of acts until ``at`` that the log has not signed yet."""
        if self.signed is None or not self.lags():
            return []
        return [one for one in self.leaves if one.place >= self.signed and one.at <= at]

    def signed_acts(self) -> list[Act]:
        return [one for one in self.acts if one.leaf is not None and self.signed is not None and one.leaf < self.signed]


def is_dead(kid: str | None, leaf: int | None, ends: Mapping[str, int]) -> bool:
    """Whether what ``kid`` signed counts no more, because it had fallen into other hands by the ``leaf`` that issued it.

    ``ends`` as of ``issuer.compromises``; a version without a leaf is in doubt too.
    """
    return kid is not None and kid in ends and (leaf is None or leaf >= ends[kid])


def recorded_of(rows: Collection[Row]) -> dict[int, Recorded]:
    """What was recorded of some certificates, by their ids, in one query."""
    if not rows:
        return {}
    ids, codes = [one.id for one in rows], [one.code for one in rows]
    wanted = _wanted(RecordedAct.certificate_id.in_(ids), LogLeaf.certificate_code.in_(codes), placed=True)
    found, marks = _sorted(rows, db.session.execute(wanted))
    _add_signed(found, lambda: reading.head().note)
    if marks:
        _add_versions(found, compromises())
    return found


class Records:
    """The same where every microsecond counts: prepared once, run on a driver's connection. Safe to share between threads."""

    def __init__(self, app: Flask, engine: Engine) -> None:
        self._app = app
        self._note = QuickSelect(engine, select(LogHead.note).where(LogHead.id == ONLY_HEAD))
        self._leaf = QuickSelect(engine, select(ActLeaf.leaf_index).where(ActLeaf.act_id == bindparam("act")))
        self._prepared = {size: _of_so_many(engine, size) for size in (*(size for size in SIZES if size < MOST), MOST)}

    def one(self, row: Row, connection: Any = None) -> Recorded:
        """What was recorded of one certificate. Raises UnreachableError when the database fails."""
        return self._found([row], self._prepared[1].all(connection, id_0=row.id, code_0=row.code), connection)[row.id]

    def several(self, rows: Collection[Row], connection: Any = None) -> dict[int, Recorded]:
        """Of many, by their ids, :data:`MOST` in a query. Raises as :meth:`one`."""
        every, found = list(rows), dict[int, Recorded]()
        for start in range(0, len(every), MOST):
            some = every[start : start + MOST]
            size = next(size for size in self._prepared if size >= len(some))
            given = dict.fromkeys((*IDS[:size], *CODES[:size]))
            given |= {IDS[at]: one.id for at, one in enumerate(some)} | {CODES[at]: one.code for at, one in enumerate(some)}
            found |= self._found(some, self._prepared[size].all(connection, **given), connection)
        return found

    def _found(self, rows: Collection[Row], read: Iterable[Any], connection: Any) -> dict[int, Recorded]:
        found, marks = _sorted(rows, read)
        _add_signed(found, lambda: (self._note.first(connection) or (None,))[0], self._app)
        for one in found.values():
            if one.lags():  # only then anybody asks which leaf is an act's own
                one.acts = [act._replace(leaf=(self._leaf.first(connection, act=act.id) or (None,))[0]) for act in one.acts]
        if marks and has_app_context():
            _add_versions(found, self._ends(marks))
        elif marks:
            with self._app.app_context():
                try:
                    _add_versions(found, self._ends(marks))
                finally:
                    db.session.remove()
        return found

    def _ends(self, marks: tuple[int, ...]) -> Mapping[str, int]:
        """Where compromised keys end: leaves never change, so these are read once for each new one."""
        kept: tuple[tuple[int, ...], Mapping[str, int]] | None = self._app.extensions.get(KEPT)
        if kept is None or kept[0] != marks:
            kept = self._app.extensions[KEPT] = (marks, compromises())
        return kept[1]


def _of_so_many(engine: Engine, size: int) -> QuickSelect:
    """Binding a value costs even where it is none, so there is a statement for few and one for many."""
    ids: list[Any] = [bindparam(name, None) for name in IDS[:size]]
    codes: list[Any] = [bindparam(name, None) for name in CODES[:size]]
    if size == 1:
        return QuickSelect(engine, _wanted(RecordedAct.certificate_id == ids[0], LogLeaf.certificate_code == codes[0]))
    return QuickSelect(engine, _wanted(RecordedAct.certificate_id.in_(ids), LogLeaf.certificate_code.in_(codes)))


def _wanted(acts: ColumnElement[bool], leaves: ColumnElement[bool], *, placed: bool = False) -> CompoundSelect[*tuple[Any, ...]]:
    """Acts, leaves, and the leaves that tell of a compromised key: of these there are none, or very few.

    ``placed``: each act with the place of its own leaf, which is one more row to find.
    """
    act, leaf = RecordedAct, LogLeaf
    number, word, details = cast(null(), Integer), cast(null(), String), cast(null(), act.details.type)
    kind = type_coerce(leaf.act, String)
    recorded = select(
        act.certificate_id.label("of"),
        word.label("code"),
        act.id.label("number"),
        type_coerce(act.kind, String).label("kind"),
        act.at.label("at"),
        act.details.label("details"),
        act.public_summary.label("summary"),
        (ActLeaf.leaf_index if placed else number).label("leaf"),
    )
    if placed:
        recorded = recorded.outerjoin(ActLeaf, ActLeaf.act_id == act.id)
    told = select(number, leaf.certificate_code, leaf.index, kind, leaf.at, details, word, number)
    marks = select(number, word, leaf.index, kind, leaf.at, details, word, number)
    return union_all(
        recorded.where(acts),
        told.where(leaves),  # of whatever kind: asked for kinds too, SQLite looks for them first and reads the whole log
        marks.where(of_few_kinds([LogAct.KEY_COMPROMISED])),
    )


def _sorted(rows: Collection[Row], read: Iterable[Any]) -> tuple[dict[int, Recorded], tuple[int, ...]]:
    """By certificate, each in its order; and the leaves of compromised keys."""
    found, by_code = {one.id: Recorded() for one in rows}, {one.code: one.id for one in rows}
    marks = []
    for of, code, number, kind, at, details, summary, leaf in read:
        if of is not None:
            found[of].acts.append(Act(number, CertificateAct(kind), at, details, summary, leaf))
        elif code is not None and kind in KINDS:
            found[by_code[code]].leaves.append(Leaf(number, CertificateAct(kind), at))
        elif code is None:
            marks.append(number)
    for one in found.values():
        if len(one.acts) > 1:
            one.acts.sort(key=lambda act: act.id)
        if len(one.leaves) > 1:
            one.leaves.sort(key=lambda leaf: leaf.place)
    return found, tuple(sorted(marks))


def _add_signed(found: Mapping[int, Recorded], read: Callable[[], bytes | None], app: Flask | None = None) -> None:
    newest = max((one.leaves[-1].place for one in found.values() if one.leaves), default=None)
    size = None if newest is None else signed_size(newest, read, app)
    for one in found.values():
        one.signed = size


def _add_versions(found: Mapping[int, Recorded], ends: Mapping[str, int]) -> None:
    """Every version of these certificates, those that were lost and found again included."""
    one, lost = CertificateVersion, LostVersion
    signed = select(one.certificate_id, one.number, one.kid, one.signed_at).where(one.certificate_id.in_(found))
    again = (
        select(Certificate.id, lost.number, lost.document[("proof", "verificationMethod")].as_string(), LogLeaf.at)
        .join(lost, lost.code == Certificate.code)
        .join(LogLeaf, LogLeaf.index == lost.leaf_index)
        .where(Certificate.id.in_(found), lost.document.is_not(None))
    )
    for id_, number, method, at in (*db.session.execute(signed), *db.session.execute(again)):
        found[id_].versions.append(Signed(number, method and method.rpartition("#")[2], at))
    for each in found.values():
        each.ends = ends
