"""What watches hold of a person: an address and a label, while they last."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select

from certification.accounts.models import User
from certification.accounts.mydata import declare_erasure, declare_export, iso
from certification.accounts.retention import declare_sweep
from certification.core.db import db
from certification.registry.watches.models import Watch
from certification.registry.watches.watching import CONFIRM_WITHIN, forget
from certification.rules.verdict import LOST, PublicState

AFTER_THE_END = timedelta(days=30)
AFTER_EXPIRY = timedelta(days=365)  # it may be renewed
ENDED = (PublicState.EXPIRED, PublicState.SCHEME_LAPSED)


def export(user: User) -> list[dict[str, Any]]:
    """The labels that the person's confirmed address watches."""
    return [
        {"code": one.certificate.code, "email": one.email, "confirmed_at": iso(one.confirmed_at), "told": one.told_state}
        for one in _of(user)
        if one.confirmed_at is not None
    ]


def erase(user: User, _at: datetime) -> None:
    """Whatever watches from the person's address ends, confirmed or not."""
    for one in _of(user):
        forget(one)


def sweep(at: datetime) -> int:
    """Delete what nobody confirmed in time, and what was told its end."""
    told = {state.value for state in LOST}, {state.value for state in ENDED}
    past = select(Watch).where(
        or_(
            and_(Watch.confirmed_at.is_(None), Watch.asked_at <= at - CONFIRM_WITHIN),
            and_(Watch.told_state.in_(told[0]), Watch.told_at <= at - AFTER_THE_END),
            and_(Watch.told_state.in_(told[1]), Watch.told_at <= at - AFTER_EXPIRY),
        )
    )
    found = list(db.session.scalars(past.order_by(Watch.id)))
    for one in found:
        forget(one)
    return len(found)


def _of(user: User) -> list[Watch]:
    """Only by an address that was shown to be theirs."""
    if not user.email or user.email_confirmed_at is None:
        return []
    return list(db.session.scalars(select(Watch).where(Watch.email == user.email).order_by(Watch.id)))


declare_export("watches", export)
declare_erasure("watches", erase)
declare_sweep("watches", sweep)
