"""What people change about their own account; the outside is told by mail where it matters."""

from datetime import datetime

from certification.accounts import codes, devices
from certification.accounts.codes import CodeNotGood, Purpose
from certification.accounts.models import User
from certification.accounts.passwords import Sealed
from certification.accounts.people import by_mail, folded, require_free_handle
from certification.accounts.permissions import Permission, check
from certification.accounts.throttle import Visit, may_mail
from certification.audit.record import record
from certification.core.outbox import send
from certification.rules.errors import InvalidInput
from certification.rules.text import N_

LANGUAGES = ("es", "en")


def ask_reset(address: str, *, at: datetime) -> None:
    """Mail a link to choose a new password; for an unknown address nothing is sent and the caller can't tell."""
    address = folded(address)
    wanted = may_mail(address, Purpose.RESET, at=at)
    user = by_mail(address)
    if user is None or not user.is_active or not wanted:
        return
    code = codes.issue(user, Purpose.RESET, by=None, at=at)
    send(address, "reset", language=user.language, person=user.name, code=code)


def reset(code: str, *, sealed: Sealed, at: datetime) -> User:
    """Set a new password by a mailed link; every session ends.

    Raises:
        CodeNotGood: when the link is spent.

    """
    user = codes.use(Purpose.RESET, code, at=at).user
    _set_password(user, sealed, at=at, how="mail")
    return user


def change_password(user: User, *, sealed: Sealed, visit: Visit, by: User, at: datetime) -> None:
    """Set a new password; every session ends, and only the browser at hand stays known."""
    check(by, Permission.CHANGE_ACCOUNT, user)
    _set_password(user, sealed, at=at, how="own", visit=visit)


def ask_new_mail(user: User, address: str, *, by: User, at: datetime) -> None:
    """Mail a link to the new address; the old one holds until it is followed. A taken address is not told from a free one."""
    check(by, Permission.CHANGE_ACCOUNT, user)
    address = folded(address)
    if not may_mail(address, Purpose.NEW_MAIL, at=at):
        return
    owner = by_mail(address)
    if owner is not None:
        send(address, "already-registered", language=owner.language, person=owner.name)
        return
    code = codes.issue(user, Purpose.NEW_MAIL, by=None, at=at, address=address)
    send(address, "new-mail", language=user.language, person=user.name, code=code)


def take_new_mail(code: str, *, at: datetime) -> User:
    """Make the confirmed address the account's own and tell the old one.

    Raises:
        CodeNotGood: when the link is spent, or the address belongs to another account by now.

    """
    row = codes.use(Purpose.NEW_MAIL, code, at=at)
    if row.address is None or by_mail(row.address) is not None:
        raise CodeNotGood
    user, old = row.user, row.user.email
    user.email, user.email_confirmed_at = row.address, at
    record("account.mail_changed", "user", user.public_id, by=user, at=at)
    if old:
        send(old, "mail-changed", language=user.language, person=user.name)
    return user


def change_details(  # noqa: PLR0913 - the fields of one form
    user: User, *, name: str, handle: str | None, phone: str | None, language: str, by: User, at: datetime
) -> None:
    """Change what the account says of the person.

    Raises:
        InvalidInput: when nothing would be left to sign in with, or a field does not read well.
        AlreadyExists: when somebody else has the handle.

    """
    check(by, Permission.CHANGE_ACCOUNT, user)
    if not handle and not user.email:
        raise InvalidInput("handle_needed", N_("Sin correo, este nombre es lo que usa para entrar."), field="handle")
    if language not in LANGUAGES:
        raise InvalidInput(field="language")
    user.handle = require_free_handle(handle, but=user) if handle else None
    user.name, user.phone, user.language = name, phone or None, language
    record("account.details_changed", "user", user.public_id, by=by, at=at)


def _set_password(user: User, sealed: Sealed, *, at: datetime, how: str, visit: Visit | None = None) -> None:
    user.password_hash = sealed
    user.session_epoch += 1
    devices.forget_others(user, visit)
    record("account.password_changed", "user", user.public_id, by=user, at=at, how=how)
    if user.email:
        send(user.email, "password-changed", language=user.language, person=user.name)
