"""Bringing a database to the present schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from marketplace.migrations.schema import current, newest_version, refuse_newer

FOLDER = Path(__file__).parent


def configuration(engine: Engine) -> Config:
    """Alembic's configuration for this engine; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema up to the newest version, whole or not at all. Raises SchemaError for one that is newer."""
    refuse_newer(current(engine))
    command.upgrade(configuration(engine), "head")


def write_migration(engine: Engine, message: str) -> None:
    """Write the step from the database's schema to the models' (for maintainers; see docs/house.md)."""
    command.revision(configuration(engine), message, autogenerate=True, rev_id=f"{int(newest_version()) + 1:04d}")
