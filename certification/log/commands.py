"""Commands of the log: the keys that sign, and whether what is stored is whole."""

import sys
from collections.abc import Callable

import click
from flask import Flask

from certification.core.db import db
from certification.log import fsck, reading
from certification.log.keys import KeyProblemError, create_keys, public_keys

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
