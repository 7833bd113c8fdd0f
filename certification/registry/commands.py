"""Commands of the registry: whether all that it tells is whole, the static export, and snapshots of the register by hand."""

import sys
from pathlib import Path

import click

from certification.core import clock
from certification.core.console import MakeApp, at_work
from certification.outside.alone import whole
from certification.registry import fsck, snapshots
from certification.registry.exporting import export
from certification.rules.text import counted

EVERY = 1_000


@click.command(name="fsck")
@click.pass_obj
def check_all(make_app: MakeApp) -> None:
    """Check file, log, schemes, every certificate and status list. Changes nothing; ends with 1 and a line for each fault."""
    faults = 0
    with at_work(make_app):
        for fault in fsck.check(clock.now()):
            click.echo(fault)
            faults += 1
    if faults:
        click.echo(f"{counted(faults, 'fault')}.", err=True)
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
    with at_work(make_app):
        done = export(folder, at=clock.now(), full=full, told=_told)
    certificates, acts = counted(done.certificates, "certificate"), counted(done.size, "act")
    click.echo(f"{certificates}, {acts}; {counted(done.written, 'file')} written.")


def _told(done: int) -> None:
    if done % EVERY == 0:
        click.echo(f"  {done} certificates", err=True)


@click.group(name="register")
def public_register() -> None:
    """The public register."""


@public_register.command()
@click.option("--month", help="One month, as in 2026-05, however old; without it every month that is missing.")
@click.pass_obj
def snapshot(make_app: MakeApp, month: str | None) -> None:
    """Write the register as of the first instant of a month, once and for good. Runs again safely."""
    with at_work(make_app):
        at = clock.now()
        for one in [month] if month else snapshots.missing(at):
            click.echo(f"{one}: {'made' if snapshots.make(one, at=at) else 'there already'}")


COMMANDS: tuple[click.Command, ...] = (check_all, export_command, public_register)
