"""What a producer's desk shows of its listings."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from certification.accounts.models import User
from certification.core.db import db
from certification.core.i18n import money
from certification.core.media.files import Photo
from certification.parties.belonging import parties_of
from certification.parties.models import Power
from certification.rules.workflow import ListingState
from marketplace.catalogue.addresses import could_be_id, product_path
from marketplace.catalogue.cards import for_cards
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.catalogue.pictures import drawn
from marketplace.catalogue.readiness import gaps
from marketplace.producers.models import Maker, Producer

PER_PAGE = 20


class Line(NamedTuple):
    """One listing on the desk. ``missing`` names the fields that a draft still lacks; ``on_hand`` is None when made to order."""

    public_id: str
    name: str
    seller: str
    state: ListingState
    image: Photo | None
    photos: int
    price_text: str
    on_hand: int | None
    missing: list[str]
    changed_at: datetime
    page: str


class Page(NamedTuple):
    """``next`` is the position to go on from; ``counts`` holds every state."""

    lines: list[Line]
    counts: dict[ListingState, int]
    next: int | None


def whole() -> tuple[Any, ...]:
    """Loader options for what a form or a line of the desk needs besides a card's."""
    return (selectinload(Product.variants), selectinload(Product.photos))


def producers_of(person: User) -> list[Producer]:
    """The stalls whose catalogue this person may change, by name."""
    parties = parties_of(person, Power.CATALOGUE)
    rows = select(Producer).where(Producer.party_id.in_([party.id for party in parties]))
    return sorted(db.session.scalars(rows), key=lambda one: (one.party.name, one.id))


def listings(producers: list[Producer], state: ListingState, *, before: int | None = None) -> Page:
    """One page of these stalls' listings in one state, newest first."""
    ids = [one.id for one in producers]
    wanted = (
        select(Product)
        .where(Product.producer_id.in_(ids), Product.state == state)
        .options(*for_cards(), *whole())
        .order_by(Product.id.desc())
        .limit(PER_PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(Product.id < before)
    found = list(db.session.scalars(wanted))
    more = found[PER_PAGE - 1].id if len(found) > PER_PAGE else None
    counted = select(Product.state, func.count(Product.id)).where(Product.producer_id.in_(ids)).group_by(Product.state)
    counts = dict.fromkeys(ListingState, 0) | {row[0]: row[1] for row in db.session.execute(counted)}
    return Page([_line(one) for one in found[:PER_PAGE]], counts, more)


def one_listing(public_id: str) -> Product | None:
    """The product with everything that its form shows."""
    if not could_be_id(public_id):
        return None
    wanted = select(Product).where(Product.public_id == public_id)
    return db.session.scalar(wanted.options(*for_cards(), *whole()))


def makers_for(product: Product) -> list[Maker]:
    """Whom the product may credit: who consented and did not take it back, and who is credited already."""
    rows = select(Maker).where(
        Maker.producer_id == product.producer_id, Maker.withdrawn_at.is_(None) | (Maker.id == product.maker_id)
    )
    return list(db.session.scalars(rows.order_by(Maker.public_name, Maker.id)))


def photo_of(product: Product, public_id: str) -> ProductPhoto | None:
    """A photograph of this product, removed ones too."""
    return db.session.scalar(
        select(ProductPhoto).where(ProductPhoto.product_id == product.id, ProductPhoto.public_id == public_id)
    )


def _line(product: Product) -> Line:
    stocks = [one.on_hand for one in product.variants if one.on_hand is not None]
    return Line(
        public_id=product.public_id,
        name=product.name,
        seller=product.producer.party.name,
        state=product.state,
        image=drawn(product.cover) if product.cover else None,
        photos=len(product.photos),
        price_text=money(product.price_centavos) if product.price_centavos else "",
        on_hand=sum(stocks) if stocks else None,
        missing=gaps(product) if product.state is ListingState.DRAFT else [],
        changed_at=product.changed_at,
        page=product_path(product.public_id, product.slug),
    )
