"""From a failure to an answer: the trade's own (``DomainError``) and HTTP's."""

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from certification.core.i18n import sentence
from certification.core.log import told_of
from certification.core.problems import API, problem
from certification.core.quick import UnreachableError
from certification.rules.errors import (
    BadLeaf,
    BadNote,
    CannotSign,
    Conflict,
    DomainError,
    Forbidden,
    IllegalMove,
    InvalidInput,
    NotConfirmed,
    NotFound,
)

log = structlog.get_logger()
STATUS = (
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (IllegalMove, 409),
    (BadNote, 503),  # nobody hands us one of these: it is our own log that is damaged
    (BadLeaf, 503),
    (InvalidInput, 422),
    (CannotSign, 503),
    (NotConfirmed, 503),
)
DRAWN = {400, 403, 404, 405, 409, 413, 422, 429, 500, 503}


def status_of(error: DomainError) -> int:
    """The HTTP status of a failure of the trade."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 422)


def wants_json() -> bool:
    """Whether this client reads JSON rather than pages."""
    return request.path.startswith(API) or request.headers.get("X-Requested-With") == "fetch"


def answer(
    status: int, text: str | None = None, code: str | None = None, *, page: str | None = None
) -> tuple[Response | str, int]:
    """One error page, or its JSON; needs neither database nor session. ``page`` is another than that of the status."""
    if request.path.startswith(API):
        return problem(status, code, text), status
    if wants_json():
        return jsonify(error={"code": code or str(status), "sentence": text or ""}), status
    name = page or (str(status) if status in DRAWN else "error")
    return render_template(f"errors/{name}.html", status=status, sentence=text), status


def _domain(error: DomainError) -> tuple[Response | str, int]:
    kept = "kept" if isinstance(error, NotConfirmed) else None  # nobody may be told to try again what was done
    return answer(status_of(error), sentence(error), error.code, page=kept)


def _stale(_error: StaleDataError) -> tuple[Response | str, int]:
    return _domain(Conflict())


def _http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:  # noqa: PLR2004 - redirects are no failures
        return error
    response = make_response(answer(error.code))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.allow.update(error.valid_methods)
    return response


def _where() -> str | None:
    """The rule of the address, not the address: links by mail carry their secret in it."""
    return request.url_rule.rule if request.url_rule else None


def _database(error: DBAPIError) -> tuple[Response | str, int]:
    if isinstance(error, OperationalError):
        return _silent(error)
    log.error("database", **told_of(error), rule=_where())
    return answer(500)


def _silent(error: Exception) -> tuple[Response | str, int]:
    """No answer from the database, whichever way it was asked."""
    log.error("database", **told_of(error), rule=_where())
    return answer(503, _("La base de datos no responde. No se guardó nada; intente de nuevo en un momento."))


def _unforeseen(error: Exception) -> tuple[Response | str, int]:
    log.error("unforeseen", rule=_where(), exc_info=error)
    return answer(500)


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(UnreachableError, _silent)
    if not app.testing:
        app.register_error_handler(Exception, _unforeseen)
