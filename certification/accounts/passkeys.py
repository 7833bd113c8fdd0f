"""Passkeys: discoverable WebAuthn credentials with user verification (W3C WebAuthn Level 3)."""

import base64
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certification.accounts.models import Passkey, User
from certification.accounts.permissions import Permission, check
from certification.audit.record import record
from certification.core.db import db, writing
from certification.core.outbox import send
from certification.rules.errors import AlreadyExists, DomainError, Forbidden
from certification.rules.text import N_

LONGEST_NAME = 60


class PasskeyNotGood(DomainError):
    """The browser's answer does not prove a passkey of ours."""

    default_code = "passkey_not_good"
    default_sentence = N_("Esa llave de acceso no abre ninguna cuenta aquí. Intente de nuevo o entre con su contraseña.")


def creation_options(user: User) -> dict[str, Any]:
    """What a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON)."""
    from certification.accounts import ceremony  # noqa: PLC0415 - heavy, and few requests need it

    return ceremony.creation_options(user)


def request_options() -> dict[str, Any]:
    """What a browser needs to offer the passkeys it has for this site (PublicKeyCredentialRequestOptionsJSON)."""
    from certification.accounts import ceremony  # noqa: PLC0415 - heavy, and few requests need it

    return ceremony.request_options()


def add(user: User, credential: Any, *, challenge: str, name: str, by: User, at: datetime) -> Passkey:
    """Keep a passkey that the browser made; ``challenge`` is that of the options, base64url.

    Raises:
        PasskeyNotGood: when the answer does not verify.
        AlreadyExists: when it is kept already.

    """
    from certification.accounts import ceremony  # noqa: PLC0415 - heavy, and few requests need it

    check(by, Permission.CHANGE_ACCOUNT, user)
    try:
        made = ceremony.verify_made(credential, challenge)
    except ceremony.NOT_GOOD as error:
        raise PasskeyNotGood from error
    session = writing()
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        raise AlreadyExists
    row = Passkey(
        user_id=user.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name[:LONGEST_NAME],
        created_at=at,
    )
    session.add(row)
    record("passkey.added", "user", user.public_id, by=by, at=at)
    if user.email:
        send(user.email, "passkey-added", language=user.language, person=user.name)
    return row


def recognize(credential: Any, *, challenge: str, at: datetime) -> User:
    """Whose passkey this is.

    Raises:
        PasskeyNotGood: when it is nobody's, or the answer does not verify.

    """
    from certification.accounts import ceremony  # noqa: PLC0415 - heavy, and few requests need it

    row = _presented(credential)
    if row is None or not row.user.is_active:
        raise PasskeyNotGood
    try:
        proved = ceremony.verify_signed(credential, challenge, row)
    except ceremony.NOT_GOOD as error:
        raise PasskeyNotGood from error
    row.sign_count, row.used_at = proved.new_sign_count, at
    return row.user


def rename(passkey: Passkey, name: str, *, by: User) -> None:
    """Give a passkey another name."""
    check(by, Permission.KEEP_PASSKEY, passkey)
    passkey.name = name[:LONGEST_NAME]


def remove(passkey: Passkey, *, by: User, at: datetime) -> None:
    """Let a passkey open the account no more.

    Raises:
        Forbidden: when nothing else would be left to sign in with.

    """
    check(by, Permission.KEEP_PASSKEY, passkey)
    user = passkey.user
    if user.password_hash is None and len(user.passkeys) == 1:
        raise Forbidden("last_way_in", N_("Es lo único con lo que puede entrar. Agregue antes otra llave o una contraseña."))
    writing().delete(passkey)
    record("passkey.removed", "user", user.public_id, by=by, at=at)


def drop_all(user: User, *, by: User, at: datetime) -> None:
    """An operator's help for somebody who lost theirs: they sign in with their password and make a new one."""
    check(by, Permission.APPOINT, user)
    for row in list(user.passkeys):
        writing().delete(row)
    record("passkey.dropped", "user", user.public_id, by=by, at=at)
    if user.email:
        send(user.email, "passkeys-dropped", language=user.language, person=user.name, by=by.name)


def _presented(credential: Any) -> Passkey | None:
    try:
        raw = base64.urlsafe_b64decode(credential["rawId"] + "==")
    except (TypeError, KeyError, ValueError):
        return None
    return db.session.scalar(select(Passkey).where(Passkey.credential_id == raw))
