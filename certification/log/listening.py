"""The signer's socket. Many may be connected, and whoever is silent or slow keeps nobody waiting: only what is there is read."""

import selectors
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from certification.log.asking import LONGEST

PATIENCE_S = 2.0
BACKLOG = 64
MOST = 64
PAUSE_S = 0.5
MODE = 0o660


class SignerThereError(RuntimeError):
    """Another signer answers on this socket, or something that is none stands at its path."""


class Lines:
    """Those who are connected and have said nothing yet, the oldest first: at most :data:`MOST`, for :data:`PATIENCE_S` each."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._until: dict[socket.socket, float] = {}

    def said(self) -> Iterator[tuple[socket.socket, bytes]]:
        """Each line on which something came, and what: read once, for a word of ours comes whole. Waits a moment at most."""
        ready = [key.fileobj for key, _ in self._selector.select(PAUSE_S)]
        now = time.monotonic()
        for late in [line for line, until in self._until.items() if until < now and line not in ready]:
            self._let_go(late)
        for line in ready:
            if line is self._listener:
                self._take_in()
            elif isinstance(line, socket.socket) and line in self._until:
                yield from self._heard(line)

    def close(self) -> None:
        for line in list(self._until):
            self._let_go(line)
        self._selector.close()

    def _take_in(self) -> None:
        """All who wait, as a full queue turns others away at once."""
        with suppress(OSError):  # there is no other
            for _ in range(BACKLOG):
                line, _address = self._listener.accept()
                if len(self._until) >= MOST:
                    self._let_go(next(iter(self._until)))
                line.settimeout(0)
                self._until[line] = time.monotonic() + PATIENCE_S
                self._selector.register(line, selectors.EVENT_READ)

    def _heard(self, line: socket.socket) -> Iterator[tuple[socket.socket, bytes]]:
        try:
            with suppress(OSError):
                yield line, line.recv(LONGEST)
        finally:
            self._let_go(line)

    def _let_go(self, line: socket.socket) -> None:
        del self._until[line]
        self._selector.unregister(line)
        line.close()


@contextmanager
def listening(path: Path) -> Iterator[Lines]:
    """A socket at ``path`` for who may write there, gone again at the end.

    Raises:
        SignerThereError: another signer is there.
        OSError: the socket can't be made.

    """
    _clear(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        path.chmod(MODE)
        listener.listen(BACKLOG)
        listener.settimeout(0)
        lines = Lines(listener)
        try:
            yield lines
        finally:
            lines.close()
            path.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """A socket that nobody answers on was left by a signer that was killed."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        msg = f"{path} is there and is no socket."
        raise SignerThereError(msg)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    msg = f"Another signer answers on {path}."
    raise SignerThereError(msg)
