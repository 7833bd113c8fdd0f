"""The public register: every certificate with its state at the moment it is read. Queries only; no personal names of makers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from certification.core.db import db
from certification.core.web import instant_and_id
from certification.parties.places.places import state as entity
from certification.parties.places.places import state_name, states, states_named
from certification.registry.models import Certificate
from certification.registry.telling import last_day
from certification.registry.validity import lapsed_versions, state_at, valid_at
from certification.rules.code import LENGTH, canonical, code_in, display
from certification.rules.days import day_of
from certification.rules.fold import fold
from certification.rules.verdict import PRECEDENCE, PublicState
from certification.schemes.counting import LabelCounts
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.queries import current_version
from certification.schemes.texts import text_of, zone_of

BATCH = 500
LONGEST_SEARCH = 100
MOST_WORDS = 6  # each is a reading of the whole register
STATES = tuple(reversed(PRECEDENCE))


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader narrows the register to; empty means all. ``place`` is a state's two-digit code."""

    state: PublicState | None = None
    scheme: str = ""
    place: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate in the register. Days are in the scheme's zone; ``last_day`` is included."""

    code: str
    shown_code: str
    state: str
    scheme: str
    scheme_version: str
    label: str
    label_class: str
    subject_kind: str
    holder: str
    goods: str
    municipality: str
    place: str
    granted_on: str
    valid_from: str
    last_day: str


@dataclass(frozen=True, slots=True)
class Page:
    """``after`` is the position for the next page, ``None`` on the last."""

    rows: list[Row] = field(default_factory=list)
    after: list[Any] | None = None


def page(wanted: Filter, *, at: datetime, lang: str, after: Sequence[Any] | None, limit: int) -> Page:
    """One page, newest grant first, from the position ``after`` on (granted at, id)."""
    found = db.session.execute(_selected(wanted, at, after).limit(limit + 1)).all()
    rows = [_row(one, state, lang) for one, state in found[:limit]]
    last = found[limit - 1][0] if len(found) > limit else None
    return Page(rows, [last.granted_at.isoformat(), last.id] if last else None)


def every(wanted: Filter, *, at: datetime, lang: str) -> Iterator[Row]:
    """All of them, read in batches so that memory stays flat; each batch is its own short read."""
    after: Sequence[Any] | None = None
    while True:
        batch = page(wanted, at=at, lang=lang, after=after, limit=BATCH)
        db.session.rollback()
        db.session.expunge_all()
        yield from batch.rows
        if batch.after is None:
            return
        after = batch.after


def schemes(lang: str) -> list[tuple[str, str]]:
    """Key and name of the schemes that the public may read, for the filter; the certificates are not asked."""
    shown = (current_version(one) for one in db.session.scalars(select(Scheme)).unique())
    names = {one.scheme.key: text_of(one).name.in_(lang) for one in shown if one is not None}
    return sorted(names.items(), key=lambda pair: fold(pair[1]))


def places(lang: str) -> list[tuple[str, str]]:
    """Code and name of every state, for the filter."""
    return sorted(((one.code, state_name(one.code, lang)) for one in states()), key=lambda pair: fold(pair[1]))


def label_counts(scheme_ids: Collection[int], at: datetime) -> Mapping[int, LabelCounts]:
    """How many certificates of each scheme are in which state, and how many hold a valid one (``schemes.counting``)."""
    lapsed = lapsed_versions(at)
    state = state_at(at, lapsed)
    counted = (
        select(SchemeVersion.scheme_id, state.label("state"), func.count(), func.count(func.distinct(Certificate.holder_id)))
        .join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)
        .where(SchemeVersion.scheme_id.in_(scheme_ids))
        .group_by(SchemeVersion.scheme_id, state)
    )
    found: dict[int, dict[str, tuple[int, int]]] = {scheme: {} for scheme in scheme_ids}
    for scheme, name, number, holders in db.session.execute(counted):
        found[scheme][name] = (number, holders)
    return {scheme: _counts(states) for scheme, states in found.items()}


def _counts(states: Mapping[str, tuple[int, int]]) -> LabelCounts:
    valid, holders = states.get(PublicState.VALID, (0, 0))
    return LabelCounts(
        valid=valid,
        holders=holders,
        suspended=states.get(PublicState.SUSPENDED, (0, 0))[0],
        withdrawn=states.get(PublicState.WITHDRAWN, (0, 0))[0],
    )


def _selected(wanted: Filter, at: datetime, after: Sequence[Any] | None) -> Select[Certificate, str]:
    lapsed = lapsed_versions(at)
    state = state_at(at, lapsed)
    rows = select(Certificate, state).join(Certificate.scheme_version).join(SchemeVersion.scheme)
    if wanted.state is PublicState.VALID:
        rows = rows.where(valid_at(at, lapsed))
    elif wanted.state is not None:
        rows = rows.where(state == wanted.state.value)
    if wanted.scheme:
        rows = rows.where(Scheme.key == wanted.scheme)
    if wanted.place:
        rows = rows.where(Certificate.state_code == wanted.place)
    words = [_holding(word) for word in fold(wanted.text).split()[:MOST_WORDS]]
    if words:
        rows = rows.where(or_(and_(*words), *_by_code(wanted.text)))
    if after is not None:
        granted, number = instant_and_id(after)
        rows = rows.where(or_(Certificate.granted_at < granted, and_(Certificate.granted_at == granted, Certificate.id < number)))
    return rows.order_by(Certificate.granted_at.desc(), Certificate.id.desc())


def _holding(word: str) -> ColumnElement[bool]:
    return or_(Certificate.search_text.contains(word, autoescape=True), Certificate.state_code.in_(states_named(word)))


def _by_code(word: str) -> tuple[Any, ...]:
    """A whole code as people write it, or the address that a tag shows."""
    plain = canonical(code_in(word))
    return (Certificate.code == plain,) if len(plain) == LENGTH else ()


def _row(one: Certificate, state: str, lang: str) -> Row:
    version = one.scheme_version
    zone, place = zone_of(version), entity(one.state_code)
    return Row(
        code=one.code,
        shown_code=display(one.code),
        state=state,
        scheme=version.scheme.key,
        scheme_version=version.version,
        label=text_of(version).name.in_(lang),
        label_class=one.label_class,
        subject_kind=one.subject_kind,
        holder=one.holder_name,
        goods=one.goods,
        municipality=one.municipality,
        place=place.name if place else "",
        granted_on=day_of(one.granted_at, zone).isoformat(),
        valid_from=day_of(one.valid_from, zone).isoformat(),
        last_day=last_day(one.valid_until, zone).isoformat(),
    )
