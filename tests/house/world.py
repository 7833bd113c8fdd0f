"""A small world with two of everything: one side whose people are tried, and another that is none of their business.

Everyone in ``ROLES`` stands in some relation to the *own* side; the *other* side belongs to ``rival`` and is judged under
another scheme. The world is put back as it was after every request that wrote something.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask
from sqlalchemy import create_engine, event, text
from werkzeug.test import TestResponse

from certification.core.db import db
from certification.core.settings import read_settings
from certification.log.keys import create_keys
from marketplace.app import create_app
from marketplace.migrations.schema import newest_version
from marketplace.models import METADATA
from tests.conftest import NOW, Browser
from tests.keeping import Kept

SIDES = ("own", "other")
ROLES = {
    "visitor": "has no account",
    "buyer": "has an account and nothing else",
    "admin": "administers the workshop",
    "catalogue": "keeps the workshop's catalogue",
    "payments": "keeps the workshop's money",
    "reader": "belongs to the workshop and only reads",
    "former": "administered the workshop, and had its mandate as a promoter, until they left",
    "coop": "administers the cooperative that has the workshop's mandate",
    "coop_reader": "only reads in that cooperative",
    "promoter": "promoter with the workshop's mandate",
    "promoter_idle": "promoter without a mandate",
    "rival": "administers another workshop",
    "evaluator": "evaluates the workshop's cases and declared no tie",
    "evaluator_idle": "evaluates for the scheme, not these cases",
    "tied": "was assigned to these cases and is tied to the workshop",
    "recused": "was assigned and stepped aside",
    "decider": "sits on the scheme's committee",
    "decider_tied": "sits there and is tied to the workshop",
    "decider_evaluated": "sits there and evaluated these cases",
    "decider_elsewhere": "sits on the committee of the other scheme",
    "owner": "owns the scheme",
    "vetter": "vets who may speak for a party",
    "operator": "runs the instance",
}
Params = dict[str, Any]
Thing = Callable[[str], Params]


@dataclass
class World:
    """``things[name][side]`` gives the address parts of a thing as one role would try it."""

    app: Flask
    users: dict[str, tuple[int, str]] = field(default_factory=dict)  # row id and what a session remembers
    things: dict[str, dict[str, Thing]] = field(default_factory=dict)
    rows: dict[str, dict[str, range]] = field(default_factory=dict)  # side → table → ids that were made for it
    written: list[str] = field(default_factory=list)
    _kept: Any = None
    _cookies: dict[tuple[str, bool], str] = field(default_factory=dict)

    def add(self, name: str, side: str, **params: Any) -> None:
        self.things.setdefault(name, {})[side] = lambda _role: params

    def path(self, route: str, name: str, side: str, role: str) -> str:
        """The address of a thing under a route."""
        params = self.things[name][side](role) if name else {}
        return re.sub(r"<(?:[^<>:]+:)?([a-z_]+)>", lambda part: quote(str(params[part[1]])), route)

    def cookie(self, role: str, *, strong: bool = True) -> str:
        """The session of somebody who signed in just now, with a passkey unless told otherwise."""
        if role not in self.users:
            return ""
        since = int(NOW.timestamp())
        memory = {"_user_id": self.users[role][1], "_fresh": True, "sid": f"sid-{role}", "since": since, "proved": since}
        if (role, strong) in self._cookies:
            return self._cookies[role, strong]
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]  # Flask's own kind
        made = f"tianguis={signer.dumps(memory | ({'strong': True} if strong else {}))}"
        self._cookies[role, strong] = made
        return made

    def ask(self, role: str, method: str, path: str, *, strong: bool = True, **given: Any) -> TestResponse:
        """One request by one role. ``written`` then holds the statements that changed something."""
        self.written.clear()
        headers = {"Cookie": self.cookie(role, strong=strong)} | given.pop("headers", {})
        return self.app.test_client(use_cookies=False).open(path, method=method, headers=headers, buffered=True, **given)

    def keep(self) -> None:
        """Remember the database as it is now, and the checkpoint beside it."""
        with self.app.app_context():
            self._kept = Kept()
        self.written.clear()

    def restore(self) -> None:
        """Put back what the last request changed."""
        if not self.written:
            return
        with self.app.app_context():
            self._kept.begin_again()
        self.written.clear()

    @staticmethod
    def _run(statement: str) -> None:
        with db.engine.begin() as connection:
            connection.execute(text(statement))


@contextmanager
def build(database_url: str, folder: Path, populate: Callable[["World"], None], **config: object) -> Iterator[World]:
    """A whole application of its own with the world in it."""
    settings = read_settings(
        {},
        DATA=str(folder),
        DATABASE_URL=_own_database(database_url),
        SECRET_KEY="tests only: " + "w" * 32,
        ORIGIN="http://localhost",
        PASSKEYS_REQUIRED="yes",
    )
    app = create_app(settings, **({"TESTING": True, "WTF_CSRF_ENABLED": False} | config))
    app.test_client_class = Browser
    world = World(app)
    with app.app_context():
        METADATA.create_all(db.engine)
        world._run(
            "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
        )  # as migrations say it
        world._run(f"INSERT INTO alembic_version VALUES ('{newest_version()}') ON CONFLICT DO NOTHING")  # noqa: S608 - the name of our own file
        create_keys(settings.keys, demonstration=False)
        populate(world)
        event.listen(db.engine, "before_cursor_execute", lambda *given: _note(world, given[2]))
        db.session.remove()
    world.keep()
    yield world
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _own_database(url: str) -> str:
    if not url.startswith("postgresql"):
        return url
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"world{sha256(str(id(server)).encode()).hexdigest()[:12]}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    return url.replace("/postgres?", f"/{name}?")


def _note(world: World, statement: str) -> None:
    if statement.lstrip().split(" ", 1)[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
        world.written.append(statement)
