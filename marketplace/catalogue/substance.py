"""What a label was granted for. Whoever changes it changes the thing, and the label waits until it is looked at (guard 9)."""

from datetime import datetime

from certification.accounts.models import User
from certification.audit.record import record
from marketplace.catalogue.models import Product
from marketplace.catalogue.values import SUBSTANCE
from marketplace.labels import badges_for


def of(product: Product) -> dict[str, str]:
    """Materials, technique and community as they stand now."""
    return {name: getattr(product, name) for name in SUBSTANCE}


def on_substance_change(product: Product, before: dict[str, str], *, by: User, at: datetime, on_behalf_of: str | None) -> None:
    """Say on the record that goods under a label are no longer what was looked at. Nothing happens to goods without one."""
    changed = {name: [was, getattr(product, name)] for name, was in before.items() if getattr(product, name) != was}
    if not changed:
        return
    codes = [badge.code for badge in badges_for([product.subject_ref], [], at).get(product.subject_ref, ())]
    if codes:
        record(
            "listing.substance_changed",
            "product",
            product.public_id,
            by=by,
            at=at,
            on_behalf_of=on_behalf_of,
            changed=changed,
            certificates=codes,
        )
