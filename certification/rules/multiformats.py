"""Multibase and Multikey as W3C Controlled Identifiers v1.0 §2.4 and §2.2.2 say: base58btc, base64url, Ed25519 public keys.

Every reading is strict: a value has one spelling, and any other is refused.
"""

import base64
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ED25519_PREFIX = b"\xed\x01"
KEY_BYTES = 32
LONGEST_BASE58 = 256  # characters; reading base58 takes the square of its length

_VALUE = {letter: value for value, letter in enumerate(BASE58)}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")


def encode_base58btc(raw: bytes) -> str:
    """Multibase `z…`: base58 in Bitcoin's alphabet, one `1` for each leading zero byte."""
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    number, letters = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        letters = BASE58[rest] + letters
    return "z" + "1" * zeros + letters


def decode_base58btc(text: object) -> bytes:
    """The bytes of a multibase `z…`. Raises InvalidInput (`bad_multibase`)."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > LONGEST_BASE58:
        raise _refused()
    number, letters = 0, text[1:]
    for letter in letters:
        if letter not in _VALUE:
            raise _refused()
        number = number * 58 + _VALUE[letter]
    zeros = len(letters) - len(letters.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 4648 §5), without a multibase letter."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_base64url(text: object) -> bytes:
    """The bytes of base64url without padding, whose spare bits are zero. Raises InvalidInput (`bad_base64url`)."""
    if not isinstance(text, str) or not _BASE64URL.match(text) or len(text) % 4 == 1:
        raise InvalidInput("bad_base64url", _SENTENCE)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(raw) != text:
        raise InvalidInput("bad_base64url", _SENTENCE)
    return raw


def encode_multibase64(raw: bytes) -> str:
    """Multibase `u…`: base64url without padding."""
    return "u" + encode_base64url(raw)


def decode_multibase64(text: object) -> bytes:
    """The bytes of a multibase `u…`. Raises InvalidInput (`bad_multibase`, `bad_base64url`)."""
    if not isinstance(text, str) or not text.startswith("u"):
        raise _refused()
    return decode_base64url(text[1:])


def encode_multikey(public: Ed25519PublicKey) -> str:
    """`publicKeyMultibase` of an Ed25519 key: base58btc of 0xed01 and its 32 bytes."""
    return encode_base58btc(ED25519_PREFIX + public.public_bytes_raw())


def decode_multikey(text: object) -> Ed25519PublicKey:
    """The Ed25519 key of a `publicKeyMultibase`. Raises InvalidInput (`bad_multibase`, `bad_multikey`)."""
    raw = decode_base58btc(text)
    if not raw.startswith(ED25519_PREFIX) or len(raw) != len(ED25519_PREFIX) + KEY_BYTES:
        raise InvalidInput("bad_multikey", _SENTENCE)
    return Ed25519PublicKey.from_public_bytes(raw[len(ED25519_PREFIX) :])


_SENTENCE = N_("El documento trae un dato codificado que no se puede leer.")


def _refused() -> InvalidInput:
    return InvalidInput("bad_multibase", _SENTENCE)
