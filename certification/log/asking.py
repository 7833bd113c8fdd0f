"""Asking the signer process: two words on a Unix socket. No byte that is to be signed ever goes this way."""

import socket
import struct

SIGN, HELLO = b"sign\n", b"hello\n"
DONE, HERE, REFUSED = b"signed ", b"here ", b"refused "
LONGEST = 128
SECONDS = 30.0


class SignerRefusedError(OSError):
    """The signer answered and did not sign; the text is the code that it gave."""


def ask(path: str, *, seconds: float = SECONDS) -> int:
    """Have all that is recorded signed; how many leaves the signed log has.

    Raises:
        SignerRefusedError: it would not.
        OSError: it does not answer.

    """
    answer = _exchange(path, SIGN, seconds)
    if not answer.startswith(DONE):
        raise SignerRefusedError(answer.removeprefix(REFUSED).decode("ascii", "replace") or "no answer")
    return int(answer.removeprefix(DONE))


def greet(path: str, *, seconds: float = 2.0) -> str:
    """Which key the signer holds. Raises as :func:`ask`."""
    answer = _exchange(path, HELLO, seconds)
    if not answer.startswith(HERE):
        raise SignerRefusedError(answer.removeprefix(REFUSED).decode("ascii", "replace") or "no answer")
    return answer.removeprefix(HERE).decode("ascii", "replace")


def _exchange(path: str, word: bytes, seconds: float) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(seconds))
        # waits its turn where more ask than the signer takes in; with Python's own timeout it would fail at once
        line.connect(path)
        line.settimeout(seconds)
        line.sendall(word)
        return _read_line(line)


def _timeval(seconds: float) -> bytes:
    """As socket(7) has it: seconds and microseconds."""
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1e6))


def _read_line(line: socket.socket) -> bytes:
    """One line without its end, or nothing when it is longer than any of ours or never ended. Raises OSError."""
    found = b""
    while len(found) <= LONGEST:
        part = line.recv(LONGEST + 1 - len(found))
        if not part:
            return b""
        found += part
        if b"\n" in found:
            whole, _, rest = found.partition(b"\n")
            return b"" if rest else whole
    return b""
