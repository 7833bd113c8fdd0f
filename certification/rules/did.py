"""The `did:web` document of a registry (did:web method; W3C Controlled Identifiers v1.0): every key that ever signed.

A retired key signs no more, and what it signed while it was in use still verifies: so it stays among the `assertionMethod`s,
where readers look whether a key may vouch for anything at all, and the end of its use is a word of our own. The standard's
`expires` would end what it signed. `revoked` does, and is for a key that fell into other hands.

Each key stands there twice: as a `Multikey`, which proofs name (vc-di-eddsa 1.0 §2.1.1), and as a `JsonWebKey`, the only kind
that a token may name (vc-jose-cose 1.0 §4, controlled identifier documents). One method can't be both (Controlled Identifiers
v1.0 §2.2).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certification.rules.contexts import DID, JWK, MULTIKEY
from certification.rules.errors import InvalidInput, UnknownKey
from certification.rules.instants import instant_text, read_instant
from certification.rules.multiformats import decode_multikey, encode_base64url, encode_multikey
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
_TOKENS = "-jwk"  # what is added to a kid where tokens name it


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
    """The DID URL of a key, which proofs name."""
    return f"{did}#{kid}"


def token_method_of(did: str, kid: str) -> str:
    """The DID URL of the same key, which tokens name."""
    return method_of(did, kid + _TOKENS)


def for_tokens(resolve: Resolver) -> Resolver:
    """The same keys as tokens name them; those of before named them as proofs do."""
    return lambda method: resolve(method.removesuffix(_TOKENS))


def did_document(did: str, keys: Iterable[KeyPeriod], *, context: str) -> dict[str, object]:
    """The document; `context` is where our own context is served. Its keys stand in the order of their beginning.

    Raises InvalidInput (`bad_did`).
    """
    address_of(did)
    listed = sorted(keys, key=lambda key: (key.begun, key.kid))
    methods = [_method(did, key) for key in listed]
    return {
        "@context": [DID, MULTIKEY, JWK, context],
        "id": did,
        "verificationMethod": [*methods, *(_as_jwk(said, key) for said, key in zip(methods, listed, strict=True))],
        "assertionMethod": [*_asserting(did, listed, method_of), *_asserting(did, listed, token_method_of)],
    }


def read_did(document: Mapping[str, object], did: str) -> RegistryKeys:
    """The keys of a document as `did_document` writes it, which must be that of `did`. Earlier ones had no `JsonWebKey`.

    Raises InvalidInput: `bad_did` for anything else, a key under a name that is not its own included; and as `decode_multikey`.
    """
    listed, asserting = document.get("verificationMethod"), document.get("assertionMethod")
    if document.get("id") != did or not isinstance(listed, list) or not isinstance(asserting, list):
        raise _bad_did()
    tokens = [one for one in listed if isinstance(one, Mapping) and one.get("type") == "JsonWebKey"]
    methods = listed[: len(listed) - len(tokens)]
    keys = [_read_method(did, one) for one in methods]
    held = {key.kid: key for key in keys}
    ways = (method_of, token_method_of) if tokens else (method_of,)
    if len(held) != len(keys) or asserting != [method for way in ways for method in _asserting(did, keys, way)]:
        raise _bad_did()
    if tokens and tokens != [_as_jwk(said, key) for said, key in zip(methods, keys, strict=True)]:
        raise _bad_did()
    return RegistryKeys(did, MappingProxyType(held))


def _asserting(did: str, keys: Iterable[KeyPeriod], way: Callable[[str, str], str]) -> list[str]:
    return [way(did, key.kid) for key in keys if key.revoked is None]


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


def _as_jwk(method: Mapping[str, object], key: KeyPeriod) -> dict[str, object]:
    """The same as a JSON Web Key (RFC 8037 §2)."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(key.public.public_bytes_raw())}
    rest = {name: value for name, value in method.items() if name != "publicKeyMultibase"}
    return rest | {"id": f"{method['id']}{_TOKENS}", "type": "JsonWebKey", "publicKeyJwk": jwk}


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
