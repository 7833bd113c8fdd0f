"""What the product page shows, read straight on the driver: its cost is promised."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import Engine, bindparam, func, select, text

from certification.core.quick import QuickSelect, at_one_moment, connected
from certification.parties.models import Party
from certification.rules.workflow import ListingState
from marketplace.catalogue.addresses import could_be_id
from marketplace.catalogue.models import Product, Variant
from marketplace.catalogue.permissions import Seen, is_public
from marketplace.labels import Badge
from marketplace.live_labels import LiveLabels
from marketplace.producers.models import Maker, Producer

MOST_MORE = 4


@dataclass(slots=True)
class Row(Seen):  # a frozen one takes three times as long to make
    """One product with its producer and maker in the order of :func:`_product`'s columns."""

    id: int
    public_id: str
    slug: str
    state: ListingState
    name: str
    name_en: str
    description: str
    description_en: str
    category: str | None
    materials: str
    technique: str
    community: str
    care: str
    size: str
    weight_g: int | None
    unit: str
    hours: int | None
    one_of_a_kind: bool
    made_to_order: bool
    lead_days: int | None
    price_centavos: int | None
    published: bool
    producer_id: int
    producer_slug: str
    stall_open: bool
    away_until: date | None
    party_id: int
    party_ref: str
    party_name: str
    municipality: str
    locality: str | None
    state_code: str
    maker: str | None
    pictures: list[dict[str, Any]]
    variants: int
    on_hand: int | None

    @property
    def public(self) -> bool:
        return is_public(self.state, was_published=self.published, stall_open=self.stall_open)

    @property
    def on_sale(self) -> bool:
        return self.state is ListingState.PUBLISHED

    @property
    def can_be_had(self) -> bool:
        """In stock, or made to order."""
        return self.made_to_order or self.on_hand != 0


class Choice(NamedTuple):
    """One size, weight or colour; its price in centavos."""

    name: str
    price_centavos: int | None
    on_hand: int | None


class Other(NamedTuple):
    """One more product of the same producer; its picture as :mod:`~marketplace.catalogue.pictures` keeps it."""

    public_id: str
    slug: str
    name: str
    name_en: str
    price_centavos: int | None
    maker: str | None
    image: dict[str, Any] | None


@dataclass(slots=True)
class Shown:
    """The page's content. ``labels`` are live ones by reference: of this product, of the others, of the producer."""

    row: Row
    choices: list[Choice]
    more: list[Other]
    labels: dict[str, list[Badge]]


def _credited() -> Any:
    """The maker's name while their consent stands."""
    return select(Maker.public_name).where(Maker.id == Product.maker_id, Maker.withdrawn_at.is_(None)).scalar_subquery()


def _of_variants(value: Any) -> Any:
    return select(value).where(Variant.product_id == Product.id).correlate(Product).scalar_subquery()


def _product() -> Any:
    own = [getattr(Product, name) for name in Row.__slots__[: Row.__slots__.index("published")]]
    own += [Product.published_at.is_not(None), Product.producer_id]
    stall = [Producer.slug, Producer.published_at.is_not(None), Producer.away_until]
    party = [Party.id, Party.public_id, Party.name, Party.municipality, Party.locality, Party.state_code]
    counted = [_of_variants(func.count(Variant.id)), _of_variants(func.sum(Variant.on_hand))]
    every = (*own, *stall, *party, _credited(), Product.pictures, *counted)
    columns = [column.label(f"c{place}") for place, column in enumerate(every)]
    joined = select(*columns).select_from(Product).join(Producer, Producer.id == Product.producer_id)
    return joined.join(Party, Party.id == Producer.party_id).where(Product.public_id == bindparam("public_id"))


def _choices() -> Any:
    rows = select(Variant.name, Variant.price_centavos, Variant.on_hand)
    return rows.where(Variant.product_id == bindparam("product_id")).order_by(Variant.position)


def _more() -> Any:
    columns = (Product.public_id, Product.slug, Product.name, Product.name_en, Product.price_centavos, _credited(), Product.cover)
    rows = select(*columns).where(
        Product.producer_id == bindparam("producer_id"),
        Product.state == ListingState.PUBLISHED,
        Product.id != bindparam("product_id"),
    )
    most = text(f"LIMIT {MOST_MORE}")  # bound to a value, SQLite would plan the statement anew each time: half of its cost
    return rows.order_by(Product.published_at.desc(), Product.id.desc()).suffix_with(most)


class Reader:
    """Reads products for their pages; one for an application, for as long as it lives. Needs no request."""

    def __init__(self, app: Flask, engine: Engine) -> None:
        self._engine = engine
        self._product = QuickSelect(engine, _product())
        self._choices = QuickSelect(engine, _choices())
        self._more = QuickSelect(engine, _more())
        self._labels = LiveLabels(app, engine)

    def find(self, public_id: str) -> Row | None:
        """The product's row, or None.

        Raises:
            UnreachableError: when the database fails.

        """
        with connected(self._engine) as connection:
            return self._found(connection, public_id)

    def read(self, public_id: str, slug: str, at: datetime) -> Shown | None:
        """What is on sale at this address and may be shown to anyone, or None.

        Raises:
            UnreachableError: when the database fails.

        """
        with at_one_moment(self._engine) as connection:
            row = self._found(connection, public_id)
            if row is None or row.slug != slug or not (row.on_sale and row.public):
                return None
            return self._filled(connection, row, at)

    def fill(self, row: Row, at: datetime) -> Shown:
        """Everything else that a product's page shows.

        Raises:
            UnreachableError: when the database fails.

        """
        with at_one_moment(self._engine) as connection:
            return self._filled(connection, row, at)

    def _found(self, connection: Any, public_id: str) -> Row | None:
        found = self._product.all(connection, public_id=public_id) if could_be_id(public_id) else None
        return Row(*found[0]) if found else None

    def _filled(self, connection: Any, row: Row, at: datetime) -> Shown:
        choices = self._choices.all(connection, product_id=row.id) if row.variants > 1 else []
        others = self._more.all(connection, producer_id=row.producer_id, product_id=row.id)
        refs = [one[0] for one in others]
        if row.on_sale:
            labels = self._labels.find(connection, [row.public_id, *refs], row.party_ref, at)
        else:
            labels = self._labels.find(connection, refs, None, at)
        return Shown(
            row=row,
            choices=[Choice(*one) for one in choices],
            more=[Other(*one) for one in others],
            labels=labels,
        )
