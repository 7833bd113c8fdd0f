"""The signer's own record beside its key, outside the database: what it signs stands here first.

``signed.jsonl`` in the folder of keys, only ever added to: a line for each document with its digest, then the line of the
checkpoint that the round signs. A round without that line was cut short, and nothing of it was signed.
"""

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from certification.core.durable import alone_in, make_durable
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.errors import BadNote, LogConflict
from certification.rules.text import N_

FILE = "signed.jsonl"
BLOCK = 65_536
UNREADABLE = N_("El apunte de lo que ya se firmó no se puede leer. No se firmó nada. Avise a quien opera el sitio.")


class Journal:
    """The record in a folder of keys. One process at a time writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / FILE

    def last(self) -> Checkpoint | None:
        """The last checkpoint that was to be signed; None where there is no record yet.

        Raises:
            LogConflict: ``record_unreadable``.

        """
        for line in self._from_the_end():
            try:
                said = json.loads(line)
                if "checkpoint" in said:
                    return parse_checkpoint(said["checkpoint"])
            except (ValueError, TypeError, BadNote) as error:
                raise LogConflict("record_unreadable", UNREADABLE) from error
        return None

    def add(self, checkpoint: Checkpoint, kid: str, documents: Iterable[tuple[str, str]], at: datetime) -> None:
        """Write one round, durable before it returns; ``documents`` are names with digests. Raises OSError."""
        lines = [json.dumps({"signs": what, "digest": digest}) for what, digest in documents]
        lines.append(json.dumps({"checkpoint": checkpoint.text, "kid": kid, "at": at.isoformat()}))
        new = not self._file.exists()
        with alone_in(self._folder), os.fdopen(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as out:
            out.truncate(_whole_lines(out.seek(0, os.SEEK_END), out.fileno()))
            out.seek(0, os.SEEK_END)
            out.write("".join(f"{line}\n" for line in lines).encode())
            out.flush()
            os.fsync(out.fileno())
        if new:
            make_durable(self._folder)

    def _from_the_end(self) -> Iterable[bytes]:
        """Whole lines, the last one first."""
        try:
            handle = os.open(self._file, os.O_RDONLY)
        except FileNotFoundError:
            return
        except OSError as error:
            raise LogConflict("record_unreadable", UNREADABLE) from error
        try:
            end = _whole_lines(os.fstat(handle).st_size, handle)
            left = b""
            while end > 0:
                start = max(0, end - BLOCK)
                first, *rest = (os.pread(handle, end - start, start) + left).split(b"\n")
                yield from (line for line in reversed(rest) if line)
                left, end = first, start
            if left:
                yield left
        finally:
            os.close(handle)


def _whole_lines(size: int, handle: int) -> int:
    """How much of a file is whole lines; what a power cut left after them was never signed."""
    end = size
    while end > 0:
        start = max(0, end - BLOCK)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
