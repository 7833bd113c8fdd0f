"""Durable issues a second, against a bare append of 4 KB with fdatasync in the same folder; in turn, in one run.

    python -m tests.benchmarks.issue [--short]

Commit: a grant is prepared by the product's service up to its last statement, signed, and taken back; then the very same
statements are run by the driver, from BEGIN to COMMIT, with the four signatures of a grant (statement, credential in two forms,
head) made anew in between. So the figure is of rows as the product writes them and of what SQLite does to make them last, not of
what was thought before. Sixteen grants in
one commit are measured the same way. Apart from that, with no promise: the copy of the checkpoint outside, and the whole service
from the decided case to the answer. The control commits with `synchronous=OFF`: it must come out faster than the commit,
or the run shows nothing of durability. Exits 2 when the reference moved more than twofold.

On a disk that answers a reference in less than :data:`ORDINARY` seconds the full form measures once more, in a process whose every
sync takes so much longer, held up by strace (docs/decisions/0018). That is told and changes nothing of the verdict, which is of the
disk at hand. The short form judges no disk that makes more than :data:`FAST_DISK` references a second.
"""

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pysqlite3
from sqlalchemy import Connection, event, insert, select

from certification.accounts.models import User
from certification.applications.models import Application, Decision
from certification.core import clock
from certification.core.db import CHECKPOINT_PAGES, db, unit_of_work
from certification.core.ids import new_id
from certification.log.checkpoints import keep_outside
from certification.log.keys import signing_key
from certification.log.reading import head
from certification.registry.issuing import certify
from certification.registry.models import Certificate
from certification.rules.workflow import ApplicationState, Outcome
from tests.drills.deciders import _copies
from tests.drills.registry import BEGUN, Place, registry

ROUNDS, BATCH = 7, 16
GRANTS, SHORT_GRANTS = 30, 6
COMMIT, BATCHED = 0.6, 2.0
FAST_DISK = 1000  # references a second, above which the short form says nothing
ORDINARY = 0.0015
SYNCS = "fsync,fdatasync"
RESTLESS = 2.0
SIGNATURES = 3  # of each grant; one more of the head
BLOCK = b"x" * 4096
WRITES = ("INSERT", "UPDATE")
Statement = tuple[str, Any, bool]


@dataclass
class Row:
    """Grants a second, round by round; and as a multiple of the bare rate of the same round."""

    name: str
    least: float | None = None
    rates: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return self.least is None or statistics.median(self.ratios) >= self.least


class Bench:
    """A registry with decided cases, and a file beside its database."""

    def __init__(self, place: Place, cases: int) -> None:
        self.place = place
        pattern = db.session.get_one(Application, place.applications[0]).id
        with unit_of_work() as session:
            for _ in range(cases):
                (application,) = _copies(session, Application, {"id": pattern}, {})
                session.execute(insert(Decision).values(application_id=application, **_granted(place.decider)))
                row = session.get_one(Application, application)
                row.state, row.outcome, row.decided_at, row.decided_by_id = *_decided(), BEGUN, place.decider
        db.session.remove()
        wanted = select(Application.id).where(
            Application.state == ApplicationState.DECIDED, ~Application.id.in_(select(Certificate.application_id))
        )
        self.waiting = list(db.session.scalars(wanted.order_by(Application.id)))
        self.seconds = itertools.count(100)
        self.file = os.open(place.folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.raw = self.connected("FULL")
        self.weak = self.connected("OFF")
        self.key = signing_key()

    def connected(self, synchronous: str) -> Any:
        """As ``core.db`` connects."""
        raw = pysqlite3.dbapi2.connect(str(self.place.folder / "tianguis.db"), isolation_level=None)
        waits = (f"wal_autocheckpoint={CHECKPOINT_PAGES}", "busy_timeout=10000")
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", *waits, "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")
        return raw

    def grant(self, number: int) -> None:
        """One certificate by the service, in the unit of work under way."""
        application, by = db.session.get_one(Application, self.waiting[number]), db.session.get_one(User, self.place.decider)
        decision = db.session.scalars(select(Decision).where(Decision.application_id == application.id)).one()
        at = BEGUN + timedelta(seconds=next(self.seconds))
        with clock.standing_at(at):
            certify(application, decision, by=by, at=at)

    def prepared(self, count: int) -> list[Statement]:
        """What the service would write for so many grants in one commit, nothing of it committed."""
        found: list[Statement] = []

        def listen(_conn: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001 - the event's
            if statement.lstrip().startswith(WRITES):
                found.append((statement, parameters, many))

        event.listen(db.engine, "before_cursor_execute", listen)
        try:
            with unit_of_work() as session:
                for number in range(count):
                    self.grant(number)
                for last in list(session.info["before_commit"].values()):
                    last()  # signs
                session.flush()
                raise _TakenBackError  # noqa: TRY301 - that is how a unit of work is taken back
        except _TakenBackError:
            return found
        finally:
            event.remove(db.engine, "before_cursor_execute", listen)
            db.session.remove()

    def committed(self, statements: Sequence[Statement], count: int, raw: Any = None) -> None:
        """Run what was prepared; the cases are used up."""
        raw = raw or self.raw
        self.sign(SIGNATURES * count + 1)
        cursor = raw.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        for statement, parameters, many in statements:
            (cursor.executemany if many else cursor.execute)(statement, parameters)
            if "RETURNING" in statement:
                cursor.fetchall()
        cursor.execute("COMMIT")
        del self.waiting[:count]

    def sign(self, times: int) -> None:
        for _ in range(times):
            self.key.private.sign(BLOCK[:700])

    def bare(self, count: int) -> None:
        for _ in range(count):
            os.write(self.file, BLOCK)
            os.fdatasync(self.file)

    def outside(self, count: int) -> None:
        """The copy of the head outside the database, so many times over."""
        note = head().note
        assert note is not None
        for _ in range(count):
            keep_outside(note)

    def service(self, count: int) -> None:
        """All of it: a unit of work each, the checkpoint outside, the mail in its box."""
        for _ in range(count):
            with unit_of_work():
                self.grant(0)
            db.session.remove()
            del self.waiting[:1]


class _TakenBackError(Exception):
    """Nothing of what was prepared stays."""


def _granted(decider: int) -> dict[str, Any]:
    given = {"outcome": Outcome.GRANTED, "label_class": "artesania", "reasons": "Cumple.", "public_summary": "", "agreed": {}}
    return given | {"public_id": new_id(), "decided_by_id": decider, "decided_at": BEGUN}


def _decided() -> tuple[ApplicationState, Outcome]:
    return ApplicationState.DECIDED, Outcome.GRANTED


def took(act: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def one_round(bench: Bench, grants: int, rows: dict[str, Row]) -> float:
    """Every way in turn, step by step, so that a restless disk is restless for all; returns the bare rate."""
    spent = dict.fromkeys(["bare", *rows], 0.0)
    for number in range(grants):
        statements = bench.prepared(1)
        spent["bare"] += took(lambda: bench.bare(1))
        spent["commit"] += took(lambda told=statements: bench.committed(told, 1))  # type: ignore[misc]  # bound now
        spent["bare"] += took(lambda: bench.bare(1))
        spent["outside"] += took(lambda: bench.outside(1))
        if number % 3 == 0:
            statements = bench.prepared(1)
            spent["control"] += 3 * took(lambda told=statements: bench.committed(told, 1, bench.weak))  # type: ignore[misc]  # bound now
            spent["service"] += 3 * took(lambda: bench.service(1))
    spent["bare"] /= 2
    statements = bench.prepared(BATCH)
    spent["batch"] = took(lambda: bench.committed(statements, BATCH)) * grants / BATCH
    spent["commit+outside"] = spent["commit"] + spent["outside"]
    for name, row in rows.items():
        row.rates.append(grants / spent[name])
        row.ratios.append(spent["bare"] / spent[name])
    return grants / spent["bare"]


def show(rows: Sequence[Row], references: list[float]) -> None:
    middle = statistics.median(references)
    print(f"bare 4 KB append + fdatasync: {middle:.0f} a second ({min(references):.0f} to {max(references):.0f})")
    for row in rows:
        said = "" if row.least is None else f"   at least {row.least:g}: {'kept' if row.kept else 'BROKEN'}"
        spread = f"({min(row.ratios):.2f} to {max(row.ratios):.2f})"
        print(
            f"  {row.name:<44} {statistics.median(row.rates):>8.0f} a second   {statistics.median(row.ratios):>5.2f}× {spread}{said}"
        )
    beside = 1 / statistics.median(rows[0].rates) - 1 / middle
    if beside > 0:
        least = beside * COMMIT / (1 - COMMIT)
        print(
            f"a commit takes {beside * 1000:.2f} ms beside its sync: {COMMIT:g} where a reference takes some {least * 1000:.2f} ms or more"
        )


def slowed(by: float) -> None:
    """The same where each sync takes so many seconds longer, if something can hold it up."""
    held_up = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "-e", f"trace={SYNCS}"]
    held_up += ["-e", f"inject={SYNCS}:delay_exit={max(1, round(by * 1e6))}"]
    if shutil.which("strace") is None or subprocess.run([*held_up, "true"], check=False).returncode:
        print("strace can hold nothing up here, so no slower disk is shown")
        return
    print(f"\nbeside the verdict, the same with {by * 1000:.2f} ms more for each sync:", flush=True)
    command = [*held_up, sys.executable, "-m", "tests.benchmarks.issue", "--held-up", str(by)]
    subprocess.run(command, check=False)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 0 kept, 1 broken, 2 no verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"{SHORT_GRANTS} grants a round")
    parser.add_argument("--held-up", type=float, metavar="SECONDS", default=0.0, help="by how much each sync is held up already")
    given = parser.parse_args(arguments)
    rows, references = measured(SHORT_GRANTS if given.short else GRANTS)
    reference, commit, control = 1 / statistics.median(references), _each(rows[0]), _each(rows[-1])
    show(rows, references)
    if control >= commit:
        print("the control is no faster than the commit: nothing waits for this disk, and the run shows nothing")
        return 1
    if max(references) > RESTLESS * min(references):
        print(f"no verdict: the reference moved by more than {RESTLESS:g} times")
        return 2
    if given.held_up and (commit < given.held_up or not ORDINARY * 0.9 <= reference <= ORDINARY * 1.25):
        print(f"no verdict: a commit was not held up, or a reference took {reference * 1000:.2f} ms and not {ORDINARY * 1000:g}")
        return 2
    if given.short and reference < 1 / FAST_DISK:
        print(f"no verdict in this form: this disk makes more than {FAST_DISK:,} references a second")
        return 2
    if not given.short and not given.held_up and reference < ORDINARY:
        slowed(ORDINARY - reference)
    return 0 if all(row.kept for row in rows) else 1


def _each(row: Row) -> float:
    """Seconds for one grant."""
    return 1 / statistics.median(row.rates)


def measured(grants: int) -> tuple[list[Row], list[float]]:
    """Every way, and the bare rates; the commit of one grant first, the control last."""
    rows = {
        "commit": Row("commit of one grant", COMMIT),
        "batch": Row(f"commit of {BATCH} grants", BATCHED),
        "outside": Row("checkpoint outside, by itself"),
        "commit+outside": Row("commit and checkpoint outside"),
        "service": Row("the whole service, one after another"),
        "control": Row("control: synchronous=OFF"),
    }
    with registry(1) as place, place.app.app_context():
        bench = Bench(place, (ROUNDS + 1) * (2 * grants + BATCH))
        one_round(bench, 3, {name: Row(name) for name in rows})  # warm
        references = [one_round(bench, grants, rows) for _ in range(ROUNDS)]
    return list(rows.values()), references


if __name__ == "__main__":
    sys.exit(main())
