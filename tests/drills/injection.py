"""A failure at every system call with which one act, and then another, touches the registry's folder.

    python -m tests.drills.injection [--short]

Promise: whatever fails (EIO, ENOSPC, or the process dies there), the log and the record hold together, whoever asked is told a
failure or has the whole act, and asking once more ends well with one effect. The calls are counted in a run without failures;
the short form takes each kind of call, and a few more by chance. Needs strace. The control tells "done" whatever fails.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.drills.examining import Seen, examine
from tests.drills.power import Tracer, calls
from tests.drills.registry import Place, Task, Told, Worker, copy, registry

ACTS = (Task("granted", 1), Task("suspended", 0))
FIRST = Task("granted", 0)
FULL_DISK = {"openat", "write", "pwrite64", "ftruncate", "fallocate", "fsync", "fdatasync", "rename", "mkdir"}
SHORT = 14


class Failure(NamedTuple):
    """What is made to fail: the ``nth`` call of a name, and how."""

    call: str
    nth: int
    how: str

    @property
    def option(self) -> str:
        what = "signal=KILL" if self.how == "KILL" else f"error={self.how}"
        return f"inject={self.call}:{what}:when={self.nth}"


@dataclass
class Row:
    """What became of one act under all its failures."""

    act: str
    calls: int = 0
    failures: int = 0
    told: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0


def touching(place: Place, base: Path, task: Task, work: Path) -> dict[str, list[int]]:
    """Which calls of each name touch the folder, counted from 1, in a run in which nothing fails."""
    copy(base, place.folder)
    trace = work / "trace"
    worker = Worker(place)
    tracer = Tracer.attach(worker.pid, "-y", "-s", "400", "-o", str(trace), "-e", "trace=%file,%desc", "-e", "signal=none")
    worker.ask(1, task)
    said, _ = next(worker.answers())
    worker.kill()
    tracer.ended()
    worker.forget()
    if said != "done":
        raise RuntimeError(f"{task.act} does not even go well undisturbed: {said}")
    count: Counter[str] = Counter()
    found = defaultdict(list)
    for name, arguments, _ in calls(trace, failed=True):
        count[name] += 1
        if str(place.folder) in arguments:
            found[name].append(count[name])
    return dict(found)


def failures(found: dict[str, list[int]]) -> Iterator[Failure]:
    """All that can go wrong, call by call."""
    for name, places in sorted(found.items()):
        for nth in places:
            for how in ("EIO", "KILL", *(("ENOSPC",) if name in FULL_DISK else ())):
                yield Failure(name, nth, how)


def few(every: list[Failure], count: int) -> list[Failure]:
    """Those that write first, each kind once, then by chance."""
    dice = random.Random(len(every))
    dice.shuffle(every)
    kinds = {(one.call, one.how): one for one in every if one.call in FULL_DISK}
    chosen = dict.fromkeys([*kinds.values(), *every])
    return list(chosen)[:count]


def judge(place: Place, base: Path, task: Task, failure: Failure, row: Row, before: Told, *, boast: bool = False) -> None:
    """One failure: what was told, what is there, and what a second try does."""
    copy(base, place.folder)
    row.failures += 1
    worker = Worker(place)
    tracer = Tracer.attach(worker.pid, "-o", "/dev/null", "-e", f"trace={failure.call}", "-e", failure.option)
    worker.ask(1, task)
    answers = worker.answers()
    said, told = next(answers, ("killed", None))
    row.told[said] += 1
    seen, whole = Seen(), [before, *([told] if told else [])]
    if boast and said != "done":
        whole.append(Told(task, 10**6, "", ""))
    faults = examine(place, whole, seen)
    if said == "killed":
        worker.forget()
        tracer.ended()
        worker = Worker(place)
        answers = worker.answers()
    again, once_more = second_try(worker, answers, task)
    if again == "killed":  # only now, with the first answer given
        worker.forget()
        tracer.ended()
        worker = Worker(place)
        again, once_more = second_try(worker, worker.answers(), task)
    if again not in ("done", "already"):
        faults.append(f"a second try fails: {again}")
    worker.end()
    if once_more and once_more.leaf is not None:
        whole.append(once_more)
    faults += [f"after a second try: {one}" for one in examine(place, whole, seen)]
    row.broken += [f"{row.act}, {failure.how} at {failure.call} {failure.nth} (told: {said}): {one}" for one in faults]


def second_try(worker: Worker, answers: Iterator[tuple[str, Told | None]], task: Task) -> tuple[str, Told | None]:
    try:
        worker.ask(2, task)
    except BrokenPipeError:
        return "killed", None
    return next(answers, ("killed", None))


def drill(place: Place, base: Path, task: Task, work: Path, before: Told, count: int | None) -> Row:
    """Every failure of one act, or some."""
    row, begun = Row(task.act), time.perf_counter()
    found = touching(place, base, task, work)
    row.calls = sum(len(nths) for nths in found.values())
    every = list(failures(found))
    for one in every if count is None else few(every, count):
        judge(place, base, task, one, row, before)
    row.seconds = time.perf_counter() - begun
    return row


def control(place: Place, base: Path, before: Told) -> Row:
    """Who tells "done" although the disk was full must be found out."""
    row = Row("control: boasts")
    judge(place, base, ACTS[0], Failure("fdatasync", 1, "EIO"), row, before, boast=True)
    judge(place, base, ACTS[0], Failure("fsync", 1, "EIO"), row, before, boast=True)
    return row


def show(rows: list[Row]) -> None:
    print(f"{'act':<16} {'calls':>6} {'failures':>8} {'broken':>6} {'seconds':>7}   told")
    for row in rows:
        told = ", ".join(f"{word.partition(':')[0]} {count}" for word, count in row.told.most_common())
        print(f"{row.act:<16} {row.calls:>6} {row.failures:>8} {len(row.broken):>6} {row.seconds:>7.1f}   {told}")


def main(arguments: list[str] | None = None) -> int:
    """Run the drill; 0 when every promise was kept and the control was found out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"{SHORT} failures of each act")
    parser.add_argument("--failures", type=int, help="so many of each act, by chance")
    given = parser.parse_args(arguments)
    count = SHORT if given.short else given.failures
    with registry(4) as place, tempfile.TemporaryDirectory(prefix="tianguis-injection-") as folder:
        base = Path(folder) / "base"
        worker = Worker(place)
        worker.ask(0, FIRST)
        before = next(worker.answers())[1]
        assert before is not None
        worker.end()
        copy(place.folder, base)
        rows = [drill(place, base, task, Path(folder), before, count) for task in ACTS]
        boaster = control(place, base, before)
    show([*rows, boaster])
    broken = [what for row in rows for what in row.broken]
    if not boaster.broken:
        broken.append("the control was not found out")
    for what in broken[:40]:
        print(f"BROKEN  {what}")
    print(f"promise: {'kept' if not broken else f'broken {len(broken)} times'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
