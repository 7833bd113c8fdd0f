"""Documents that outsiders fetch: which form they ask for, and the headers that let a browser of theirs read and keep it."""

import json
from collections.abc import Mapping
from datetime import timedelta

from flask import Response, g, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from certification.core.failures import status_of
from certification.core.i18n import sentence
from certification.rules.errors import DomainError, NotFound
from certification.rules.jose import MEDIA_TYPE as VC_JWT

HTML, JSON, JSON_LD, VC = "text/html", "application/json", "application/ld+json", "application/vc"
IMMUTABLE = "public, max-age=31536000, immutable"
WAITS = "credential_waits"
RETRY_S = "3600"


def wanted(*offered: str) -> str:
    """Which of the offered forms this client likes best; the first when it does not say."""
    return request.accept_mimetypes.best_match(offered, default=offered[0]) or offered[0]


def kept_for(age: timedelta) -> str:
    """The header that lets everybody keep an answer so long."""
    return f"public, max-age={int(age.total_seconds())}"


def public(content: str | Mapping[str, object], kind: str, cache: str) -> AnyResponse:
    """An answer that is the same for everybody: no cookie, open to other sites, with a mark to ask again by."""
    g.cookieless = True
    body = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    response = Response(body, content_type=kind)
    response.headers["Cache-Control"] = cache
    response.add_etag()
    return opened(response).make_conditional(request)


def opened(response: Response) -> Response:
    """Let scripts of other sites read it."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.vary.add("Accept")
    return response


def secured(document: Mapping[str, object] | None, token: str | None, form: str, cache: str) -> AnyResponse:
    """A credential in the form asked for. One that still waits to be signed is no document of any kind (503)."""
    if document is None or token is None:
        response: Response = jsonify(error={"code": WAITS})
        response.status_code = 503
        response.headers.update({"Retry-After": RETRY_S, "Cache-Control": "no-store"})
        return opened(response)
    return public(token if form == VC_JWT else document, form, cache)


def refused(error: DomainError) -> AnyResponse:
    """A failure for a program."""
    g.cookieless = True
    response: Response = jsonify(error={"code": error.code, "sentence": sentence(error)})
    response.status_code = status_of(error)
    return opened(response)


def missing() -> AnyResponse:
    """There is no such thing, said to a program."""
    return refused(NotFound())
