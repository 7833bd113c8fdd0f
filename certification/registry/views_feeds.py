"""Atom feeds: of the whole register, narrowed as its page is by scheme, place and words, and of one certificate."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.core import clock
from certification.core.i18n import LANGUAGES, language
from certification.core.paging import asked
from certification.core.web import cursor, outside, with_args
from certification.log import reading
from certification.registry.asking import asked_of_register
from certification.registry.atom import MEDIA_TYPE, Feed, last_change, write
from certification.registry.changes import Change, latest, of_certificate, read_key
from certification.registry.documents import missing, opened
from certification.registry.permissions import Permission
from certification.registry.records import find
from certification.registry.searching import Filter
from certification.rules.code import display

bp = Blueprint("feeds", __name__)
ENTRIES = 50
KEPT = "public, max-age=300"
NARROWED_BY = ("scheme", "version", "place", "municipality", "q")


@bp.before_request
def _without_cookie() -> None:
    """The language of a feed is in its address, or the instance's."""
    wish = request.args.get("lang")
    g.cookieless = True
    g.language = wish if wish in LANGUAGES else str(current_app.config["SETTINGS"]["LANGUAGE"])


@bp.get("/register.atom")
@requires(Permission.SEE)
def whole() -> AnyResponse:
    """Changes newest first, with links to older ones; states and dates of the page's form do not narrow it."""
    said = asked_of_register(clock.now())
    start = asked(read_key)
    wanted = Filter(**{name: getattr(said.wanted, name) for name in ("scheme", "version", "place", "municipality", "text")})
    after: Any = start.keys if start else None
    found = latest(wanted, clock.now(), language(), after=after, limit=ENTRIES)
    links = {"self": outside(with_args(before=None))}
    if start:
        links["first"] = outside(with_args(after=None, before=None))
    if found.after:
        at, rank, number = found.after
        links["next"] = outside(with_args(before=None, after=cursor(at.isoformat(), rank, number)))
    narrowed = "&".join(f"{name}={said.typed[name]}" for name in NARROWED_BY if said.typed[name])
    return _answer(f"register?{narrowed}", str(_("Cambios en el registro de sellos")), outside("/register"), links, found.found)


@bp.get("/c/<code>/feed.atom")
@requires(Permission.SEE)
def one(code: str) -> AnyResponse:
    """Everything that happened to one certificate."""
    certificate = find(code)
    if certificate is None:
        return missing()
    found = of_certificate(certificate, clock.now(), language())
    page = outside(f"/c/{certificate.code}")
    title = str(_("Cambios del sello %(code)s", code=display(certificate.code)))
    here = outside(f"/c/{certificate.code}/feed.atom{_in_its_language()}")  # whichever way the code was typed
    return _answer(f"certificate/{certificate.code}", title, page, {"self": here}, found)


def _in_its_language() -> str:
    wish = request.args.get("lang")
    return f"?lang={wish}" if wish in LANGUAGES else ""


def _answer(name: str, title: str, page: str, links: dict[str, str], found: list[Change]) -> AnyResponse:
    settings = current_app.config["SETTINGS"]
    feed = Feed(
        name=name,
        registry=reading.head().origin or settings.host,
        title=f"{title} · {settings['NAME']}",
        author=settings["OPERATOR"] or settings["NAME"],
        rights=settings["DATA_LICENCE"],
        lang="es-MX" if language() == "es" else language(),
        page=page,
        links=links,
    )
    response = Response(write(feed, found), content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response.headers["Cache-Control"] = KEPT
    response.add_etag()
    if found:
        response.last_modified = _second_after(last_change(found))
    return opened(response).make_conditional(request)


def _second_after(instant: datetime) -> datetime:
    """HTTP has whole seconds; never one before the change."""
    return datetime.fromtimestamp(-(-instant.timestamp() // 1), UTC)
