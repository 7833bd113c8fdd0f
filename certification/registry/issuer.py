"""Who issues credentials here: the DID of this registry's address, the keys that ever signed for it, and the act of signing."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from flask import current_app

from certification.log.keys import signing_key, verifying_keys
from certification.rules.did import KeyPeriod, RegistryKeys, did_of, method_of
from certification.rules.jose import issuer_of, sign_token
from certification.rules.proofs import add_proof

EVER = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seals:
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
        KeyProblemError: when the list can't be read.

    """
    held = {kid: KeyPeriod(kid, public, EVER) for kid, public in verifying_keys().items()}
    return RegistryKeys(did or did_of(origin()), MappingProxyType(held))


def keys_behind(document: Mapping[str, object]) -> RegistryKeys:
    """The keys for a document of ours, under the DID that it was issued with.

    Raises:
        KeyProblemError: when the list can't be read.

    """
    return registry_keys(str(issuer_of(document)))


def seal(document: Mapping[str, object], *, at: datetime) -> Seals:
    """Sign a recorded document. A key signs nothing before its own time, so ``signed_at`` is ``at`` or the key's beginning.

    Raises:
        KeyProblemError: when the key can't be used.

    """
    key, did = signing_key(), str(issuer_of(document))
    signed = max(at, registry_keys(did).keys[key.kid].begun)
    method = method_of(did, key.kid)
    whole: dict[str, Any] = add_proof(document, key.private, method=method, created=signed)
    return Seals(whole["proof"], sign_token(document, key.private, method=method, signed=signed), signed)
