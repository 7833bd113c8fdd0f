"""The registry that drills break: its folder, the acts to be done in it one after another, and the process that does them."""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from certification.accounts.models import User
from certification.applications.deciding import DecisionChoice
from certification.applications.models import Application
from certification.core import clock, log
from certification.core.db import db, unit_of_work
from certification.core.settings import read_settings
from certification.log.checkpoints import FILE, FOLDER
from certification.log.keys import KeyProblemError, create_keys
from certification.registry import acts
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate
from certification.rules.errors import AlreadyDecided, DomainError, IllegalMove
from certification.rules.workflow import Outcome
from marketplace import upkeep  # noqa: F401 - declares what is checked, signed and reconciled by
from marketplace.app import create_app
from marketplace.models import METADATA
from tests.drills.deciders import cases

BEGUN = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
DATABASE = "tianguis.db"
GRANT = DecisionChoice(Outcome.GRANTED, "Cumple todo.")
PAUSED = acts.Why("UNDER_INVESTIGATION", "Se revisa.")
GONE = acts.Why("FALSE_INFORMATION", "No era cierto.", "OL-1")
UNTIL = date(2027, 1, 31)
ALREADY = (AlreadyDecided, IllegalMove)


class Task(NamedTuple):
    """One act: ``case`` is the number of the application in its place."""

    act: str
    case: int


class Told(NamedTuple):
    """What the process told of a task once it was done; ``leaf`` is None where it had been done before."""

    task: Task
    leaf: int | None
    code: str
    note: str


@dataclass(frozen=True)
class Place:
    """A registry in its folder, with cases that wait for a decision. Nothing of it is open between uses."""

    app: Flask
    applications: Sequence[int]
    decider: int

    @property
    def folder(self) -> Path:
        return Path(self.app.config["SETTINGS"].data)

    def at(self, folder: Path) -> "Place":
        """The same registry in another folder, which is filled later."""
        return Place(application(folder), self.applications, self.decider)


def tasks(count: int) -> list[Task]:
    """Grants, and after each second one a pause that is ended, or a withdrawal."""
    found = []
    for case in range(count):
        found.append(Task("granted", case))
        if case % 2:
            found += [Task("suspended", case), Task("restored", case)] if case % 4 == 1 else [Task("withdrawn", case)]
    return found


def application(folder: Path, url: str = "") -> Flask:
    """The application over a folder, or over a database elsewhere; it tells nobody anything but us."""
    address = url or f"sqlite:///{folder / DATABASE}"
    given = {"DATA": str(folder), "DATABASE_URL": address, "SECRET_KEY": "drills only: " + "x" * 32}
    log.configure("CRITICAL")
    settings = read_settings({}, **given, ORIGIN="http://localhost", PASSKEYS_REQUIRED="no")
    return create_app(settings, TESTING=True, WTF_CSRF_ENABLED=False)


@contextmanager
def registry(count: int, url: str = "") -> Iterator[Place]:
    """A fresh registry with so many cases, a key, and a log that was signed once."""
    folder = Path(tempfile.mkdtemp(prefix="tianguis-drill-"))
    app = application(folder, url)
    try:
        create_keys(folder / "keys", demonstration=False)
        with app.app_context():
            METADATA.create_all(db.engine)
            applications, deciders = cases(count + 1)
            place = Place(app, applications[1:], deciders[0])
            perform(Place(app, applications, deciders[0]), Task("granted", 0), BEGUN)
        close(app)
        yield place
    finally:
        close(app)
        shutil.rmtree(folder, ignore_errors=True)


def close(app: Flask) -> None:
    """Let go of the database, so that files can be copied and a process forked."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def perform(place: Place, task: Task, at: datetime, *, before_commit: Callable[[int, str], None] | None = None) -> Told:
    """One task as the product does it. Raises what its services raise; those of ``ALREADY`` when it was done before."""
    case, by = db.session.get_one(Application, place.applications[task.case]), db.session.get_one(User, place.decider)
    try:
        with clock.standing_at(at), unit_of_work():
            certificate = _certificate(case.id) if task.act != "granted" else None
            if certificate is None:
                certificate = decide_and_certify(case, choice=GRANT, by=by, at=at)[1]
                assert certificate is not None
            elif task.act == "suspended":
                acts.suspend(certificate, PAUSED, until=UNTIL, by=by, at=at)
            elif task.act == "restored":
                acts.restore(certificate, by=by, at=at)
            else:
                acts.withdraw(certificate, GONE, by=by, at=at)
            leaf, code = int(certificate.page["leaf"]), certificate.code
            if before_commit:
                before_commit(leaf, code)
        return Told(task, leaf, code, (place.folder / FOLDER / FILE).read_text())
    finally:
        db.session.remove()


def _certificate(application_id: int) -> Certificate:
    return db.session.scalars(select(Certificate).where(Certificate.application_id == application_id)).one()


class Worker:
    """A process of its own that does tasks, each when it is told to, and answers once it is done: to be killed."""

    def __init__(self, place: Place, *, early: bool = False, synchronous: str = "") -> None:
        self._ours, theirs = socket.socketpair()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._ours.close()
            try:
                _serve(place, theirs, early=early, synchronous=synchronous)
            finally:
                os._exit(0)
        theirs.close()
        self._lines = self._ours.makefile("r")

    def ask(self, number: int, task: Task) -> None:
        self._ours.sendall(f"{number} {task.act} {task.case}\n".encode())

    def answers(self) -> Iterator[tuple[str, Told | None]]:
        """What it says, until it ends: ``done``, ``already``, or what went wrong, with what was done."""
        while line := self._line():
            said, told = json.loads(line)
            yield said, Told(Task(*told[0]), *told[1:]) if told else None

    def _line(self) -> str:
        """Nothing at its end, and when it was killed with something unread on the way to it."""
        try:
            return self._lines.readline()
        except ConnectionResetError:
            return ""

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def end(self) -> None:
        """Let it end by itself."""
        self._ours.shutdown(socket.SHUT_WR)
        os.waitpid(self.pid, 0)
        self.forget()

    def forget(self) -> None:
        self._lines.close()
        self._ours.close()


def _serve(place: Place, to: socket.socket, *, early: bool, synchronous: str) -> None:
    def say(word: str, told: Told | None = None) -> None:
        to.sendall((json.dumps([word, told]) + "\n").encode())

    with place.app.app_context(), to.makefile("r") as asked:
        if synchronous:
            weaken(synchronous)
        for line in asked:
            number, act, case = line.split()
            task = Task(act, int(case))
            too_soon = (lambda leaf, code, task=task: say("done", Told(task, leaf, code, ""))) if early else None
            try:
                told = perform(place, task, BEGUN + timedelta(seconds=1 + int(number)), before_commit=too_soon)
            except ALREADY:
                say("already", Told(task, None, "", ""))
            except (DomainError, KeyProblemError, SQLAlchemyError, OSError) as error:
                say(f"{type(error).__name__}: {getattr(error, 'code', error)}")
            else:
                if not early:
                    say("done", told)


def weaken(synchronous: str) -> None:
    """A control: every connection that is opened from now on syncs less."""
    from sqlalchemy import event  # noqa: PLC0415 - a control's own need

    event.listen(db.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA synchronous={synchronous}"))


def copy(source: Path, to: Path) -> None:
    """The files of a registry that no process has open, in place of what was there."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(source, to, ignore=shutil.ignore_patterns("*-shm"))


def ready(app: Flask) -> None:
    """Open the database once, so that its log is recovered."""
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
