"""A backup put in place while a signer process of its own runs: it signs nothing until the registry is brought forward."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from certification.accounts.models import User
from certification.core import clock, instance
from certification.core.db import db, unit_of_work
from certification.log.commands import keys, public_log
from certification.log.commands_backup import make_backup, restore_backup
from certification.log.reading import head, signed
from certification.registry import fsck
from certification.registry.acts import Why, suspend, withdraw
from certification.registry.models import Certificate
from certification.registry.tending import renew_lists
from certification.registry.verifying import faults_of
from certification.rules.errors import LogConflict
from tests import makers
from tests.certification.log.signers import own_process
from tests.conftest import NOW, Browser
from tests.restoring import publish

WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
GONE = Why("FALSE_INFORMATION", "No era cierto.", "OL-1")


def run(app: Flask, *words: str) -> Result:
    command = {"backup": make_backup, "restore": restore_backup, "log": public_log, "keys": keys}[words[0]]
    db.session.remove()
    return CliRunner().invoke(command, words[1:], obj=lambda: app)


def one(code: str) -> Certificate:
    return db.session.scalars(select(Certificate).where(Certificate.code == code)).one()


@pytest.fixture
def registry(shared: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A registry beside a signer process that runs, and nothing in this process that could sign."""
    shared.test_client_class = Browser
    path = tmp_path / "signer.sock"
    monkeypatch.setitem(shared.config["SETTINGS"].values, "SIGNER", str(path))
    with own_process(shared, path), shared.app_context():
        with unit_of_work():
            instance.settle(demonstration=False)
        yield shared


@pytest.mark.file_database
def test_a_registry_that_is_restored_beside_its_signer_comes_forward_and_goes_on(registry: Flask, tmp_path: Path) -> None:
    by = makers.user("Celia Decide")
    kept, ended = (makers.certified(by, at=NOW - timedelta(days=3)).code for _ in range(2))
    assert run(registry, "backup", str(tmp_path / "copy")).exit_code == 0
    with unit_of_work():
        withdraw(one(ended), GONE, by=one_user(), at=NOW)
    makers.certified(one_user(), at=NOW)
    size, published = head().size, publish(registry, tmp_path / "published")

    told = run(registry, "restore", str(tmp_path / "copy"), "--replace")
    assert (told.exit_code, "Nothing is signed for now (log_behind)" in told.output) == (0, True)
    with pytest.raises(LogConflict):
        makers.certified(one_user(), at=NOW)
    assert run(registry, "keys", "rotate").output.startswith("Error: log_behind: ")
    assert head().size < size

    told = run(registry, "log", "reconcile", "--from", str(published))
    assert (told.exit_code, told.output.startswith("2 acts taken back")) == (0, True)
    renew_lists(NOW)
    with unit_of_work():
        suspend(one(kept), WHY, until=date(2026, 12, 31), by=one_user(), at=NOW)
    newer = makers.certified(one_user(), at=NOW).code
    then = max(NOW, datetime.now(UTC)) + timedelta(hours=1)  # the signer has a clock of its own
    with clock.standing_at(then):
        assert run(registry, "keys", "rotate").exit_code == 0
    last = signed(head())
    assert last is not None
    assert (last.size, head().size) == (size + 4, size + 4)
    assert faults_of(one(newer).versions[0], then) == ()
    assert one(ended).withdrawn_at == NOW
    assert list(fsck.check(then)) == []


def one_user() -> User:
    return db.session.scalars(select(User).where(User.name == "Celia Decide")).one()
