"""Files that are whole or not there at all, and still there after a power cut."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """One process or thread at a time works here; the lock goes with whoever holds it."""
    with (folder / LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_whole(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """The whole file or none of it, closed to others from its first byte unless ``mode`` says otherwise. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            os.fchmod(out.fileno(), mode)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    make_durable(file.parent)


def make_durable(folder: Path) -> None:
    """What was named in a folder stays named."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
