"""Credentials and failures as documents that outsiders fetch; what holds for every such document is in ``core.documents``."""

from collections.abc import Mapping

from flask import Response, g, jsonify
from werkzeug.wrappers import Response as AnyResponse

from certification.core.documents import HTML, IMMUTABLE, JSON, JSON_LD, VC, kept_for, opened, public, wanted
from certification.core.failures import status_of
from certification.core.i18n import sentence
from certification.rules.errors import DomainError, NotFound
from certification.rules.jose import MEDIA_TYPE as VC_JWT

__all__ = [
    "HTML",
    "IMMUTABLE",
    "JSON",
    "JSON_LD",
    "VC",
    "kept_for",
    "missing",
    "opened",
    "public",
    "refused",
    "secured",
    "wanted",
]
WAITS = "credential_waits"
RETRY_S = "3600"


def secured(document: Mapping[str, object] | None, token: str | None, form: str, cache: str) -> AnyResponse:
    """A credential in the form asked for. One that still waits to be signed is no document of any kind (503)."""
    if document is None or token is None:
        return not_now(WAITS)
    return public(token if form == VC_JWT else document, form, cache)


def not_now(code: str) -> AnyResponse:
    """What can't be told to a program at the moment (503)."""
    response: Response = jsonify(error={"code": code})
    response.status_code = 503
    response.headers.update({"Retry-After": RETRY_S, "Cache-Control": "no-store"})
    return opened(response)


def refused(error: DomainError, **more: str) -> AnyResponse:
    """A failure for a program; `more` is what a standard wants to be said beside it."""
    g.cookieless = True
    response: Response = jsonify(error={"code": error.code, "sentence": sentence(error)}, **more)
    response.status_code = status_of(error)
    return opened(response)


def missing() -> AnyResponse:
    """There is no such thing, said to a program."""
    return refused(NotFound())
