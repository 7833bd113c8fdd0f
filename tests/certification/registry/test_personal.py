"""An erased evaluator is named no more; who alone looks after a label is told before they go."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts import mydata
from certification.accounts.models import User
from certification.applications.deciding import DecisionChoice
from certification.core.db import unit_of_work
from certification.parties.models import MemberRole
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate
from certification.rules.workflow import Outcome
from tests import makers, reviews
from tests.makers import THEN, fresh


@pytest.fixture
def named(session: Session, at: datetime) -> tuple[Certificate, list[User]]:
    """A certificate whose evaluators all agreed to be named."""
    case = reviews.in_review()
    with unit_of_work():
        for seat in case.seats:
            seat.named = True
    with unit_of_work():
        choice = DecisionChoice(Outcome.GRANTED, "Cumple.", seen_version=case.application.version_id)
        _decision, made = decide_and_certify(case.application, choice=choice, by=case.deciders[0], at=at)
    assert made is not None
    return made, case.panel


def test_an_erased_evaluator_is_named_no_more(
    named: tuple[Certificate, list[User]], client: FlaskClient, session: Session, at: datetime
) -> None:
    certificate, panel = named
    names = [one.name for one in panel]
    assert certificate.page["decided"]["named"] == names
    with unit_of_work():
        mydata.erase(panel[0], at=at)
    decided = fresh(session, certificate).page["decided"]
    assert decided["named"] == names[1:]
    assert decided["peers"] + decided["outsiders"] == len(names)
    code = certificate.code
    for page in (f"/v/{code}", f"/c/{code}"):
        assert names[0] not in client.get(page).text


def test_an_export_tells_the_acts_on_labels(named: tuple[Certificate, list[User]], session: Session) -> None:
    certificate, panel = named
    assert mydata.export(panel[0])["registry"] == {"acts": []}
    decider = session.get_one(User, certificate.acts[0].by_id)
    assert [(one["code"], one["kind"]) for one in mydata.export(decider)["registry"]["acts"]] == [(certificate.code, "granted")]


def test_who_alone_looks_after_a_label_in_force_is_told_first(
    session: Session, client_of: Callable[[User], FlaskClient], at: datetime
) -> None:
    rosa, petra, party = makers.user(password_hash="x"), makers.user("Petra"), makers.party()
    makers.member(rosa, party)
    makers.member(petra, party, MemberRole.CATALOGUE)
    assert mydata.warnings(rosa, at) == []
    certificate = makers.certificate(party)
    assert [one.values for one in mydata.warnings(rosa, at)] == [{"name": "Taller Hilo de Luna"}]
    assert mydata.warnings(petra, at) == []
    assert mydata.warnings(rosa, certificate.valid_until) == []
    assert "Solo usted está a cargo de Taller Hilo de Luna" in client_of(rosa).get("/account/erase").text
    makers.member(petra, party)
    assert mydata.warnings(rosa, at) == []


def test_a_withdrawn_label_needs_nobody(session: Session, at: datetime) -> None:
    rosa, party = makers.user(), makers.party()
    makers.member(rosa, party)
    makers.certificate(party, withdrawn_at=THEN + timedelta(days=1))
    assert mydata.warnings(rosa, at) == []
