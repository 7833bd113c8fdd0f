"""In front of Flask: pages that need no session, no sign-in and no form, answered at a fraction of the cost.

A front gets the address and gives an :class:`Answer`, or ``None`` to let Flask deal with it (unknown things, faults, odd
requests). It must give exactly what Flask's own view of that address gives. An answer is kept for at most a second.
"""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.sansio.utils import host_is_trusted

from certification.core.web import HEADERS

StartResponse = Callable[..., Any]
Environ = dict[str, Any]
CACHE_CONTROL = "max-age=0, must-revalidate"
LANGUAGE_OF = {"": None, "lang=es": "es", "lang=en": "en"}
MOST_KEPT = 64  # pages of some 20 KB, for a second: what many ask for at once is a poster or two
SECONDS = 1.0


class Answer(NamedTuple):
    """A whole page and the mark of what it shows (``etag``, with its quotes); ``headers`` stand in place of the usual ones."""

    body: bytes
    etag: str
    kind: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Front = Callable[[str, str | None], Answer | None]


class Edge:
    """The outermost WSGI layer. ``seconds`` is how long an answer is kept; 0 keeps none."""

    def __init__(self, app: Flask, *, seconds: float = SECONDS, timer: Callable[[], float] = time.monotonic) -> None:
        self._inner = app.wsgi_app
        self._trusted: list[str] = app.config.get("TRUSTED_HOSTS") or []
        self._fronts: dict[str, Front] = {}
        self._for_visitors: set[str] = set()
        self._kept: dict[tuple[str, str], tuple[float, Answer, list[tuple[str, str]]]] = {}
        self._seconds = seconds
        self._timer = timer
        self._headers = [*HEADERS.items(), ("Cache-Control", CACHE_CONTROL)]
        if app.config.get("SESSION_COOKIE_SECURE"):
            self._headers.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
        self._moved: Callable[[str], bool] = app.extensions.get("moved", lambda _host: False)
        self._trusts = lru_cache(maxsize=256)(self._is_own)

    def add(self, first_part: str, front: Front, *, visitors_only: bool = False) -> None:
        """Let ``front`` answer ``/first_part/…``; it is given what follows, and the language that was asked for.

        ``visitors_only``: whoever sends a cookie may be signed in or have chosen a language, and is left to Flask.
        """
        self._fronts[first_part] = front
        if visitors_only:
            self._for_visitors.add(first_part)

    def _is_own(self, host: str) -> bool:
        """A name that this server answers for, and not one that it has left."""
        return (not self._trusted or host_is_trusted(host, self._trusted)) and not self._moved(host)

    def forget(self) -> None:
        """Keep nothing of what was shown so far; for whoever recorded an act."""
        self._kept.clear()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        first, _, rest = path[1:].partition("/")
        front = self._fronts.get(first)
        query = environ.get("QUERY_STRING", "")
        if front is None or query not in LANGUAGE_OF or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._inner(environ, start_response)
        if first in self._for_visitors and "HTTP_COOKIE" in environ:
            return self._inner(environ, start_response)
        if not self._trusts(environ.get("HTTP_HOST", "")):
            return self._inner(environ, start_response)
        kept = self._kept.get((path, query))
        if kept is None or kept[0] <= self._timer():
            made = self._ask(front, rest, query, path)
            if made is None:
                return self._inner(environ, start_response)
            kept = made
        return self._send(kept, environ, start_response)

    def _ask(self, front: Front, rest: str, query: str, path: str) -> tuple[float, Answer, list[tuple[str, str]]] | None:
        begun = self._timer()  # before reading: a page is never older than it says
        answer = front(rest, LANGUAGE_OF[query])
        if answer is None:
            return None
        own = dict(answer.headers)
        headers = [
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.body))),
            ("ETag", answer.etag),
            *([one for one in self._headers if one[0] not in own] if own else self._headers),
            *answer.headers,
        ]
        made = (begun + self._seconds, answer, headers)
        if self._seconds:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[path, query] = made
        return made

    def _send(self, kept: tuple[float, Answer, list[tuple[str, str]]], environ: Environ, start: StartResponse) -> list[bytes]:
        _, answer, headers = kept
        if answer.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start("304 NOT MODIFIED", headers[2:])
            return []
        start("200 OK", list(headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


def init_app(app: Flask) -> None:
    """Put the edge around the application; ``EDGE_SECONDS`` in its config says how long answers are kept."""
    edge = Edge(app, seconds=app.config.get("EDGE_SECONDS", 0.0 if app.testing else SECONDS))
    app.extensions["edge"] = edge
    app.wsgi_app = edge  # type: ignore[method-assign]  # Flask documents this assignment
