"""The one spelling of a value that is signed or digested: RFC 8785 (JCS), narrowed for what is ours."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

LARGEST = 2**53 - 1
HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair, which no text of Unicode has alone

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | None


def canonical_json(value: object) -> bytes:
    """UTF-8 bytes of `value` by RFC 8785.

    Narrower than the standard, so that every reader in every language agrees: no floats (nor NaN), integers
    within ±(2⁵³−1), string keys, and text in Unicode NFC without lone surrogates. Text that is not NFC is refused and
    never mended: what is signed must be what was shown, letter by letter; forms normalise what they take in.
    Raises InvalidInput (code `not_canonical`, param `where`).
    """
    return rfc8785.dumps(_checked(value, "$", narrow=True))


def jcs(value: object) -> bytes:
    """UTF-8 bytes by RFC 8785 of any I-JSON value (RFC 7493), as others may have signed it.

    Text stays as it stands, in NFC or not. A number is an IEEE 754 double: NaN, infinities and an integer that no double
    holds exactly are refused, as are lone surrogates. What `canonical_json` takes has the same bytes here.
    Raises InvalidInput (code `not_canonical`, param `where`).
    """
    return rfc8785.dumps(_checked(value, "$", narrow=False))


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _checked(value: object, where: str, *, narrow: bool) -> Json:
    match value:
        case None | bool():
            return value
        case str():
            return _text(value, where, narrow=narrow)
        case int() | float():
            return _number(value, where, narrow=narrow)
        case Mapping():
            return {
                _key(key, where, narrow=narrow): _checked(item, f"{where}.{key}", narrow=narrow) for key, item in value.items()
            }
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return [_checked(item, f"{where}[{at}]", narrow=narrow) for at, item in enumerate(value)]
        case _:
            raise _refused(where)


def _number(number: float, where: str, *, narrow: bool) -> float:
    if isinstance(number, int) and abs(number) <= LARGEST:
        return int(number)
    try:
        double = float(number)
    except OverflowError as error:
        raise _refused(where) from error
    if narrow or not math.isfinite(double) or double != number:
        raise _refused(where)
    return double


def _key(key: object, where: str, *, narrow: bool) -> str:
    if not isinstance(key, str):
        raise _refused(where)
    return _text(key, where, narrow=narrow)


def _text(text: str, where: str, *, narrow: bool) -> str:
    if not text.isascii() and (HALF.search(text) or (narrow and not unicodedata.is_normalized("NFC", text))):
        raise _refused(where)
    return str(text)


def _refused(where: str) -> InvalidInput:
    return InvalidInput("not_canonical", N_("El dato «%(where)s» no se puede firmar tal como está."), where=where)
