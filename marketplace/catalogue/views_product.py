"""The product page. What does not change from product to product is rendered once (see ``core.slots``)."""

import json
from datetime import datetime
from typing import Any

from flask import current_app, get_flashed_messages, make_response, redirect, render_template, request, session
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import person, requires
from certification.core import clock
from certification.core.db import db
from certification.core.failures import answer
from certification.core.i18n import language, zone
from certification.core.quick import UnreachableError
from certification.core.slots import Cut, Cuts, slot
from certification.core.web import outside, with_lang
from certification.schemes.builtin import public_notice
from marketplace.catalogue.addresses import could_be_id, product_path
from marketplace.catalogue.cards import name_in, place_of
from marketplace.catalogue.describing import availability, description_of, json_ld, told
from marketplace.catalogue.permissions import Permission
from marketplace.catalogue.showing import Pages, Row, Shown
from marketplace.catalogue.views_browse import bp

PAGES = "catalogue_pages"
FRAMES = "catalogue_frames"


def pages() -> Pages:
    """The reader of this application's product pages."""
    found: Pages | None = current_app.extensions.get(PAGES)
    if found is None:
        found = current_app.extensions[PAGES] = Pages(db.engine)
    return found


def _row(public_id: str, slug: str = "") -> Row | None:  # noqa: ARG001 - the address has both
    return pages().find(public_id) if could_be_id(public_id) else None


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
    at = clock.now()
    shown = pages().fill(row, at)
    response = make_response(_page(shown, address, at))
    if not row.on_sale:
        response.headers["X-Robots-Tag"] = "noindex"
    return response if _knows_who() else _kept(response)


def _knows_who() -> bool:
    return bool(session) or person() is not None


def _kept(response: AnyResponse) -> AnyResponse:
    """A visitor's page may be kept, and asked for anew each time: labels come off at once."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


def _page(shown: Shown, address: str, at: datetime) -> str:
    row, lang, who = shown.row, language(), person()
    here = outside(address)
    name = name_in(row.name, row.name_en) or _("Sin nombre")
    image = outside(shown.photos[0].full) if shown.photos else ""
    place = place_of(row.municipality, row.state_code)
    frame = _frame(lang, signed_in=who is not None, image=bool(image), on_sale=row.on_sale)
    data = json_ld(shown, here, [outside(one.full) for one in shown.photos], outside) if row.on_sale else {}
    return frame.fill(
        {
            "title": name,
            "description": _("%(name)s, de %(maker)s, %(place)s.", name=name, maker=row.maker or row.party_name, place=place),
            "url": here,
            "image": image,
            "who": who.name if who else "",
            "other_language": with_lang("en" if lang == "es" else "es"),
            "data": _script(data),
            "body": Markup(_body(shown, name, here, at)),  # noqa: S704 - rendered by Jinja
        }
    )


def _body(shown: Shown, name: str, here: str, at: datetime) -> str:
    row, lang = shown.row, language()
    text, text_lang = description_of(row, lang)
    return render_template(
        "catalogue/product_body.html",
        shown=shown,
        row=row,
        name=name,
        name_lang="es-MX" if lang == "en" and not row.name_en else None,
        place=place_of(row.municipality, row.state_code),
        text=text,
        text_lang=text_lang,
        available=availability(row, at.astimezone(zone()).date()),
        facts=told(row, lang),
        here=here,
        notice_words=public_notice().in_(lang),
        flashes=get_flashed_messages(with_categories=True) if session else [],
    )


def _script(data: dict[str, Any]) -> Markup:
    """JSON as it may stand in a script element: no tag can end it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter, written in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(letter, written)
    return Markup(text)  # noqa: S704 - made harmless just above


def _frame(lang: str, *, signed_in: bool, image: bool, on_sale: bool) -> Cut:
    frames: Cuts = current_app.extensions.setdefault(FRAMES, Cuts())
    if current_app.debug:
        return Cut(_rendered_frame(signed_in=signed_in, image=image, on_sale=on_sale))
    key = (lang, signed_in, image, on_sale)
    return frames.get(key, lambda: _rendered_frame(signed_in=signed_in, image=image, on_sale=on_sale))


def _rendered_frame(*, signed_in: bool, image: bool, on_sale: bool) -> str:
    """The page around a product, with slots for all that tells one request from another: so it is given no request."""
    other = with_lang("en" if language() == "es" else "es")
    share = {name: slot(name) for name in ("title", "description", "url", "image")}
    rendered = render_template(
        "catalogue/product.html",
        share=share if image else share | {"image": ""},
        current_user={"is_authenticated": signed_in, "name": slot("who")},
        body=slot("body"),
        data=slot("data"),
        on_sale=on_sale,
        request=None,
        get_flashed_messages=lambda **_given: [],
        nav="products",
    )
    return rendered.replace(str(escape(other)), str(slot("other_language")))
