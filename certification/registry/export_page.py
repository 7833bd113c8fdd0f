"""What lies in an export for people: the page that checks in a browser, and the program that checks in Python."""

from collections.abc import Iterator
from pathlib import Path

from flask import current_app

from certification.outside.layout import PROGRAM
from certification.registry.export_program import program


def pages() -> Iterator[tuple[str, bytes]]:
    """Path and content of each file."""
    yield PROGRAM, program(_english())


def _english() -> bytes | None:
    folder = Path(str(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]))
    file = folder / "en" / "LC_MESSAGES" / "messages.mo"
    return file.read_bytes() if file.is_file() else None
