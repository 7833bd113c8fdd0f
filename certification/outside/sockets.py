"""Connections that end: whoever sends a byte now and then keeps nobody busy for ever."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def ended_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shut the connection when it is not done by then; reading from it then ends."""

    def end() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
