"""The public register as a page, and whole as CSV, JSON and JSON Lines (columns: docs/register.md)."""

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, render_template, request, stream_with_context
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.core import clock
from certification.core.i18n import LANGUAGES, language
from certification.core.paging import Position, asked, links
from certification.core.web import PER_PAGE, instant_and_id
from certification.registry import register
from certification.registry.asking import NAMES, Asked, asked_of_register
from certification.registry.documents import opened, refused
from certification.registry.files import KINDS, written
from certification.registry.permissions import Permission
from certification.registry.searching import CHUNKS, MOST_WORDS
from certification.rules.errors import InvalidInput

bp = Blueprint("register", __name__)


@bp.get("/register")
@requires(Permission.SEE)
def index() -> str | tuple[str, int]:
    """Newest first, narrowed by what the address says, with the states of now or of a past moment."""
    said, start = asked_of_register(clock.now()), asked(instant_and_id)
    page = _page(said, start)
    return (page, 422) if said.faults else page


@bp.get("/register.<kind>")
@requires(Permission.SEE)
def whole(kind: str) -> AnyResponse | tuple[str, int]:
    """The same rows in a file, streamed; the filters of the page and its moment hold here too."""
    if kind not in KINDS:
        return render_template("errors/404.html", status=404, sentence=None), 404
    said = asked_of_register(clock.now())
    try:
        said.insist()
    except InvalidInput as fault:
        return refused(fault)
    wish = request.args.get("lang")  # a file has no cookie: the language is in its address, or the instance's
    lang = wish if wish in LANGUAGES else str(current_app.config["SETTINGS"]["LANGUAGE"])
    g.cookieless = True
    rows = register.every(said.wanted, said.when, lang=lang)
    response = Response(stream_with_context(written(kind, rows, licence())), content_type=KINDS[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="register.{kind}"'
    response.headers["Link"] = f'<{licence()}>; rel="license"'
    return opened(response)


def licence() -> str:
    """The address of the terms under which the register's data may be used."""
    return str(current_app.config["SETTINGS"]["DATA_LICENCE"])


def _page(said: Asked, start: Position | None) -> str:
    lang = language()
    found = register.Page() if said.faults else register.page(said.wanted, said.when, lang=lang, start=start, limit=PER_PAGE)
    return render_template(
        "register/index.html",
        rows=found.rows,
        stopped=found.stopped,
        looked_at=sum(CHUNKS),
        said=said,
        states=register.STATES,
        schemes=register.schemes(lang),
        versions=register.versions(said.wanted.scheme),
        places=register.places(lang),
        towns=register.towns(said.wanted.place, lang),
        day=date.fromisoformat,
        words=len(said.wanted.words),
        most_words=MOST_WORDS,
        pages=links(start, found.before, found.after),
        files={kind: f"/register.{kind}{query()}" for kind in KINDS},
        feed=f"/register.atom{query('scheme', 'version', 'place', 'municipality', 'q')}",
        licence=licence(),
    )


def query(*only: str) -> str:
    """The present conditions, or those of ``only``, for addresses that read no cookie; with its question mark."""
    said = [(name, value) for name, value in request.args.items(multi=True) if value and name in (only or NAMES)]
    if language() != str(current_app.config["SETTINGS"]["LANGUAGE"]):
        said.append(("lang", language()))
    return f"?{urlencode(said)}" if said else ""
