"""Commands of the registry, gathered from its concepts; the shop's command adds them to its own."""

from pathlib import Path

import click

from certification.core.console import MakeApp, at_work
from certification.log.commands import keys, public_log, signer_command
from certification.log.commands_backup import make_backup, restore_backup
from certification.outside.commands import COMMANDS as OUTSIDE
from certification.outside.monitor_commands import monitor
from certification.outside.witness_commands import witness
from certification.parties.places import bringing
from certification.parties.places.inegi import ADDRESS, Service
from certification.parties.places.storing import Report
from certification.registry.commands import COMMANDS as REGISTRY
from certification.schemes.commands import schemes


@click.group()
def places() -> None:
    """States, municipalities, localities and postal codes."""


@places.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_file(make_app: MakeApp, file: Path) -> None:
    """Read INEGI's downloaded catalogue, or a file in the columns that docs/data.md names. Runs again safely."""
    with at_work(make_app):
        _tell(bringing.import_file(file))


@places.command()
@click.option("--localities", is_flag=True, help="Localities too (long).")
@click.option("--service", default=ADDRESS, show_default=True, help="Address of the catalogue service.")
@click.pass_obj
def update(make_app: MakeApp, localities: bool, service: str) -> None:  # noqa: FBT001 - click passes flags so
    """Bring every state and municipality from INEGI's public catalogue service. Runs again safely."""
    with at_work(make_app):
        _tell(bringing.update(Service(service), with_localities=localities, told=lambda code, _report: click.echo(f"  {code}")))


def _tell(report: Report) -> None:
    for name in ("municipalities", "localities", "postal_codes"):
        tally = getattr(report, name)
        click.echo(f"{name.replace('_', ' ')}: {tally.added} added, {tally.changed} changed, {tally.unchanged} unchanged")


COMMANDS: tuple[click.Command, ...] = (
    keys,
    public_log,
    signer_command,
    make_backup,
    restore_backup,
    places,
    schemes,
    witness,
    monitor,
    *OUTSIDE,
    *REGISTRY,
)
