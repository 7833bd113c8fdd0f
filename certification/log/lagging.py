"""Whether the database is known to stand behind what was signed: restored from an old backup, or changed behind our back.

Pages go on then, but nobody may call a label valid: what took it back may be among the acts that are missing.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, has_app_context
from sqlalchemy.exc import SQLAlchemyError

from certification.core.db import db
from certification.log.checkpoints import require_carried_on
from certification.log.keys import KeyProblemError
from certification.log.reading import head, signed
from certification.rules.errors import LogConflict
from certification.rules.text import N_

SECONDS = 1.0
KEPT, SIGNED = "log_lags", "log_signed_size"
T = TypeVar("T")
KNOWN = frozenset({"log_behind", "log_fork", "log_not_proven", "log_other_log"})
BEHIND = N_(
    "Este registro se restauró de un respaldo y todavía no se pone al día. Mientras tanto no puede decir si un sello vale."
)


def lags(app: Flask | None = None) -> bool:
    """Looked at once a second in each process. A copy outside that is gone or damaged proves nothing against the database."""
    app = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
    kept: tuple[float, bool] | None = app.extensions.get(KEPT)
    if kept is None or kept[0] <= time.monotonic():
        kept = app.extensions[KEPT] = (time.monotonic() + (0.0 if app.testing else SECONDS), _within(app, _behind))
    return kept[1]


def signed_size(leaf: int, app: Flask | None = None) -> int | None:
    """How many leaves the log's checkpoint covers. It only grows, so it is read again only for a ``leaf`` beyond what was known;
    None before the log was first signed, for which it is looked once a second.
    """
    app = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
    again_at, known = app.extensions.get(SIGNED, (0.0, None))
    if app.testing or (again_at <= time.monotonic() if known is None else leaf >= known):
        known = _within(app, _signed_size)
        app.extensions[SIGNED] = (time.monotonic() + SECONDS, known)
    return known  # type: ignore[no-any-return]  # what is kept here is what was read above


def require_whole() -> None:
    """Insist, before something is written that stays, that no act is known to be missing. Raises LogConflict (``log_behind``)."""
    if lags():
        raise LogConflict("log_behind", BEHIND)


def _within(app: Flask, look: Callable[[], T]) -> T:
    if has_app_context():
        return look()
    with app.app_context():
        try:
            return look()
        finally:
            db.session.remove()


def _signed_size() -> int | None:
    checkpoint = signed(head())
    return checkpoint.size if checkpoint else None


def _behind() -> bool:
    try:
        require_carried_on(head())
    except LogConflict as conflict:
        return conflict.code in KNOWN
    except (KeyProblemError, OSError, SQLAlchemyError):
        return False
    return False
