"""For whoever watches over the site: whether the process answers, and whether it can do its work."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Lock, Thread

import structlog
from flask import Blueprint, Flask, Response, current_app, g, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from certification.accounts.guard import requires
from certification.accounts.permissions import Permission
from certification.core.db import db
from certification.log import reading
from certification.log.checkpoints import require_carried_on
from certification.log.keys import KeyProblemError
from certification.log.lagging import require_believed
from certification.log.signing import check_signs
from certification.rules.errors import DomainError
from marketplace.migrations.schema import newest_version

PATIENCE_S = 1.0
ASKED = "log_asked"
_asking = Lock()
log = structlog.get_logger()
bp = Blueprint("health", __name__)


@bp.before_request
def _without_cookie() -> None:
    g.cookieless = True


@bp.get("/healthz")
@requires(Permission.BROWSE)
def alive() -> Response:
    """The process answers: 200 in any case, so that a probe that ends what does not answer looks at nothing but the status.

    ``public_log`` is false, and the status ``degraded``, when nothing can be signed because the database does not carry on from
    the last checkpoint, or no label can be told because its head is not signed by this registry; null when the database could not
    say so within a second. To start the process anew mends neither.
    """
    return _told({"public_log": _log_stands(current_app._get_current_object())}, 200)  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy


@bp.get("/readyz")
@requires(Permission.BROWSE)
def ready() -> Response:
    """Database reachable, schema current, signing key usable: 200, or 503 when one is not. Why stands in the log alone.

    ``public_log`` is false when nothing can be signed because the database does not carry on from the last checkpoint, or its
    head is not signed by this registry. Pages can be served all the same, so that alone is told with 200 and the status
    ``degraded``.
    """
    checks = {name: _passes(name, check) for name, check in CHECKS.items()}
    return _told(checks | {"public_log": _passes("public_log", _public_log)}, 200 if all(checks.values()) else 503)


def schema_version() -> str:
    """The version that the database has."""
    return str(db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _database() -> bool:
    return bool(db.session.execute(text("SELECT 1")).scalar_one() == 1)


def _schema() -> bool:
    return schema_version() == newest_version()


def _signing_key() -> bool:
    return check_signs()


def _public_log() -> bool:
    found = reading.head()
    require_carried_on(found)
    require_believed(found.note)
    return True


def _log_stands(app: Flask) -> bool | None:
    """Asked in another thread, because a database that hangs must not hold up the answer that the process lives.

    Whoever asks while a question hangs waits for the same answer, so that no more than one thread hangs with it.
    """
    db.session.rollback()
    with _asking:
        asked: Future[bool | None] | None = app.extensions.get(ASKED)
        if asked is None or asked.done():
            asked = app.extensions[ASKED] = Future()
            Thread(target=_ask, args=(app, asked), daemon=True).start()
    try:
        return asked.result(timeout=PATIENCE_S)
    except TimeoutError:
        return None


def _ask(app: Flask, asked: "Future[bool | None]") -> None:
    found: bool | None = None
    with app.app_context():
        try:
            found = _public_log()
        except DomainError:
            found = False
        except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing of the log; /readyz tells more
            log.warning("log not looked at", error=type(error).__name__)
        finally:
            db.session.remove()
            asked.set_result(found)


CHECKS: dict[str, Callable[[], bool]] = {"database": _database, "schema": _schema, "signing_key": _signing_key}


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (SQLAlchemyError, KeyProblemError, DomainError) as error:
        db.session.rollback()
        log.warning("not ready", check=name, error=str(error))
        return False


def _told(checks: Mapping[str, bool | None], status: int) -> Response:
    word = "failing" if status != 200 else "ok" if all(checks.values()) else "degraded"  # noqa: PLR2004 - HTTP's
    response = jsonify(status=word, checks=checks)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
