"""Two members of a committee decide the same case at once, a thousand times.

    python -m tests.drills.deciders [--short] [--control]

Promise: one decision each, with its one certificate when it grants, and the other member is told that somebody was first.
On a SQLite file and, where there is a server, on PostgreSQL. Then the control, a writer who trusts what it read before
it had the lock: it must decide twice. `--control` runs the whole drill that way; it must fail.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from certification.accounts.models import User
from certification.applications.deciding import DecisionChoice
from certification.applications.models import Application, Decision, Evaluation, Evidence, FindingRow
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.ids import new_id
from certification.core.orm import Base
from certification.core.settings import read_settings
from certification.log.keys import create_keys
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate
from certification.rules.errors import AlreadyDecided, DomainError
from certification.rules.workflow import ApplicationState, Outcome
from marketplace import upkeep  # noqa: F401 - declares what is checked, signed and reconciled by
from marketplace.app import create_app
from marketplace.models import METADATA
from tests import reviews
from tests.servers import postgres, postgres_binaries

RACES, SHORT, CONTROL = 1000, 50, 20
NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
CHOICES = (
    DecisionChoice(Outcome.GRANTED, "Cumple todo."),
    DecisionChoice(Outcome.REFUSED, "No es para este sello.", "NOT_ELIGIBLE", None, "No es el sello que les toca."),
)
Deed = Callable[[int, int, DecisionChoice, threading.Barrier], None]


@dataclass
class Row:
    """What became of the races on one database."""

    engine: str
    way: str
    races: int = 0
    single: int = 0
    told: Counter[str] = field(default_factory=Counter)
    grants: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)


def guarded(application_id: int, decider_id: int, choice: DecisionChoice, start: threading.Barrier) -> None:
    """The service, by somebody who has the page open."""
    application, decider = db.session.get_one(Application, application_id), db.session.get_one(User, decider_id)
    if application.state is not ApplicationState.IN_REVIEW:
        raise AlreadyDecided
    start.wait()
    with unit_of_work():
        decide_and_certify(application, choice=choice, by=decider, at=NOW)


def naive(application_id: int, decider_id: int, choice: DecisionChoice, start: threading.Barrier) -> None:
    """What the service would be without reading anew inside the lock and without the version column."""
    state = db.session.scalar(select(Application.state).where(Application.id == application_id))
    db.session.rollback()
    if state is not ApplicationState.IN_REVIEW:
        raise AlreadyDecided
    start.wait()
    made = {"outcome": choice.outcome, "decided_by_id": decider_id, "decided_at": NOW}
    with unit_of_work() as session:
        session.execute(insert(Decision).values(application_id=application_id, reasons=choice.reasons, **made))
        changed = update(Application).where(Application.id == application_id).values(state=ApplicationState.DECIDED, **made)
        session.execute(changed, execution_options={"synchronize_session": False})


def race(app: Flask, pool: ThreadPoolExecutor, deed: Deed, application_id: int, deciders: list[int]) -> list[str]:
    """Both at once; what each was told, "decided" for whoever did."""
    start = threading.Barrier(2)

    def go(number: int) -> str:
        with app.app_context():
            try:
                deed(application_id, deciders[number], CHOICES[(number + application_id) % 2], start)
            except DomainError as error:
                return error.code
            except StaleDataError:
                return "stale"
            except OperationalError as error:
                return f"database: {type(error.orig).__name__}"
            finally:
                db.session.remove()
        return "decided"

    return list(pool.map(go, range(2)))


def cases(count: int) -> tuple[list[int], list[int]]:
    """So many copies of one case before its committee; ids of the applications and of two deciders."""
    case = reviews.in_review()
    pattern, deciders = case.application.id, [one.id for one in case.deciders]
    with unit_of_work() as session:
        made = [_copy(session, pattern) for _ in range(count)]
    return made, deciders


def _copy(session: Session, pattern: int) -> int:
    (application,) = _copies(session, Application, {"id": pattern}, {})
    _copies(session, Evidence, {"application_id": pattern}, {"application_id": application})
    seats = session.scalars(select(Evaluation.id).where(Evaluation.application_id == pattern).order_by(Evaluation.id)).all()
    new = _copies(session, Evaluation, {"application_id": pattern}, {"application_id": application})
    for seat, its in zip(seats, new, strict=True):
        _copies(session, FindingRow, {"evaluation_id": seat}, {"evaluation_id": its})
    return application


def _copies(session: Session, kind: type[Base], where: dict[str, int], changes: dict[str, Any]) -> list[int]:
    table = kind.__table__
    wanted = select(table).order_by(table.c.id)
    for name, value in where.items():
        wanted = wanted.where(table.c[name] == value)
    rows = []
    for found in session.execute(wanted).mappings():
        row = {name: value for name, value in found.items() if name != "id"}
        rows.append(row | changes | ({"public_id": new_id()} if "public_id" in row else {}))
    return list(session.scalars(insert(kind).returning(kind.__table__.c.id, sort_by_parameter_order=True), rows))


def judge(row: Row, application_id: int, told: list[str], *, certifies: bool) -> None:
    """Hold what the database says after one race against the promise."""
    row.races += 1
    row.told.update(answer for answer in told if answer != "decided")
    decisions = db.session.scalars(select(Decision).where(Decision.application_id == application_id)).all()
    application = db.session.get_one(Application, application_id)
    wrong = []
    if len(decisions) != 1 or told.count("decided") != 1:
        wrong.append(f"{len(decisions)} decisions, {told.count('decided')} said so")
    elif (application.outcome, application.decided_by_id) != (decisions[0].outcome, decisions[0].decided_by_id):
        wrong.append("the case tells another outcome than its decision")
    granted = sum(one.outcome.grants for one in decisions)
    row.grants += granted
    certificates = _count(Certificate, Certificate.application_id == application_id)
    if certifies and certificates != granted:
        wrong.append(f"{certificates} certificates for {granted} grants")
    records = _count(AuditEntry, (AuditEntry.act == "application.decide") & (AuditEntry.subject_id == application.public_id))
    if certifies and records != 1:
        wrong.append(f"{records} records of a decision")
    row.single += not wrong
    row.broken += [f"{row.engine}, case {application_id}: {what}" for what in wrong]
    db.session.rollback()


def _count(kind: type[Base], where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(kind).where(where)) or 0


def drill(app: Flask, engine: str, races: int, deed: Deed) -> Row:
    """So many races on one database."""
    row = Row(engine, "guarded" if deed is guarded else "naive")
    with app.app_context(), ThreadPoolExecutor(2) as pool:
        applications, deciders = cases(races)
        db.session.rollback()
        begun = time.perf_counter()
        for one in applications:
            judge(row, one, race(app, pool, deed, one, deciders), certifies=deed is guarded)
        row.seconds = time.perf_counter() - begun
    return row


@contextmanager
def running(url: str) -> Iterator[Flask]:
    """The application over a database of its own, with a signing key of its own."""
    folder = Path(tempfile.mkdtemp(prefix="tianguis-deciders-"))
    address = url or f"sqlite:///{folder / 'deciders.db'}"
    settings = read_settings({}, DATA=str(folder), DATABASE_URL=address, SECRET_KEY="drills only: " + "x" * 32)
    app = create_app(settings)
    try:
        create_keys(folder / "keys", demonstration=False)
        with app.app_context():
            METADATA.create_all(db.engine)
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def on_every_database(races: int, deed: Deed) -> list[Row]:
    """The same drill on a file of SQLite and, where its server is, on PostgreSQL."""
    with running("") as app:
        rows = [drill(app, "sqlite", races, deed)]
    if postgres_binaries() is None:
        print("PostgreSQL: no server here; left out")
        return rows
    with postgres() as url, running(url) as app:
        return [*rows, drill(app, "postgresql", races, deed)]


def show(rows: list[Row]) -> None:
    print(f"{'database':<11} {'way':<8} {'races':>5} {'one decision':>12} {'grants':>6} {'per second':>10}   the other was told")
    for row in rows:
        told = ", ".join(f"{code} {count}" for code, count in row.told.most_common()) or "nothing"
        pace = row.races / row.seconds if row.seconds else 0
        print(f"{row.engine:<11} {row.way:<8} {row.races:>5} {row.single:>12} {row.grants:>6} {pace:>10.1f}   {told}")


def main(arguments: list[str] | None = None) -> int:
    """Run the drill; 0 when every promise was kept and every control decided twice."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"{SHORT} races")
    parser.add_argument("--control", action="store_true", help="without the guard: must fail")
    asked = parser.parse_args(arguments)
    races = SHORT if asked.short else RACES
    rows = on_every_database(races, naive if asked.control else guarded)
    controls = [] if asked.control else on_every_database(CONTROL, naive)
    show([*rows, *controls])
    broken = [what for row in rows for what in row.broken]
    broken += [f"{row.engine}: the control never decided twice" for row in controls if row.single == row.races]
    for what in broken[:20]:
        print(f"BROKEN  {what}")
    print(f"promise: {'kept' if not broken else f'broken {len(broken)} times'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
