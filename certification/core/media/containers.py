"""Sound and video files: whether the container is what its beginning says, whole, and alone in the file.

Nothing is decoded. Places recorded by the telephone are blanked where the format keeps them apart (MP4, QuickTime).
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from certification.core.media.refusals import BadDocument
from certification.core.media.sniff import starts_mp3_frame

_LISTS = {b"moov", b"trak", b"mdia"}
# User data and metadata: Apple's and Android's location atoms, XMP, free space that may hide the old ones.
_PRIVATE = {b"udta", b"meta", b"uuid", b"free", b"skip"}
# By version bits (ISO/IEC 11172-3 §2.4.2.3 and 13818-3): 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5, 1 is reserved.
_MP3_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_KBITS = {3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), 2: _MP3_LOW, 0: _MP3_LOW}
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MP3_FACTOR = {3: 144, 2: 72, 0: 72}
_MP3_HEADER = 4
_OGG_HEADER = 27
_SCAN = 65536
_HEADER = 8
_BLOCK = 1024 * 1024


def clean_mp4(file: BinaryIO, size: int) -> str:
    """Check that boxes (ISO/IEC 14496-12 §4.2) fill the file exactly, blank user data, and say "video" or "audio".

    `file` is changed in place where it held metadata; offsets stay, so that it plays as before. Location that runs as
    a track of its own, as action cameras record it, stays. Raises BadDocument.
    """
    handlers: set[bytes] = set()
    seen: set[bytes] = set()
    for name, start, end in list(_boxes(file, 0, size, handlers)):
        seen.add(name)
        if name in _PRIVATE:
            _blank(file, start, end)
    if not {b"moov", b"mdat"} <= seen and b"moof" not in seen:
        raise BadDocument("truncated")
    if b"vide" in handlers:
        return "video"
    if b"soun" in handlers:
        return "audio"
    raise BadDocument("damaged")


def _boxes(file: BinaryIO, start: int, end: int, handlers: set[bytes], depth: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Every box as (type, where its header starts, where it ends), outermost first; handler types go to `handlers`."""
    at = start
    while at < end:
        file.seek(at)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0 and depth == 0:
            length = end - at
        if length < _HEADER or not re.fullmatch(rb"[ -~\xa9]{4}", name):
            raise BadDocument("damaged" if at == start or depth else "two_in_one")
        if at + length > end:
            raise BadDocument("damaged" if depth else "truncated")
        yield name, at, at + length
        if name == b"hdlr" and depth:
            file.seek(at + 16)
            handlers.add(file.read(4))
        if name in _LISTS:
            yield from _boxes(file, at + _HEADER, at + length, handlers, depth + 1)
        at += length


def _blank(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start + 4)
    file.write(b"free")
    file.seek(start)
    body = start + (16 if int.from_bytes(file.read(4), "big") == 1 else _HEADER)
    file.seek(body)
    while body < end:
        zeros = min(_BLOCK, end - body)
        file.write(bytes(zeros))
        body += zeros


def check_mp3(file: BinaryIO) -> None:
    """Two MPEG audio layer III frames in a row (ISO/IEC 11172-3 §2.4.1.3) behind an optional ID3v2 tag."""
    file.seek(0)
    head = file.read(10)
    at = 0
    if head[:3] == b"ID3":
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    for _ in range(2):
        file.seek(at)
        length = _mp3_frame_length(file.read(4))
        if length is None:
            raise BadDocument("damaged")
        at += length


def _mp3_frame_length(header: bytes) -> int | None:
    """Bytes from this frame to the next; None when no frame of known bit rate begins here."""
    if len(header) < _MP3_HEADER or not starts_mp3_frame(header):
        return None
    version, rate_index, sampling = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version not in _MP3_KBITS or sampling >= len(_MP3_RATES[version]):
        return None
    if not 0 < rate_index < len(_MP3_KBITS[version]):
        return None
    kbits, hertz = _MP3_KBITS[version][rate_index], _MP3_RATES[version][sampling]
    return _MP3_FACTOR[version] * kbits * 1000 // hertz + (header[2] >> 1 & 1)


def check_ogg(file: BinaryIO) -> None:
    """A first page (RFC 3533 §6) that begins an Opus, Vorbis or Speex stream."""
    file.seek(0)
    head = file.read(512)
    if len(head) <= _OGG_HEADER or head[4] != 0 or not head[5] & 2:
        raise BadDocument("damaged")
    if not head[_OGG_HEADER + head[26] :].startswith((b"OpusHead", b"\x01vorbis", b"Speex   ")):
        raise BadDocument("not_a_document")


def check_wav(file: BinaryIO, size: int) -> None:
    """A RIFF form that fills the file, with a format chunk near its beginning."""
    file.seek(0)
    head = file.read(_SCAN)
    stated = int.from_bytes(head[4:8], "little") + 8
    if b"fmt " not in head:
        raise BadDocument("damaged")
    if stated > size:
        raise BadDocument("truncated")
    if stated + stated % 2 < size:
        raise BadDocument("two_in_one")


def check_webm(file: BinaryIO) -> str:
    """An EBML header (RFC 8794 §11.2) of type "webm" and a codec that WebM allows; says "video" or "audio"."""
    file.seek(0)
    head = file.read(_SCAN)
    if b"\x42\x82\x84webm" not in head[:128]:
        raise BadDocument("not_a_document")
    if re.search(rb"V_(?:VP8|VP9|AV1)", head):
        return "video"
    if re.search(rb"A_(?:OPUS|VORBIS)", head):
        return "audio"
    raise BadDocument("damaged")


def holds_zip(file: BinaryIO, size: int) -> bool:
    """Whether the file ends as a ZIP archive does, whatever it begins with (APPNOTE 4.3.16)."""
    start = max(0, size - _SCAN - 22)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        if at + 22 + comment == len(tail):
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False
