"""A registry shows two pasts, both truly signed.

    python -m tests.drills.fork [--short]

Promise: whoever remembers the one never accepts the other. First a whole registry that grants, pauses a label, and then goes back
to a copy of its database with its own key, as if it had never paused it: a monitor with a state and a witness refuse, and keep both
notes. Then forks at every place of logs of every size, longer, equal and shorter ones. Controls: a monitor without a state and a
witness that saw nothing accept the same fork. A drill whose controls refuse it has shown nothing.
"""

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.settings import read_settings
from certification.log.checkpoints import vkeys
from certification.log.keys import create_keys
from certification.log.reading import consistency, head
from certification.outside.findings import Findings, Kind
from certification.outside.memory import Memory
from certification.outside.monitor import Asked, Monitor, Report
from certification.outside.watching_log import read_head
from certification.outside.witness import Witness, create
from certification.registry.acts import Why, suspend
from certification.registry.models import Certificate
from certification.rules.witnessing import Submission
from marketplace import upkeep  # noqa: F401 - declares what is checked, signed and reconciled by
from marketplace.app import create_app
from marketplace.models import METADATA
from tests import makers
from tests.certification.outside.logs import Log, Published, forked
from tests.conftest import Browser
from tests.wsgi_source import WsgiSource

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
UNTIL = date(2026, 12, 31)
FULL, SHORT = range(1, 34), (1, 4, 7, 8, 16)
REFUSED = {409, 422}


@dataclass
class Tally:
    """How often a fork was refused, and passed where it should."""

    forks: int = 0
    monitors: int = 0
    witnesses: int = 0
    controls: int = 0
    broken: list[str] = field(default_factory=list)

    def took(self, what: str, *, monitor: bool, witness: bool, control: bool) -> None:
        self.forks += 1
        self.monitors += monitor
        self.witnesses += witness
        self.controls += control
        if not (monitor and witness and control):
            self.broken.append(f"{what}: monitor {monitor}, witness {witness}, control {control}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer sizes")
    sizes = SHORT if parser.parse_args().short else FULL
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch, clock.standing_at(NOW):
        whole, sweep = Tally(), Tally()
        a_whole_registry(Path(scratch), whole)
        every_place(Path(scratch) / "sweep", sizes, sweep)
    for name, tally in (("a registry that went back", whole), ("forks of logs alone", sweep)):
        print(
            f"{name:28} {tally.forks:5} forks, refused by monitor {tally.monitors}, by witness {tally.witnesses}; controls passed {tally.controls}"
        )
        print("".join(f"  BROKEN {one}\n" for one in tally.broken), end="")
    broken = bool(whole.broken or sweep.broken)
    print(f"{'broken' if broken else 'kept'} in {time.perf_counter() - begun:.1f} s")
    return 1 if broken else 0


def a_whole_registry(scratch: Path, tally: Tally) -> None:
    """The honest one pauses a label that a monitor and a witness saw paused; the copy from before goes on as if nothing was."""
    honest = registry(scratch / "honest", fresh=True)
    with honest.app_context():
        decider = makers.user("Celia Decide")
        made = makers.certified(decider, at=NOW)
        code, ids = made.code, (decider.id, made.id)
        db.session.remove()
        db.engine.dispose()
    shutil.copytree(scratch / "honest", scratch / "copy")
    with honest.app_context():
        with unit_of_work() as session:
            suspend(session.get_one(Certificate, ids[1]), WHY, until=UNTIL, by=session.get_one(User, ids[0]), at=NOW)
        witness = create(scratch / "witness", "uni.example/witness")
        witness.add_log(vkeys(head().origin or "")[0])
        first = shown(witness, 0)
    memory = Memory(scratch / "state")
    before = looked(honest, memory)
    other = registry(scratch / "copy")
    with other.app_context():
        makers.certified(db.session.get_one(User, ids[0]), at=NOW)
        makers.certified(db.session.get_one(User, ids[0]), at=NOW)
        answer = shown(witness, memory.size)
        stranger = create(scratch / "stranger", "other.example/witness")
        stranger.add_log(vkeys(head().origin or "")[0])
        control = shown(stranger, 0)
    found, alone = looked(other, memory), looked(other, Memory())
    kept = len(list((scratch / "state" / "evidence").iterdir()))
    refused = found.exit_code == 1 and [one.kind for one in found.faults] == [Kind.FORK] and kept >= 2
    tally.took(
        f"{code} was paused and is shown as if not (before: {before.exit_code}, {first})",
        monitor=before.exit_code == 0 and refused,
        witness=first == 200 and answer in REFUSED,
        control=control == 200 and alone.exit_code == 0,
    )
    memory.close()


def every_place(scratch: Path, sizes: tuple[int, ...] | range, tally: Tally) -> None:
    """For each size that was seen: another entry at each place, and a head that is shorter, equal or longer."""
    log = Log()
    for size in sizes:
        folder = scratch / str(size)
        witness = create(folder / "w", "uni.example/witness")
        witness.add_log(log.vkey.text)
        witness.add_checkpoint(log.body(0, size), lambda: 1)
        memory = Memory(folder / "s")
        read_head(Published(log, size), memory, Findings(), now=NOW)
        for place in sorted({0, size // 2, size - 1}) if len(sizes) < len(FULL) else range(size):
            for newer in sorted({size, size + 1, 2 * size + 3, max(place + 1, size - 1)}):
                one(witness, memory, forked(place), size, newer, tally)
        memory.close()


def one(witness: Witness, memory: Memory, fork: Log, size: int, newer: int, tally: Tally) -> None:
    findings, alone = Findings(), Findings()
    read_head(Published(fork, newer), memory, findings, now=NOW)
    read_head(Published(fork, newer), Memory(), alone, now=NOW)
    body = fork.body(size, newer) if newer >= size else fork.body(newer, newer)
    refused = {one.kind for one in findings.faults.values()} & {Kind.FORK, Kind.SHRUNK}
    status = witness.add_checkpoint(body, lambda: 1).status
    tally.took(f"{newer} after {size}", monitor=bool(refused), witness=status in REFUSED, control=not alone.faults)


def registry(data: Path, *, fresh: bool = False) -> Flask:
    """A registry in a folder, with a database file of its own."""
    data.mkdir(parents=True, exist_ok=True)
    settings = read_settings({}, DATA=str(data), SECRET_KEY="x" * 32, ORIGIN="http://localhost", PASSKEYS_REQUIRED="no")
    app = create_app(settings, TESTING=True)
    app.test_client_class = Browser
    if fresh:
        with app.app_context():
            METADATA.create_all(db.engine)
            create_keys(data / "keys", demonstration=False)
    return app


def looked(app: Flask, memory: Memory) -> Report:
    return Monitor(WsgiSource(app.test_client()), memory, Asked(), clock.now, lambda _seconds: None).look()


def shown(witness: Witness, old: int) -> int:
    """What a witness answers to the registry's head."""
    found = head()
    proof = consistency(old, found.size) if old <= found.size else ()
    return witness.add_checkpoint(Submission(old, proof, found.note or b"").encode(), lambda: 1).status


if __name__ == "__main__":
    sys.exit(main())
