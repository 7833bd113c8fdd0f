"""A change of address is an act: nothing is signed before it, and what was issued at the old address lives on there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core import edge
from certification.core.db import unit_of_work
from certification.log.checkpoints import outside_copy
from certification.log.commands import public_log
from certification.log.domains import former_domains, told_domains
from certification.log.fsck import check
from certification.log.moving import move
from certification.log.reading import head
from certification.registry import tending
from certification.registry.models import Certificate
from certification.registry.status import VALIDITY
from certification.registry.verifying import faults_of
from certification.rules.checking import check_credential
from certification.rules.did import read_did
from certification.rules.errors import AlreadyExists, CannotSign, IllegalMove, InvalidInput
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.log.acts import appended
from tests.conftest import NOW

NEW = "https://nuevo.example"


@pytest.fixture
def elsewhere(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A registry that issued a certificate at http://localhost, with the settings of its next address."""
    makers.certified(at=NOW)
    with monkeypatch.context() as moved:
        moved.setitem(app.config["SETTINGS"].values, "ORIGIN", NEW)
        moved.setitem(app.config, "TRUSTED_HOSTS", ["nuevo.example", "localhost"])
        app.extensions["edge"]._trusts.cache_clear()
        yield moved
    app.extensions["edge"]._trusts.cache_clear()


def moved() -> tuple[str, str]:
    with unit_of_work():
        return move(at=NOW)


def test_at_another_address_nothing_is_signed_and_the_sentence_names_the_command(
    session: Session, elsewhere: pytest.MonkeyPatch
) -> None:
    before = head()
    session.rollback()
    with pytest.raises(CannotSign, match="tianguis log move") as refused:
        makers.certified(at=NOW)
    assert (refused.value.code, head()) == ("domain_changed", before)
    session.rollback()
    with pytest.raises(CannotSign):
        tending.renew_lists(NOW + VALIDITY)


def test_once_it_is_told_the_registry_goes_on_under_its_old_name_for_the_log(
    session: Session, elsewhere: pytest.MonkeyPatch
) -> None:
    assert moved() == ("localhost", "nuevo.example")
    newer = makers.certified(at=NOW)
    document = newer.versions[0].credential and newer.versions[0].credential.document
    assert document
    assert document["issuer"]["id"] == "did:web:nuevo.example"
    assert (head().origin, told_domains(), former_domains()) == (
        "localhost/log",
        ["localhost", "nuevo.example"],
        ["localhost"],
    )
    copy = outside_copy(None)
    assert copy is not None
    assert (copy.origin, faults_of(newer.versions[0], NOW), check()) == ("localhost/log", (), [])
    with pytest.raises(AlreadyExists):
        moved()


@pytest.mark.usefixtures("elsewhere")
def test_what_was_issued_at_the_old_address_verifies_there(session: Session, client: FlaskClient) -> None:
    moved()

    def get(path: str, host: str, accept: str = "application/json") -> Any:
        answer = client.get(path, headers={"Accept": accept}, base_url=f"http://{host}")
        assert answer.status_code == 200
        return json.loads(answer.text)

    tending.renew_lists(NOW + VALIDITY)
    code = session.scalars(select(Certificate.code)).one()
    credential = get(f"/c/{code}/versions/1", "localhost", "application/vc")
    lists = {
        one["statusListCredential"]: get(one["statusListCredential"].removeprefix("http://localhost"), "localhost")
        for one in credential["credentialStatus"]
    }
    told = {host: get("/.well-known/did.json", host) for host in ("localhost", "nuevo.example")}
    assert {host: one["id"] for host, one in told.items()} == {
        "localhost": "did:web:localhost",
        "nuevo.example": "did:web:nuevo.example",
    }
    found = check_credential(credential, lists, read_did(told["localhost"], "did:web:localhost"), at=NOW + VALIDITY)
    assert found.state is PublicState.VALID
    words = [get("/contexts/tianguis/v1", host, "application/ld+json") for host in ("localhost", "nuevo.example")]
    assert ["https://localhost/contexts" in json.dumps(one) for one in words] == [True, False]


@pytest.mark.usefixtures("elsewhere")
def test_people_are_led_from_the_old_address_to_the_new_one(session: Session, client: FlaskClient) -> None:
    moved()
    for path in ("/", "/register?q=rebozo&lang=en", "/log", "/v/7QK4M2XD9FC"):
        answer = client.get(path, base_url="http://localhost")
        assert (answer.status_code, answer.location) == (308, f"{NEW}{path}")
        assert client.get(path, base_url="http://nuevo.example").status_code != 308
    code = session.scalars(select(Certificate.code)).one()
    session.rollback()
    for accept, status in (
        ("text/html", 308),
        ("application/vc", 200),
        ("*/*", 200),
        ("text/html,*/*;q=0.8", 308),
        ("application/vc+ld+json,text/html;q=0.5", 200),
    ):
        assert client.get(f"/c/{code}", headers={"Accept": accept}, base_url="http://localhost").status_code == status
    assert client.get(f"/v/{code}", base_url="http://localhost").location == f"{NEW}/v/{code}"
    for path in ("/log/checkpoint", "/log/vkey", "/status/revocation/1", "/healthz"):
        assert client.get(path, base_url="http://localhost").status_code == 200


@pytest.mark.usefixtures("elsewhere")
def test_before_it_is_told_the_old_address_leads_nowhere(session: Session, client: FlaskClient) -> None:
    assert client.get("/log", base_url="http://localhost").status_code == 200
    assert json.loads(client.get("/.well-known/did.json", base_url="http://localhost").text)["id"] == "did:web:localhost"
    assert client.get("/log", base_url="http://otro.example").status_code == 400


def test_a_log_that_was_never_signed_has_nothing_to_move(session: Session) -> None:
    with pytest.raises(IllegalMove):
        moved()
    makers.certified(at=NOW)
    with pytest.raises(AlreadyExists):
        moved()


def test_an_address_that_no_leaf_can_hold_is_refused(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(1)
    monkeypatch.setitem(app.config["SETTINGS"].values, "ORIGIN", "http://[::1]:5000")
    with pytest.raises(InvalidInput):
        moved()


@pytest.mark.parametrize(
    ("before", "now", "free"),
    [
        ("http://localhost:5000", "http://localhost:5001", True),
        ("http://localhost:5000", "http://127.0.0.1:8000", True),
        ("http://192.168.1.5:5000", "http://tianguis.local", True),
        ("http://0.0.0.0:5000", "http://localhost", True),
        ("http://localhost:5000", "https://demo.example", False),
        ("https://demo.example", "http://localhost", False),
        ("http://localhost", "http://8.8.8.8", False),
        ("http://localhost", "http://mylocalhost", False),
    ],
)
def test_a_demonstration_moves_freely_between_addresses_that_are_nobody_elses(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, before: str, now: str, *, free: bool
) -> None:
    for name, value in (("DEMONSTRATION", True), ("ORIGIN", before)):
        monkeypatch.setitem(app.config["SETTINGS"].values, name, value)
    own_kind(app, monkeypatch)
    appended(1)
    monkeypatch.setitem(app.config["SETTINGS"].values, "ORIGIN", now)
    if free:
        assert appended(1, first=1) == [2]
        assert former_domains() == []
    else:
        with pytest.raises(CannotSign):
            appended(1, first=1)


def own_kind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demonstration has keys of its own."""
    folder = app.config["SETTINGS"].data / "of-a-demonstration"
    folder.mkdir(exist_ok=True)
    monkeypatch.setitem(app.config["SETTINGS"].values, "DATA", folder)
    for file in folder.rglob("checkpoint"):
        file.unlink()


def test_a_real_registry_moves_to_another_port_by_an_act_too(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended(1)
    monkeypatch.setitem(app.config["SETTINGS"].values, "ORIGIN", "http://localhost:5001")
    with pytest.raises(CannotSign):
        appended(1, first=1)


@pytest.mark.usefixtures("elsewhere")
def test_the_command_says_what_it_did(app: Flask, session: Session) -> None:
    session.rollback()
    told = CliRunner().invoke(public_log, ["move"], obj=lambda: app)
    assert (told.exit_code, told.output) == (
        0,
        "The log tells that localhost is nuevo.example now. Keep localhost answering, and in TRUSTED_HOSTS.\n",
    )
    again = CliRunner().invoke(public_log, ["move"], obj=lambda: app)
    assert (again.exit_code, again.output) == (1, "Error: The log already says that the site is at nuevo.example.\n")


def test_the_page_in_front_of_flask_asks_once_for_each_name(app: Flask) -> None:
    asked: list[str] = []

    def moved(host: str) -> bool:
        asked.append(host)
        return False

    kept, app.extensions["moved"] = app.extensions["moved"], moved
    try:
        front = edge.Edge(app)
    finally:
        app.extensions["moved"] = kept
    assert [front._trusts("localhost") for _ in range(3)] == [True] * 3
    assert asked == ["localhost"]
