"""A maker's consent ends in three ways; whichever it is, the name and its salt are gone from beside everything signed."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts import mydata
from certification.accounts.models import User
from certification.applications.models import Application
from certification.core.db import db, unit_of_work
from certification.parties.models import Membership, Party, PartyKind
from certification.registry.credentials import disclosures_of
from certification.registry.verifying import faults_of
from marketplace.producers.models import Maker
from marketplace.producers.stalls import uncredit
from tests import makers
from tests.certification.registry.outsider import VC, VC_JWT
from tests.conftest import NOW

NAME = "Martina Luna"
End = Callable[[Maker, User], object]


def own_party() -> Party:
    """The party record of somebody who makes things alone, and has an account."""
    made = makers.party(NAME, kind=PartyKind.ARTISAN)
    makers.member(makers.user("Cuenta"), made)
    return made


def in_the_stall(maker: Maker, keeper: User) -> None:
    uncredit(maker, by=keeper, at=NOW)


def with_the_account(maker: Maker, _keeper: User) -> None:
    mydata.erase(maker_s_account(maker, NAME), at=NOW)


def with_the_party_record(maker: Maker, _keeper: User) -> None:
    """The account that alone speaks for the maker's own party, under another name than the one credited."""
    mydata.erase(maker_s_account(maker, "M. L. Hernández"), at=NOW)


def maker_s_account(maker: Maker, name: str) -> User:
    person = db.session.scalars(
        select(User).join(Membership, Membership.user_id == User.id).where(Membership.party_id == maker.party_id)
    ).one()
    person.name = name
    return person


@pytest.mark.parametrize("end", [in_the_stall, with_the_account, with_the_party_record])
def test_the_name_goes_from_beside_every_version_and_all_signatures_hold(
    session: Session, client: FlaskClient, at: datetime, end: End
) -> None:
    decider, keeper = makers.user("Celia Decide"), makers.user("Petra Puesto")
    made = makers.certified(decider, makers=[NAME, "Benito Ficticio"])
    makers.member(keeper, made.holder)
    makers.visited(made, decider, at=at - timedelta(days=2))
    makers.renewed(made, decider, at=at - timedelta(days=1), cause="scope")
    stall = makers.producer(made.holder)
    maker = Maker(
        producer_id=stall.id, party_id=own_party().id, public_name="MARTINA LUNA", consented_at=makers.THEN, consent_how="Firmó."
    )
    waiting = Application(
        scheme_version_id=made.scheme_version_id,
        party_id=made.holder_id,
        applicant_id=keeper.id,
        subject_kind="product_line",
        created_at=makers.THEN,
        makers=[NAME, "Benito Ficticio"],
        sent={"makers": [NAME]},
    )
    makers.save(maker, waiting)
    addresses = [(f"/c/{made.code}/versions/{number}", form) for number in (1, 2, 3) for form in (VC, VC_JWT)]
    signed = {one: client.get(one[0], headers={"Accept": one[1]}).data for one in addresses}
    assert NAME in client.get(f"/v/{made.code}").text
    with unit_of_work():
        end(maker, keeper)
    session.expire_all()
    code = made.code
    for page in (f"/v/{code}", f"/v/{code}?lang=en", f"/c/{code}"):
        assert (NAME in client.get(page).text, "Benito Ficticio" in client.get(page).text) == (False, True)
    record = client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()
    assert [one["name"] for one in record["disclosures"]["makers"]] == ["Benito Ficticio"]
    for version in record["versions"]:
        assert [one["name"] for one in version["disclosures"]["makers"]] == ["Benito Ficticio"]
    assert NAME not in json.dumps(made.page, ensure_ascii=False)
    assert {one: client.get(one[0], headers={"Accept": one[1]}).data for one in addresses} == signed
    assert [faults_of(one, at) for one in made.versions] == [(), (), ()]
    assert all(one.value != NAME for version in made.versions for one in disclosures_of(version))
    assert (waiting.makers, waiting.sent) == (["Benito Ficticio"], {"makers": []})
    exported = json.dumps(mydata.export(keeper), ensure_ascii=False, default=str)
    assert NAME not in json.dumps(json.loads(exported)["applications"], ensure_ascii=False)


def test_no_further_version_names_who_took_the_consent_back(session: Session, client: FlaskClient, at: datetime) -> None:
    decider, keeper = makers.user("Celia Decide"), makers.user("Petra Puesto")
    made = makers.certified(decider, makers=[NAME])
    makers.member(keeper, made.holder)
    maker = Maker(producer_id=makers.producer(made.holder).id, public_name=NAME, consented_at=makers.THEN, consent_how="Firmó.")
    makers.save(maker)
    with unit_of_work():
        uncredit(maker, by=keeper, at=at)
    makers.visited(made, decider, at=at + timedelta(days=1))
    assert NAME not in client.get(f"/v/{made.code}").text
    assert "personal" not in made.versions[-1].statement
