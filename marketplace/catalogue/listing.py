"""Preparing a product and putting it on sale: what a producer, or who acts for one, may do with a listing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.audit.models import AuditEntry
from certification.audit.record import record
from certification.core.db import hold, writing
from certification.parties.belonging import has_role
from certification.rules.errors import ChangedMeanwhile, IllegalMove, InvalidInput
from certification.rules.text import N_
from certification.rules.workflow import LISTING, ListingState
from marketplace.catalogue import substance
from marketplace.catalogue.filling import fill, repeat
from marketplace.catalogue.models import Product, ProductPhoto, Variant
from marketplace.catalogue.permissions import Permission
from marketplace.catalogue.readiness import require_ready
from marketplace.catalogue.taxonomy import category
from marketplace.catalogue.values import MOST_VARIANTS, ListingValues, VariantValues, check_bounds
from marketplace.producers.models import Producer

COPIED = [
    "name",
    "name_en",
    "description",
    "description_en",
    "category",
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
    "lead_days",
    "maker_id",
    "state_code",
    "price_centavos",
    "search_text",
    "slug",
]
ASIDE = 1_000_000  # a position that no variant has


def start(producer: Producer, *, by: User, at: datetime) -> Product:
    """A new draft; an untouched one of the same producer is given again, so that a second press makes no second draft."""
    check(by, Permission.START, producer)
    found = _untouched(producer)
    if found is not None:
        return found
    product = Product(producer=producer, category=_usual_category(producer), created_at=at, changed_at=at)
    product.variants.append(Variant(price_centavos=None, on_hand=1))
    return _added(product, "listing.start", by=by, at=at)


def save(  # noqa: PLR0913 - what the form says, and how it was sent
    product: Product, values: ListingValues, *, version: int, by: User, at: datetime, auto: bool = False, warned: bool = False
) -> bool:
    """Write the form; whether anything changed. Drafts may lack anything, what is on sale must stay complete.

    ``version`` is the one that the form was opened with; what is saved already may be sent again under any, for an answer
    gets lost where the signal is weak. ``auto``: saved by the page itself, on the record once an hour. ``warned``: the person
    was told that a change of substance takes the label off.

    Raises:
        ChangedMeanwhile: somebody saved since.
        InvalidInput: a value outside its bounds.
        LosesLabel: a label hangs on what changes, and the person was not told.
        NotReady: the product is on sale and would no longer be complete.

    """
    check(by, Permission.EDIT, product)
    check_bounds(values)
    _open_to_change(product)
    opened, before = product.version_id, substance.of(product)
    changed = fill(product, values)
    if not changed:
        return False
    if version != opened:
        raise ChangedMeanwhile
    if not warned:
        substance.warn(product, before, at)
    _touched(product, at)
    if not (auto and _recorded_lately(product, by, at)):
        _record("listing.save", product, by=by, at=at, fields=changed)
    substance.on_substance_change(product, before, by=by, at=at, on_behalf_of=stands_for(product.producer, by))
    return True


def set_variants(
    product: Product, wanted: Sequence[VariantValues], *, version: int | None = None, by: User, at: datetime
) -> None:
    """The sizes, weights or colours, in this order; what is not named again goes. ``version`` as for :func:`save`, if known.

    Raises:
        ChangedMeanwhile: somebody saved since.
        InvalidInput: none, too many, or two of the same name.
        NotReady: the product is on sale and would no longer be complete.

    """
    check(by, Permission.EDIT, product)
    _open_to_change(product)
    if version not in (None, product.version_id):
        raise ChangedMeanwhile
    if not 1 <= len(wanted) <= MOST_VARIANTS:
        raise InvalidInput("variant_count", N_("Escriba de una a %(most)d opciones."), most=MOST_VARIANTS)
    names = [one.name for one in wanted]
    if len(wanted) > 1 and (len(set(names)) < len(names) or "" in names):
        raise InvalidInput("variant_names", N_("Cada opción lleva un nombre distinto: un tamaño, un peso o un color."))
    session = writing()
    known = {one.public_id: one for one in product.variants}
    for row in product.variants:  # out of the way first: positions are unique
        row.position += ASIDE
    session.flush()
    kept = [_variant(product, known, one) for one in wanted]
    for row in set(product.variants) - set(kept):
        product.variants.remove(row)
    session.flush()
    for place, row in enumerate(kept):
        row.position = place
    session.flush()
    session.expire(product, ["variants"])
    _touched(product, at)
    _record("listing.set_variants", product, by=by, at=at, names=names)


def publish(product: Product, *, by: User, at: datetime) -> None:
    """Put a draft on sale.

    Raises:
        NotReady: naming all that is missing.

    """
    check(by, Permission.PUBLISH, product)
    hold(product)  # else its last photograph could go at the same moment
    state = LISTING.next_state(product.state, "publish")
    require_ready(product, at)
    repeat(product)
    product.state, product.published_at, product.changed_at = state, at, at
    _record("listing.publish", product, by=by, at=at)


def pause(product: Product, *, by: User, at: datetime) -> None:
    """Take it off sale for a while."""
    _move(product, "pause", Permission.PUBLISH, by=by, at=at)


def resume(product: Product, *, by: User, at: datetime) -> None:
    """Put it back on sale.

    Raises:
        NotReady: naming all that is missing.

    """
    check(by, Permission.PUBLISH, product)
    hold(product)
    LISTING.next_state(product.state, "resume")
    require_ready(product, at)
    _move(product, "resume", Permission.PUBLISH, by=by, at=at)


def archive(product: Product, *, by: User, at: datetime) -> None:
    """Put it away; its address keeps saying that it is no longer on sale."""
    _move(product, "archive", Permission.ARCHIVE, by=by, at=at)


def restore(product: Product, *, by: User, at: datetime) -> None:
    """Take it out of the archive, as a draft."""
    _move(product, "restore", Permission.ARCHIVE, by=by, at=at)


def copy(product: Product, *, by: User, at: datetime) -> Product:
    """A new draft with the same words, photographs and variants."""
    check(by, Permission.EDIT, product)
    made = Product(producer=product.producer, created_at=at, changed_at=at, **{name: getattr(product, name) for name in COPIED})
    made.variants.extend(
        Variant(name=one.name, price_centavos=one.price_centavos, on_hand=one.on_hand, position=one.position)
        for one in product.variants
    )
    made.photos.extend(ProductPhoto(file=one.file, position=place, alt=one.alt) for place, one in enumerate(product.photos))
    return _added(made, "listing.copy", by=by, at=at, original=product.public_id)


def stands_for(producer: Producer, by: User) -> str | None:
    """The party's public id when this person acts in its name without belonging to it: by a mandate, as a promoter."""
    return None if has_role(by, producer.party_id) else producer.party.public_id


def _move(product: Product, action: str, permission: Permission, *, by: User, at: datetime) -> None:
    check(by, permission, product)
    product.state, product.changed_at = LISTING.next_state(product.state, action), at
    _record(f"listing.{action}", product, by=by, at=at)


def _open_to_change(product: Product) -> None:
    if product.state is ListingState.ARCHIVED:
        raise IllegalMove("archived", N_("Esta pieza está archivada. Restáurela para cambiarla."))


def _touched(product: Product, at: datetime) -> None:
    product.changed_at = at
    repeat(product)
    if product.state is ListingState.PUBLISHED:
        require_ready(product, at)


def _record(act: str, product: Product, *, by: User, at: datetime, **details: object) -> None:
    behalf = stands_for(product.producer, by)
    record(act, "product", product.public_id, by=by, at=at, on_behalf_of=behalf, **details)


def _recorded_lately(product: Product, by: User, at: datetime) -> bool:
    last = (
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "product", AuditEntry.subject_id == product.public_id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    entry = writing().scalar(last)
    return entry is not None and entry.act == "listing.save" and entry.by_id == by.id and (at - entry.at).total_seconds() < 3600  # noqa: PLR2004 - an hour


def _added(product: Product, act: str, *, by: User, at: datetime, **details: object) -> Product:
    session = writing()
    session.add(product)
    session.flush()
    repeat(product)
    _record(act, product, by=by, at=at, **details)
    session.flush()
    return product


def _untouched(producer: Producer) -> Product | None:
    empty = select(Product).where(
        Product.producer_id == producer.id,
        Product.state == ListingState.DRAFT,
        Product.changed_at == Product.created_at,
        Product.name == "",
        Product.price_centavos.is_(None),
        ~select(ProductPhoto.id).where(ProductPhoto.product_id == Product.id).exists(),
    )
    return writing().scalar(empty.order_by(Product.id.desc()).limit(1))


def _usual_category(producer: Producer) -> str | None:
    """What they listed last, else the craft branch of the party."""
    last = select(Product.category).where(Product.producer_id == producer.id, Product.category.is_not(None))
    usual = writing().scalar(last.order_by(Product.id.desc()).limit(1)) or producer.party.branch
    chosen = category(usual) if usual else None
    return chosen.id if chosen and chosen.sold_online else None


def _variant(product: Product, known: dict[str, Variant], wanted: VariantValues) -> Variant:
    row = known.pop(wanted.public_id or "", None)
    if row is None:
        row = Variant(position=2 * ASIDE + len(product.variants))
        product.variants.append(row)
    row.name, row.price_centavos, row.on_hand = wanted.name, wanted.price_centavos, wanted.on_hand
    return row
