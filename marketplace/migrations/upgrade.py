"""Bringing a database to the present schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).parent


def configuration(engine: Engine) -> Config:
    """Alembic's configuration for this engine; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema up to the newest version, whole or not at all."""
    command.upgrade(configuration(engine), "head")


def current(engine: Engine) -> str | None:
    """The version that the database has."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(engine: Engine) -> str | None:
    """The version that this code asks for."""
    return ScriptDirectory.from_config(configuration(engine)).get_current_head()


def write_migration(engine: Engine, message: str) -> None:
    """Write the step from the database's schema to the models' (for maintainers; see docs/house.md)."""
    number = len(list(FOLDER.glob("versions/0*.py"))) + 1
    command.revision(configuration(engine), message, autogenerate=True, rev_id=f"{number:04d}")
