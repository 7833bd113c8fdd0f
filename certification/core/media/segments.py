"""Whether a JPEG or WebP file holds the picture and nothing else.

The server asks this of every file that the image process returns, before it is kept: a decoder that was taken over
could otherwise hand out a file with metadata, a script or a second file behind it.
"""

# DQT, DHT, DRI; SOF0–SOF2: baseline, extended, progressive; SOS.
_PICTURE = {b"\xff" + bytes([marker]) for marker in (0xDB, 0xC4, 0xDD, 0xC0, 0xC1, 0xC2, 0xDA)}
_APP0, _SCAN = b"\xff\xe0", b"\xff\xda"
_JFIF_LENGTH = 16  # without a thumbnail


class Unclean(Exception):  # noqa: N818 - named for the fact
    """The file holds something besides a picture; the message says what."""


def check_clean(data: bytes, kind: str) -> None:
    """Raise Unclean unless `data` is a bare picture of that kind ("jpeg" or "webp") and ends where it ends.

    JPEG: ITU-T T.81 annex B, only JFIF's own APP0 allowed. WebP: RFC 9649 §2.5 and §2.6, the simple layouts.
    """
    if kind == "jpeg":
        _check_jpeg(data)
    elif kind == "webp":
        _check_webp(data)
    else:
        raise Unclean(f"format {kind}")


def _check_webp(data: bytes) -> None:
    chunk = data[12:16]
    size = int.from_bytes(data[16:20], "little")
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or chunk not in {b"VP8 ", b"VP8L"}:
        raise Unclean(f"chunk {chunk!r}")
    if len(data) != 20 + size + size % 2 or int.from_bytes(data[4:8], "little") != len(data) - 8:
        raise Unclean("the picture does not fill the file")


def _check_jpeg(data: bytes) -> None:
    if data[:2] != b"\xff\xd8":
        raise Unclean("no SOI")
    at = 2
    while data[at : at + 2] != b"\xff\xd9":
        marker = data[at : at + 2]
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        jfif = marker == _APP0 and length == _JFIF_LENGTH and data[at + 4 : at + 9] == b"JFIF\x00"
        if marker not in _PICTURE and not jfif:
            raise Unclean(f"segment {marker!r} at {at}")
        at += 2 + length
        if marker == _SCAN:
            at = _end_of_scan(data, at)
    if at + 2 != len(data):
        raise Unclean("bytes behind the end of the picture")


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed zero nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0:
        following = data[at + 1 : at + 2]
        if following and following != b"\x00" and not b"\xd0" <= following <= b"\xd7":
            return at
        at += 2
    raise Unclean("no end of scan")
