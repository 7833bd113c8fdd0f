"""The one spelling of a value that is signed or digested: RFC 8785 (JCS), narrowed."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

LARGEST = 2**53 - 1

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | None


def canonical_json(value: object) -> bytes:
    """UTF-8 bytes of `value` by RFC 8785.

    Narrower than the standard, so that every reader in every language agrees: no floats (nor NaN), integers
    within ±(2⁵³−1), string keys, and text in Unicode NFC without lone surrogates. Text that is not NFC is refused and
    never mended: what is signed must be what was shown, letter by letter; forms normalise what they take in.
    Raises InvalidInput (code `not_canonical`, param `where`).
    """
    return rfc8785.dumps(_checked(value, "$"))


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _checked(value: object, where: str) -> Json:
    match value:
        case None | bool():
            return value
        case str():
            return _text(value, where)
        case int():
            if abs(value) > LARGEST:
                raise _refused(where)
            return int(value)
        case Mapping():
            return {_key(key, where): _checked(item, f"{where}.{key}") for key, item in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return [_checked(item, f"{where}[{at}]") for at, item in enumerate(value)]
        case _:
            raise _refused(where)


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise _refused(where)
    return _text(key, where)


def _text(text: str, where: str) -> str:
    if not unicodedata.is_normalized("NFC", text) or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _refused(where)
    return str(text)


def _refused(where: str) -> InvalidInput:
    return InvalidInput("not_canonical", N_("El dato «%(where)s» no se puede firmar tal como está."), where=where)
