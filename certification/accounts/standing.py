"""Closing and reopening an account, by an operator."""

from datetime import datetime

from certification.accounts.models import User, UserState
from certification.accounts.permissions import Permission, check
from certification.accounts.roles import require_another_operator
from certification.audit.record import record
from certification.rules.errors import Forbidden, IllegalMove
from certification.rules.text import N_


def close(user: User, *, by: User, at: datetime) -> None:
    """Let nobody in by this account; what it did and holds stays.

    Raises:
        Forbidden: for one's own, and for the last operator's.
        IllegalMove: when it is not open.

    """
    check(by, Permission.APPOINT, user)
    if by.id == user.id:
        raise Forbidden("own_account", N_("Su propia cuenta la cierra usted desde Mi cuenta."))
    if user.state is not UserState.ACTIVE:
        raise IllegalMove
    require_another_operator(user)
    user.state = UserState.CLOSED
    user.session_epoch += 1
    record("account.closed", "user", user.public_id, by=by, at=at)


def reopen(user: User, *, by: User, at: datetime) -> None:
    """Let the person in again.

    Raises:
        IllegalMove: when it is not closed; what was erased stays so.

    """
    check(by, Permission.APPOINT, user)
    if user.state is not UserState.CLOSED:
        raise IllegalMove
    user.state = UserState.ACTIVE
    record("account.reopened", "user", user.public_id, by=by, at=at)
