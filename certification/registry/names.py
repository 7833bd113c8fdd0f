"""Makers' names beside certificates: shown by consent, and removed when that ends. Only salted commitments were ever signed."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from certification.applications.personal import forget_maker
from certification.audit.record import Actor, record
from certification.core.db import after_commit, db, writing
from certification.parties.models import Party
from certification.registry.credentials import BEFORE, MAKERS
from certification.registry.models import Certificate
from certification.registry.recording import forget_pages
from certification.rules.fold import fold


def named_as(name: str, holders: Collection[int]) -> list[Certificate]:
    """The certificates of these parties that name such a maker, beside any version, however it is accented."""
    refs = select(Party.public_id).where(Party.id.in_(holders))
    held = select(Certificate).where(Certificate.holder_ref.in_(refs)).order_by(Certificate.id)
    wanted = fold(name)
    return [one for one in db.session.scalars(held) if any(fold(maker["name"]) == wanted for maker in _shown(one))]


def _shown(one: Certificate) -> list[dict[str, str]]:
    return [*one.page[MAKERS], *one.page.get(BEFORE, ())]


def forget_name(name: str, holders: Collection[int], *, by: Actor | None, at: datetime) -> int:
    """Remove the name and its salt from the certificates of these parties, and from what they applied with; how many
    certificates. What is signed there still verifies.

    The record tells of it without the name.
    """
    found = named_as(name, holders)
    forget_maker(name, holders, by=by, at=at)
    for one in found:
        writing().refresh(one, with_for_update={"of": Certificate})
        kept = {
            key: [maker for maker in one.page[key] if fold(maker["name"]) != fold(name)]
            for key in (MAKERS, BEFORE)
            if key in one.page
        }
        one.page = one.page | kept
        record("certificate.name_removed", "certificate", one.code, by=by, at=at)
    if found:
        after_commit(forget_pages)
    return len(found)
