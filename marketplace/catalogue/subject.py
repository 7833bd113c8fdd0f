"""Goods that a producer may name in an application: from products to the registry's opaque references."""

from collections.abc import Collection

from sqlalchemy import select

from certification.applications.subjects import SubjectChoice
from certification.core.db import db
from certification.rules.workflow import ListingState
from marketplace.catalogue.cards import for_cards
from marketplace.catalogue.claims import documents_of
from marketplace.catalogue.models import Product
from marketplace.catalogue.pictures import drawn
from marketplace.producers.models import Producer

MOST = 500


def subjects(party_ids: Collection[int]) -> list[SubjectChoice]:
    """The named products of these parties that are not archived, by name; for ``applications.declare_subjects``."""
    wanted = (
        select(Product)
        .join(Product.producer)
        .where(Producer.party_id.in_(party_ids), Product.state != ListingState.ARCHIVED, Product.name != "")
        .options(*for_cards())
        .order_by(Product.name, Product.id)
        .limit(MOST)
    )
    found = list(db.session.scalars(wanted))
    documents = documents_of(found)
    return [
        SubjectChoice(one.subject_ref, one.name, drawn(one.cover).src if one.cover else None, documents.get(one.id, ()))
        for one in found
    ]
