"""One SELECT, compiled once and run straight on the driver: for pages whose cost is promised."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

Processor = Callable[[Any], Any] | None


class UnreachableError(RuntimeError):
    """The database gave no answer."""


class QuickSelect:
    """Reads rows as SQLAlchemy would (its text, its types, its pool) without the work it does for every call.

    Parameters are the statement's ``bindparam`` names. Values come as the columns' Python types.
    """

    def __init__(self, engine: Engine, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=engine.dialect)
        self._engine = engine
        self._failure: tuple[type[Exception], ...] = (engine.dialect.loaded_dbapi.Error, PoolTimeoutError)
        self._sql = str(compiled)
        self._params = compiled.params
        self._order = compiled.positiontup if compiled.positional else None
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
        given = self._params | params
        try:
            found = self._fetch([given[name] for name in self._order] if self._order is not None else given)
        except self._failure as error:
            raise UnreachableError(str(error)) from error
        if found is None:
            return None
        row = list(found)
        for index, process in self._processors:
            row[index] = process(row[index])
        return tuple(row)

    def _fetch(self, params: Any) -> Any:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(self._sql, params)
            found = cursor.fetchone()
            cursor.close()
            return found
        finally:
            connection.close()
