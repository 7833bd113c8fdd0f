"""One byte is changed: in a row behind the database's back, or in something that is served.

    python -m tests.drills.mutation [--short] [--seed N]

Promise: each change, alone on a fresh copy, is told: in rows by the registry's own check, in what is served by whoever reads it
from outside with the keys written down before, and by the product's own monitor. The table says for each target how many were changed, caught and missed, and in
which column. The registry has every kind of act, next versions included. Not changed are numbers that only the database's own
machinery counts by, each told with its reason (:data:`MACHINERY`), and not counted is another spelling of the same value. The
control is what nobody changed: of it nothing may be told.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

import pysqlite3
from flask import Flask
from sqlalchemy.dialects import sqlite

from certification.core import clock
from certification.core.db import db
from certification.registry import fsck
from certification.registry.tending import renew_lists
from marketplace.models import METADATA
from tests import makers
from tests.certification.registry.lives import AFTER, lived
from tests.drills.outsider import Outsider, Published, Watched, publish
from tests.drills.registry import BEGUN, Place, Worker, application, registry, tasks
from tests.mutations import TOLD

CASES, CHANGES, SHORT = 6, 1000, 60
MACHINERY = {
    "certificates.version_id": "counts writes, so that of two writers one loses: it says nothing of a label",
    "scheme_versions.version_id": "counts writes, so that of two writers one loses: it says nothing of a scheme",
}
NUMBERS = {"scheme_versions.id": "id IN (SELECT scheme_version_id FROM certificates)"}  # of what nothing names nothing is told
DIALECT = sqlite.dialect()
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/"
Check = Callable[[], list[str]]


@dataclass
class Row:
    """What became of the changes of one target; ``missed`` counts by column or path."""

    target: str
    changed: int = 0
    caught: int = 0
    crashed: int = 0
    missed: Counter[str] = field(default_factory=Counter)


def whole_check() -> list[str]:
    """All that `tianguis fsck` would tell."""
    return list(fsck.check(clock.now()))


def changed(value: Any, dice: random.Random) -> Any:
    """The same with one byte another: a letter or digit for a letter of text, any byte for a byte, one digit of a number."""
    if isinstance(value, bytes):
        at = dice.randrange(len(value))
        return value[:at] + bytes([value[at] ^ dice.randrange(1, 256)]) + value[at + 1 :]
    text = str(value)
    at = dice.randrange(len(text))
    letters = "0123456789" if isinstance(value, int) else LETTERS
    while True:
        made = text[:at] + dice.choice(letters) + text[at + 1 :]
        if made != text and (not isinstance(value, int) or int(made) != value):
            return int(made) if isinstance(value, int) else made


def reads_alike(table: str, name: str, value: Any, other: Any) -> bool:
    """Whether both are the same to whoever reads them: an instant with another sign between its parts, say."""
    kind = METADATA.tables[table].c[name].type
    read = kind.dialect_impl(DIALECT).result_processor(DIALECT, None)
    try:
        return read is not None and bool(read(value) == read(other))
    except (ValueError, LookupError, TypeError):
        return False


Cell: TypeAlias = tuple[tuple[tuple[str, Any], ...], str]


class Bench:
    """The registry in memory, restored from a copy before each change."""

    def __init__(self, place: Place) -> None:
        self.app: Flask = application(place.folder, "sqlite:///:memory:")
        self.copy = pysqlite3.dbapi2.connect(":memory:")
        file = pysqlite3.dbapi2.connect(str(place.folder / "tianguis.db"))
        file.backup(self.copy)
        file.close()
        for (name,) in self.copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.copy.execute(f'DROP TRIGGER "{name}"')
        self.copy.execute("PRAGMA foreign_keys=OFF")

    def cells(self, table: str) -> list[Cell]:
        """Every cell that holds something, by the key of its row."""
        columns = self.copy.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [row[1] for row in columns if row[5]]
        found = []
        for name in (row[1] for row in columns if f"{table}.{row[1]}" not in MACHINERY):
            only = NUMBERS.get(f"{table}.{name}", "true")
            wanted = f'SELECT {", ".join(keys)} FROM {table} WHERE length(CAST("{name}" AS BLOB)) > 0 AND {only}'  # noqa: S608 - our own names
            found += [(tuple(zip(keys, row, strict=True)), name) for row in self.copy.execute(wanted)]
        return found

    def sound(self, check: Check) -> list[str]:
        """What is told of the copy as it is: nothing, or every change would seem caught."""
        with self.app.app_context():
            self._restore()
            try:
                return check()
            finally:
                db.session.remove()

    def _restore(self) -> Any:
        raw = db.engine.raw_connection()
        connection: Any = raw.driver_connection
        self.copy.backup(connection)
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA ignore_check_constraints=ON")
        raw.close()
        return connection

    def told(self, table: str, cell: Cell, dice: random.Random, check: Check) -> str:
        """Change one cell on a fresh copy: ``caught``, ``crashed`` or ``missed``."""
        key, name = cell
        where, row = " AND ".join(f"{column} = ?" for column, _ in key), [value for _, value in key]
        with self.app.app_context():
            connection = self._restore()
            (value,) = connection.execute(f'SELECT "{name}" FROM {table} WHERE {where}', row).fetchone()  # noqa: S608 - our own names
            other = changed(value, dice)
            if reads_alike(table, name, value, other):
                return "refused"
            try:
                connection.execute(f'UPDATE {table} SET "{name}" = ? WHERE {where}', (other, *row))  # noqa: S608 - our own names
            except pysqlite3.dbapi2.IntegrityError:
                return "refused"
            try:
                return "caught" if check() else "missed"
            except Exception:  # noqa: BLE001 - a check that falls over is noticed too, and counted apart
                return "crashed"
            finally:
                db.session.remove()


def rows_of(bench: Bench, count: int, check: Check, seed: int = 1) -> Iterator[Row]:
    """So many changes, spread over the tables; within one, first every column once."""
    dice = random.Random(seed)
    for table in TOLD:
        row, cells = Row(table), bench.cells(table)
        dice.shuffle(cells)
        order = list(dict.fromkeys([*{name: (at, name) for at, name in cells}.values(), *cells]))
        wanted, turn = -(-count // len(TOLD)), 0
        while row.changed < wanted and turn < 4 * wanted:
            cell = order[turn % len(order)]
            turn += 1
            said = bench.told(table, cell, dice, check)
            if said == "refused":
                continue  # a key that another row has, which the database does not take; or nothing that anybody would read otherwise
            row.changed += 1
            row.caught += said != "missed"
            row.crashed += said == "crashed"
            if said == "missed":
                row.missed[cell[1]] += 1
        yield row


def served(
    published: Published, outsider: Outsider, count: int, check: Callable[[Published], list[str]], who: str = "served"
) -> Iterator[Row]:
    """The same for what is served."""
    dice = random.Random(count)
    for kind, paths in outsider.kinds(published).items():
        row = Row(f"{who}: {kind}")
        for number in range(count):
            path = paths[number % len(paths)]
            body = published[path]
            at = dice.randrange(len(body))
            other = bytes([body[at] ^ dice.randrange(1, 256)])
            row.changed += 1
            if check({**published, path: body[:at] + other + body[at + 1 :]}):
                row.caught += 1
            else:
                row.missed[f"{path[0]} byte {at}"] += 1
        yield row


def drill(count: int, seed: int = 1) -> tuple[list[Row], list[str]]:
    """All rows of the table, and what is wrong with the drill itself."""
    with registry(CASES) as place:
        worker = Worker(place)
        for number, task in enumerate(tasks(CASES)):
            worker.ask(number, task)
            next(worker.answers())
        worker.end()
        with clock.standing_at(BEGUN + timedelta(hours=1)), place.app.app_context():
            outsider = Outsider.now()
            published = publish(place.app)
            sound = outsider.faults(published)
            each = count * 3 // 10 // len(outsider.kinds(published))
            last = list(served(published, outsider, each, outsider.faults))
            monitor = Watched(place.app)
            sound += monitor.faults(published)
            last += served(published, outsider, each, monitor.faults, "monitored")
        with clock.standing_at(AFTER), place.app.app_context():
            lived(makers.user("Celia Decide"))
            renew_lists(AFTER)
            db.session.remove()
            bench = Bench(place)
            sound += bench.sound(whole_check)
            rows = [*rows_of(bench, count * 7 // 10, whole_check, seed), *last]
    return rows, [f"told of what nobody changed: {one}" for one in sound]


def show(rows: list[Row]) -> None:
    print(f"{'target':<30} {'changed':>7} {'caught':>7} {'by a crash':>10} {'missed':>7}   where")
    for row in rows:
        where = ", ".join(f"{name} {count}" for name, count in row.missed.most_common(12))
        missed = sum(row.missed.values())
        print(f"{row.target:<30} {row.changed:>7} {row.caught:>7} {row.crashed:>10} {missed:>7}   {where}")
    for name, why in MACHINERY.items():
        print(f"{name:<30} not changed: {why}")


def main(arguments: list[str] | None = None) -> int:
    """Run the drill; 0 when every change was caught."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"{SHORT} changes")
    parser.add_argument("--seed", type=int, default=1, help="other changes of rows")
    given, begun = parser.parse_args(arguments), time.perf_counter()
    rows, wrong = drill(SHORT if given.short else CHANGES, given.seed)
    show(rows)
    missed = sum(sum(row.missed.values()) for row in rows)
    for what in wrong:
        print(f"BROKEN  {what}")
    total = sum(row.changed for row in rows)
    print(
        f"promise: {'kept' if not missed and not wrong else 'BROKEN'}: {missed} of {total} missed; {time.perf_counter() - begun:.0f} s"
    )
    return 1 if missed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
