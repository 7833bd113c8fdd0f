"""What a monitor finds: faults, warnings, and what it could not look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from certification.rules.errors import CannotCheck


class Kind(StrEnum):
    """Kinds of faults; the values are for programs."""

    KEY = "key"
    FORK = "fork"
    SHRUNK = "shrunk"
    GAP = "gap"
    PAST_CHANGED = "past_changed"
    ENTRY = "entry"
    BACK_DATED = "back_dated"
    TILE = "tile"
    PROOF = "proof"
    WITNESS = "witness"
    MISSING = "missing"
    UNLOGGED = "unlogged"
    SHOWN_VALID = "shown_valid"
    REGISTER = "register"
    CREDENTIAL = "credential"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: its kind, what it is about (a code, an address, an index), and the sentence."""

    kind: Kind
    about: str
    words: str


class TooMuchUnreachableError(Exception):
    """So much could not be read that looking on is of no use."""


@dataclass
class Findings:
    """Gathers; of one kind and one thing the first is kept."""

    faults: dict[tuple[Kind, str], Finding] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    unreachable: dict[str, str] = field(default_factory=dict)

    def fault(self, kind: Kind, about: object, words: str) -> None:
        """Something is wrong."""
        self.faults.setdefault((kind, str(about)), Finding(kind, str(about), words))

    def warn(self, about: str, words: str) -> None:
        """Something that a person should know and that is no fault."""
        self.warnings.setdefault(about, words)

    def away(self, path: str, error: CannotCheck) -> None:
        """Something could not be read, which says nothing about it. Raises TooMuchUnreachableError when that is a lot."""
        self.unreachable.setdefault(path, f"{error.code} {error.params.get('status', '')}".strip())
        if len(self.unreachable) >= MOST_UNREACHABLE:
            raise TooMuchUnreachableError

    def add(self, others: Iterable[Finding]) -> None:
        """Faults that were found before."""
        for one in others:
            self.faults.setdefault((one.kind, one.about), one)


MOST_UNREACHABLE = 20
