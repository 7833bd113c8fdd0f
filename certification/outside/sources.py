"""Where published things are read from: a registry's site, or a folder that holds the same addresses as files."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISREG
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from certification.outside.layout import HEAD, HEAD_CALL, PACK_CALL, certificate_path, pack_of, unwrapped
from certification.rules.errors import CannotCheck, InvalidInput, NotFound
from certification.rules.text import N_

MOST_BYTES = 32 * 2**20
SECONDS = 20.0
LONGEST_SECONDS = 120.0  # for one answer, however slowly it drips
PIECE = 2**16
UNCHANGING = ("/log/tile/", "/register.")
AGENT = "tianguis"
SCHEMES = ("http", "https")


class Source(Protocol):
    """Reads what a registry publishes, by the path below its address (``/log/checkpoint``)."""

    def get(self, path: str, accept: str = "*/*") -> bytes:
        """The bytes at a path.

        Raises:
            NotFound: there is nothing at it.
            CannotCheck: nothing could be read (``unreachable``), or more than anybody publishes (``too_large``).

        """
        ...


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where it stays on the web."""

    def redirect_request(  # noqa: PLR0913 - the library's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: object, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in SCHEMES:
            raise CannotCheck("unreachable")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]  # headers come as they are


class _SameSite(_WebOnly):
    """Follows a redirect only where it stays at the address that was asked."""

    def __init__(self, address: str) -> None:
        self.address = address

    def redirect_request(  # noqa: PLR0913 - the library's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: object, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith(f"{self.address}/"):
            raise CannotCheck("other_host")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@dataclass(frozen=True, slots=True)
class Site:
    """A registry at its address, ``https://host`` without a path; with ``stays``, one that leads nobody elsewhere.

    Raises InvalidInput (``bad_address``) for anything else.
    """

    address: str
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES
    stays: bool = False
    _opener: urllib.request.OpenerDirector = field(default_factory=lambda: urllib.request.build_opener(_WebOnly))

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in SCHEMES or not parts.netloc:
            raise InvalidInput("bad_address", N_("Escriba la dirección completa del registro, como https://ejemplo.mx"))
        site = f"{parts.scheme}://{parts.netloc}"
        if parts.path.strip("/") or parts.query or parts.fragment:
            sentence = N_("Escriba solo la dirección del registro, sin lo que va después: %(address)s")
            raise InvalidInput("bad_address", sentence, address=site)
        object.__setattr__(self, "address", site)
        if self.stays:
            object.__setattr__(self, "_opener", urllib.request.build_opener(_SameSite(self.address)))

    def get(self, path: str, accept: str = "*/*") -> bytes:
        """As :class:`Source`."""
        return self.ask(urllib.request.Request(self.address + path, headers=_headers(accept)))  # noqa: S310 - checked above

    def post(self, path: str, body: bytes, kind: str = "application/octet-stream") -> bytes:
        """What the site answers to `body`. Raises as :meth:`get`."""
        headers = _headers("*/*") | {"Content-Type": kind}
        return self.ask(urllib.request.Request(self.address + path, data=body, headers=headers))  # noqa: S310 - checked above

    def ask(self, request: urllib.request.Request) -> bytes:
        """The body of the answer to a request of this site."""
        try:
            with self._opener.open(request, timeout=self.seconds) as answer:
                content = self._read(answer)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (404, 410):
                raise NotFound from error
            raise CannotCheck("unreachable", status=error.code) from error
        except (OSError, HTTPException, ValueError) as error:
            raise CannotCheck("unreachable") from error
        if len(content) > self.most_bytes:
            raise CannotCheck("too_large")
        return content

    def _read(self, answer: Any) -> bytes:
        content, ends = bytearray(), time.monotonic() + LONGEST_SECONDS
        while len(content) <= self.most_bytes and (piece := answer.read1(PIECE)):
            content += piece
            if time.monotonic() > ends:
                raise CannotCheck("unreachable")
        return bytes(content)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files stand at the published paths: a mirror, or an export with its packs (see ``layout``)."""

    root: Path
    _kept: dict[str, tuple[tuple[int, int], dict[str, Any]]] = field(default_factory=dict, repr=False, compare=False)

    def get(self, path: str, accept: str = "*/*") -> bytes:
        """As :class:`Source`. A path that leads out of the folder is nothing in it."""
        head = self.head()
        if head is None:
            return self.file(path)
        forms = _mapping(head, "documents").get(path)
        if isinstance(forms, dict):
            return _form(forms, accept)
        found = certificate_path(path)
        if found:
            return self._of_certificate(*found, accept, head)
        if path.startswith(UNCHANGING):
            return self.file(path)
        raise NotFound  # what changes counts only in the head: a copy beside it may be of another moment

    def head(self) -> dict[str, Any] | None:
        """What an export says of itself and holds in one piece; None for a plain mirror. Raises CannotCheck, InvalidInput."""
        try:
            return self._script(HEAD, HEAD_CALL)
        except NotFound:
            return None

    def file(self, path: str) -> bytes:
        """The bytes of a file as it lies there. Raises as :meth:`get`."""
        parts = PurePosixPath(path.lstrip("/")).parts
        if not parts or ".." in parts:
            raise NotFound
        try:
            file = self.root.joinpath(*parts)
            found = file.stat()
            if found.st_size > MOST_BYTES:
                raise CannotCheck("too_large")
            if not S_ISREG(found.st_mode) and not S_ISDIR(found.st_mode):
                raise CannotCheck("unreachable")  # a device or a pipe that somebody put there has no end
            return file.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFound from error
        except (OSError, ValueError) as error:
            raise CannotCheck("unreachable") from error

    def opened(self, path: str) -> IO[bytes]:
        """A file that is too large to be read at once; whoever asks closes it. Raises as :meth:`get`."""
        file = self.root / path
        try:
            if file.exists() and not file.is_file():
                raise CannotCheck("unreachable")
            return file.open("rb")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound from error
        except (OSError, ValueError) as error:
            raise CannotCheck("unreachable") from error

    def below(self, path: str) -> Iterator[str]:
        """The paths of all files below a folder; hidden ones, which a stopped run left, are none. Raises CannotCheck."""
        for folder, _folders, names in os.walk(self.root / path, onerror=_unless_gone):
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(folder, name).relative_to(self.root).as_posix()

    def has(self, path: str) -> bool:
        """Whether anything lies there. What can't be looked at counts as there, so that whoever reads it is told why."""
        try:
            self.root.joinpath(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return True

    def _script(self, name: str, call: str) -> dict[str, Any]:
        """The newest content of a script; one pack and the head are kept while they lie there unchanged."""
        content = self.file(name)
        stamp, kind = (len(content), hash(content)), call
        kept = self._kept.get(kind)
        if kept is None or kept[0] != stamp:
            kept = self._kept[kind] = (stamp, unwrapped(call, content))
        return kept[1]

    def _of_certificate(self, code: str, rest: str, accept: str, head: dict[str, Any]) -> bytes:
        one = _mapping(self._script(pack_of(code), PACK_CALL), "certificates").get(code)
        if not isinstance(one, dict):
            raise NotFound
        if rest == "proof":
            return json.dumps({"code": code, "entries": one.get("entries"), "others": head.get("others")}).encode()
        if not rest and "application/json" in accept:
            return json.dumps(one.get("record"), ensure_ascii=False).encode()
        forms = _mapping(one, "versions")
        newest = max((number for number in forms if number.isdecimal()), key=int, default="")
        chosen = forms.get(rest.removeprefix("versions/") if rest else newest)
        if not isinstance(chosen, dict):
            raise NotFound
        return _form(chosen, accept)


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise CannotCheck("unreachable") from error


def _mapping(whole: dict[str, Any], name: str) -> dict[str, Any]:
    found = whole.get(name)
    if not isinstance(found, dict):
        raise CannotCheck("unreachable")
    return found


def _form(forms: dict[str, Any], accept: str) -> bytes:
    """A document in the form asked for, else in its first; what is no text is JSON."""
    kind = accept if accept in forms else min(forms, default="")
    content = forms.get(kind)
    if content is None:
        raise NotFound
    return (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()


def _headers(accept: str) -> dict[str, str]:
    return {"Accept": accept, "User-Agent": AGENT}
