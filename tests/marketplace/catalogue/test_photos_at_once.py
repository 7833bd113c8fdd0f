"""Two sessions at the photographs of one product: what is on sale keeps a photograph (PostgreSQL; SQLite writes one by one)."""

import threading
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.db import db
from certification.rules.workflow import ListingState
from marketplace.catalogue import listing, photos
from marketplace.catalogue.desk import one_listing
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.catalogue.readiness import require_ready
from marketplace.producers.models import Producer
from tests import makers
from tests.at_once import Act, at_once
from tests.conftest import ENGINE
from tests.marketplace.catalogue.conftest import stored_photo

pytestmark = pytest.mark.skipif(ENGINE != "postgresql", reason="SQLite lets one write at a time")


@pytest.fixture
def dawdle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other between looking and leaving, if nothing keeps them apart."""
    meeting, settle = threading.Barrier(2), photos._settle

    def wait() -> None:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)

    def slow_settle(product: Product) -> None:
        wait()
        settle(product)

    def slow_ready(product: Product, at: datetime) -> None:
        require_ready(product, at)
        wait()

    monkeypatch.setattr(photos, "_settle", slow_settle)
    monkeypatch.setattr(listing, "require_ready", slow_ready)


def with_photos(stall: Producer, count: int, **given: Any) -> tuple[str, list[int]]:
    made = makers.product(stall, **given)
    rows = [ProductPhoto(product_id=made.id, file_id=stored_photo().id, position=place) for place in range(count)]
    makers.save(*rows)
    found = made.public_id, [row.id for row in rows]
    db.session.remove()
    return found


def remove(photo: int, keeper: int, at: datetime) -> Act:
    return lambda session: photos.remove_photo(session.get_one(ProductPhoto, photo), by=session.get_one(User, keeper), at=at)


def test_of_two_who_remove_the_last_two_photographs_one_is_refused(
    app: Flask, session: Session, stall: Producer, keeper: User, at: datetime, dawdle: None
) -> None:
    keeper_id = keeper.id
    _, (first, second) = with_photos(stall, 2)
    assert sorted(at_once(app, [remove(first, keeper_id, at), remove(second, keeper_id, at)])) == ["done", "last_photo"]


def test_a_product_is_not_put_on_sale_while_its_only_photograph_goes(
    app: Flask, session: Session, stall: Producer, keeper: User, at: datetime, dawdle: None
) -> None:
    keeper_id = keeper.id
    public_id, (only,) = with_photos(stall, 1, state="draft", published_at=None)

    def publish(session: Session) -> None:
        product = one_listing(public_id)
        assert product is not None
        listing.publish(product, by=session.get_one(User, keeper_id), at=at)

    at_once(app, [publish, remove(only, keeper_id, at)])
    found = one_listing(public_id)
    assert found is not None
    assert (found.state is ListingState.PUBLISHED) == (len(found.photos) == 1)
