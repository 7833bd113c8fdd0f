"""Who appoints whom, and what the list of people shows."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts import mydata, roles, standing
from certification.accounts.directory import find_people
from certification.accounts.models import OneTimeCode, Role, User, UserState
from certification.accounts.passkeys import drop_all
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.web import position
from certification.rules.errors import AlreadyExists, DomainError, Forbidden, InvalidInput, NotFound
from tests import makers
from tests.at_once import DONE, Act, at_once
from tests.conftest import ENGINE
from tests.makers import fresh


@pytest.fixture
def operator(session: Session) -> User:
    made = makers.user("Ofelia Operadora")
    makers.role(made, Role.OPERATOR)
    return made


def give(user: User, role: Role, scope: str, by: User, at: datetime) -> None:
    with unit_of_work():
        roles.appoint(user, role, scope, by=by, at=at)


def test_appoints_and_dismisses_on_the_record(person: User, operator: User, session: Session, at: datetime) -> None:
    give(person, Role.DECIDER, "origin", operator, at)
    assert fresh(session, person).holds(Role.DECIDER, "origin")
    assert not person.holds(Role.DECIDER, "another")
    with unit_of_work():
        roles.dismiss(person, Role.DECIDER, "origin", by=operator, at=at)
    assert not fresh(session, person).holds(Role.DECIDER, "origin")
    assert len(person.roles) == 1  # that it was held stays
    acts = session.execute(select(AuditEntry.act, AuditEntry.by_id, AuditEntry.details).order_by(AuditEntry.id)).all()
    details = {"role": "decider", "scope": "origin"}
    assert [tuple(row) for row in acts] == [("role.given", operator.id, details), ("role.ended", operator.id, details)]


@pytest.mark.parametrize("role", [None, Role.VETTER, Role.SCHEME_OWNER, Role.DECIDER])
def test_only_operators_appoint(person: User, operator: User, session: Session, at: datetime, role: Role | None) -> None:
    other = makers.user()
    if role:
        makers.role(other, role)
    for act in (
        lambda: roles.appoint(person, Role.VETTER, by=other, at=at),
        lambda: roles.dismiss(operator, Role.OPERATOR, by=other, at=at),
        lambda: standing.close(person, by=other, at=at),
        lambda: standing.reopen(person, by=other, at=at),
        lambda: drop_all(person, by=other, at=at),
    ):
        with pytest.raises(NotFound), unit_of_work():
            act()
    assert fresh(session, person).roles == []


@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.DECIDER, ""), (Role.EVALUATOR, ""), (Role.SCHEME_OWNER, ""), (Role.VETTER, "origin"), (Role.OPERATOR, "origin")],
)
def test_a_role_has_its_scope(person: User, operator: User, at: datetime, role: Role, scope: str) -> None:
    with pytest.raises(InvalidInput):
        give(person, role, scope, operator, at)


def test_only_schemes_there_are(person: User, operator: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "_scopes", [lambda: [("origin", "Hecho a mano")]])
    with pytest.raises(InvalidInput):
        give(person, Role.DECIDER, "orign", operator, at)
    give(person, Role.DECIDER, "origin", operator, at)


def test_not_twice_and_not_oneself(person: User, operator: User, at: datetime) -> None:
    give(person, Role.VETTER, "", operator, at)
    with pytest.raises(AlreadyExists):
        give(person, Role.VETTER, "", operator, at)
    with pytest.raises(Forbidden):
        give(operator, Role.VETTER, "", operator, at)


def test_somebody_must_run_the_instance(person: User, operator: User, session: Session, at: datetime) -> None:
    with pytest.raises(DomainError, match="última"), unit_of_work():
        roles.dismiss(operator, Role.OPERATOR, by=operator, at=at)
    give(person, Role.OPERATOR, "", operator, at)
    with unit_of_work():
        roles.dismiss(operator, Role.OPERATOR, by=operator, at=at)
    assert not fresh(session, operator).holds(Role.OPERATOR)


def test_who_is_leaving_is_not_counted_on(person: User, operator: User, session: Session, at: datetime) -> None:
    give(person, Role.OPERATOR, "", operator, at)
    with unit_of_work():
        mydata.ask_erasure(person, by=person, at=at)
    ways: tuple[Callable[[], None], ...] = (
        lambda: mydata.ask_erasure(operator, by=operator, at=at),
        lambda: roles.dismiss(operator, Role.OPERATOR, by=person, at=at),
        lambda: standing.close(operator, by=person, at=at),
    )
    for act in ways:
        with pytest.raises(Forbidden) as refused, unit_of_work():
            act()
        assert refused.value.code == "last_operator"
    with unit_of_work():
        mydata.keep_account(person, by=person, at=at)
    with unit_of_work():
        standing.close(operator, by=person, at=at)


@pytest.mark.skipif(ENGINE == "sqlite", reason="in memory there is one connection, and SQLite's writers wait by themselves")
@pytest.mark.parametrize("way", ["dismiss", "close", "erase"])
def test_two_operators_who_leave_at_once_do_not_both_go(
    app: Flask, operator: User, person: User, at: datetime, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    makers.role(person, Role.OPERATOR)
    ids = (operator.id, person.id)
    db.session.remove()
    asked, both = roles.require_another_operator, threading.Barrier(2)

    def ask_and_dawdle(user: User) -> None:
        asked(user)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)  # the other one comes here too, if nothing keeps them away

    for module in (roles, standing, mydata):
        monkeypatch.setattr(module, "require_another_operator", ask_and_dawdle)

    def leave(who: int, by: int) -> Act:
        def act(session: Session) -> None:
            user, other = session.get_one(User, who), session.get_one(User, by)
            if way == "dismiss":
                roles.dismiss(user, Role.OPERATOR, by=other, at=at)
            elif way == "close":
                standing.close(user, by=other, at=at)
            else:
                mydata.ask_erasure(user, by=user, at=at)

        return act

    told = at_once(app, [leave(*ids), leave(*ids[::-1])])
    assert sorted(told) == [DONE, "last_operator"]


def test_a_closed_account_lets_nobody_in_until_reopened(
    person: User, operator: User, session: Session, at: datetime, client_of: Callable[[User], FlaskClient]
) -> None:
    browser = client_of(person)
    assert browser.get("/account/").status_code == 200
    with unit_of_work():
        standing.close(person, by=operator, at=at)
    assert browser.get("/account/").status_code == 303
    with unit_of_work():
        standing.reopen(person, by=operator, at=at)
    assert fresh(session, person).state is UserState.ACTIVE
    assert browser.get("/account/").status_code == 303  # the old session stays over


def test_the_console_makes_the_first_operator(session: Session, at: datetime) -> None:
    with unit_of_work():
        user, code = roles.create_operator("Ana Primera", "Ana@demo.tianguis.example", at=at)
    assert (user.email, user.holds(Role.OPERATOR), code is not None) == ("ana@demo.tianguis.example", True, True)
    assert session.scalars(select(OneTimeCode.user_id)).all() == [user.id]
    with pytest.raises(AlreadyExists), unit_of_work():
        roles.create_operator("Ana Primera", "ana@demo.tianguis.example", at=at)


def test_the_console_lifts_somebody_who_is_there(person: User, session: Session, at: datetime) -> None:
    with unit_of_work():
        user, code = roles.create_operator("Otro Nombre", "rosa@demo.tianguis.example", at=at)
    assert (user.id, user.name, code) == (person.id, "Rosa Luna", None)


def test_finds_people_page_by_page(operator: User, session: Session) -> None:
    made = [makers.user(f"Tejedora {number:02}") for number in range(30)]
    first = find_people("tejedora", None)
    assert len(first.people) == 24
    rest = find_people("tejedora", position(first.more))
    assert (len(rest.people), rest.more) == (6, None)
    assert [one.name for one in (*first.people, *rest.people)] == [one.name for one in made]
    assert [one.name for one in find_people("").people] == ["Ofelia Operadora"]
    assert find_people("%").people == ()


@pytest.mark.parametrize("words", ["ángel", "ANGEL", "Ángel ñu", "ÁNGEL"])
def test_finds_people_whatever_the_accents(session: Session, words: str) -> None:
    makers.user("Ángel Ñúñez")
    assert [one.name for one in find_people(words).people] == ["Ángel Ñúñez"]


def test_an_erased_person_leaves_no_words_to_be_found_by(person: User, session: Session, at: datetime) -> None:
    assert "rosa" in fresh(session, person).search_text
    with unit_of_work():
        mydata.erase(person, at=at)
    assert fresh(session, person).search_text == person.public_id


def test_the_operators_pages(operator: User, person: User, session: Session, client_of: Callable[[User], FlaskClient]) -> None:
    browser = client_of(operator)
    assert "Ofelia Operadora" in browser.get("/account/people").text
    assert "Rosa Luna" in browser.get("/account/people?q=luna").text
    assert browser.get("/account/people?after=WzFd").status_code == 400
    page = f"/account/people/{person.public_id}"
    assert browser.get(page).status_code == 200
    assert browser.post(page, data={"role": "vetter", "scope": ""}).status_code == 303
    assert browser.post(page, data={"role": "vetter", "scope": ""}).status_code == 422
    assert browser.post(page, data={"role": "king", "scope": ""}).status_code == 422
    assert browser.post(f"{page}/dismiss", data={"role": "vetter", "scope": ""}).status_code == 303
    assert browser.post(f"{page}/dismiss", data={"role": "king", "scope": ""}).status_code == 422
    assert browser.post(f"{page}/close").status_code == 303
    assert browser.post(f"{page}/reopen").status_code == 303
    assert browser.get("/account/people/000000000000").status_code == 404
    stranger = client_of(person)
    assert stranger.get("/account/people").status_code == 403
    assert stranger.get(page).status_code == 404
