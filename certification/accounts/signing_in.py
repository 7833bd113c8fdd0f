"""Signing in and out: the acts, without request or session."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from certification.accounts import devices
from certification.accounts.codes import Purpose
from certification.accounts.models import OneTimeCode, User, UserState
from certification.accounts.people import by_login, folded
from certification.accounts.throttle import Visit, knock, let_in
from certification.audit.record import record
from certification.core.db import db, writing
from certification.rules.errors import DomainError
from certification.rules.text import N_


class NotRecognized(DomainError):
    """Name and password do not belong together; whether the name exists is not said."""

    default_code = "not_recognized"
    default_sentence = N_(
        "El correo o nombre y la contraseña no coinciden, o la cuenta aún no está confirmada. Revise mayúsculas y acentos."
    )


class ProveAgain(DomainError):
    """Who has no password proves who they are with a passkey."""

    default_code = "prove_again"
    default_sentence = N_("Para este cambio, salga y vuelva a entrar con su llave de acceso; luego tiene diez minutos.")


class Attempt(NamedTuple):
    """An attempt that was counted and is to be judged; holds no rows, so that the hash is checked outside the database."""

    knocked: int
    user_id: int | None
    password_hash: str | None


def attempt(login: str, visit: Visit, *, at: datetime) -> Attempt:
    """Count an attempt to sign in.

    Raises:
        TooManyAttempts: with the hour from which to try again.

    """
    writing()
    user = by_login(login)
    if user is not None and user.state is not UserState.ACTIVE:
        user = None
    knocked = knock(folded(login), visit, at=at, user_id=user.id if user else None)
    return Attempt(knocked, user.id if user else None, user.password_hash if user else None)


def attempt_again(user: User, visit: Visit, *, at: datetime) -> Attempt:
    """Count an attempt of somebody signed in to prove who they are once more.

    Raises:
        TooManyAttempts: with the hour from which to try again.

    """
    return Attempt(knock(f"again {user.public_id}", visit, at=at, user_id=user.id), user.id, user.password_hash)


def succeed(tried: Attempt) -> User:
    """The account of an attempt whose password was right.

    Raises:
        NotRecognized: when it was closed meanwhile.

    """
    let_in(tried.knocked)
    user = db.session.get(User, tried.user_id) if tried.user_id else None
    if user is None or not user.is_active or user.password_hash != tried.password_hash:
        raise NotRecognized
    return user


def note_sign_in(user: User, *, how: str, at: datetime) -> None:
    """Put on the record that a session began, and by which proof."""
    record("account.signed_in", "user", user.public_id, by=user, at=at, how=how)


def sign_out_everywhere(user: User, *, visit: Visit | None = None, at: datetime) -> None:
    """End every session of the account; the caller gives the browser at hand a new one if it is to stay."""
    user.session_epoch += 1
    devices.forget_others(user, visit)
    record("account.signed_out_everywhere", "user", user.public_id, by=user, at=at)


class PrintedForMe(NamedTuple):
    """Somebody printed a code for this account."""

    by: str
    made_at: datetime


def news_of_codes(user: User, *, at: datetime) -> list[PrintedForMe]:
    """Codes that other people printed for this account, each told once; the console's own are nobody's news."""
    untold = (
        select(OneTimeCode, User.name)
        .join(User, User.id == OneTimeCode.made_by_id)
        .where(OneTimeCode.user_id == user.id, OneTimeCode.purpose == Purpose.PRINTED, OneTimeCode.told_at.is_(None))
        .order_by(OneTimeCode.id)
    )
    news = []
    for row, maker in writing().execute(untold):
        news.append(PrintedForMe(maker, row.made_at))
        row.told_at = at
    return news
