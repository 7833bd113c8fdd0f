"""What the product page shows, in at most four reads straight on the driver and one for the labels: its cost is promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import aliased

from certification.core.i18n import money
from certification.core.media.files import Photo, photo
from certification.core.media.models import StoredFile
from certification.core.quick import QuickSelect, connected
from certification.parties.models import Party
from certification.rules.workflow import ListingState
from marketplace.catalogue.addresses import product_path
from marketplace.catalogue.cards import Card, badge_of, name_in, place_of
from marketplace.catalogue.models import Product, ProductPhoto, Variant
from marketplace.catalogue.permissions import Seen, is_public
from marketplace.labels import Badge, badges_for
from marketplace.producers.models import Maker, Producer

MOST_MORE = 4


@dataclass(frozen=True, slots=True)
class Row(Seen):
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
    published_at: datetime | None
    producer_id: int
    producer_slug: str
    stall_opened: datetime | None
    away_until: date | None
    party_id: int
    party_ref: str
    party_name: str
    municipality: str
    locality: str | None
    state_code: str
    maker: str | None
    variants: int
    on_hand: int | None

    @property
    def public(self) -> bool:
        opened = self.stall_opened is not None
        return is_public(self.state, was_published=self.published_at is not None, stall_open=opened)

    @property
    def on_sale(self) -> bool:
        return self.state is ListingState.PUBLISHED


class Choice(NamedTuple):
    """One size, weight or colour."""

    name: str
    price_text: str
    on_hand: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The page's content. ``labels`` are the goods' own, ``statements`` what is said of their maker; all are live."""

    row: Row
    photos: list[Photo]
    choices: list[Choice]
    more: list[Card]
    labels: Sequence[Badge]
    statements: Sequence[Badge]


class _Picture(NamedTuple):
    """As much of a stored file as drawing it needs."""

    renditions: list[Any]
    illustration: bool


def _credited() -> Any:
    """The maker's name while their consent stands."""
    return select(Maker.public_name).where(Maker.id == Product.maker_id, Maker.withdrawn_at.is_(None)).scalar_subquery()


def _of_variants(value: Any) -> Any:
    return select(value).where(Variant.product_id == Product.id).correlate(Product).scalar_subquery()


def _product() -> Any:
    own = [getattr(Product, name) for name in Row.__slots__[: Row.__slots__.index("producer_slug")]]
    stall = [Producer.slug, Producer.published_at, Producer.away_until]
    party = [Party.id, Party.public_id, Party.name, Party.municipality, Party.locality, Party.state_code]
    counted = [_of_variants(func.count(Variant.id)), _of_variants(func.sum(Variant.on_hand))]
    columns = [column.label(f"c{place}") for place, column in enumerate((*own, *stall, *party, _credited(), *counted))]
    joined = select(*columns).select_from(Product).join(Producer, Producer.id == Product.producer_id)
    return joined.join(Party, Party.id == Producer.party_id).where(Product.public_id == bindparam("public_id"))


def _photos() -> Any:
    own = select(StoredFile.renditions, StoredFile.illustration, ProductPhoto.alt).select_from(ProductPhoto)
    own = own.join(StoredFile, StoredFile.id == ProductPhoto.file_id).where(
        ProductPhoto.product_id == bindparam("product_id"), ProductPhoto.removed_at.is_(None)
    )
    return own.order_by(ProductPhoto.position, ProductPhoto.id)


def _choices() -> Any:
    rows = select(Variant.name, Variant.price_centavos, Variant.on_hand)
    return rows.where(Variant.product_id == bindparam("product_id")).order_by(Variant.position)


def _more() -> Any:
    first = aliased(ProductPhoto)
    cover = (
        select(first.id)
        .where(first.product_id == Product.id, first.removed_at.is_(None))
        .order_by(first.position, first.id)
        .limit(1)
        .scalar_subquery()
    )
    rows = select(
        Product.public_id,
        Product.slug,
        Product.name,
        Product.name_en,
        Product.price_centavos,
        _credited().label("maker"),
        StoredFile.renditions,
        StoredFile.illustration,
    )
    rows = (
        rows.select_from(Product)
        .outerjoin(ProductPhoto, ProductPhoto.id == cover)
        .outerjoin(StoredFile, StoredFile.id == ProductPhoto.file_id)
    )
    rows = rows.where(
        Product.producer_id == bindparam("producer_id"),
        Product.state == ListingState.PUBLISHED,
        Product.id != bindparam("product_id"),
    )
    return rows.order_by(Product.published_at.desc(), Product.id.desc()).limit(MOST_MORE)


class Pages:
    """Reads product pages; one for an application, for as long as it lives."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._product = QuickSelect(engine, _product())
        self._photos = QuickSelect(engine, _photos())
        self._choices = QuickSelect(engine, _choices())
        self._more = QuickSelect(engine, _more())

    def find(self, public_id: str) -> Row | None:
        """The product's row, or None.

        Raises:
            UnreachableError: when the database fails.

        """
        found = self._product.first(public_id=public_id)
        return Row(*found) if found else None

    def fill(self, row: Row, at: datetime) -> Shown:
        """Everything else that its page shows.

        Raises:
            UnreachableError: when the database fails.

        """
        with connected(self._engine) as connection:
            drawn = self._photos.all(connection, product_id=row.id)
            choices = self._choices.all(connection, product_id=row.id) if row.variants > 1 else []
            others = self._more.all(connection, producer_id=row.producer_id, product_id=row.id)
        own = [row.public_id] if row.on_sale else []
        labels = badges_for([*own, *(one[0] for one in others)], [row.party_ref] if own else [], at)
        return Shown(
            row=row,
            photos=[_drawn(renditions, illustration, alt) for renditions, illustration, alt in drawn],
            choices=[Choice(name, money(price), on_hand) for name, price, on_hand in choices if price],
            more=[_card(row, one, labels) for one in others],
            labels=labels.get(row.public_id, ()),
            statements=labels.get(row.party_ref, ()),
        )


def _drawn(renditions: list[Any], illustration: Any, alt: str) -> Photo:
    return photo(cast("StoredFile", _Picture(renditions, bool(illustration))), alt)


def _card(row: Row, other: tuple[Any, ...], labels: dict[str, list[Badge]]) -> Card:
    public_id, slug, name, name_en, price, maker, renditions, illustration = other
    return Card(
        url=product_path(public_id, slug),
        name=name_in(name, name_en),
        maker=maker or row.party_name,
        place=place_of(row.municipality, row.state_code),
        price_text=money(price) if price else "",
        image=_drawn(renditions, illustration, "") if renditions else None,
        badge=badge_of(labels.get(public_id, ())),
    )
