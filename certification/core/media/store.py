"""Where files are kept: by the SHA-256 of their content, in folders of the server's own disk.

The folder store is written by hand and not over an object-store library, because what it promises (file and folder
on the disk before it answers, an atomic name, nothing half written after a crash) are five system calls that such
libraries do not all make. A store over S3 is a later adapter under the same `Store`.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1024 * 1024
_TEMPORARY = ".new-"
OPEN_FOLDER = 0o755


class NoSuchFile(LookupError):  # noqa: N818 - named for the fact
    """The store holds nothing under this digest, or it is no digest at all."""


class Store(Protocol):
    """Keeps content under its digest: 64 lowercase hexadecimal digits of SHA-256 (FIPS 180-4)."""

    def put(self, content: bytes | Path) -> str:
        """Keep the content durably and return its digest; keeping the same again changes nothing."""

    def open(self, digest: str) -> BinaryIO:
        """The content, for reading. Raises NoSuchFile."""

    def path(self, digest: str) -> Path | None:
        """Where it lies on this machine, or None when it does not. Raises NoSuchFile."""

    def delete(self, digest: str) -> None:
        """Forget the content; forgetting what is not there is no failure."""

    def exists(self, digest: str) -> bool:
        """Whether the store holds it."""


class Folder:
    """A Store in one folder, fanned out by the digest's first two bytes: `ab/cd/abcd…`.

    It is made when something is first kept: to look into what is not there leaves nothing behind. A reader sees a file whole
    or not at all. After a crash only temporary names can be left, which `sweep` removes.
    """

    def __init__(self, root: Path, *, private: bool = True) -> None:
        self.root = root
        self._folder_mode, self._file_mode = (0o700, 0o600) if private else (OPEN_FOLDER, 0o644)

    def put(self, content: bytes | Path) -> str:
        """See Store. Raises OSError when the disk is full or broken; then nothing is left behind."""
        digest = _digest(content)
        final = self._place(digest)
        self._make_folder(final.parent)
        try:
            # Young again, so that a sweep for content without an owner does not take it before its row is written.
            os.utime(final)
        except FileNotFoundError:
            self._write(content, digest, final)
        # Also when another writer was first: it may have died between naming the file and this.
        _sync_folder(final.parent)
        return digest

    def open(self, digest: str) -> BinaryIO:
        """See Store."""
        try:
            return self._place(digest).open("rb")
        except FileNotFoundError as missing:
            raise NoSuchFile(digest) from missing

    def path(self, digest: str) -> Path:
        """See Store."""
        place = self._place(digest)
        if not place.is_file():
            raise NoSuchFile(digest)
        return place

    def delete(self, digest: str) -> None:
        """See Store. On the disk when it returns."""
        place = self._place(digest)
        if place.parent.is_dir():
            place.unlink(missing_ok=True)
            _sync_folder(place.parent)

    def exists(self, digest: str) -> bool:
        """See Store. What is no digest is not there."""
        return _DIGEST.fullmatch(digest) is not None and self._place(digest).is_file()

    def sweep(self, *, at: datetime, older_than: timedelta) -> int:
        """Remove what writers that died left behind before `at - older_than`; returns how many files."""
        before = (at - older_than).timestamp()
        swept = 0
        for left in self.root.glob(f"*/*/{_TEMPORARY}*"):
            if left.stat().st_mtime < before:
                left.unlink(missing_ok=True)
                swept += 1
        return swept

    def digests(self) -> Iterator[str]:
        """Every digest that is kept, in no order; for fsck and backup."""
        return (found.name for found in self.root.glob("*/*/*") if _DIGEST.fullmatch(found.name))

    def _place(self, digest: str) -> Path:
        if _DIGEST.fullmatch(digest) is None:
            raise NoSuchFile(digest)
        return self.root / digest[:2] / digest[2:4] / digest

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        inside = folder.is_relative_to(self.root)  # what lies above is not this store's to close
        folder.mkdir(mode=self._folder_mode if inside else OPEN_FOLDER, exist_ok=True)
        _sync_folder(folder.parent)

    def _write(self, content: bytes | Path, digest: str, final: Path) -> None:
        descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=final.parent)
        temporary = Path(name)
        try:
            written = hashlib.sha256()
            with open(descriptor, "wb") as target:  # noqa: PTH123 - a descriptor, not a path
                for chunk in _chunks(content):
                    written.update(chunk)
                    target.write(chunk)
                target.flush()
                os.fchmod(target.fileno(), self._file_mode)
                os.fsync(target.fileno())
            _check_same(written.hexdigest(), digest)
            temporary.replace(final)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


class Shelves(NamedTuple):
    """The two stores. What is private never shares a folder with what a front server may hand out."""

    public: Folder
    private: Folder


def shelves(root: Path) -> Shelves:
    """Those in `root/public` and `root/private`."""
    return Shelves(Folder(root / "public", private=False), Folder(root / "private"))


def _digest(content: bytes | Path) -> str:
    summed = hashlib.sha256()
    for chunk in _chunks(content):
        summed.update(chunk)
    return summed.hexdigest()


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def _check_same(written: str, digest: str) -> None:
    if written != digest:
        raise OSError(f"the content changed while it was being kept: {digest} became {written}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
