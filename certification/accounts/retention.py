"""What is past its time goes; the privacy notice names these periods."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, or_, select

from certification.accounts.codes import Purpose
from certification.accounts.models import Consent, KnownDevice, OneTimeCode, SignInFailure, SpentToken, User, UserState
from certification.accounts.mydata import erase
from certification.accounts.roles import take_operators_turn
from certification.accounts.throttle import MEMORY
from certification.core.db import hold, writing
from certification.core.declared import declare
from certification.core.outbox import OutboxMessage

CODES = timedelta(days=30)
UNTOLD_CODES = timedelta(days=365)
UNCONFIRMED = timedelta(days=7)
DEVICES = timedelta(days=730)
MAILS = timedelta(days=30)
Sweep = Callable[[datetime], int]
_sweeps: dict[str, Sweep] = {}


def declare_sweep(name: str, function: Sweep) -> None:
    """Have ``function(at)`` delete what another concept keeps too long, in the same unit of work; it returns how many rows.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_sweeps, name, function)


def sweep(at: datetime) -> dict[str, int]:
    """Delete what is past its time, in the unit of work under way; returns how many rows of each kind."""
    session = writing()
    gone = {"accounts": _erase_due(at), "unconfirmed": _drop_unconfirmed(at)}
    statements = {
        "failures": delete(SignInFailure).where(SignInFailure.at <= at - MEMORY),
        "tokens": delete(SpentToken).where(SpentToken.until <= at),
        "devices": delete(KnownDevice).where(KnownDevice.seen_at <= at - DEVICES),
        "codes": delete(OneTimeCode).where(
            OneTimeCode.expires_at <= at - CODES,
            or_(
                OneTimeCode.purpose != Purpose.PRINTED,
                OneTimeCode.told_at.is_not(None),
                OneTimeCode.expires_at <= at - UNTOLD_CODES,
            ),
        ),
        "mails": delete(OutboxMessage).where(or_(OutboxMessage.sent_at <= at - MAILS, OutboxMessage.failed_at <= at - MAILS)),
    }
    for kind, statement in statements.items():
        gone[kind] = session.execute(statement).rowcount  # type: ignore[attr-defined]  # a DELETE's result is a CursorResult
    return gone | {name: function(at) for name, function in sorted(_sweeps.items())}


def _erase_due(at: datetime) -> int:
    session, gone = writing(), 0
    take_operators_turn()
    for user in list(session.scalars(select(User).where(User.state == UserState.ACTIVE, User.erase_at <= at).order_by(User.id))):
        hold(user)
        if user.is_active and user.erase_at is not None and user.erase_at <= at:  # they may have kept it at this moment
            erase(user, at=at)
            gone += 1
    return gone


def _drop_unconfirmed(at: datetime) -> int:
    """Registrations whose link nobody followed; they never signed in, so nothing else speaks of them."""
    session = writing()
    asked = exists().where(OneTimeCode.user_id == User.id, OneTimeCode.purpose == Purpose.CONFIRM)
    other = exists().where(OneTimeCode.user_id == User.id, OneTimeCode.purpose != Purpose.CONFIRM)
    waiting = select(User.id).where(
        User.email.is_(None), User.handle.is_(None), User.created_at <= at - UNCONFIRMED, asked, ~other
    )
    ids = list(session.scalars(waiting.where(User.state == UserState.ACTIVE)))
    for model in (OneTimeCode, Consent, KnownDevice):
        session.execute(delete(model).where(model.user_id.in_(ids)))
    session.execute(delete(User).where(User.id.in_(ids)))
    return len(ids)
