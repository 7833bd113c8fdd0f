"""A registry whose key another process holds, restored from an old backup: the signer's record remembers what was signed."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import rotating
from certification.log.adopting import reconcile
from certification.log.checkpoints import outside_copy, place
from certification.log.keys import signing_key
from certification.log.reading import head, signed
from certification.log.signer import begin_record
from certification.log.signing import mend
from certification.outside.sources import Folder
from certification.registry import fsck
from certification.registry.acts import Why, restore, suspend, withdraw
from certification.registry.models import Certificate
from certification.registry.tending import renew_lists
from certification.registry.verifying import faults_of
from certification.rules.errors import LogConflict, NotConfirmed
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.log.signers import Answers, forget_record, journal_of, keys_put_back, signing_apart
from tests.certification.registry.outsider import Outsider
from tests.conftest import NOW
from tests.keeping import Kept
from tests.restoring import publish

WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
GONE = Why("FALSE_INFORMATION", "No era cierto.", "OL-1")
LATER = NOW + timedelta(hours=1)
THEN = NOW + timedelta(hours=2)


@pytest.fixture
def apart(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    with keys_put_back(app), signing_apart(app, monkeypatch) as answers:
        yield answers


def one(code: str) -> Certificate:
    return db.session.scalars(select(Certificate).where(Certificate.code == code)).one()


class Behind:
    """A registry that is as it was in its backup; what it did afterwards is published in a folder."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.decider = makers.user("Celia Decide")
        made = {name: makers.certified(self.decider, at=NOW - timedelta(days=3)).code for name in ("kept", "paused", "ended")}
        backup = Kept()
        with unit_of_work():
            suspend(one(made["paused"]), WHY, until=date(2026, 12, 31), by=self.decider, at=LATER)
        with unit_of_work():
            withdraw(one(made["ended"]), GONE, by=self.decider, at=LATER)
        made |= {name: makers.certified(self.decider, at=LATER).code for name in ("lost", "lost_ended")}
        with unit_of_work():
            withdraw(one(made["lost_ended"]), GONE, by=self.decider, at=LATER)
        self.codes, self.size = made, head().size
        self.published = publish(app, folder)
        backup.begin_again(beside=False)

    def forward(self) -> None:
        assert reconcile([Folder(self.published)], at=THEN).after == self.size


@pytest.fixture
def behind(app: Flask, apart: Answers, tmp_path: Path) -> Iterator[Behind]:
    made = Behind(app, tmp_path)
    apart.clear()
    with clock.standing_at(THEN):
        yield made


def test_before_it_is_reconciled_no_act_is_taken_and_the_signer_is_not_asked(behind: Behind, apart: Answers) -> None:
    size = head().size
    for act in (lambda: makers.certified(at=THEN), lambda: rotating.rotate(now=lambda: THEN)):
        with pytest.raises(LogConflict) as refused:
            act()
        assert refused.value.code == "log_behind"
    assert (head().size, apart) == (size, [])


def test_what_waits_after_it_is_signed_by_the_signer(behind: Behind, apart: Answers, client: FlaskClient) -> None:
    behind.forward()
    told = signed(head())
    assert told is not None
    assert (head().size, told.size) == (behind.size, behind.size)
    renew_lists(THEN)
    assert apart[-1] == b"signed %d" % behind.size
    assert list(fsck.check(THEN)) == []
    outsider = Outsider(client)
    states = {name: outsider.check(behind.codes[name], THEN).state for name in ("kept", "paused", "ended")}
    assert states == {"kept": PublicState.VALID, "paused": PublicState.SUSPENDED, "ended": PublicState.WITHDRAWN}


def test_acts_of_each_kind_are_signed_after_it(behind: Behind, apart: Answers, app: Flask, client: FlaskClient) -> None:
    behind.forward()
    by = db.session.merge(behind.decider)
    newer = makers.certified(by, at=THEN)
    with unit_of_work():
        suspend(one(behind.codes["kept"]), WHY, until=date(2026, 12, 31), by=by, at=THEN)
    with unit_of_work():
        restore(one(behind.codes["paused"]), by=by, at=THEN)
    makers.renewed(one(behind.codes["paused"]), by, at=THEN, cause="scope", goods="Chales")
    with unit_of_work():
        withdraw(newer, GONE, by=by, at=THEN)
    assert apart[-1] == b"signed %d" % head().size
    assert [answer for answer in apart if not answer.startswith(b"signed")] == []
    assert (head().size, list(fsck.check(THEN))) == (behind.size + 5, [])
    last, copy = journal_of(app).last(), outside_copy(None)
    assert last is not None
    assert copy is not None
    assert (last.size, last.root) == (copy.size, copy.root) == (head().size, head().root)
    outsider = Outsider(client)
    assert outsider.check(newer.code, THEN).state is PublicState.WITHDRAWN
    assert outsider.check(behind.codes["kept"], THEN).state is PublicState.SUSPENDED
    assert outsider.check(behind.codes["paused"], THEN).state is PublicState.VALID
    assert faults_of(one(behind.codes["paused"]).versions[-1], THEN) == ()


def test_a_record_that_nothing_published_reaches_signs_nothing_until_it_is_begun_anew(
    app: Flask, apart: Answers, tmp_path: Path
) -> None:
    """The signer was cut short after its record's last line, and then the database was lost with the act."""
    with clock.standing_at(THEN):
        makers.certified(at=NOW)
        backup, published = Kept(), publish(app, tmp_path)
        outside, size = place().read_bytes(), head().size
        makers.certified(at=LATER)
        backup.begin_again(beside=False)
        place().write_bytes(outside)
        assert reconcile([Folder(published)], at=THEN).adopted == 0
        with pytest.raises(NotConfirmed) as told:
            makers.certified(at=THEN)
        assert apart[-1] == b"refused log_fork"
        assert "“When the signer's record is ahead”" in str(told.value.params["why"])
        with pytest.raises(LogConflict):
            begin_record(THEN)
        forget_record(app)
        assert begin_record(THEN) == size
        assert mend() == 1
        assert (apart[-1], list(fsck.check(THEN))) == (b"signed %d" % head().size, [])


def test_a_rotation_after_it_ends_as_any(behind: Behind, apart: Answers) -> None:
    behind.forward()
    first = signing_key().kid
    assert rotating.rotate(now=lambda: THEN) == (first, signing_key().kid)
    assert signing_key().kid != first
    makers.certified(at=THEN)
    assert list(fsck.check(THEN)) == []
