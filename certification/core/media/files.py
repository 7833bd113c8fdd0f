"""Uploads on their way into the database and out to a page.

``prepare_…`` outside of any unit of work, ``keep`` inside of it: pictures are made before the write lock is taken.
A crash between the two leaves content that no row names; :func:`sweep` removes it later.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from flask import Flask, Response, abort, current_app, send_file
from sqlalchemy import select

from certification.core.db import db, writing
from certification.core.media.documents import PICTURES, Kind, accept
from certification.core.media.images import Rendered, render
from certification.core.media.limits import EVIDENCE, MIB, PUBLIC, Limits
from certification.core.media.models import FileKind, StoredFile
from certification.core.media.refusals import BadDocument, BadImage
from certification.core.media.sniff import HEAD_BYTES, sniff
from certification.core.media.store import NoSuchFile, Shelves, shelves

FOREVER = "public, max-age=31536000, immutable"
ENDINGS = {"webp": "image/webp", "jpg": "image/jpeg"}
ORPHANS_AFTER = timedelta(days=1)
KINDS = {Kind.PDF: FileKind.DOCUMENT, Kind.AUDIO: FileKind.AUDIO, Kind.VIDEO: FileKind.VIDEO, Kind.TEXT: FileKind.TEXT}
PAPERS = PICTURES | {"pdf"}
SANDBOX = "default-src 'none'; sandbox"


@dataclass(frozen=True)
class Prepared:
    """Content that lies in the store already, waiting for its row."""

    kind: FileKind
    private: bool
    digest: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None
    renditions: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Photo:
    """What a template needs to draw a photograph; ``srcset`` is the JPEGs', ``webp`` the WebPs'."""

    src: str
    srcset: str
    webp: str
    full: str
    width: int
    height: int
    alt: str
    illustration: bool


def prepare_photo(stream: IO[bytes], *, private: bool = False) -> Prepared:
    """Make the pictures of an upload and store them.

    Raises:
        BadImage: with a sentence; nothing is left behind then.

    """
    most = int(current_app.config["SETTINGS"]["UPLOAD_MB"]) * MIB
    data = _read(stream, most, BadImage)
    made = render(data, limits=Limits(file_bytes=most), profile=EVIDENCE if private else PUBLIC)
    return _shelve(made, private=private)


def prepare_document(stream: IO[bytes]) -> Prepared:
    """Look at a document, sound note, video or photograph given as evidence and store it, always in private.

    Raises:
        BadImage, BadDocument: with a sentence; nothing is left behind then.

    """
    most = int(current_app.config["SETTINGS"]["DOCUMENT_MB"]) * MIB
    data = _read(stream, most, BadDocument)
    found = accept(data, caps=dict.fromkeys(Kind, most), limits=Limits(file_bytes=most))
    if found.pictures is not None:
        return _shelve(found.pictures, private=True)
    digest = _shelves().private.put(found.content)
    size = _size(found.content)
    return Prepared(kind=KINDS[found.kind], private=True, digest=digest, content_type=found.content_type, size=size)


def prepare_paper(stream: IO[bytes]) -> Prepared:
    """The same where only a photograph or a PDF shows what is asked: whatever its name says, a text or a sound is refused.

    Raises:
        BadImage, BadDocument: with a sentence; nothing is left behind then.

    """
    head = stream.read(HEAD_BYTES)
    if head and sniff(head) not in PAPERS:
        raise BadDocument("not_a_paper")
    stream.seek(0)
    return prepare_document(stream)


def keep(prepared: Prepared, *, name: str, by: Any, at: datetime, illustration: bool = False) -> StoredFile:
    """Write the row, in the unit of work under way. ``name`` is what its owner called it; it is shown, never trusted."""
    row = StoredFile(
        kind=prepared.kind,
        private=prepared.private,
        digest=prepared.digest,
        content_type=prepared.content_type,
        size=prepared.size,
        width=prepared.width,
        height=prepared.height,
        renditions=prepared.renditions,
        name=name[:200],
        illustration=illustration,
        by_id=by.id if by else None,
        made_at=at,
    )
    session = writing()
    session.add(row)
    session.flush()
    return row


def photo(file: StoredFile, alt: str = "") -> Photo:
    """A public photograph as a template draws it; the middle size is the plain ``src``."""
    sizes = file.renditions
    middle = sizes[min(1, len(sizes) - 1)]
    return Photo(
        src=address(middle["jpeg"], "jpg"),
        srcset=", ".join(f"{address(one['jpeg'], 'jpg')} {one['width']}w" for one in sizes),
        webp=", ".join(f"{address(one['webp'], 'webp')} {one['width']}w" for one in sizes),
        full=address(sizes[-1]["jpeg"], "jpg"),
        width=middle["width"],
        height=middle["height"],
        alt=alt,
        illustration=file.illustration,
    )


def address(digest: str, ending: str) -> str:
    """Where public content is served, for ever. ``ending`` is webp or jpg."""
    return f"/media/{digest}.{ending}"


def send_private(file: StoredFile, *, attachment: bool, thumbnail: bool = False) -> Response:
    """Stream a private file to whom the caller has let pass; documents only ever as attachments."""
    digest = file.renditions[0]["jpeg"] if thumbnail and file.renditions else file.digest
    response = send_file(
        _path(digest, private=file.private), mimetype=file.content_type, as_attachment=attachment, download_name=file.name or None
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def sweep(*, at: datetime) -> int:
    """Remove content that no row names and half-written files, both older than a day; returns how many."""
    swept = 0
    for shelf, private in ((_shelves().public, False), (_shelves().private, True)):
        named = set(_named_digests(private=private))
        swept += shelf.sweep(at=at, older_than=ORPHANS_AFTER)
        for digest in list(shelf.digests()):
            old = shelf.path(digest).stat().st_mtime < (at - ORPHANS_AFTER).timestamp()
            if old and digest not in named:
                shelf.delete(digest)
                swept += 1
    return swept


def _named_digests(*, private: bool) -> Iterator[str]:
    """What rows name on one shelf: the same picture may be evidence here and public there, and goes from each by itself."""
    rows = select(StoredFile.digest, StoredFile.renditions).where(StoredFile.private.is_(private))
    for digest, renditions in db.session.execute(rows):
        yield digest
        for one in renditions:
            yield from (one[kind] for kind in ("webp", "jpeg") if kind in one)


def _read(stream: IO[bytes], most: int, refusal: type[BadImage] | type[BadDocument]) -> bytes:
    data = stream.read(most + 1)
    if len(data) > most:
        raise refusal("too_large_file", megabytes=most // MIB)
    return data


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _shelve(made: Rendered, *, private: bool) -> Prepared:
    shelf = _shelves().private if private else _shelves().public
    sizes: dict[tuple[int, int], dict[str, Any]] = {}
    for one in made.pictures:
        row = sizes.setdefault((one.width, one.height), {"width": one.width, "height": one.height})
        row[one.format] = shelf.put(one.data)
    ordered = [sizes[key] for key in sorted(sizes)]
    largest = next(one for one in made.pictures if one.format == "jpeg")
    return Prepared(
        FileKind.PHOTO,
        private,
        ordered[-1].get("jpeg") or next(row["jpeg"] for row in reversed(ordered) if "jpeg" in row),
        "image/jpeg",
        len(largest.data),
        largest.width,
        largest.height,
        ordered,
    )


def _shelves() -> Shelves:
    found: Shelves = current_app.extensions["shelves"]
    return found


def _path(digest: str, *, private: bool) -> Path:
    shelf = _shelves().private if private else _shelves().public
    try:
        return shelf.path(digest)
    except NoSuchFile:
        abort(404)


def _serve(digest: str, ending: str) -> Response:
    if ending not in ENDINGS:
        abort(404)
    response = send_file(_path(digest, private=False), mimetype=ENDINGS[ending], etag=digest)
    response.headers["Cache-Control"] = FOREVER
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # so that a shared link may show its picture
    return response


def init_app(app: Flask) -> None:
    app.extensions["shelves"] = shelves(app.config["SETTINGS"].data / "media")
    app.add_url_rule("/media/<digest>.<ending>", "media", _serve)
