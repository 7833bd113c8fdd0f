"""Servers that tests start for themselves, on loopback or a socket, and end again."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BINARIES = Path("/usr/lib/postgresql")


def postgres_binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine, if there is one."""
    found = sorted(BINARIES.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of its own in a temporary folder, reached by its socket; yields its address."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.fail("TIANGUIS_TEST_DATABASE=postgresql needs a PostgreSQL server (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="tianguis-postgres-"))
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    if user:
        shutil.chown(folder, user)
    try:
        _run(
            [binaries / "initdb", "-D", folder / "data", "-U", "tianguis", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], user
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c full_page_writes=off -c max_connections=60"
        _run([binaries / "pg_ctl", "-D", folder / "data", "-w", "-o", options, "-l", folder / "log", "start"], user)
        try:
            yield f"postgresql+psycopg://tianguis@/postgres?host={folder}"
        finally:
            _run([binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str | Path], user: str | None) -> None:
    subprocess.run([str(part) for part in command], check=True, user=user, stdout=subprocess.DEVNULL, cwd="/")
