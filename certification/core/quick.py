"""One SELECT, compiled once and run straight on the driver: for pages whose cost is promised."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from threading import local
from typing import Any

from sqlalchemy import CompoundSelect, Dialect, Engine, LargeBinary, Select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.types import TypeEngine

from certification.core.orm import AnyJson, Instant

IN_MEMORY = (None, "", ":memory:")
MAPPED = 8 << 30  # bytes of the file that are read in place; asking the system for each page is most of what grows with the file


class _Threads(local):
    def __init__(self) -> None:
        self.kept: dict[Engine, Any] = {}


_threads = _Threads()
Processor = Callable[[Any], Any] | None
DECODE = json.JSONDecoder().raw_decode


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Processor:
    if isinstance(kind, LargeBinary) and dialect.name == "sqlite":
        return None  # the driver gives bytes
    if isinstance(kind, AnyJson) and dialect.name == "sqlite":
        return _json
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return _instant
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> Processor:
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return _stored
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _stored(at: datetime | None) -> str | None:
    """An instant as our own type stores it; a naive one is refused."""
    if at is None:
        return None
    if at.tzinfo is None:
        msg = f"an instant needs its zone: {at!r}"
        raise ValueError(msg)
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _json(text: str) -> Any:
    """What our own encoder wrote: nothing stands before or after it, so nothing is looked for there."""
    return DECODE(text)[0]


def _instant(text: str) -> datetime:
    """As our own type stored it: in UTC, without saying so."""
    return datetime.fromisoformat(f"{text}+00:00")


class UnreachableError(RuntimeError):
    """The database gave no answer."""


class connected:  # noqa: N801 - used as a verb: ``with connected(engine) as connection``
    """A driver's connection for several statements: from the pool, or, for a SQLite file, one that the thread keeps.

    Asking the pool costs as much as a statement; a SQLite connection that only reads holds nothing between two of them.
    """

    __slots__ = ("_engine", "_pooled")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled: Any = None

    def __enter__(self) -> Any:
        found = _threads.kept.get(self._engine)
        if found is not None:
            return found
        connection: Any = self._engine.raw_connection()
        if self._engine.dialect.name == "sqlite" and self._engine.url.database not in IN_MEMORY:
            connection.detach()
            connection = connection.dbapi_connection
            connection.execute(f"PRAGMA mmap_size={MAPPED}")
            _threads.kept[self._engine] = connection
        else:
            self._pooled = connection
        return connection

    def __exit__(self, kind: type[BaseException] | None, _error: object, _traceback: object) -> None:
        if self._pooled is not None:
            self._pooled.close()
        elif kind is not None:
            _threads.kept.pop(self._engine, None)


class at_one_moment(connected):  # noqa: N801 - used as ``connected`` is
    """The same for statements that make one page: on SQLite they all read the file as it is now, under one lock and not one each.

    Raises:
        UnreachableError: on entering, when the database fails.

    """

    __slots__ = ()

    def __enter__(self) -> Any:
        try:
            connection = super().__enter__()
            if self._pooled is None:
                connection.execute("BEGIN")
        except _failures(self._engine) as error:
            _threads.kept.pop(self._engine, None)
            raise UnreachableError(str(error)) from error
        return connection

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        if self._pooled is None and kind is None:
            _threads.kept[self._engine].execute("COMMIT")
        super().__exit__(kind, error, traceback)


def _failures(engine: Engine) -> tuple[type[Exception], ...]:
    return (engine.dialect.loaded_dbapi.Error, PoolTimeoutError)


class QuickSelect:
    """Reads rows as SQLAlchemy would (its text, its types, its pool) without the work it does for every call.

    Parameters are the statement's ``bindparam`` names, each with a default of ``None`` where the statement has lists.
    Values come as the columns' Python types.
    """

    def __init__(self, engine: Engine, statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
        compiled = statement.compile(dialect=engine.dialect, compile_kwargs={"render_postcompile": True})
        self._engine = engine
        self._failure = _failures(engine)
        self._sql = str(compiled)
        self._order = compiled.positiontup if compiled.positional else None
        self._binders: dict[str, Callable[[Any], Any]] = {
            name: process
            for bind, name in compiled.bind_names.items()
            if (process := _binder(bind.type, engine.dialect)) is not None
        }
        self._defaults = {
            name: self._binders[name](value) if name in self._binders else value
            for name, value in compiled.params.items()
            if value is not None
        }
        self._bound_names = [name for name in self._binders if name not in self._defaults]
        self._processors: list[tuple[int, Callable[[Any], Any]]] = [
            (index, read)
            for index, column in enumerate(statement.selected_columns)
            if (read := _reader(column.type, engine.dialect)) is not None
        ]

    def first(self, connection: Any = None, **params: Any) -> tuple[Any, ...] | None:
        """The first row, or ``None``; on a connection as for :meth:`all`.

        Raises:
            UnreachableError: when the database fails.

        """
        found = self._fetched(connection, params, "fetchone")
        return None if found is None else self._read(found)

    def all(self, connection: Any = None, **params: Any) -> list[tuple[Any, ...]]:
        """All rows; on a connection that :func:`connected` gave, when several statements make one page.

        Raises:
            UnreachableError: when the database fails.

        """
        return [self._read(row) for row in self._fetched(connection, params, "fetchall")]

    def _fetched(self, connection: Any, params: dict[str, Any], fetch: str) -> Any:
        given = self._defaults | params
        for name in self._bound_names:
            if name in params:
                given[name] = self._binders[name](params[name])
        values = [given[name] for name in self._order] if self._order is not None else given
        try:
            if connection is not None:
                return self._asked(connection, values, fetch)
            with connected(self._engine) as own:
                return self._asked(own, values, fetch)
        except self._failure as error:
            raise UnreachableError(str(error)) from error

    def _asked(self, connection: Any, values: Any, fetch: str) -> Any:
        cursor = connection.cursor()
        cursor.execute(self._sql, values)
        found = getattr(cursor, fetch)()
        cursor.close()
        return found

    def _read(self, found: Any) -> tuple[Any, ...]:
        if not self._processors:
            return tuple(found)
        row = list(found)
        for index, process in self._processors:
            value = row[index]
            if value is not None:
                row[index] = process(value)
        return tuple(row)
