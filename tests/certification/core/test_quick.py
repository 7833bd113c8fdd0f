"""Prepared reading gives what SQLAlchemy gives, and keeps a connection only where that is safe."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, bindparam, create_engine, select
from sqlalchemy.orm import Session

from certification.accounts.models import User, UserState
from certification.core.db import db, engine_options, prepare
from certification.core.orm import Instant
from certification.core.quick import QuickSelect, UnreachableError, at_one_moment, connected
from tests import makers


def test_values_and_parameters_have_the_columns_types(session: Session, at: datetime) -> None:
    rosa, _ines = makers.user("Rosa"), makers.user("Inés")
    wanted = select(User.name, User.created_at, User.state).where(
        User.created_at <= bindparam("at", None, type_=Instant()), User.state == UserState.ACTIVE, User.id.in_([rosa.id, 99])
    )
    session.rollback()
    quick = QuickSelect(db.engine, wanted)
    assert quick.all(at=at) == [("Rosa", makers.THEN, UserState.ACTIVE)]
    assert quick.first(at=at) == ("Rosa", makers.THEN, UserState.ACTIVE)
    assert quick.first(at=datetime(2000, 1, 1, tzinfo=UTC)) is None


@pytest.fixture
def file_engine(tmp_path: Path) -> Engine:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    User.__table__.create(engine)  # type: ignore[attr-defined]  # a mapped class's table is a Table
    return engine


def test_a_thread_keeps_its_connection_to_a_file_and_another_gets_its_own(file_engine: Engine) -> None:
    seen: list[object] = []

    def ask() -> None:
        with connected(file_engine) as one, connected(file_engine) as same:
            assert one is same
            seen.append(one)

    ask()
    ask()
    other = Thread(target=ask)
    other.start()
    other.join()
    assert seen[0] is seen[1]
    assert seen[0] is not seen[2]


def test_a_kept_connection_sees_what_others_write(file_engine: Engine) -> None:
    quick = QuickSelect(file_engine, select(User.name))
    assert quick.all() == []
    with Session(file_engine) as writing:
        writing.add(User(name="Rosa", created_at=makers.THEN))
        writing.commit()
    assert quick.all() == [("Rosa",)]


def test_after_a_failure_the_thread_asks_for_a_new_connection(file_engine: Engine) -> None:
    quick = QuickSelect(file_engine, select(User.name))
    with connected(file_engine) as first:
        pass
    with file_engine.begin() as breaking:
        breaking.exec_driver_sql("ALTER TABLE users RENAME TO gone")
    with pytest.raises(UnreachableError):
        quick.all()
    with connected(file_engine) as second:
        assert second is not first


def add(engine: Engine, name: str) -> None:
    with Session(engine) as writing:
        writing.add(User(name=name, created_at=makers.THEN))
        writing.commit()


def test_statements_of_one_page_read_one_moment_and_those_of_the_next_page_the_next(file_engine: Engine) -> None:
    quick = QuickSelect(file_engine, select(User.name).order_by(User.id))
    with at_one_moment(file_engine) as first:
        assert quick.all(first) == []
        add(file_engine, "Rosa")
        assert quick.all(first) == []
    with at_one_moment(file_engine) as second:
        assert quick.all(second) == [("Rosa",)]
    assert second is first
    assert not second.in_transaction


def test_a_page_that_fails_leaves_no_moment_behind(file_engine: Engine) -> None:
    quick = QuickSelect(file_engine, select(User.name))
    with at_one_moment(file_engine) as first:
        pass
    with pytest.raises(ZeroDivisionError), at_one_moment(file_engine):
        raise ZeroDivisionError
    add(file_engine, "Rosa")
    assert quick.all() == [("Rosa",)]
    with connected(file_engine) as second:
        assert second is not first
        second.close()
    with pytest.raises(UnreachableError), at_one_moment(file_engine):
        pass
    with at_one_moment(file_engine) as third:
        assert quick.all(third) == [("Rosa",)]
