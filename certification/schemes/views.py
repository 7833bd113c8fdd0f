"""The public pages of the label schemes."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from certification.accounts.guard import requires
from certification.core import clock
from certification.core.i18n import language
from certification.core.web import outside
from certification.rules.errors import NotFound
from certification.schemes import queries
from certification.schemes.permissions import Permission

bp = Blueprint("schemes", __name__)


@dataclass(frozen=True, slots=True)
class Share:
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
def current(key: str) -> Response:
    """The version that counts now; a later one may take its place, so this answer is not kept."""
    scheme = queries.find_scheme(key)
    version = queries.current_version(scheme) if scheme else None
    if version is None:
        raise NotFound
    return redirect(url_for("schemes.show", key=key, version=version.version))


@bp.get("/schemes/<key>/<version>")
@requires(Permission.SEE)
def show(key: str, version: str) -> str:
    found = queries.find_version(key, version)
    if found is None:
        raise NotFound
    page = queries.scheme_page(found, language(), clock.now())
    address = outside(url_for("schemes.show", key=key, version=version))
    share = Share(title=page.card.name, description=page.card.purpose, url=address)
    return render_template("schemes/show.html", page=page, share=share)
