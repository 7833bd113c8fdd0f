"""Which schema a database has and which one this code works with: plain SQL and file names, no migration tool loaded to ask."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, inspect, text

VERSIONS = Path(__file__).parent / "versions"


class SchemaError(RuntimeError):
    """The database is not at this version's schema; the text says what to do."""


@cache
def known_versions() -> frozenset[str]:
    """The versions that this code has steps to, by the names of its migrations."""
    return frozenset(found[0] for path in VERSIONS.glob("*.py") if (found := re.match(r"[0-9]{4}", path.name)))


def newest_version() -> str:
    """The version that this code asks for."""
    return max(known_versions())


def current(engine: Engine) -> str | None:
    """The version that the database has; None for an empty one. Makes no file where there is none."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
        return None
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def require_current(engine: Engine, *, remedy: str = "tianguis upgrade") -> None:
    """Insist that the database has the schema that this code works with; ``remedy`` brings it there. Raises SchemaError."""
    found = current(engine)
    refuse_newer(found)
    if found != newest_version():
        has = f"is at schema {found}, and this version works with {newest_version()}" if found else "has no tables yet"
        msg = f"The database {has}. Run: {remedy}"
        raise SchemaError(msg)


def refuse_newer(found: str | None) -> None:
    """A version that this code has no step to was made by a later one. Raises SchemaError."""
    if found is not None and found not in known_versions():
        msg = (
            f"The database is at schema {found}, which this version does not know (its newest is {newest_version()}): "
            "a newer version made it. Install that version again; there is no way down."
        )
        raise SchemaError(msg)
