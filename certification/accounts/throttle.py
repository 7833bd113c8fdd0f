"""How often somebody may try: counted in the database, refused with the hour, never slept away.

Nobody can lock another out: a device that signed in before has a count of its own, and a link by mail, a printed
code or a passkey passes by the pauses of an account.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.orm import Session

from certification.accounts.digests import keyed
from certification.accounts.models import KnownDevice, SignInFailure
from certification.core.db import writing
from certification.core.i18n import clock_time
from certification.rules.errors import DomainError
from certification.rules.text import N_

WINDOW = timedelta(minutes=5)
PER_ACCOUNT_AND_ADDRESS = 10
PER_ADDRESS = 200  # a village shares one
MEMORY = timedelta(hours=24)
FREE_OF_PAUSES = 10
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)
MAILS_AN_HOUR = 3


class TooManyAttempts(DomainError):
    """No further attempt before ``until``."""

    default_code = "too_many_attempts"
    default_sentence = N_("Hubo demasiados intentos. Vuelva a probar a las %(hour)s.")

    def __init__(self, until: datetime) -> None:
        whole = until.replace(second=0, microsecond=0)
        self.until = whole if whole == until else whole + timedelta(minutes=1)
        super().__init__(hour=clock_time(self.until))


@dataclass(frozen=True)
class Visit:
    """Where an attempt comes from: the network address, and the secret of the browser's device cookie, if it has one."""

    address: str
    device: str | None = None

    @property
    def address_digest(self) -> str:
        return keyed("address", _network(self.address))

    @property
    def device_digest(self) -> str | None:
        return keyed("device", self.device) if self.device else None


def pause_after(failures: int) -> timedelta:
    """How long an unknown device waits after so many failures of one account within a day.

    >>> pause_after(9), pause_after(10), pause_after(12), pause_after(40)
    (datetime.timedelta(0), datetime.timedelta(seconds=60), datetime.timedelta(seconds=240), datetime.timedelta(seconds=1800))
    """
    if failures < FREE_OF_PAUSES:
        return timedelta(0)
    doublings = min(failures - FREE_OF_PAUSES, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def knock(account: str, visit: Visit, *, at: datetime, user_id: int | None = None) -> int:
    """Count an attempt before it is tried, and return its row; :func:`let_in` takes it back when it succeeds.

    So of attempts at the same moment none slips through, and one that a crash cuts short stays counted.

    Raises:
        TooManyAttempts: with the hour from which to try again.

    """
    session = writing()
    if knows(user_id, visit):
        own = keyed("known", f"{user_id}:{visit.device}")
        wait_turn((own,))
        _limit(session, [SignInFailure.account == own], PER_ACCOUNT_AND_ADDRESS, at)
        return _note(session, own, own, at)
    who, where = keyed("account", account), visit.address_digest
    wait_turn((who, where))
    _limit(session, [SignInFailure.address == where], PER_ADDRESS, at)
    _limit(session, [SignInFailure.account == who, SignInFailure.address == where], PER_ACCOUNT_AND_ADDRESS, at)
    _pause(session, who, at)
    return _note(session, who, where, at)


def pass_by(what: str, visit: Visit, *, at: datetime) -> None:
    """Count what is no attempt at anybody's account but should not be done without end from one address.

    Raises:
        TooManyAttempts: with the hour from which to try again.

    """
    session, where = writing(), visit.address_digest
    wait_turn((where,))
    _limit(session, [SignInFailure.address == where], PER_ADDRESS, at)
    _note(session, keyed("what", what), where, at)


def ration(what: str, who: str, *, most: int, within: timedelta, at: datetime) -> None:
    """Count something that ``who`` does; at most ``most`` times ``within`` a span of no more than :data:`MEMORY`.

    Raises:
        TooManyAttempts: with the hour from which to try again.

    """
    session, own = writing(), keyed(what, who)
    wait_turn((own,))
    _limit(session, [SignInFailure.account == own], most, at, within)
    _note(session, own, own, at)


def mailbox(address: str) -> str:
    """Whose limit an address counts for: case and what follows a plus sign lead to the same mailbox nearly everywhere.

    For counting only; mail goes to the address itself.

    >>> mailbox("Ana+sellos@Example.org"), mailbox("+ana@example.org")
    ('ana@example.org', '+ana@example.org')
    """
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def let_in(knocked: int) -> None:
    """Take back the count of an attempt that was right."""
    writing().execute(delete(SignInFailure).where(SignInFailure.id == knocked))


def knows(user_id: int | None, visit: Visit) -> bool:
    """Whether this browser signed in to this account before."""
    if user_id is None or visit.device_digest is None:
        return False
    seen = select(KnownDevice.id).where(KnownDevice.user_id == user_id, KnownDevice.digest == visit.device_digest)
    return writing().scalar(seen) is not None


def may_mail(address: str, purpose: str, *, at: datetime) -> bool:
    """Count a mail that somebody asked us to send to ``address``; no more than three an hour of each purpose are sent.

    Else whoever registers an address thrice would keep its owner from a new password.
    """
    session, who = writing(), keyed("mail", f"{purpose}:{address}")
    wait_turn((who,))
    asked = (
        select(func.count())
        .select_from(SignInFailure)
        .where(SignInFailure.account == who, SignInFailure.at > at - timedelta(hours=1))
    )
    if (session.scalar(asked) or 0) >= MAILS_AN_HOUR:
        return False
    _note(session, who, who, at)
    return True


def _limit(session: Session, which: list[ColumnElement[bool]], most: int, at: datetime, within: timedelta = WINDOW) -> None:
    recent = select(SignInFailure.at).where(*which, SignInFailure.at > at - within).order_by(SignInFailure.at.desc())
    nth = session.scalar(recent.offset(most - 1).limit(1))
    if nth is not None:
        raise TooManyAttempts(nth + within)


def _pause(session: Session, who: str, at: datetime) -> None:
    of_a_day = select(SignInFailure.at).where(SignInFailure.account == who, SignInFailure.at > at - MEMORY)
    count = session.scalar(select(func.count()).select_from(of_a_day.subquery())) or 0
    last = session.scalar(of_a_day.order_by(SignInFailure.at.desc()).limit(1))
    if last is not None and last + pause_after(count) > at:
        raise TooManyAttempts(last + pause_after(count))


def _note(session: Session, account: str, address: str, at: datetime) -> int:
    row = SignInFailure(account=account, address=address, at=at)
    session.add(row)
    session.flush()
    return row.id


def wait_turn(keys: Iterable[str]) -> None:
    """Go one at a time with all who name one of these keys (hex digests), until the unit of work ends.

    Counting and noting must be one step; SQLite's write lock does that by itself.
    """
    session = writing()
    if session.get_bind().dialect.name == "postgresql":
        for key in sorted(keys):
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(key[:15], 16)})


def _network(address: str) -> str:
    """An IPv4 address, or the /64 that one subscriber holds."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))  # noqa: PLR2004 - IPv4
