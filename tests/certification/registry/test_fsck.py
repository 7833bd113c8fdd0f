"""Whatever is changed behind our back in what anybody is told, fsck names it."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pysqlite3
import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import rotating
from certification.registry import fsck
from certification.registry.acts import Why, withdraw
from certification.registry.commands import check_all
from certification.registry.models import Certificate, StatusList
from certification.registry.names import forget_name
from certification.registry.recorded import recorded_of
from certification.registry.status import bit_of
from certification.rules.canonical import digest
from certification.rules.credential import SUSPENSION
from certification.rules.workflow import SchemeVersionState
from certification.schemes.models import SchemeVersion
from certification.schemes.versions import bring_into_force, lapse
from tests import makers, mutations
from tests.certification.log import test_fsck as of_log
from tests.certification.log.signers import keys_put_back
from tests.certification.registry.lives import AFTER, lived
from tests.conftest import ENGINE, NOW
from tests.mutations import with_no_guard

history = of_log.history  # two certificates with every kind of act that this registry knows
AT = NOW + timedelta(hours=5)
UNTOLD = {
    ("certificates", "version_id"): "counts writes",
    ("scheme_versions", "version_id"): "counts writes",
    ("scheme_versions", "id"): "of a scheme under which nothing was granted",
}


@pytest.fixture
def lives(session: Session) -> tuple[Certificate, ...]:
    return lived(makers.user("Celia Decide"))


@pytest.mark.usefixtures("lives")
def test_a_registry_with_every_kind_of_act_is_in_order(session: Session) -> None:
    assert list(fsck.check(AFTER)) == []


@pytest.mark.usefixtures("history")
def test_a_registry_with_a_whole_history_is_in_order(session: Session) -> None:
    assert list(fsck.check(AT)) == []


def test_a_name_that_no_version_committed_to_is_named(lives: tuple[Certificate, ...]) -> None:
    renewed = next(one for one in lives if one.page.get("before"))
    with unit_of_work():
        renewed.page = renewed.page | {"before": [*renewed.page["before"], {"name": "Nadie", "salt": "0" * 32}]}
    assert [one for one in fsck.faults(AFTER) if "committed to it" in str(one)] != []


def test_a_version_by_a_key_in_other_hands_is_named_until_another_follows_it(app: Flask, session: Session) -> None:
    """What the version before it says is held against it all the same."""
    by = makers.user("Celia Decide")
    with keys_put_back(app), clock.standing_at(NOW):
        made = makers.certified(by)
        place = recorded_of([made])[made.id].leaves[0].place
        rotating.compromise(str(made.versions[0].kid), place, now=lambda: NOW)
        session.expire_all()
        assert list(fsck.faults(AT)) == [
            f"certificate {made.code}: version 1: what is signed does not hold (compromised_key)"
        ]  # once, though it is so of both forms
        makers.renewed(made, by, at=NOW, cause="scope")
        assert list(fsck.check(AT)) == []
        with with_no_guard():
            session.execute(text("UPDATE certificate_versions SET signature = 'AAAA' WHERE number = 1"))
            session.expire_all()
            assert [one for one in fsck.faults(AT) if "version 1" in str(one)] != []


@pytest.mark.parametrize(
    ("moved", "faults"),
    [
        pytest.param(timedelta(0), [], id="as it was recorded"),
        pytest.param(timedelta(microseconds=7), ["activated_at is not what the log tells"], id="within its millisecond"),
        pytest.param(timedelta(milliseconds=7), ["activated_at is not what the log tells"], id="by more"),
    ],
)
def test_the_instant_of_a_scheme_is_the_whole_milliseconds_of_its_leaf(
    session: Session, moved: timedelta, faults: list[str]
) -> None:
    at = NOW + timedelta(microseconds=123_000)
    version = makers.scheme_version()
    with unit_of_work():
        again = SchemeVersion(
            scheme_id=version.scheme_id,
            version="9.9",
            document=version.document | {"version": "9.9"},
            state=SchemeVersionState.CONSULTATION,
        )
        again.digest = digest(again.document)
        session.add(again)
        session.flush()
        bring_into_force(again, by=None, at=at + timedelta(microseconds=456))
    assert list(fsck.check(AT)) == []
    with with_no_guard():
        session.execute(update(SchemeVersion).where(SchemeVersion.id == again.id).values(activated_at=at + moved))
        session.expire_all()
        assert [str(one).rpartition(": ")[2] for one in fsck.faults(AT) if "9.9" in str(one)] == faults


def test_an_empty_registry_is_in_order(session: Session) -> None:
    assert list(fsck.check(AT)) == []


@pytest.mark.parametrize(("told", "at"), [("history", AT), ("lives", AFTER)])
def test_one_change_in_any_column_of_what_is_told_is_named(
    session: Session, request: pytest.FixtureRequest, told: str, at: datetime
) -> None:
    request.getfixturevalue(told)
    chance, silent, made = Random(3), set(), 0
    with with_no_guard():
        for table in mutations.tables():
            rows = mutations.rows_of(table)
            for column in table.columns:
                found = [row for row in rows if row[column.name] is not None]
                row = chance.choice(found) if found else {}
                value = mutations.changed(row.get(column.name), chance)
                if value is None:
                    continue
                made += 1
                point = session.begin_nested()
                try:
                    mutations.change(table, row, column, value)
                    session.expire_all()
                    if next(fsck.faults(at), None) is None:
                        silent.add((table.name, column.name))
                except DBAPIError:
                    continue  # the database itself refuses it
                finally:
                    point.rollback()
    assert silent <= UNTOLD.keys()
    assert made > 80


@pytest.mark.parametrize("name", ["signed_at", "valid_until"])
def test_an_instant_of_a_list_is_the_one_that_the_list_says(session: Session, name: str) -> None:
    """A scheme ends below a millisecond; the list of that moment tells of it, and what it is held against is exact."""
    at, owner = NOW + timedelta(microseconds=123_456), makers.user("Olga Dueña")
    one = makers.certified()
    makers.role(owner, Role.SCHEME_OWNER, "origen-local")
    with unit_of_work():
        lapse(one.scheme_version, by=owner, at=at, reason="Terminó")
    listed = session.scalars(select(StatusList).where(StatusList.purpose == SUSPENSION)).one()
    assert (listed.signed_at, bit_of(one.versions[0], SUSPENSION, NOW + timedelta(milliseconds=123))) == (
        NOW + timedelta(milliseconds=123),
        True,
    )
    assert list(fsck.check(AT)) == []
    with with_no_guard():
        moved = getattr(listed, name) - timedelta(microseconds=7)
        session.execute(update(StatusList).where(StatusList.id == listed.id).values({name: moved}))
        session.expire_all()
        assert [str(fault) for fault in fsck.faults(AT)][:1] == [
            "status list suspension/1: its dates are not those that were signed"
        ]


CHANGES = [
    (
        "UPDATE certificates SET withdrawn_at = NULL WHERE id = 1",
        "certificate {one}: withdrawn_at is not what the recorded acts lead to",
    ),
    ("UPDATE certificates SET goods = 'Otra cosa' WHERE id = 2", "certificate {two}: goods is not what was signed"),
    ("UPDATE certificates SET holder_name = 'Otro' WHERE id = 2", "certificate {two}: holder_name is not what was signed"),
    ("DELETE FROM certificate_versions WHERE id = 2", "certificate {two}: it has no version or no act"),
    (
        "UPDATE status_lists SET valid_until = signed_at WHERE id = 1",
        "status list revocation/1: its dates are not those that were signed",
    ),
    ("DELETE FROM status_slots WHERE version_id = 1", "certificate {one}: version 1: what is signed does not hold (other_place)"),
    ("UPDATE scheme_versions SET lapsed_at = NULL", "scheme origen-local/1.0: lapsed_at is not what the log tells"),
    ("UPDATE certificates SET valid_until = 'x' WHERE id = 1", "certificate number 1 can't be read"),
]


@pytest.mark.usefixtures("history")
def test_a_change_is_named_in_plain_words(session: Session) -> None:
    one, two = session.query(Certificate.code).order_by(Certificate.id)
    with with_no_guard():
        for statement, told in CHANGES:
            point = session.begin_nested()
            try:
                session.execute(text(statement))
                session.expire_all()
                found = list(fsck.faults(AT))
            except DBAPIError:
                found = [told]  # this database refuses such a value
            finally:
                point.rollback()
            expected = told.format(one=one.code, two=two.code)
            assert [fault for fault in found if fault.startswith((expected, told))], found


@pytest.mark.skipif(ENGINE != "sqlite", reason="PostgreSQL has no such check")
@pytest.mark.usefixtures("history")
class TestTheFile:
    def test_what_stands_in_an_index_and_not_in_its_row_is_named(self, session: Session, tmp_path: Path) -> None:
        code = session.scalars(select(Certificate.code).limit(1)).one().encode()
        assert list(fsck.database()) == []
        with as_a_file(session, tmp_path / "copy.db") as file:
            before = file.read_bytes()
            changed = re.sub(code + b"(.{1,4})granted", code + rb"\1grantee", before, count=1, flags=re.DOTALL)
            assert sum(one != other for one, other in zip(before, changed, strict=True)) == 1
            file.write_bytes(changed)
        (said,) = fsck.database()
        assert said.startswith("the database is damaged: row ")
        assert "ix_log_leaves_certificate_code" in said

    def test_each_damage_has_a_line_and_where_looking_ended_is_said(
        self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pages = session.scalars(text("SELECT rootpage FROM sqlite_master WHERE name LIKE 'ix_certificate_acts_%'")).all()
        size = int(session.scalar(text("PRAGMA page_size")) or 0)
        with as_a_file(session, tmp_path / "copy.db") as file, file.open("r+b") as damaged:
            for page in pages:
                damaged.seek((page - 1) * size + 7)  # how many bytes lie waste on it
                damaged.write(b"\x33")
        said = list(fsck.database())
        assert len(said) >= len(pages) == 3
        assert {one.partition(": ")[0] for one in said} == {"the database is damaged"}
        assert [one for one in said if "\n" in one or "***" in one] == []
        monkeypatch.setattr(fsck, "MOST", 1)
        assert list(fsck.database()) == [said[0], "the database is damaged: there may be more, this is where looking ended"]


@contextmanager
def as_a_file(session: Session, file: Path) -> Iterator[Path]:
    """The database in memory as a file, to be damaged; it is the database in memory from then on."""
    session.rollback()
    raw = db.engine.raw_connection().driver_connection
    assert raw is not None
    with closing(pysqlite3.dbapi2.connect(file)) as copy:
        raw.backup(copy)
    yield file
    with closing(pysqlite3.dbapi2.connect(file)) as copy:
        copy.backup(raw)


def test_a_name_that_was_removed_by_consent_is_no_fault(session: Session) -> None:
    one = makers.certified()
    with unit_of_work():
        forget_name("Martina Luna", [one.holder_id], by=None, at=NOW)
    assert list(fsck.check(AT)) == []
    with with_no_guard():
        session.execute(text("DELETE FROM audit_entries WHERE act = 'certificate.name_removed'"))
        found = list(fsck.faults(AT))
    assert found == [f"certificate {one.code}: the page: a maker's name is missing, and nobody took it away"]


def test_bits_that_do_not_follow_the_acts_are_named_though_they_are_signed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    decider = makers.user("Celia Decide")
    one = makers.certified(decider)
    monkeypatch.setattr("certification.registry.acts.follow", lambda *_given, **_named: None)
    with unit_of_work():
        withdraw(one, Why("FALSE_INFORMATION", "No era cierto.", "OL-1"), by=decider, at=NOW)
    assert list(fsck.check(AT)) == ["status list revocation/1: its bits are not what the recorded acts say"]


def test_the_command_says_each_fault_on_a_line_and_ends_with_one(app: Flask, session: Session) -> None:
    makers.certified()
    runner = app.test_cli_runner()
    well = runner.invoke(check_all, [], obj=lambda: app)
    assert (well.exit_code, well.output) == (0, "All in order.\n")
    with with_no_guard():
        session.execute(text("UPDATE certificates SET goods = 'Otra cosa'"))
        session.commit()
    ill = runner.invoke(check_all, [], obj=lambda: app)
    assert ill.exit_code == 1
    assert "goods is not what was signed" in ill.output
    assert ill.output.endswith(f"\n{len(ill.output.splitlines()) - 1} faults.\n")


def test_the_command_counts_one_fault_as_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsck, "check", lambda _at: iter(["the log is not well"]))
    told = app.test_cli_runner().invoke(check_all, [], obj=lambda: app)
    assert (told.exit_code, told.output) == (1, "the log is not well\n1 fault.\n")
