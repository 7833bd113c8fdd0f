"""One SELECT, compiled once and run straight on the driver: for pages whose cost is promised."""

import json
from collections.abc import Callable
from datetime import datetime
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


class QuickSelect:
    """Reads rows as SQLAlchemy would (its text, its types, its pool) without the work it does for every call.

    Parameters are the statement's ``bindparam`` names, each with a default of ``None`` where the statement has lists.
    Values come as the columns' Python types.
    """

    def __init__(self, engine: Engine, statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
        compiled = statement.compile(dialect=engine.dialect, compile_kwargs={"render_postcompile": True})
        self._engine = engine
        self._failure: tuple[type[Exception], ...] = (engine.dialect.loaded_dbapi.Error, PoolTimeoutError)
        self._sql = str(compiled)
        self._order = compiled.positiontup if compiled.positional else None
        self._binders: dict[str, Callable[[Any], Any]] = {
            name: process
            for bind, name in compiled.bind_names.items()
            if (process := bind.type.dialect_impl(engine.dialect).bind_processor(engine.dialect)) is not None
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

    def first(self, **params: Any) -> tuple[Any, ...] | None:
        """The first row, or ``None``.

        Raises:
            UnreachableError: when the database fails.

        """
        found = self._fetched(None, params, "fetchone")
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
            if row[index] is not None:
                row[index] = process(row[index])
        return tuple(row)
