"""What the home page shows: real counts, what is labelled, faces and places."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from certification.rules.workflow import ListingState
from marketplace.catalogue.browsing import shown
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.labels import labelled
from marketplace.producers.models import Producer

SHELF = 3
LABELLED = 8
FACES = 3
BRANCHES = 8


class Counts(NamedTuple):
    producers: int
    states: int
    labelled: int


@dataclass(frozen=True)
class Branch:
    """A category with goods in it, and one of its photographs."""

    key: str
    count: int
    product: Product


def counts(session: Session, at: datetime) -> Counts:
    """Producers with something on show, the states they work in, and products with a valid label."""
    on_show = select(Product.id, Product.producer_id, Product.state_code).join(Product.producer).where(shown()).subquery()
    producers, states = session.execute(
        select(func.count(func.distinct(on_show.c.producer_id)), func.count(func.distinct(on_show.c.state_code)))
    ).one()
    label = labelled(at)
    with_label = (
        select(func.count(func.distinct(Product.id)))
        .join(Product.producer)
        .join(label, label.c.subject_ref == Product.public_id)
        .where(shown())
    )
    return Counts(producers, states, session.scalar(with_label) or 0)


def newest_labelled(session: Session, at: datetime) -> list[Product]:
    """Products with a valid label, newest first, at most one of a producer and two of a category."""
    label = labelled(at)
    refs = select(label.c.subject_ref)
    rows = _whole(select(Product).join(Product.producer).where(shown(), Product.public_id.in_(refs)))
    rows = rows.order_by(Product.published_at.desc(), Product.id.desc()).limit(LABELLED * 6)
    return _varied(list(session.scalars(rows).unique()), LABELLED)


def faces(session: Session) -> list[Producer]:
    """Producers with a story and goods on show, newest first."""
    rows = (
        select(Producer)
        .where(Producer.published_at.is_not(None), Producer.story != "", Producer.cover_id.is_not(None))
        .where(select(Product.id).where(Product.producer_id == Producer.id, Product.state == ListingState.PUBLISHED).exists())
        .options(joinedload(Producer.cover), joinedload(Producer.party))
        .order_by(Producer.published_at.desc(), Producer.id.desc())
        .limit(FACES)
    )
    return list(session.scalars(rows))


def branches(session: Session) -> list[Branch]:
    """The fullest categories, each with its newest product."""
    grouped = (
        select(Product.category, func.count(Product.id), func.max(Product.id))
        .join(Product.producer)
        .where(shown(), Product.category.is_not(None))
        .group_by(Product.category)
        .order_by(func.count(Product.id).desc(), Product.category)
        .limit(BRANCHES)
    )
    rows = session.execute(grouped).all()
    newest = session.scalars(_whole(select(Product).where(Product.id.in_([row[2] for row in rows])))).unique()
    by_id = {product.id: product for product in newest}
    return [Branch(str(key), number, by_id[newest_id]) for key, number, newest_id in rows]


def _whole(rows: Select[Product]) -> Select[Product]:
    return rows.options(
        joinedload(Product.producer).joinedload(Producer.party),
        joinedload(Product.maker),
        selectinload(Product.photos).joinedload(ProductPhoto.file),
    )


def _varied(products: list[Product], most: int) -> list[Product]:
    chosen: list[Product] = []
    for product in products:
        same_maker = any(one.producer_id == product.producer_id for one in chosen)
        same_kind = sum(one.category == product.category for one in chosen) > 1
        if not same_maker and not same_kind:
            chosen.append(product)
    chosen += [product for product in products if product not in chosen]
    return chosen[:most]
