"""``tianguis witness``: keep an eye on other people's logs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from certification.outside.witness import Witness, WitnessError, create
from certification.outside.witness_server import WitnessServer


@contextmanager
def plain_failures() -> Iterator[None]:
    """A known failure is one sentence and exit code 2."""
    try:
        yield
    except (WitnessError, OSError) as error:
        click.echo(f"tianguis: {error}", err=True)
        sys.exit(2)


@click.group(invoke_without_command=True)
@click.option(
    "--folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where it keeps its key and what it saw."
)
@click.option("--listen", default="127.0.0.1:7380", show_default=True, help="Address and port to listen on, behind your proxy.")
@click.pass_context
def witness(context: click.Context, folder: Path, listen: str) -> None:
    """Cosign the logs of registries, so that none can show two pasts (C2SP tlog-witness).

    Without a further word it serves. Begin with `create NAME`, then `add-log VKEY`.
    """
    context.obj = folder
    if context.invoked_subcommand is None:
        host, colon, port = listen.rpartition(":")
        if not colon or not port.isdigit():
            raise click.UsageError("--listen takes address and port, as in 127.0.0.1:7380")
        with plain_failures():
            _serve(Witness(folder), host.strip("[]"), int(port))


@witness.command(name="create")
@click.argument("name")
@click.pass_obj
def create_key(folder: Path, name: str) -> None:
    """Make the witness's key, once; NAME is what it calls itself, best host and path without https://."""
    with plain_failures():
        click.echo(create(folder, name).vkey.text)


@witness.command()
@click.pass_obj
def vkey(folder: Path) -> None:
    """Print the key that verifies its cosignatures."""
    with plain_failures():
        click.echo(Witness(folder).vkey.text)


@witness.command(name="add-log")
@click.argument("vkey")
@click.pass_obj
def add_log(folder: Path, vkey: str) -> None:
    """Follow a log by its VKEY, or take a further key of it. A witness that serves needs no restart."""
    with plain_failures():
        click.echo(f"Follows {Witness(folder).add_log(vkey).name}.")


@witness.command(name="drop-key")
@click.argument("vkey")
@click.pass_obj
def drop_key(folder: Path, vkey: str) -> None:
    """Believe a log's key no more, as after a compromise. What was seen stays."""
    with plain_failures():
        Witness(folder).drop_key(vkey)
    click.echo("Dropped.")


def _serve(served: Witness, host: str, port: int) -> None:
    with WitnessServer((host, port), served) as server:
        click.echo(f"{served.name} listens on {host}:{server.server_address[1]}. {served.vkey.text}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("")
