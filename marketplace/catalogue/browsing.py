"""Finding goods: filters from the address, one page of cards, facets with counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from certification.core.web import instant_and_id
from certification.parties.places.places import states
from certification.rules.workflow import ListingState
from marketplace.catalogue.cards import for_cards
from marketplace.catalogue.models import Product
from marketplace.catalogue.search import finds
from marketplace.catalogue.taxonomy import category
from marketplace.labels import labelled
from marketplace.producers.models import Producer

PER_PAGE = 24
LONGEST_WORDS = 100
KEY, MOST_LABELS = re.compile(r"[a-z0-9][a-z0-9-]{0,59}"), 20
PRICES = ((0, 30_000), (30_000, 100_000), (100_000, 300_000), (300_000, None))
"""Bounds of the price facet in centavos: from (included), to (not included)."""


class Sort(StrEnum):
    NEWEST = "newest"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"


class Filter(NamedTuple):
    """What is asked of the catalogue; several values of one facet are alternatives."""

    words: str = ""
    labels: tuple[str, ...] = ()  # scheme keys
    categories: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    prices: tuple[int, ...] = ()  # indexes into PRICES
    sort: Sort = Sort.NEWEST

    @property
    def put(self) -> int:
        return len(self.labels) + len(self.categories) + len(self.states) + len(self.prices)


class Page(NamedTuple):
    """One page of products; ``next`` is the position to go on from."""

    products: list[Product]
    next: tuple[Any, ...] | None


@dataclass(frozen=True)
class Facets:
    """How many products each choice would show, given the other facets' choices."""

    total: int
    labels: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    prices: dict[int, int] = field(default_factory=dict)


def read_filter(args: MultiDict[str, str]) -> Filter:
    """The filter in an address; what is unknown is left out."""
    codes = {state.code for state in states()}
    return Filter(
        words=args.get("q", "")[:LONGEST_WORDS].strip(),
        labels=tuple(dict.fromkeys(key for key in args.getlist("label") if KEY.fullmatch(key)))[:MOST_LABELS],
        categories=tuple(dict.fromkeys(key for key in args.getlist("category") if category(key))),
        states=tuple(dict.fromkeys(code for code in args.getlist("state") if code in codes)),
        prices=tuple(sorted({int(n) for n in args.getlist("price") if n in map(str, range(len(PRICES)))})),
        sort=Sort(args["sort"]) if args.get("sort") in set(Sort) else Sort.NEWEST,
    )


def shown() -> ColumnElement[bool]:
    """Products that anyone may see: published, by a producer whose stall is open."""
    return and_(Product.state == ListingState.PUBLISHED, Producer.published_at.is_not(None))


def page(session: Session, wanted: Filter, *, at: datetime, after: Sequence[Any] | None = None, limit: int = PER_PAGE) -> Page:
    """One page of products in the filter's order, from the position ``after`` on (keyset).

    Raises:
        BadRequest: when the position is none that this order gives.

    """
    rows = _narrowed(session, select(Product).join(Product.producer), wanted, at)
    rows = _ordered(rows, wanted.sort, after).limit(limit + 1).options(*for_cards())
    found = list(session.scalars(rows).unique())
    return Page(found[:limit], _position(found[limit - 1], wanted.sort) if len(found) > limit else None)


def facets(session: Session, wanted: Filter, *, at: datetime) -> Facets:
    """Counts of every facet's choices."""
    bands = case(*((_priced(n), n) for n in range(len(PRICES))), else_=-1)
    return Facets(
        total=session.scalar(_narrowed(session, select(func.count(Product.id)).join(Product.producer), wanted, at)) or 0,
        labels=_label_counts(session, wanted._replace(labels=()), at),
        categories=_counts(session, Product.category, wanted._replace(categories=()), at),
        states=_counts(session, Product.state_code, wanted._replace(states=()), at),
        prices=_counts(session, bands, wanted._replace(prices=()), at),
    )


def _narrowed(session: Session, rows: Select[Any], wanted: Filter, at: datetime) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [shown()]
    found = finds(wanted.words, session)
    if found is not None:
        conditions.append(found)
    if wanted.labels:
        label = labelled(at)
        conditions.append(Product.public_id.in_(select(label.c.subject_ref).where(label.c.scheme.in_(wanted.labels))))
    if wanted.categories:
        conditions.append(Product.category.in_(wanted.categories))
    if wanted.states:
        conditions.append(Product.state_code.in_(wanted.states))
    if wanted.prices:
        conditions.append(or_(*(_priced(n) for n in wanted.prices)))
    return rows.where(*conditions)


def _priced(band: int) -> ColumnElement[bool]:
    low, high = PRICES[band]
    return and_(Product.price_centavos >= low, Product.price_centavos < high if high is not None else true())


def _ordered(rows: Select[Any], sort: Sort, after: Sequence[Any] | None) -> Select[Any]:
    column = {Sort.NEWEST: Product.published_at, Sort.CHEAPEST: Product.price_centavos, Sort.DEAREST: Product.price_centavos}[
        sort
    ]
    if sort is Sort.CHEAPEST:
        rows = rows.order_by(column.asc(), Product.id.asc())
    else:
        rows = rows.order_by(column.desc(), Product.id.desc())
    if after is None:
        return rows
    value: Any
    value, number = instant_and_id(after) if sort is Sort.NEWEST else _price_and_id(after)
    if sort is Sort.CHEAPEST:
        return rows.where(or_(column > value, and_(column == value, Product.id > number)))
    return rows.where(or_(column < value, and_(column == value, Product.id < number)))


def _price_and_id(after: Sequence[Any]) -> tuple[int, int]:
    match after:
        case [int() as centavos, int() as number]:
            return centavos, number
    raise BadRequest


def _position(last: Product, sort: Sort) -> tuple[Any, ...]:
    value = last.published_at.isoformat() if sort is Sort.NEWEST and last.published_at else last.price_centavos
    return (value, last.id)


def _counts(session: Session, column: Any, wanted: Filter, at: datetime) -> dict[Any, int]:
    rows = select(column, func.count(Product.id)).select_from(Product).join(Product.producer)
    return _grouped(session, _narrowed(session, rows, wanted, at).group_by(column))


def _label_counts(session: Session, wanted: Filter, at: datetime) -> dict[str, int]:
    label = labelled(at)
    rows = select(label.c.scheme, func.count(func.distinct(Product.id))).select_from(Product).join(Product.producer)
    rows = rows.join(label, label.c.subject_ref == Product.public_id)
    return _grouped(session, _narrowed(session, rows, wanted, at).group_by(label.c.scheme))


def _grouped(session: Session, rows: Select[Any]) -> dict[Any, int]:
    return {key: number for key, number in session.execute(rows) if key is not None}
