"""Where published things are read from: a registry's site, or a folder that holds the same addresses as files."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import IO, Protocol
from urllib.parse import urlsplit

from certification.rules.errors import CannotCheck, InvalidInput, NotFound
from certification.rules.text import N_

MOST_BYTES = 32 * 2**20
SECONDS = 20.0
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


@dataclass(frozen=True, slots=True)
class Site:
    """A registry at its address, ``https://host`` without a path. Raises InvalidInput (``bad_address``) for anything else."""

    address: str
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES
    _opener: urllib.request.OpenerDirector = field(default_factory=lambda: urllib.request.build_opener(_WebOnly))

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in SCHEMES or not parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
            raise InvalidInput("bad_address", N_("Escriba la dirección completa del registro, como https://ejemplo.mx"))
        object.__setattr__(self, "address", f"{parts.scheme}://{parts.netloc}")

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
                content: bytes = answer.read(self.most_bytes + 1)
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


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files stand at the published paths: an export, or a mirror."""

    root: Path

    def get(self, path: str, accept: str = "*/*") -> bytes:  # noqa: ARG002 - a file has one form
        """As :class:`Source`. A path that leads out of the folder is nothing in it."""
        parts = PurePosixPath(path.lstrip("/")).parts
        if not parts or ".." in parts:
            raise NotFound
        try:
            file = self.root.joinpath(*parts)
            if file.stat().st_size > MOST_BYTES:
                raise CannotCheck("too_large")
            return file.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFound from error
        except (OSError, ValueError) as error:
            raise CannotCheck("unreachable") from error


def _headers(accept: str) -> dict[str, str]:
    return {"Accept": accept, "User-Agent": AGENT}
