"""The photographs of a product: added, put in order, described, removed and put back."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.core.media.models import StoredFile
from certification.rules.errors import DomainError, IllegalMove, InvalidInput
from certification.rules.text import N_
from certification.rules.workflow import ListingState
from marketplace.catalogue.listing import stands_for
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.catalogue.permissions import Permission
from marketplace.catalogue.substance import check_photo_goes
from marketplace.catalogue.values import LONGEST_ALT, MOST_PHOTOS

PUT_BACK_WITHIN = timedelta(hours=2)


def add_photo(product: Product, file: StoredFile, *, by: User, at: datetime, alt: str = "") -> ProductPhoto:
    """Put a photograph at the end. The same picture sent again, as after a lost answer, is there once.

    Raises:
        DomainError: there are :data:`MOST_PHOTOS` already (code ``too_many_photos``).

    """
    _check(product, by)
    _checked_alt(alt)
    hold(product)  # two uploads at once count right
    same = same_picture(product, file.digest)
    if same is not None:
        return same
    require_room(product)
    photo = ProductPhoto(product_id=product.id, file=file, position=_end(product), alt=alt)
    writing().add(photo)
    _settle(product)
    _record("listing.add_photo", product, photo, by=by, at=at)
    return photo


def move_photo(photo: ProductPhoto, way: Literal["up", "down"], *, by: User, at: datetime) -> None:
    """One place towards the front or the back; the first is the cover. At the end it stays where it is."""
    product = _held(photo, by)
    if photo.removed_at is not None:
        return
    row = list(product.photos)
    here = row.index(photo)
    there = here + (-1 if way == "up" else 1)
    if not 0 <= there < len(row):
        return
    row[here], row[there] = row[there], row[here]
    for place, one in enumerate(row):
        one.position = place
    _settle(product)
    _record("listing.move_photo", product, photo, by=by, at=at, to=there)


def describe_photo(photo: ProductPhoto, alt: str, *, by: User, at: datetime) -> None:
    """Say what it shows, for who does not see it.

    Raises:
        InvalidInput: the text is too long.

    """
    _check(photo.product, by)
    _checked_alt(alt)
    photo.alt = alt
    _record("listing.describe_photo", photo.product, photo, by=by, at=at)


def remove_photo(photo: ProductPhoto, *, by: User, at: datetime) -> None:
    """Take it away; :func:`put_back` brings it back. Removing it twice is removing it once.

    Raises:
        DomainError: the last one of a product on sale (code ``last_photo``), or of those that a label was granted for.

    """
    product = _held(photo, by)
    if photo.removed_at is not None:
        return
    if product.state is ListingState.PUBLISHED and len(product.photos) == 1:
        raise DomainError(
            "last_photo", N_("Una pieza publicada lleva al menos una foto. Suba otra y luego quite esta."), field="photos"
        )
    check_photo_goes(product, photo, at)
    photo.removed_at = at
    _settle(product)
    _record("listing.remove_photo", product, photo, by=by, at=at)


def put_back(photo: ProductPhoto, *, by: User, at: datetime) -> None:
    """Bring back a removed photograph, at the end.

    Raises:
        DomainError: there are :data:`MOST_PHOTOS` already (code ``too_many_photos``).

    """
    product = _held(photo, by)
    if photo.removed_at is None:
        return
    require_room(product)
    photo.removed_at, photo.position = None, _end(product)
    _settle(product)
    _record("listing.put_photo_back", product, photo, by=by, at=at)


def require_room(product: Product) -> None:
    """Let pass while there is room for one more.

    Raises:
        DomainError: there are :data:`MOST_PHOTOS` already (code ``too_many_photos``).

    """
    if len(product.photos) >= MOST_PHOTOS:
        raise DomainError("too_many_photos", N_("Una pieza lleva %(most)d fotos como máximo."), field="photos", most=MOST_PHOTOS)


def same_picture(product: Product, digest: str) -> ProductPhoto | None:
    """The photograph of this product with the same content."""
    return next((one for one in product.photos if one.file.digest == digest), None)


def removed_lately(product: Product, at: datetime) -> list[ProductPhoto]:
    """What a person may still want back, the last one first."""
    rows = select(ProductPhoto).where(ProductPhoto.product_id == product.id, ProductPhoto.removed_at > at - PUT_BACK_WITHIN)
    return list(db.session.scalars(rows.order_by(ProductPhoto.removed_at.desc(), ProductPhoto.id.desc()).limit(MOST_PHOTOS)))


def _held(photo: ProductPhoto, by: User) -> Product:
    """Its product, with nobody else at its photographs until the unit of work ends."""
    product = photo.product
    _check(product, by)
    hold(product)
    writing().refresh(photo)
    return product


def _check(product: Product, by: User) -> None:
    check(by, Permission.EDIT, product)
    if product.state is ListingState.ARCHIVED:
        raise IllegalMove("archived", N_("Esta pieza está archivada. Restáurela para cambiarla."))


def _checked_alt(alt: str) -> None:
    if len(alt) > LONGEST_ALT:
        raise InvalidInput("too_long", N_("Use %(max)d letras como máximo."), field="alt", max=LONGEST_ALT)


def _end(product: Product) -> int:
    return max((one.position for one in product.photos), default=-1) + 1


def _settle(product: Product) -> None:
    session = writing()
    session.flush()
    session.expire(product, ["photos"])


def _record(act: str, product: Product, photo: ProductPhoto, *, by: User, at: datetime, **details: object) -> None:
    behalf = stands_for(product.producer, by)
    record(act, "product", product.public_id, by=by, at=at, on_behalf_of=behalf, photo=photo.public_id, **details)
