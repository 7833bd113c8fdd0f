"""What visitors see of the stalls: who sells and where, one stall whole, and the states of the map."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from certification.core.db import db
from certification.core.web import PER_PAGE, instant_and_id
from certification.parties.models import Belonging, Party, Vetting
from certification.parties.places.places import states, states_named
from certification.rules.fold import fold
from marketplace.catalogue.browsing import shown
from marketplace.catalogue.cards import for_cards
from marketplace.catalogue.models import Product
from marketplace.producers.models import Producer

LONGEST_WORDS = 100
MOST_WORDS = 8
MOST_MEMBERS = 200


class Filter(NamedTuple):
    """``state`` is a state's code, or empty."""

    words: str = ""
    state: str = ""


class Page(NamedTuple):
    """One page of stalls by name; ``next`` is the id to go on from."""

    stalls: list[Producer]
    next: int | None


class Goods(NamedTuple):
    """One page of a stall's goods, newest first; ``next`` is the position to go on from."""

    products: list[Product]
    next: tuple[str, int] | None


class StateCount(NamedTuple):
    """How much of a state is on show."""

    code: str
    products: int
    stalls: int


def read_filter(args: MultiDict[str, str]) -> Filter:
    """The filter in an address; what is unknown is left out."""
    code = args.get("state", "")
    return Filter(
        words=args.get("q", "")[:LONGEST_WORDS].strip(), state=code if code in {state.code for state in states()} else ""
    )


def page(wanted: Filter, *, after: Sequence[Any] | None = None) -> Page:
    """One page of open stalls, by name, from the stall ``after`` on (keyset).

    Raises:
        BadRequest: when the position is none of ours.

    """
    rows = _narrowed(select(Producer).join(Party, Party.id == Producer.party_id), wanted)
    if after is not None:
        rows = _beyond(rows, after)
    rows = rows.options(joinedload(Producer.cover), joinedload(Producer.portrait))
    found = list(db.session.scalars(rows.order_by(Party.search_text, Producer.id).limit(PER_PAGE + 1)))
    return Page(found[:PER_PAGE], found[PER_PAGE - 1].id if len(found) > PER_PAGE else None)


def states_of(wanted: Filter) -> dict[str, int]:
    """How many stalls each state would show, given the words."""
    columns: tuple[Any, ...] = (Party.state_code, func.count(Producer.id))
    rows = select(*columns).select_from(Producer).join(Party, Party.id == Producer.party_id)
    return {row[0]: row[1] for row in db.session.execute(_narrowed(rows, Filter(wanted.words)).group_by(Party.state_code))}


def goods(producer: Producer, *, after: Sequence[Any] | None = None) -> Goods:
    """What the stall shows now, from the position ``after`` on (keyset).

    Raises:
        BadRequest: when the position is none of ours.

    """
    rows = select(Product).join(Product.producer).where(Product.producer_id == producer.id, shown())
    if after is not None:
        at, number = instant_and_id(after)
        rows = rows.where(or_(Product.published_at < at, and_(Product.published_at == at, Product.id < number)))
    rows = rows.options(*for_cards()).order_by(Product.published_at.desc(), Product.id.desc()).limit(PER_PAGE + 1)
    found = list(db.session.scalars(rows).unique())
    last = found[PER_PAGE - 1] if len(found) > PER_PAGE else None
    return Goods(found[:PER_PAGE], (last.published_at.isoformat(), last.id) if last and last.published_at else None)


def members(producer: Producer) -> list[tuple[Party, str | None]]:
    """Vetted parties that belong to the stall's own, by name, each with the address of its own open stall if it has one."""
    rows = (
        select(Party, Producer.slug)
        .join(Belonging, Belonging.member_id == Party.id)
        .outerjoin(Producer, and_(Producer.party_id == Party.id, Producer.published_at.is_not(None)))
        .where(Belonging.organization_id == producer.party_id, Belonging.ended_at.is_(None), Party.vetting == Vetting.VETTED)
        .order_by(Party.search_text, Party.id)
        .limit(MOST_MEMBERS)
    )
    return [(party, slug) for party, slug in db.session.execute(rows)]


def on_the_map() -> list[StateCount]:
    """Every state with something on show, in the order of the codes."""
    rows = (
        select(Product.state_code, func.count(Product.id), func.count(func.distinct(Product.producer_id)))
        .join(Product.producer)
        .where(shown())
        .group_by(Product.state_code)
        .order_by(Product.state_code)
    )
    known = {state.code for state in states()}
    return [StateCount(code, products, stalls) for code, products, stalls in db.session.execute(rows) if code in known]


def _narrowed(rows: Select[Any], wanted: Filter) -> Select[Any]:
    rows = rows.where(Producer.published_at.is_not(None))
    for word in fold(wanted.words).replace("\x00", "").split()[:MOST_WORDS]:
        rows = rows.where(or_(Party.search_text.contains(word, autoescape=True), Party.state_code.in_(states_named(word))))
    return rows.where(Party.state_code == wanted.state) if wanted.state else rows


def _beyond(rows: Select[Any], after: Sequence[Any]) -> Select[Any]:
    match after:
        case [int() as number] if not isinstance(number, bool):
            last = select(Party.search_text).join(Producer, Producer.party_id == Party.id).where(Producer.id == number)
            text = db.session.scalar(last)
            if text is not None:
                return rows.where(or_(Party.search_text > text, and_(Party.search_text == text, Producer.id > number)))
    raise BadRequest
