"""Ways back in: the mailed link, the printed code."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.codes import CodeNotGood
from certification.accounts.models import OneTimeCode, Passkey, Role, User
from certification.accounts.printed import open_account, redeem, renew_code
from certification.accounts.roles import appoint, create_operator
from certification.core import clock
from certification.core.db import unit_of_work
from certification.rules.errors import Forbidden
from tests import makers
from tests.certification.accounts.authenticator import Authenticator
from tests.certification.accounts.conftest import PASSWORD
from tests.makers import fresh

NEW = "olla tambor lluvia nogal"


def test_a_reset_link_sets_the_password_and_ends_other_sessions(
    app: Flask, client: FlaskClient, person: User, mails: Callable[[], list[Any]], link_in: Callable[..., str]
) -> None:
    thief = app.test_client()
    thief.post("/account/sign-in", data={"login": "rosa.luna", "password": PASSWORD})
    assert client.post("/account/forgot", data={"email": "Rosa@demo.tianguis.example"}).location == "/account/check-mail"
    link = link_in(mails()[0], "/account/reset/")
    assert client.get(link).status_code == 200
    assert client.post(link, data={"password": "corta"}).status_code == 422
    assert client.post(link, data={"password": NEW}).status_code == 303
    assert client.get("/account/").status_code == 200
    assert thief.get("/account/").status_code == 303
    assert client.post(link, data={"password": NEW}).status_code == 422
    assert [mail.name for mail in mails()] == ["reset", "password-changed"]


def test_a_reset_link_lasts_an_hour(
    client: FlaskClient, person: User, mails: Callable[[], list[Any]], link_in: Callable[..., str], at: datetime
) -> None:
    client.post("/account/forgot", data={"email": "rosa@demo.tianguis.example"})
    link = link_in(mails()[0], "/account/reset/")
    with clock.standing_at(at + timedelta(hours=1)):
        assert client.post(link, data={"password": NEW}).status_code == 422


def test_a_second_reset_link_stops_the_first(
    client: FlaskClient, person: User, mails: Callable[[], list[Any]], link_in: Callable[..., str]
) -> None:
    for _ in range(2):
        client.post("/account/forgot", data={"email": "rosa@demo.tianguis.example"})
    first, second = (link_in(mail, "/account/reset/") for mail in mails())
    assert client.get(first).status_code == 422
    assert client.get(second).status_code == 200


def test_forgetting_tells_nothing_of_unknown_addresses(client: FlaskClient, person: User, mails: Callable[[], list[Any]]) -> None:
    known, unknown = (client.post("/account/forgot", data={"email": f"{who}@demo.tianguis.example"}) for who in ("rosa", "nadie"))
    assert (known.status_code, known.location, known.text) == (unknown.status_code, unknown.location, unknown.text)
    assert [mail.to for mail in mails()] == ["rosa@demo.tianguis.example"]


def test_registering_somebodys_address_does_not_keep_them_from_a_new_password(
    client: FlaskClient, person: User, mails: Callable[[], list[Any]]
) -> None:
    for _ in range(3):
        client.post("/account/register", data={"name": "X", "email": person.email, "password": NEW})
    client.post("/account/forgot", data={"email": person.email})
    assert [mail.name for mail in mails()] == ["already-registered"] * 3 + ["reset"]


@pytest.fixture
def promoter(session: Session) -> User:
    return makers.user("Inés Promotora")


@pytest.fixture
def code(session: Session, promoter: User, at: datetime) -> str:
    """A printed code that opens the account of Ñanita Xóchitl."""
    with unit_of_work():
        return open_account("Ñanita Xóchitl", by=promoter, at=at)[1]


def enter(browser: FlaskClient, code: str, **change: str) -> Any:
    browser.post("/account/code", data={"code": code})
    return browser.post("/account/begin", data={"handle": "nanita.xochitl", "password": PASSWORD} | change)


def test_a_printed_code_opens_an_account_without_mail(app: Flask, client: FlaskClient, code: str, session: Session) -> None:
    assert len(code) == 12
    assert code[4] == code[9] == "-"
    assert client.post("/account/code", data={"code": code}).location == "/account/begin"
    assert 'value="nanita.xochitl"' in client.get("/account/begin").text
    assert enter(client, code).location.startswith("/desk")
    assert client.get("/account/").status_code == 200
    other = app.test_client()
    assert other.post("/account/sign-in", data={"login": "nanita.xochitl", "password": PASSWORD}).status_code == 303
    assert other.post("/account/code", data={"code": code}).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        lambda c: c.replace("-", ""),
        lambda c: f" {c} ",
        lambda c: c.replace("-", " "),
        lambda c: c.replace("0", "O").replace("1", "l"),
    ],
)
def test_reads_a_code_as_people_type_it(client: FlaskClient, code: str, change: Callable[[str], str]) -> None:
    assert client.post("/account/code", data={"code": change(code)}).status_code == 303


def test_refuses_another_code(client: FlaskClient, code: str) -> None:
    other = code[:-1] + ("0" if code[-1] != "0" else "2")
    answer = client.post("/account/code", data={"code": other})
    assert answer.status_code == 422
    assert "revise que esté como en el papel" in answer.text


def test_a_printed_code_lasts_sixty_days(client: FlaskClient, code: str, at: datetime) -> None:
    with clock.standing_at(at + timedelta(days=60)):
        assert client.post("/account/code", data={"code": code}).status_code == 422


def test_a_role_ends_the_codes_that_others_printed(
    client: FlaskClient, person: User, code: str, session: Session, at: datetime
) -> None:
    makers.role(person, Role.OPERATOR)
    row = session.scalars(select(OneTimeCode)).one()
    with unit_of_work():
        appoint(row.user, Role.VETTER, by=person, at=at)
    assert client.post("/account/code", data={"code": code}).status_code == 422
    assert fresh(session, row).expires_at == at


def test_a_printed_code_never_opens_an_account_with_a_role(
    client: FlaskClient, code: str, session: Session, at: datetime
) -> None:
    client.post("/account/code", data={"code": code})
    makers.role(session.scalars(select(OneTimeCode)).one().user, Role.VETTER)
    assert client.post("/account/begin", data={"handle": "nanita.xochitl", "password": PASSWORD}).status_code == 422
    with pytest.raises(CodeNotGood), unit_of_work():
        redeem(code, handle="nanita.xochitl", sealed=None, at=at)


def test_the_consoles_code_opens_the_account_of_an_operator(client: FlaskClient, session: Session, at: datetime) -> None:
    with unit_of_work():
        user, made = create_operator("Ana Primera", "ana@demo.tianguis.example", at=at)
    makers.role(user, Role.VETTER)
    assert made is not None
    assert enter(client, made).location.startswith("/desk")


@pytest.mark.parametrize("change", [{"handle": "Ñ ita"}, {"handle": "rosa.luna"}, {"password": "corta"}])
def test_a_refusal_does_not_spend_the_code(client: FlaskClient, person: User, code: str, change: dict[str, str]) -> None:
    assert enter(client, code, **change).status_code == 422
    assert enter(client, code).location.startswith("/desk")
    assert enter(client, code).location == "/account/code"


def test_a_code_may_be_used_with_a_passkey_and_no_password(app: Flask, client: FlaskClient, code: str, session: Session) -> None:
    device = Authenticator()
    client.post("/account/code", data={"code": code})
    made = device.make(client.post("/account/begin/challenge", json={}).get_json())
    body = {"credential": made, "name": "nanita", "next": None}
    assert client.post("/account/begin/passkey", json=body).status_code == 200
    session.rollback()
    user = session.scalars(select(User).where(User.handle == "nanita")).one()
    assert user.password_hash is None
    assert [key.credential_id for key in user.passkeys] == [device.id]


def test_a_new_code_changes_nothing_until_used(
    app: Flask, client: FlaskClient, person: User, promoter: User, at: datetime, session: Session
) -> None:
    sign_in = {"login": "rosa.luna", "password": PASSWORD}
    makers.save(Passkey(user_id=person.id, credential_id=b"1", public_key=b"2", sign_count=0, name="Vieja", created_at=at))
    with unit_of_work():
        code = renew_code(person, by=promoter, at=at)
    old = app.test_client()
    assert old.post("/account/sign-in", data=sign_in).status_code == 303
    assert "Inés Promotora imprimió un código para su cuenta el 21 nov 2026" in old.get("/account/").text
    assert enter(client, code, handle="rosa.luna", password=NEW).status_code == 303
    assert old.get("/account/").status_code == 303  # signed out
    assert old.post("/account/sign-in", data=sign_in).status_code == 422
    assert fresh(session, person).passkeys == []


def test_the_person_is_told_once(client: FlaskClient, person: User, promoter: User, at: datetime) -> None:
    with unit_of_work():
        renew_code(person, by=promoter, at=at)
    for told in (True, False):
        client.post("/account/sign-in", data={"login": "rosa.luna", "password": PASSWORD})
        assert ("imprimió un código" in client.get("/account/").text) is told
        client.post("/account/sign-out")


def test_nobody_prints_a_code_for_who_holds_a_role(person: User, promoter: User, at: datetime) -> None:
    makers.role(person, Role.DECIDER, "origin")
    with pytest.raises(Forbidden) as refused, unit_of_work():
        renew_code(person, by=promoter, at=at)
    assert refused.value.code == "holds_roles"


def test_a_passkey_without_a_code_opens_nothing(client: FlaskClient, code: str) -> None:
    device = Authenticator()
    client.post("/account/code", data={"code": code})
    made = device.make(client.post("/account/begin/challenge", json={}).get_json())
    with client.session_transaction() as memory:
        del memory["printed"]
    assert client.post("/account/begin/passkey", json={"credential": made, "name": "nanita"}).status_code == 422
    assert client.post("/account/begin/challenge", json={}).status_code == 422
