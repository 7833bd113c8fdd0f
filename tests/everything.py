"""`make test`: every check and test, in order, with one table at the end. Installs what a fresh Debian lacks when it may.

With CI=true, leaving anything out is a failure.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.servers import postgres_binaries

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CI = os.environ.get("CI") == "true"
CODE = ["marketplace", "certification", "tests"]
Row = tuple[str, str, float]  # the step, its result, seconds


@dataclass(frozen=True)
class Step:
    name: str
    command: list[str]
    needs: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    again: tuple[str, ...] | None = None  # tried once more so, and told: on a busy machine a browser is late, a figure off


def tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


def pytest(*arguments: str) -> list[str]:
    return tool("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


CHECKS = [
    Step("format", tool("ruff", "format", "--check", "--quiet", *CODE)),
    Step("style", tool("ruff", "check", "--quiet", *CODE)),
    Step("types", tool("mypy")),
    Step("contracts", tool("lint-imports")),
    Step("spelling", tool("codespell", "README.md", "docs", "marketplace", "certification", "tests")),
]
MARKET = Step(
    "demonstration market", tool("python", "-m", "tests.web.market"), ("chromium",)
)  # a minute of drawing, for all browsers
BROWSER = tool("python", "-m", "pytest", "-q", "-m", "web")
TIMED = "tests/web/test_budgets.py"  # it measures moments, so nothing else runs then
# What stands in one row runs together: the first prints as it goes, the others when all are done. Whatever measures time is alone.
TESTS = [
    (
        Step("tests on SQLite", pytest("-m", "not web", "-n", "2")),
        Step("short drills", tool("python", "-m", "tests.drills", "--short"), ("postgresql", "strace")),  # they wait for the disk
    ),
    (
        Step(
            "tests on PostgreSQL",
            pytest("-m", "not web", "-n", "2"),  # what asks for no database has run above (tests/conftest.py)
            ("postgresql",),
            (("TIANGUIS_TEST_DATABASE", "postgresql"),),
        ),
    ),
    (
        Step(
            "journeys in a browser",
            [*BROWSER, "-n", "2", "tests/web", f"--ignore={TIMED}"],
            ("chromium", "fonts"),
            again=("--last-failed", "-n", "0"),
        ),
    ),
    (Step("budgets in a browser", [*BROWSER, TIMED], ("chromium", "fonts"), again=("--last-failed",)),),
    (Step("short benchmarks", tool("python", "-m", "tests.benchmarks", "--short"), again=()),),
]
NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "postgresql": (lambda: postgres_binaries() is not None, "postgresql"),
    "strace": (lambda: shutil.which("strace") is not None, "strace"),
    "chromium": (lambda: shutil.which("chromium") is not None, "chromium"),
    "fonts": (lambda: Path("/usr/share/fonts/truetype/noto").is_dir(), "fonts-noto-core"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", action="store_true", help="only style, types and contracts")
    turns = [tuple(CHECKS)] if parser.parse_args().checks else [(MARKET, *CHECKS), *TESTS]
    absent = _provide({need for turn in turns for step in turn for need in step.needs})
    with tempfile.TemporaryDirectory(prefix="tianguis-market-") as market:  # built once for all that browsers do
        os.environ.setdefault("WEB_TESTS_MARKET", market)
        rows = [row for turn in turns for row in _together(turn, absent)]
    print(f"\n{'step':28} {'result':12} seconds")
    for name, result, seconds in rows:
        print(f"{name:28} {result:12} {seconds:7.1f}")
    failed = [name for name, result, _ in rows if result == "failed" or (CI and result == "left out")]
    print(f"{len(rows) - len(failed)} passed, {len(failed)} failed" + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def _provide(needs: set[str]) -> set[str]:
    """Install what is missing where we may; returns what stays missing."""
    missing = {need for need in needs if not NEEDS[need][0]()}
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [NEEDS[need][1] for need in sorted(missing)]
        print(f"installing {', '.join(packages)}", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]  # plain keywords
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=False, **quiet)  # type: ignore[call-overload]  # plain keywords
    return {need for need in missing if not NEEDS[need][0]()}


def _together(turn: tuple[Step, ...], absent: set[str]) -> list[Row]:
    first, *others = turn
    with ThreadPoolExecutor(len(turn)) as threads, ExitStack() as files:
        told = [(step, files.enter_context(tempfile.TemporaryFile("w+"))) for step in others]
        running = [threads.submit(_row, step, absent, out) for step, out in told]
        rows = [_row(first, absent, sys.stdout), *(one.result() for one in running)]
        for _step, out in told:
            out.seek(0)
            print(out.read(), end="", flush=True)
    return rows


def _row(step: Step, absent: set[str], out: TextIO) -> Row:
    lacking = [need for need in step.needs if need in absent]
    if lacking:
        print(f"left out: {step.name} needs {', '.join(lacking)}", file=out, flush=True)
        return step.name, "left out", 0.0
    print(f"\n== {step.name}", file=out, flush=True)
    began = time.monotonic()
    code = _run(step, step.command, out)
    if code and step.again is not None:
        print(f"\n== {step.name}: what failed, once more", file=out, flush=True)
        code = _run(step, [*step.command, *step.again], out)
    return step.name, "passed" if code == 0 else "failed", time.monotonic() - began


def _run(step: Step, command: list[str], out: TextIO) -> int:
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}  # else every process that a test starts compiles everything anew
    environment = {**os.environ, **compiled, **dict(step.environment)}
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
