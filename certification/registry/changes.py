"""What changed in the register, newest first: recorded acts, and what dates alone brought, merged. Queries only.

Of dates the whole list tells what the stored ones still show: a term that ended, a visit that did not come, a scheme that is
over.
A label renewed since shows its older end only in its own list, which is led from all its acts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload
from werkzeug.exceptions import BadRequest

from certification.core.db import db
from certification.core.paging import Keys, Position
from certification.core.web import instant_and_id
from certification.registry.models import Certificate, RecordedAct
from certification.registry.moments import Known, known_schemes
from certification.registry.searching import ENDED, Filter, Search, about, reading_on
from certification.registry.told import Told, leaves_of, told
from certification.registry.turns import turns
from certification.rules.periods import Change as Turn
from certification.rules.verdict import PublicState

OVERDUE, EXPIRED, ACT, SCHEME = range(4)  # of one instant the later ones stand first
LARGEST_ID = 2_147_483_647
Key = tuple[datetime, int, int]


class Change(NamedTuple):
    """An act or a turn of one certificate, or the end of a scheme version. ``key`` is its place in the list."""

    key: Key
    certificate: Certificate | None = None
    act: Told | None = None
    turn: Turn | None = None
    scheme: Known | None = None

    @property
    def at(self) -> datetime:
        return self.key[0]


class Changes(NamedTuple):
    """One page; ``after`` is where the next begins, ``None`` on the last. It may be short, even empty, and go on."""

    found: list[Change]
    after: Key | None = None


def of_certificate(certificate: Certificate, now: datetime, lang: str) -> list[Change]:
    """Everything that happened to one certificate, newest first."""
    acts = [Change((one.at, ACT, number), certificate, act=one) for number, one in enumerate(told(certificate, lang))]
    by_date = [Change((one.at, EXPIRED, 0), certificate, turn=one) for one in turns(certificate, now)]
    return sorted([*acts, *by_date], key=lambda one: one.key, reverse=True)


def latest(wanted: Filter, now: datetime, lang: str, *, after: Key | None, limit: int) -> Changes:
    """The changes that concern what is wanted (its scheme, place and words), from a position on."""
    known = known_schemes(lang)
    streams = [
        _acts(wanted, known, after, limit, lang),
        _dated(wanted, known, EXPIRED, after, limit, now),
        _dated(wanted, known, OVERDUE, after, limit, now),
        (_schemes(wanted, known, after, now), None),
    ]
    floor = max((reached for _, reached in streams if reached is not None), default=None)
    every = sorted((one for found, _ in streams for one in found), key=lambda one: one.key, reverse=True)
    sure = [one for one in every if floor is None or one.key >= floor]
    if len(sure) > limit:
        return Changes(sure[:limit], sure[limit - 1].key)
    return Changes(sure, floor)


def read_key(keys: Sequence[Any]) -> Key:
    """The position that an address names. Raises BadRequest when it is none."""
    match keys:
        case [instant, int() as rank, number] if OVERDUE <= rank <= SCHEME:
            at, id_ = instant_and_id([instant, number])
            return at, rank, id_
    raise BadRequest


Stream = tuple[list[Change], Key | None]


def _acts(wanted: Filter, known: Mapping[int, Known], after: Key | None, limit: int, lang: str) -> Stream:
    what = select(RecordedAct.at, RecordedAct.id, RecordedAct.certificate_id).join(RecordedAct.certificate)
    looked_for = Search(sift=about(wanted, known), what=what, keys=(RecordedAct.at, RecordedAct.id))

    def made(rows: Sequence[Any]) -> Iterator[Change]:
        held = _certificates([row.certificate_id for row in rows])
        leaves = leaves_of([act.id for one in held.values() for act in one.acts])
        words = {id_: dict(zip((act.id for act in one.acts), told(one, lang, leaves), strict=True)) for id_, one in held.items()}
        for row in rows:
            yield Change((row.at, ACT, row.id), held[row.certificate_id], act=words[row.certificate_id][row.id])

    return _gathered(looked_for, ACT, after, limit, made)


def _dated(wanted: Filter, known: Mapping[int, Known], rank: int, after: Key | None, limit: int, now: datetime) -> Stream:
    """Certificates whose date has come, where it did change their state."""
    column, state = (
        (Certificate.valid_until, PublicState.EXPIRED) if rank == EXPIRED else (Certificate.grace_ends, PublicState.SUSPENDED)
    )
    sift = [*about(wanted, known), *(or_(one.is_(None), one > column) for one in ENDED.values())]
    if rank == OVERDUE:
        sift.append(Certificate.grace_ends < Certificate.valid_until)
    looked_for = Search(lead=[column <= now], sift=sift, what=select(column, Certificate.id), keys=(column, Certificate.id))

    def made(rows: Sequence[Any]) -> Iterator[Change]:
        held = _certificates([row.id for row in rows])
        for instant, id_ in rows:
            turn = next((one for one in turns(held[id_], now) if one.at == instant and one.verdict.state is state), None)
            if turn is not None:
                yield Change((instant, rank, id_), held[id_], turn=turn)

    return _gathered(looked_for, rank, after, limit, made)


def _schemes(wanted: Filter, known: Mapping[int, Known], after: Key | None, now: datetime) -> list[Change]:
    """Versions of schemes that are over: all their labels stopped being worth anything at once."""
    over = (one for one in known.values() if one.lapse is not None and one.lapse <= now and wanted.scheme in ("", one.key))
    found = [Change((one.lapse, SCHEME, one.id), scheme=one) for one in over if one.lapse is not None]
    return [
        one for one in found if (after is None or one.key < after) and wanted.version in ("", one.scheme and one.scheme.version)
    ]


def _gathered(
    looked_for: Search, rank: int, after: Key | None, limit: int, made: Callable[[list[Any]], Iterator[Change]]
) -> Stream:
    """One more than ``limit``, or what a bounded read finds; with the key beyond which nothing was read, None at the end."""
    found: list[Change] = []
    reached: Position | None = None
    for rows, position in reading_on(looked_for, _start(rank, after), limit + 1):
        reached = position
        found.extend(made(rows))
        if len(found) > limit:
            break
    return found, (reached.keys[0], rank, reached.keys[1]) if reached else None


def _start(rank: int, after: Key | None) -> Position | None:
    """Where a list of its own begins below a place in the merged one."""
    if after is None:
        return None
    at, there, number = after
    keys: Keys = (at, number if rank == there else LARGEST_ID if rank < there else 0)
    return Position(keys)


def _certificates(ids: Sequence[int]) -> dict[int, Certificate]:
    whole = (selectinload(Certificate.acts), selectinload(Certificate.versions), selectinload(Certificate.lost))
    found = db.session.scalars(select(Certificate).where(Certificate.id.in_(ids)).options(*whole))
    return {one.id: one for one in found}
