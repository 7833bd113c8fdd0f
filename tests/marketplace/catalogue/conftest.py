"""A workshop with a stall, somebody who keeps it, and photographs without a camera."""

import itertools
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.media.models import FileKind, StoredFile
from certification.parties.models import MemberRole
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.producers.models import Producer
from tests import makers

_digests = itertools.count(1)


def stored_photo(**given: object) -> StoredFile:
    digest = f"{next(_digests):064x}"
    sizes = [
        {"width": 256, "height": 320, "jpeg": digest, "webp": digest},
        {"width": 640, "height": 800, "jpeg": digest, "webp": digest},
    ]
    values = {
        "kind": FileKind.PHOTO,
        "private": False,
        "digest": digest,
        "content_type": "image/jpeg",
        "size": 1,
        "width": 640,
        "height": 800,
        "renditions": sizes,
        "made_at": makers.THEN,
    }
    made = StoredFile(**(values | given))
    makers.save(made)
    return made


@pytest.fixture
def stall(session: Session) -> Producer:
    return makers.producer()


@pytest.fixture
def keeper(stall: Producer) -> User:
    """May change the stall's catalogue."""
    person = makers.user("Rosa Luna")
    makers.member(person, stall.party, MemberRole.CATALOGUE)
    return person


@pytest.fixture
def with_photo() -> Callable[..., ProductPhoto]:
    def add(product: Product, alt: str = "", **given: object) -> ProductPhoto:
        made = ProductPhoto(product_id=product.id, file_id=stored_photo(**given).id, position=len(product.photos), alt=alt)
        makers.save(made)
        return made

    return add
