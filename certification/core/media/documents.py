"""Evidence that is not only a photograph: what a file is, decided from its bytes, and whether we take it.

The name and the type that a browser announces are never asked. What is kept is served as an attachment only.
"""

import io
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

from certification.core.media import containers
from certification.core.media.images import Rendered, render
from certification.core.media.limits import EVIDENCE, MIB, Limits
from certification.core.media.refusals import BadDocument
from certification.core.media.sniff import HEAD_BYTES, sniff

_TAIL = 2048
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|iframe|\?php)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class Kind(StrEnum):
    """What evidence a document is; the unit of size limits."""

    IMAGE = "image"
    PDF = "pdf"
    AUDIO = "audio"
    VIDEO = "video"
    TEXT = "text"


DEFAULT_CAPS: Mapping[Kind, int] = {
    Kind.PDF: 15 * MIB,
    Kind.AUDIO: 25 * MIB,
    Kind.VIDEO: 60 * MIB,
    Kind.TEXT: MIB,
}
"""Most bytes of each kind. Images have `Limits.file_bytes`."""


class Document(NamedTuple):
    """Evidence that may be kept.

    `content` is what to keep: bytes of our own making (images, text), or what was given, checked. `suffix` is for
    the name under which it is handed out. `pictures` are the evidence profile's files when it is an image.
    """

    kind: Kind
    content_type: str
    suffix: str
    content: bytes | Path
    pictures: Rendered | None = None


def accept(source: Path | bytes, *, caps: Mapping[Kind, int] = DEFAULT_CAPS, limits: Limits | None = None) -> Document:
    """Decide from its bytes what `source` is and whether it may be evidence.

    A path must be the upload's own temporary file: in an MP4, recorded places are blanked in it. Raises BadImage or
    BadDocument with a sentence; RuntimeError when the image process cannot be started.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size == 0:
        raise BadDocument("empty")
    with _opened(source) as file:
        found = sniff(file.read(HEAD_BYTES))
        if found in PICTURES:
            return _image(source, limits)
        if found in _REFUSED:
            raise BadDocument(_REFUSED[found])
        read = _READERS.get(found, _text)(file, size, caps)
        if containers.holds_zip(file, size):
            raise BadDocument("two_in_one")
        given = file.getvalue() if isinstance(file, io.BytesIO) else source
        return Document(read.kind, read.content_type, read.suffix, read.content or given)


PICTURES = {"jpeg", "png", "webp", "heic", "avif", "gif", "bmp", "tiff"}
_REFUSED = {
    "markup": "web_page",
    "zip": "archive",
    "archive": "archive",
    "program": "archive",
    "avi": "not_a_document",
    "amr": "not_a_document",
}


class _Read(NamedTuple):
    """What a reader found; `content` only when it is not what was given."""

    kind: Kind
    content_type: str
    suffix: str
    content: bytes | None = None


def _opened(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("r+b")


def _image(source: Path | bytes, limits: Limits | None) -> Document:
    pictures = render(source, limits=limits, profile=EVIDENCE)
    return Document(Kind.IMAGE, "image/jpeg", ".jpg", pictures.pictures[0].data, pictures)


def _check_size(size: int, kind: Kind, caps: Mapping[Kind, int]) -> None:
    if size > caps[kind]:
        raise BadDocument("too_large_file", megabytes=max(1, caps[kind] // MIB))


def _pdf(file: BinaryIO, size: int, caps: Mapping[Kind, int]) -> _Read:
    """ISO 32000-2 §7.5: header at the very beginning, end-of-file marker at the very end, no action and no attachment.

    Actions inside compressed object streams are not looked for: that is why documents are attachments.
    """
    _check_size(size, Kind.PDF, caps)
    file.seek(0)
    data = file.read()
    if not re.match(rb"%PDF-[12]\.[0-9]", data):
        raise BadDocument("damaged")
    tail = data[-_TAIL:]
    end = tail.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in tail[:end]:
        raise BadDocument("truncated")
    if tail[end + 5 :].strip(b"\x00\t\r\n ") or _MARKUP.search(data[:1024]):
        raise BadDocument("two_in_one")
    if _ACTIVE.search(data):
        raise BadDocument("active_pdf")
    return _Read(Kind.PDF, "application/pdf", ".pdf")


def _names(*names: bytes) -> re.Pattern[bytes]:
    """PDF names, any letter of which may be written as its number (ISO 32000-2 §7.3.5)."""
    spelt = [b"".join(b"(?:%c|#(?i:%02x))" % (letter, letter) for letter in name) for name in names]
    return re.compile(b"/(?:" + b"|".join(spelt) + b")(?![A-Za-z])")


_ACTIVE = _names(b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia")


def _iso(file: BinaryIO, size: int, caps: Mapping[Kind, int]) -> _Read:
    _check_size(size, Kind.VIDEO, caps)
    file.seek(8)
    quicktime = file.read(4) == b"qt  "
    kind = Kind(containers.clean_mp4(file, size))
    _check_size(size, kind, caps)
    if kind is Kind.AUDIO:
        return _Read(kind, "audio/mp4", ".m4a")
    return _Read(kind, *(("video/quicktime", ".mov") if quicktime else ("video/mp4", ".mp4")))


def _mp3(file: BinaryIO, size: int, caps: Mapping[Kind, int]) -> _Read:
    _check_size(size, Kind.AUDIO, caps)
    containers.check_mp3(file)
    return _Read(Kind.AUDIO, "audio/mpeg", ".mp3")


def _ogg(file: BinaryIO, size: int, caps: Mapping[Kind, int]) -> _Read:
    _check_size(size, Kind.AUDIO, caps)
    containers.check_ogg(file)
    return _Read(Kind.AUDIO, "audio/ogg", ".ogg")


def _wav(file: BinaryIO, size: int, caps: Mapping[Kind, int]) -> _Read:
    _check_size(size, Kind.AUDIO, caps)
    containers.check_wav(file, size)
    return _Read(Kind.AUDIO, "audio/wav", ".wav")


def _webm(file: BinaryIO, size: int, caps: Mapping[Kind, int]) -> _Read:
    kind = Kind(containers.check_webm(file))
    _check_size(size, kind, caps)
    return _Read(kind, f"{kind}/webm", ".webm")


def _text(file: BinaryIO, size: int, caps: Mapping[Kind, int]) -> _Read:
    """UTF-8, or what older Windows editors write; kept as UTF-8."""
    file.seek(0)
    if b"\x00" in file.read(HEAD_BYTES):
        raise BadDocument("not_a_document")
    _check_size(size, Kind.TEXT, caps)
    file.seek(0)
    data = file.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as binary:
            raise BadDocument("not_a_document") from binary
    if _CONTROL.search(text):
        raise BadDocument("not_a_document")
    if _MARKUP.search(data):
        raise BadDocument("web_page")
    return _Read(Kind.TEXT, "text/plain; charset=utf-8", ".txt", text.encode())


_READERS: dict[str, Callable[[BinaryIO, int, Mapping[Kind, int]], _Read]] = {
    "pdf": _pdf,
    "mp4": _iso,
    "m4a": _iso,
    "mp3": _mp3,
    "ogg": _ogg,
    "wav": _wav,
    "matroska": _webm,
}
