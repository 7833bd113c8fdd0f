from threading import Event

import pytest
from alembic.script import ScriptDirectory
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.log import asking
from certification.log.checkpoints import keep_outside
from certification.log.keys import PRIVATE, signing_key
from certification.log.models import LogHead
from certification.log.reading import head
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import sign_checkpoint
from marketplace import health
from marketplace.migrations.schema import newest_version
from marketplace.migrations.upgrade import configuration
from tests import makers

WELL = {"database": True, "schema": True, "signing_key": True, "public_log": True}


@pytest.mark.parametrize(("path", "checks"), [("/healthz", {"public_log": True}), ("/readyz", WELL)])
def test_a_site_that_works_says_so_and_keeps_nothing_in_the_browser(client: FlaskClient, path: str, checks: object) -> None:
    told = client.get(path)
    assert (told.status_code, told.json) == (200, {"status": "ok", "checks": checks})
    assert "Set-Cookie" not in told.headers
    assert told.headers["Cache-Control"] == "no-store"


def test_the_newest_version_is_the_migrations_own(app: Flask) -> None:
    with app.app_context():
        assert newest_version() == ScriptDirectory.from_config(configuration(db.engine)).get_current_head()


def test_another_schema_is_not_ready_though_the_process_answers(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        _stamp("0000")
    try:
        told = client.get("/readyz")
        assert (told.status_code, told.get_json()["checks"]) == (503, WELL | {"schema": False})
        assert client.get("/healthz").status_code == 200
    finally:
        with app.app_context():
            _stamp(newest_version())


def _stamp(version: str) -> None:
    with unit_of_work() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    db.session.remove()


def test_a_key_that_others_may_read_is_not_ready(app: Flask, client: FlaskClient) -> None:
    file = app.config["SETTINGS"].keys / PRIVATE
    file.chmod(0o644)
    try:
        told = client.get("/readyz")
    finally:
        file.chmod(0o600)
    assert (told.status_code, told.json) == (503, {"status": "failing", "checks": WELL | {"signing_key": False}})


def test_a_signer_that_answers_is_a_key_and_one_that_does_not_is_none(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config["SETTINGS"].values, "SIGNER", "/nowhere/socket")
    assert client.get("/readyz").get_json()["checks"] == WELL | {"signing_key": False}
    monkeypatch.setattr(asking, "greet", lambda _path: "abcdefghijklmnop")
    assert client.get("/readyz").get_json()["checks"] == WELL


def test_a_database_that_is_away_is_told_without_its_reason(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> bool:
        return bool(db.session.execute(text("SELECT 1 FROM no_such_table_at_all")))

    monkeypatch.setitem(health.CHECKS, "database", away)
    told = client.get("/readyz")
    assert (told.status_code, told.get_json()["checks"]) == (503, WELL | {"database": False})
    assert "no_such_table" not in told.text


def test_a_registry_behind_its_checkpoint_says_so_and_serves(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        code = makers.certified().code
        newer = Checkpoint("localhost/log", 900, b"x" * 32)
        keep_outside(sign_checkpoint(newer, signing_key().private).encode())
        db.session.remove()
    for path, rest in (("/healthz", {}), ("/readyz", WELL)):
        told = client.get(path)
        assert (told.status_code, told.json) == (200, {"status": "degraded", "checks": {**rest, "public_log": False}})
    assert [client.get(path).status_code for path in ("/", f"/c/{code}", "/register", "/log")] == [200] * 4
    assert client.get(f"/v/{code}").status_code == 503  # see test_behind


def test_a_database_that_hangs_does_not_hold_up_that_the_process_lives(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = Event()
    monkeypatch.setattr(health, "PATIENCE_S", 0.01)
    monkeypatch.setattr(health, "_public_log", answered.wait)
    unknown = {"status": "degraded", "checks": {"public_log": None}}
    assert [client.get("/healthz").json for _time in range(2)] == [unknown, unknown]
    answered.set()
    app.extensions[health.ASKED].result(timeout=5)


def test_a_database_that_is_away_says_nothing_of_the_log(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> bool:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(health, "_public_log", away)
    told = client.get("/healthz")
    assert (told.status_code, told.json) == (200, {"status": "degraded", "checks": {"public_log": None}})


def test_a_head_that_this_registry_did_not_sign_is_told_by_both_probes(client: FlaskClient, session: Session) -> None:
    """No label can be told then, see ``log.lagging``; pages can."""
    makers.certified()
    before = [client.get(path).json for path in ("/healthz", "/readyz")]
    note = head().note
    assert note is not None
    said = parse_checkpoint(parse_note(note).text)
    with unit_of_work():
        session.execute(update(LogHead).values(note=sign_checkpoint(said, Ed25519PrivateKey.generate()).encode()))
    after = [client.get(path) for path in ("/healthz", "/readyz")]
    assert [one and one["checks"]["public_log"] for one in before] == [True, True]
    assert [(one.status_code, one.json and one.json["status"]) for one in after] == [(200, "degraded")] * 2
    assert [one.json and one.json["checks"]["public_log"] for one in after] == [False, False]
