"""What the API reads of certificates as of the past. Queries only."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from certification.core.db import db
from certification.registry.models import Certificate
from certification.schemes.models import Scheme, SchemeVersion


def with_histories(codes: Collection[str]) -> dict[str, Certificate]:
    """Those of these codes that exist, with acts, versions and schemes, in a few queries however many they are."""
    scheme = joinedload(Certificate.scheme_version).joinedload(SchemeVersion.scheme).selectinload(Scheme.versions)
    whole = (selectinload(Certificate.acts), selectinload(Certificate.versions), scheme)
    found = select(Certificate).where(Certificate.code.in_(codes)).options(*whole)
    return {one.code: one for one in db.session.scalars(found).unique()}
