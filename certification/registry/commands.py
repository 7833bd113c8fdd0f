"""Commands of the register: its monthly snapshots, by hand."""

from collections.abc import Callable

import click
from flask import Flask

from certification.core import clock
from certification.core.db import db
from certification.registry import snapshots
from certification.rules.errors import DomainError

MakeApp = Callable[[], Flask]


@click.group(name="register")
def public_register() -> None:
    """The public register."""


@public_register.command()
@click.option("--month", help="One month, as in 2026-05, however old; without it every month that is missing.")
@click.pass_obj
def snapshot(make_app: MakeApp, month: str | None) -> None:
    """Write the register as of the first instant of a month, once and for good. Runs again safely."""
    with make_app().app_context():
        try:
            at = clock.now()
            for one in [month] if month else snapshots.missing(at):
                click.echo(f"{one}: {'made' if snapshots.make(one, at=at) else 'there already'}")
        except DomainError as error:
            raise click.ClickException(str(error)) from error
        finally:
            db.session.remove()
