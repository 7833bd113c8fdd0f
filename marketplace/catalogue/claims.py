"""Protected words in a product's texts, and whether the document behind them was looked at (guard 10)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from certification.core.db import db
from certification.parties.places.places import state
from certification.rules.claims import Claim, ClaimContext, check
from certification.schemes.protected import claims_guard
from marketplace.catalogue.models import ClaimDocument, Product
from marketplace.labels import badges_for

FIELDS = (
    ("name", "listing.name"),
    ("name_en", "listing.name"),
    ("description", "listing.description"),
    ("description_en", "listing.description"),
)


@dataclass(frozen=True, slots=True)
class ListingClaim:
    """A protected claim in a field of the form; ``blocks`` while publishing waits for its document."""

    field: str
    claim: Claim
    blocks: bool

    def message(self, lang: str) -> str:
        """What the rule tells the person typing, with the words it is about."""
        said = f"“{self.claim.words}”" if lang == "en" else f"«{self.claim.words}»"
        return f"{said}: {self.claim.rule.message.in_(lang)}"


def claims_of(product: Product, at: datetime) -> list[ListingClaim]:
    """Every claim in the product's names and descriptions, in the order of the form."""
    texts = [(field, place, getattr(product, field)) for field, place in FIELDS if getattr(product, field)]
    if not any(check(place, text, ClaimContext(frozenset(_categories(product))), claims_guard()) for _, place, text in texts):
        return []
    context, backed = _context(product, at), _backed(product, at)
    return [
        ListingClaim(field, claim, claim.blocks and claim.rule.id not in backed)
        for field, place, text in texts
        for claim in check(place, text, context, claims_guard())
    ]


def documents_of(products: Collection[Product]) -> dict[int, tuple[tuple[str, datetime | None], ...]]:
    """Rules whose document a person has accepted, each with its end if it has one, by the product's id."""
    ids = [one.id for one in products]
    rows = select(ClaimDocument).where(ClaimDocument.product_id.in_(ids), ClaimDocument.accepted_at.is_not(None))
    found: dict[int, tuple[tuple[str, datetime | None], ...]] = {}
    for row in db.session.scalars(rows.order_by(ClaimDocument.id)):
        found[row.product_id] = (*found.get(row.product_id, ()), (row.rule, row.expires_at))
    return found


def _context(product: Product, at: datetime) -> ClaimContext:
    labels = badges_for([product.subject_ref], [product.producer.party.public_id], at)
    return ClaimContext(
        categories=frozenset(_categories(product)),
        declared_places=tuple(_places(product)),
        maker_names=tuple(_names(product)),
        live_schemes=tuple(badge.name for badge in labels.get(product.subject_ref, ())),
    )


def _categories(product: Product) -> Iterator[str]:
    if product.category:
        yield product.category


def _places(product: Product) -> Iterator[str]:
    party = product.producer.party
    entity = state(party.state_code)
    for name in (product.community, party.locality, party.municipality, entity.name if entity else None):
        if name:
            yield name


def _names(product: Product) -> Iterator[str]:
    yield product.producer.party.name
    if product.maker is not None:
        yield product.maker.public_name


def _backed(product: Product, at: datetime) -> set[str]:
    """Rules whose document a person has accepted and that has not expired."""
    return {rule for rule, ends in documents_of([product]).get(product.id, ()) if ends is None or ends > at}
