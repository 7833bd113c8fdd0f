"""Passkeys: discoverable WebAuthn credentials with user verification (W3C WebAuthn Level 3)."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

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
    settings = current_app.config["SETTINGS"]
    options = generate_registration_options(
        rp_id=_site(),
        rp_name=settings["NAME"],
        user_id=user.public_id.encode(),
        user_name=user.handle or user.email or user.name,
        user_display_name=user.name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in user.passkeys],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return dict(json.loads(options_to_json(options)))


def request_options() -> dict[str, Any]:
    """What a browser needs to offer the passkeys it has for this site (PublicKeyCredentialRequestOptionsJSON)."""
    options = generate_authentication_options(rp_id=_site(), user_verification=UserVerificationRequirement.REQUIRED)
    return dict(json.loads(options_to_json(options)))


def add(user: User, credential: Any, *, challenge: str, name: str, by: User, at: datetime) -> Passkey:
    """Keep a passkey that the browser made; ``challenge`` is that of the options, base64url.

    Raises:
        PasskeyNotGood: when the answer does not verify.
        AlreadyExists: when it is kept already.

    """
    check(by, Permission.CHANGE_ACCOUNT, user)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_site(),
            expected_origin=current_app.config["SETTINGS"]["ORIGIN"],
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
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
    row = _presented(credential)
    if row is None or not row.user.is_active:
        raise PasskeyNotGood
    try:
        proved = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_site(),
            expected_origin=current_app.config["SETTINGS"]["ORIGIN"],
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
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
        raw = base64url_to_bytes(credential["rawId"])
    except (TypeError, KeyError, ValueError):
        return None
    return db.session.scalar(select(Passkey).where(Passkey.credential_id == raw))


def _site() -> str:
    """The relying party's id: the host of the public address, without its port."""
    return urlsplit(current_app.config["SETTINGS"]["ORIGIN"]).hostname or ""
