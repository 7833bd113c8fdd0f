"""What a decided applicant reads: what was agreed, or why not and how to appeal; and who reads it besides."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications import deciding
from certification.applications.case import ConditionView
from certification.applications.conditions import conditions_of
from certification.applications.deciding import DecisionChoice
from certification.applications.models import Decision
from certification.core.db import unit_of_work
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate
from certification.rules.workflow import Outcome
from tests import makers, reviews

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
SignIn = Callable[[User], FlaskClient]
PLANNED = {"value": "minor", "plan": "Traer la nota.", "plan_due": date(2027, 1, 15)}
LOW = {code: {"score": 1} for code in ("OL-4", "OL-5", "OL-6", "OL-7", "OL-8")}
CONDITIONS = DecisionChoice(Outcome.GRANTED_WITH_CONDITIONS, "Cumple.")
REFUSE = DecisionChoice(Outcome.REFUSED, "No alcanza.", "POINTS_NOT_REACHED", "OL-4", "Ocho puntos de quince.")


def conditional() -> tuple[reviews.Case, Decision, Certificate]:
    case = reviews.in_review(found={"OL-1": PLANNED})
    with unit_of_work():
        decision, made = decide_and_certify(case.application, choice=CONDITIONS, by=case.deciders[0], at=NOW)
    assert made is not None
    return case, decision, made


def test_what_two_evaluators_agreed_alike_is_said_once(session: Session) -> None:
    _case, decision, _made = conditional()
    (found,) = conditions_of(decision, "es", NOW)
    assert found == ConditionView(found.criterion, "Traer la nota.", date(2027, 1, 15))
    assert found.criterion


def test_a_plain_grant_and_a_refusal_rest_on_no_conditions(session: Session) -> None:
    for case, choice in (
        (reviews.in_review(), DecisionChoice(Outcome.GRANTED, "Cumple todo.")),
        (reviews.in_review(found=LOW), REFUSE),
    ):
        with unit_of_work():
            decision = deciding.decide(case.application, choice=choice, by=case.deciders[0], at=NOW)
        assert conditions_of(decision, "es", NOW) == ()


def test_the_holder_and_the_committee_read_what_was_agreed_and_nobody_else(
    session: Session, client: FlaskClient, client_of: SignIn
) -> None:
    case, _decision, made = conditional()
    record = f"/c/{made.code}"
    own = f"/apply/{case.application.public_id}"
    for person, page in (
        (case.applicant, own),
        (case.applicant, record),
        (case.deciders[1], record),
        (case.deciders[1], f"/review/{case.application.public_id}"),
    ):
        shown = client_of(person).get(page).text
        assert "Lo acordado" in shown, page
        assert "Traer la nota." in shown, page
        assert "a más tardar el 15 ene 2027" in shown, page
    for browser in (client, client_of(makers.user("Otra"))):
        for page in (record, f"/v/{made.code}"):
            assert "Traer la nota." not in browser.get(page).text, page
    assert "Traer la nota." not in client.get(record, headers={"Accept": "application/json"}).text


@pytest.mark.parametrize("contact", ["", "apelaciones@example.org"])
def test_a_refused_applicant_reads_the_reason_in_words_and_how_to_appeal(
    app: Flask, session: Session, client_of: SignIn, monkeypatch: pytest.MonkeyPatch, contact: str
) -> None:
    monkeypatch.setitem(app.config["SETTINGS"].values, "OPERATOR_CONTACT", contact)
    case = reviews.in_review(found=LOW)
    with unit_of_work():
        deciding.decide(case.application, choice=REFUSE, by=case.deciders[0], at=NOW)
    page = client_of(case.applicant).get(f"/apply/{case.application.public_id}").text
    assert "Los puntos" in page
    assert "21 dic 2026" in page
    assert "Cómo apelar" in page
    assert "quien opera este sitio" in page
    assert ("apelaciones@example.org" in page) is bool(contact)
