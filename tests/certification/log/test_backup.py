"""Backups and putting them back, on a database of its own and while others read and write."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import text

from certification.core import instance
from certification.core.db import db, unit_of_work
from certification.core.media.models import FileKind, StoredFile
from certification.core.media.store import shelves
from certification.log import backup, restoring
from certification.log.backup import MANIFEST, BackupError, back_up, check_backup
from certification.log.checkpoints import place
from certification.log.commands_backup import make_backup, restore_backup
from certification.log.reading import head
from certification.registry import fsck
from certification.rules.errors import LogConflict
from tests import makers
from tests.certification.log.acts import appended
from tests.conftest import NOW


@pytest.fixture
def registry(shared: Flask) -> Iterator[Flask]:
    """A registry with two acts and one stored file, on a file of SQLite or a database of PostgreSQL."""
    with shared.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(text("INSERT INTO alembic_version VALUES ('0005')"))
        with unit_of_work():
            instance.settle(demonstration=False)
        stored(b"una foto")
        makers.user()
        appended(2)
        yield shared


def data(app: Flask) -> Path:
    return Path(app.config["SETTINGS"].data)


def stored(content: bytes) -> str:
    digest = shelves(current_app.config["SETTINGS"].data / "media").private.put(content)
    row = {"kind": FileKind.DOCUMENT, "private": True, "digest": digest, "content_type": "text/plain", "size": len(content)}
    makers.save(StoredFile(made_at=NOW, **row))
    return digest


def restored(app: Flask, folder: Path, **how: Any) -> restoring.Restored:
    db.session.remove()
    return restoring.restore(db.engine, data(app), folder, demonstration=False, **how)


def users() -> int:
    db.session.rollback()
    return int(db.session.execute(text("SELECT COUNT(*) FROM users")).scalar_one())


def test_a_backup_says_what_it_holds_and_holds_it(registry: Flask, tmp_path: Path) -> None:
    made, faults = back_up(db.engine, data(registry), tmp_path / "copy", at=NOW)
    assert (faults, made.log_size, made.log_root) == ([], head().size, head().root.hex())
    assert (made.kind, made.schema, made.with_keys) == ("real", "0005", False)
    assert min(made.files) == made.database
    assert len(made.files) == 2
    assert not [one for one in (tmp_path / "copy").rglob("*") if "key" in one.name or one.name in ("checkpoint", "registry.pem")]
    assert check_backup(tmp_path / "copy") == (made, [])
    assert json.loads((tmp_path / "copy" / MANIFEST).read_text())["log_size"] == 3


def test_keys_are_in_it_only_when_asked(registry: Flask, tmp_path: Path) -> None:
    made, _ = back_up(db.engine, data(registry), tmp_path / "copy", at=NOW, keys=registry.config["SETTINGS"].keys)
    assert {"keys/registry.pem", "keys/public.json"} <= made.files.keys()
    assert (tmp_path / "copy" / "keys" / "registry.pem").stat().st_mode & 0o777 == 0o600
    assert check_backup(tmp_path / "copy")[1] == []


def test_what_is_changed_in_a_backup_is_named_and_nothing_is_put_in_place(registry: Flask, tmp_path: Path) -> None:
    made, _ = back_up(db.engine, data(registry), tmp_path / "copy", at=NOW)
    for path in made.files:
        file = tmp_path / "copy" / path
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert check_backup(tmp_path / "copy")[1] == [f"{path} is not as it was copied"]
        with pytest.raises(BackupError, match="can't be trusted"):
            restored(registry, tmp_path / "copy", replace=True)
        file.unlink()
        assert check_backup(tmp_path / "copy")[1] == [f"{path} is missing"]
        file.write_bytes(whole)
    (tmp_path / "copy" / "more").write_bytes(b"x")
    assert check_backup(tmp_path / "copy")[1] == ["more is in the folder and not in the manifest"]
    (tmp_path / "copy" / MANIFEST).unlink()
    with pytest.raises(BackupError, match="no backup whose manifest"):
        check_backup(tmp_path / "copy")


def test_a_backup_has_a_folder_of_its_own(registry: Flask, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "something").write_bytes(b"")
    with pytest.raises(BackupError, match="not empty"):
        back_up(db.engine, data(registry), tmp_path / "copy", at=NOW)


def test_a_damaged_or_missing_stored_file_is_named_and_the_rest_is_copied(registry: Flask, tmp_path: Path) -> None:
    gone, other = stored(b"se pierde"), stored(b"se rompe")
    store = shelves(data(registry) / "media").private
    store.path(gone).unlink()
    store.path(other).write_bytes(b"otra cosa")
    made, faults = back_up(db.engine, data(registry), tmp_path / "copy", at=NOW)
    assert any(gone in fault and "was not in the store" in fault for fault in faults)
    assert any(other in fault and "is damaged" in fault for fault in faults)
    assert made.log_size == 3


def test_an_occupied_database_is_replaced_only_when_asked_and_what_it_had_since_is_gone(registry: Flask, tmp_path: Path) -> None:
    back_up(db.engine, data(registry), tmp_path / "copy", at=NOW)
    outside = place().read_bytes()
    makers.user()
    digest = next(iter(shelves(data(registry) / "media").private.digests()))
    shelves(data(registry) / "media").private.delete(digest)
    with pytest.raises(BackupError, match="not empty"):
        restored(registry, tmp_path / "copy")
    assert users() == 2
    assert restored(registry, tmp_path / "copy", replace=True).keys is False
    assert (users(), place().read_bytes()) == (1, outside)
    assert shelves(data(registry) / "media").private.exists(digest)
    appended(1, first=5)  # it carried on from the copy outside
    assert list(fsck.faults(NOW))[-1:] == ["leaf 3 (restored) tells of nothing that is recorded"]


def test_after_restoring_an_older_one_nothing_is_signed(registry: Flask, tmp_path: Path) -> None:
    back_up(db.engine, data(registry), tmp_path / "copy", at=NOW)
    appended(2, first=5)
    restored(registry, tmp_path / "copy", replace=True)
    with pytest.raises(LogConflict) as refused:
        appended(1, first=9)
    assert refused.value.code == "log_behind"
    runner = registry.test_cli_runner()
    told = runner.invoke(restore_backup, [str(tmp_path / "copy"), "--replace"], obj=lambda: registry)
    assert told.exit_code == 0, told.output
    assert "Nothing is signed for now (log_behind)" in told.output
    assert "tianguis log reconcile" in told.output


def test_a_demonstrations_backup_never_becomes_a_real_registry(registry: Flask, tmp_path: Path) -> None:
    back_up(db.engine, data(registry), tmp_path / "copy", at=NOW)
    with pytest.raises(BackupError, match="never mix"):
        restoring.restore(db.engine, data(registry), tmp_path / "copy", demonstration=True, replace=True)
    assert users() == 1


def test_the_commands_tell_and_end_with_one_for_a_bad_backup(registry: Flask, tmp_path: Path) -> None:
    runner, folder = registry.test_cli_runner(), str(tmp_path / "copy")
    made = runner.invoke(make_backup, [folder], obj=lambda: registry)
    assert (made.exit_code, "2 files, 3 acts, schema 0005, without keys." in made.output) == (0, True), made.output
    assert runner.invoke(make_backup, [folder], obj=lambda: registry).exit_code == 1
    assert runner.invoke(make_backup, [folder, "--check"], obj=lambda: registry).exit_code == 0
    (tmp_path / "copy" / json.loads((tmp_path / "copy" / MANIFEST).read_text())["database"]).write_bytes(b"")
    bad = runner.invoke(make_backup, [folder, "--check"], obj=lambda: registry)
    assert (bad.exit_code, "is not as it was copied" in bad.output) == (1, True)


def test_who_reads_while_a_backup_is_put_in_place_sees_the_old_or_the_new(registry: Flask, tmp_path: Path) -> None:
    for _number in range(20):
        makers.user()
    back_up(db.engine, data(registry), tmp_path / "twenty", at=NOW)
    for _number in range(20):
        makers.user()
    seen: set[int] = set()
    stop, begun = threading.Event(), threading.Event()

    def read() -> None:
        with registry.app_context():
            while not stop.is_set():
                seen.add(users())
                begun.set()
            db.session.remove()

    reader = threading.Thread(target=read)
    reader.start()
    begun.wait(10)
    restored(registry, tmp_path / "twenty", replace=True)
    stop.set()
    reader.join()
    assert seen <= {41, 21}
    assert users() == 21


def test_without_postgresqls_programs_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackupError, match="postgresql-client"):
        backup.binary("pg_dump")
