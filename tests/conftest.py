"""One application for all tests, a fresh database for each, on the engine that TIANGUIS_TEST_DATABASE names (sqlite, postgresql)."""

import gc
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import db
from certification.core.settings import read_settings
from certification.log.keys import create_keys
from certification.log.lagging import SIGNED
from certification.registry.recorded import KEPT
from marketplace import upkeep  # noqa: F401 - declares what is checked, signed and reconciled by
from marketplace.app import create_app
from marketplace.migrations.schema import newest_version
from marketplace.models import METADATA
from tests.keeping import Kept, begins, watch
from tests.servers import postgres

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
ENGINE = os.environ.get("TIANGUIS_TEST_DATABASE", "sqlite")
SHORT = ENGINE != "sqlite" and not os.environ.get("TIANGUIS_TEST_WHOLE")  # what says the same on either runs once, on SQLite


ONCE = pytest.StashKey[int]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what asks for the database and is about more than HTTP, unless the whole is asked for."""
    if not SHORT:
        return
    kept, left = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        about = "database_url" in getattr(item, "fixturenames", ()) and item.get_closest_marker("http") is None
        (kept if about else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)
    config.stash[ONCE] = len(left)
    if hasattr(config, "workeroutput"):
        config.workeroutput["once"] = len(left)


def pytest_collection_finish() -> None:
    """What was collected stays until the end, so nobody looks through it for garbage any more: a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a process of pytest-xdist left out is said by the one that prints."""
    node.config.stash[ONCE] = getattr(node, "workeroutput", {}).get("once", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left := config.stash.get(ONCE, 0):
        terminalreporter.write_line(f"{left} tests that no database changes were left to the run on SQLite")


class Browser(FlaskClient):
    """A client whose every request has an application context of its own, so that no sign-in leaks from one to the next.

    The test's own session leaves its read transaction first: in memory they share one connection.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    if ENGINE == "sqlite":
        yield "sqlite:///:memory:"
        return
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def shared_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application with a whole, empty schema."""
    settings = read_settings(
        {},
        DATA=str(tmp_path_factory.mktemp("data")),
        DATABASE_URL=database_url,
        SECRET_KEY="tests only: " + "x" * 32,
        ORIGIN="http://localhost",
        PASSKEYS_REQUIRED="no",
    )
    app = create_app(settings, TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Browser
    with app.app_context():
        METADATA.create_all(db.engine)
        with db.engine.begin() as connection:  # as a migrated database says it
            connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(
                text("INSERT INTO alembic_version VALUES (:version) ON CONFLICT DO NOTHING"), {"version": newest_version()}
            )
        create_keys(settings.keys, demonstration=False)
    return app


@pytest.fixture(scope="session")
def pristine(shared_app: Flask) -> Kept:
    """The empty database, to start each test from; commits and triggers stay real."""
    with shared_app.app_context():
        watch(shared_app)
        return Kept()


@pytest.fixture
def app(shared_app: Flask, pristine: Kept, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on an empty database, with no checkpoint beside it."""
    with shared_app.app_context():
        pristine.begin_again()
        begins(shared_app, as_ever="monkeypatch" not in request.fixturenames)  # whoever changes how things are made makes them
    for known in (KEPT, SIGNED):  # of the log that was there before
        shared_app.extensions.pop(known, None)
    yield shared_app
    with shared_app.app_context():
        db.session.remove()


@pytest.fixture(autouse=True)
def stand_still() -> Iterator[datetime]:
    """Every test stands at one instant."""
    with clock.standing_at(NOW):
        yield NOW


@pytest.fixture
def at() -> datetime:
    return NOW


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session inside an application context, for services and queries. Requests push their own (see ``client_of``)."""
    with app.app_context():
        yield db.session()
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


@pytest.fixture
def client_of(app: Flask) -> Callable[[User], FlaskClient]:
    """The browser of somebody who has signed in."""

    def signed_in(user: User) -> FlaskClient:
        browser = app.test_client()
        with browser.session_transaction() as memory:
            memory["_user_id"] = user.get_id()
            memory["_fresh"] = True
        return browser

    return signed_in


@pytest.fixture
def shared_data() -> Path:
    """Real data that may not ship; tests that need it are left out where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not here (see docs/data.md)")
    return folder
