"""One value of one row changed by as little as there is, for tests of what notices it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Column, Table, text

from certification.core.db import db
from marketplace.models import METADATA
from tests.conftest import ENGINE

TOLD = (
    "log_leaves",
    "log_nodes",
    "log_heads",
    "certificates",
    "certificate_versions",
    "version_credentials",
    "certificate_acts",
    "certificate_act_leaves",
    "status_lists",
    "status_slots",
    "scheme_versions",
)


def changed(value: Any, chance: Random) -> Any:
    """The value with one byte of it, one digit or one leaf of its document another; None where nothing is smaller."""
    made: Any = None
    match value:
        case bool():
            made = not value
        case int():
            made = value + chance.choice((1, 2, 10))
        case bytes():
            at = chance.randrange(len(value))
            made = value[:at] + bytes([value[at] ^ (1 << chance.randrange(8))]) + value[at + 1 :]
        case str():
            made = _one_letter(value, chance) if value else "x"
        case datetime():
            unit = chance.choice(("seconds", "minutes", "days", "milliseconds"))
            made = value + timedelta(**{unit: chance.choice((1, -1))})
        case date():
            made = value + timedelta(days=1)
        case dict() | list() if value:
            made = _one_leaf(value, chance)
    return made


def _one_letter(value: str, chance: Random) -> str:
    at = chance.randrange(len(value))
    other = chance.choice([letter for letter in "abcxyzABC0189_" if letter != value[at]])
    return value[:at] + other + value[at + 1 :]


def _one_leaf(value: Any, chance: Random) -> Any:
    """A document with one of its values, or one of its names, another."""
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [*value[:at], _inner(value[at], chance), *value[at + 1 :]]
    name = chance.choice(sorted(value))
    if chance.random() < 0.1:
        return {_one_letter(key, chance) if key == name else key: inner for key, inner in value.items()}
    return {key: _inner(inner, chance) if key == name else inner for key, inner in value.items()}


def _inner(value: Any, chance: Random) -> Any:
    made = changed(value, chance)
    return "x" if made is None else made


def rows_of(table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in db.session.execute(table.select()).mappings()]


def change(table: Table, row: dict[str, Any], column: Column[Any], value: Any) -> None:
    """Write it, in the transaction at hand."""
    same = [key == row[key.name] for key in table.primary_key]
    db.session.execute(table.update().where(*same).values({column.name: value}))


@contextmanager
def with_no_guard() -> Iterator[None]:
    """Triggers and foreign keys out of the way, as for a hand at the database; the test's own database is thrown away after it."""
    if ENGINE == "sqlite":
        names = db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for name in names:
            db.session.execute(text(f"DROP TRIGGER {name}"))
        db.session.commit()
        db.session.connection().exec_driver_sql("COMMIT")
        db.session.connection().exec_driver_sql("PRAGMA foreign_keys=OFF")
        db.session.connection().exec_driver_sql("BEGIN")
    else:
        db.session.execute(text("SET LOCAL session_replication_role = replica"))  # not kept: the connection goes back to the pool
    try:
        yield
    finally:
        db.session.rollback()
        if ENGINE == "sqlite":
            db.session.connection().exec_driver_sql("COMMIT")
            db.session.connection().exec_driver_sql("PRAGMA foreign_keys=ON")
            db.session.connection().exec_driver_sql("BEGIN")
            db.session.rollback()


def tables() -> list[Table]:
    return [METADATA.tables[name] for name in TOLD]
