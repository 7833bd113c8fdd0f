"""Commands of the log: the keys that sign, and whether what is stored is whole."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask

from certification.core import clock
from certification.core.db import db
from certification.log import fsck, reading
from certification.log.adopting import Reconciled, reconcile
from certification.log.keys import KeyProblemError, create_keys, public_keys
from certification.outside.sources import Folder, Site, Source
from certification.rules.errors import DomainError

MakeApp = Callable[[], Flask]


@click.group()
def keys() -> None:
    """The key that signs certificates."""


@keys.command()
@click.pass_obj
def create(make_app: MakeApp) -> None:
    """Make the registry's signing key, once, in a file that only its owner can read."""
    settings = make_app().config["SETTINGS"]
    try:
        made = create_keys(settings.data, demonstration=settings["DEMONSTRATION"])
    except KeyProblemError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Made {made.kid}. Keep a copy of {settings.data / 'keys'} where only you can reach it.")


@keys.command(name="list")
@click.pass_obj
def list_keys(make_app: MakeApp) -> None:
    """Name the keys whose signatures this registry vouches for."""
    settings = make_app().config["SETTINGS"]
    try:
        for kid in public_keys(settings.data, demonstration=settings["DEMONSTRATION"]):
            click.echo(kid)
    except KeyProblemError as error:
        raise click.ClickException(str(error)) from error


@click.group(name="log")
def public_log() -> None:
    """The public log of acts."""


@public_log.command(name="fsck")
@click.pass_obj
def check_log(make_app: MakeApp) -> None:
    """Recompute the whole log and hold it against what is recorded. Changes nothing; ends with 1 when something is wrong."""
    with make_app().app_context():
        faults = fsck.check()
        size = reading.head().size
        db.session.remove()
    for fault in faults:
        click.echo(fault)
    if faults:
        sys.exit(1)
    click.echo(f"{size} leaves, all in order.")


@public_log.command(name="reconcile")
@click.option("--from", "sources", multiple=True, required=True, metavar="URL|FOLDER", help="Where the log is published.")
@click.option("--trust-database", is_flag=True, help="The copy outside is gone or damaged: believe what a source confirms.")
@click.pass_obj
def reconcile_log(
    make_app: MakeApp,
    sources: tuple[str, ...],
    trust_database: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Bring a restored registry forward from the published tiles. Signs no checkpoint; runs again safely."""
    with make_app().app_context():
        try:
            done = reconcile([_source(one) for one in sources], at=clock.now(), trust_database=trust_database)
        except (DomainError, KeyProblemError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            msg = f"The copy of the checkpoint outside could not be written: {error.strerror}. The acts stand; run this again."
            raise click.ClickException(msg) from error
        finally:
            db.session.remove()
    if trust_database:
        click.echo(
            "TRUSTED: the database. Whatever was signed after it, and no source knows, is lost to this registry.", err=True
        )
    click.echo(_told(done))


def _source(text: str) -> Source:
    if "://" in text:
        return Site(text)
    folder = Path(text)
    if not folder.is_dir():
        msg = f"{text} is neither a folder nor an address like https://example.org"
        raise click.ClickException(msg)
    return Folder(folder)


def _told(done: Reconciled) -> str:
    if not done.adopted:
        return f"{done.after} acts; nothing was missing."
    lost = done.adopted - done.applied
    return (
        f"{done.adopted} acts taken back: from {done.before} to {done.after}. {done.applied} have their records again; "
        f"of {lost} the records are lost, and their codes say so."
    )
