"""The demonstration market, built once, and servers on copies of it.

``WEB_TESTS_MARKET`` may name a folder where the built market is kept and found again. ``python -m tests.web.market`` builds it there.
"""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from certification.core import clock
from certification.core.db import db
from certification.log.keys import create_keys
from marketplace.app import create_app
from marketplace.cli import local_settings, prepare
from marketplace.demonstration.loading import load_demonstration

KEPT = os.environ.get("WEB_TESTS_MARKET")


def prepared_schema(app: Flask) -> None:
    """The whole schema, as the console command makes it."""
    prepare(app, demonstration=True)


def build(folder: Path) -> Path:
    """Fill an empty folder with the fictional market; give it back. Takes a minute or so: it draws."""
    whole = folder / "whole"
    if whole.exists():
        return folder
    app = create_app(local_settings(folder))
    prepared_schema(app)
    with app.app_context():
        create_keys(folder / "keys", demonstration=True)
        load_demonstration(at=clock.now())
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.session.remove()
        db.engine.dispose()
    whole.touch()
    return folder


def copy_of(market: Path, folder: Path) -> Path:
    """A market of one's own; photographs never change, so they are shared."""
    shutil.copytree(market, folder, copy_function=_copy)
    return folder


def _copy(source: str, target: str) -> str:
    if "media" in Path(source).parts:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
    return target


@dataclass(frozen=True)
class Site:
    """A market that is being served."""

    app: Flask
    address: str
    folder: Path

    def ask(self, question: Callable[[], Any]) -> Any:
        """What the database holds now."""
        with self.app.app_context():
            try:
                return question()
            finally:
                db.session.remove()


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug names it so
        pass


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Serve the market in a folder on a free port of this machine, in real time, until the block ends."""
    port = free_port()
    app = create_app(local_settings(folder, port=port))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Site(app, app.config["SETTINGS"]["ORIGIN"], folder)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    build(Path(os.environ["WEB_TESTS_MARKET"]))
