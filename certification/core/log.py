"""One line of JSON an event on a server, words for people at a terminal."""

import logging
import sys

import structlog


def configure(level: str = "INFO") -> None:
    """Set up structlog and the standard library's logging alike. ``level`` is a name such as INFO."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    words = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            words,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=number, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(max(number, logging.WARNING))
