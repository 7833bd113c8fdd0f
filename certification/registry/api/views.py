"""``/api/v1/``: one code, many codes, and the document about them. No session, no cookie; open to scripts of every site."""

import json
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, g, make_response, request
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.accounts.sessions import visit
from certification.accounts.throttle import TooManyAttempts, ration
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.edge import CACHE_CONTROL, Answer, Edge
from certification.core.i18n import LANGUAGES, zone
from certification.core.log import told_of
from certification.core.problems import OPEN, problem
from certification.core.quick import UnreachableError
from certification.registry.api.answers import iso
from certification.registry.api.asking import AsOf, read_as_of
from certification.registry.api.checks import Checks, Missing, absent, misread, sent
from certification.registry.api.fitting import require_fit
from certification.registry.api.openapi import document
from certification.registry.api.parts import Operation
from certification.registry.api.schemas import SCHEMAS
from certification.registry.api.table import VERIFY_ONE
from certification.registry.permissions import Permission
from certification.registry.weighing import UnsureError
from certification.rules.code import parse
from certification.rules.errors import BadCode, InvalidInput
from certification.rules.text import N_
from certification.rules.verdict import PublicState, Reason

bp = Blueprint("api", __name__)
ONE = "v1/certificates/"
LARGEST_BODY = 64 * 1024
PASSING = frozenset({Reason.REGISTRY_BEHIND, Reason.NOT_SIGNED_YET})  # by itself: it is worth asking again
MOST, WITHIN = 60, timedelta(minutes=5)
LIMIT = {"RateLimit-Policy": f'"many";q={MOST};w={int(WITHIN.total_seconds())}'}
AN_HOUR = "public, max-age=3600"
A_DAY_S = "86400"
AWAY = N_("La base de datos del registro no respondió: no sabemos si vale o no. Suele durar poco.")
log = structlog.get_logger()


@bp.before_request
def _read_by_the_table() -> None:
    """No cookie changes an answer; the language is in the address, or the site's."""
    g.cookieless = True
    g.language = str(current_app.config["SETTINGS"]["LANGUAGE"])
    wish = request.args.get("lang")
    if wish is not None and wish not in LANGUAGES:
        raise InvalidInput("does_not_fit", N_("Esto no tiene la forma que se pide: %(where)s."), where="lang")
    g.language = wish or g.language


@bp.after_request
def _open(response: Response) -> Response:
    response.headers.update(OPEN)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = A_DAY_S
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    return response


@bp.errorhandler(UnreachableError)
@bp.errorhandler(SQLAlchemyError)
def _cannot_check(error: Exception) -> Response:
    """Neither valid nor invalid (503), and never a bare fault."""
    log.error("verification", **told_of(error))
    reason = error.reason if isinstance(error, UnsureError) else Reason.REGISTRY_BEHIND
    said = problem(
        503,
        "cannot_check" if reason is Reason.REGISTRY_BEHIND else reason.value,
        _(error.sentence if isinstance(error, UnsureError) else AWAY),
        state=PublicState.CANNOT_CHECK.value,
    )
    if reason in PASSING:
        said.headers["Retry-After"] = "10"
    return said


@bp.get("/api/v1/certificates/<code>")
@requires(Permission.SEE)
def one(code: str) -> AnyResponse:
    """What one label is worth. ``core.edge`` answers for this address first, with the same bytes."""
    now = clock.now()
    as_of = _as_of(VERIFY_ONE, now)
    try:
        plain = parse(code)
    except BadCode as error:
        return _missing(misread(code, error))
    if as_of is not None:
        found = checks().one_then(plain, g.language, as_of)
        return _missing(found) if isinstance(found, Missing) else _sent(sent(found, now))
    answer = checks().one(plain, g.language, now)
    return _missing(absent(plain)) if answer is None else _sent(answer)


@bp.post("/api/v1/verify")
@requires(Permission.SEE)
def many() -> AnyResponse:
    """What up to a hundred labels are worth: one result for each, in the order asked."""
    asked = _body()
    require_fit(asked, SCHEMAS["Question"], "body")
    now = clock.now()
    as_of = read_as_of(asked.get("as_of"), now, zone())
    refused = _counted(now)
    if refused is not None:
        return refused
    results = checks().many(asked["codes"], g.language, now, as_of)
    response: Response = current_app.response_class(
        json.dumps({"results": results, "checked_at": iso(now)}), content_type="application/json"
    )
    response.headers.update(LIMIT)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/api/v1/openapi.json")
@requires(Permission.SEE)
def openapi() -> AnyResponse:
    settings = current_app.config["SETTINGS"]
    response: Response = current_app.response_class(
        json.dumps(document(settings["ORIGIN"], settings["NAME"])), content_type="application/json"
    )
    response.headers["Cache-Control"] = AN_HOUR
    response.add_etag()
    return response.make_conditional(request)


def checks() -> Checks:
    """The application's checks, made at the first question."""
    found: Checks | None = current_app.extensions.get("api_checks")
    if found is None:
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
        found = current_app.extensions["api_checks"] = Checks(app, db.engine)
    return found


def front(app: Flask, edge: Edge) -> None:
    """Let the edge answer for certificates that exist, as they stand now; everything else takes the way through Flask."""
    default = str(app.config["SETTINGS"]["LANGUAGE"])

    def answer(rest: str, lang: str | None) -> Answer | None:
        if not rest.startswith(ONE):
            return None
        made: Checks | None = app.extensions.get("api_checks")
        if made is None:
            with app.app_context():
                made = checks()
        try:
            return made.one(parse(rest.removeprefix(ONE)), lang or default, clock.now())
        except (BadCode, UnreachableError, SQLAlchemyError):
            return None

    edge.add("api", answer)


def _as_of(operation: Operation, now: datetime) -> AsOf | None:
    for param in operation.params:
        if param.where == "query" and param.name in request.args:
            require_fit(request.args[param.name], param.schema, param.name)
    return read_as_of(request.args.get("as_of"), now, zone())


def _body() -> Any:
    """What was sent as JSON. Its length is looked at before it is understood, also where no header tells it."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    if (request.content_length or 0) > LARGEST_BODY or len(request.get_data()) > LARGEST_BODY:
        raise RequestEntityTooLarge
    return request.get_json()


def _counted(now: datetime) -> Response | None:
    """Count this question; the refusal when there were too many. What can't be counted is answered all the same."""
    try:
        with unit_of_work():
            ration("api", visit().address_digest, most=MOST, within=WITHIN, at=now)
    except TooManyAttempts as error:
        said = problem(429, error.code, _("Hubo demasiadas preguntas seguidas. Vuelva a preguntar un poco más tarde."))
        said.headers.update(LIMIT)
        said.headers["Retry-After"] = str(max(1, int((error.until - now).total_seconds())))
        return said
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("not counted", **told_of(error))
    return None


def _missing(found: Missing) -> Response:
    more: dict[str, object] = {"look_again_at": found.looks} if found.looks else {}
    status = 404 if found.state is PublicState.NOT_FOUND else 503
    return problem(status, found.reason, found.sentence, state=found.state.value, **more)


def _sent(answer: Answer) -> AnyResponse:
    response = make_response(answer.body)
    response.headers.update({"Content-Type": answer.kind, "ETag": answer.etag, **dict(answer.headers)})
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response.make_conditional(request)
