"""Who issues credentials here: the DID of this registry's address, the keys that ever signed for it, and the act of signing."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from flask import current_app

from certification.log.keys import verifying_keys
from certification.log.lives import key_lives
from certification.log.waiting import Ring
from certification.rules.canonical import canonical_json
from certification.rules.did import KeyPeriod, RegistryKeys, did_of, method_of, token_method_of
from certification.rules.jose import issuer_of, sign_token
from certification.rules.proofs import add_proof


class Seals(NamedTuple):
    """Both ways to secure one document, by one key."""

    proof: dict[str, Any]
    token: str
    signed_at: datetime


def origin() -> str:
    """Scheme and host of this registry's address."""
    return str(current_app.config["SETTINGS"]["ORIGIN"])


def name() -> str:
    """The registry's name as credentials say it."""
    return unicodedata.normalize("NFC", str(current_app.config["SETTINGS"]["NAME"]))


def demonstration() -> bool:
    """Whether this registry's keys are those of a demonstration."""
    return bool(current_app.config["SETTINGS"]["DEMONSTRATION"])


def registry_keys(did: str | None = None) -> RegistryKeys:
    """The keys that ever signed, with their periods; under this registry's DID, or that of an address it had before.

    Raises:
        KeyProblemError: when the list of keys can't be read.

    """
    return RegistryKeys(did or did_of(origin()), MappingProxyType(_periods()))


def keys_behind(document: Mapping[str, object], keys: RegistryKeys | None = None) -> RegistryKeys:
    """The keys for a document of ours, under the DID that it was issued with.

    Raises:
        KeyProblemError: when the list of keys can't be read.

    """
    did = str(issuer_of(document))
    return replace(keys, did=did) if keys else registry_keys(did)


def compromises() -> dict[str, int]:
    """From which index of the log on a key counts no more."""
    return {kid: life.from_index for kid, life in key_lives().items() if life.from_index is not None}


def _periods() -> dict[str, KeyPeriod]:
    """As the log tells them, of the keys that are listed."""
    lives = key_lives()
    return {
        kid: KeyPeriod(kid, public, lives[kid].begun, lives[kid].retired, lives[kid].compromised)
        for kid, public in verifying_keys().items()
        if kid in lives
    }


def seal(document: Mapping[str, object], ring: Ring, *, at: datetime) -> Seals:
    """Sign a recorded document in both ways, at ``at`` or the beginning of the key: it signs nothing before its own time.

    Raises InvalidInput (`not_canonical`).
    """
    canonical_json(document)  # ours is narrower than what the standards let anyone sign
    key, signed = ring.present, ring.time_of(at)
    did = str(issuer_of(document))
    whole: dict[str, Any] = add_proof(document, key.private, method=method_of(did, key.kid), created=signed)
    return Seals(whole["proof"], sign_token(document, key.private, method=token_method_of(did, key.kid), signed=signed), signed)
