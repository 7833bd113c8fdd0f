"""Commands that make, check and put back backups, each safe while the site serves."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from certification.core import clock
from certification.core.db import db
from certification.log import backup, restoring
from certification.log.backup import BackupError, Manifest
from certification.log.checkpoints import require_carried_on
from certification.log.keys import KeyProblemError
from certification.log.reading import head
from certification.rules.errors import LogConflict
from certification.rules.text import counted

MakeApp = Callable[[], Flask]
A_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(name="backup")
@click.argument("folder", type=A_FOLDER)
@click.option("--with-keys", is_flag=True, help="The signing key too: whoever reads the folder can forge.")
@click.option("--check", is_flag=True, help="Make nothing: check the backup in the folder against its manifest.")
@click.pass_obj
def make_backup(make_app: MakeApp, folder: Path, with_keys: bool, check: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Copy database and stored files into an empty FOLDER, with a manifest. Safe while the site serves."""
    try:
        made, faults = backup.check_backup(folder) if check else _made(make_app(), folder, with_keys=with_keys)
    except (BackupError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(_told(made))
    if faults:
        sys.exit(1)


def _made(app: Flask, folder: Path, *, with_keys: bool) -> tuple[Manifest, list[str]]:
    with app.app_context():
        try:
            settings = app.config["SETTINGS"]
            keys = settings.keys if with_keys else None
            return backup.back_up(db.engine, settings.data, folder, at=clock.now(), keys=keys)
        except DBAPIError as error:
            msg = f"The database can't be copied: {str(error.orig).strip()}"
            raise BackupError(msg) from error
        finally:
            db.session.remove()


@click.command(name="restore")
@click.argument("folder", type=A_FOLDER)
@click.option("--replace", is_flag=True, help="Put it in the place of a database that holds something.")
@click.pass_obj
def restore_backup(make_app: MakeApp, folder: Path, replace: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Put the backup in FOLDER in place, verified first and whole or not at all. Safe while the site serves.

    The checkpoint outside the database is left alone: where it is ahead, nothing is signed until `tianguis log reconcile`.
    """
    app = make_app()
    settings = app.config["SETTINGS"]
    settings.data.mkdir(parents=True, exist_ok=True)
    with app.app_context():
        try:
            kind = bool(settings["DEMONSTRATION"])
            done = restoring.restore(db.engine, settings.data, folder, demonstration=kind, replace=replace, keys=settings.keys)
            stands = _stands()
        except (BackupError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            msg = f"The database does not answer: {str(error.orig).strip()}"
            raise click.ClickException(msg) from error
        finally:
            db.session.remove()
    click.echo(_told(done.manifest))
    if done.keys:
        click.echo("Its keys were put in place too.")
    click.echo(stands)


def _stands() -> str:
    """What to do next, by how the database stands to the checkpoint outside of it."""
    try:
        require_carried_on(head())
    except LogConflict as error:
        first = "" if error.code == "log_behind" else "put log/checkpoint back where you have a copy, "
        return f"Nothing is signed for now ({error.code}). Next: {first}tianguis upgrade, tianguis log reconcile --from ADDRESS"
    except (KeyProblemError, SQLAlchemyError):
        return "Next: put the keys in place, then tianguis upgrade, then tianguis log fsck"
    return "It carries on from the last checkpoint. Next: tianguis upgrade"


def _told(made: Manifest) -> str:
    return (
        f"Backup of {made.made_at}: {counted(len(made.files), 'file')}, {counted(made.log_size, 'act')}, schema {made.schema}, "
        f"{'with' if made.with_keys else 'without'} keys."
    )
