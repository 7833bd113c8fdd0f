"""A registry is restored from an old backup, and backups are taken while it is written to.

    python -m tests.drills.restore [--short]

Promises: after the restore nothing is signed, pages go on and /healthz says what is wrong; `reconcile` from a mirror brings it
forward; then it signs again, and no size of the log ever has two heads. Every backup under load opens, is whole by fsck and
has all that was acknowledged before it. Controls: signing over the restored backup without the copy outside must show two heads,
and a plain copy of the database file must not be a backup.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select

from certification.accounts.models import User
from certification.core.db import db, unit_of_work
from certification.core.settings import read_settings
from certification.log.adopting import reconcile
from certification.log.backup import SQLITE, back_up, check_backup
from certification.log.checkpoints import place, replace_outside
from certification.log.keys import create_keys
from certification.log.reading import head, signed
from certification.log.restoring import restore
from certification.outside.sources import Site
from certification.registry import fsck
from certification.registry.acts import Why, suspend
from certification.registry.acts import restore as give_back
from certification.registry.models import Certificate, CertificateVersion
from certification.registry.status import PURPOSES
from certification.rules.errors import LogConflict
from certification.rules.tiles import tiles_of
from marketplace import upkeep  # noqa: F401 - declares what is checked, signed and reconciled by
from marketplace.app import create_app
from marketplace.migrations.upgrade import upgrade
from tests import makers
from tests.servers import postgres, postgres_binaries

ACTS, BACKUPS, SHORT_BACKUPS = 40, 20, 4
NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
Heads = dict[int, set[bytes]]


@dataclass
class Row:
    """One line of the table."""

    what: str
    database: str
    told: str = ""
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)


@contextmanager
def registry(folder: Path, url: str = "") -> Iterator[Flask]:
    """A real registry in a folder, its schema made by the migrations when it is new."""
    folder.mkdir(parents=True, exist_ok=True)
    given = {"DATABASE_URL": url} if url else {}
    settings = read_settings({}, DATA=str(folder), SECRET_KEY="drills only: " + "x" * 32, ORIGIN="http://localhost", **given)
    app = create_app(settings, EDGE_SECONDS=0.0)
    try:
        with app.app_context():
            if not (folder / "keys").exists():
                create_keys(folder / "keys", demonstration=False)
                upgrade(db.engine)
            yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def one(number: int) -> Certificate:
    return db.session.scalars(select(Certificate).order_by(Certificate.id).offset(number).limit(1)).one()


def act(number: int, heads: Heads | None = None) -> None:
    """The n-th act: pauses and their ends in turn, and now and then a grant or a next version; its checkpoint is kept."""
    decider, at = db.session.scalars(select(User).where(User.name == "Celia Decide")).one(), NOW + timedelta(seconds=number)
    if number % 10 == 9:
        makers.certified(decider, at=at)
    elif number % 10 == 4:  # noqa: PLR2004 - one in ten
        makers.renewed(one(0), decider, at=at, cause="scope", goods=f"Rebozos, entrega {number}")
    else:
        with unit_of_work():
            found = one(0)
            if found.suspended_at is None:
                suspend(found, WHY, until=date(2026, 12, 31), by=decider, at=at)
            else:
                give_back(found, by=decider, at=at)
    if heads is not None:
        note(heads)


def note(heads: Heads) -> None:
    found = signed(head())
    if found is not None:
        heads[found.size].add(found.root)


def publish(app: Flask, folder: Path) -> None:
    """What a mirror holds: checkpoint, tiles, lists, and each version's credential."""
    browser = app.test_client()
    paths = ["/log/checkpoint", *(f"/log/{tile.path}" for tile in tiles_of(head().size))]
    paths += [f"/status/{purpose}/1" for purpose in PURPOSES]
    paths += [f"/c/{one.certificate.code}/versions/{one.number}" for one in db.session.scalars(select(CertificateVersion))]
    db.session.rollback()
    for path in paths:
        file = folder / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(browser.get(path).data)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@contextmanager
def mirror(folder: Path) -> Iterator[Site]:
    """The folder over HTTP on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()


def expect(row: Row, what: str, found: object, wanted: object) -> None:
    if found != wanted:
        row.broken.append(f"{row.what} on {row.database}: {what}: {found!r}, not {wanted!r}")


def restoring(database: str, url: str = "") -> list[Row]:
    """The whole story on one database, and its control."""
    heads: Heads = defaultdict(set)
    row = Row("restore and reconcile", database)
    control = Row("control: signs over it", database)
    with tempfile.TemporaryDirectory(prefix="tianguis-restore-") as place_, registry(Path(place_) / "data", url) as app:
        folder, data = Path(place_), Path(place_) / "data"
        makers.certified(makers.user("Celia Decide"), at=NOW - timedelta(days=1))
        for number in range(3):
            act(number, heads)
        back_up(db.engine, data, folder / "backup", at=NOW)
        for number in range(3, 3 + ACTS):
            act(number, heads)
        lost = db.session.scalars(select(Certificate.code).order_by(Certificate.id.desc())).first()
        publish(app, folder / "mirror")
        last = place().read_bytes()
        begun = time.perf_counter()
        _restore(data, folder / "backup")
        _refused(app, row)
        with mirror(folder / "mirror") as site:
            taken = reconcile([site], at=NOW + timedelta(hours=1))
        expect(row, "acts taken back", taken.adopted, head().size - taken.before)
        expect(row, "faults after it", list(fsck.check(NOW + timedelta(hours=1))), [])
        newest = max(number for number in range(3 + ACTS) if number % 10 == 4)
        expect(row, "what a lost next version covers", one(0).goods, f"Rebozos, entrega {newest}")
        db.session.remove()
        expect(row, "a lost grant", app.test_client().get(f"/v/{lost}").status_code, 503)
        for number in range(100, 105):
            act(number, heads)
        expect(row, "faults after more", list(fsck.check(NOW + timedelta(hours=1))), [])
        expect(row, "sizes with two heads", _forked(heads), 0)
        row.told = (
            f"{taken.adopted} acts taken back, {taken.applied} applied; {len(heads)} heads, {_forked(heads)} sizes with two"
        )
        row.seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        _restore(data, folder / "backup")
        replace_outside(last)
        place().unlink()
        with patch("certification.log.signing.require_carried_on"), patch("certification.log.signing.keep_outside"):
            for number in range(200, 205):
                act(number, heads)
        control.told = f"{_forked(heads)} sizes with two heads"
        expect(control, "it forks", _forked(heads) > 0, wanted=True)
        control.seconds = time.perf_counter() - begun
    return [row, control]


def _restore(data: Path, folder: Path) -> None:
    db.session.remove()
    restore(db.engine, data, folder, demonstration=False, replace=True)


def _refused(app: Flask, row: Row) -> None:
    """Nothing is signed, the probe says so, pages serve."""
    try:
        act(99)
        row.broken.append(f"{row.what}: it signed over a restored backup")
    except LogConflict as error:
        expect(row, "why it refuses", error.code, "log_behind")
    db.session.remove()
    browser = app.test_client()
    told = browser.get("/healthz")
    expect(row, "/healthz", (told.status_code, told.get_json()["checks"]), (200, {"public_log": False}))
    code = db.session.scalars(select(Certificate.code)).first()
    db.session.remove()
    for path in ("/", f"/v/{code}", f"/c/{code}", "/register", "/log", "/log/checkpoint"):
        expect(row, path, browser.get(path).status_code, 200)


def _forked(heads: Heads) -> int:
    return sum(len(roots) > 1 for roots in heads.values())


@dataclass
class Writer:
    """Acts without pause, in a thread of its own; ``size`` is what was acknowledged last."""

    app: Flask
    size: int = 0
    failed: str = ""

    def __call__(self, stop: threading.Event) -> None:
        number = 1000
        with self.app.app_context():
            try:
                while not stop.is_set():
                    act(number)
                    self.size = head().size
                    db.session.rollback()
                    number += 1
            except Exception as error:  # noqa: BLE001 - told in the table
                self.failed = repr(error)
            finally:
                db.session.remove()


def under_load(database: str, count: int, url: str = "") -> list[Row]:
    """So many backups while somebody writes, each opened and checked; then plain copies, which must not do."""
    row, control = Row(f"{count} backups under load", database), Row("control: plain copies", database)
    with tempfile.TemporaryDirectory(prefix="tianguis-backups-") as place_, registry(Path(place_) / "data", url) as app:
        folder, data = Path(place_), Path(place_) / "data"
        makers.certified(makers.user("Celia Decide"), at=NOW - timedelta(days=1))
        act(0)
        writer, stop = Writer(app), threading.Event()
        thread = threading.Thread(target=writer, args=(stop,))
        thread.start()
        begun = time.perf_counter()
        wanted = [_taken(folder / f"backup{number}", data, writer) for number in range(count)]
        plain = [_plain(folder / f"plain{number}", data, writer) for number in range(min(count, 5))] if not url else []
        row.told = f"{writer.size} acts meanwhile"
        stop.set()
        thread.join()
        expect(row, "the writer", writer.failed, "")
        for number, least in enumerate(wanted):
            row.broken += [f"backup {number}: {fault}" for fault in _faults(folder / f"backup{number}", data, least, url)]
        row.seconds = time.perf_counter() - begun
        bad = sum(bool(_opened_faults(folder / f"plain{number}.db", data, least)) for number, least in enumerate(plain))
        control.told = f"{bad} of {len(plain)} are no backup"
        if plain:
            expect(control, "plain copies fail", bad > 0, wanted=True)
    return [row, control] if plain else [row]


def _taken(folder: Path, data: Path, writer: Writer) -> int:
    least = writer.size
    back_up(db.engine, data, folder, at=NOW)
    return least


def _plain(target: Path, data: Path, writer: Writer) -> int:
    least = writer.size
    shutil.copyfile(data / "tianguis.db", target.with_suffix(".db"))
    return least


def _faults(folder: Path, data: Path, least: int, url: str) -> list[str]:
    made, faults = check_backup(folder)
    if made.log_size < least:
        faults.append(f"{made.log_size} acts, and {least} had been acknowledged before it")
    return faults + ([] if url else _opened_faults(folder / SQLITE, data, least))


def _opened_faults(database: Path, data: Path, least: int) -> list[str]:
    """Opened as a registry of its own, with the copy outside of its own time."""
    folder = database.parent / f"{database.stem}-opened"
    (folder / "log").mkdir(parents=True)
    shutil.copytree(data / "keys", folder / "keys")
    shutil.copyfile(database, folder / "tianguis.db")
    try:
        with registry(folder):
            found = head()
            if found.note:
                (folder / "log" / "checkpoint").write_bytes(found.note)
            short = [f"{found.size} acts of {least}"] if found.size < least else []
            return short + list(fsck.check(NOW + timedelta(hours=1)))
    except Exception as error:  # noqa: BLE001 - a torn copy fails in ways that nobody can list
        return [repr(error)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(rows: list[Row]) -> None:
    print(f"{'what':<26} {'database':<11} {'seconds':>7}   what was seen")
    for row in rows:
        print(f"{row.what:<26} {row.database:<11} {row.seconds:>7.1f}   {row.told}")


def main(arguments: list[str] | None = None) -> int:
    """Run the drill; 0 when every promise was kept and every control broke it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"SQLite alone, {SHORT_BACKUPS} backups")
    short = parser.parse_args(arguments).short
    rows = [*restoring("sqlite"), *under_load("sqlite", SHORT_BACKUPS if short else BACKUPS)]
    if not short and postgres_binaries() is not None:
        with postgres() as url:
            rows += restoring("postgresql", url)
        with postgres() as url:
            rows += under_load("postgresql", BACKUPS, url)
    show(rows)
    broken = [what for row in rows for what in row.broken]
    for what in broken[:20]:
        print(f"BROKEN  {what}")
    print(f"promise: {'kept' if not broken else f'broken {len(broken)} times'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
