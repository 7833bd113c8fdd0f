"""Personal names inside a signed statement: only as salted commitments, one for each name.

The name and its salt stand beside the statement. When a person asks to be forgotten they are removed, and the signature still
verifies; what stays says nothing, because nobody can guess 128 random bits.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from certification.rules.canonical import digest

SALT_BYTES = 16
PREFIX = "sha-256:"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A name as it is shown, and the salt that ties it to its commitment."""

    name: str
    salt: str

    @property
    def commitment(self) -> str:
        """``sha-256:`` and the hexadecimal digest of the canonical JSON of name and salt."""
        return PREFIX + digest({"name": self.name, "salt": self.salt})


def disclose(names: Iterable[str], salt: Callable[[int], str] = secrets.token_hex) -> tuple[Disclosure, ...]:
    """Each name with a fresh salt, in the order given."""
    return tuple(Disclosure(name, salt(SALT_BYTES)) for name in names)
