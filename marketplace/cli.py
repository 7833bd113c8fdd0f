"""The console command ``tianguis``."""

import os
import secrets
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.serving import make_server

from certification import cli as registry
from certification.accounts.roles import create_operator
from certification.core import clock, instance, log
from certification.core.console import CATALOGUES, MakeApp, at_work
from certification.core.db import UnsafeDatabaseError, db, unit_of_work
from certification.core.instance import WrongInstanceError
from certification.core.settings import TABLE, SettingError, Settings, read_settings
from certification.core.worker import stop_on_signals, work
from certification.log.appending import sign_what_stands
from certification.log.commands import create as create_key
from certification.log.commands_backup import make_backup, restore_backup
from certification.log.keys import PRIVATE, create_keys
from certification.log.refusals import explained
from certification.registry.tending import complete_credentials, has_waiting, renew_lists
from certification.rules.errors import CannotSign, LogConflict, NotConfirmed
from marketplace import upkeep  # noqa: F401 - declares what is checked, signed and reconciled by
from marketplace.app import create_app
from marketplace.chores import tasks
from marketplace.demonstration.loading import accounts, accounts_json, load_demonstration
from marketplace.demonstration.people import PASSWORD
from marketplace.migrations.schema import SchemaError, current, require_current
from marketplace.migrations.upgrade import upgrade
from marketplace.serving import real_app

LOCAL = "127.0.0.1"
KNOWN = (SettingError, WrongInstanceError, UnsafeDatabaseError, SchemaError, CannotSign, NotConfirmed, LogConflict)
ANY_SCHEMA = (create_key, make_backup, restore_backup)  # these come before `upgrade` too: in docs/deploy.md


class Plain(click.Group):
    """Commands that end in one sentence and with 2, not in a traceback, whatever of the known goes wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KNOWN as error:
            sentence = explained(error)
        except OperationalError as error:
            sentence = f"The database does not answer: {str(error.orig).strip()}"
        click.echo(f"tianguis: {sentence}", err=True)
        sys.exit(2)


@click.group(cls=Plain, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tianguis")
@click.pass_context
def main(context: click.Context) -> None:
    """Tianguis: a marketplace and certification registry for local products.

    Settings come from the environment (TIANGUIS_…) or from the TOML file that TIANGUIS_CONFIG names;
    `tianguis settings` explains each of them.
    """
    context.obj = configured_app
    context.meta[CATALOGUES] = str(Path(__file__).parent / "translations")


def configured_app() -> Flask:
    """The application as the settings of the environment have it, on a database that its code works with.

    What is wrong with either ends the command with a sentence.
    """
    app = create_app(read_settings())
    if click.get_current_context().command not in ANY_SCHEMA:
        with app.app_context():
            require_current(db.engine)
    return app


_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    show_default="that of the settings",
    help="Folder for everything this market keeps.",
)


@main.command()
@click.option("--host", default=LOCAL, show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@_data
@click.option("--empty", is_flag=True, help="Start an empty demonstration instead of the fictional market.")
def run(host: str, port: int, data: Path | None, empty: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Open a demonstration market on this machine.

    Uses SQLite inside the data folder. An empty folder is filled with a fictional market, and who may sign in is printed.
    """
    settings = local_settings(data or read_settings().data, host, port)
    log.configure(settings["LOG_LEVEL"])
    app = create_app(settings)
    prepare(app, demonstration=True)
    if not empty:
        _fill(app)
    _open(app, host, port)


def local_settings(data: Path, host: str = LOCAL, port: int = 5000) -> Settings:
    """Settings of a demonstration on this machine, with a secret of its own in the data folder."""
    data.mkdir(parents=True, exist_ok=True)
    secret = data / "secret"
    if not secret.exists():
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR), "w") as file:
            file.write(secrets.token_urlsafe(48))
    given = {
        "DATA": str(data),
        "DEMONSTRATION": "yes",
        "SECRET_KEY": secret.read_text(encoding="ascii"),
        "PASSKEYS_REQUIRED": "no",
    }
    if "TIANGUIS_ORIGIN" not in os.environ:
        given["ORIGIN"] = f"http://{'localhost' if host == LOCAL else host}:{port}"  # browsers make no passkeys for a number
    if "TIANGUIS_TRUSTED_HOSTS" not in os.environ:
        given["TRUSTED_HOSTS"] = f"{host},localhost,{LOCAL}"
    return read_settings(**given)


def prepare(app: Flask, *, demonstration: bool) -> None:
    """Migrate the database, settle what the instance is, and sign a log that was filled before there was a key."""
    with app.app_context():
        instance.require(demonstration=demonstration)  # before a step is taken on what is another's
        db.session.remove()
        upgrade(db.engine)
        with unit_of_work():
            instance.settle(demonstration=demonstration)
        try:
            with unit_of_work():
                sign_what_stands(at=clock.now())
        except NotConfirmed as error:  # the signer may start later
            click.echo(f"The log waits to be signed: {explained(error)}", err=True)
        _tend()
        db.session.remove()


def _tend() -> None:
    """Certificates issued before credentials get theirs here, for only now is there a key; else the worker does it later."""
    try:
        complete_credentials(clock.now())
        renew_lists(clock.now())
    except LogConflict as error:
        click.echo(f"Nothing is signed: {explained(error)}", err=True)
    except (CannotSign, NotConfirmed) as error:
        if has_waiting():
            click.echo(f"Credentials wait to be signed: {explained(error)}", err=True)


def _fill(app: Flask) -> None:
    """Load the fictional market into an empty demonstration, and tell who may sign in."""
    with app.app_context():
        folder = app.config["SETTINGS"].keys
        if not (folder / PRIVATE).exists():
            create_keys(folder, demonstration=True)
        load_demonstration(at=clock.now(), told=_progress)
        _tell_accounts()
        db.session.remove()


def _progress(done: int, of: int) -> None:
    """One line that grows at a terminal; in a log, one at the beginning and one at the end."""
    if sys.stdout.isatty():
        click.echo(f"\r  Drawing the fictional market, this once: {done} of {of}", nl=done == of)
    elif done in (1, of):
        click.echo(f"  Drawing the fictional market, this once: {done} of {of}")


def _tell_accounts() -> None:
    click.echo(f"\n  Who may sign in (password of all: {PASSWORD}):\n")
    for account in accounts():
        click.echo(f"  {account.sign_in:44} {account.name:28} {', '.join(account.roles)}")


def _open(app: Flask, host: str, port: int) -> None:
    server = make_server(host, port, app, threaded=True)
    stop = threading.Event()
    chores = threading.Thread(target=work, args=(app, tasks(app), stop), daemon=True)
    chores.start()
    click.echo(f"\n  {app.config['SETTINGS']['NAME']}: {app.config['SETTINGS']['ORIGIN']}   (Ctrl+C ends it)\n")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("")
    finally:
        stop.set()
        server.server_close()


@main.command()
@click.option("--host", default=LOCAL, show_default=True, help="Address to listen on, behind your proxy.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64), help="Threads in each process.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve a real registry (granian).

    Refuses default secrets, plain http addresses and demonstration data. Run `tianguis upgrade` first.
    """
    real_app()
    from granian import Granian  # noqa: PLC0415 - the server is only needed here, and heavy
    from granian.constants import Interfaces  # noqa: PLC0415 - with it

    Granian(
        "marketplace.wsgi:app", address=host, port=port, interface=Interfaces.WSGI, workers=workers, blocking_threads=threads
    ).serve()


@main.command()
def worker() -> None:
    """Deliver mail and do what time asks for, beside `serve`. SIGTERM ends it after the mail at hand."""
    settings = read_settings()
    log.configure(settings["LOG_LEVEL"])
    app, stop = create_app(settings), threading.Event()
    with app.app_context():
        require_current(db.engine)
    stop_on_signals(app, stop)
    work(app, tasks(app), stop)


@main.command(name="upgrade")
def upgrade_command() -> None:
    """Bring the database to this version's schema, whole or not at all."""
    settings = read_settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    app = create_app(settings)
    prepare(app, demonstration=settings["DEMONSTRATION"])
    with app.app_context():
        click.echo(f"The database is at {current(db.engine)}.")


@main.command(name="settings")
def settings_command() -> None:
    """Explain every setting and show its default."""
    for row in TABLE:
        click.echo(f"TIANGUIS_{row.name}\n    {row.sentence}" + (f"\n    Default: {row.default}" if row.default else ""))


@main.group()
def demo() -> None:
    """The fictional market of a demonstration."""


@demo.command(name="accounts")
@_data
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def demo_accounts(data: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List again who may sign in."""
    data = data or read_settings().data
    if not data.exists():
        raise click.ClickException(f"There is no folder {data}: `tianguis run` makes one, --data names another.")
    with create_app(local_settings(data)).app_context():
        require_current(db.engine, remedy="tianguis run")
        if as_json:
            click.echo(accounts_json())
        else:
            _tell_accounts()
        db.session.remove()


@main.group()
def admin() -> None:
    """Start and mend an instance from its console."""


@admin.command(name="create")
@click.option("--name", prompt=True, help="Name of the person.")
@click.option("--email", prompt=True, help="Their mail address.")
@click.pass_obj
def create_admin(make_app: MakeApp, name: str, email: str) -> None:
    """Make an operator: who runs the instance, appoints scheme owners and committees, and grants nothing."""
    with at_work(make_app), unit_of_work():
        _user, code = create_operator(name, email, at=clock.now())
    click.echo(
        f"{name} is an operator now." + (f" To choose how to sign in, open /account/code and type: {code}" if code else "")
    )


for command in registry.COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
