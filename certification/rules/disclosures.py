"""Personal names beside a signed statement: inside stand only salted commitments, one for each field.

The name and its salt stand beside it, as disclosures. When a person asks to be forgotten theirs is removed, and the signature
still verifies; what stays says nothing, because nobody can guess 128 random bits.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from certification.rules.canonical import digest
from certification.rules.errors import InvalidInput
from certification.rules.text import N_

SALT_BYTES = 16
PREFIX = "sha-256:"
_SALT = re.compile(r"[0-9a-f]{32}", re.ASCII)
_COMMITMENT = re.compile(r"sha-256:[0-9a-f]{64}", re.ASCII)
_PATH = re.compile(r"[a-z_]{1,40}/(0|[1-9][0-9]{0,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Commitment:
    """What is signed for one field: where it belongs (`makers/0`) and ``sha-256:`` with 64 hexadecimal digits."""

    path: str
    digest: str

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path) or not _COMMITMENT.fullmatch(self.digest):
            raise _refused()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A field as it is shown, and the salt that ties it to its commitment: 128 random bits as 32 hexadecimal digits.

    Raises InvalidInput (`bad_disclosure`).
    """

    path: str
    value: str
    salt: str

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path) or not _SALT.fullmatch(self.salt):
            raise _refused()

    @property
    def commitment(self) -> Commitment:
        """SHA-256 over the RFC 8785 form of ``[salt, path, value]``. Raises InvalidInput (`not_canonical`)."""
        return Commitment(self.path, PREFIX + digest([self.salt, self.path, self.value]))


def disclose(field: str, values: Iterable[str], salts: Iterable[bytes]) -> tuple[Disclosure, ...]:
    """The values of one field in their order, each with a salt of its own.

    Raises InvalidInput (`bad_disclosure`) for a salt of another length, or one used twice; ValueError when salts are missing.
    """
    pairs = list(zip(values, salts, strict=True))
    if len({salt for _, salt in pairs}) != len(pairs):
        raise _refused()
    return tuple(Disclosure(f"{field}/{at}", value, salt.hex()) for at, (value, salt) in enumerate(pairs))


def disclosed(commitments: Iterable[Commitment], disclosures: Iterable[Disclosure]) -> Mapping[str, str]:
    """The values by their path, each held against its commitment. Commitments without a disclosure are silent.

    Raises InvalidInput (`bad_disclosure`) when one fits no commitment, or two speak of the same field.
    """
    signed = set(commitments)
    found: dict[str, str] = {}
    for one in disclosures:
        if one.commitment not in signed or one.path in found:
            raise _refused()
        found[one.path] = one.value
    return found


def _refused() -> InvalidInput:
    return InvalidInput("bad_disclosure", N_("Ese nombre no corresponde a lo que se firmó."))
