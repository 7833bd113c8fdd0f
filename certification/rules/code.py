"""Certificate codes: ten random characters and a check character, in the base32 letters of Douglas Crockford.

The check character is Σ αⁱcᵢ over GF(32) with x⁵+x²+1, α = x, where c₁…c₁₀ are the characters from left to right.
Every single substitution and every swap of neighbours is caught. See docs/certificate-code.md.
"""

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from certification.rules.errors import BadCode
from certification.rules.text import N_

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAYLOAD = 10
LENGTH = PAYLOAD + 1

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
# Hyphens, dashes and the minus sign: telephones put them in place of the hyphen that was printed.
_SEPARATORS = re.compile(
    r"[\s\-\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]+"
)  # the last ones show nothing and come with copying
_IN_ADDRESS = re.compile(r"/[vc]/([^/?#\s]+)", re.IGNORECASE)
# ASCII only: `str.upper` would turn letters of other alphabets into ours.
_READ_AS = str.maketrans("abcdefghijklmnopqrstuvwxyzOIL", "ABCDEFGH1JK1MN0PQRSTUVWXYZ011")
_LOOK_ALIKE = tuple(
    frozenset(pair) for pair in ("8B", "5S", "2Z", "6G", "0D", "0Q", "DQ", "17", "VY", "VW", "MN", "4A", "38", "PR", "CG", "EF")
)


class Random(Protocol):
    """What `secrets` offers of it."""

    def randbelow(self, exclusive_upper_bound: int, /) -> int: ...


class Slip(StrEnum):
    """How a mistyped code may have come about."""

    LOOK_ALIKE = "look_alike"
    SWAPPED = "swapped"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Look again at these characters, counted from 1 in the code without hyphens."""

    slip: Slip
    positions: tuple[int, ...]


def _times_alpha(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled


def check_character(payload: str) -> str:
    """The check character of ten canonical characters; c₁ is multiplied by α, c₁₀ by α¹⁰."""
    total = 0
    for letter in reversed(payload):
        total = _times_alpha(total ^ _VALUE[letter])
    return ALPHABET[total]


def new_code(random: Random = secrets) -> str:
    """A fresh canonical code of 11 characters: 50 random bits. Uniqueness is the database's to keep."""
    payload = "".join(ALPHABET[random.randbelow(32)] for _ in range(PAYLOAD))
    return payload + check_character(payload)


def canonical(text: str) -> str:
    """Upper case without separators; O reads as 0, I and L as 1. Whatever is no code stays no code."""
    return _SEPARATORS.sub("", text).translate(_READ_AS)


def code_in(text: str) -> str:
    """The part of what a person typed or pasted that should be the code: of a whole address, what follows ``/v/``."""
    found = _IN_ADDRESS.search(text)
    return found[1] if found else text


def display(code: str) -> str:
    """As it is printed: `7QK4-M2XD-9F-C`."""
    plain = canonical(code)
    return "-".join(part for part in (plain[:4], plain[4:8], plain[8:10], plain[10:]) if part)


def parse(text: str) -> str:
    """The canonical code that a person typed or a QR held.

    Raises BadCode with code `code_length`, `code_letters` (params `letters`) or `code_check`.
    """
    code = canonical(text)
    strange = sorted(set(code) - set(ALPHABET))
    if len(code) != LENGTH:
        raise BadCode(
            "code_length",
            N_("El código tiene once letras y números, y aquí hay %(count)d. Revise que esté completo."),
            count=len(code),
        )
    if strange:
        raise BadCode(
            "code_letters",
            N_("Los códigos no llevan «%(letters)s». Revise esa parte en la etiqueta."),
            letters=" ".join(strange),
        )
    if check_character(code[:PAYLOAD]) != code[PAYLOAD]:
        raise BadCode(
            "code_check",
            N_("El código no cuadra: hay una letra o un número distinto, o dos cambiados de lugar."),
        )
    return code


def near_misses(text: str) -> tuple[NearMiss, ...]:
    """Where to look again in a code of the right length and letters whose check fails: at most 21 places.

    Only places, never the code that would fit there: offering a neighbouring code would send somebody with a
    mistyped or invented tag to another maker's certificate. A single wrong character may always be anywhere, so
    a substitution is named only where one character passes for another to the eye. Empty for a good code.
    """
    code = canonical(text)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or _fits(code):
        return ()
    swaps = [
        NearMiss(Slip.SWAPPED, (at + 1, at + 2))
        for at in range(PAYLOAD)
        if _fits(code[:at] + code[at + 1] + code[at] + code[at + 2 :])
    ]
    looks = [NearMiss(Slip.LOOK_ALIKE, (at + 1,)) for at in range(LENGTH) if _look_alike_fits(code, at)]
    return (*swaps, *looks)


def _fits(code: str) -> bool:
    return check_character(code[:PAYLOAD]) == code[PAYLOAD]


def _look_alike_fits(code: str, at: int) -> bool:
    others = {letter for pair in _LOOK_ALIKE if code[at] in pair for letter in pair - {code[at]}}
    return any(_fits(code[:at] + other + code[at + 1 :]) for other in others)
