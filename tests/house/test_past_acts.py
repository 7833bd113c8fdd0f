"""A database that had certificates before there was a log comes to 0002 with every act in it, once."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.core.db import db, engine_options, prepare, unit_of_work
from certification.core.settings import read_settings
from certification.log import fsck
from certification.log.keys import create_keys
from certification.log.models import LogLeaf
from certification.log.reading import head
from certification.registry.acts import Why, suspend
from certification.registry.models import Certificate, RecordedAct
from certification.registry.scope import rehook, unhook
from certification.rules.leaves import parse_leaf
from certification.schemes.versions import lapse
from marketplace import cli
from marketplace.app import create_app
from marketplace.migrations.upgrade import configuration, upgrade
from marketplace.models import METADATA
from tests import makers
from tests.conftest import ENGINE, NOW

NEWER = ("log_", "certificate_act_leaves")


@pytest.fixture
def old(session: Session, tmp_path: Path, database_url: str) -> str:
    """The address of a database at 0001 with two certificates, one paused, whose scheme ended, and goods that were looked at."""
    decider, owner = makers.user("Celia Decide"), makers.user("Olga Dueña")
    one = makers.certified(decider, at=NOW - timedelta(days=3, microseconds=-123456))
    makers.certified(at=NOW - timedelta(days=5))
    makers.role(owner, Role.SCHEME_OWNER, "origen-local")
    why = Why("UNDER_INVESTIGATION", "Se revisa.")
    with unit_of_work():
        unhook(["prod1"], by=owner, at=NOW - timedelta(days=2), why="Otra lana")
        rehook(one, "prod1", seen=(NOW - timedelta(days=2)).isoformat(), by=decider, at=NOW - timedelta(days=1))
        suspend(one, why, until=date(2026, 12, 31), by=decider, at=NOW)
    with unit_of_work():
        lapse(one.scheme_version, by=owner, at=NOW + timedelta(hours=1), reason="Terminó")
    address = f"sqlite:///{tmp_path / 'old.db'}"
    if ENGINE == "postgresql":
        server = create_engine(database_url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(sa.text("DROP DATABASE IF EXISTS old WITH (FORCE)"))
            connection.execute(sa.text("CREATE DATABASE old"))
        server.dispose()
        address = database_url.replace("/postgres?", "/old?")
    engine = create_engine(address, **engine_options(address))
    prepare(engine)
    command.upgrade(configuration(engine), "0001")
    carry(engine)
    engine.dispose()
    return address


def carry(target: Engine) -> None:
    """Copy the rows that 0001 had a place for."""
    there = sa.MetaData()
    there.reflect(target)
    with target.begin() as connection:
        for table in METADATA.sorted_tables:
            if table.name not in there.tables:
                continue
            columns = [column for column in table.c if column.name in there.tables[table.name].c]
            rows: list[dict[str, Any]] = [dict(row) for row in db.session.execute(sa.select(*columns)).mappings()]
            for row in rows:
                if table.name == "certificates":
                    row["page"] = {name: part for name, part in row["page"].items() if name != "leaf"}
            if rows:
                plain = sa.table(table.name, *(sa.column(column.name, column.type) for column in columns))
                connection.execute(plain.insert(), rows)
            if rows and ENGINE == "postgresql" and "id" in table.c:
                last = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"  # noqa: S608 - our own tables
                connection.execute(sa.text(last))
    db.session.rollback()


def opened(address: str, folder: Path) -> Flask:
    settings = read_settings({}, DATA=str(folder), DATABASE_URL=address, SECRET_KEY="x" * 32, ORIGIN="http://localhost")
    return create_app(settings, TESTING=True)


def test_every_act_of_before_is_entered_in_order_of_time_and_marked(old: str, tmp_path: Path) -> None:
    app = opened(old, tmp_path / "data")
    with app.app_context():
        upgrade(db.engine)
        acts = [parse_leaf(entry) for entry in db.session.scalars(sa.select(LogLeaf.entry).order_by(LogLeaf.index))]
        kinds = [act.act.value for act in acts]
        assert kinds[:3] == ["scheme_activated"] * 3
        assert kinds[3:] == ["granted", "granted", "rehooked", "suspended", "scheme_lapsed"]
        assert all(act.before_log for act in acts)
        assert [act.at for act in acts] == sorted(act.at for act in acts)
        assert acts[4].at == NOW - timedelta(days=3, milliseconds=-123)
        assert head().note is None
        assert fsck.check() == ["the log was never signed; the next act or `tianguis upgrade` signs it once there is a key"]
        db.session.remove()
        db.engine.dispose()


def test_it_happens_once_and_the_first_checkpoint_is_signed_with_the_key(old: str, tmp_path: Path) -> None:
    app = opened(old, tmp_path / "data")
    create_keys(tmp_path / "data" / "keys", demonstration=False)
    cli.prepare(app, demonstration=False)
    cli.prepare(app, demonstration=False)
    with app.app_context():
        assert head().size == 9
        assert fsck.check() == []
        pages = db.session.execute(sa.select(Certificate.code, Certificate.page)).all()
        last = {
            one.certificate_code: one.index for one in db.session.query(LogLeaf).order_by(LogLeaf.index) if one.act != "rehooked"
        }
        assert {code: page["leaf"] for code, page in pages} == {code: last[code] for code, _page in pages}
        _goes_on(db.session.query(RecordedAct).count())
        db.session.remove()
        db.engine.dispose()


def _goes_on(acts: int) -> None:
    """New acts follow those of before."""
    makers.certified(at=NOW, key="comercio-justo-local", subject_kind="workshop")
    assert db.session.query(RecordedAct).count() == acts + 1
    assert head().size == 10
    assert fsck.check() == []


def test_an_empty_database_gets_an_empty_log(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'new.db'}", **engine_options("sqlite://"))
    prepare(engine)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM log_heads")).scalar_one() == 0
        assert connection.execute(sa.text("SELECT count(*) FROM log_leaves")).scalar_one() == 0
    engine.dispose()


def test_the_old_database_had_no_log(old: str) -> None:
    """The control: what is entered comes from the step, not from the copy."""
    engine = create_engine(old, **engine_options(old))
    prepare(engine)
    names = sa.inspect(engine).get_table_names()
    assert [name for name in names if name.startswith(NEWER)] == []
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM certificate_acts")).scalar_one() == 3
    engine.dispose()


def test_the_leaf_of_a_moment_keeps_whole_milliseconds(old: str, tmp_path: Path) -> None:
    app = opened(old, tmp_path / "data")
    with app.app_context():
        upgrade(db.engine)
        instants = list(db.session.scalars(sa.select(LogLeaf.at)))
        assert {one.microsecond % 1000 for one in instants} == {0}
        db.session.remove()
        db.engine.dispose()
