"""The `did:web` document of a registry (did:web method; W3C Controlled Identifiers v1.0): every key that ever signed.

A retired key signs no more, and what it signed while it was in use still verifies: so it stays among the `assertionMethod`s,
where readers look whether a key may vouch for anything at all, and the end of its use is a word of our own. The standard's
`expires` would end what it signed. `revoked` does, and is for a key that fell into other hands.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certification.rules.contexts import DID, MULTIKEY
from certification.rules.errors import InvalidInput, UnknownKey
from certification.rules.instants import instant_text, read_instant
from certification.rules.multiformats import decode_multikey, encode_multikey
from certification.rules.proofs import Resolver
from certification.rules.signing import DEMONSTRATION, fingerprint
from certification.rules.text import N_

PREFIX = "did:web:"
COMPROMISED_KEY = "compromised_key"
WELL_KNOWN = "/.well-known/did.json"
MEDIA_TYPE = "application/did+ld+json"
OTHER_MEDIA_TYPES = ("application/did+json", "application/did")  # did-core 1.0 §6.2 and 1.1 §6: the same bytes
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?", re.ASCII)
_METHOD_KEYS = frozenset({"id", "type", "controller", "publicKeyMultibase", "keyInUseFrom", "keyRetiredAt", "revoked"})


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """A key and when it counts: from `begun`, before `retired` and before `revoked`. Aware instants."""

    kid: str
    public: Ed25519PublicKey
    begun: datetime
    retired: datetime | None = None
    revoked: datetime | None = None

    def covers(self, created: datetime) -> bool:
        """Whether a signature made at `created` is of its time."""
        return self.begun <= created and all(end is None or created < end for end in (self.retired, self.revoked))


@dataclass(frozen=True, slots=True)
class RegistryKeys:
    """The keys of one registry, by `kid`. `former`: DIDs that it had at other addresses; its keys are theirs too."""

    did: str
    keys: Mapping[str, KeyPeriod]
    former: frozenset[str] = frozenset()

    def at(self, created: datetime, *, compromised: Mapping[str, int] | None = None, index: int | None = None) -> Resolver:
        """Look up keys, by the DID URL of their method, for something signed at `created`.

        `compromised` says from which index of the log on a key no longer counts; what is signed with such a key counts only if
        the leaf that it belongs to has a known, smaller `index`: a date can be made up, a place in the log cannot. The lookup
        raises UnknownKey (`compromised_key`) then.
        """
        ends = compromised or {}

        def resolve(method: str) -> Ed25519PublicKey | None:
            did, _, kid = method.partition("#")
            key = self.keys.get(kid)
            if (did != self.did and did not in self.former) or key is None or not key.covers(created):
                return None
            if kid in ends and (index is None or index >= ends[kid]):
                raise UnknownKey(COMPROMISED_KEY)
            return key.public

        return resolve


def did_of(origin: str) -> str:
    """`did:web:HOST` for `https://HOST`; the colon before a port is `%3A`. Raises InvalidInput (`bad_did`)."""
    host = origin.partition("://")[2] if "://" in origin else origin
    if not _HOST.fullmatch(host):
        raise _bad_did()
    return PREFIX + host.replace(":", "%3A")


def address_of(did: str) -> str:
    """Where the document of `did:web:HOST` is served. Raises InvalidInput (`bad_did`) for any other DID, one with a path too."""
    host = did.removeprefix(PREFIX).replace("%3A", ":")
    if not _HOST.fullmatch(host) or did_of(host) != did:
        raise _bad_did()
    return f"https://{host}{WELL_KNOWN}"


def method_of(did: str, kid: str) -> str:
    """The DID URL of a key, which proofs and tokens name."""
    return f"{did}#{kid}"


def did_document(did: str, keys: Iterable[KeyPeriod], *, context: str) -> dict[str, object]:
    """The document; `context` is where our own context is served. Its keys stand in the order of their beginning.

    Raises InvalidInput (`bad_did`).
    """
    address_of(did)
    listed = sorted(keys, key=lambda key: (key.begun, key.kid))
    return {
        "@context": [DID, MULTIKEY, context],
        "id": did,
        "verificationMethod": [_method(did, key) for key in listed],
        "assertionMethod": [method_of(did, key.kid) for key in listed if key.revoked is None],
    }


def read_did(document: Mapping[str, object], did: str) -> RegistryKeys:
    """The keys of a document as `did_document` writes it, which must be that of `did`.

    Raises InvalidInput: `bad_did` for anything else, a key under a name that is not its own included; and as `decode_multikey`.
    """
    listed, asserting = document.get("verificationMethod"), document.get("assertionMethod")
    if document.get("id") != did or not isinstance(listed, list) or not isinstance(asserting, list):
        raise _bad_did()
    keys = [_read_method(did, one) for one in listed]
    held = {key.kid: key for key in keys}
    if len(held) != len(keys) or asserting != [method_of(did, key.kid) for key in keys if key.revoked is None]:
        raise _bad_did()
    return RegistryKeys(did, MappingProxyType(held))


def _method(did: str, key: KeyPeriod) -> dict[str, object]:
    said: dict[str, object] = {
        "id": method_of(did, key.kid),
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": encode_multikey(key.public),
        "keyInUseFrom": instant_text(key.begun),
    }
    if key.retired is not None:
        said["keyRetiredAt"] = instant_text(key.retired)
    if key.revoked is not None:
        said["revoked"] = instant_text(key.revoked)
    return said


def _read_method(did: str, said: object) -> KeyPeriod:
    if not isinstance(said, Mapping) or not _METHOD_KEYS.issuperset(said):
        raise _bad_did()
    if said.get("type") != "Multikey" or said.get("controller") != did:
        raise _bad_did()
    public = decode_multikey(said.get("publicKeyMultibase"))
    kid = str(said.get("id")).removeprefix(f"{did}#")
    if said.get("id") != method_of(did, kid) or kid.removeprefix(DEMONSTRATION) != fingerprint(public):
        raise _bad_did()
    ends = {name: read_instant(said[name]) if name in said else None for name in ("keyRetiredAt", "revoked")}
    return KeyPeriod(kid, public, read_instant(said.get("keyInUseFrom")), ends["keyRetiredAt"], ends["revoked"])


def _bad_did() -> InvalidInput:
    return InvalidInput("bad_did", N_("El documento de llaves del registro no se puede leer."))
