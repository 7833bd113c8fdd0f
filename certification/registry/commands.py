"""Commands of the registry: whether everything that it tells is whole."""

import sys
from collections.abc import Callable

import click
from flask import Flask

from certification.core import clock
from certification.core.db import db
from certification.registry import fsck

MakeApp = Callable[[], Flask]


@click.command(name="fsck")
@click.pass_obj
def check_all(make_app: MakeApp) -> None:
    """Check the log, schemes, every certificate and every status list. Changes nothing; ends with 1 and a line for each fault."""
    faults = 0
    with make_app().app_context():
        for fault in fsck.check(clock.now()):
            click.echo(fault)
            faults += 1
        db.session.remove()
    if faults:
        click.echo(f"{faults} faults.", err=True)
        sys.exit(1)
    click.echo("All in order.")
