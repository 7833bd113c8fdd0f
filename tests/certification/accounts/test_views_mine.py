"""My account, as a browser sees it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts import mydata
from certification.accounts.models import Consent, RoleHolding, User, UserState
from certification.accounts.retention import sweep
from certification.audit.models import AuditEntry
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage
from tests.certification.accounts.conftest import PASSWORD
from tests.makers import fresh

NEW = "olla tambor lluvia nogal"
SIGN_IN = {"login": "rosa.luna", "password": PASSWORD}
PAGES = ["", "details", "password", "mail", "passkeys", "export", "erase"]


@pytest.fixture
def browser(client: FlaskClient, person: User) -> FlaskClient:
    """Rosa's."""
    client.post("/account/sign-in", data=SIGN_IN)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_there_for_who_signed_in_only(app: Flask, browser: FlaskClient, page: str) -> None:
    assert browser.get(f"/account/{page}").status_code == 200
    assert app.test_client().get(f"/account/{page}").location == f"/account/sign-in?next=/account/{page}"


def test_a_new_password_ends_other_sessions_and_keeps_this_one(app: Flask, browser: FlaskClient) -> None:
    other = app.test_client()
    other.post("/account/sign-in", data=SIGN_IN)
    assert browser.post("/account/password", data={"current": "otra cosa muy distinta", "password": NEW}).status_code == 422
    assert browser.post("/account/password", data={"current": PASSWORD, "password": NEW}).status_code == 303
    assert browser.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 303
    assert other.post("/account/sign-in", data=SIGN_IN).status_code == 422
    assert other.post("/account/sign-in", data=SIGN_IN | {"password": NEW}).status_code == 303


def test_a_wrong_password_of_ones_own_is_called_just_that(browser: FlaskClient) -> None:
    for page in ("export", "erase"):
        answer = browser.post(f"/account/{page}", data={"current": "otra cosa muy distinta", "sure": "y"})
        assert (answer.status_code, "Esa no es su contraseña." in answer.text) == (422, True), page
        assert "no coinciden" not in answer.text


def test_guessing_ones_own_password_is_counted_too(browser: FlaskClient) -> None:
    for _ in range(10):
        assert browser.post("/account/export", data={"current": "otra cosa muy distinta"}).status_code == 422
    assert browser.post("/account/export", data={"current": PASSWORD}).status_code == 429


def test_signs_out_everywhere_else(app: Flask, browser: FlaskClient) -> None:
    other = app.test_client()
    other.post("/account/sign-in", data=SIGN_IN)
    assert browser.post("/account/everywhere").status_code == 303
    assert browser.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 303


def test_closing_other_sessions_proves_nothing_and_lengthens_nothing(browser: FlaskClient, at: datetime) -> None:
    assert browser.post("/account/passkeys/challenge").status_code == 200  # the password was asked for just now
    with clock.standing_at(at + timedelta(minutes=11)):
        assert browser.post("/account/everywhere").status_code == 303
        assert browser.post("/account/passkeys/challenge").status_code == 403
        with browser.session_transaction() as memory:
            assert memory["since"] == memory["proved"] == int(at.timestamp())


def test_a_session_that_proved_nothing_still_has_not(person: User, client_of: Callable[[User], FlaskClient]) -> None:
    browser = client_of(person)
    browser.post("/account/everywhere")
    assert browser.get("/account/").status_code == 200
    assert browser.post("/account/passkeys/challenge").status_code == 403


def test_a_new_mail_counts_once_confirmed_and_the_old_one_is_told(
    browser: FlaskClient, person: User, session: Session, mails: Callable[[], list[Any]], link_in: Callable[..., str]
) -> None:
    assert browser.post("/account/mail", data={"current": PASSWORD, "email": "Nueva@demo.tianguis.example"}).status_code == 303
    link = link_in(mails()[0], "/account/mail/")
    assert fresh(session, person).email == "rosa@demo.tianguis.example"
    assert browser.get(link).status_code == 200
    assert fresh(session, person).email == "rosa@demo.tianguis.example"  # looking changes nothing
    assert browser.post(link).status_code == 303
    assert fresh(session, person).email == "nueva@demo.tianguis.example"
    assert [(mail.name, mail.to) for mail in mails()] == [
        ("new-mail", "nueva@demo.tianguis.example"),
        ("mail-changed", "rosa@demo.tianguis.example"),
    ]
    assert browser.post(link).status_code == 422


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 303), ({"handle": ""}, 303), ({"handle": "a"}, 422), ({"name": ""}, 422), ({"language": "fr"}, 422)],
)
def test_changes_details(browser: FlaskClient, person: User, session: Session, change: dict[str, str], status: int) -> None:
    data = {"name": "Rosa Luna Sol", "handle": "rosaluna", "phone": "951 516 1234", "language": "en"} | change
    assert browser.post("/account/details", data=data).status_code == status
    assert fresh(session, person).name == ("Rosa Luna Sol" if status == 303 else "Rosa Luna")


def test_language_goes_with_the_account(browser: FlaskClient) -> None:
    browser.post("/account/details", data={"name": "Rosa", "handle": "rosa.luna", "language": "en"})
    cookie = browser.get_cookie("lang")
    assert cookie
    assert cookie.value == "en"


def test_without_mail_the_handle_stays(browser: FlaskClient, person: User, session: Session) -> None:
    person.email = person.email_confirmed_at = None
    session.commit()
    data = {"name": "Rosa", "handle": "", "language": "es"}
    assert "lo que usa para entrar" in browser.post("/account/details", data=data).text


def test_consents_are_given_and_taken_back_on_the_record(browser: FlaskClient, session: Session, at: datetime) -> None:
    browser.post("/account/consents", data={"purpose": ["news", "stories"]})
    browser.post("/account/consents", data={"purpose": ["stories"]})
    session.rollback()
    rows = session.scalars(select(Consent).order_by(Consent.purpose))
    assert [(row.purpose, row.withdrawn_at) for row in rows] == [("news", at), ("stories", None)]
    assert browser.post("/account/consents", data={"purpose": ["sell"]}).status_code == 422


def test_exports_everything_with_the_parts_of_others_and_no_secret(
    browser: FlaskClient, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mydata._exports, "products", lambda user: [user.public_id])
    answer = browser.post("/account/export", data={"current": PASSWORD})
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=tianguis-")
    told = answer.get_json()
    assert told["account"]["email"] == "rosa@demo.tianguis.example"
    assert told["products"] == [told["account"]["public_id"]]
    assert "argon2" not in answer.text


def test_erases_after_seven_days_and_keeps_the_record(browser: FlaskClient, person: User, session: Session, at: datetime) -> None:
    assert browser.post("/account/erase", data={"current": PASSWORD}).status_code == 422  # not sure yet
    assert browser.post("/account/erase", data={"current": PASSWORD, "sure": "y"}).status_code == 303
    assert browser.get("/account/").status_code == 303
    with unit_of_work():
        assert sweep(at + timedelta(days=7, seconds=-1))["accounts"] == 0
    with unit_of_work():
        assert sweep(at + timedelta(days=7))["accounts"] == 1
    gone = fresh(session, person)
    assert (gone.name, gone.email, gone.handle, gone.phone, gone.password_hash, gone.state) == (
        gone.public_id,
        None,
        None,
        None,
        None,
        UserState.ERASED,
    )
    assert session.scalars(select(OutboxMessage)).all() == []
    acts = set(session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == gone.public_id)))
    assert {"account.signed_in", "account.erasure_asked", "account.erased"} <= acts
    assert browser.post("/account/sign-in", data=SIGN_IN).status_code == 422


def test_may_change_ones_mind_within_seven_days(browser: FlaskClient, person: User, session: Session, at: datetime) -> None:
    browser.post("/account/erase", data={"current": PASSWORD, "sure": "y"})
    with clock.standing_at(at + timedelta(days=6)):
        browser.post("/account/sign-in", data=SIGN_IN)
        assert "Su cuenta se borrará el 28 nov 2026" in browser.get("/account/").text
        browser.post("/account/keep")
    with unit_of_work():
        sweep(at + timedelta(days=30))
    assert fresh(session, person).state is UserState.ACTIVE


def test_the_last_operator_cannot_go(browser: FlaskClient, person: User, session: Session, at: datetime) -> None:
    session.add(RoleHolding(user_id=person.id, role="operator", scope="", given_at=at))
    session.commit()
    assert "última persona operadora" in browser.post("/account/erase", data={"current": PASSWORD, "sure": "y"}).text
