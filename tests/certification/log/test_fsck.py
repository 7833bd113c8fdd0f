from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.core.db import db, unit_of_work
from certification.log.checkpoints import place
from certification.log.fsck import check
from certification.log.models import LogHead, LogLeaf, LogNode
from certification.registry.acts import Why, restore, surrender, suspend, withdraw
from certification.registry.logged import ActLeaf
from certification.registry.models import RecordedAct
from certification.rules.leaves import LogAct
from certification.rules.merkle import leaf_hash
from certification.schemes.versions import lapse
from tests import makers
from tests.certification.log.acts import appended, behind_our_back
from tests.conftest import NOW
from tests.keeping import made_once

WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
GONE = Why("FALSE_INFORMATION", "No era cierto.", "OL-1")


def happened() -> None:
    """Two certificates: one paused, restored and withdrawn; one given back. Then its scheme ends."""
    decider = makers.user("Celia Decide")
    one, two = makers.certified(decider, at=NOW - timedelta(days=3)), makers.certified(at=NOW - timedelta(days=2))
    keeper, owner = makers.user("Rosa Titular"), makers.user("Olga Dueña")
    makers.member(keeper, two.holder)
    makers.role(owner, Role.SCHEME_OWNER, "origen-local")
    with unit_of_work():
        suspend(one, WHY, until=date(2026, 12, 31), by=decider, at=NOW)
    with unit_of_work():
        restore(one, by=decider, at=NOW + timedelta(hours=1))
        withdraw(one, GONE, by=decider, at=NOW + timedelta(hours=2))
    with unit_of_work():
        surrender(two, Why("HOLDER_REQUEST", ""), by=keeper, at=NOW + timedelta(hours=3))
    with unit_of_work():
        lapse(one.scheme_version, by=owner, at=NOW + timedelta(hours=4), reason="El esquema terminó")


@pytest.fixture
def history(session: Session) -> None:
    made_once(happened)


@pytest.mark.usefixtures("history")
def test_a_log_with_a_whole_history_is_in_order(session: Session) -> None:
    assert check() == []
    kinds = [one.act.value for one in session.query(LogLeaf).order_by(LogLeaf.index)]
    assert kinds[:2] == ["key_added", "scheme_activated"]
    assert kinds[4:] == ["granted", "granted", "suspended", "restored", "withdrawn", "surrendered", "scheme_lapsed"]


def test_an_empty_log_is_in_order(session: Session) -> None:
    assert check() == []


def flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def leaf(number: int) -> LogLeaf:
    return db.session.query(LogLeaf).filter_by(index=number).one()


def entry_changed() -> None:
    one = leaf(6)
    changed = one.entry.replace(b"UNDER_INVESTIGATION", b"UNDER_INVESTIGATIOM")
    assert changed != one.entry
    db.session.execute(update(LogLeaf).where(LogLeaf.index == 6).values(entry=changed))


def entry_and_hash_changed() -> None:
    changed = leaf(6).entry.replace(b"UNDER_INVESTIGATION", b"UNDER_INVESTIGATIOM")
    db.session.execute(update(LogLeaf).where(LogLeaf.index == 6).values(entry=changed, hash=leaf_hash(changed)))


def entry_unreadable() -> None:
    db.session.execute(update(LogLeaf).where(LogLeaf.index == 6).values(entry=flipped(leaf(6).entry)))


def hash_changed() -> None:
    db.session.execute(update(LogLeaf).where(LogLeaf.index == 2).values(hash=flipped(leaf(2).hash)))


def last_leaf_gone() -> None:
    db.session.execute(delete(LogLeaf).where(LogLeaf.index == 10))


def leaf_gone() -> None:
    db.session.execute(text("DELETE FROM certificate_act_leaves WHERE leaf_index = 6"))
    db.session.execute(delete(LogLeaf).where(LogLeaf.index == 6))


def node(**values: Any) -> Any:
    return update(LogNode).where(LogNode.level == 1, LogNode.index == 1).values(**values)


def node_changed() -> None:
    found = db.session.query(LogNode).filter_by(level=1, index=1).one()
    db.session.execute(node(hash=flipped(found.hash)))


def head_changed() -> None:
    found = db.session.query(LogHead).one()
    db.session.execute(update(LogHead).values(root=flipped(found.root)))


def note_changed() -> None:
    found = db.session.query(LogHead).one()
    assert found.note
    db.session.execute(update(LogHead).values(note=found.note[:-9] + b"AAAA" + found.note[-5:]))


CHANGES: list[tuple[Callable[[], object], str]] = [
    (entry_changed, "leaf 6 has another hash than its entry"),
    (entry_changed, "leaf 6 says something else than act 3 (suspended)"),
    (entry_and_hash_changed, "node 1/3 has another hash than what is below it"),
    (entry_and_hash_changed, "the head says 11 leaves"),
    (entry_unreadable, "leaf 6 can't be read"),
    (hash_changed, "leaf 2 has another hash than its entry"),
    (last_leaf_gone, "the head says 11 leaves"),
    (leaf_gone, "leaf 6 is missing"),
    (leaf_gone, "act 3 (suspended)"),
    (node_changed, "node 1/1 has another hash than what is below it"),
    (lambda: db.session.execute(delete(LogNode).where(LogNode.level == 3)), "node 3/0 is missing"),
    (lambda: db.session.execute(insert(LogNode).values(level=9, index=0, hash=b"x" * 32)), "node 9/0 belongs to no leaves"),
    (head_changed, "the head says 11 leaves"),
    (head_changed, "outside the database: log_"),
    (note_changed, "the checkpoint in the database is not signed by a key of this registry"),
    (lambda: db.session.execute(update(LogLeaf).where(LogLeaf.index == 4).values(certificate_code=None)), "columns beside it"),
    (lambda: db.session.execute(update(LogLeaf).where(LogLeaf.index == 4).values(act=LogAct.RENEWED)), "columns beside it"),
    (lambda: db.session.execute(update(RecordedAct).where(RecordedAct.id == 3).values(reason_code="X")), "leaf 6 says something"),
    (lambda: db.session.execute(update(RecordedAct).where(RecordedAct.id == 5).values(public_summary="Otro.")), "leaf 8 says"),
    (lambda: db.session.execute(update(ActLeaf).where(ActLeaf.act_id == 3).values(salt="x")), "leaf 6 says something else"),
    (lambda: db.session.execute(delete(ActLeaf).where(ActLeaf.act_id == 3)), "act 3 (suspended) on"),
    (lambda: db.session.execute(delete(ActLeaf).where(ActLeaf.act_id == 3)), "leaf 6 (suspended) tells of nothing"),
    (lambda: db.session.execute(text("UPDATE scheme_versions SET state = 'active'")), "(scheme_lapsed) tells of nothing"),
    (lambda: db.session.execute(text("UPDATE scheme_versions SET state = 'withdrawn'")), "scheme_withdrawn of origen-local"),
    (
        lambda: place().unlink(),
        "log_outside_missing: The copy of the last checkpoint outside the database, log/checkpoint, is gone",
    ),
    (lambda: place().write_bytes(flipped(place().read_bytes())), "log_outside_unreadable"),
]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(("change", "told"), CHANGES, ids=lambda one: one if isinstance(one, str) else "")
def test_what_is_changed_behind_our_back_is_named(session: Session, change: Callable[[], object], told: str) -> None:
    with behind_our_back():
        change()
    assert [fault for fault in check() if told in fault], check()


def test_a_leaf_that_nothing_stands_behind_is_named(session: Session) -> None:
    appended(1)
    assert check() == ["leaf 1 (restored) tells of nothing that is recorded"]


def test_a_copy_that_lags_is_told(session: Session) -> None:
    makers.certified()
    before = place().read_bytes()
    makers.certified()
    place().write_bytes(before)
    assert check() == ["the copy of the checkpoint outside the database stands at 5 of 6; the worker or the next act mends it"]


@pytest.mark.usefixtures("history")
def test_the_command_ends_with_one_and_says_what(app: Flask, session: Session) -> None:
    runner = app.test_cli_runner()
    from certification.log.commands import public_log  # noqa: PLC0415 - a command of its own

    well = runner.invoke(public_log, ["fsck"], obj=lambda: app, catch_exceptions=False)
    assert (well.exit_code, well.output) == (0, "11 leaves, all in order.\n")
    with behind_our_back():
        hash_changed()
    ill = runner.invoke(public_log, ["fsck"], obj=lambda: app)
    assert (ill.exit_code, "leaf 2 has another hash" in ill.output) == (1, True)
