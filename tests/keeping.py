"""A database kept as it stands, to begin again from: what takes long to make is made once in a worker and copied from then on."""

import shutil
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import pysqlite3
from flask import Flask, current_app
from sqlalchemy import Connection, event, text

from certification.core.db import WRITE, db
from certification.log.checkpoints import place
from marketplace.models import METADATA

Made = TypeVar("Made")
# As TRUNCATE … RESTART IDENTITY would leave it, in a tenth of the time: that makes a new file for every table and index.
EMPTIED = "; ".join(
    (
        "SET LOCAL session_replication_role = replica",  # neither foreign keys nor our own triggers have a say
        *(f"DELETE FROM {table.name}" for table in METADATA.sorted_tables),  # noqa: S608 - our own names
        "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
    )
)
READS = ("SELECT", "PRAGMA")
_made: dict[Hashable, tuple["Kept", Any]] = {}
_added: dict[Callable[[], None], "Added"] = {}
_empty: set[Flask] = set()  # whose database is as it was when the test began
_as_ever: set[Flask] = set()  # where nobody changes how things are made


class Kept:
    """The database of the application at hand, and the checkpoint beside it, as they are now."""

    def __init__(self) -> None:
        db.session.rollback()
        self._note = place().read_bytes() if place().exists() else None
        if db.engine.dialect.name == "sqlite":
            self._copy = _memory()
            _driver(lambda connection: connection.backup(self._copy))
        else:
            self._again = _kept_beside()

    def begin_again(self, *, beside: bool = True) -> None:
        """The database as it was, and unless told otherwise what lies beside it; what the session had loaded is forgotten."""
        _forget()
        _empty.discard(_application())
        if beside:
            shutil.rmtree(place().parent, ignore_errors=True)
        if beside and self._note is not None:
            place().parent.mkdir()
            place().write_bytes(self._note)
        if db.engine.dialect.name == "sqlite":
            _driver(self._copy.backup)
        else:
            _run(self._again)


def made_once(make: Callable[..., Made], *asked: Hashable) -> Made:
    """What ``make`` leaves in an empty database when it is ``asked`` so, and what it gives: values, no rows of a session.

    Needs the application's context.
    """
    key = make, *asked
    if key in _made:
        _made[key][0].begin_again()
    else:
        given = make(*asked)
        _forget()
        _made[key] = Kept(), given
    return cast("Made", _made[key][1])


class Added:
    """All rows that there are now, and the checkpoint beside them, to be had again beside others."""

    def __init__(self) -> None:
        db.session.rollback()
        self._note = place().read_bytes()
        names = [table.name for table in METADATA.sorted_tables]
        with db.engine.begin() as connection:
            self._names = [name for name in names if connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {name})"))]  # noqa: S608 - our own names
            if db.engine.dialect.name == "postgresql":
                connection.execute(text("CREATE SCHEMA added"))
            for name in self._names:
                connection.execute(text(f"CREATE TABLE {self._kept(name)} AS SELECT * FROM {name}"))  # noqa: S608 - our own names

    def fit(self) -> bool:
        """Whether nothing stands in their tables."""
        none = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {name})" for name in self._names)  # noqa: S608 - our own names
        return bool(db.session.scalar(text(f"SELECT {none}")))

    def put(self) -> None:
        db.session.rollback()
        place().parent.mkdir(exist_ok=True)
        place().write_bytes(self._note)
        again = [f"INSERT INTO {name} SELECT * FROM {self._kept(name)}" for name in self._names]  # noqa: S608 - our own names
        with db.engine.begin() as connection:
            if db.engine.dialect.name == "postgresql":
                connection.exec_driver_sql("; ".join((*again, *map(_counted_on, self._names))))
            else:
                for statement in again:
                    connection.exec_driver_sql(statement)

    @staticmethod
    def _kept(name: str) -> str:
        return f"added.{name}" if db.engine.dialect.name == "postgresql" else f"temp.added_{name}"


def _counted_on(name: str) -> str:
    """The next number of a table follows those that are there, where it counts them."""
    if "id" not in METADATA.tables[name].c:
        return "SELECT 1"
    return f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"  # noqa: S608 - our own names


def added_once(make: Callable[[], None]) -> None:
    """What ``make`` adds where its tables are empty, beside whatever else there is."""
    if _application() not in _as_ever or db.session().info.get(WRITE):
        make()
    elif make not in _added:
        alone = is_empty()
        make()
        if alone:
            _added[make] = Added()
    elif _added[make].fit():
        _added[make].put()
    else:
        make()


def watch(app: Flask) -> None:
    """Know from now on whether anything was written to the database of ``app``. Needs its context."""

    def listen(_conn: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:  # noqa: FBT001 - the event's
        if not statement.lstrip().upper().startswith(READS):
            _empty.discard(app)

    event.listen(db.engine, "before_cursor_execute", listen)


def begins(app: Flask, *, as_ever: bool) -> None:
    """A test begins with an empty database, which is watched; ``as_ever`` says that it makes things as other tests do."""
    for known in (_empty, _as_ever):
        (known.add if as_ever else known.discard)(app)


def is_empty() -> bool:
    """Whether nothing was written since the test began, nor is about to be: then what :func:`made_once` left can be had instead."""
    return _application() in _empty and not db.session().info.get(WRITE)


def _application() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 - werkzeug's way out of a proxy


def _forget() -> None:
    db.session.rollback()
    db.session.expunge_all()
    current_app.extensions["edge"].forget()  # what it read last under the same codes


def _memory() -> Any:
    return pysqlite3.dbapi2.connect(":memory:", check_same_thread=False)


def _driver(do: Callable[[Any], object]) -> None:
    raw = db.engine.raw_connection()
    do(raw.driver_connection)
    raw.close()


def _kept_beside() -> str:
    """Copies every table that has rows into a schema of its own; the statements that bring all back."""
    with db.engine.begin() as connection:
        count = connection.scalar(text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'kept%'"))
        connection.execute(text(f"CREATE SCHEMA kept{count}"))
        names = [table.name for table in METADATA.sorted_tables]
        filled = [name for name in names if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))]  # noqa: S608 - our own names
        for name in filled:
            connection.execute(text(f"CREATE TABLE kept{count}.{name} AS TABLE public.{name}"))
        numbers = connection.execute(text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")).all()
    again = [f"INSERT INTO {name} SELECT * FROM kept{count}.{name}" for name in filled]  # noqa: S608 - our own names
    counted = [f"SELECT setval('{name}', {last})" for name, last in numbers if last is not None]
    return "; ".join((EMPTIED, *again, *counted))


def _run(statements: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(statements)
