"""A registry is killed while it issues, loses its power, and is asked everything twice.

    python -m tests.drills.crash [--short]

Promise: no act that was acknowledged is lost, the log never forks, nothing is recorded without its leaf, a retry has one effect.
Kills: SIGKILL at a random moment after a random number of acknowledgements, each time in the same folder; on SQLite and, where
there is a server, on PostgreSQL (the process dies, the server stays). Power: images of the disk at random system calls, strict
and torn, each opened and carried on. The controls must lose acts: acknowledging before the commit, and `synchronous=NORMAL`;
and what lost them must refuse to sign.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from certification.log.checkpoints import FILE, FOLDER
from tests.drills.examining import Seen, examine
from tests.drills.power import Disk, Tracer, calls, recording
from tests.drills.registry import Place, Task, Told, Worker, copy, registry, tasks
from tests.servers import postgres, postgres_binaries

KILLS, SHORT_KILLS, CONTROL_KILLS = 200, 6, 6
IMAGES, SHORT_IMAGES, CONTROL_IMAGES = 50, 5, 5
MOST_ACTS, TRACED, SHORT_TRACED = 12, 90, 20
LOST, FORK = "lost: ", "forked"
BEHIND = "a head of "  # of more leaves than there are


@dataclass
class Row:
    """What became of one part; ``must_lose`` is a control."""

    name: str
    must_lose: bool = False
    rounds: int = 0
    acts: int = 0
    lost_rounds: int = 0
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def judge(self, faults: list[str], where: str) -> None:
        self.rounds += 1
        self.lost_rounds += any(fault.startswith(LOST) for fault in faults)
        self.broken += [f"{self.name}, {where}: {fault}" for fault in faults]

    @property
    def kept(self) -> bool:
        return self.lost_rounds > 0 if self.must_lose else not self.broken


def kills(name: str, place: Place, count: int, seen: Seen, look: Callable[[], Place], *, early: bool = False) -> Row:
    """Kill the process so many times; what is left is looked at after each, and the next one carries on from there."""
    row, dice, told = Row(name, must_lose=early), random.Random(count), list[Told]()
    todo, pace, begun = tasks(len(place.applications)), 0.05, time.perf_counter()
    for number in range(count):
        worker, wanted, started, got = Worker(place, early=early), dice.randint(1, MOST_ACTS), time.perf_counter(), 0
        send_ahead(worker, todo, row.acts)
        for said, one in worker.answers():
            got += 1
            row.acts += 1
            if said == "done" and one:
                told.append(one)
            elif said != "already":
                row.broken.append(f"{name}: the process said {said}")
            if got == wanted:
                threading.Event().wait(0 if early else dice.random() * pace)
                worker.kill()
        worker.forget()
        pace = (time.perf_counter() - started) / max(got, 1)
        faults = examine(look(), told, seen)
        row.judge(faults, f"kill {number + 1}")
        if faults:
            break  # what is broken stays so; every later kill would tell the same
    row.seconds = time.perf_counter() - begun
    return row


def send_ahead(worker: Worker, todo: list[Task], done: int) -> None:
    """More tasks than it will live to do, from the first that it never acknowledged."""
    ahead = todo[done : done + 2 * MOST_ACTS]
    if len(ahead) <= MOST_ACTS:
        raise RuntimeError("too few cases for so many kills")
    for number, task in enumerate(ahead, done):
        worker.ask(number, task)


def on_sqlite(count: int, *, early: bool = False) -> Row:
    with registry(count * MOST_ACTS // 3 + MOST_ACTS) as place, tempfile.TemporaryDirectory(prefix="tianguis-look-") as folder:
        beside = place.at(Path(folder) / "data")

        def look() -> Place:
            """A copy, so that the next process finds the files just as the dead one left them."""
            copy(place.folder, beside.folder)
            return beside

        name = "control: told before the commit" if early else "kills, SQLite"
        return kills(name, place, count, Seen(), look, early=early)


def on_postgres(count: int) -> Row:
    with postgres() as url, registry(count * MOST_ACTS // 3 + MOST_ACTS, url) as place:
        return kills("kills, PostgreSQL", place, count, Seen(), lambda: place)


def power(images: int, traced: int, *, synchronous: str = "") -> Row:
    """Images of the disk while so many acts are done."""
    row = Row(f"control: synchronous={synchronous}" if synchronous else "power losses", must_lose=bool(synchronous))
    begun = time.perf_counter()
    with registry(traced) as place, tempfile.TemporaryDirectory(prefix="tianguis-power-") as folder:
        work = Path(folder)
        before, trace, todo = work / "before", work / "trace", tasks(traced)[:traced]
        copy(place.folder, before)
        worker = Worker(place, synchronous=synchronous)
        tracer = Tracer.attach(worker.pid, *recording(trace))
        for number, task in enumerate(todo):
            worker.ask(number, task)
        said = [word for _, (word, _told_of) in zip(todo, worker.answers(), strict=False)]
        worker.kill()
        tracer.ended()
        row.acts = said.count("done")
        if row.acts != len(todo):
            row.broken.append(f"{row.name}: only {row.acts} of {len(todo)} acts were done: {set(said)}")
        copy(before, place.folder)
        cut(row, place, place.at(work / "image"), trace, todo, images)
    row.seconds = time.perf_counter() - begun
    return row


def cut(row: Row, place: Place, image: Place, trace: Path, todo: list[Task], images: int) -> None:
    """Replay the trace and, at random calls of it, look at what the disk would hold."""
    steps = [one for one in calls(trace) if str(place.folder) in one[1] or one[0] == "sendto"]
    dice = random.Random(images)
    at = set(dice.sample(range(len(steps) // 10, len(steps)), images))
    disk, told, seen = Disk(place.folder), list[Told](), Seen()
    with place.app.app_context():
        seen.note((place.folder / FOLDER / FILE).read_bytes())
    for number, step in enumerate(steps):
        said = disk.replay(*step)
        if said is not None:
            told.append(_told(said))
        if step[0] == "rename" and step[1].rstrip('"').endswith(f"/{FOLDER}/{FILE}"):
            with place.app.app_context():
                seen.note(disk.names[str(place.folder / FOLDER / FILE)].whole)
        if number in at:
            for torn in (None, dice):
                disk.image(image.folder, torn)
                where = f"{'torn' if torn else 'strict'} image after {len(told)} acts, at {step[0]}"
                row.judge(carried_on(image, told, seen.copy(), todo, must_lose=row.must_lose), where)


def _told(line: bytes) -> Told:
    _, told = json.loads(line)
    return Told(Task(*told[0]), *told[1:])


def carried_on(image: Place, told: list[Told], seen: Seen, todo: list[Task], *, must_lose: bool) -> list[str]:
    """What is broken in an image, as it is and after its next acts. One that lost what was signed must refuse to go on."""
    faults = examine(image, told, seen)
    behind = any(fault.startswith(BEHIND) for fault in faults)
    if faults and not behind:
        return faults
    for number, task in enumerate(todo[len(told) : len(told) + 2], len(told)):
        worker = Worker(image)
        worker.ask(number + 1000, task)
        said, one = next(worker.answers(), ("nothing", None))
        worker.end()
        if behind and must_lose:
            faults += [f"{FORK}: signed again after a loss"] * (said == "done")
        elif said not in ("done", "already"):
            faults.append(f"the next act failed: {said}")
        elif one and one.leaf is not None:
            faults += examine(image, [*told, one], seen)
    return faults


def show(rows: list[Row]) -> None:
    print(f"{'part':<34} {'rounds':>6} {'acts':>6} {'with loss':>9} {'broken':>6} {'seconds':>7}")
    for row in rows:
        print(f"{row.name:<34} {row.rounds:>6} {row.acts:>6} {row.lost_rounds:>9} {len(row.broken):>6} {row.seconds:>7.1f}")


def main(arguments: list[str] | None = None) -> int:
    """Run the drill; 0 when every promise was kept and every control lost something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"{SHORT_KILLS} kills, {SHORT_IMAGES} images")
    short = parser.parse_args(arguments).short
    count, images, traced = (SHORT_KILLS, SHORT_IMAGES, SHORT_TRACED) if short else (KILLS, IMAGES, TRACED)
    rows = [on_sqlite(count), power(images, traced)]
    if postgres_binaries() is None:
        print("PostgreSQL: no server here; left out")
    else:
        rows.append(on_postgres(count // 2 if short else count))
    rows += [on_sqlite(CONTROL_KILLS, early=True), power(CONTROL_IMAGES, traced, synchronous="NORMAL")]
    show(rows)
    broken = [what for row in rows if not row.must_lose for what in row.broken]
    broken += [f"{row.name} lost nothing" for row in rows if row.must_lose and not row.kept]
    broken += [what for row in rows if row.must_lose for what in row.broken if FORK in what]
    for what in broken[:20]:
        print(f"BROKEN  {what}")
    print(f"promise: {'kept' if not broken else f'broken {len(broken)} times'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
