"""Browsers that signed in before, and sessions and challenges that are over."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, exists, select
from sqlalchemy.orm import joinedload

from certification.accounts.digests import keyed
from certification.accounts.models import KnownDevice, SpentToken, User
from certification.accounts.throttle import Visit
from certification.core.db import db, writing

LONGEST_SESSION = timedelta(days=90)
_SIGNED_IN = (
    select(User)
    .where(User.public_id == bindparam("who"), ~exists().where(SpentToken.digest == bindparam("digest")))
    .options(joinedload(User.roles))
)


def remember(user: User, visit: Visit, *, at: datetime) -> str:
    """Know this browser from now on; returns the secret for its device cookie."""
    secret = visit.device or secrets.token_urlsafe(24)
    digest = keyed("device", secret)
    session = writing()
    row = session.scalar(select(KnownDevice).where(KnownDevice.user_id == user.id, KnownDevice.digest == digest))
    if row is None:
        session.add(KnownDevice(user_id=user.id, digest=digest, seen_at=at))
    else:
        row.seen_at = at
    return secret


def forget_others(user: User, visit: Visit | None = None) -> None:
    """Treat every browser as unknown, but the one at hand."""
    others = delete(KnownDevice).where(KnownDevice.user_id == user.id)
    if visit is not None and visit.device_digest:
        others = others.where(KnownDevice.digest != visit.device_digest)
    writing().execute(others)


def spend(kind: str, token: str, *, until: datetime) -> bool:
    """Make a signed token useless; ``False`` when it was so already."""
    digest = keyed(kind, token)
    session = writing()
    if session.scalar(select(SpentToken.id).where(SpentToken.digest == digest)) is not None:
        return False
    session.add(SpentToken(digest=digest, until=until))
    session.flush()
    return True


def signed_in(public_id: str, kind: str, token: str | None) -> User | None:
    """The account, unless the token of its session was made useless.

    With its roles, in one statement: each request of somebody who is signed in begins with it.
    """
    digest = "" if token is None else keyed(kind, token)
    return db.session.scalars(_SIGNED_IN, {"who": public_id, "digest": digest}).unique().one_or_none()
