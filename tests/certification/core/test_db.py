"""One transaction a write."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysqlite3
import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.audit.models import AuditEntry
from certification.audit.record import record
from certification.core.db import WRITE, after_commit, before_commit, db, engine_options, prepare, unit_of_work
from tests import makers
from tests.makers import THEN


def test_a_unit_of_work_commits_once_and_then_runs_its_wishes(session: Session) -> None:
    done: list[int] = []
    with unit_of_work():
        session.add(User(name="Rosa", created_at=THEN))
        after_commit(lambda: done.append(session.query(User).count()))
        assert done == []
    assert done == [1]


def test_a_failure_inside_leaves_nothing_and_runs_no_wish(session: Session) -> None:
    done: list[int] = []

    def fail() -> None:
        with unit_of_work():
            session.add(User(name="Rosa", created_at=THEN))
            after_commit(lambda: done.append(1))
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert session.query(User).count() == 0
    assert done == []


def test_the_last_step_is_done_once_before_the_commit_and_is_part_of_it(session: Session) -> None:
    done: list[str] = []

    def last() -> None:
        session.add(User(name="Rosa", created_at=THEN))
        done.append("last")

    with unit_of_work():
        before_commit(lambda: done.append("first"), key="sign")
        before_commit(last, key="sign")
        after_commit(lambda: done.append(f"after {session.query(User).count()}"))
    assert done == ["last", "after 1"]


def test_a_last_step_that_fails_leaves_nothing(session: Session) -> None:
    done: list[int] = []

    def write() -> None:
        with unit_of_work():
            session.add(User(name="Rosa", created_at=THEN))
            before_commit(lambda: done.append(1 // 0), key="sign")
            after_commit(lambda: done.append(1))

    with pytest.raises(ZeroDivisionError):
        write()
    assert (session.query(User).count(), done) == (0, [])


def test_units_of_work_do_not_nest(session: Session) -> None:
    with unit_of_work(), pytest.raises(RuntimeError, match="already under way"), unit_of_work():
        pass


def test_a_change_outside_a_unit_of_work_is_refused(session: Session) -> None:
    somebody = makers.user()
    somebody.name = "Otra"
    with pytest.raises(RuntimeError, match="outside unit_of_work"), unit_of_work():
        pass


def test_the_record_needs_a_unit_of_work(session: Session) -> None:
    with pytest.raises(RuntimeError, match="needs a unit_of_work"):
        record("granted", "certificate", 1, by=None, at=THEN)


@pytest.mark.parametrize("change", ["UPDATE audit_entries SET act = 'x'", "DELETE FROM audit_entries"])
def test_the_database_refuses_to_change_the_record(session: Session, change: str) -> None:
    with unit_of_work():
        record("granted", "certificate", 1, by=None, at=THEN)
    with pytest.raises(DBAPIError, match="only ever added"), unit_of_work():
        session.connection().exec_driver_sql(change)
    assert session.query(AuditEntry.act).one() == ("granted",)


def test_of_one_key_only_the_last_wish_runs_and_at_the_first_ones_turn(session: Session) -> None:
    done: list[int] = []
    with unit_of_work():
        after_commit(lambda: done.append(1), key="copy")
        after_commit(lambda: done.append(2))
        after_commit(lambda: done.append(3), key="copy")
    assert done == [3, 2]


def test_a_wish_that_fails_keeps_no_other_from_its_turn_and_is_told_at_the_end(session: Session) -> None:
    done: list[int] = []

    def fail() -> None:
        done.append(1)
        raise ZeroDivisionError

    def write() -> None:
        with unit_of_work():
            session.add(User(name="Rosa", created_at=THEN))
            after_commit(fail)
            after_commit(lambda: done.append(2))

    with pytest.raises(ZeroDivisionError):
        write()
    assert done == [1, 2]
    assert session.query(User).count() == 1


@pytest.mark.parametrize(
    ("listening", "second"), [(prepare, "done"), (lambda _: None, "refused")], ids=["the house's engine", "control: a bare one"]
)
def test_a_connection_that_sqlite_could_only_open_for_reading_is_not_kept(
    tmp_path: Path, listening: Callable[[Engine], None], second: str
) -> None:
    file = tmp_path / "market.db"
    pysqlite3.connect(str(file)).execute("CREATE TABLE stalls (name)")
    engine = create_engine(f"sqlite:///{file}", **engine_options("sqlite://"))
    ways = iter([f"file:{file}?mode=ro"])  # as SQLite opens it when the disk is full; later ones as asked

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _given: Any, options: dict[str, Any]) -> Any:
        return pysqlite3.connect(next(ways, f"file:{file}"), uri=True, **options)

    listening(engine)

    def insert() -> str:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("INSERT INTO stalls VALUES ('Rosa')")
        except OperationalError:
            return "refused"
        return "done"

    assert (insert(), insert()) == ("refused", second)
    engine.dispose()


@pytest.mark.parametrize(("failures", "saved"), [(1, 1), (2, 0)], ids=["once", "control: twice"])
def test_a_write_that_cannot_begin_is_begun_once_more_on_another_connection(
    session: Session, request: pytest.FixtureRequest, failures: int, saved: int
) -> None:
    left = [OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked")) for _ in range(failures)]

    def refuse(connection: Connection) -> None:
        if left and connection.get_execution_options().get(WRITE):
            raise left.pop()

    event.listen(db.engine, "begin", refuse)
    request.addfinalizer(lambda: event.remove(db.engine, "begin", refuse))
    with contextlib.suppress(OperationalError), unit_of_work():
        session.add(User(name="Rosa", created_at=THEN))
    session.rollback()
    assert (session.query(User).count(), left) == (saved, [])
