from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.log.appending import append
from certification.log.checkpoints import keep_outside, outside_copy, place, require_carried_on
from certification.log.keys import read_key
from certification.log.models import LogHead, LogLeaf, LogNode
from certification.log.reading import head
from certification.log.signing import carry_outside
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import LogConflict
from certification.rules.merkle import leaf_hash
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.signing import Keypair
from tests.certification.log.acts import act, appended, behind_our_back


def restored_backup(session: Session, size: int) -> None:
    """The database as it was when the log had one node less than everything above ``size`` leaves."""
    earlier = place().read_bytes()
    appended(3, first=10)
    after = place().read_bytes()
    with behind_our_back():
        session.execute(delete(LogNode))
        session.execute(delete(LogLeaf).where(LogLeaf.index >= size))
        root = session.query(LogLeaf).order_by(LogLeaf.index).first()
        assert root is not None
        session.execute(update(LogHead).values(size=1, root=root.hash, note=earlier))
    assert place().read_bytes() == after


def refused(code: str) -> None:
    with pytest.raises(LogConflict) as error, unit_of_work():
        append(act(99))
    assert error.value.code == code
    assert "Avise a quien opera el sitio" in str(error.value)


def test_a_database_restored_from_an_old_backup_refuses_to_sign(session: Session) -> None:
    appended(1)
    restored_backup(session, 1)
    refused("log_behind")
    assert head().size == 1


def test_pages_go_on_and_readiness_says_what_is_wrong(app: Flask, client: FlaskClient, session: Session) -> None:
    appended(1)
    restored_backup(session, 1)
    assert client.get("/log").status_code == 200
    assert client.get("/log/checkpoint").status_code == 200
    told = client.get("/readyz")
    assert (told.status_code, told.get_json()["status"], told.get_json()["checks"]["public_log"]) == (200, "degraded", False)


def test_a_log_with_another_past_refuses_to_sign(session: Session) -> None:
    appended(3)
    with behind_our_back():
        session.execute(update(LogLeaf).where(LogLeaf.index == 3).values(hash=leaf_hash(b"{}")))
        session.execute(update(LogHead).values(root=leaf_hash(b"another")))
    refused("log_fork")


def test_a_log_that_went_on_after_the_copy_is_carried_on(session: Session) -> None:
    appended(2)
    before = place().read_bytes()
    appended(3, first=2)
    place().write_bytes(before)
    require_carried_on(head())
    appended(1, first=5)
    copy = outside_copy(None)
    assert copy is not None
    assert copy.size == head().size == 7


def test_a_copy_that_a_dead_process_left_behind_is_brought_up_by_the_worker(session: Session) -> None:
    """Once, and not where the copy tells of more than the database."""
    appended(2)
    before = place().read_bytes()
    appended(3, first=2)
    after = place().read_bytes()
    place().write_bytes(before)
    assert [carry_outside(), carry_outside()] == [1, 0]
    assert place().read_bytes() == after
    with behind_our_back():
        session.execute(update(LogHead).values(size=3, note=before))
    with pytest.raises(LogConflict):
        carry_outside()
    assert place().read_bytes() == after


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda: place().unlink(), "log_outside_missing"),
        (lambda: place().write_bytes(b""), "log_outside_unreadable"),
        (lambda: place().write_bytes(place().read_bytes().replace(b"\n2\n", b"\n1\n")), "log_outside_unreadable"),
        (lambda: place().write_bytes(_by_another_key()), "log_outside_unreadable"),
    ],
)
def test_a_copy_that_is_missing_damaged_or_not_ours_stops_the_signing(
    session: Session, harm: Callable[[], Any], code: str
) -> None:
    appended(1)
    harm()
    refused(code)


def _by_another_key() -> bytes:
    found = head()
    assert found.origin
    checkpoint = Checkpoint(found.origin, found.size, found.root)
    return sign_checkpoint(checkpoint, Keypair.generate(demonstration=False).private).encode()


def test_an_earlier_checkpoint_never_takes_the_place_of_a_later_one(session: Session) -> None:
    appended(1)
    earlier = place().read_bytes()
    appended(1, first=1)
    later = place().read_bytes()
    keep_outside(earlier)
    assert place().read_bytes() == later


def test_another_root_of_the_same_size_is_refused(app: Flask, session: Session) -> None:
    appended(1)
    key = read_key(app.config["SETTINGS"].keys, demonstration=False)
    with pytest.raises(LogConflict):
        keep_outside(sign_checkpoint(Checkpoint("localhost/log", 2, leaf_hash(b"x")), key.private).encode())


def test_an_empty_database_beside_a_copy_refuses_too(app: Flask, session: Session) -> None:
    appended(1)
    with behind_our_back():
        for table in (LogNode, LogLeaf, LogHead):
            session.execute(delete(table))
    refused("log_behind")
