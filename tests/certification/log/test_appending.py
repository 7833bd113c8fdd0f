import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from certification.core.db import after_commit, db, unit_of_work
from certification.log import appending, signing
from certification.log.appending import append, append_all, sign_what_stands
from certification.log.checkpoints import keep_outside, outside_copy, place
from certification.log.fsck import Walk, one_moment
from certification.log.keys import PRIVATE, signing_key
from certification.log.models import LogHead, LogLeaf, of_few_kinds
from certification.log.reading import Head, head, of_kinds, signed
from certification.rules.errors import CannotSign, LogConflict, NotConfirmed
from certification.rules.leaves import LogAct, leaf_bytes, parse_leaf
from certification.rules.merkle import leaf_hash, root_of
from tests import makers
from tests.certification.log.acts import act, appended

WRITERS, EACH = 4, 6


def kinds(session: Session) -> list[str]:
    return [one.value for one in session.scalars(select(LogLeaf.act).order_by(LogLeaf.index))]


def whole(session: Session) -> bool:
    """Indices without a gap, hashes, nodes, head and copy: what ``fsck`` recomputes, without what stands behind the acts."""
    one_moment(session)
    found = head()
    copy = outside_copy(found.origin)
    return list(Walk().faults(session, found)) == [] and copy is not None and (copy.size, copy.root) == (found.size, found.root)


def test_the_first_act_comes_after_the_key_that_signs_it(session: Session) -> None:
    assert appended(1) == [1]
    assert kinds(session) == ["key_added", "restored"]


def test_acts_follow_each_other_without_a_gap(session: Session) -> None:
    assert appended(5) == [1, 2, 3, 4, 5]
    assert whole(session)


def test_the_head_is_the_root_over_the_entries_and_its_note_says_so(session: Session) -> None:
    appended(9)
    entries = session.scalars(select(LogLeaf.entry).order_by(LogLeaf.index)).all()
    found = head()
    assert found.root == root_of(map(leaf_hash, entries))
    said = signed(found)
    assert said is not None
    assert (said.origin, said.size, said.root) == ("localhost/log", 10, found.root)
    assert parse_leaf(entries[4]) == act(3)


def test_several_acts_of_one_unit_of_work_make_one_checkpoint(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []

    def noted(note: bytes) -> None:
        kept.append(note)
        keep_outside(note)

    monkeypatch.setattr(signing, "keep_outside", noted)
    with unit_of_work():
        assert [append(act(number)) for number in range(3)] == [1, 2, 3]
    assert [note.splitlines()[1] for note in kept] == [b"0", b"4"]  # the empty log before the first, then the commit's


def test_acts_given_together_are_appended_together(session: Session) -> None:
    with unit_of_work():
        assert append_all([act(0), act(1)], at=act(1).at) == [1, 2]
    assert whole(session)


def test_a_unit_of_work_that_fails_leaves_no_leaf_and_no_gap(session: Session) -> None:
    appended(1)

    def fail() -> None:
        with unit_of_work():
            append(act(1))
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert appended(1, first=2) == [2]
    assert whole(session)


def test_appending_needs_a_unit_of_work(session: Session) -> None:
    with pytest.raises(RuntimeError, match="unit_of_work"):
        append(act())


def test_the_copy_is_there_before_other_wishes_of_the_commit_are_over(session: Session) -> None:
    seen: list[int] = []
    with unit_of_work():
        append(act())
        after_commit(lambda: seen.append(copy.size) if (copy := outside_copy(None)) else None)
    assert seen == [2]


def test_a_disk_that_fails_after_the_commit_is_told_and_the_act_stands(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(1)

    def fails(*_given: Any) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(NotConfirmed):
        appended(1, first=1)
    assert head().size == 3
    monkeypatch.undo()
    copy = outside_copy(None)
    assert copy is not None
    assert copy.size == 2
    appended(1, first=2)  # the next one mends it
    assert whole(session)


def test_other_wishes_run_though_the_copy_fails(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(1)
    done: list[int] = []

    def fails(_note: bytes) -> None:
        raise OSError

    monkeypatch.setattr(signing, "keep_outside", fails)

    def write() -> None:
        with unit_of_work():
            append(act(1))
            after_commit(lambda: done.append(1))

    with pytest.raises(NotConfirmed):
        write()
    assert done == [1]


def test_a_registry_without_a_key_goes_unsigned_until_it_has_one(app: Flask, session: Session) -> None:
    file = app.config["SETTINGS"].keys / PRIVATE
    away = file.rename(file.with_suffix(".away"))
    try:
        assert appended(2) == [0, 1]
        assert (head().note, place().exists()) == (None, False)
        with unit_of_work():
            assert sign_what_stands(at=act().at) is False
    finally:
        away.rename(file)
    with unit_of_work():
        assert sign_what_stands(at=act().at) is True
    assert kinds(session) == ["restored", "restored", "key_added"]
    assert whole(session)
    with unit_of_work():
        assert sign_what_stands(at=act().at) is False


def test_a_registry_that_signed_refuses_without_its_key(app: Flask, session: Session) -> None:
    appended(1)
    file = app.config["SETTINGS"].keys / PRIVATE
    away = file.rename(file.with_suffix(".away"))
    try:
        with pytest.raises(CannotSign):
            appended(1, first=1)
    finally:
        away.rename(file)
    assert head().size == 2


@pytest.mark.parametrize("change", ["UPDATE log_leaves SET at = at", "DELETE FROM log_nodes", "DELETE FROM log_heads"])
def test_the_database_refuses_to_change_the_log(session: Session, change: str) -> None:
    appended(2)
    with pytest.raises(DatabaseError):
        session.execute(text(change))
    session.rollback()


@pytest.mark.parametrize("values", [{"size": 1}, {"origin": "elsewhere/log"}])
def test_the_database_refuses_a_head_that_shrinks_or_takes_another_name(session: Session, values: dict[str, Any]) -> None:
    appended(2)
    with pytest.raises(DatabaseError, match="never shrinks"):
        session.execute(update(LogHead).values(values))
    session.rollback()


def stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer who trusts the head that it read before another one moved it."""
    before = head()
    appended(1, first=1)
    monkeypatch.setattr(appending, "held_head", lambda _session: before)
    monkeypatch.setattr(appending, "require_signable", lambda *_given, **_named: None)


def test_a_head_that_moved_meanwhile_is_not_moved_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(1)
    stale(monkeypatch)
    with pytest.raises(LogConflict) as refused:
        appended(1, first=2)
    assert refused.value.code == "log_raced"
    assert whole(session)


def forced(session: Session, _found: Head, grown: Any) -> None:
    session.execute(update(LogHead).values(size=grown.size, root=grown.root))


def test_without_the_compare_and_swap_the_head_would_be_moved_over_the_other_act(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the swap alone stops a second branch before the leaves' own key does, and without both there is a fork."""
    appended(1)
    stale(monkeypatch)
    monkeypatch.setattr(appending, "compare_and_swap", forced)
    with pytest.raises(IntegrityError):
        appended(1, first=2)
    session.rollback()
    monkeypatch.setattr(appending, "add_leaves", lambda *_given: None)
    monkeypatch.setattr(signing, "keep_outside", lambda _note: None)
    appended(1, first=2)
    assert not whole(session)


def race(app: Flask, write: Callable[[int], object]) -> list[Exception]:
    start, failures = threading.Barrier(WRITERS), list[Exception]()

    def one(writer: int) -> None:
        with app.app_context():
            start.wait(timeout=30)
            try:
                write(writer)
            except Exception as error:  # noqa: BLE001 - told to the test
                failures.append(error)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(one, range(WRITERS)))
    return failures


def many(writer: int) -> None:
    appended(EACH, first=writer * EACH)


@pytest.mark.file_database
def test_writers_at_once_make_one_log_without_a_gap(shared: Flask) -> None:
    assert race(shared, many) == []
    with shared.app_context():
        session = db.session()
        entries = set(session.scalars(select(LogLeaf.entry).where(LogLeaf.act == LogAct.RESTORED)))
        assert entries == {leaf_bytes(act(number)) for number in range(WRITERS * EACH)}
        assert whole(session)


@pytest.mark.file_database
def test_writers_who_trust_what_they_read_before_do_not_get_through(shared: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the race: without holding the head all but one are turned away, by the swap or the leaves' key."""
    with shared.app_context():
        appended(1)
        before = head()
        db.session.remove()
    monkeypatch.setattr(appending, "held_head", lambda _session: before)
    monkeypatch.setattr(appending, "require_signable", lambda *_given, **_named: None)
    failures = race(shared, lambda writer: appended(1, first=writer + 1))
    assert [type(one) for one in failures] == [LogConflict] * (WRITERS - 1)
    with shared.app_context():
        assert whole(db.session())


def test_the_copy_outside_is_for_its_owner_and_group_and_whole(session: Session) -> None:
    appended(1)
    assert place().stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in Path(place().parent).iterdir()) == [".lock", "checkpoint"]


def test_leaves_of_kinds_that_are_few_are_found_in_their_own_index(session: Session) -> None:
    makers.certified()
    assert [one.act.act for one in of_kinds((LogAct.KEY_ADDED, LogAct.DOMAIN_CHANGED))] == [LogAct.KEY_ADDED]
    wanted = select(LogLeaf.index).where(of_few_kinds([LogAct.KEY_ADDED]))
    if db.engine.dialect.name == "sqlite":
        plan = [row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled(wanted)}"))]
        assert plan == ["SEARCH log_leaves USING COVERING INDEX ix_log_leaves_act (act=?)"]
    else:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        assert "ix_log_leaves_act" in " ".join(row[0] for row in session.execute(text(f"EXPLAIN {compiled(wanted)}")))


def test_the_keys_are_at_hand_once_the_log_knows_the_one_that_signs(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    assert signing.ring_at_hand(session) is None
    makers.certified()
    ring = signing.ring_at_hand(session)
    assert ring is not None
    assert ring.present.kid == signing_key().kid
    monkeypatch.setattr(signing, "by_signer", lambda: True)
    assert signing.ring_at_hand(session) is None


@pytest.mark.parametrize("kind", [LogAct.GRANTED, LogAct.RENEWED])
def test_kinds_that_most_leaves_are_of_are_not_asked_for_so(kind: LogAct) -> None:
    with pytest.raises(ValueError, match="too many"):
        of_kinds((LogAct.KEY_ADDED, kind))


def compiled(statement: Select[int]) -> str:
    return str(statement.compile(db.engine, compile_kwargs={"literal_binds": True}))
