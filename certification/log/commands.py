"""Commands of the log: keys, the signer that holds them, a change of address, and whether what is stored is whole."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

from certification.core import clock, log
from certification.core.console import MakeApp, at_work
from certification.core.db import db, unit_of_work
from certification.core.settings import Settings
from certification.core.worker import stop_on_signals
from certification.log import fsck, reading, rotating, signer
from certification.log.adopting import Reconciled, reconcile
from certification.log.journal import FILE as RECORD
from certification.log.keys import create_keys, next_kid, public_keys, require_own
from certification.log.listening import SignerThereError
from certification.log.lives import KeyLife, key_lives, present_kid
from certification.log.moving import move
from certification.log.refusals import explained
from certification.outside.sources import Folder, Site, Source
from certification.rules.errors import DomainError
from certification.rules.text import counted


@contextmanager
def _at_work(make_app: MakeApp) -> Iterator[Flask]:
    """An application to work in; a failure of signing says what to do next too."""
    with at_work(make_app) as app:
        try:
            yield app
        except (DomainError, SignerThereError, OSError) as error:
            raise click.ClickException(explained(error)) from error


@contextmanager
def _with_keys(make_app: MakeApp) -> Iterator[Settings]:
    """As :func:`_at_work`, by the user to whom the keys belong."""
    with _at_work(make_app) as app:
        settings: Settings = app.config["SETTINGS"]
        require_own(settings.keys)
        yield settings


@click.group()
def keys() -> None:
    """The keys that sign. With a signer process: as the user that it runs as."""


@keys.command()
@click.pass_obj
def create(make_app: MakeApp) -> None:
    """Make the registry's signing key, once, in a file that only its owner can read."""
    with _with_keys(make_app) as settings:
        made = create_keys(settings.keys, demonstration=settings["DEMONSTRATION"])
    click.echo(f"Made {made.kid}. Keep a copy of {settings.keys} where only you can reach it.")


@keys.command(name="list")
@click.pass_obj
def list_keys(make_app: MakeApp) -> None:
    """Name the keys whose signatures this registry vouches for, with their times and what became of them."""
    with _at_work(make_app) as app:
        settings = app.config["SETTINGS"]
        lives, coming = key_lives(), next_kid(settings.keys)
        present = present_kid(lives)
        for kid in public_keys(settings.keys, demonstration=settings["DEMONSTRATION"]):
            click.echo(f"{kid}  {_state(lives.get(kid), present=kid == present, coming=kid == coming)}")


def _state(life: KeyLife | None, *, present: bool, coming: bool) -> str:
    if life is None:
        return "waits to follow; run `tianguis keys rotate` again" if coming else "not in the public log yet"
    since = f"since {life.begun:%Y-%m-%d %H:%M:%S} UTC"
    if life.compromised is not None:
        return f"compromised from leaf {life.from_index} on, told {life.compromised:%Y-%m-%d %H:%M:%S} UTC ({since})"
    if life.retired is not None:
        return f"retired {life.retired:%Y-%m-%d %H:%M:%S} UTC ({since})"
    return f"signs, {since}" if present else f"signs no more, not retired ({since})"


@keys.command()
@click.pass_obj
def rotate(make_app: MakeApp) -> None:
    """Let a new key sign from now on. What the old one signed goes on verifying. If it is cut short, run it again."""
    with _with_keys(make_app):
        old, new = rotating.rotate(now=clock.now)
    click.echo(f"{new} signs now; {old} is retired, and its private half is gone. Copy the folder of keys again.")


@keys.command()
@click.argument("kid")
@click.pass_obj
def retire(make_app: MakeApp, kid: str) -> None:
    """End a key that is not the one that signs."""
    with _with_keys(make_app):
        rotating.retire(kid, now=clock.now)
    click.echo(f"{kid} is retired. What it signed goes on verifying.")


@keys.command()
@click.argument("kid")
@click.option("--from-index", required=True, type=click.IntRange(0), help="First entry of the log that counts no more.")
@click.pass_obj
def compromised(make_app: MakeApp, kid: str, from_index: int) -> None:
    """Tell that a key fell into other hands: from that entry of the log on, nothing that it signed counts."""
    with _with_keys(make_app):
        present = rotating.compromise(kid, from_index, now=clock.now)
    click.echo(f"{kid} counts no more from entry {from_index} on; {present} signs.")


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
    click.echo(f"{counted(size, 'leaf', 'leaves')}, all in order.")


@public_log.command(name="move")
@click.pass_obj
def move_log(make_app: MakeApp) -> None:
    """Tell the log that the site has the address that ORIGIN names now. Until then nothing is signed there."""
    with _at_work(make_app), unit_of_work():
        before, now = move(at=clock.now())
    click.echo(f"The log tells that {before} is {now} now. Keep {before} answering, and in TRUSTED_HOSTS.")


@click.command(name="signer")
@click.option(
    "--socket", "path", type=click.Path(path_type=Path), help="Where to listen, in place of the path that SIGNER names."
)
@click.option(
    "--begin-record",
    is_flag=True,
    help="Only begin the signer's record, once, for a registry that signed without a signer; then end.",
)
@click.pass_obj
def signer_command(make_app: MakeApp, path: Path | None, *, begin_record: bool) -> None:
    """Hold the key and sign what is recorded, as its own process and user. SIGTERM ends it."""
    with _at_work(make_app) as app:
        settings: Settings = app.config["SETTINGS"]
        require_own(settings.keys)
        log.configure(settings["LOG_LEVEL"])
        if begin_record:
            click.echo(_begun(signer.begin_record(clock.now()), settings))
            return
        listen = path or settings["SIGNER"]
        if not listen:
            raise click.UsageError("The setting SIGNER says where to listen, or --socket.")
        stop = threading.Event()
        stop_on_signals(app, stop)
        signer.serve(app, Path(listen), stop)


def _begun(size: int | None, settings: Settings) -> str:
    if size is None:
        return "This log was never signed: the signer begins its record by itself. Nothing was written; start the signer."
    return (
        f"{settings.keys / RECORD} begins with {counted(size, 'signed entry', 'signed entries')}. From now on the signer signs "
        "only what carries on from its last line. Keep copies of it with the keys, and start the signer."
    )


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
    with at_work(make_app):
        try:
            done = reconcile([_source(one) for one in sources], at=clock.now(), trust_database=trust_database)
        except OSError as error:
            msg = f"The copy of the checkpoint outside could not be written: {error.strerror}. The acts stand; run this again."
            raise click.ClickException(msg) from error
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
        return f"{counted(done.after, 'act')}; nothing was missing."
    lost = done.adopted - done.applied
    return (
        f"{counted(done.adopted, 'act')} taken back: from {done.before} to {done.after}. With records again: {done.applied}; "
        f"with records lost, as their codes say: {lost}."
    )
