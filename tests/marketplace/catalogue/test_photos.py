"""Photographs are added once, put in order, described, removed and put back; the limits hold."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.rules.errors import DomainError, IllegalMove, InvalidInput, NotFound
from marketplace.catalogue import listing, photos
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.producers.models import Producer
from tests import makers
from tests.marketplace.catalogue.conftest import stored_photo


@pytest.fixture
def product(stall: Producer, keeper: User, session: Session) -> Product:
    return makers.product(stall)


def added(product: Product, keeper: User, at: datetime, number: int) -> list[ProductPhoto]:
    made = []
    for _ in range(number):
        file = stored_photo()
        with unit_of_work():
            made.append(photos.add_photo(product, file, by=keeper, at=at))
    return made


def order(product: Product) -> list[int]:
    return [one.id for one in product.photos]


def test_photos_stand_in_the_order_they_came(product: Product, keeper: User, session: Session, at: datetime) -> None:
    version = product.version_id
    made = added(product, keeper, at, 3)
    assert order(product) == [one.id for one in made]
    assert product.version_id == version, "an upload must not make the open form stale"
    assert session.scalars(select(AuditEntry.act)).all() == ["listing.add_photo"] * 3


def test_the_same_picture_sent_again_is_there_once(product: Product, keeper: User, at: datetime) -> None:
    (first,) = added(product, keeper, at, 1)
    again = stored_photo(digest=first.file.digest)
    with unit_of_work():
        assert photos.add_photo(product, again, by=keeper, at=at).id == first.id
    assert len(product.photos) == 1


def test_moving_swaps_neighbours_and_stops_at_the_ends(product: Product, keeper: User, at: datetime) -> None:
    a, b, c = added(product, keeper, at, 3)
    moves: tuple[tuple[ProductPhoto, str, list[ProductPhoto]], ...] = (
        (c, "up", [a, c, b]),
        (c, "up", [c, a, b]),
        (c, "up", [c, a, b]),
        (c, "down", [a, c, b]),
        (b, "down", [a, c, b]),
    )
    for photo, way, wanted in moves:
        with unit_of_work():
            photos.move_photo(photo, "up" if way == "up" else "down", by=keeper, at=at)
        assert order(product) == [one.id for one in wanted]


def test_twelve_photos_and_no_more(product: Product, keeper: User, at: datetime) -> None:
    added(product, keeper, at, 12)
    with pytest.raises(DomainError) as refused:
        added(product, keeper, at, 1)
    assert refused.value.code == "too_many_photos"
    assert len(product.photos) == 12


def test_a_removed_photo_can_be_put_back_at_the_end(product: Product, keeper: User, at: datetime) -> None:
    a, b = added(product, keeper, at, 2)
    with unit_of_work():
        photos.remove_photo(a, by=keeper, at=at)
    assert order(product) == [b.id]
    assert [one.id for one in photos.removed_lately(product, at)] == [a.id]
    assert photos.removed_lately(product, at + timedelta(hours=2)) == []
    with unit_of_work():
        photos.put_back(a, by=keeper, at=at)
    assert order(product) == [b.id, a.id]
    assert photos.removed_lately(product, at) == []


def test_the_last_photo_of_a_product_on_sale_stays(product: Product, keeper: User, at: datetime) -> None:
    (only,) = added(product, keeper, at, 1)
    with pytest.raises(DomainError) as refused, unit_of_work():
        photos.remove_photo(only, by=keeper, at=at)
    assert refused.value.code == "last_photo"
    with unit_of_work():
        listing.pause(product, by=keeper, at=at)
    with unit_of_work():
        photos.remove_photo(only, by=keeper, at=at)
    assert order(product) == []


def test_a_description_has_a_limit(product: Product, keeper: User, at: datetime) -> None:
    (only,) = added(product, keeper, at, 1)
    with unit_of_work():
        photos.describe_photo(only, "Rebozo azul, doblado", by=keeper, at=at)
    assert only.alt == "Rebozo azul, doblado"
    with pytest.raises(InvalidInput), unit_of_work():
        photos.describe_photo(only, "a" * 251, by=keeper, at=at)


def test_a_stranger_touches_no_photo(product: Product, keeper: User, at: datetime) -> None:
    a, b = added(product, keeper, at, 2)
    stranger, file = makers.user(), stored_photo()
    for act in (
        lambda: photos.add_photo(product, file, by=stranger, at=at),
        lambda: photos.move_photo(b, "up", by=stranger, at=at),
        lambda: photos.describe_photo(a, "x", by=stranger, at=at),
        lambda: photos.remove_photo(a, by=stranger, at=at),
        lambda: photos.put_back(a, by=stranger, at=at),
    ):
        with pytest.raises(NotFound), unit_of_work():
            act()
    assert order(product) == [a.id, b.id]


def test_nothing_moves_in_the_archive(product: Product, keeper: User, at: datetime) -> None:
    (only,) = added(product, keeper, at, 1)
    with unit_of_work():
        listing.archive(product, by=keeper, at=at)
    with pytest.raises(IllegalMove), unit_of_work():
        photos.remove_photo(only, by=keeper, at=at)
