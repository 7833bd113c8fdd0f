"""Ed25519 (RFC 8032) over the canonical JSON of a statement."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from certification.rules.canonical import canonical_json
from certification.rules.errors import BadSignature, InvalidInput, UnknownKey
from certification.rules.text import N_

DEMONSTRATION = "demo-"
_MARK = b"Tianguis demonstration key: trust nothing that it signs.\n"
_SIGNATURE_BYTES = 64


def fingerprint(public: Ed25519PublicKey) -> str:
    """16 characters of lower-case base32 (RFC 4648 §6): the first 80 bits of the SHA-256 of the raw key."""
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b32encode(hashlib.sha256(raw).digest()[:10]).decode().lower()


@dataclass(frozen=True, slots=True)
class Keypair:
    """A signing key. A demonstration key says so in its file and in its `kid`, so that nobody mistakes it."""

    private: Ed25519PrivateKey = field(repr=False)
    demonstration: bool

    @classmethod
    def generate(cls, *, demonstration: bool) -> "Keypair":
        return cls(Ed25519PrivateKey.generate(), demonstration)

    @classmethod
    def from_pem(cls, pem: bytes) -> "Keypair":
        """Read a PKCS #8 PEM file as `to_pem` writes it. Raises InvalidInput."""
        demonstration = pem.startswith(_MARK)
        try:
            private = load_pem_private_key(pem.removeprefix(_MARK), password=None)
        except (ValueError, TypeError) as error:
            raise _no_key() from error
        if not isinstance(private, Ed25519PrivateKey):
            raise _no_key()
        return cls(private, demonstration)

    def to_pem(self) -> bytes:
        """PKCS #8 PEM without a password; the mark of a demonstration key stands before it."""
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return _MARK + pem if self.demonstration else pem

    @property
    def public(self) -> Ed25519PublicKey:
        return self.private.public_key()

    @property
    def kid(self) -> str:
        return (DEMONSTRATION if self.demonstration else "") + fingerprint(self.public)


@dataclass(frozen=True, slots=True)
class Signed:
    """`signature` is base64url without padding (RFC 4648 §5) over the canonical JSON of `statement` alone."""

    kid: str
    signature: str
    statement: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verified:
    kid: str
    statement: Mapping[str, object]
    demonstration: bool


def sign(statement: Mapping[str, object], key: Keypair) -> Signed:
    """Raises InvalidInput when the statement has no canonical form."""
    signature = key.private.sign(canonical_json(statement))
    return Signed(key.kid, _encode(signature), statement)


def verify(signed: Signed, public_keys: Mapping[str, Ed25519PublicKey], *, allow_demonstration: bool = False) -> Verified:
    """Check a statement against the keys held, by `kid`.

    Raises UnknownKey when the key is not held, is held under a name that is not its own, or is a demonstration key and those are
    not allowed; BadSignature when the signature does not fit or is spelled in another way than ours.
    """
    demonstration = signed.kid.startswith(DEMONSTRATION)
    public = public_keys.get(signed.kid)
    if public is None or signed.kid.removeprefix(DEMONSTRATION) != fingerprint(public):
        raise UnknownKey(kid=signed.kid)
    if demonstration and not allow_demonstration:
        raise UnknownKey(
            "demonstration_key",
            N_("Este documento es una demostración: su firma no vale."),
            kid=signed.kid,
        )
    try:
        public.verify(_decode(signed.signature), canonical_json(signed.statement))
    except (InvalidSignature, InvalidInput, ValueError) as error:
        raise BadSignature(kid=signed.kid) from error
    return Verified(signed.kid, signed.statement, demonstration)


def _encode(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Raises ValueError unless `text` is the one spelling of 64 bytes."""
    signature = base64.urlsafe_b64decode(text + "==")
    if len(signature) != _SIGNATURE_BYTES or _encode(signature) != text:
        raise ValueError("not the one spelling of a signature")
    return signature


def _no_key() -> InvalidInput:
    return InvalidInput("no_key", N_("El archivo no contiene una llave Ed25519 que se pueda leer."))
