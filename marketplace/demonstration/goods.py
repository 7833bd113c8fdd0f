"""Stalls and goods of the demonstration, listed through the services that producers use."""

from datetime import timedelta

from certification.accounts.models import User
from certification.core.forms import checked_phone
from certification.parties import vetting
from marketplace.catalogue import listing, photos
from marketplace.catalogue.models import Product
from marketplace.catalogue.values import ListingValues, VariantValues
from marketplace.demonstration.content import DemoContent, DemoProducer, DemoProduct, ProductState, Supply
from marketplace.demonstration.people import Cast
from marketplace.producers import stalls
from marketplace.producers.models import Producer
from marketplace.producers.stalls import StallValues


def bring_goods(content: DemoContent, cast: Cast) -> None:
    """Every producer's stall, the makers credited there, and the goods in the state that the content asks for."""
    for number, producer in enumerate(content.producers):
        _stall(producer, cast)
        for place, product in enumerate(producer.products):
            cast.products[product.slug] = _product(product, cast, days_ago=300 - number * 9 - place * 13)


def _keeper(producer: Producer) -> User:
    return vetting.administrators(producer.party)[0]


def _stall(demo: DemoProducer, cast: Cast) -> None:
    party = cast.parties[demo.party.slug]
    at = cast.began + timedelta(days=6)
    by = vetting.administrators(party)[0]
    producer = stalls.open_stall(party, by=by, at=at)
    ways = {way.kind: way for way in demo.ways}
    visits = " ".join(f"{way.value}. {way.note}" for kind, way in ways.items() if kind in ("visit", "market"))
    phone = ways.get("whatsapp") or ways.get("phone")
    values = StallValues(
        line=demo.line,
        story=demo.story,
        story_en=demo.story_en or "",
        languages=demo.party.languages,
        whatsapp=checked_phone(phone.value) if phone else None,
        whatsapp_shown="whatsapp" in ways,
        visits=visits[:500],
    )
    stalls.describe(producer, values, by=by, at=at)
    stalls.picture(producer, cast.studio.hang("place", demo.place_seed, by=by, at=at), cover=True, by=by, at=at)
    stalls.picture(producer, cast.studio.hang("portrait", demo.place_seed, by=by, at=at), cover=False, by=by, at=at)
    stalls.show(producer, by=by, at=at)
    for person in demo.people:
        if person.credit:
            cast.makers[person.key] = stalls.credit(producer, person.credit, person.consent or "", by=by, at=at)
    cast.producers[demo.party.slug] = producer


def _product(demo: DemoProduct, cast: Cast, *, days_ago: int) -> Product:
    producer = cast.producers[demo.producer]
    by, at = _keeper(producer), cast.at - timedelta(days=max(days_ago, 2), minutes=days_ago * 7 % 300)
    product = listing.start(producer, by=by, at=at)
    for place, seed in enumerate(demo.seeds):
        file = cast.studio.hang(demo.kind, seed, by=by, at=at)
        photos.add_photo(product, file, by=by, at=at, alt=demo.alt if place == 0 else "")
    listing.save(product, _values(demo, cast), version=product.version_id, by=by, at=at)
    if demo.variants:
        wanted = [VariantValues(one.name, one.price_centavos, one.on_hand) for one in demo.variants]
        listing.set_variants(product, wanted, by=by, at=at)
    if demo.state is not ProductState.DRAFT:
        listing.publish(product, by=by, at=at)
    if demo.state is ProductState.PAUSED:
        listing.pause(product, by=by, at=at + timedelta(days=1))
    if demo.state is ProductState.ARCHIVED:
        listing.archive(product, by=by, at=at + timedelta(days=1))
    return product


def _values(demo: DemoProduct, cast: Cast) -> ListingValues:
    maker = cast.makers.get(demo.maker)
    made_to_order = demo.supply is Supply.MADE_TO_ORDER
    return ListingValues(
        name=demo.name,
        name_en=demo.name_en or "",
        description=demo.description,
        description_en=demo.description_en or "",
        price_centavos=demo.price_centavos,
        stock=None if made_to_order else 1 if demo.supply is Supply.UNIQUE else demo.on_hand or 1,
        one_of_a_kind=demo.supply is Supply.UNIQUE,
        made_to_order=made_to_order,
        lead_days=demo.lead_days if made_to_order else None,
        category=demo.category,
        materials=", ".join(demo.materials),
        technique=demo.technique,
        care=demo.care,
        size=demo.size or "",
        weight_g=demo.weight_g,
        unit=demo.unit,
        hours=demo.hours,
        maker=maker.public_id if maker else None,
    )
