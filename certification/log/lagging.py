"""Whether the database is known to stand behind what was signed: restored from an old backup, or changed behind our back.

Pages go on then, but nobody may call a label valid: what took it back may be among the acts that are missing.
"""

import time
from collections.abc import Callable

from flask import Flask, current_app, has_app_context
from sqlalchemy.exc import SQLAlchemyError

from certification.core.db import db
from certification.log.checkpoints import require_carried_on
from certification.log.keys import KeyProblemError
from certification.log.reading import Head, head, signed
from certification.rules.errors import DomainError, LogConflict
from certification.rules.text import N_

SECONDS = 1.0
KEPT, SIGNED = "log_lags", "log_signed_size"
KNOWN = frozenset({"log_behind", "log_fork", "log_not_proven", "log_other_log"})
BEHIND = N_(
    "Este registro se restauró de un respaldo y todavía no se pone al día. Mientras tanto no puede decir si un sello vale."
)


def lags(app: Flask | None = None) -> bool:
    """Looked at once a second in each process. A copy outside that is gone or damaged proves nothing against the database."""
    app = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
    kept: tuple[float, bool] | None = app.extensions.get(KEPT)
    if kept is None or kept[0] <= time.monotonic():
        kept = app.extensions[KEPT] = (time.monotonic() + (0.0 if app.testing else SECONDS), _look(app))
    return kept[1]


def signed_size(leaf: int, read: Callable[[], bytes | None], app: Flask | None = None) -> int:
    """How many leaves the log's checkpoint covers; ``read`` gives the head's note, and one that can't be read covers nothing.

    It is read once a second in each process, and at once for a ``leaf`` beyond what was known.
    """
    app = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
    again_at, known = app.extensions.get(SIGNED, (0.0, 0))
    if app.testing or again_at <= time.monotonic() or leaf >= known:
        known = _size(read())
        app.extensions[SIGNED] = (time.monotonic() + SECONDS, known)
    return int(known)


def _size(note: bytes | None) -> int:
    try:
        checkpoint = signed(Head(note=note))
    except DomainError:
        return 0
    return checkpoint.size if checkpoint else 0


def require_whole() -> None:
    """Insist, before something is written that stays, that no act is known to be missing. Raises LogConflict (``log_behind``)."""
    if lags():
        raise LogConflict("log_behind", BEHIND)


def _look(app: Flask) -> bool:
    if has_app_context():
        return _behind()
    with app.app_context():
        try:
            return _behind()
        finally:
            db.session.remove()


def _behind() -> bool:
    try:
        require_carried_on(head())
    except LogConflict as conflict:
        return conflict.code in KNOWN
    except (DomainError, KeyProblemError, OSError, SQLAlchemyError):
        return False  # a head that can't be read has signed nothing: see `signed_size`
    return False
