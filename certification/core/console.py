"""What commands say. Those for operators speak English; what the trade refuses is one sentence there."""

import gettext
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app, has_app_context

from certification.core.db import db
from certification.rules.errors import DomainError, Say

CATALOGUES = "tianguis.catalogues"  # where the console command leaves the folder of its translations
MakeApp = Callable[[], Flask]


@contextmanager
def at_work(make_app: MakeApp) -> Iterator[Flask]:
    """An application to work in; what goes wrong in a known way ends the command with a sentence."""
    app = make_app()
    with app.app_context():
        try:
            yield app
        except (DomainError, OSError) as error:
            raise click.ClickException(in_english(error)) from error
        finally:
            db.session.remove()


def in_english(error: Exception) -> str:
    """A failure for the operator: in its own words where it has some, else its sentence in English."""
    if not isinstance(error, DomainError):
        return str(error)
    return error.told or error.said(saying("en"))


def saying(lang: str) -> Say:
    """Sentences in a language; the source's own where there is no catalogue."""
    folder = _catalogues()
    found = gettext.translation("messages", folder, languages=[lang], fallback=True) if folder else gettext.NullTranslations()
    return found.gettext


def _catalogues() -> str | None:
    """The application's, or the command's where it has no application."""
    if has_app_context():
        return str(current_app.config["BABEL_TRANSLATION_DIRECTORIES"])
    command = click.get_current_context(silent=True)
    return command.find_root().meta.get(CATALOGUES) if command else None
