"""The two ceremonies of WebAuthn (W3C WebAuthn Level 3 §7), as the library does them. Heavy to import: only passkeys need it."""

import json
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from certification.accounts.models import Passkey, User

NOT_GOOD = (WebAuthnException, ValueError, TypeError, KeyError)


def creation_options(user: User) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptionsJSON for a discoverable passkey with user verification."""
    options = generate_registration_options(
        rp_id=_site(),
        rp_name=current_app.config["SETTINGS"]["NAME"],
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
    """PublicKeyCredentialRequestOptionsJSON for whatever passkeys the browser has for this site."""
    options = generate_authentication_options(rp_id=_site(), user_verification=UserVerificationRequirement.REQUIRED)
    return dict(json.loads(options_to_json(options)))


def verify_made(credential: Any, challenge: str) -> VerifiedRegistration:
    """Check a RegistrationResponseJSON.

    Raises:
        NOT_GOOD: one of these, when it does not verify.

    """
    return verify_registration_response(
        credential=credential,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=_site(),
        expected_origin=current_app.config["SETTINGS"]["ORIGIN"],
        require_user_verification=True,
    )


def verify_signed(credential: Any, challenge: str, passkey: Passkey) -> VerifiedAuthentication:
    """Check an AuthenticationResponseJSON against the passkey that it names.

    Raises:
        NOT_GOOD: one of these, when it does not verify.

    """
    return verify_authentication_response(
        credential=credential,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=_site(),
        expected_origin=current_app.config["SETTINGS"]["ORIGIN"],
        credential_public_key=passkey.public_key,
        credential_current_sign_count=passkey.sign_count,
        require_user_verification=True,
    )


def _site() -> str:
    """The relying party's id: the host of the public address, without its port."""
    return urlsplit(current_app.config["SETTINGS"]["ORIGIN"]).hostname or ""
