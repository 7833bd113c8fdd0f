"""A database put back to an earlier moment, and what a registry publishes as a folder, for tests of restoring."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, func, select, text

from certification.core.db import db
from certification.log.models import LogHead
from certification.registry.models import CertificateVersion
from certification.rules.tiles import tiles_of
from marketplace.models import METADATA
from tests.conftest import ENGINE

Rows = dict[str, list[dict[str, Any]]]


def rows_now() -> Rows:
    """Every row of every table."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()] for table in METADATA.sorted_tables
        }


def put_back(app: Flask, pristine: Any, rows: Rows) -> None:
    """The database as it was; what lies beside it stays. Needs the application's context."""
    db.session.remove()
    if pristine is not None:
        raw = db.engine.raw_connection()
        pristine.backup(raw.driver_connection)
        raw.close()
    with db.engine.begin() as connection:
        if ENGINE != "sqlite":
            names = ", ".join(table.name for table in METADATA.sorted_tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in METADATA.sorted_tables:
            if rows[table.name]:
                connection.execute(table.insert(), rows[table.name])
        if ENGINE != "sqlite":
            _count_on(connection)
    app.extensions["edge"].forget()


def _count_on(connection: Connection) -> None:
    for table in METADATA.sorted_tables:
        if "id" in table.c and table.c.id.autoincrement is True:
            after = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), after)))


def publish(app: Flask, folder: Path, *, credentials: bool = True, more: Sequence[str] = ()) -> Path:
    """The log, the credentials when asked, and ``more`` paths as JSON, at their addresses below a folder."""
    browser = app.test_client()
    head = db.session.query(LogHead).one()
    paths = ["/log/checkpoint", *(f"/log/{tile.path}" for tile in tiles_of(head.size))]
    if credentials:
        paths += [f"/c/{one.certificate.code}/versions/{one.number}" for one in db.session.query(CertificateVersion)]
    for path in [*paths, *more]:
        answer = browser.get(path, headers={"Accept": "application/json"} if path in more else None)
        assert answer.status_code == 200, path
        file = folder / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer.data)
    return folder


def edited(file: Path, old: bytes, new: bytes) -> None:
    """One change to a published file."""
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new, 1))
