"""The head of a log as text: C2SP tlog-checkpoint. It is signed in `signed_checkpoint`."""

import re
from dataclasses import dataclass

from certification.rules.errors import BadNote
from certification.rules.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from certification.rules.note_keys import decode64, encode64, is_plain

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_FIXED_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`size` leaves under `root`, in the log that calls itself `origin` (host and path, no scheme).

    We write no extension lines: no monitor can audit them. Raises BadNote: `checkpoint_origin`, `checkpoint_size`,
    `checkpoint_root`, `checkpoint_extension`.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or not is_plain(self.origin):
            raise BadNote("checkpoint_origin")
        if not 0 <= self.size <= MAX_SIZE:
            raise BadNote("checkpoint_size")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise BadNote("checkpoint_root")
        if not all(line and is_plain(line) for line in self.extensions):
            raise BadNote("checkpoint_extension")

    @property
    def text(self) -> str:
        """The text of the note, its last newline included."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode64(self.root), *self.extensions))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note whose signature was verified. Raises BadNote (`checkpoint_form` and as `Checkpoint`)."""
    *lines, end = text.split("\n")
    if end or len(lines) < _FIXED_LINES:
        raise BadNote("checkpoint_form")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise BadNote("checkpoint_size")
    return Checkpoint(origin, int(size), decode64(root), tuple(extensions))
