"""A registry on a database of its own that several connections can write to at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import create_engine, text

from certification.core.db import db
from certification.core.settings import read_settings
from certification.log.keys import create_keys
from marketplace.app import create_app
from marketplace.migrations.upgrade import configuration
from marketplace.models import METADATA


@pytest.fixture
def shared(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """A file on SQLite, a database of its own on PostgreSQL; its keys lie outside the data folder."""
    url = f"sqlite:///{tmp_path / 'log.db'}"
    if database_url.startswith("postgresql"):
        server = create_engine(database_url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS logged WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE logged"))
        server.dispose()
        url = database_url.replace("/postgres?", "/logged?")
    settings = read_settings(
        {}, DATA=str(tmp_path), KEYS=f"{tmp_path}-keys", DATABASE_URL=url, SECRET_KEY="x" * 32, ORIGIN="http://localhost"
    )
    app = create_app(settings, TESTING=True)
    with app.app_context():
        METADATA.create_all(db.engine)
        command.stamp(configuration(db.engine), "head")
        create_keys(settings.keys, demonstration=False)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
