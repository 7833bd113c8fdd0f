"""What the API reads of certificates as of the past. Queries only."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from certification.core.db import db
from certification.registry.models import Certificate
from certification.registry.told import leaves_of
from certification.schemes.models import Scheme, SchemeVersion


class Past(NamedTuple):
    """A certificate with all its acts, and the leaf of each act that has one, by the act's id."""

    certificate: Certificate
    leaves: Mapping[int, int]


def with_histories(codes: Collection[str]) -> dict[str, Past]:
    """Those of these codes that exist, with acts, versions and schemes, in a few queries however many they are."""
    scheme = joinedload(Certificate.scheme_version).joinedload(SchemeVersion.scheme).selectinload(Scheme.versions)
    whole = (selectinload(Certificate.acts), selectinload(Certificate.versions), scheme)
    found = select(Certificate).where(Certificate.code.in_(codes)).options(*whole)
    certificates = db.session.scalars(found).unique().all()
    leaves = leaves_of([act.id for one in certificates for act in one.acts])
    return {one.code: Past(one, leaves) for one in certificates}
