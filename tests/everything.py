"""`make test`: every check and test, in order, with one table at the end. Installs what a fresh Debian lacks when it may.

With CI=true, leaving anything out is a failure.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.servers import postgres_binaries

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CI = os.environ.get("CI") == "true"
CODE = ["marketplace", "certification", "tests"]


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
TESTS = [
    Step("tests on SQLite", pytest("-m", "not web", "-n", "2")),
    Step(
        "tests on PostgreSQL",
        pytest("-m", "not web", "-n", "2"),  # what asks for no database has run above (tests/conftest.py)
        ("postgresql",),
        (("TIANGUIS_TEST_DATABASE", "postgresql"),),
    ),
    Step(
        "journeys in a browser",
        tool("python", "-m", "pytest", "-q", "-m", "web", "tests/web"),
        ("chromium", "fonts"),
        again=("--last-failed",),
    ),
    Step("short drills", tool("python", "-m", "tests.drills", "--short"), ("postgresql", "strace")),
    Step("short benchmarks", tool("python", "-m", "tests.benchmarks", "--short"), again=()),
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
    steps = CHECKS if parser.parse_args().checks else [*CHECKS, *TESTS]
    absent = _provide({need for step in steps for need in step.needs})
    rows = [_row(step, absent) for step in steps]
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


def _row(step: Step, absent: set[str]) -> tuple[str, str, float]:
    lacking = [need for need in step.needs if need in absent]
    if lacking:
        print(f"left out: {step.name} needs {', '.join(lacking)}", flush=True)
        return step.name, "left out", 0.0
    print(f"\n== {step.name}", flush=True)
    began = time.monotonic()
    code = _run(step, step.command)
    if code and step.again is not None:
        print(f"\n== {step.name}: what failed, once more", flush=True)
        code = _run(step, [*step.command, *step.again])
    return step.name, "passed" if code == 0 else "failed", time.monotonic() - began


def _run(step: Step, command: list[str]) -> int:
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}  # else every process that a test starts compiles everything anew
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **compiled, **dict(step.environment)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
