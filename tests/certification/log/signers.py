"""A signer for tests: in the same process, or in one of its own with a socket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from certification.log import asking, signer
from certification.log.asking import DONE, REFUSED, SIGN, SignerRefusedError, greet
from certification.log.handover import FILE as HANDOVERS
from certification.log.journal import FILE, Journal
from certification.log.keys import PRIVATE, PUBLIC

PATIENCE_S = 90.0
Answers = list[bytes]


def folder_of(app: Flask) -> Path:
    return Path(app.config["SETTINGS"].keys)


def journal_of(app: Flask) -> Journal:
    return Journal(folder_of(app))


def forget_record(app: Flask) -> None:
    (folder_of(app) / FILE).unlink(missing_ok=True)


@contextmanager
def keys_put_back(app: Flask) -> Iterator[None]:
    """The keys of all tests are as they were when this one is over."""
    folder = folder_of(app)
    before = {name: (folder / name).read_bytes() for name in (PRIVATE, PUBLIC)}
    yield
    for file in (*folder.glob("next-*"), *folder.glob(HANDOVERS)):
        file.unlink()
    for name, content in before.items():
        (folder / name).write_bytes(content)


@contextmanager
def signing_apart(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """Registry and signer as two, though in one process: what the signer answered."""
    answers: Answers = []

    def asked(_path: str, **_named: float) -> int:
        answers.append(signer.reply(app, SIGN))
        if not answers[-1].startswith(DONE):
            raise SignerRefusedError(answers[-1].removeprefix(REFUSED).decode())
        return int(answers[-1].removeprefix(DONE))

    forget_record(app)
    with monkeypatch.context() as apart:
        apart.setitem(app.config["SETTINGS"].values, "SIGNER", "/nowhere")
        apart.setattr(asking, "ask", asked)
        yield answers
    forget_record(app)


@contextmanager
def own_process(app: Flask, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`tianguis signer` on the application's data and database; ended when the test is done with it."""
    settings = app.config["SETTINGS"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TIANGUIS_")} | {
        "TIANGUIS_DATA": str(settings.data),
        "TIANGUIS_KEYS": str(settings.keys),
        "TIANGUIS_DATABASE_URL": settings.database_url,
        "TIANGUIS_ORIGIN": settings["ORIGIN"],
        "TIANGUIS_SECRET_KEY": settings["SECRET_KEY"],
        "TIANGUIS_SIGNER": str(path),
    }
    command = [sys.executable, "-m", "marketplace.cli", "signer", "--socket", str(path)]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) as process:
        try:
            _await(process, path)
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _await(process: subprocess.Popen[bytes], path: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            assert greet(str(path), seconds=PATIENCE_S)
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.02)  # another process is starting: there is nothing to be told by
        else:
            return
    pytest.fail(f"the signer did not come: {process.stderr and process.stderr.read1()!r}")  # type: ignore[attr-defined]  # a buffered pipe
