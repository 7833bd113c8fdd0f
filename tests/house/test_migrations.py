"""The migrations lead to the schema that the models describe, on both engines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import TypeVar

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import DBAPIError

from certification.core.db import engine_options, prepare
from certification.registry.models import StatusList, VersionCredential
from marketplace.migrations import upgrade as steps
from marketplace.migrations.schema import current, newest_version
from marketplace.migrations.upgrade import configuration, upgrade, write_migration
from marketplace.models import METADATA
from tests.conftest import ENGINE

T = TypeVar("T")
HASHES = {"a": bytes(32), "b": bytes(range(32))}
INDEX_TABLES = "product_words"  # the search index of SQLite keeps tables of its own


@pytest.fixture
def address(tmp_path: Path, database_url: str) -> Iterator[str]:
    """The address of an empty database of its own."""
    if ENGINE == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS migrated WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE migrated"))
    yield database_url.replace("/postgres?", "/migrated?")
    server.dispose()


@contextmanager
def opened(address: str) -> Iterator[Engine]:
    engine = create_engine(address, **engine_options(address))
    prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def triggers(engine: Engine) -> set[tuple[str, str]]:
    rows = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        return {(name, " ".join(definition.split())) for name, definition in connection.execute(text(rows))}


def test_an_empty_database_comes_to_the_models_schema(address: str) -> None:
    with opened(address) as engine:
        upgrade(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = [
                one
                for one in compare_metadata(context, METADATA)
                if INDEX_TABLES not in repr(one) and "ix_products_words" not in repr(one)
            ]
        assert differences == []


@pytest.mark.parametrize("told", [KeyboardInterrupt, RuntimeError])
def test_who_is_stopped_in_the_middle_hears_that_and_nothing_is_changed(address: str, told: type[BaseException]) -> None:
    def stop(_cursor: object, statement: str, *_given: object) -> None:
        if "CREATE TABLE certificates" in statement:
            raise told

    with opened(address) as engine:
        event.listen(engine, "do_execute", stop)
        with pytest.raises(told):
            upgrade(engine)
        event.remove(engine, "do_execute", stop)
        assert current(engine) is None
        upgrade(engine)
        assert current(engine) == newest_version()
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def partial_indexes(engine: Engine) -> dict[str, str]:
    """The condition of each, as the database keeps it."""
    rows = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        if engine.dialect.name == "sqlite"
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )
    with engine.connect() as connection:
        found = {name: str(definition).partition(" WHERE ")[2] for name, definition in connection.execute(text(rows))}
    return {name: condition for name, condition in found.items() if condition}


def migrated_and_modelled(address: str, database_url: str, read: Callable[[Engine], T]) -> tuple[T, T]:
    """What is read of a database that was upgraded, and of one that the models made."""
    with opened(address) as engine:
        upgrade(engine)
        migrated = read(engine)
    with opened("sqlite://" if ENGINE == "sqlite" else database_url) as engine:
        METADATA.create_all(engine)
        return migrated, read(engine)


def test_the_partial_indexes_are_those_of_the_models(address: str, database_url: str) -> None:
    migrated, modelled = migrated_and_modelled(address, database_url, partial_indexes)
    assert migrated == modelled
    assert len(migrated) == 7


def test_the_next_step_is_written_in_plain_types_with_every_condition_and_its_own_number(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that the database lacks is what it has to make; the step must do on both engines and without our own types."""
    folder = copytree(steps.FOLDER, tmp_path / "migrations")
    monkeypatch.setattr(steps, "FOLDER", folder)
    with opened(address) as engine:
        upgrade(engine)
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE version_credentials"))
        write_migration(engine, "again")
        number = f"{int(newest_version()) + 1:04d}"
        written = (folder / "versions" / f"{number}_again.py").read_text(encoding="utf-8")
    compile(written, "again", "exec")
    assert (f'revision = "{number}"' in written.replace("'", '"'), "AnyJson" in written) == (True, False)
    assert 'sa.JSON().with_variant(JSONB(), "postgresql")' in written
    assert [f"{name}_where=sa.text('token IS NULL')" in written for name in ("sqlite", "postgresql")] == [True, True]


def test_upgrading_again_changes_nothing(address: str) -> None:
    with opened(address) as engine:
        upgrade(engine)
        upgrade(engine)
        assert current(engine) == newest_version()


def test_the_triggers_are_those_of_the_models(address: str, database_url: str) -> None:
    migrated, modelled = migrated_and_modelled(address, database_url, triggers)
    assert migrated == modelled
    assert {name for name, _ in migrated} >= {"products_words_added" if ENGINE == "sqlite" else "audit_entries_no_change"}


def test_a_failed_upgrade_leaves_the_old_schema(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(address) as engine:
        with monkeypatch.context() as patch:
            patch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", _fail)
            with pytest.raises(ZeroDivisionError):
                upgrade(engine)
        with engine.connect() as connection:
            assert not engine.dialect.has_table(connection, "users")
        upgrade(engine)
        assert current(engine) == newest_version()


def _fail(*_given: object) -> None:
    raise ZeroDivisionError


def test_nodes_and_places_keep_their_rows_and_their_guards_when_they_move_under_their_keys(address: str) -> None:
    with opened(address) as engine:
        command.upgrade(configuration(engine), "0010")
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO log_nodes (level, node_index, hash) VALUES (2, 0, :b), (1, 1, :a), (1, 0, :a)"), HASHES
            )
        upgrade(engine)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT level, node_index, hash FROM log_nodes ORDER BY level, node_index"))
            assert [(level, index, bytes(hash_)) for level, index, hash_ in rows] == [
                (1, 0, HASHES["a"]),
                (1, 1, HASHES["a"]),
                (2, 0, HASHES["b"]),
            ]
        with pytest.raises(DBAPIError, match="only ever added"), engine.begin() as connection:
            connection.execute(text("DELETE FROM log_nodes"))


AT = {"at": "2026-11-30 16:40:33.123456", "later": "2026-12-07 16:40:33.999999"}
SIGNED_THEN = {
    "certificate_versions": "(id, certificate_id, number, statement, kid, signature, signed_at) VALUES (1, 1, 1, '{}', 'k', 'x', :at)",
    "version_credentials": "(version_id, document, proof, token, signed_at) VALUES (1, '{\"a\": 1}', '{\"b\": 2}', 'x', :at)",
    "status_lists": "(purpose, number, origin, document, proof, token, signed_at, valid_until) "
    "VALUES ('revocation', 1, 'x', '{}', '{}', 'x', :at, :later)",
}


@contextmanager
def unguarded(engine: Engine) -> Iterator[Connection]:
    """A transaction in which rows need not have what they refer to."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
            return
        for statement in ("COMMIT", "PRAGMA foreign_keys=OFF", "BEGIN"):
            connection.exec_driver_sql(statement)
        yield connection
        for statement in ("COMMIT", "PRAGMA foreign_keys=ON", "BEGIN"):
            connection.exec_driver_sql(statement)


def test_signed_instants_come_to_whole_milliseconds_and_a_credential_keeps_its_words_and_guards(address: str) -> None:
    """The step alone: what these rows should refer to isn't there, and an upgrade would miss it."""
    with opened(address) as engine:
        command.upgrade(configuration(engine), "0011")
        zone = "" if engine.dialect.name == "sqlite" else "+00"
        step = ScriptDirectory.from_config(configuration(engine)).get_revision("0012").module
        with unguarded(engine) as connection:
            for table, row in SIGNED_THEN.items():
                connection.execute(text(f"INSERT INTO {table} {row}"), {name: at + zone for name, at in AT.items()})  # noqa: S608 - our own
            with Operations.context(MigrationContext.configure(connection)):
                step.upgrade()
        with engine.connect() as connection:
            kept = connection.execute(select(VersionCredential.__table__)).all()
            (instants,) = connection.execute(select(StatusList.signed_at, StatusList.valid_until)).all()
        assert [tuple(one) for one in kept] == [(1, {"a": 1}, {"b": 2}, "x")]
        assert tuple(instants) == (
            datetime(2026, 11, 30, 16, 40, 33, 123_000, UTC),
            datetime(2026, 12, 7, 16, 40, 33, 999_000, UTC),
        )
        for statement in ("UPDATE version_credentials SET token = 'y'", "DELETE FROM version_credentials"):
            with pytest.raises(DBAPIError, match="secured once"), engine.begin() as connection:
                connection.execute(text(statement))
