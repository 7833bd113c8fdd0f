"""The verify page and its neighbours: no session, no cookie, no form token; language by ``?lang=`` alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, make_response, redirect, request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.accounts.permissions import Permission as Open
from certification.core import clock
from certification.core.db import db
from certification.core.edge import CACHE_CONTROL, Answer, Edge
from certification.core.i18n import LANGUAGES, language, sentence, zone
from certification.core.quick import UnreachableError
from certification.registry.dates import day, moment
from certification.registry.lost import find_lost
from certification.registry.permissions import Permission
from certification.registry.verify import VerifyPages
from certification.registry.weighing import UnsureError
from certification.rules.attested_words import REASONS
from certification.rules.code import LENGTH, NearMiss, Slip, canonical, code_in, display, near_misses, parse
from certification.rules.days import day_of
from certification.rules.did import COMPROMISED_KEY
from certification.rules.errors import BadCode, NotFound
from certification.rules.instants import read_instant
from certification.rules.verdict import PublicState
from certification.rules.weave import Shape, weave

bp = Blueprint("verify", __name__)
FOREVER = "public, max-age=31536000, immutable"
LONGEST_TYPED = 40
LONGEST_ADDRESS = 300
Page = AnyResponse | tuple[str, int]


@bp.before_request
def _without_cookie() -> None:
    """The language of these pages is in their address, or the instance's; what a cookie says does not count."""
    wish = request.args.get("lang")
    g.cookieless = True
    g.language = wish if wish in LANGUAGES else str(current_app.config["SETTINGS"]["LANGUAGE"])


@bp.after_request
def _fresh(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    return response


@bp.get("/v")
@requires(Open.BROWSE)
def ask() -> AnyResponse | str | tuple[str, int]:
    """Type a code; a good one leads to its page, whether or not there is such a certificate."""
    typed = code_in(request.args.get("code", "")[:LONGEST_ADDRESS])[:LONGEST_TYPED].strip()
    if not typed:
        return _rendered("verify/ask.html", typed="", fault=None, **_common("/v"))
    try:
        code = parse(typed)
    except BadCode as error:
        return _unknown(typed, error)
    return redirect(f"/v/{code}{'?lang=' + g.language if 'lang' in request.args else ''}", code=303)


@bp.get("/v/<code>")
@requires(Permission.SEE)
def show(code: str) -> Page:
    """One certificate as it stands now. ``core.edge`` answers for this address first, with the same bytes."""
    try:
        plain = parse(code)
    except BadCode as error:
        return _unknown(code[:LONGEST_TYPED], error)
    try:
        answer = pages().answer(plain, g.language, clock.now())
    except UnsureError as error:
        return cannot_check(plain, _(error.sentence))
    except UnreachableError:
        return cannot_check(plain, _("La base de datos del registro no respondió. Suele durar poco."))
    if answer is None:
        return lost_page(plain) or _unknown(plain, None)
    response = make_response(answer.body)
    response.headers["Content-Type"] = answer.kind
    response.headers["ETag"] = answer.etag
    return response.make_conditional(request)


bp.add_url_rule("/V/<code>", endpoint="show", view_func=show, alias=True)


@bp.get("/weave/<code>.svg")
@requires(Permission.SEE)
def band(code: str) -> Response:
    """The weave of any code: ``?shape=seal`` for the square, ``?mono=1`` for one ink."""
    shape: Shape = "seal" if request.args.get("shape") == "seal" else "band"
    try:
        plain = parse(code)
    except BadCode as error:
        raise NotFound from error
    drawn = weave(display(plain), shape, mono=request.args.get("mono") == "1")
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = FOREVER
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def cannot_check(code: str, why: str) -> tuple[str, int]:
    """Neither yes nor no (503). Touches no database."""
    text = _rendered(
        "verify/cannot_check.html", code=code, shown=display(code), weave=_drawn(code), why=why, **_common(f"/v/{code}")
    )
    return text, 503


def _drawn(code: str) -> Markup:
    """The weave in the page itself, named in its language."""
    shown = display(code)
    return Markup(weave(shown, title=_("Tejido del sello %(code)s", code=shown)))  # noqa: S704 - drawn by us from a checked code


def lost_page(code: str) -> tuple[str, int] | None:
    """What is left of a certificate whose record was lost (503 while nobody can say whether it is valid); None for no such."""
    try:
        found = find_lost(code, clock.now())
    except SQLAlchemyError:
        return cannot_check(code, _("La base de datos del registro no respondió. Suele durar poco."))
    if found is None:
        return None
    lang, where, document = language(), zone(), found.document or {}
    instants = {"begins": document.get("validFrom"), "ends": found.subject.get("termEnds") or document.get("validUntil")}
    text = _rendered(
        "verify/lost.html",
        code=code,
        shown=display(code),
        weave=_drawn(code),
        state=found.state.value,
        day=day(day_of(found.granted_at, where), lang),
        since=day(day_of(found.verdict.since, where), lang) if found.verdict.since else None,
        successor=found.verdict.successor,
        **_said(found.subject),
        **{name: day(day_of(read_instant(text), where), lang) if text else None for name, text in instants.items()},
        **_common(f"/v/{code}"),
    )
    return text, 503 if found.state is PublicState.CANNOT_CHECK else 200


def _said(subject: Mapping[str, Any]) -> dict[str, str]:
    """What a credential says of its certificate, for a page."""
    if not subject:
        return {}
    assessed = subject["assessment"][0]
    return {
        "holder": subject["issuedToParty"]["name"],
        "label": subject["name"],
        "goods": ", ".join(one["product"]["name"] for one in assessed["assessedProduct"]),
        "place": assessed["assessedFacility"][0]["facility"]["name"],
    }


def faulty(faults: Iterable[str] = ()) -> str:
    """Why a page that found a signature which does not hold shows nothing else; ``faults`` are those of ``verifying``."""
    if set(faults) == {COMPROMISED_KEY}:
        return str(_(REASONS[COMPROMISED_KEY]))
    return str(_("La firma guardada no corresponde al certificado. Avise a quien opera este sitio."))


def _unknown(typed: str, error: BadCode | None) -> tuple[str, int]:
    """Ways to retype come first; what code would fit is never said (see ``rules.code.near_misses``)."""
    plain = canonical(typed)
    text = _rendered(
        "verify/unknown.html",
        typed=display(plain) if len(plain) == LENGTH else typed,
        shown=display(plain),
        well_formed=error is None,
        fault=sentence(error) if error else None,
        looks=[_look(miss, plain) for miss in near_misses(typed)],
        **_common("/v"),
    )
    return text, 404


def _look(miss: NearMiss, plain: str) -> str:
    places = [_("%(number)s.º, «%(sign)s»", number=number, sign=plain[number - 1]) for number in miss.positions]
    if miss.slip is Slip.SWAPPED:
        return str(_("¿Están cambiados de lugar el %(one)s y el %(two)s?", one=places[0], two=places[1]))
    return str(_("Mire otra vez el %(one)s: es fácil confundirlo.", one=places[0]))


def _rendered(name: str, **values: object) -> str:
    """A template without Flask's context processors: one of them would look for who is signed in."""
    return current_app.jinja_env.get_template(name).render(**values)


def _common(path: str) -> dict[str, object]:
    lang = language()
    return {
        "lang": lang,
        "when": moment(clock.now(), lang, zone()),
        "other_lang_url": f"{path}?lang={'en' if lang == 'es' else 'es'}",
    }


def pages() -> VerifyPages:
    """The application's verify pages, made at the first view."""
    found: VerifyPages | None = current_app.extensions.get("verify_pages")
    if found is None:
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
        found = current_app.extensions["verify_pages"] = VerifyPages(app, db.engine)
    return found


def front(app: Flask, edge: Edge) -> None:
    """Let the edge answer for certificates that exist; everything else takes the way through Flask."""
    default = str(app.config["SETTINGS"]["LANGUAGE"])

    def answer(code: str, lang: str | None) -> Answer | None:
        made: VerifyPages | None = app.extensions.get("verify_pages")
        if made is None:
            with app.app_context():
                made = pages()
        try:
            return made.answer(parse(code), lang or default, clock.now())
        except (BadCode, UnreachableError):
            return None

    edge.add("v", answer)
    edge.add("V", answer)
