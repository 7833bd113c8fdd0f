"""The product page's address. ``core.edge`` answers visitors without a cookie first, with the same words."""

from typing import Any

from flask import Flask, current_app, get_flashed_messages, make_response, redirect, request, session
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import person, requires
from certification.core import clock
from certification.core.db import db
from certification.core.edge import Answer, Edge
from certification.core.failures import answer
from certification.core.i18n import language
from certification.core.quick import UnreachableError
from certification.core.web import with_lang
from marketplace.catalogue.addresses import product_path
from marketplace.catalogue.page import ProductPages, Viewer
from marketplace.catalogue.permissions import Permission
from marketplace.catalogue.showing import Row
from marketplace.catalogue.views_browse import bp

PAGES = "product_pages"


def pages() -> ProductPages:
    """The application's product pages, made at the first view."""
    found: ProductPages | None = current_app.extensions.get(PAGES)
    if found is None:
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
        found = current_app.extensions[PAGES] = ProductPages(app, db.engine)
    return found


def _row(public_id: str, slug: str = "") -> Row | None:  # noqa: ARG001 - the address has both
    return pages().reader.find(public_id)


@bp.errorhandler(UnreachableError)
def unreachable(_error: UnreachableError) -> Any:
    return answer(503, _("La base de datos no responde. Intente de nuevo en un momento."))


@bp.get("/products/<public_id>", defaults={"slug": ""})
@bp.get("/products/<public_id>/<slug>")
@requires(Permission.SEE, load=_row)
def product(row: Row) -> AnyResponse:
    address = product_path(row.public_id, row.slug)
    if request.path != address:
        query = request.query_string.decode("latin-1")
        return redirect(f"{address}?{query}" if query else address, 301)
    at, lang = clock.now(), language()
    shown = pages().reader.fill(row, at)
    response = make_response(pages().html(shown, lang, at, _viewer(lang)))
    if not row.on_sale:
        response.headers["X-Robots-Tag"] = "noindex"
    if session or person():
        return response
    response.headers["Cache-Control"] = "private, no-cache"  # may be kept, and is asked for anew: labels come off at once
    response.add_etag()
    return response.make_conditional(request)


def _viewer(lang: str) -> Viewer:
    who = person()
    told = get_flashed_messages(with_categories=True) if session else []
    drawn = current_app.jinja_env.get_template("components/notice.html").module.flashes(told) if told else ""  # type: ignore[attr-defined]  # a macro
    return Viewer(who.name if who else None, with_lang("en" if lang == "es" else "es"), Markup(drawn))  # noqa: S704 - by Jinja


def front(app: Flask, edge: Edge) -> None:
    """Let the edge answer visitors without a cookie for what is on sale; everything else takes the way through Flask."""
    default = str(app.config["SETTINGS"]["LANGUAGE"])

    def page(rest: str, lang: str | None) -> Answer | None:
        if lang is not None or "/" not in rest:  # Flask remembers the language in a cookie
            return None
        made: ProductPages | None = app.extensions.get(PAGES)
        if made is None:
            with app.app_context():
                made = pages()
        try:
            return made.answer(rest, default, clock.now())
        except UnreachableError:
            return None

    edge.add("products", page, visitors_only=True)
