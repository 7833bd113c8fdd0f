"""What every answer carries, and small helpers between request and response."""

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, redirect, request
from flask.json.provider import DefaultJSONProvider
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from certification.core import clock

PER_PAGE = 24
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PERSONAL = "private, no-store"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def see_other(address: str) -> AnyResponse:
    """The redirect after a write (303)."""
    return redirect(address, code=303)


def safe_next(address: str | None, otherwise: str) -> str:
    """``address`` when it is a path on this site, else ``otherwise``; never another host, never a control character."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    if any(ord(letter) < 32 or letter == "\\" for letter in address):  # noqa: PLR2004 - control characters
        return otherwise
    parts = urlsplit(address)
    return address if not parts.netloc and not parts.scheme else otherwise


def came_from(otherwise: str) -> str:
    """The path of this site's page that a form was sent from, when it can be opened again; else ``otherwise``."""
    host, slash, rest = (request.referrer or "").partition("://")[2].partition("/")
    address = safe_next(slash + rest, otherwise)
    if host != request.host:
        return otherwise
    try:
        current_app.create_url_adapter(request).match(address.partition("?")[0], method="GET")  # type: ignore[union-attr]  # there is a request
    except HTTPException:
        return otherwise
    return address


def outside(path: str) -> str:
    """The full public address of a path; never made from the request's Host header."""
    return f"{current_app.config['SETTINGS']['ORIGIN']}{path}"


def with_lang(lang: str) -> str:
    """The present address in another language."""
    args = MultiDict(request.args)
    args["lang"] = lang
    return f"{request.path}?{urlencode(list(args.items(multi=True)))}"


def with_args(**changes: Any) -> str:
    """The present address with some arguments set, or dropped when ``None``."""
    args = MultiDict(request.args)
    for name, value in changes.items():
        args.poplist(name)
        if isinstance(value, (list, tuple)):
            args.setlist(name, [str(one) for one in value])
        elif value is not None:
            args[name] = str(value)
    return f"{request.path}?{urlencode(list(args.items(multi=True)))}" if args else request.path


def cursor(*position: Any) -> str:
    """A page's position as an opaque word for the address (keyset paging)."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def position(word: str | None) -> list[Any] | None:
    """The position that :func:`cursor` wrote, or ``None`` without one.

    Raises:
        BadRequest: when the word is none of ours.

    """
    if not word:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, RecursionError) as error:
        raise BadRequest from error
    if not isinstance(found, list) or not all(_is_ours(one) for one in found):
        raise BadRequest
    return found


def after_id(word: str | None) -> int | None:
    """The row's number that is the whole position in lists by number, or ``None`` without one.

    Raises:
        BadRequest: when the word is none of ours.

    """
    match position(word):
        case None:
            return None
        case [int() as number]:
            return number
    raise BadRequest


def instant_and_id(after: Sequence[Any]) -> tuple[datetime, int]:
    """The position in a list by date.

    Raises:
        BadRequest: when it is none.

    """
    match after:
        case [str() as instant, int() as number]:
            try:
                at = datetime.fromisoformat(instant)
                if at.tzinfo is not None:
                    return at.astimezone(UTC), number
            except (ValueError, OverflowError) as error:
                raise BadRequest from error
    raise BadRequest


def _is_ours(part: Any) -> bool:
    """Positions are made of words and numbers that a database can hold."""
    if isinstance(part, str):
        return not any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in part)
    return isinstance(part, int) and not isinstance(part, bool) and abs(part) < 2**31  # our integers


def _refuse_nul() -> None:
    """No text of ours holds NUL, and PostgreSQL can't keep one: refused here, once, wherever it comes from (400)."""
    if "\x00" in request.path or any("\x00" in part for pair in request.args.items(multi=True) for part in pair):
        raise BadRequest
    if request.method in ("POST", "PUT", "PATCH"):
        typed = (part for pair in request.form.items(multi=True) for part in pair)
        names = (part for name, file in request.files.items(multi=True) for part in (name, file.filename or ""))
        if any("\x00" in part for part in (*typed, *names)):
            raise BadRequest


def _dress(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = PERSONAL if "user_seen" in g else "no-cache"
    return response


class _Sessions(SecureCookieSessionInterface):
    """Flask's own; and a page on which somebody's session was looked at is theirs alone."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        super().save_session(app, session, response)
        if session.accessed and session and response.headers.get("Cache-Control") == "no-cache":
            response.headers["Cache-Control"] = PERSONAL


class _Json(DefaultJSONProvider):
    """Flask's own; what is nested too deep is no JSON of ours, and not a fault."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError from error


def init_app(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    if settings["PROXIES"]:
        count = settings["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]  # Flask documents this assignment
    app.session_interface = _Sessions()
    app.json = _Json(app)
    app.before_request(_refuse_nul)
    app.after_request(_dress)
    app.jinja_env.globals.update(
        with_lang=with_lang,
        with_args=with_args,
        outside=outside,
        now=clock.now,
        demonstration=settings["DEMONSTRATION"],
        site_name=settings["NAME"],
        host=settings.host,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def request_key() -> str:
    """A fresh key that makes a retried request one (hidden field ``request_key``)."""
    return secrets.token_urlsafe(16)
