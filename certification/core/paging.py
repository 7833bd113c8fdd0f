"""Paging by position: a list read newest first, onwards or back from a row that the address names. No OFFSET, no counting.

A view asks for :func:`asked`, a query orders with :func:`ordered` and cuts with :func:`cut`, and the view makes :func:`links`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from flask import request
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from certification.core.web import cursor, position, with_args

Keys = tuple[Any, ...]
T = TypeVar("T")
Query = TypeVar("Query", bound=Select[Any])


class Position(NamedTuple):
    """The row beside which a page begins, itself outside: older rows follow, or, with ``back``, newer ones precede it."""

    keys: Keys
    back: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page, newest first, and the positions of its neighbours, ``None`` where there is none."""

    rows: list[T] = field(default_factory=list)
    before: Keys | None = None
    after: Keys | None = None


class Links(NamedTuple):
    """Addresses of the neighbours with everything else in the present address kept; ``None`` where there is none."""

    first: str | None
    previous: str | None
    next: str | None


def asked(read: Callable[[Sequence[Any]], Keys]) -> Position | None:
    """What ``?after=`` or ``?before=`` says; ``read`` insists on the list's own keys.

    Raises:
        BadRequest: when it is no position of ours.

    """
    after, before = position(request.args.get("after")), position(request.args.get("before"))
    keys = after if after is not None else before
    return None if keys is None else Position(read(keys), back=after is None)


def beyond(columns: Sequence[InstrumentedAttribute[Any]], keys: Keys, *, back: bool = False) -> Any:
    """The condition of standing after a position in the list, or before it; an index over ``columns`` serves it."""
    here = tuple_(*columns)
    there = tuple_(*(literal(key, column.type) for key, column in zip(keys, columns, strict=True)))
    return here > there if back else here < there


def ordered(rows: Query, columns: Sequence[InstrumentedAttribute[Any]], start: Position | None) -> Query:
    """Newest first from a position on; where it reads back, the other way round, nearest first."""
    if start is None:
        return rows.order_by(*(column.desc() for column in columns))
    rows = rows.where(beyond(columns, start.keys, back=start.back))
    return rows.order_by(*(column.asc() if start.back else column.desc() for column in columns))


def cut(found: Sequence[T], limit: int, start: Position | None, keys: Callable[[T], Keys]) -> Slice[T]:
    """The page from what :func:`ordered` gave, of which one row more than ``limit`` was asked for."""
    more, rows = len(found) > limit, list(found[:limit])
    if start is not None and start.back:
        rows.reverse()
        return Slice(rows, keys(rows[0]) if more else None, keys(rows[-1]) if rows else None)
    return Slice(rows, keys(rows[0]) if start and rows else None, keys(rows[-1]) if more else None)


def links(start: Position | None, before: Keys | None, after: Keys | None) -> Links:
    """For the pager; instants in the keys travel as ISO 8601."""
    return Links(
        first=with_args(after=None, before=None) if start else None,
        previous=with_args(after=None, before=_word(before)) if before else None,
        next=with_args(before=None, after=_word(after)) if after else None,
    )


def _word(keys: Keys) -> str:
    return cursor(*(key.isoformat() if hasattr(key, "isoformat") else key for key in keys))
