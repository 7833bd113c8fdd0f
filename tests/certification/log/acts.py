"""Acts to append, made without anything behind them, and ways to change what may not be changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text

from certification.core.db import db, unit_of_work
from certification.log.appending import append
from certification.rules.leaves import Act, CertificateRef, LogAct
from tests.conftest import ENGINE, NOW

TABLES = (
    "log_leaves",
    "log_nodes",
    "log_heads",
    "certificate_act_leaves",
    "certificate_acts",
    "status_slots",
    "status_lists",
    "scheme_versions",
)


def act(number: int = 0) -> Act:
    return Act(LogAct.RESTORED, NOW + timedelta(seconds=number), certificate=CertificateRef("00000000000", number + 1))


def appended(count: int, *, first: int = 0) -> list[int]:
    """As many acts, each in a unit of work of its own."""
    made = []
    for number in range(first, first + count):
        with unit_of_work():
            made.append(append(act(number)))
    return made


@contextmanager
def behind_our_back() -> Iterator[None]:
    """What a hand at the database could do in one transaction: triggers switched off, and on again."""
    if ENGINE == "sqlite":
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = [(name, sql) for name, sql in db.session.execute(text(named)) if any(one in sql for one in TABLES)]
        for name, _sql in triggers:
            db.session.execute(text(f"DROP TRIGGER {name}"))
    else:
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
    yield
    if ENGINE == "sqlite":
        for _name, sql in triggers:
            db.session.connection().exec_driver_sql(sql)
    db.session.commit()
    db.session.expire_all()
