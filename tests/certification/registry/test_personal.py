"""An erased evaluator is named no more; who alone looks after a label is told before they go."""

import json
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
from certification.registry.credentials import disclosures_of
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate
from certification.registry.verifying import faults_of
from certification.rules.canonical import digest
from certification.rules.workflow import Outcome
from tests import makers, reviews
from tests.makers import THEN, fresh


def test_an_erased_maker_is_named_no_more_and_everything_still_verifies(
    session: Session, client: FlaskClient, at: datetime
) -> None:
    party, maker = makers.party(), makers.user("Martina LUNA")
    makers.member(maker, party)
    made = makers.certified(of=party, makers=["Martina Luna", "Benito Ficticio"])
    stranger = makers.certified(of=makers.party("Taller Ajeno"), makers=["Martina Luna"])
    code, other, signed = made.code, stranger.code, made.versions[0].statement
    before = client.get(f"/c/{code}", headers={"Accept": "application/vc"}).data
    assert mydata.export(maker)["registry"]["named_as_maker"] == [code]
    with unit_of_work():
        mydata.erase(maker, at=at)
    for page in (f"/v/{code}", f"/c/{code}"):
        text = client.get(page).text
        assert ("Martina" in text, "Benito Ficticio" in text) == (False, True)
    record = client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()
    assert [(one["name"], one["path"]) for one in record["disclosures"]["makers"]] == [("Benito Ficticio", "makers/1")]
    assert client.get(f"/c/{code}", headers={"Accept": "application/vc"}).data == before
    session.expire_all()
    version = made.versions[0]
    assert (version.statement, faults_of(version, at)) == (signed, ())
    assert [one.path for one in disclosures_of(version)] == ["makers/1"]
    assert "Martina Luna" in client.get(f"/v/{other}").text


def test_a_name_and_its_salt_are_what_the_credential_committed_to(session: Session, client: FlaskClient) -> None:
    made = makers.certified(makers=["Martina Luna", "Benito Ficticio"])
    record = client.get(f"/c/{made.code}", headers={"Accept": "application/json"}).get_json()
    said = client.get(f"/c/{made.code}", headers={"Accept": "application/vc"}).get_data(as_text=True)
    signed = {one["commitmentPath"]: one["commitmentDigest"] for one in json.loads(said)["credentialSubject"]["nameCommitment"]}
    assert len(record["disclosures"]["makers"]) == len(signed) == 2
    for one in record["disclosures"]["makers"]:
        assert signed[one["path"]] == "sha-256:" + digest([one["salt"], one["path"], one["name"]])
    assert "Martina" not in said


def test_after_a_renewal_every_version_s_names_are_what_its_own_credential_committed_to(
    session: Session, client: FlaskClient
) -> None:
    decider = makers.user("Celia Decide")
    made = makers.certified(decider, makers=["Martina Luna", "Benito Ficticio"])
    makers.visited(made, decider, at=THEN + timedelta(days=3))
    makers.renewed(made, decider, at=THEN + timedelta(days=9), cause="scope", makers=["Martina Luna"])
    record = client.get(f"/c/{made.code}", headers={"Accept": "application/json"}).get_json()
    shown = [[one["name"] for one in version["disclosures"]["makers"]] for version in record["versions"]]
    assert shown == [["Martina Luna", "Benito Ficticio"], ["Martina Luna", "Benito Ficticio"], ["Martina Luna"]]
    assert record["disclosures"] == record["versions"][2]["disclosures"]
    for version in record["versions"]:
        at = f"/c/{made.code}/versions/{version['number']}"
        said = json.loads(client.get(at, headers={"Accept": "application/vc"}).data)["credentialSubject"]["nameCommitment"]
        given = version["disclosures"]["makers"]
        assert {one["commitmentPath"]: one["commitmentDigest"] for one in said} == {
            one["path"]: "sha-256:" + digest([one["salt"], one["path"], one["name"]]) for one in given
        }
        assert [one["commitment"] for one in given] == version["statement"]["personal"]["makers"]
    salts = {one["salt"] for version in record["versions"] for one in version["disclosures"]["makers"]}
    page = client.get(f"/c/{made.code}").text
    assert (len(salts), all(page.count(salt) == 1 for salt in salts)) == (3, True)
    assert ("Versiones 1, 2" in page, [faults_of(one, THEN + timedelta(days=9)) for one in made.versions]) == (True, [(), (), ()])


def test_who_was_named_only_beside_an_earlier_version_goes_from_there_too(
    session: Session, client: FlaskClient, at: datetime
) -> None:
    party, maker, decider = makers.party(), makers.user("Martina Luna"), makers.user("Celia Decide")
    makers.member(maker, party)
    made = makers.certified(decider, of=party, makers=["Martina Luna", "Benito Ficticio"])
    makers.renewed(made, decider, at=THEN + timedelta(days=9), cause="scope", makers=["Benito Ficticio"])
    assert mydata.export(maker)["registry"]["named_as_maker"] == [made.code]
    with unit_of_work():
        mydata.erase(maker, at=at)
    record = client.get(f"/c/{made.code}", headers={"Accept": "application/json"}).get_data(as_text=True)
    assert ("Martina" in record, "Benito Ficticio" in record) == (False, True)
    assert "Martina" not in client.get(f"/c/{made.code}").text
    assert [faults_of(one, at) for one in made.versions] == [(), ()]


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
    assert mydata.export(panel[0])["registry"] == {"acts": [], "named_as_maker": []}
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
