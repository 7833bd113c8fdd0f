"""One line of JSON an event on a server, words for people at a terminal.

What people wrote, addresses and secrets stay out of a server's log: of an error it has class and place, not its message.
"""

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict


def configure(level: str = "INFO") -> None:
    """Set up structlog and the standard library's logging alike. ``level`` is a name such as INFO."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    words: tuple[Any, ...] = (without_messages, structlog.processors.JSONRenderer(ensure_ascii=False))
    if sys.stderr.isatty():
        words = (structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *words,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=number, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(max(number, logging.WARNING))


def without_messages(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Turn ``exc_info`` into ``exception``: the classes of the error and of its causes, each with the lines that it came by."""
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error
    told = []
    while isinstance(error, BaseException):
        lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
        told.append({**told_of(error), "lines": lines})
        error = error.__cause__ or error.__context__
    return {**event, "exception": told} if told else event


def told_of(error: BaseException) -> dict[str, str]:
    """What may be said of an error: its class and, for the database's, SQLSTATE (or SQLite's name) and constraint.

    The messages of databases and mail servers repeat the row or the address.
    """
    cause = getattr(error, "orig", None) or error
    names = str(cause).partition("constraint failed: ")[2]  # SQLite: its columns, or the name of the constraint
    told = {
        "error": type(cause).__name__,
        "sqlstate": getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None),
        "constraint": getattr(getattr(cause, "diag", None), "constraint_name", None)
        or (names if hasattr(cause, "sqlite_errorname") else None),
    }
    return {name: value for name, value in told.items() if value}
