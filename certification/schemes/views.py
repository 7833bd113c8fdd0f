"""The public pages of the label schemes."""

from datetime import timedelta
from typing import NamedTuple

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.core import clock
from certification.core.documents import HTML, JSON, kept_for, public, wanted
from certification.core.i18n import language
from certification.core.web import outside
from certification.rules.errors import NotFound
from certification.schemes import queries
from certification.schemes.permissions import Permission
from certification.schemes.published import scheme_document

bp = Blueprint("schemes", __name__)
AN_HOUR = timedelta(hours=1)


class Share(NamedTuple):
    """What a shared link shows."""

    title: str
    description: str
    url: str
    image: str | None = None


@bp.get("/schemes")
@requires(Permission.SEE)
def index() -> str:
    return render_template("schemes/index.html", schemes=queries.scheme_cards(language(), clock.now()))


@bp.get("/schemes/<key>")
@requires(Permission.SEE)
def current(key: str) -> AnyResponse:
    """The version that counts now; a later one may take its place, so this answer is not kept."""
    scheme = queries.find_scheme(key)
    version = queries.current_version(scheme) if scheme else None
    if version is None:
        raise NotFound
    return redirect(url_for("schemes.show", key=key, version=version.version))


@bp.get("/schemes/<key>/<version>")
@requires(Permission.SEE)
def show(key: str, version: str) -> AnyResponse:
    """A version as a page, or as JSON for programs that hold certificates against its text."""
    form = wanted(HTML, JSON)
    found = queries.find_version(key, version)
    if found is None:
        raise NotFound
    if form == JSON:
        return public(scheme_document(found), JSON, kept_for(AN_HOUR))
    page = queries.scheme_page(found, language(), clock.now())
    address = outside(url_for("schemes.show", key=key, version=version))
    share = Share(title=page.card.name, description=page.card.purpose, url=address)
    response = make_response(render_template("schemes/show.html", page=page, share=share))
    response.vary.update(("Accept", "Cookie"))
    return response
