"""The outermost WSGI layer: texts of a kilobyte and more go out as gzip (RFC 1952) to whoever accepts it (RFC 9110 §12.5.3).

So does whatever else says that it varies by ``Accept-Encoding``. Left as they are: pictures and other files, whatever is
sent for saving (evidence above all), streams and answers to HEAD.
A page that is one person's own gets up to :data:`PADDING` random bytes in the gzip header, so that its length tells
nothing about a secret that stands beside repeated input (BREACH). What is the same for everybody is compressed once
and kept while it lives.
"""

import secrets
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from threading import Lock
from typing import Any

from flask import Flask

Headers = list[tuple[str, str]]
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Key = tuple[str, str, str, int]

LEAST, MOST = 1024, 2_000_000
KINDS = (
    "text/",
    "application/json",
    "application/ld+json",
    "application/geo+json",
    "application/vc",
    "application/did",
    "application/atom+xml",
    "application/manifest+json",
    "image/svg+xml",
)
PADDING = 100
ONCE_LEVEL, EACH_LEVEL = 9, 4
KEPT_BYTES = 4_000_000


class Compress:
    """Wraps a WSGI application; safe to share between threads."""

    def __init__(self, inner: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self._inner = inner
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        begun: list[Any] = []

        def hold(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            begun[:] = [status, headers, exc_info]
            return _never_written

        body = self._inner(environ, hold)
        if not begun:
            raise RuntimeError("the application answered without a status")
        status, headers, exc_info = begun
        found = {name.lower(): value for name, value in headers}
        accepted = "HTTP_ACCEPT_ENCODING" in environ and _accepts(environ["HTTP_ACCEPT_ENCODING"])
        if not _is_text(found):
            same = accepted and "etag" in found and status.startswith("304")
            start(status, _encoded(_varying(headers, found), None) if same else headers, exc_info)
            return body
        headers = _varying(headers, found)
        if not (accepted and status.startswith("200") and environ["REQUEST_METHOD"] == "GET" and _worth_it(found)):
            start(status, headers, exc_info)
            return body
        packed = self._packed(environ, found, _joined(body))
        start(status, _encoded(headers, len(packed)), exc_info)
        return [packed]

    def _packed(self, environ: Environ, found: dict[str, str], plain: bytes) -> bytes:
        control = found.get("cache-control", "")
        if "private" in control or "no-store" in control:
            return gzip(plain, EACH_LEVEL, secrets.randbelow(PADDING + 1))
        mark = "immutable" if "immutable" in control else found.get("etag")
        if mark is None:
            return gzip(plain, EACH_LEVEL)
        key = (environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), mark, zlib.crc32(plain))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        packed = gzip(plain, ONCE_LEVEL if mark == "immutable" else EACH_LEVEL)
        self._keep(key, packed)
        return packed

    def _keep(self, key: Key, packed: bytes) -> None:
        with self._lock:
            self._size += len(packed) - len(self._kept.pop(key, b""))
            self._kept[key] = packed
            while self._size > KEPT_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1])


def gzip(plain: bytes, level: int, padding: int = 0) -> bytes:
    """One gzip member; ``padding`` letters of a file name (RFC 1952 §2.3.1) make it longer and nothing else."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    flags, name = (0x08, b"a" * padding + b"\0") if padding else (0, b"")
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff" + name
    return head + packer.compress(plain) + packer.flush() + struct.pack("<II", zlib.crc32(plain), len(plain) & 0xFFFFFFFF)


@lru_cache(maxsize=256)
def _accepts(offer: str) -> bool:
    """Whether gzip, or anything, is accepted with a weight above zero."""
    offered = {}
    for part in offer.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        offered[name] = weight
    chosen = offered.get("gzip", offered.get("*", "0"))
    return not chosen or bool(chosen.strip("0."))


def _is_text(found: dict[str, str]) -> bool:
    """A text, or what asks to be packed, that is shown, not saved: evidence and downloads name a disposition or a sandbox."""
    asked = "accept-encoding" in found.get("vary", "").lower()
    if not (asked or found.get("content-type", "").startswith(KINDS)):
        return False
    if "content-encoding" in found or "content-disposition" in found:
        return False
    return "sandbox" not in found.get("content-security-policy", "")


def _worth_it(found: dict[str, str]) -> bool:
    """Long enough, and of a length known before: a stream has none."""
    length = found.get("content-length", "")
    return length.isdigit() and LEAST <= int(length) <= MOST


def _varying(headers: Headers, found: dict[str, str]) -> Headers:
    if "vary" not in found:
        return [*headers, ("Vary", "Accept-Encoding")]
    names = [part.strip() for name, value in headers if name.lower() == "vary" for part in value.split(",")]
    if "accept-encoding" in map(str.lower, names) or "*" in names:
        return headers
    return [
        *((name, value) for name, value in headers if name.lower() != "vary"),
        ("Vary", ", ".join([*names, "Accept-Encoding"])),
    ]


def _encoded(headers: Headers, length: int | None) -> Headers:
    """The headers of the packed text, or of the 304 that stands for it (RFC 9110 §15.4.5).

    Bytes differ with the coding, so the mark may only promise the same meaning (§8.8.1); weak compares the same.
    """
    kept = [(name, _weak(value) if name.lower() == "etag" else value) for name, value in headers]
    if length is None:
        return kept
    kept = [pair for pair in kept if pair[0].lower() != "content-length"]
    return [*kept, ("Content-Encoding", "gzip"), ("Content-Length", str(length))]


def _weak(mark: str) -> str:
    return mark if mark.startswith("W/") else f"W/{mark}"


def _joined(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()


def _never_written(_chunk: bytes) -> None:
    raise RuntimeError("this server takes a body only as it is returned")


def init_app(app: Flask) -> None:
    """Put the layer around everything else; call last."""
    app.wsgi_app = Compress(app.wsgi_app)  # type: ignore[method-assign,assignment]  # Flask documents this assignment
