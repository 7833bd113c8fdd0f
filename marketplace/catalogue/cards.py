"""Products as cards in a list, with their live labels in one query."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import joinedload

from certification.core.i18n import language, money
from certification.core.media.files import Photo
from certification.parties.places.places import state_name
from marketplace.catalogue.addresses import product_path
from marketplace.catalogue.models import Product
from marketplace.catalogue.pictures import drawn
from marketplace.labels import Badge, badges_for
from marketplace.producers.models import Producer


class CardBadge(NamedTuple):
    """The live label on a card: what it says of the goods and where its weave is drawn."""

    name: str
    weave: str


class Card(NamedTuple):
    """What ``components/card.html`` draws."""

    url: str
    name: str
    maker: str
    place: str
    price_text: str
    image: Photo | None
    badge: CardBadge | None
    name_lang: str | None = None


def for_cards() -> tuple[Any, ...]:
    """Loader options for a query whose products become cards: no query for each of them."""
    return (
        joinedload(Product.producer).joinedload(Producer.party),
        joinedload(Product.maker),
    )


def cards(products: Sequence[Product], at: datetime) -> list[Card]:
    """One card for each product, in the same order. Load the products with :func:`for_cards`.

    A card wears the goods' own label only; what is said of their maker stands on the product's page.
    """
    labels = badges_for([one.subject_ref for one in products], (), at)
    return [_card(one, labels) for one in products]


def badge_of(badges: Collection[Badge]) -> CardBadge | None:
    """The one that a card has room for."""
    return next((CardBadge(one.wording, one.weave) for one in badges), None)


def credited(product: Product) -> str | None:
    """The maker's name while their consent stands."""
    maker = product.maker
    return maker.public_name if maker is not None and maker.withdrawn_at is None else None


def place_of(municipality: str, state_code: str) -> str:
    """``Teotitlán del Valle, Oaxaca``."""
    return f"{municipality}, {state_name(state_code, language())}"


def name_in(name: str, name_en: str, lang: str) -> str:
    """The name in the reader's language when its producer gave one."""
    return name_en if name_en and lang == "en" else name


def _card(product: Product, labels: dict[str, list[Badge]]) -> Card:
    party = product.producer.party
    return Card(
        url=product_path(product.public_id, product.slug),
        name=name_in(product.name, product.name_en, language()),
        maker=credited(product) or party.name,
        place=place_of(party.municipality, party.state_code),
        price_text=money(product.price_centavos) if product.price_centavos else "",
        image=drawn(product.cover) if product.cover else None,
        badge=badge_of(labels.get(product.subject_ref, ())),
        name_lang="es-MX" if language() == "en" and not product.name_en else None,
    )
