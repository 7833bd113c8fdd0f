"""What the server and its image process say to each other.

Control: ORDER, accompanied by two descriptors, one for the data and one for the report.
Data: a frame with the order and the image behind it, end of stream; back: a frame with the answer, then the files.
Report: REPORT, written by the process that forked the child and never by the child.
"""

import json
import struct
from typing import Any, TypedDict

ORDER = struct.Struct("!dQ")
"""Wall-clock seconds, bytes of memory."""
REPORT = struct.Struct("!i?Q")
"""Wait status of the child, whether it was stopped for being late, its peak resident memory in bytes."""


Row = tuple[int, str, list[int], int | None]
"""An output: long edge in pixels, format, qualities to try, most bytes or None."""


class Order(TypedDict):
    """What to make: the most pixels to decode, the paper's sRGB, the outputs."""

    pixels: int
    paper: tuple[int, int, int]
    outputs: list[Row]


class Made(TypedDict):
    """One finished file, without its bytes: the edge asked for, format, and true size in pixels."""

    edge: int
    format: str
    width: int
    height: int


def frame(content: Any) -> bytes:
    """JSON behind its length in 4 bytes, big end first."""
    text = json.dumps(content).encode()
    return len(text).to_bytes(4, "big") + text


def unframe(message: bytes) -> tuple[Any, memoryview]:
    """The JSON of a frame, and what follows it. Raises ValueError when it is cut short or no JSON."""
    length = int.from_bytes(message[:4], "big")
    if len(message) < 4 + length:
        raise ValueError("frame cut short")
    return json.loads(message[4 : 4 + length]), memoryview(message)[4 + length :]
