"""Passkeys, against an authenticator in software."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import Passkey, Role, User
from certification.core import clock
from tests import makers
from tests.certification.accounts.authenticator import Authenticator
from tests.certification.accounts.conftest import PASSWORD

SIGN_IN = {"login": "rosa.luna", "password": PASSWORD}


def add(browser: FlaskClient, device: Authenticator, name: str = "Teléfono") -> Any:
    options = browser.post("/account/passkeys/challenge", json={}).get_json()
    body = {"credential": device.make(options), "name": name, "next": None}
    return browser.post("/account/passkeys/add", json=body, headers={"X-Requested-With": "fetch"})


def enter(browser: FlaskClient, device: Authenticator, onward: str | None = None) -> Any:
    options = browser.post("/account/passkeys/sign-in/challenge", json={}).get_json()
    return browser.post("/account/passkeys/sign-in", json={"credential": device.sign(options), "next": onward})


@pytest.fixture
def browser(client: FlaskClient, person: User) -> FlaskClient:
    """Rosa's, signed in with her password a moment ago."""
    client.post("/account/sign-in", data=SIGN_IN)
    return client


@pytest.fixture
def device(browser: FlaskClient) -> Authenticator:
    """Rosa's telephone, with her passkey on it."""
    made = Authenticator()
    answer = add(browser, made)
    assert answer.get_json() == {"redirect": "/account/passkeys"}, answer.text
    return made


@contextmanager
def compulsory(app: Flask) -> Iterator[None]:
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, values={**before.values, "PASSKEYS_REQUIRED": True})
    try:
        yield
    finally:
        app.config["SETTINGS"] = before


def test_signs_in_without_naming_anyone(app: Flask, device: Authenticator, session: Session) -> None:
    other = app.test_client()
    answer = enter(other, device, "/map")
    assert answer.get_json() == {"redirect": "/map"}
    assert other.get("/account/").status_code == 200
    with other.session_transaction() as memory:
        assert memory["strong"] is True
    session.rollback()
    key = session.scalars(select(Passkey)).one()
    assert (key.name, key.sign_count, key.used_at) == ("Teléfono", 1, clock.now())


def test_a_password_is_not_strong(browser: FlaskClient) -> None:
    with browser.session_transaction() as memory:
        assert "strong" not in memory


@pytest.mark.parametrize(
    "bent",
    [
        Authenticator(site="evil.example"),
        Authenticator(origin="http://evil.example"),
        Authenticator(verifies=False),
    ],
)
def test_what_was_made_for_another_site_or_without_the_person_is_refused(
    browser: FlaskClient, bent: Authenticator, session: Session
) -> None:
    answer = add(browser, bent)
    assert answer.status_code == 422
    assert answer.get_json()["error"]["code"] == "passkey_not_good"
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Passkey)) == 0


@pytest.mark.parametrize("part", ["signature", "authenticatorData", "clientDataJSON"])
def test_a_changed_answer_is_refused(app: Flask, device: Authenticator, part: str) -> None:
    other = app.test_client()
    answer = device.sign(other.post("/account/passkeys/sign-in/challenge", json={}).get_json())
    answer["response"][part] = ("B" if answer["response"][part][10] == "A" else "A").join(
        (answer["response"][part][:10], answer["response"][part][11:])
    )
    assert other.post("/account/passkeys/sign-in", json={"credential": answer}).status_code == 422
    assert other.get("/account/").status_code == 303


def test_a_challenge_is_answered_once_even_with_a_copied_cookie(app: Flask, device: Authenticator) -> None:
    victim, thief = app.test_client(), app.test_client()
    answer = device.sign(victim.post("/account/passkeys/sign-in/challenge", json={}).get_json())
    copied = victim.get_cookie("tianguis")
    assert copied
    assert victim.post("/account/passkeys/sign-in", json={"credential": answer}).status_code == 200
    thief.set_cookie("tianguis", copied.value)
    assert thief.post("/account/passkeys/sign-in", json={"credential": answer}).status_code == 422


def test_a_challenge_lasts_five_minutes(app: Flask, device: Authenticator, at: datetime) -> None:
    other = app.test_client()
    answer = device.sign(other.post("/account/passkeys/sign-in/challenge", json={}).get_json())
    with clock.standing_at(at + timedelta(minutes=5, seconds=1)):
        assert other.post("/account/passkeys/sign-in", json={"credential": answer}).status_code == 422


@pytest.mark.parametrize(
    "body", [None, [], {}, {"credential": "x"}, {"credential": {}}, {"credential": {"rawId": 7}}, {"credential": {"rawId": "é"}}]
)
def test_nonsense_is_refused_with_a_sentence(client: FlaskClient, body: Any) -> None:
    client.post("/account/passkeys/sign-in/challenge", json={})
    answer = client.post("/account/passkeys/sign-in", json=body, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 422
    assert "llave de acceso" in answer.get_json()["error"]["sentence"]


def test_a_stranger_cannot_rename_or_remove_it(
    app: Flask, device: Authenticator, client_of: Callable[[User], FlaskClient], session: Session
) -> None:
    stranger = client_of(makers.user("Otra Persona"))
    for act in ("rename", "remove"):
        assert stranger.post(f"/account/passkeys/1/{act}", data={"name": "Mía"}).status_code == 404
    session.rollback()
    assert session.scalars(select(Passkey.name)).all() == ["Teléfono"]


def test_renames_and_removes(browser: FlaskClient, device: Authenticator, session: Session) -> None:
    assert browser.post("/account/passkeys/1/rename", data={"name": "Tableta"}).status_code == 303
    session.rollback()
    assert session.scalars(select(Passkey.name)).all() == ["Tableta"]
    assert browser.post("/account/passkeys/1/remove").status_code == 303
    session.rollback()
    assert session.scalars(select(Passkey.name)).all() == []


def test_the_last_way_in_stays(browser: FlaskClient, device: Authenticator, person: User, session: Session) -> None:
    person.password_hash = None
    session.commit()
    assert browser.post("/account/passkeys/1/remove").status_code == 403


def test_a_change_needs_proof_within_ten_minutes(browser: FlaskClient, device: Authenticator, at: datetime) -> None:
    with clock.standing_at(at + timedelta(minutes=10, seconds=1)):
        assert browser.post("/account/passkeys/challenge", json={}).status_code == 403
        assert browser.post("/account/passkeys/1/remove").status_code == 403
        assert browser.post("/account/passkeys", data={"current": "otra cosa muy distinta"}).status_code == 422
        assert browser.post("/account/passkeys", data={"current": PASSWORD}).status_code == 303
        assert browser.post("/account/passkeys/challenge", json={}).status_code == 200


def test_a_stolen_password_makes_no_passkey_for_a_role(
    app: Flask, browser: FlaskClient, device: Authenticator, person: User
) -> None:
    makers.role(person, Role.DECIDER, "origin")
    thief = app.test_client()
    thief.post("/account/sign-in", data=SIGN_IN)
    assert thief.post("/account/passkeys/challenge", json={}).status_code == 403
    assert thief.post("/account/passkeys/1/remove").status_code == 403
    enter(thief, device)  # with the key itself it may
    assert thief.post("/account/passkeys/challenge", json={}).status_code == 200


def test_where_compulsory_a_role_needs_the_passkey(app: Flask, browser: FlaskClient, person: User) -> None:
    makers.role(person, Role.OPERATOR)
    assert browser.get("/account/people").status_code == 200
    with compulsory(app):
        answer = browser.get("/account/people?q=a")
        assert answer.location == "/account/passkeys?next=/account/people?q%3Da"
        assert "Por su cargo" in browser.get("/account/passkeys").text
        add(browser, Authenticator())
        assert browser.get("/account/people").status_code == 200


def test_the_page_has_words_for_a_device_that_has_a_passkey_already(browser: FlaskClient) -> None:
    assert 'data-already="Este aparato ya tiene una llave de acceso' in browser.get("/account/passkeys").text
