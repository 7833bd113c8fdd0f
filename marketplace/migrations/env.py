"""Alembic's entry: one transaction for the whole way up; on SQLite without foreign keys while tables are rebuilt."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, Enum

from certification.core.db import WRITE
from certification.core.orm import AnyJson, Instant, tell_condition
from marketplace.models import METADATA


def _render(kind: str, thing: object, _context: object) -> str | Literal[False]:
    """Write our own column types as plain ones, so that a migration stands when the code has moved on."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Enum):
        return f"sa.String(length={thing.length})"
    if kind == "type" and isinstance(thing, AnyJson):
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search index keeps tables of its own on SQLite, which are no models."""
    return not (kind == "table" and name is not None and name.startswith("product_words"))


def run(connection: Connection) -> None:
    """Bring the schema up inside the connection's transaction.

    Raises:
        RuntimeError: when rows point nowhere afterwards; nothing is kept then.

    """
    for table in METADATA.tables.values():
        for index in table.indexes:
            for dialect in ("sqlite", "postgresql"):  # a step that is written here must do on both
                tell_condition(index, dialect)
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=True,
        render_item=_render,
        include_name=_ours,
    )
    context.run_migrations()
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            msg = f"{len(lost)} rows point nowhere after the upgrade; nothing was changed. First: {lost[0]}"
            raise RuntimeError(msg)


def main() -> None:
    engine = context.config.attributes["engine"]
    with engine.connect() as plain:
        connection = plain.execution_options(**{WRITE: True})
        if engine.dialect.name == "sqlite":
            # rebuilding a table with foreign keys on would silently delete its children
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                run(connection)
        finally:
            if engine.dialect.name == "sqlite" and not connection.invalidated:  # Ctrl-C in a statement closes it
                raw.execute("PRAGMA foreign_keys=ON")


main()
