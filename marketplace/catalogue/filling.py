"""From the form's values to the product's columns, and the columns that repeat what stands elsewhere."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import selectinload

from certification.accounts.models import User
from certification.core.db import db, writing
from certification.parties import founding
from certification.parties.models import Party
from certification.parties.places.places import state
from certification.rules.errors import InvalidInput
from certification.rules.text import N_
from marketplace.catalogue.addresses import slug_of
from marketplace.catalogue.cards import credited
from marketplace.catalogue.models import Product, Variant
from marketplace.catalogue.search import index_text
from marketplace.catalogue.taxonomy import category
from marketplace.catalogue.values import ListingValues
from marketplace.producers.models import Maker, Producer
from marketplace.producers.stalls import declare_follower

PLAIN = [
    "name",
    "name_en",
    "description",
    "description_en",
    "materials",
    "technique",
    "community",
    "care",
    "size",
    "weight_g",
    "unit",
    "hours",
    "one_of_a_kind",
    "made_to_order",
]


def fill(product: Product, values: ListingValues) -> list[str]:
    """Write the values; the names of what changed.

    Raises:
        InvalidInput: a category or maker that may not be chosen.

    """
    wanted = {name: getattr(values, name) for name in PLAIN}
    wanted["lead_days"] = values.lead_days if values.made_to_order else None
    wanted["category"] = _category(values.category, product.category)
    wanted["maker_id"] = _maker(product, values.maker)
    changed = [name for name, value in wanted.items() if getattr(product, name) != value]
    for name in changed:
        setattr(product, name, wanted[name])
    if "maker_id" in changed:
        db.session.expire(product, ["maker"])
    return changed + _price_and_stock(product, values) + _descriptions(product, values)


def repeat(product: Product) -> None:
    """Write anew what browsing reads from the product's own row: address, place, lowest price, words."""
    prices = [one.price_centavos for one in product.variants if one.price_centavos is not None]
    product.slug = slug_of(product.name)
    product.state_code = product.producer.party.state_code
    product.price_centavos = min(prices, default=None)
    product.search_text = _words(product)


def _words(product: Product) -> str:
    party = product.producer.party
    kind = category(product.category) if product.category else None
    entity = state(party.state_code)
    return index_text(
        product.name,
        product.name_en,
        kind.name if kind else None,
        kind.name_en if kind else None,
        product.materials,
        product.technique,
        product.community,
        party.name,
        credited(product),
        party.locality,
        party.municipality,
        entity.name if entity else None,
        product.description,
    )


def _rewrite(which: ColumnElement[bool]) -> None:
    """What :func:`repeat` writes of place and words, past the version: it makes no open form stale."""
    session = writing()
    table = Product.__table__
    wanted = select(Product).join(Product.producer).where(which).options(selectinload(Product.maker))
    for product in session.scalars(wanted):
        values = {"state_code": product.producer.party.state_code, "search_text": _words(product)}
        session.connection().execute(update(table).where(table.c.id == product.id).values(values))  # type: ignore[arg-type]  # a mapped class's table is a Table
        session.expire(product, list(values))


def _follow_party(party: Party, _lived: str, _by: User, _at: datetime) -> None:
    _rewrite(Producer.party_id == party.id)


def _follow_maker(maker: Maker) -> None:
    _rewrite(Product.maker_id == maker.id)


def _category(wanted: str | None, present: str | None) -> str | None:
    if not wanted or wanted == present:
        return wanted or None
    chosen = category(wanted)
    if chosen is None or not chosen.sold_online:
        raise InvalidInput("unknown_category", N_("Elija una de las opciones."), field="category")
    return chosen.id


def _maker(product: Product, wanted: str | None) -> int | None:
    """Only people of this producer who consented and did not take it back; who is credited already may stay."""
    if not wanted:
        return None
    row = select(Maker).where(Maker.public_id == wanted, Maker.producer_id == product.producer_id)
    found = db.session.scalar(row)
    if found is None or (found.withdrawn_at is not None and found.id != product.maker_id):
        raise InvalidInput("unknown_maker", N_("Elija a una persona de la lista."), field="maker")
    return found.id


def _price_and_stock(product: Product, values: ListingValues) -> list[str]:
    """Of the one variant; several are kept on their own page."""
    if len(product.variants) > 1:
        return []
    if not product.variants:
        product.variants.append(Variant(price_centavos=None, on_hand=None))
    only = product.variants[0]
    stock = values.stock
    if values.one_of_a_kind and stock is not None:
        stock = min(stock, 1)
    wanted = {"price_centavos": values.price_centavos, "on_hand": stock}
    changed = [name for name, value in wanted.items() if getattr(only, name) != value]
    for name in changed:
        setattr(only, name, wanted[name])
    return changed


def _descriptions(product: Product, values: ListingValues) -> list[str]:
    said = dict(values.alts)
    changed = [one for one in product.photos if said.get(one.public_id, one.alt) != one.alt]
    for one in changed:
        one.alt = said[one.public_id]
    return ["photos"] if changed else []


founding.declare_follower("products", _follow_party)
declare_follower("products", _follow_maker)
