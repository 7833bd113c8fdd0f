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
from certification.rules.fold import fold
from certification.rules.text import N_
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.catalogue.taxonomy import category
from marketplace.catalogue.values import SUBSTANCE
from marketplace.producers.models import Producer


class LosesLabel(Conflict):
    """The person was not told yet that the label goes."""

    default_code: ClassVar[str] = "loses_label"
    default_sentence: ClassVar[str] = N_(
        "Este cambio quita el sello de esta pieza hasta que el comité la revise. Si está de acuerdo, guarde otra vez."
    )


def of(product: Product) -> dict[str, str]:
    """What :data:`SUBSTANCE` names, in words, as it stands now."""
    kind = category(product.category) if product.category else None
    said = {"category": kind.name if kind else "", "maker": product.maker.public_name if product.maker else ""}
    return {name: said[name] if name in said else getattr(product, name) for name in SUBSTANCE}


def _changed(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str, str]]:
    """What differs; accents, capitals and spaces are no other name."""
    return {name: (was, after[name]) for name, was in before.items() if _words(was) != _words(after[name])}


def _words(text: str) -> list[str]:
    return fold(text).split()


def warn(product: Product, before: dict[str, str], at: datetime) -> None:
    """Let pass what no label hangs on.

    Raises:
        LosesLabel: the change would unhook one.

    """
    if _changed(before, of(product)) and scope.hooked(product.subject_ref, at):
        raise LosesLabel


def on_substance_change(product: Product, before: dict[str, str], *, by: User, at: datetime, on_behalf_of: str | None) -> None:
    """Unhook the labels that were granted for what the goods were. Nothing happens to goods without one."""
    changed = _changed(before, of(product))
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


def check_photo_goes(product: Product, photo: ProductPhoto, at: datetime) -> None:
    """While a label hangs on goods, one of the photographs that were there when it was granted stays.

    Raises:
        Conflict: this is the last of them (code ``certified_photo``).

    """
    granted = scope.granted_at(product.subject_ref, at)
    if granted is None or photo.file.made_at > granted:
        return
    if not any(one.file.made_at <= granted for one in product.photos if one is not photo):
        raise Conflict(
            "certified_photo",
            N_("Esta es la última foto de la pieza como se certificó. Mientras lleve el sello, se queda."),
            field="photos",
        )


def _follow_party(party: Party, lived: str, by: User, at: datetime) -> None:
    """Goods were looked at where they are made."""
    if party.municipality == lived:
        return
    refs = select(Product.public_id).join(Product.producer).where(Producer.party_id == party.id).order_by(Product.id)
    scope.unhook(writing().scalars(refs).all(), by=by, at=at, why=f"{lived} → {party.municipality}")


declare_follower("labels of products", _follow_party)
