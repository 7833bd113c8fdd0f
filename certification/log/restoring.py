"""Putting a backup in the place of what is there: verified first, whole or not at all, while the site may go on serving.

The checkpoint outside the database stays as it is: it tells how far behind the backup is, and nothing is signed until
``log reconcile`` has brought the registry forward.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Engine, inspect, text

from certification.core.durable import write_whole
from certification.core.media.store import Folder
from certification.log.backup import (
    KEYS,
    POSTGRESQL,
    SHELVES,
    SQLITE,
    BackupError,
    Manifest,
    binary,
    check_backup,
    run,
)

BUSY_MS = 60_000
OCCUPIED = ("users", "log_leaves", "certificates")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place: the backup, and whether its keys were (they never replace any)."""

    manifest: Manifest
    keys: bool


def restore(
    engine: Engine, data: Path, folder: Path, *, demonstration: bool, replace: bool = False, keys: Path | None = None
) -> Restored:
    """Put a backup in place: stored files, then the database in one step, then keys where there are none.

    Who reads meanwhile sees the old database or the new one. With the same backup it can be repeated. ``keys``: their folder, if
    it is not the one in the data folder.

    Raises:
        BackupError: the backup is damaged, of the other kind of instance or of the other kind of database, or the database at
            hand holds something and ``replace`` was not asked for. Nothing was changed then.
        OSError: something can't be written.

    """
    made, faults = check_backup(folder)
    if faults:
        msg = f"The backup can't be trusted, and nothing was changed. Faults: {len(faults)}; the first: {faults[0]}"
        raise BackupError(msg)
    _insist(engine, made, demonstration=demonstration, replace=replace)
    _put_files(folder, data)
    if made.database == SQLITE:
        _put_sqlite(engine, folder / SQLITE)
    else:
        _put_postgresql(engine, folder / POSTGRESQL)
    return Restored(made, _put_keys(folder / KEYS, keys or data / KEYS))


def _insist(engine: Engine, made: Manifest, *, demonstration: bool, replace: bool) -> None:
    wanted = "demonstration" if demonstration else "real"
    if made.kind and made.kind != wanted:
        msg = f"The backup is of a {made.kind} registry and this is a {wanted} one: they never mix. Nothing was changed."
        raise BackupError(msg)
    if (made.database == SQLITE) != (engine.dialect.name == "sqlite"):
        msg = f"The backup is of another kind of database than DATABASE_URL names ({engine.dialect.name}). Nothing was changed."
        raise BackupError(msg)
    if not replace and _is_occupied(engine):
        msg = "The database at hand is not empty. To put the backup in its place, say --replace; what it holds is lost then."
        raise BackupError(msg)


def _is_occupied(engine: Engine) -> bool:
    there = set(inspect(engine).get_table_names()) & set(OCCUPIED)
    with engine.connect() as connection:
        return any(connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() for name in sorted(there))  # noqa: S608 - names of ours


def _put_files(folder: Path, data: Path) -> None:
    """Before the database, so that no row names a file that is not there yet."""
    for shelf in SHELVES:
        source = Folder(folder / "media" / shelf)
        target = Folder(data / "media" / shelf, private=shelf == "private")
        for digest in source.digests():
            target.put(source.path(digest))


def _put_sqlite(engine: Engine, file: Path) -> None:
    """Into the live file through SQLite's own copying: one write transaction, with the old pages for whoever still reads."""
    raw = engine.raw_connection()
    source = sqlite.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    try:
        live = raw.driver_connection
        live.execute(f"PRAGMA busy_timeout={BUSY_MS}")  # type: ignore[union-attr]  # pysqlite3's own
        source.backup(live)
    except sqlite.Error as error:
        msg = f"The database could not be replaced, and is as it was: {error}"
        raise BackupError(msg) from error
    finally:
        source.close()
        raw.invalidate()
        raw.close()
    engine.dispose()


def _put_postgresql(engine: Engine, file: Path) -> None:
    """Schema and rows anew in one transaction: whoever reads waits a moment or sees the old ones."""
    engine.dispose()
    with tempfile.TemporaryDirectory(prefix="tianguis-restore-") as place:
        script = Path(place) / "script.sql"
        script.write_bytes(b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n")
        _write_script(file, script)
        asked = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script}"]
        run([binary("psql"), *asked], engine.url)


def _write_script(file: Path, script: Path) -> None:
    with script.open("ab") as out:
        asked = [binary("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)]
        done = subprocess.run(asked, stdout=out, stderr=subprocess.PIPE, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        msg = f"pg_restore failed: {done.stderr.decode(errors='replace').strip()[:400]}"
        raise BackupError(msg)


def _put_keys(source: Path, target: Path) -> bool:
    """Only where there are none: a key that is in use is replaced by nobody."""
    if not source.is_dir() or any(target.glob("*.pem")):
        return False
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in sorted(source.iterdir()):
        write_whole(target / file.name, file.read_bytes())
    return True
