"""What waits for a signature, and the keys that give it.

What waits above the log is known higher up: those concepts declare a :class:`Kind`, and `log.signing` goes through them all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from certification.core.declared import declare
from certification.rules.leaves import whole_milliseconds
from certification.rules.signing import Keypair


@dataclass(frozen=True, slots=True)
class Ring:
    """The key that signs, and since when; beside it the one that it follows, which signs checkpoints too until it is gone."""

    present: Keypair
    begun: datetime
    outgoing: Keypair | None = None

    def time_of(self, at: datetime) -> datetime:
        """A key signs nothing before its own time; what is signed tells whole milliseconds."""
        return whole_milliseconds(max(at, self.begun))


class Waiting(NamedTuple):
    """One recorded document without its signature. ``holds`` tells a signer whether it is what its act recorded."""

    what: str
    document: Mapping[str, object]
    sign: Callable[[], None]
    holds: Callable[[], bool] = lambda: True


class Kind(NamedTuple):
    """Documents of one sort: those that wait, and whether any do; what to hold before the log is; having all signed anew."""

    waiting: Callable[[Ring, datetime], Iterator[Waiting]]
    waits: Callable[[], bool]
    hold: Callable[[], None] = lambda: None
    anew: Callable[[datetime], None] = lambda _at: None


KINDS: dict[str, Kind] = {}


def declare_kind(name: str, kind: Kind) -> None:
    """Let a concept say what of it is signed. Raises ValueError when the name is taken."""
    declare(KINDS, name, kind)
