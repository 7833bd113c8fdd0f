"""Certificates of before get their credentials, once; what has no sound signature gets none."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.log import signing
from certification.log.appending import hold_log
from certification.log.keys import KeyProblemError
from certification.log.waiting import KINDS, Kind
from certification.registry import credentials, issuing, status, tending
from certification.registry.acts import Why, withdraw
from certification.registry.models import Certificate, CertificateVersion, StatusPlace, VersionCredential
from certification.registry.verifying import faults_of
from certification.rules.credential import StatusSlot
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.registry.outsider import Outsider
from tests.conftest import NOW


@pytest.fixture
def old(session: Session, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate as it was issued before there were credentials."""
    with monkeypatch.context() as before:
        before.setattr(issuing, "issue_credential", lambda *_given, **_named: None)
        return makers.certified()


def test_a_certificate_without_a_credential_is_sound_and_serves_none(old: Certificate, client: FlaskClient) -> None:
    assert (faults_of(old.versions[0], NOW), tending.has_waiting()) == ((), True)
    for form in ("application/vc", "application/vc+jwt"):
        answer = client.get(f"/c/{old.code}", headers={"Accept": form})
        assert (answer.status_code, answer.get_json()["error"]["code"], answer.headers["Retry-After"]) == (
            503,
            "credential_waits",
            "3600",
        )
    assert "versions/1" not in client.get(f"/v/{old.code}").text
    assert "versions/1" not in client.get(f"/c/{old.code}").text


def test_it_gets_one_and_its_pages_lead_there(old: Certificate, client: FlaskClient) -> None:
    code = old.code
    assert tending.complete_credentials(NOW) == 1
    assert tending.complete_credentials(NOW) == 0
    assert not tending.has_waiting()
    assert Outsider(client).check(code, NOW).state is PublicState.VALID
    assert faults_of(db.session.scalars(select(CertificateVersion)).one(), NOW) == ()
    for page in (f"/v/{code}", f"/c/{code}"):
        assert f"/c/{code}/versions/1" in client.get(page).text
    assert f"/c/{code}/versions/1?lang=en" in client.get(f"/v/{code}?lang=en").text


def test_the_log_is_held_before_the_lists_as_in_every_act(old: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []
    take = status.take_places

    def hold() -> None:
        held.append("log")
        hold_log()

    def take_places(version: CertificateVersion, *, at: datetime) -> dict[str, StatusSlot]:
        held.append("lists")
        return take(version, at=at)

    monkeypatch.setattr(credentials, "hold_log", hold)
    monkeypatch.setattr(status, "take_places", take_places)
    assert tending.complete_credentials(NOW) == 1
    assert held == ["log", "lists"]


def test_what_was_lost_before_is_revoked_from_its_first_moment(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = makers.user("Celia Decide")
    with monkeypatch.context() as before:
        before.setattr(issuing, "issue_credential", lambda *_given, **_named: None)
        made = makers.certified(by)
    with unit_of_work():
        withdraw(made, Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas."), by=by, at=makers.THEN)
    code = made.code
    assert tending.complete_credentials(NOW) == 1
    assert Outsider(client).check(code, NOW).state is PublicState.WITHDRAWN


def test_without_the_key_it_waits_and_nothing_is_half_done(old: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise KeyProblemError("closed")

    with monkeypatch.context() as away:
        away.setattr(signing, "signing_key", missing)
        with pytest.raises(KeyProblemError):
            tending.complete_credentials(NOW)
    assert db.session.scalars(select(StatusPlace)).all() == []
    assert tending.has_waiting()
    assert tending.complete_credentials(NOW) == 1


def test_a_recorded_document_that_waits_for_the_key_is_signed_as_it_was_recorded(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setitem(KINDS, "versions", Kind(lambda _ring, _at: iter(()), lambda: False))
        before.setattr(credentials, "ring_at_hand", lambda _session: None)
        made = makers.certified()
    waiting = db.session.get_one(VersionCredential, made.versions[0].id)
    document = dict(waiting.document)
    assert waiting.token is None
    assert tending.complete_credentials(NOW) == 1
    session.expire_all()
    assert (waiting.document, waiting.token is not None, faults_of(made.versions[0], NOW)) == (document, True, ())


def test_what_is_not_soundly_signed_gets_no_credential(
    session: Session, old: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tending, "faults_of", lambda *_given: ("bad_signature",))
    assert tending.complete_credentials(NOW) == 0
    assert tending.has_waiting()
    assert session.execute(text("SELECT count(*) FROM version_credentials")).scalar_one() == 0
