"""One SELECT, compiled once and run straight on the driver: for pages whose cost is promised."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

Processor = Callable[[Any], Any] | None


class UnreachableError(RuntimeError):
    """The database gave no answer."""


@contextmanager
def connected(engine: Engine) -> Iterator[Any]:
    """A driver's connection from the pool, for several statements."""
    connection = engine.raw_connection()
    try:
        yield connection
    finally:
        connection.close()


class QuickSelect:
    """Reads rows as SQLAlchemy would (its text, its types, its pool) without the work it does for every call.

    Parameters are the statement's ``bindparam`` names. Values come as the columns' Python types.
    """

    def __init__(self, engine: Engine, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=engine.dialect, compile_kwargs={"render_postcompile": True})
        self._engine = engine
        self._failure: tuple[type[Exception], ...] = (engine.dialect.loaded_dbapi.Error, PoolTimeoutError)
        self._sql = str(compiled)
        self._params = compiled.params
        self._order = compiled.positiontup if compiled.positional else None
        self._binders: dict[str, Callable[[Any], Any]] = {
            name: process
            for name, bind in compiled.binds.items()
            if (process := bind.type.dialect_impl(engine.dialect).bind_processor(engine.dialect)) is not None
        }
        self._processors: list[tuple[int, Callable[[Any], Any]]] = [
            (index, process)
            for index, column in enumerate(statement.selected_columns)
            if (process := column.type.dialect_impl(engine.dialect).result_processor(engine.dialect, None)) is not None
        ]

    def first(self, **params: Any) -> tuple[Any, ...] | None:
        """The first row, or ``None``.

        Raises:
            UnreachableError: when the database fails.

        """
        found = self._run(self._one, params, None)
        return None if found is None else self._read(found)

    def all(self, connection: Any = None, **params: Any) -> list[tuple[Any, ...]]:
        """All rows; on a connection that :func:`connected` gave, when several statements make one page.

        Raises:
            UnreachableError: when the database fails.

        """
        return [self._read(row) for row in self._run(self._every, params, connection)]

    def _run(self, fetch: Callable[[Any], Any], params: dict[str, Any], connection: Any) -> Any:
        given = self._params | params
        for name, process in self._binders.items():
            given[name] = process(given[name])
        values = [given[name] for name in self._order] if self._order is not None else given
        try:
            if connection is not None:
                return self._ask(connection, values, fetch)
            with connected(self._engine) as own:
                return self._ask(own, values, fetch)
        except self._failure as error:
            raise UnreachableError(str(error)) from error

    def _ask(self, connection: Any, values: Any, fetch: Callable[[Any], Any]) -> Any:
        cursor = connection.cursor()
        cursor.execute(self._sql, values)
        found = fetch(cursor)
        cursor.close()
        return found

    def _read(self, found: Any) -> tuple[Any, ...]:
        row = list(found)
        for index, process in self._processors:
            row[index] = process(row[index])
        return tuple(row)

    @staticmethod
    def _one(cursor: Any) -> Any:
        return cursor.fetchone()

    @staticmethod
    def _every(cursor: Any) -> Any:
        return cursor.fetchall()
