"""The server's side of the image process: hands over one image, waits for the answer, believes neither.

The process is started by `exec`, not forked from a server full of threads, on the first image; it then forks one
child for each image (see worker.py). A dead or stuck process is replaced by the next call.
"""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from certification.core.media import wire
from certification.core.media.limits import MIB, Limits

_ROOT = Path(__file__).parents[3]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from certification.core.media.worker import main; main()"
_MOST_ANSWER = 64 * MIB
_START_SECONDS = 30.0
_GRACE_SECONDS = 3.0


class Busy(Exception):  # noqa: N818 - named for the fact
    """No turn came free in time."""


class Outcome(NamedTuple):
    """How one child ended: its raw answer (may be cut short), wait status, whether late, peak memory in bytes.

    `status` is None when the process that would know it is gone.
    """

    answer: bytes
    status: int | None
    late: bool
    peak_bytes: int


class Workshop:
    """Runs images through the confined process, `turns` at once; safe to call from many threads."""

    def __init__(self, turns: int = 2) -> None:
        self._turns = threading.BoundedSemaphore(turns)
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._count = turns

    def run(self, message: bytes, limits: Limits) -> Outcome:
        """Send `message` (a frame and the image) to a fresh child. Raises Busy; RuntimeError when none can start."""
        if not self._turns.acquire(timeout=limits.wait_seconds):
            raise Busy
        try:
            with contextlib.ExitStack() as stack:
                data, report = self._submit(limits, stack)
                return self._converse(data, report, message)
        finally:
            self._turns.release()

    def close(self) -> None:
        """Let the process end and wait for it."""
        with self._lock:
            self._stop()

    def forget(self) -> None:
        """After a fork: the process belongs to the parent, and locks may be held by threads that are not here."""
        if self._control is not None:
            self._control.close()
        self._control = self._process = None
        self._turns = threading.BoundedSemaphore(self._count)
        self._lock = threading.Lock()

    def _submit(self, limits: Limits, stack: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
        data, theirs = (stack.enter_context(end) for end in socket.socketpair())
        report, reporter = (stack.enter_context(end) for end in socket.socketpair())
        for end in (data, report):
            end.settimeout(limits.seconds + _GRACE_SECONDS)
        order = wire.ORDER.pack(limits.seconds, limits.memory_bytes)
        with self._lock:
            try:
                socket.send_fds(self._running(), [order], [theirs.fileno(), reporter.fileno()])
            except OSError:
                self._stop()
                socket.send_fds(self._running(), [order], [theirs.fileno(), reporter.fileno()])
        # Ours must be the only copies, or the end of the child would not be the end of the stream.
        theirs.close()
        reporter.close()
        return data, report

    def _converse(self, data: socket.socket, report: socket.socket, message: bytes) -> Outcome:
        answer = bytearray()
        try:
            # A child that ends early closes its side; its report says why.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                data.sendall(message)
                data.shutdown(socket.SHUT_WR)
                for chunk in _chunks(data):
                    answer += chunk
            ended = report.recv(wire.REPORT.size)
        except TimeoutError:
            with self._lock:
                self._stop(kill=True)
            return Outcome(b"", None, late=True, peak_bytes=0)
        if len(ended) < wire.REPORT.size:
            return Outcome(bytes(answer), None, late=False, peak_bytes=0)
        status, late, peak = wire.REPORT.unpack(ended)
        return Outcome(bytes(answer), status, late, peak)

    def _running(self) -> socket.socket:
        if self._control is None or self._process is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [sys.executable, "-I", "-c", _BOOT, str(_ROOT)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env={"LC_ALL": "C.UTF-8"},
                    cwd="/",
                    start_new_session=True,
                )
            ours.settimeout(_START_SECONDS)
            if ours.recv(1) != b"r":
                raise RuntimeError(f"the image process did not start: exit status {self._process.wait()}")
            self._control = ours
        return self._control

    def _stop(self, *, kill: bool = False) -> None:
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            if kill:
                process.kill()
            process.wait()


def _chunks(data: socket.socket) -> Iterator[bytes]:
    left = _MOST_ANSWER
    while left > 0 and (chunk := data.recv(min(left, MIB))):
        left -= len(chunk)
        yield chunk


WORKSHOP = Workshop()
"""The one of this server process: two at once, because the whole of a small machine must not be busy with photographs."""
atexit.register(WORKSHOP.close)
os.register_at_fork(after_in_child=WORKSHOP.forget)
