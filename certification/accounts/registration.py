"""Opening an account by oneself. Until the link in the mail is followed the address belongs to nobody.

Whoever registers an address that is not theirs gains nothing: confirming asks for the password of that very registration,
and several registrations of one address may wait side by side.
"""

from datetime import datetime

from certification.accounts import codes, consents
from certification.accounts.codes import CodeNotGood, Purpose
from certification.accounts.models import OneTimeCode, User
from certification.accounts.passwords import Sealed
from certification.accounts.people import by_mail, folded
from certification.accounts.throttle import may_mail
from certification.audit.record import record
from certification.core.db import writing
from certification.core.outbox import send


def register(  # noqa: PLR0913 - what a registration consists of
    name: str, address: str, *, sealed: Sealed, language: str, text_version: str, at: datetime
) -> None:
    """Take a registration; what comes next is in the mail, whether or not the address has an account already."""
    address = folded(address)
    wanted = may_mail(address, Purpose.CONFIRM, at=at)
    owner = by_mail(address)
    if owner is not None:
        if wanted:
            send(address, "already-registered", language=owner.language, person=owner.name)
        return
    user = User(name=name, password_hash=sealed, language=language, created_at=at)
    session = writing()
    session.add(user)
    session.flush()
    consents.note_notice(user, text_version, at=at)
    code = codes.issue(user, Purpose.CONFIRM, by=None, at=at, address=address)
    if wanted:
        send(address, "confirm", language=language, person=name, code=code)


def waiting(code: str, *, at: datetime) -> OneTimeCode:
    """The registration that a link confirms.

    Raises:
        CodeNotGood: when there is none any more.

    """
    return codes.find(Purpose.CONFIRM, code, at=at)


def confirm(code: str, *, at: datetime) -> User:
    """Make the address the account's own. The caller has checked the registration's password.

    Raises:
        CodeNotGood: when the link is spent, or another registration of the address was confirmed first.

    """
    row = codes.use(Purpose.CONFIRM, code, at=at)
    if row.address is None or by_mail(row.address) is not None:
        raise CodeNotGood
    user = row.user
    user.email, user.email_confirmed_at = row.address, at
    record("account.opened", "user", user.public_id, by=user, at=at)
    return user
