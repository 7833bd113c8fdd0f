"""Of an error the log says where and what kind, never what people wrote."""

from datetime import datetime

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from certification.accounts import codes
from certification.core import log
from certification.core.db import db, unit_of_work
from certification.core.outbox import deliver_due, send
from tests import makers

SECRET = "rosa.secreta@demo.tianguis.example"


@pytest.fixture
def clash(app: Flask) -> IntegrityError:
    """A database's complaint that two accounts have one address."""
    with app.app_context():
        makers.user("Rosa", email=SECRET)
        with pytest.raises(IntegrityError) as caught:
            makers.user("Otra Rosa", email=SECRET)
        db.session.remove()
    return caught.value


def test_errors_hold_no_values_of_their_statement(clash: IntegrityError) -> None:
    assert clash.hide_parameters is True
    assert clash.statement is not None
    assert f"[parameters: ('{SECRET}" not in str(clash)
    assert "SQL parameters hidden" in str(clash)


def test_a_databases_failure_is_told_by_class_code_and_constraint(
    app: Flask, client: FlaskClient, clash: IntegrityError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise clash

    monkeypatch.setattr(codes, "find", fail)
    with capture_logs() as said:
        assert client.get("/account/reset/clave-secreta").status_code == 500
    assert [(one["event"], one["rule"]) for one in said] == [("database", "/account/reset/<code>")]
    assert said[0]["error"] in ("IntegrityError", "UniqueViolation")
    assert said[0]["sqlstate"] in ("SQLITE_CONSTRAINT", "23505")
    assert said[0]["constraint"] in ("users.email", "uq_users_email")
    assert SECRET not in str(said)
    assert "secreta" not in str(said)


def test_a_servers_line_has_classes_and_places_and_no_message(clash: IntegrityError) -> None:
    try:
        try:
            raise clash
        except IntegrityError as error:
            msg = f"no sirve {SECRET}"
            raise ValueError(msg) from error
    except ValueError:
        told = log.without_messages(None, "error", {"event": "task failed", "exc_info": True})
    assert told["event"] == "task failed"
    assert [one["error"] for one in told["exception"]][:2] == ["ValueError", type(clash.orig).__name__]
    assert "test_log.py" in told["exception"][0]["lines"][0]
    assert SECRET not in str(told)
    assert log.without_messages(None, "info", {"event": "well"}) == {"event": "well"}


def test_a_server_logs_so_and_a_terminal_tells_all(monkeypatch: pytest.MonkeyPatch) -> None:
    before = structlog.get_config()
    try:
        for terminal in (False, True):
            monkeypatch.setattr("sys.stderr.isatty", lambda answer=terminal: answer)
            log.configure()
            assert (log.without_messages in structlog.get_config()["processors"]) is not terminal
    finally:
        structlog.configure(**before)


def test_a_mail_that_was_refused_is_told_without_its_address(app: Flask, at: datetime) -> None:
    class Refuses:
        def carry(self, message: object) -> None:
            raise OSError(550, f"no such mailbox: {SECRET}")

    with app.app_context():
        with unit_of_work():
            send(SECRET, "password-changed", language="es", person="Rosa")
        with capture_logs() as said:
            assert deliver_due(Refuses(), at=at) == 0
    assert said == [{"event": "mail not sent", "log_level": "warning", "error": "OSError"}]
