"""A search in the register as SQL: what an index leads to, and what sifts the rest. Reads are bounded: see ``reading_on``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, or_, select

from certification.core.db import db
from certification.core.paging import Keys, Position, beyond, ordered
from certification.parties.places.places import states_named
from certification.registry.histories import moved_since
from certification.registry.models import Certificate
from certification.registry.moments import Known, Moment, by_zone, lapsed_ids
from certification.registry.validity import INSTANTS, state_then
from certification.rules.code import LENGTH, canonical, code_in
from certification.rules.days import end_of_day, start_of_day
from certification.rules.fold import fold
from certification.rules.verdict import PublicState

KEYS = (Certificate.granted_at, Certificate.id)
MOST_WORDS = 6
LAST_DAY = date(9999, 12, 30)  # whose end is an instant in every zone
CHUNKS = (2_000, 8_000, 40_000)  # how many rows of the register one search reads, in steps; then it says how far it came
ENDED = {
    PublicState.WITHDRAWN: Certificate.withdrawn_at,
    PublicState.SURRENDERED: Certificate.surrendered_at,
    PublicState.SUPERSEDED: Certificate.superseded_at,
}
SHOWN = ("id", "code", "holder_ref", "holder_name", "subject_kind", "label_class", "goods", "state_code", "municipality")
COLUMNS = tuple(
    getattr(Certificate, name) for name in (*SHOWN, "municipality_code", "scheme_version_id", "granted_at", *INSTANTS)
)  # never the whole row: the page that stands in it is long


class Filter(NamedTuple):
    """What a reader narrows the register to; empty means all.

    ``place`` is a state's two-digit code and ``municipality`` the five digits of one; both days of the grant are included.
    """

    state: PublicState | None = None
    scheme: str = ""
    version: str = ""
    place: str = ""
    municipality: str = ""
    text: str = ""
    granted_from: date | None = None
    granted_to: date | None = None

    @property
    def words(self) -> list[str]:
        return fold(self.text).split()[:MOST_WORDS]


@dataclass(frozen=True, slots=True)
class Search:
    """``lead`` is served by one index in the order of the list; ``sift`` is asked of each row that it leads to.

    ``what`` selects from the list's own table, joined with others where ``sift`` asks for them; ``keys`` are the list's order.
    """

    lead: list[ColumnElement[bool]] = field(default_factory=list)
    sift: list[ColumnElement[bool]] = field(default_factory=list)
    what: Any = field(default_factory=lambda: select(*COLUMNS))  # a Select of rows of any shape
    keys: tuple[Any, ...] = KEYS

    def rows(self, start: Position | None, limit: int, edge: Keys | None = None) -> list[Any]:
        """The next ``limit`` rows, none beyond ``edge``."""
        rows = ordered(self.what.where(*self.lead, *self.sift), self.keys, start)
        if edge is not None:
            rows = rows.where(~beyond(self.keys, edge, back=start is not None and start.back))
        return list(db.session.execute(rows.limit(limit)))

    def keys_of(self, row: Any) -> Keys:
        """Where a row stands in the list."""
        return tuple(getattr(row, key.key) for key in self.keys)

    def edge(self, start: Position | None, count: int) -> Keys | None:
        """The keys of the last of the next ``count`` rows that the index leads to; ``None`` when there is none."""
        next_ones = ordered(select(*self.keys).where(*self.lead), self.keys, start).limit(count).subquery()
        at, number = next_ones.c
        back = start is not None and start.back
        last = select(at, number).order_by(*((at.desc(), number.desc()) if back else (at.asc(), number.asc()))).limit(1)
        found = db.session.execute(last).one_or_none()
        return None if found is None else (found[0], found[1])


def search(wanted: Filter, when: Moment, known: Mapping[int, Known]) -> Search:
    """Turn what is wanted at a moment into a search: the narrowest condition that an index knows leads, all others sift."""
    found, narrow = Search(), list[ColumnElement[bool]]()
    code = _code_of(wanted.text) if wanted.text else None
    if code is not None:
        narrow.append(Certificate.code == code)
    else:
        found.sift.extend(_holding(word) for word in wanted.words)
    if wanted.state is not None:
        narrow += _state(wanted.state, when, known, found)
    narrow += _kinds(wanted, known, found)
    found.lead.extend(narrow[:1])
    found.sift.extend(narrow[1:])
    _granted(wanted, when, known, found)
    return found


def about(wanted: Filter, known: Mapping[int, Known]) -> list[ColumnElement[bool]]:
    """Conditions of place, scheme and words alone, for lists of other things that concern certificates."""
    found = Search()
    code = _code_of(wanted.text) if wanted.text else None
    words = [Certificate.code == code] if code is not None else [_holding(word) for word in wanted.words]
    return [*words, *_kinds(wanted, known, found), *found.sift]


def reading_on(looked_for: Search, start: Position | None, limit: int) -> Iterator[tuple[list[Any], Position | None]]:
    """Rows in steps of ``limit``, each with the position reached after it; ``None`` is the end of the list.

    A search that an index serves whole is read as far as it is asked for. One that must be sifted reads at most ``CHUNKS``
    rows of the register, whatever it finds, and ends there.
    """
    back = start is not None and start.back
    if not looked_for.sift:
        while True:
            rows = looked_for.rows(start, limit)
            start = Position(looked_for.keys_of(rows[-1]), back) if len(rows) == limit else None
            yield rows, start
            if start is None:
                return
    for count in CHUNKS:
        edge = looked_for.edge(start, count)
        if edge is None:
            yield [], None
            return
        rows = looked_for.rows(start, limit, edge)
        start = Position(edge if len(rows) < limit else looked_for.keys_of(rows[-1]), back)
        yield rows, start
    if looked_for.edge(start, 1) is None:  # it came just to the end
        yield [], None


def _granted(wanted: Filter, when: Moment, known: Mapping[int, Known], found: Search) -> None:
    """Days of the grant begin and end in each scheme's zone; what was granted later than the moment is not there."""
    granted, first, last = Certificate.granted_at, wanted.granted_from, wanted.granted_to
    bounds: list[tuple[Any, bool]] = []
    if when.is_past:
        bounds.append((by_zone(known, when.at), True))
    if first is not None:
        bounds.append((by_zone(known, lambda zone: start_of_day(first, zone)), False))
    for bound, until in bounds:
        (found.lead if isinstance(bound, datetime) else found.sift).append(granted <= bound if until else granted >= bound)
    if last is not None:
        over = by_zone(known, lambda zone: end_of_day(min(last, LAST_DAY), zone))
        (found.lead if isinstance(over, datetime) else found.sift).append(granted < over)


def _kinds(wanted: Filter, known: Mapping[int, Known], found: Search) -> list[ColumnElement[bool]]:
    """Conditions of place and scheme that an index serves, the narrowest first."""
    narrow: list[ColumnElement[bool]] = []
    if wanted.municipality:
        narrow.append(Certificate.municipality_code == wanted.municipality)
    if wanted.scheme:
        ids = _versions(wanted, known)
        if len(ids) > 1:
            found.sift.append(Certificate.scheme_version_id.in_(ids))
        else:
            narrow.append(Certificate.scheme_version_id == ids[0] if ids else false())
    if wanted.place and not wanted.municipality.startswith(wanted.place):
        narrow.append(Certificate.state_code == wanted.place)
    return narrow


def _versions(wanted: Filter, known: Mapping[int, Known]) -> list[int]:
    """Ids of the scheme's versions, or of the one that was asked for."""
    return sorted(one.id for one in known.values() if one.key == wanted.scheme and wanted.version in ("", one.version))


def _state(wanted: PublicState, when: Moment, known: Mapping[int, Known], found: Search) -> list[ColumnElement[bool]]:
    """Of the past this keeps also what may have been in that state; ``rows`` then asks the acts of each."""
    then = by_zone(known, when.at)
    same = state_then(then, lapsed_ids(known.values(), when)) == wanted.value
    final = wanted in ENDED or not when.is_past
    found.sift.append(same if final else or_(same, and_(_not_ended(then), moved_since(then))))
    return [ENDED[wanted].is_not(None)] if wanted in ENDED else []


def _not_ended(then: Any) -> ColumnElement[bool]:
    return and_(*(or_(column.is_(None), column > then) for column in ENDED.values()))


def _holding(word: str) -> ColumnElement[bool]:
    return or_(Certificate.search_text.contains(word, autoescape=True), Certificate.state_code.in_(states_named(word)))


def _code_of(text: str) -> str | None:
    """The code of a certificate that there is, from how people write it or from the address that a tag shows."""
    plain = canonical(code_in(text))
    if len(plain) != LENGTH:
        return None
    return db.session.scalar(select(Certificate.code).where(Certificate.code == plain))
