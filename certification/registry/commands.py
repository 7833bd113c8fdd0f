"""Commands of the registry: whether everything that it tells is whole, and the static export with its checker."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask

from certification.core import clock
from certification.core.db import db
from certification.log.keys import KeyProblemError
from certification.outside.alone import whole
from certification.registry import fsck
from certification.registry.exporting import export
from certification.rules.errors import DomainError

MakeApp = Callable[[], Flask]
EVERY = 1_000


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


@click.command(name="export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--full", is_flag=True, help="Look at every certificate again, not only at those with an act since.")
@click.option("--check", is_flag=True, help="Write nothing: check everything in the folder, from the folder alone.")
@click.pass_obj
def export_command(make_app: MakeApp, folder: Path, *, full: bool, check: bool) -> None:
    """Bring a static FOLDER up to date that verifies every certificate without this registry. Runs again safely."""
    if check:
        sys.exit(whole(folder, clock.now()))
    with make_app().app_context():
        try:
            done = export(folder, at=clock.now(), full=full, told=_told)
        except (DomainError, KeyProblemError, OSError) as error:
            raise click.ClickException(str(error)) from error
        finally:
            db.session.remove()
    click.echo(f"{done.certificates} certificates, {done.size} acts; {done.written} files written.")


def _told(done: int) -> None:
    if done % EVERY == 0:
        click.echo(f"  {done} certificates", err=True)


COMMANDS: tuple[click.Command, ...] = (check_all, export_command)
