"""The database as the application uses it: one session a request, one transaction a write."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pysqlite3
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine, ExceptionContext, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from certification.core.orm import Base

SAFE_SQLITE = (3, 51, 3)  # older ones can corrupt a WAL database with two writers
BUSY_TIMEOUT_MS = 5_000  # and once more on a new connection
WRITE = "tianguis_write"
CHECKPOINT_PAGES = 4_000  # of the write-ahead log, 16 MB: bringing it home waits for the disk twice, and writes each page once
NEVER_HEALS = (
    "readonly database",  # what can't be opened for writing, as on a full disk, SQLite opens for reading, and stays with that
    "disk I/O error",  # a lock that could not be let go stays with its connection
    "database is locked",  # the same, where nobody was told of it
)

db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": True})


class UnsafeDatabaseError(RuntimeError):
    """The SQLite library at hand is known to lose data."""


def engine_options(url: str) -> dict[str, Any]:
    """Arguments of ``create_engine`` for the database that ``url`` names."""
    quiet = {"hide_parameters": True}  # they hold addresses, digests and what people wrote, and errors end in the log
    if make_url(url).get_backend_name() != "sqlite":
        return quiet | {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 8, "pool_recycle": 1800}
    if pysqlite3.sqlite_version_info < SAFE_SQLITE:
        msg = f"SQLite {pysqlite3.sqlite_version} can lose data in WAL mode; 3.51.3 or newer is needed (pysqlite3>=0.6.1)."
        raise UnsafeDatabaseError(msg)
    return quiet | {"module": pysqlite3.dbapi2}


def prepare(engine: Engine) -> None:
    """Give an engine the house's transactions; call once, before its first connection."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begin)
        event.listen(engine, "handle_error", _let_go_of_what_never_heals)


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")  # NORMAL lost acknowledged rows on power loss
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _let_go_of_what_never_heals(failure: ExceptionContext) -> None:
    """A new connection starts afresh after one of :data:`NEVER_HEALS`."""
    if any(said in str(failure.original_exception) for said in NEVER_HEALS):
        failure.is_disconnect = True


def begin_write(session: Session) -> None:
    """Leave the read transaction and take the write lock; what was loaded is read anew when next touched.

    Raises:
        RuntimeError: when there are changes that nobody asked to save.

    """
    if session.new or session.dirty or session.deleted:
        msg = "changes were made outside unit_of_work()"
        raise RuntimeError(msg)
    session.rollback()
    session.expire_all()
    try:
        session.connection(execution_options={WRITE: True})
    except OperationalError:  # of a connection that never heals, the next one is another
        session.rollback()
        session.connection(execution_options={WRITE: True})
    session.info[WRITE] = True


@contextmanager
def unit_of_work(session: Session | None = None) -> Iterator[Session]:
    """One write, whole or not at all; what was asked with :func:`after_commit` runs once it is durable.

    Raises:
        RuntimeError: when one is already under way.

    """
    session = session or db.session()
    if session.info.get(WRITE):
        msg = "a unit of work is already under way"
        raise RuntimeError(msg)
    begin_write(session)
    wishes: dict[object, Callable[[], None]] = {}
    last: dict[object, Callable[[], None]] = {}
    session.info["after_commit"], session.info["before_commit"] = wishes, last
    try:
        yield session
        for step in list(last.values()):
            step()
        session.commit()
    except BaseException:
        session.rollback()
        wishes.clear()
        raise
    finally:
        session.info.pop(WRITE, None)
        session.info.pop("after_commit", None)
        session.info.pop("before_commit", None)
    _fulfil(wishes.values())


def _fulfil(wishes: Iterable[Callable[[], None]]) -> None:
    """Every wish has its turn, whatever becomes of another; then the first failure is told."""
    failed: Exception | None = None
    for wish in wishes:
        try:
            wish()
        except Exception as error:  # noqa: BLE001 - what was committed stands, and the others must hear of it
            failed = failed or error
    if failed is not None:
        raise failed


@contextmanager
def one_moment() -> Iterator[Session]:
    """A read transaction that sees the database as it was at its first read, however long it takes and whoever writes."""
    session = db.session()
    session.rollback()
    whole = {} if db.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    session.connection(execution_options=whole)
    try:
        yield session
    finally:
        session.rollback()


def writing(session: Session | None = None) -> Session:
    """The session of the unit of work under way; services add to it.

    Raises:
        RuntimeError: outside a unit of work.

    """
    session = session or db.session()
    if not session.info.get(WRITE):
        msg = "this needs a unit_of_work()"
        raise RuntimeError(msg)
    return session


def hold(thing: Base) -> None:
    """Read a row anew and keep others from changing it until the unit of work ends."""
    session = writing()
    session.flush()  # refresh would forget what an earlier step of the same unit of work changed
    session.refresh(thing, with_for_update={"of": type(thing)})  # what was loaded beside it by an outer join cannot be held


def after_commit(wish: Callable[[], None], *, key: object = None) -> None:
    """Run ``wish`` once the unit of work under way is durable; never when it fails. Of one ``key`` only the last wish runs."""
    writing().info["after_commit"][object() if key is None else key] = wish


def before_commit(step: Callable[[], None], *, key: object) -> None:
    """Do ``step`` as the last thing in the unit of work under way, and part of it. Of one ``key`` only the last step is done."""
    writing().info["before_commit"][key] = step


def init_app(app: Flask) -> None:
    """Tie the database to an application whose ``SQLALCHEMY_DATABASE_URI`` is set."""
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
