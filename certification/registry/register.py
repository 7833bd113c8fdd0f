"""The public register: every certificate with its state at the moment it is read for. Queries only; no makers' names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from certification.core.db import db
from certification.core.paging import Keys, Position
from certification.parties.places.catalogue import known_municipality, municipalities
from certification.parties.places.places import apart, state_name, states
from certification.registry.models import Certificate
from certification.registry.moments import Known, Moment, known_schemes
from certification.registry.rows import Row, rows_of
from certification.registry.searching import Filter, Search, reading_on, search
from certification.rules.fold import fold
from certification.rules.verdict import PRECEDENCE
from certification.rules.workflow import SchemeVersionState
from certification.schemes.models import Scheme
from certification.schemes.queries import current_version, find_scheme
from certification.schemes.texts import text_of

BATCH = 500
LONGEST_SEARCH = 100
STATES = tuple(reversed(PRECEDENCE))


@dataclass(frozen=True, slots=True)
class Page:
    """``before`` and ``after`` are the positions of its neighbours, ``None`` where there is none.

    ``stopped``: it is short because so much of the register was read already; its neighbour carries on from there.
    """

    rows: list[Row] = field(default_factory=list)
    before: Keys | None = None
    after: Keys | None = None
    stopped: bool = False


def page(wanted: Filter, when: Moment, *, lang: str, start: Position | None = None, limit: int) -> Page:
    """One page, newest grant first, from a position on; going back to the beginning gives the whole first page."""
    known = known_schemes(lang)
    found, reached = _read(search(wanted, when, known), known, wanted, when, start, limit)
    more = len(found) > limit
    lines = [(keys, row) for keys, row in found[:limit]]
    if start is not None and start.back:
        if not more and reached is None:
            return page(wanted, when, lang=lang, limit=limit)
        lines.reverse()
        before = lines[0][0] if more else reached
        return Page([row for _, row in lines], before, lines[-1][0] if lines else start.keys, stopped=not more)
    after = lines[-1][0] if more else reached
    before = lines[0][0] if start and lines else None
    return Page([row for _, row in lines], before, after, stopped=not more and reached is not None)


def _read(  # noqa: PLR0913 - a search, and what it is for
    looked_for: Search, known: Mapping[int, Known], wanted: Filter, when: Moment, start: Position | None, limit: int
) -> tuple[list[tuple[Keys, Row]], Keys | None]:
    """At most one row more than ``limit``, in the direction of reading; and where it stopped short of that and of the end."""
    found: list[tuple[Keys, Row]] = []
    reached: Position | None = None
    for rows, position in reading_on(looked_for, start, limit + 1):
        reached = position
        for one, row, _ in rows_of(rows, known, when):
            if wanted.state is None or row.state == wanted.state:
                found.append(((one.granted_at, one.id), row))
        if len(found) > limit:
            return found[: limit + 1], None
    return found, reached.keys if reached else None


def every(wanted: Filter, when: Moment, *, lang: str) -> Iterator[Row]:
    """All of them, read in batches so that memory stays flat; each batch is its own short read."""
    start: Position | None = None
    while True:
        batch = page(wanted, when, lang=lang, start=start, limit=BATCH)
        db.session.rollback()
        yield from batch.rows
        if batch.after is None:
            return
        start = Position(batch.after)


def schemes(lang: str) -> list[tuple[str, str]]:
    """Key and name of the schemes that the public may read, for the filter; the certificates are not asked."""
    shown = (current_version(one) for one in db.session.scalars(select(Scheme)).unique())
    names = {one.scheme.key: text_of(one).name.in_(lang) for one in shown if one is not None}
    return sorted(names.items(), key=lambda pair: fold(pair[1]))


def is_scheme(key: str) -> bool:
    """Whether the filter has it."""
    found = find_scheme(key)
    return found is not None and current_version(found) is not None


def is_municipality(code: str) -> bool:
    """Whether the catalogue knows it, or a certificate does: a holder may have typed one that is in no list."""
    if known_municipality(db.session(), code) is not None:
        return True
    return db.session.scalar(select(Certificate.id).where(Certificate.municipality_code == code).limit(1)) is not None


def versions(scheme: str) -> list[str]:
    """The versions of a scheme that ever were in force, newest first, for the filter."""
    found = find_scheme(scheme) if scheme else None
    never = (SchemeVersionState.DRAFT, SchemeVersionState.CONSULTATION)
    return [one.version for one in reversed(found.versions) if one.state not in never] if found else []


def places(lang: str) -> list[tuple[str, str]]:
    """Code and name of every state, for the filter."""
    return sorted(((one.code, state_name(one.code, lang)) for one in states()), key=lambda pair: fold(pair[1]))


def towns(place: str, lang: str) -> list[tuple[str, str]]:
    """Code and name of the municipalities of a state, namesakes told apart, for the filter; none before a state is chosen."""
    if not place:
        return []
    found = ((one.code, one.name, apart(one.code, lang) or one.apart) for one in municipalities(db.session(), place))
    return [(code, f"{name} ({told})" if told else name) for code, name, told in found]
