"""What a worker costs before and after it works: time of its imports, memory, and whether a start looks at what is stored.

    python -m tests.benchmarks.memory [--short]

Promise: importing the application takes at most 4.5 times the CPU of `import flask`; a worker holds at most 120 MB after some
hundreds of requests of each kind, pages of the database's own file not counted; starting and answering once costs the same with
few rows and with many. Imports and memory are each of a fresh interpreter, starts of a fresh copy of one that has imported everything. The control reads every certificate at its start: it must be found out. Exits 2 when `import flask` moved twofold.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select, text

from certification.core.db import db
from certification.log.keys import create_keys
from certification.registry.models import Certificate
from marketplace.migrations.schema import newest_version
from tests import makers
from tests.benchmarks import verify_page

IMPORT, MEGABYTES, GROWTH, RESTLESS = 4.5, 120, 1.15, 2.0
FEW, MANY, SHORT_MANY = 300, 100_000, 10_000
REQUESTS, SHORT_REQUESTS = 300, 20
ROUNDS, SHORT_ROUNDS = 9, 3
# rich comes with development tools alone; for the rest as `marketplace.wsgi` does it
APPLICATION = "import gc, sys; sys.modules['rich'] = None; gc.disable(); import marketplace.app; gc.enable(); gc.freeze()"
REFERENCE = "import flask"
KINDS = 9
T = TypeVar("T")


def cpu_of(code: str) -> float:
    """Seconds of CPU of a fresh interpreter that runs some code; modules are compiled once, as an installation has them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start(folder: Path, *, scans: bool = False) -> float:
    """Seconds of CPU until a first answer."""
    begun = time.process_time()
    app = verify_page.application(folder)
    if scans:
        with app.app_context():
            for one in db.session.scalars(select(Certificate)):
                assert one.code
    verify_page.caller(app, "")(json.loads((folder / "paths").read_text())[0][0])
    return time.process_time() - begun


def held(folder: Path, requests: int) -> float:
    """Megabytes of a worker as a server starts one, in an interpreter of its own, after so many requests of each kind."""
    given = {
        "DATA": folder,
        "SECRET_KEY": verify_page.SECRET,
        "ORIGIN": "https://localhost",
        "OPERATOR_CONTACT": "x",
        "DEMONSTRATION": "no",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIANGUIS_")}
    environment = {**inherited, **{f"TIANGUIS_{name}": str(value) for name, value in given.items()}}
    command = [sys.executable, "-m", "tests.benchmarks.worker", str(folder), str(requests)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout) / 1e6


def forked(act: Callable[[], T]) -> T:
    """What ``act`` says in a copy of this process, which has imported everything and opened nothing."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            os.write(write, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        told: T = json.loads(answer.read())
    os.waitpid(pid, 0)
    return told


def fill(folder: Path, certificates: int) -> None:
    """A market with so many certificates, one of them as the product grants it, and some products; and where a worker is to look."""
    app = verify_page.application(folder)
    codes = verify_page.fill(app, certificates)[:200]
    with app.app_context():
        create_keys(folder / "keys", demonstration=False)
        session = db.session()
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        session.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": newest_version()})
        session.commit()
        granted = makers.certified().code
        products = [f"/products/{one.public_id}/{one.slug}" for one in (makers.product() for _ in range(20))]
        db.session.remove()
        db.engine.dispose()
    kinds = [[f"/v/{code}" for code in codes], [f"/c/{granted}"], products]
    kinds += [["/"], ["/products"], ["/register"], ["/log"], ["/log/checkpoint"], ["/.well-known/did.json"]]
    assert len(kinds) == KINDS
    (folder / "paths").write_text(json.dumps(kinds))


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; 0 kept, 1 broken, 2 no verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer rows, rounds and requests")
    short = parser.parse_args(arguments).short
    rounds, many, requests = (SHORT_ROUNDS, SHORT_MANY, SHORT_REQUESTS) if short else (ROUNDS, MANY, REQUESTS)
    cpu_of(APPLICATION)  # compiled and in the system's memory from here on
    pairs = [(cpu_of(REFERENCE), cpu_of(APPLICATION)) for _ in range(rounds)]
    ratios = [ours / reference for reference, ours in pairs]
    with tempfile.TemporaryDirectory(prefix="tianguis-memory-") as name:
        few, lots = Path(name) / "few", Path(name) / "many"
        for folder, count in ((few, FEW), (lots, many)):
            folder.mkdir()
            forked(lambda folder=folder, count=count: fill(folder, count))  # type: ignore[misc]  # bound now
        memory = held(lots, requests)
        starts = [(forked(lambda: start(few)), forked(lambda: start(lots))) for _ in range(rounds)]
        scanned = forked(lambda: start(lots, scans=True))
    growth = statistics.median(ours / reference for reference, ours in starts)
    control = scanned / statistics.median(reference for reference, _ in starts)
    ratio = statistics.median(ratios)
    kept = [
        said("import", ratio, IMPORT, f"× `import flask` ({min(ratios):.2f} to {max(ratios):.2f})"),
        said("memory", memory, MEGABYTES, f" MB after {requests} requests of each of {KINDS} kinds"),
        said("start", growth, GROWTH, f"× at {many:,} certificates what it is at {FEW:,}"),
    ]
    print(f"control: a start that reads every certificate {control:.2f}×")
    if control <= GROWTH:
        print("the control was not found out")
        return 1
    references = [reference for reference, _ in pairs]
    if max(references) > RESTLESS * min(references):
        print(f"no verdict: `import flask` moved by more than {RESTLESS:g} times")
        return 2
    return 0 if all(kept) else 1


def said(name: str, figure: float, most: float, unit: str) -> bool:
    print(f"{name:<8} {figure:7.2f}{unit}, at most {most:g}: {'kept' if figure <= most else 'BROKEN'}")
    return figure <= most


if __name__ == "__main__":
    sys.exit(main())
