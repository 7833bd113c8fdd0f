"""Whether the database is known to stand behind what was signed: restored from an old backup, or changed behind our back.

Pages go on then, but nobody may call a label valid: what took it back may be among the acts that are missing.
"""

import math
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import structlog
from flask import Flask, current_app, has_app_context
from sqlalchemy.exc import SQLAlchemyError

from certification.core.db import db
from certification.log.checkpoints import require_carried_on, verifiers
from certification.log.keys import KeyProblemError
from certification.log.reading import Head, head, signed
from certification.rules.errors import DomainError, LogConflict
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.text import N_

log = structlog.get_logger()
T = TypeVar("T")
SECONDS = 1.0
KEPT, SIGNED = "log_lags", "log_signed_size"
KNOWN = frozenset({"log_behind", "log_fork", "log_not_proven", "log_other_log"})
BEHIND = N_(
    "Este registro se restauró de un respaldo y todavía no se pone al día. Mientras tanto no puede decir si un sello vale."
)


class Covered(NamedTuple):
    """A head's note and how far it is signed; ``until``, on the clock of this process, it is not read again."""

    note: bytes | None
    size: int
    until: float


NOTHING = Covered(None, 0, 0.0)


def lags(app: Flask | None = None) -> bool:
    """Looked at once a second in each process. A copy outside that is gone or damaged proves nothing against the database."""
    app = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
    kept: tuple[float, bool] | None = app.extensions.get(KEPT)
    if kept is None or kept[0] <= time.monotonic():
        kept = app.extensions[KEPT] = (time.monotonic() + (0.0 if app.testing else SECONDS), _within(app, _behind))
    return kept[1]


def signed_size(leaf: int, read: Callable[[], bytes | None], app: Flask | None = None) -> int:
    """How many leaves the log's checkpoint covers; ``read`` gives the head's note. One that can't be read, or is not signed by
    this registry, covers nothing.

    It is read and verified once a second in each process, and at once for a ``leaf`` beyond what was known.
    """
    app = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
    known: Covered = app.extensions.get(SIGNED, NOTHING)
    now = time.monotonic()
    if app.testing or known.until <= now or leaf >= known.size:
        note = read()
        if note != known.note or known.until <= now:
            size = _within(app, lambda: _covered(note))
            known = app.extensions[SIGNED] = Covered(note, size, math.inf if app.testing else now + SECONDS)
    return known.size


def require_believed(note: bytes | None) -> int:
    """How many leaves a head's note covers; 0 without one.

    Raises:
        BadNote, BadSignature, UnknownKey: it can't be read, or is not signed by this registry.
        KeyProblemError, BadLeaf: nobody can say by which keys.

    """
    said = signed(Head(note=note))
    if note is None or said is None:
        return 0
    return open_checkpoint(note, said.origin, verifiers(said.origin, said.size)).checkpoint.size


def _covered(note: bytes | None) -> int:
    try:
        return require_believed(note)
    except (DomainError, KeyProblemError, OSError, SQLAlchemyError) as error:
        log.error("the head of the log is not believed", error=str(error))  # noqa: TRY400 - it says what is the matter
        return 0


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


def _behind() -> bool:
    try:
        require_carried_on(head())
    except LogConflict as conflict:
        return conflict.code in KNOWN
    except (DomainError, KeyProblemError, OSError, SQLAlchemyError):
        return False  # a head that can't be read has signed nothing: see `signed_size`
    return False
