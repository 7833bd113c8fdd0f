"""A product's photographs as pages draw them, repeated in its own row: lists and the product page read nothing else."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from certification.core.media.files import Photo, photo
from certification.core.media.models import StoredFile
from marketplace.catalogue.models import Product, ProductPhoto

CARD_SIZES = 2


def drawn(picture: dict[str, Any]) -> Photo:
    """One of ``Product.pictures``, or its ``cover``, as a template draws it."""
    return Photo(**picture)


def _draw(session: Session, _context: Any) -> None:
    """Whoever touches a photograph, its product repeats it; past the version, so that no open form becomes stale."""
    touched = {one.product_id for one in (*session.new, *session.dirty, *session.deleted) if isinstance(one, ProductPhoto)}
    if not touched:
        return
    rows = (
        select(ProductPhoto.product_id, ProductPhoto.alt, StoredFile)
        .join_from(ProductPhoto, StoredFile, StoredFile.id == ProductPhoto.file_id)
        .where(ProductPhoto.product_id.in_(touched), ProductPhoto.removed_at.is_(None))
        .order_by(ProductPhoto.position, ProductPhoto.id)
    )
    found: dict[int, list[tuple[StoredFile, str]]] = {product_id: [] for product_id in touched}
    with session.no_autoflush:
        for product_id, alt, file in session.execute(rows):
            found[product_id].append((file, alt))
    table = Product.__table__
    for product_id, photographs in found.items():
        pictures = [asdict(photo(file, alt)) for file, alt in photographs]
        values = {"pictures": pictures, "cover": _small(*photographs[0]) if photographs else None}
        session.connection().execute(update(table).where(table.c.id == product_id).values(values))  # type: ignore[arg-type]  # a mapped class's table is a Table


def _small(file: StoredFile, alt: str) -> dict[str, Any]:
    """Without the largest size, which no card shows."""
    return asdict(photo(StoredFile(renditions=file.renditions[:CARD_SIZES], illustration=file.illustration), alt))


event.listen(Session, "after_flush", _draw)
