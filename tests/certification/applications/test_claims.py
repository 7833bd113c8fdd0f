"""Protected words in the goods of an application wait for their document, whatever the application asks for."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications import sending
from certification.applications.claims import claims_in, require_backed
from certification.applications.deciding import DecisionChoice, decide
from certification.applications.subjects import EXTENSION, SubjectChoice
from certification.core.db import unit_of_work
from certification.rules.errors import InvalidInput
from certification.rules.workflow import ApplicationState, Outcome
from tests import makers, reviews
from tests.certification.applications.conftest import Case
from tests.conftest import NOW

SignIn = Callable[[User], FlaskClient]
ORGANIC = "Rebozos de algodón orgánico certificado"


def offer(app: Flask, monkeypatch: pytest.MonkeyPatch, *documents: tuple[str, datetime | None]) -> None:
    monkeypatch.setitem(app.extensions, EXTENSION, lambda _ids: [SubjectChoice("p7", "Rebozo", None, documents)])


def describe(case: Case, goods: str, *refs: str) -> None:
    with unit_of_work():
        case.application.goods, case.application.subject_refs = goods, list(refs)


def state_of(case: Case) -> ApplicationState:
    return case.application.state


def submit(case: Case) -> None:
    with unit_of_work():
        sending.submit(case.application, pledged=True, by=case.rosa, at=NOW)


def test_goods_with_protected_words_are_not_sent_without_a_document(session: Session, case: Case) -> None:
    makers.complete(case.application)
    describe(case, ORGANIC)
    with pytest.raises(InvalidInput) as refused:
        submit(case)
    assert (refused.value.code, refused.value.params) == ("protected_words", {"words": "orgánico"})
    assert state_of(case) is ApplicationState.DRAFT
    describe(case, "Rebozos de algodón")
    submit(case)
    assert state_of(case) is ApplicationState.SUBMITTED


@pytest.mark.parametrize(
    ("refs", "documents", "passes"),
    [
        (["p7"], [("organic_words", None)], True),
        (["p7"], [("organic_words", NOW + timedelta(seconds=1))], True),
        (["p7"], [("organic_words", NOW)], False),
        (["p7"], [("do_crafts", None)], False),
        ([], [("organic_words", None)], False),
    ],
)
def test_the_document_of_a_piece_that_the_application_names_backs_them_while_it_holds(  # noqa: PLR0913 - the rows of the table
    session: Session,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
    refs: list[str],
    documents: list[tuple[str, datetime | None]],
    passes: bool,  # noqa: FBT001 - the rows of the table
) -> None:
    offer(app, monkeypatch, *documents)
    describe(case, ORGANIC, *refs)
    if passes:
        require_backed(case.application, NOW)
        return
    with pytest.raises(InvalidInput):
        require_backed(case.application, NOW)


def test_words_that_only_warn_and_the_name_of_the_label_itself_stop_nobody(session: Session, case: Case) -> None:
    assert [one.blocks for one in claims_in(case.application, "Rebozos hechos en México")] == [False]
    describe(case, "Rebozos hechos en México")
    require_backed(case.application, NOW)


def test_a_grant_of_such_goods_is_refused_beside_the_outcome(session: Session) -> None:
    case = reviews.in_review()
    with unit_of_work():
        case.application.goods = ORGANIC
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        decide(case.application, choice=DecisionChoice(Outcome.GRANTED, "Cumple."), by=case.deciders[0], at=NOW)
    assert (refused.value.code, refused.value.field) == ("protected_words", "outcome")
    session.expire_all()
    assert case.application.state is ApplicationState.IN_REVIEW


def test_whoever_types_them_is_told_on_the_screen_of_the_goods_and_on_sending(
    session: Session, case: Case, client_of: SignIn
) -> None:
    makers.complete(case.application)
    describe(case, ORGANIC)
    browser, at = client_of(case.rosa), f"/apply/{case.application.public_id}"
    assert "«orgánico»: " in browser.get(f"{at}/goods").text
    sent = browser.post(f"{at}/submit", data={"pledge": "y"})
    assert (sent.status_code, "«orgánico» son palabras protegidas por la ley." in sent.text) == (422, True)
