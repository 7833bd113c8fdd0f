"""The pages of entering and leaving, as a browser sees them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import SignInFailure, User, UserState
from certification.core import clock
from tests.certification.accounts.conftest import PASSWORD
from tests.makers import fresh

SIGN_IN = "/account/sign-in"
GOOD = {"login": "rosa@demo.tianguis.example", "password": PASSWORD}
BAD = GOOD | {"password": "otra cosa muy distinta"}


def signed_in(browser: FlaskClient) -> bool:
    return browser.get("/account/").status_code == 200


@pytest.mark.parametrize("login", ["rosa@demo.tianguis.example", "ROSA@demo.tianguis.example ", "rosa.luna", "Rosa.Luna"])
def test_signs_in_by_mail_or_handle(client: FlaskClient, person: User, login: str) -> None:
    answer = client.post(SIGN_IN, data={"login": login, "password": PASSWORD})
    assert (answer.status_code, answer.location[:5]) == (303, "/desk")
    assert signed_in(client)


@pytest.mark.parametrize(
    "change", [{"password": PASSWORD + "x"}, {"password": PASSWORD.upper()}, {"login": "otra@demo.tianguis.example"}]
)
def test_refuses_what_does_not_belong_together(client: FlaskClient, person: User, change: dict[str, str]) -> None:
    answer = client.post(SIGN_IN, data=GOOD | change)
    assert answer.status_code == 422
    assert "no coinciden" in answer.text
    assert not signed_in(client)


@pytest.mark.parametrize("state", [UserState.CLOSED, UserState.ERASED])
def test_a_closed_account_looks_unknown(client: FlaskClient, person: User, session: Session, state: UserState) -> None:
    person.state = state
    session.commit()
    assert client.post(SIGN_IN, data=GOOD).status_code == 422


def test_known_and_unknown_accounts_get_the_same_page(client: FlaskClient, person: User) -> None:
    def page(login: str) -> str:
        shown = client.post(SIGN_IN, data={"login": login, "password": "otra cosa muy distinta"}).text.replace(login, "")
        token = r'((?:name="csrf_token" [^>]*value|data-token)=")[^"]*'
        return re.sub(token, r"\1", shown)  # it names the second in which it was made

    assert page("rosa@demo.tianguis.example") == page("nadie@demo.tianguis.example")


@pytest.mark.parametrize(
    ("wish", "where"),
    [("/map?a=1", "/map?a=1"), ("//evil.example", "/desk"), ("https://evil.example/", "/desk"), ("/a%0d%0ab", "/desk")],
)
def test_goes_on_to_a_page_of_this_site_only(client: FlaskClient, person: User, wish: str, where: str) -> None:
    assert client.post(f"{SIGN_IN}?next={wish}", data=GOOD).location[: len(where)] == where


def test_a_new_session_begins_on_sign_in(client: FlaskClient, person: User) -> None:
    with client.session_transaction() as memory:
        memory["planted"] = "by somebody else"
        memory["sid"] = "fixed"
    client.post(SIGN_IN, data=GOOD)
    with client.session_transaction() as memory:
        assert "planted" not in memory
        assert memory["sid"] != "fixed"


def test_a_copied_cookie_dies_with_sign_out(app: Flask, client: FlaskClient, person: User) -> None:
    client.post(SIGN_IN, data=GOOD)
    copied = client.get_cookie("tianguis")
    assert copied
    thief = app.test_client()
    thief.set_cookie("tianguis", copied.value)
    assert signed_in(thief)
    assert client.post("/account/sign-out").status_code == 303
    assert not signed_in(client)
    assert not signed_in(thief)


def test_signing_out_takes_a_post(client: FlaskClient) -> None:
    assert client.get("/account/sign-out").status_code == 405


def test_a_session_ends_after_ninety_days_however_busy(client: FlaskClient, person: User, at: datetime) -> None:
    client.post(SIGN_IN, data=GOOD)
    with clock.standing_at(at + timedelta(days=90)):
        assert signed_in(client)
    with clock.standing_at(at + timedelta(days=90, seconds=1)):
        assert not signed_in(client)


def test_the_eleventh_failure_is_refused_with_the_hour(client: FlaskClient, person: User, session: Session) -> None:
    for _ in range(10):
        assert client.post(SIGN_IN, data=BAD).status_code == 422
    answer = client.post(SIGN_IN, data=GOOD)  # even the right password waits
    assert answer.status_code == 429
    assert "Vuelva a probar a las 10:37" in answer.text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 10  # a refused attempt lengthens nothing


def test_a_device_that_signed_in_before_never_waits_for_others(app: Flask, client: FlaskClient, person: User) -> None:
    client.post(SIGN_IN, data=GOOD)
    client.post("/account/sign-out")
    stranger = app.test_client()
    for _ in range(11):
        last = stranger.post(SIGN_IN, data=BAD)
    assert last.status_code == 429
    assert client.post(SIGN_IN, data=GOOD).status_code == 303


def register(browser: FlaskClient, **change: str) -> Any:
    data = {"name": "Juana Río", "email": "juana@demo.tianguis.example", "password": PASSWORD} | change
    return browser.post("/account/register", data=data)


def test_registers_confirms_and_is_in(
    client: FlaskClient, session: Session, mails: Callable[[], list[Any]], link_in: Callable[..., str]
) -> None:
    assert register(client).location == "/account/check-mail"
    (mail,) = mails()
    assert (mail.name, mail.to) == ("confirm", "juana@demo.tianguis.example")
    assert client.post(SIGN_IN, data={"login": mail.to, "password": PASSWORD}).status_code == 422  # not yet
    link = link_in(mail, "/account/confirm/")
    assert client.get(link).status_code == 200
    assert client.post(link, data={"password": "otra cosa muy distinta"}).status_code == 422
    assert client.post(link, data={"password": PASSWORD}).location == "/account/"
    assert signed_in(client)
    session.rollback()
    made = session.scalars(select(User)).one()
    assert (made.name, made.email) == ("Juana Río", "juana@demo.tianguis.example")
    assert client.post(link, data={"password": PASSWORD}).status_code == 422  # works once


def test_a_link_ends_after_two_days(
    client: FlaskClient, mails: Callable[[], list[Any]], link_in: Callable[..., str], at: datetime
) -> None:
    register(client)
    link = link_in(mails()[0], "/account/confirm/")
    with clock.standing_at(at + timedelta(days=2)):
        assert client.get(link).status_code == 422


def test_a_known_address_gets_the_same_answer_and_another_mail(
    client: FlaskClient, person: User, mails: Callable[[], list[Any]], session: Session
) -> None:
    new, known = register(client), register(client, email="Rosa@demo.tianguis.example")
    assert (new.status_code, new.location, new.text) == (known.status_code, known.location, known.text)
    assert [(mail.name, mail.to) for mail in mails()] == [
        ("confirm", "juana@demo.tianguis.example"),
        ("already-registered", "rosa@demo.tianguis.example"),
    ]
    assert fresh(session, person).name == "Rosa Luna"


def test_registering_anothers_address_gains_nothing(
    client: FlaskClient, session: Session, mails: Callable[[], list[Any]], link_in: Callable[..., str]
) -> None:
    register(client, password="la frase del atacante aqui", name="Atacante")
    register(client)
    stranger, own = (link_in(mail, "/account/confirm/") for mail in mails())
    assert client.post(stranger, data={"password": PASSWORD}).status_code == 422
    assert client.post(own, data={"password": PASSWORD}).status_code == 303
    assert client.post(stranger, data={"password": "la frase del atacante aqui"}).status_code == 422


def test_no_more_than_three_mails_an_hour_reach_one_address(client: FlaskClient, mails: Callable[[], list[Any]]) -> None:
    for _ in range(5):
        assert register(client).status_code == 303
    assert len(mails()) == 3


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("corta", "15 letras"),
        ("qwertyuiopasdfgh", "primeras"),
        ("juana@demo.tianguis.example", "primeras"),
        ("juanario juanario", "primeras"),
    ],
)
def test_a_weak_password_is_refused_beside_its_field(client: FlaskClient, password: str, said: str) -> None:
    answer = register(client, password=password)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Juana Río" in answer.text


def test_two_who_confirm_one_address_at_the_same_moment(
    client: FlaskClient, mails: Callable[[], list[Any]], link_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    register(client)
    register(client)
    first, second = (link_in(mail, "/account/confirm/") for mail in mails())
    monkeypatch.setattr("certification.accounts.registration.by_mail", lambda _address: None)  # neither saw the other
    assert client.post(first, data={"password": PASSWORD}).status_code == 303
    assert client.post(second, data={"password": PASSWORD}).status_code == 409
