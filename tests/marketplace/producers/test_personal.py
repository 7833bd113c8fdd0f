"""What stalls tell somebody of themselves, and whose name leaves with the account."""

from datetime import datetime

from sqlalchemy.orm import Session

from certification.accounts import mydata
from certification.core.db import unit_of_work
from certification.parties.models import PartyKind
from marketplace.catalogue import filling
from marketplace.producers import stalls
from tests import makers
from tests.makers import fresh


def test_an_export_tells_ones_stalls_and_credits(session: Session, at: datetime) -> None:
    rosa, party = makers.user(), makers.party(kind=PartyKind.ARTISAN)
    makers.member(rosa, party)
    stall = makers.producer(party, line="Telar de cintura")
    makers.producer(makers.party("De otra gente"))
    with unit_of_work():
        stalls.credit(stall, "Rosa", "de palabra", party=party, by=rosa, at=at)
    told = mydata.export(rosa)["stalls"]
    assert [(one["slug"], one["line"]) for one in told["stalls"]] == [(stall.slug, "Telar de cintura")]
    assert [one["public_name"] for one in told["makers"]] == ["Rosa"]


def test_ones_own_credit_is_withdrawn_with_the_account_and_others_stay(session: Session, at: datetime) -> None:
    rosa, petra, party = makers.user("Rosa Xicoténcatl"), makers.user("Petra"), makers.party()
    for who in (rosa, petra):
        makers.member(who, party)
    product = makers.product(makers.producer(party))
    with unit_of_work():
        mine = stalls.credit(product.producer, "Rosa Xicotencatl", "de palabra", by=rosa, at=at)
        hers = stalls.credit(product.producer, "Petra", "de palabra", by=rosa, at=at)
        product.maker_id = mine.id
    with unit_of_work():
        session.refresh(product)
        filling.repeat(product)
    assert "xicotencatl" in product.search_text
    with unit_of_work():
        mydata.erase(rosa, at=at)
    assert (fresh(session, mine).withdrawn_at, fresh(session, hers).withdrawn_at) == (at, None)
    assert "xicotencatl" not in fresh(session, product).search_text


def test_an_artisan_who_is_the_only_one_of_their_party_is_meant_under_any_name(session: Session, at: datetime) -> None:
    rosa, coop = makers.user(), makers.party("Cooperativa", kind=PartyKind.COOPERATIVE)
    alone, shared = makers.party("Rosa", kind=PartyKind.ARTISAN), makers.party("Lupe", kind=PartyKind.ARTISAN)
    for party in (alone, shared, coop):
        makers.member(rosa, party)
    makers.member(makers.user("Lupe"), shared)
    own, hers = makers.producer(alone), makers.producer(shared)
    with unit_of_work():
        mine = stalls.credit(own, "La de los rebozos", "de palabra", party=alone, by=rosa, at=at)
        of_lupe = stalls.credit(hers, "La de los huipiles", "de palabra", party=shared, by=rosa, at=at)
    with unit_of_work():
        mydata.erase(rosa, at=at)
    assert (fresh(session, mine).withdrawn_at, fresh(session, of_lupe).withdrawn_at) == (at, None)
