"""Keys and signature lines of C2SP signed-note, version 1: Ed25519 for a log's own signatures and for cosignatures.

Texts have one spelling each: base64 is that of RFC 4648 §4 with its padding, hexadecimal is lower case.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certification.rules.errors import BadNote

HASH_BYTES = 4
KEY_BYTES = 32
MAX_NAME = 255
DASH = "\N{EM DASH} "

_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")
_CONTROL = re.compile(r"[\x00-\x1f]")


class SignatureType(IntEnum):
    """The byte that names an algorithm: Ed25519 over the text, or a timestamped cosignature (C2SP tlog-cosignature)."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key of 32 bytes under its name. Raises BadNote (`key_name`, `key_form`)."""

    name: str
    public: bytes
    type: SignatureType = SignatureType.ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise BadNote("key_form")

    @classmethod
    def of(cls, name: str, public: Ed25519PublicKey, type_: SignatureType = SignatureType.ED25519) -> "VerifierKey":
        return cls(name, public.public_bytes(Encoding.Raw, PublicFormat.Raw), type_)

    @property
    def key_hash(self) -> bytes:
        """SHA-256(name ‖ 0x0A ‖ type ‖ public key), its first 4 bytes: a hint which key it is, no proof."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:HASH_BYTES]

    @property
    def text(self) -> str:
        """The vkey: `name+hash+base64(type ‖ public key)`."""
        return f"{self.name}+{self.key_hash.hex()}+{encode64(self._typed)}"

    @property
    def _typed(self) -> bytes:
        return bytes([self.type]) + self.public


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line. `signature` is what follows the key hash: 64 bytes, or 72 for a cosignature.

    Raises BadNote (`key_name`, `signature_form`).
    """

    name: str
    key_hash: bytes
    signature: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_hash) != HASH_BYTES or not self.signature:
            raise BadNote("signature_form")

    @property
    def key(self) -> tuple[str, bytes]:
        """What names the key that signed."""
        return self.name, self.key_hash

    @property
    def line(self) -> str:
        """As it stands in a note, its newline included."""
        return f"{DASH}{self.name} {encode64(self.key_hash + self.signature)}\n"


def parse_vkey(text: str) -> VerifierKey:
    """A verifier key of one of the two types, in its one spelling. Raises BadNote (`key_form`, `key_name`)."""
    found = _VKEY.fullmatch(text)
    if found is None:
        raise BadNote("key_form")
    typed = decode64(found[3])
    try:
        key = VerifierKey(found[1], typed[1:], SignatureType(typed[0]))
    except ValueError as error:
        raise BadNote("key_form") from error
    if key.text != text:
        raise BadNote("key_form")
    return key


def parse_line(line: str) -> NoteSignature:
    """One signature line with its newline. Raises BadNote (`signature_form`, `key_name`)."""
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not (line.startswith(DASH) and line.endswith("\n") and space):
        raise BadNote("signature_form")
    raw = decode64(encoded.removesuffix("\n"))
    return NoteSignature(name, raw[:HASH_BYTES], raw[HASH_BYTES:])


def check_name(name: str) -> None:
    """A key name is not empty and has no space of any alphabet, no plus and no control character. Raises BadNote (`key_name`)."""
    if not 1 <= len(name) <= MAX_NAME or "+" in name or any(letter.isspace() for letter in name) or not is_plain(name):
        raise BadNote("key_name")


def is_plain(text: str) -> bool:
    """Whether `text` has no ASCII control characters and can be written in UTF-8."""
    return not _CONTROL.search(text) and not any("\ud800" <= letter <= "\udfff" for letter in text)


def encode64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def decode64(text: str) -> bytes:
    """The bytes whose one spelling is `text`. Raises BadNote (`base64`)."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadNote("base64") from error
    if encode64(raw) != text:
        raise BadNote("base64")
    return raw
