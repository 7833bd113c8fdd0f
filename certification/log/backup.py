"""A backup: the database as it was at one moment, every stored file that it names, and a manifest with the digest of each.

Taken while the site serves. Files are copied first, then the database, then the files that came meanwhile: what the database's
copy names was stored before its row was written, and young files are swept by nobody. The manifest is written last, so that a
folder without one is no backup. The checkpoint outside the database is never in it: it must be newer than any backup.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL

from certification.core.durable import make_durable, write_whole
from certification.core.media.store import Folder, NoSuchFile
from certification.log.models import ONLY_HEAD, LogHead

MANIFEST = "manifest.json"
SQLITE, POSTGRESQL = "database.sqlite3", "database.pgdump"
FORMAT = "tianguis/backup/1"
SHELVES = ("public", "private")
HEAD = text("SELECT size, root FROM log_heads WHERE id = :id").bindparams(id=ONLY_HEAD)
KIND = text("SELECT value FROM instance_facts WHERE name = 'kind'")
SCHEMA = text("SELECT version_num FROM alembic_version")
FILES = text("SELECT private, digest, renditions FROM stored_files")
KEYS = "keys"
SECRETS = (".lock",)
CHUNK = 2**20


class BackupError(RuntimeError):
    """A backup can't be made, or can't be trusted; the text says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``files`` is SHA-256 in hexadecimal by path; ``root`` too is hexadecimal."""

    made_at: str
    kind: str
    database: str
    schema: str
    log_size: int
    log_root: str
    with_keys: bool
    software: str = ""
    files: dict[str, str] = field(default_factory=dict)
    format: str = FORMAT


def back_up(engine: Engine, data: Path, folder: Path, *, at: datetime, keys: Path | None = None) -> tuple[Manifest, list[str]]:
    """Make a backup in an empty folder; also returns what was damaged or missing in the store already, one line each.

    ``keys``: their folder, when they go in too.

    Raises:
        BackupError: the folder holds something, or the database can't be copied or has no tables.
        OSError: it can't be written.

    """
    if not inspect(engine).has_table(LogHead.__tablename__):
        msg = "The database has no tables yet: there is nothing to copy. Run: tianguis upgrade"
        raise BackupError(msg)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        msg = f"{folder} is not empty: each backup has a folder of its own."
        raise BackupError(msg)
    files: dict[str, str] = {}
    faults = [*_copy_shelves(data, folder, files)]
    dump = _dump_sqlite if engine.dialect.name == "sqlite" else _dump_postgresql
    with dump(engine, folder) as (name, read):
        facts = _facts(read)
        faults += _copy_shelves(data, folder, files)
        faults += [f"{one} is named by the database and was not in the store" for one in _named(read) if one not in files]
    files[name] = _digest_of(folder / name)
    if keys is not None:
        files |= _copy_keys(keys, folder / KEYS)
    made = Manifest(at.isoformat(), database=name, with_keys=keys is not None, software=_software(), files=files, **facts)
    _make_all_durable(folder)
    write_whole(folder / MANIFEST, json.dumps(asdict(made), indent=1, sort_keys=True).encode())
    make_durable(folder.parent)
    return made, faults


def read_manifest(folder: Path) -> Manifest:
    """What a backup says it holds. Raises BackupError."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        made = Manifest(**said)
    except (OSError, ValueError, TypeError) as error:
        msg = f"{folder} holds no backup whose manifest can be read: {error}"
        raise BackupError(msg) from error
    if made.format != FORMAT or made.database not in (SQLITE, POSTGRESQL):
        msg = f"{folder} is a backup of a form that this version does not know."
        raise BackupError(msg)
    return made


def check_backup(folder: Path) -> tuple[Manifest, list[str]]:
    """Everything that is wrong with a backup, in plain sentences. Raises BackupError for one without a manifest."""
    made = read_manifest(folder)
    faults = [*_file_faults(folder, made.files)]
    if made.database in made.files and not any(made.database in fault for fault in faults):
        faults += _database_faults(folder / made.database, made)
    return made, faults


def _file_faults(folder: Path, files: dict[str, str]) -> Iterator[str]:
    there = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file() and one.name != MANIFEST}
    for path, digest in sorted(files.items()):
        if path not in there:
            yield f"{path} is missing"
        elif _digest_of(folder / path) != digest:
            yield f"{path} is not as it was copied"
    for path in sorted(there - files.keys()):
        yield f"{path} is in the folder and not in the manifest"


def _database_faults(file: Path, made: Manifest) -> Iterator[str]:
    if file.name == POSTGRESQL:
        listed = subprocess.run([binary("pg_restore"), "--list", str(file)], capture_output=True, check=False)  # noqa: S603 - our own arguments
        if listed.returncode:
            yield f"{file.name} can't be read by pg_restore"
        return
    with _opened(file) as copy:
        told = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if told != "ok":
            yield f"{file.name} is damaged: {told}"
        head = copy.execute(str(HEAD.text).replace(":id", str(ONLY_HEAD))).fetchone() or (0, b"")
        if (head[0], bytes(head[1]).hex()) != (made.log_size, made.log_root):
            yield f"{file.name} holds another log than the manifest says"


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """A copy that nobody writes to, without files beside it."""
    copy = sqlite.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    try:
        yield copy
    finally:
        copy.close()


@contextmanager
def _dump_sqlite(engine: Engine, folder: Path) -> Iterator[tuple[str, Any]]:
    """SQLite's own way: one read transaction for the whole copy, however much is written meanwhile."""
    file = folder / SQLITE
    raw = engine.raw_connection()
    try:
        copy = sqlite.connect(str(file))
        try:
            raw.driver_connection.backup(copy)  # type: ignore[union-attr]  # pysqlite3's own
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        finally:
            copy.close()
    finally:
        raw.close()
    file.chmod(0o600)
    with _opened(file) as read:
        yield SQLITE, lambda asked: read.execute(str(asked.text).replace(":id", str(ONLY_HEAD))).fetchall()


@contextmanager
def _dump_postgresql(engine: Engine, folder: Path) -> Iterator[tuple[str, Any]]:
    """pg_dump and our own questions see the same snapshot."""
    file = folder / POSTGRESQL
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        snapshot = str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())
        asked = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}"]
        run([binary("pg_dump"), *asked], engine.url)
        file.chmod(0o600)
        yield POSTGRESQL, lambda asked: _rows(connection, asked)


def _rows(connection: Connection, asked: Any) -> list[Any]:
    return [tuple(row) for row in connection.execute(asked)]


def _facts(read: Any) -> dict[str, Any]:
    head = (read(HEAD) or [(0, b"")])[0]
    kind, schema = read(KIND), read(SCHEMA)
    return {
        "kind": kind[0][0] if kind else "",
        "schema": schema[0][0] if schema else "",
        "log_size": head[0],
        "log_root": bytes(head[1]).hex(),
    }


def _named(read: Any) -> Iterator[str]:
    """The paths, below the folder, of the files that rows name."""
    for private, digest, renditions in read(FILES):
        sizes = json.loads(renditions) if isinstance(renditions, str) else renditions
        for one in {digest, *(size[kind] for size in sizes for kind in ("webp", "jpeg") if kind in size)}:
            yield _path(SHELVES[bool(private)], one)


def _path(shelf: str, digest: str) -> str:
    return f"media/{shelf}/{digest[:2]}/{digest[2:4]}/{digest}"


def _copy_shelves(data: Path, folder: Path, files: dict[str, str]) -> Iterator[str]:
    """Copy what isn't copied yet; a file that is swept meanwhile is named by no row."""
    for shelf in SHELVES:
        store, copies = Folder(data / "media" / shelf, private=shelf == "private"), Folder(folder / "media" / shelf)
        for digest in list(store.digests()):
            path = _path(shelf, digest)
            if path in files:
                continue
            try:
                kept = copies.put(store.path(digest))
            except (NoSuchFile, FileNotFoundError):
                continue
            files[_path(shelf, kept)] = kept
            if kept != digest:
                yield f"{path} is damaged: its content has another digest"


def _copy_keys(source: Path, target: Path) -> dict[str, str]:
    target.mkdir(mode=0o700)
    found = {}
    for file in sorted(one for one in source.iterdir() if one.is_file() and one.name not in SECRETS):
        write_whole(target / file.name, file.read_bytes())
        found[f"{KEYS}/{file.name}"] = _digest_of(target / file.name)
    return found


def binary(name: str) -> str:
    """A program of PostgreSQL's. Raises BackupError where it is not installed."""
    found = shutil.which(name)
    if found is None:
        msg = f"{name} is not installed (Debian: apt install postgresql-client)."
        raise BackupError(msg)
    return found


def run(command: list[str], url: URL, **more: Any) -> None:
    """Run one of PostgreSQL's programs on the database; its password goes by the environment. Raises BackupError."""
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*command, f"--dbname={plain}"], env=os.environ | secret, capture_output=True, check=False, **more
    )
    if done.returncode:
        msg = f"{Path(command[0]).name} failed: {done.stderr.decode(errors='replace').strip()[:400]}"
        raise BackupError(msg)


def _digest_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _make_all_durable(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            make_durable(path)
        elif path.parent == folder:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    make_durable(folder)


def _software() -> str:
    try:
        return version("tianguis")
    except PackageNotFoundError:
        return "checkout"
