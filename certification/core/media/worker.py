"""The process that opens pictures: one that waits, and a fresh fork of it, shut in, for each picture.

It is started with an empty environment and holds no secret, no database and no listening socket. Python and the
codecs are loaded once; a fork costs about a millisecond, and what one picture does to its child ends with it.
The messages are those of wire.py.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import time
from dataclasses import dataclass

from certification.core.media import pictures, sandbox, wire

_DATA = 3
_MOST_DESCRIPTORS = 256


@dataclass(frozen=True)
class _Child:
    deadline: float
    report: int


def main() -> None:
    """Serve orders on the control socket, standard input, until its other end closes."""
    control = socket.socket(fileno=0)
    _warm()
    sandbox.become_nobody()
    gc.collect()
    gc.freeze()
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    children: dict[int, _Child] = {}
    control.sendall(b"r")
    while True:
        wait = min((child.deadline for child in children.values()), default=time.monotonic() + 3600) - time.monotonic()
        readable, _, _ = select.select([control.fileno(), woken], [], [], max(0.0, wait))
        if woken in readable:
            os.read(woken, 512)
        if control.fileno() in readable and not _take(control, children):
            return
        _reap(children)


def _take(control: socket.socket, children: dict[int, _Child]) -> bool:
    message, descriptors, _, _ = socket.recv_fds(control, wire.ORDER.size, 2)
    if len(message) < wire.ORDER.size:
        return False
    seconds, memory = wire.ORDER.unpack(message)
    data, report = descriptors
    child = os.fork()
    if child == 0:
        _be_child(data, seconds, memory)
    os.close(data)
    children[child] = _Child(time.monotonic() + seconds, report)
    return True


def _reap(children: dict[int, _Child]) -> None:
    now = time.monotonic()
    for process, child in list(children.items()):
        late = now >= child.deadline
        if late:
            os.kill(process, signal.SIGKILL)
        ended, status, usage = os.wait4(process, 0 if late else os.WNOHANG)
        if ended:
            del children[process]
            # Nobody may be listening any more; then nobody misses the report.
            with contextlib.suppress(OSError):
                os.write(child.report, wire.REPORT.pack(status, late, usage.ru_maxrss * 1024))
            os.close(child.report)


def _be_child(data: int, seconds: float, memory: int) -> None:
    """The child's whole life; it never returns."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(data, _DATA)
        for standard in range(_DATA):
            os.dup2(nowhere, standard)
        os.closerange(_DATA + 1, _MOST_DESCRIPTORS)
        order_and_image = _read_all(_DATA)
        confined = sandbox.confine(memory_bytes=memory, cpu_seconds=seconds)
        _write_all(_DATA, _answer(order_and_image, confined=confined))
        status = 0
    finally:
        os._exit(status)


def _answer(message: bytes, *, confined: bool) -> bytes:
    order, image = wire.unframe(message)
    try:
        source, files = pictures.develop(bytes(image), order)
    except pictures.Refused as refused:
        return wire.frame({"refused": refused.args[0], "detail": refused.args[1]})
    except MemoryError:
        return wire.frame({"refused": "memory", "detail": "MemoryError"})
    except Exception as failure:  # noqa: BLE001 - the child is about to end; whoever asked must learn why
        return wire.frame({"refused": "crashed", "detail": f"{type(failure).__name__}: {failure}"[:300]})
    rows = [{**made, "bytes": len(encoded)} for made, encoded in files]
    answer = wire.frame({"confined": confined, "source": source, "files": rows})
    return answer + b"".join(encoded for _, encoded in files)


def _read_all(descriptor: int) -> bytes:
    chunks = []
    while chunk := os.read(descriptor, 1 << 20):
        chunks.append(chunk)
    return b"".join(chunks)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _warm() -> None:
    """Run every codec once on a picture of our own, so that no child has to load anything."""
    outputs: list[wire.Row] = [(8, "webp", [50], None), (8, "jpeg", [50], None)]
    order: wire.Order = {"pixels": 4096, "paper": (255, 255, 255), "outputs": outputs}
    for sample in pictures.samples():
        pictures.develop(sample, order)
