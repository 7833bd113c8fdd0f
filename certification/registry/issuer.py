"""Who issues credentials here: the DID of this registry's address, the keys that ever signed for it, and the act of signing."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from flask import current_app

from certification.log import reading
from certification.log.appending import append_all
from certification.log.keys import KeyProblemError, signing_key, verifying_keys
from certification.rules.did import KeyPeriod, RegistryKeys, did_of, method_of
from certification.rules.jose import issuer_of, sign_token
from certification.rules.leaves import LogAct
from certification.rules.proofs import add_proof


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
    told = (one.act for one in reading.of_kinds((LogAct.KEY_COMPROMISED,)))
    return {act.key.kid: act.from_index for act in told if act.key and act.from_index is not None}


def _periods() -> dict[str, KeyPeriod]:
    """As the log tells them; whole seconds, because a token's time has no others."""
    told: dict[LogAct, dict[str, datetime]] = {kind: {} for kind in reading.KEY_ACTS}
    for one in reading.of_kinds(reading.KEY_ACTS):
        if one.act.key:
            told[one.act.act].setdefault(one.act.key.kid, one.act.at.replace(microsecond=0))
    ended = (told[LogAct.KEY_RETIRED], told[LogAct.KEY_COMPROMISED])
    begun = told[LogAct.KEY_ADDED]
    return {
        kid: KeyPeriod(kid, public, begun[kid], *(ends.get(kid) for ends in ended))
        for kid, public in verifying_keys().items()
        if kid in begun
    }


def seal(document: Mapping[str, object], *, at: datetime) -> Seals:
    """Sign a recorded document, in its unit of work. A key that the log does not know yet is told to it first.

    A key signs nothing before its own time, so ``signed_at`` is ``at`` or the key's beginning.

    Raises:
        KeyProblemError: when the key can't be used.
        CannotSign, LogConflict: the log can't be told of it.

    """
    key, did = signing_key(), str(issuer_of(document))
    signed, method = _time_of(key.kid, at), method_of(did, key.kid)
    whole: dict[str, Any] = add_proof(document, key.private, method=method, created=signed)
    return Seals(whole["proof"], sign_token(document, key.private, method=method, signed=signed), signed)


def _time_of(kid: str, at: datetime) -> datetime:
    if kid not in _periods():
        append_all([], at=at)
    period = _periods().get(kid)
    signed = max(at, period.begun) if period else at
    if period is None or not period.covers(signed):
        msg = f"Nobody could verify what the key {kid} signs now: it is not in the public list, or was retired or compromised."
        raise KeyProblemError(msg)
    return signed
