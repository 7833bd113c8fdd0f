"""Who appoints whom, and what the list of people shows."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts import roles, standing
from certification.accounts.directory import find_people
from certification.accounts.models import OneTimeCode, Role, User, UserState
from certification.accounts.passkeys import drop_all
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.core.web import position
from certification.rules.errors import AlreadyExists, DomainError, Forbidden, InvalidInput, NotFound
from tests import makers
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
