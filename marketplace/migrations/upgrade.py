"""Bringing a database to the present schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).parent


class SchemaError(RuntimeError):
    """The database is not at this version's schema; the text says what to do."""


def configuration(engine: Engine) -> Config:
    """Alembic's configuration for this engine; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema up to the newest version, whole or not at all. Raises SchemaError for one that is newer."""
    _refuse_newer(engine, current(engine))
    command.upgrade(configuration(engine), "head")


def require_current(engine: Engine, *, remedy: str = "tianguis upgrade") -> None:
    """Insist that the database has the schema that this code works with; ``remedy`` brings it there. Raises SchemaError."""
    found = current(engine)
    _refuse_newer(engine, found)
    if found != newest(engine):
        has = f"is at schema {found}, and this version works with {newest(engine)}" if found else "has no tables yet"
        msg = f"The database {has}. Run: {remedy}"
        raise SchemaError(msg)


def _refuse_newer(engine: Engine, found: str | None) -> None:
    """A version that this code has no step to was made by a later one."""
    known = {one.revision for one in ScriptDirectory.from_config(configuration(engine)).walk_revisions()}
    if found is not None and found not in known:
        msg = (
            f"The database is at schema {found}, which this version does not know (its newest is {newest(engine)}): "
            "a newer version made it. Install that version again; there is no way down."
        )
        raise SchemaError(msg)


def current(engine: Engine) -> str | None:
    """The version that the database has; None for an empty one. Makes no file where there is none."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
        return None
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(engine: Engine) -> str | None:
    """The version that this code asks for."""
    return ScriptDirectory.from_config(configuration(engine)).get_current_head()


def write_migration(engine: Engine, message: str) -> None:
    """Write the step from the database's schema to the models' (for maintainers; see docs/house.md)."""
    number = len(list(FOLDER.glob("versions/0*.py"))) + 1
    command.revision(configuration(engine), message, autogenerate=True, rev_id=f"{number:04d}")
