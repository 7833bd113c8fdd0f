"""What a label was granted for. Whoever changes it changes the thing, and the label waits until it is looked at (guard 9)."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import select

from certification.accounts.models import User
from certification.audit.record import record
from certification.core.db import writing
from certification.parties.founding import declare_follower
from certification.parties.models import Party
from certification.registry import scope
from certification.rules.errors import Conflict
from certification.rules.text import N_
from marketplace.catalogue.models import Product
from marketplace.catalogue.values import SUBSTANCE
from marketplace.producers.models import Producer


class LosesLabel(Conflict):
    """The person was not told yet that the label goes."""

    default_code: ClassVar[str] = "loses_label"
    default_sentence: ClassVar[str] = N_(
        "Este cambio quita el sello de esta pieza hasta que el comité la revise. Si está de acuerdo, guarde otra vez."
    )


def of(product: Product) -> dict[str, str]:
    """Materials, technique and community as they stand now."""
    return {name: getattr(product, name) for name in SUBSTANCE}


def warn(product: Product, before: dict[str, str], at: datetime) -> None:
    """Let pass what no label hangs on.

    Raises:
        LosesLabel: the change would unhook one.

    """
    if before != of(product) and scope.hooked(product.subject_ref, at):
        raise LosesLabel


def on_substance_change(product: Product, before: dict[str, str], *, by: User, at: datetime, on_behalf_of: str | None) -> None:
    """Unhook the labels that were granted for what the goods were. Nothing happens to goods without one."""
    changed = {name: [was, getattr(product, name)] for name, was in before.items() if getattr(product, name) != was}
    if not changed:
        return
    why = "\n".join(f"{was or '—'} → {now or '—'}" for was, now in changed.values())
    codes = scope.unhook([product.subject_ref], by=by, at=at, why=why)
    if codes:
        record(
            "listing.substance_changed",
            "product",
            product.public_id,
            by=by,
            at=at,
            on_behalf_of=on_behalf_of,
            changed=list(changed),
            certificates=codes,
        )


def _follow_party(party: Party, lived: str, by: User, at: datetime) -> None:
    """Goods were looked at where they are made."""
    if party.municipality == lived:
        return
    refs = select(Product.public_id).join(Product.producer).where(Producer.party_id == party.id).order_by(Product.id)
    scope.unhook(writing().scalars(refs).all(), by=by, at=at, why=f"{lived} → {party.municipality}")


declare_follower("labels of products", _follow_party)
