"""The verify page and the product page over HTTP, against a bare Flask "hello" under the same server (granian), cells in turn.

    python -m tests.benchmarks.over_http --rows 10000 --rows 1000000 [--short]

CPU a request is read from the server's process, so that the client's own work does not count; waiting times come from one
client at a time (c = 1), requests a second from sixteen (c = 16; there the Python client is the narrow place, so it promises
nothing). Exits 1 when a promise is broken, 2 when the reference moved too much to say.
"""

import argparse
import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from flask import Flask

from certification.core.settings import read_settings
from marketplace.app import create_app
from tests.benchmarks import product_page, verify_page

ROUNDS = 7
CLIENTS = 16
RESTLESS = 2.0
PROMISED = {"verify page": 4.0, "product page": 10.0}
TAIL = 5.0  # p99 over p50 at one client
HOLD_S = 15.0
FOLDER = "BENCHMARK_FOLDER"


def hello() -> Flask:
    """The reference."""
    app = Flask("hello")
    app.add_url_rule("/", "hello", lambda: "hello")
    return app


def market() -> Flask:
    """The whole application, as deployed, on the folder that the environment names."""
    given = {"DATA": os.environ[FOLDER], "SECRET_KEY": "benchmarks only: " + "x" * 32, "ORIGIN": "http://localhost"}
    return create_app(read_settings({}, **given, TRUSTED_HOSTS="localhost,127.0.0.1"))


@dataclass
class Server:
    """One granian with one worker, and what it cost."""

    port: int
    worker: psutil.Process
    cpu_us: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    a_second: list[float] = field(default_factory=list)

    def cell(self, paths: list[str], rng: random.Random, seconds: float) -> None:
        """One client for so many seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        before, sent, end = self._cpu(), 0, time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.perf_counter()
            fetch(connection, rng.choice(paths))
            self.waits_ms.append((time.perf_counter() - began) * 1000)
            sent += 1
        connection.close()
        self.cpu_us.append((self._cpu() - before) / sent * 1e6)

    def crowd(self, paths: list[str], seconds: float) -> None:
        """Sixteen clients for so many seconds."""
        counts = [0] * CLIENTS

        def one(number: int) -> None:
            rng, end = random.Random(number), time.monotonic() + seconds
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            while time.monotonic() < end:
                fetch(connection, rng.choice(paths))
                counts[number] += 1
            connection.close()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.a_second.append(sum(counts) / seconds)

    def _cpu(self) -> float:
        times = self.worker.cpu_times()
        return times.user + times.system


def fetch(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path, headers={"Host": "localhost"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")


@contextmanager
def serving(factory: str, folder: Path | None = None) -> Iterator[Server]:
    """A granian of one worker process on a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    command += ["--blocking-threads", "1", "--factory", "--no-log", f"tests.benchmarks.over_http:{factory}"]
    environment = {**os.environ, FOLDER: str(folder or "")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        children = psutil.Process(process.pid).children(recursive=True)
        yield Server(port, max(children, key=lambda one: one.memory_info().rss))
    finally:
        process.terminate()
        process.wait(HOLD_S)


def _await(port: int) -> None:
    end = time.monotonic() + HOLD_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.1)
    raise RuntimeError("the server does not answer")


def measure(name: str, folder: Path, paths: list[str], seconds: float) -> tuple[bool, bool]:
    """One table row; whether the promise holds, and whether the machine was still enough to say."""
    rng = random.Random(len(paths))
    with serving("hello") as reference, serving("market", folder) as product:
        for server, where in ((reference, ["/"]), (product, paths)):
            server.cell(where, rng, seconds / 2)  # warm
            server.cpu_us.clear()
            server.waits_ms.clear()
        for _ in range(ROUNDS):
            reference.cell(["/"], rng, seconds)
            product.cell(paths, rng, seconds)
        reference.crowd(["/"], seconds)
        product.crowd(paths, seconds)
    ratios = [ours / bare for ours, bare in zip(product.cpu_us, reference.cpu_us, strict=True)]
    ratio = statistics.median(ratios)
    half, tail = spread(product.waits_ms)
    still = max(reference.cpu_us) / min(reference.cpu_us) <= RESTLESS and spread(reference.waits_ms)[1] <= TAIL
    kept = ratio <= PROMISED[name] and tail <= TAIL
    print(
        f"{name:13} {len(paths):>9,} rows  CPU {ratio:5.2f}× hello ({min(ratios):.2f}-{max(ratios):.2f}, at most {PROMISED[name]:g})"
        f"  {statistics.median(product.cpu_us):6.0f} µs against {statistics.median(reference.cpu_us):5.0f}"
        f"  p50 {half:.2f} ms  p99/p50 {tail:.1f} (at most {TAIL:g})"
        f"  c=16 {product.a_second[0]:,.0f}/s against {reference.a_second[0]:,.0f}"
        f"  {'kept' if kept else 'BROKEN' if still else 'no verdict: the reference moved too much'}",
        flush=True,
    )
    return kept, still


def spread(waits_ms: list[float]) -> tuple[float, float]:
    """The median, and how many times it the slowest hundredth takes."""
    cuts = statistics.quantiles(waits_ms, n=100)
    return cuts[49], cuts[98] / cuts[49]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rows", type=int, action="append", help="how many certificates and products; may be given several times"
    )
    parser.add_argument("--short", action="store_true", help="cells of half a second")
    given = parser.parse_args()
    seconds = 0.5 if given.short else 2.0
    broken = unsaid = False
    for rows in given.rows or [10_000]:
        for name, module in (("verify page", verify_page), ("product page", product_page)):
            with tempfile.TemporaryDirectory(prefix="tianguis-benchmark-") as folder:
                app = verify_page.application(Path(folder))
                filled = module.fill(app, rows)
                paths = [f"/v/{code}" for code in filled] if module is verify_page else filled
                row_kept, row_still = measure(name, Path(folder), paths, seconds)
            broken = broken or (row_still and not row_kept)
            unsaid = unsaid or not (row_still or row_kept)
    return 1 if broken else 2 if unsaid else 0


if __name__ == "__main__":
    sys.exit(main())
