"""Every row of a database, and what a registry publishes as a folder, for tests of restoring."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from certification.core.db import db
from certification.log.models import LogHead
from certification.registry.models import CertificateVersion
from certification.rules.tiles import tiles_of
from marketplace.models import METADATA

Rows = dict[str, list[dict[str, Any]]]


def rows_now() -> Rows:
    """Every row of every table."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()] for table in METADATA.sorted_tables
        }


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
