"""Documents that outsiders fetch: which form they ask for, and the headers that let a browser of theirs read and keep it."""

import json
from collections.abc import Mapping
from datetime import timedelta

from flask import Response, g, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.wrappers import Response as AnyResponse

from certification.rules.jose import MEDIA_TYPE as VC_JWT

HTML, JSON, JSON_LD, VC = "text/html", "application/json", "application/ld+json", "application/vc"
OLDER = {  # what drafts of the standards called the two forms of a credential, by what they are called now
    VC: ("application/vc+ld+json",),
    VC_JWT: ("application/vc+ld+json+jwt", "application/vc+ld+jwt"),
}
IMMUTABLE = "public, max-age=31536000, immutable"


def wanted(*offered: str) -> str:
    """Which of the offered forms this client likes best, by its name or an older one; else the first that it does not refuse."""
    asked = _without_parameters(request.accept_mimetypes)
    named = {name.lower() for name, _ in asked}
    names = ((name, form) for form in offered for name in (form, *OLDER.get(form, ())))
    known = {name: form for name, form in names if name == form or name in named}
    unsaid = next((form for form in offered if asked.find(form) < 0 or asked.quality(form)), offered[0])
    return known.get(asked.best_match(known) or "", unsaid)


def _without_parameters(asked: MIMEAccept) -> MIMEAccept:
    """None of our forms has one, so a form with any is that form, but where the bare one is named too."""
    bare = {name.lower() for name, _ in asked}
    shorter = ((name, name.partition(";")[0].strip(), quality) for name, quality in asked)
    return MIMEAccept([(short, quality) for name, short, quality in shorter if short == name or short.lower() not in bare])


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
