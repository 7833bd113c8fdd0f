"""Accounts of people without mail: opened and recovered by a code on paper.

Who may print a code for whom is the caller's business (parties know members and mandates); what is guarded here holds for all.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete

from certification.accounts import codes, devices
from certification.accounts.codes import Purpose
from certification.accounts.models import OneTimeCode, Passkey, User
from certification.accounts.passwords import Sealed
from certification.accounts.people import require_free_handle
from certification.audit.record import record
from certification.core.db import writing
from certification.core.outbox import send
from certification.rules.errors import Forbidden, IllegalMove
from certification.rules.text import N_

Redeemed = Callable[[User, datetime], None]
_listeners: list[Redeemed] = []


def when_redeemed(listener: Redeemed) -> None:
    """Have ``listener(user, at)`` called in the unit of work in which a printed code is used; invitations end so."""
    _listeners.append(listener)


def open_account(name: str, *, by: User | None, at: datetime, language: str = "es") -> tuple[User, str]:
    """An account that waits for its person, and the code to print; the code can't be read again later."""
    user = User(name=name, language=language, created_at=at)
    session = writing()
    session.add(user)
    session.flush()
    record("account.opened_for", "user", user.public_id, by=by, at=at)
    return user, codes.issue(user, Purpose.PRINTED, by=by, at=at)


def renew_code(user: User, *, by: User, at: datetime) -> str:
    """A new code to print for somebody who can't get in. Nothing changes until it is used; the person is told at next sign-in.

    Raises:
        IllegalMove: when the account is closed.
        Forbidden: for somebody who holds a role: who prints their code could take their place.

    """
    if not user.is_active:
        raise IllegalMove
    if user.current_roles:
        raise Forbidden(
            "holds_roles",
            N_("Esta persona tiene un cargo: nadie puede imprimir un código para su cuenta. Puede recuperarla por correo."),
        )
    record("account.code_printed", "user", user.public_id, by=by, at=at)
    if user.email:
        send(user.email, "code-printed", language=user.language, person=user.name, by=by.name)
    return codes.issue(user, Purpose.PRINTED, by=by, at=at)


def holder(code: str, *, at: datetime) -> User:
    """Whom a printed code lets in.

    Raises:
        CodeNotGood: when it is unknown, used or too old.

    """
    return codes.find(Purpose.PRINTED, code, at=at).user


def redeem(code: str, *, handle: str, sealed: Sealed | None, at: datetime) -> User:
    """Use a printed code: set handle and password (``None``: the caller adds a passkey in the same unit of work).

    What let somebody in before stops now: password, sessions, known browsers and, but for holders of roles, passkeys.

    Raises:
        CodeNotGood: when it is unknown, used or too old.
        InvalidInput: when the handle does not read well.
        AlreadyExists: when the handle is taken.

    """
    row: OneTimeCode = codes.use(Purpose.PRINTED, code, at=at)
    user = row.user
    row.told_at = at
    user.handle = require_free_handle(handle, but=user)
    user.password_hash = sealed
    user.session_epoch += 1
    devices.forget_others(user)
    if not user.current_roles:
        writing().execute(delete(Passkey).where(Passkey.user_id == user.id))
    for listener in _listeners:
        listener(user, at)
    record("account.code_used", "user", user.public_id, by=user, at=at)
    return user
