from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.accounts.throttle import TooManyAttempts
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.parties import founding, vetting
from certification.parties.belonging import acts_for
from certification.parties.founding import PartyValues
from certification.parties.models import (
    Belonging,
    Mandate,
    MemberRole,
    Membership,
    Party,
    PartyKind,
    Power,
    ProofKind,
    RepresentationProof,
    Vetting,
)
from certification.parties.places.places import Place
from certification.rules.errors import AlreadyExists, Forbidden, IllegalMove, InvalidInput, NotFound
from tests import makers

PLACE = Place("20", "20546", "Teotitlán del Valle", "Barrio del Agua", "junto al pozo")


def values(
    name: str = "Taller Hilo de Luna", kind: PartyKind = PartyKind.WORKSHOP, branch: str | None = "textiles"
) -> PartyValues:
    return PartyValues(kind, name, branch, PLACE)


def acts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


def test_who_founds_a_party_administers_it_and_still_has_to_be_vetted(session: Session, at: datetime) -> None:
    rosa = makers.user()
    with unit_of_work():
        made = founding.found(values(), by=rosa, at=at)
    row = session.scalars(select(Party)).one()
    assert (row.name, row.municipality_code, row.locality, row.reference) == (
        "Taller Hilo de Luna",
        "20546",
        "Barrio del Agua",
        "junto al pozo",
    )
    assert (row.vetting, row.vetted_at) == (Vetting.NONE, None)
    held = session.scalars(select(Membership)).one()
    assert (held.user_id, held.role, held.ended_at) == (rosa.id, MemberRole.ADMIN, None)
    assert acts(session) == ["party.founded"]
    assert made.id == row.id


def test_a_party_is_found_by_its_folded_name_and_place(session: Session) -> None:
    made = makers.party("Tejedoras Ñuu ꞌYaa", municipality="Teotitlán del Valle")
    assert makers.fresh(session, made).search_text == "tejedoras nuu yaa teotitlan del valle"


def test_the_same_person_does_not_found_the_same_party_twice(session: Session, at: datetime) -> None:
    rosa = makers.user()
    with unit_of_work():
        founding.found(values(), by=rosa, at=at)
    with pytest.raises(AlreadyExists) as refused, unit_of_work():
        founding.found(values(), by=rosa, at=at)
    assert refused.value.field == "name"
    with unit_of_work():
        founding.found(values("Otro taller"), by=rosa, at=at)
    assert len(session.scalars(select(Party)).all()) == 2


@pytest.mark.parametrize(
    ("given", "field"), [(values(""), "name"), (values("x" * 201), "name"), (values(branch="¡Brujería!"), "branch")]
)
def test_a_party_needs_a_name_and_a_branch_that_is_a_word(session: Session, at: datetime, given: PartyValues, field: str) -> None:
    rosa = makers.user()
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        founding.found(given, by=rosa, at=at)
    assert refused.value.field == field
    assert session.scalars(select(Party)).all() == []


def test_only_an_administrator_changes_a_party(session: Session, at: datetime) -> None:
    workshop, rosa, ines, stranger = makers.party(), makers.user(), makers.user("Inés"), makers.user("Nadie")
    makers.member(rosa, workshop)
    makers.member(ines, workshop, MemberRole.CATALOGUE)
    with pytest.raises(Forbidden), unit_of_work():
        founding.change(workshop, values("Otro"), by=ines, at=at, warned=True)
    with pytest.raises(NotFound), unit_of_work():
        founding.change(workshop, values("Otro"), by=stranger, at=at, warned=True)
    with unit_of_work():
        founding.change(workshop, values("Otro"), by=rosa, at=at, warned=True)
    assert (makers.fresh(session, workshop).name, acts(session)) == ("Otro", ["party.changed", "party.proof_given"])


SAME = Place("20", "20067", "Oaxaca de Juárez", "Otro barrio", "otra puerta")
ANOTHER = [
    PartyValues(PartyKind.WORKSHOP, "Unión de Tejedoras de Teotitlán", "textiles", SAME),
    PartyValues(PartyKind.COOPERATIVE, "Taller Hilo de Luna", "textiles", SAME),
    PartyValues(PartyKind.WORKSHOP, "Taller Hilo de Luna", "textiles", PLACE),
    PartyValues(PartyKind.WORKSHOP, "Taller Hilo de Luna", "textiles", Place("07", None, "Oaxaca de Juárez")),
    PartyValues(PartyKind.WORKSHOP, "Taller Hilo de Luna", "textiles", Place("20", "20068", "Oaxaca de Juárez")),
]


@pytest.mark.parametrize("said", ANOTHER)
def test_another_name_kind_or_place_is_vetted_again_by_a_person(session: Session, at: datetime, said: PartyValues) -> None:
    workshop, rosa, vouched = makers.party(), makers.user(), makers.user("Da su palabra")
    makers.member(rosa, workshop)
    makers.save(
        RepresentationProof(
            party_id=workshop.id,
            kind=ProofKind.VOUCHING,
            text="Los conozco.",
            given_by_id=vouched.id,
            given_at=makers.THEN,
            accepted=True,
            decided_at=makers.THEN,
        )
    )
    with unit_of_work():
        founding.change(workshop, said, by=rosa, at=at, warned=True)
    row = makers.fresh(session, workshop)
    assert (row.name, row.vetting, row.vetted_at, row.vetted_by_id) == (said.name, Vetting.ASKED, None, None)
    again = vetting.waiting()
    assert [(one.party_id, one.kind, one.given_by_id, one.given_at) for one in again] == [
        (workshop.id, ProofKind.VOUCHING, vouched.id, at)
    ]
    assert (
        again[0].text == f"«Taller Hilo de Luna», Oaxaca de Juárez → «{said.name}», {said.place.municipality_name}\nLos conozco."
    )
    assert acts(session) == ["party.changed", "party.proof_given"]


def test_what_was_vetted_without_a_proof_waits_for_a_person_too(session: Session, at: datetime) -> None:
    workshop, rosa = makers.party(), makers.user()
    makers.member(rosa, workshop)
    with unit_of_work():
        founding.change(workshop, ANOTHER[0], by=rosa, at=at, warned=True)
    assert [(one.party_id, one.given_by_id, one.file_id) for one in vetting.waiting()] == [(workshop.id, rosa.id, None)]


def test_a_trade_a_quarter_or_a_code_that_the_list_knows_now_is_not_vetted_again(session: Session, at: datetime) -> None:
    workshop, rosa = makers.party(municipality_code=None), makers.user()
    makers.member(rosa, workshop)
    with unit_of_work():
        founding.change(workshop, PartyValues(PartyKind.WORKSHOP, workshop.name, "madera", SAME), by=rosa, at=at, warned=True)
    row = makers.fresh(session, workshop)
    assert (row.vetting, row.branch, row.locality, row.municipality_code) == (Vetting.VETTED, "madera", "Otro barrio", "20067")
    assert vetting.waiting() == []


def test_an_unvetted_party_changes_freely(session: Session, at: datetime) -> None:
    workshop, rosa = makers.party(vetting=Vetting.REFUSED, vetted_at=None), makers.user()
    makers.member(rosa, workshop)
    with unit_of_work():
        founding.change(workshop, ANOTHER[0], by=rosa, at=at, warned=True)
    assert (makers.fresh(session, workshop).vetting, vetting.waiting()) == (Vetting.REFUSED, [])


def test_a_name_for_a_check_is_taken_once() -> None:
    with pytest.raises(ValueError, match="applications"):
        founding.declare_identity_check("applications", lambda _party: None)


def test_a_cooperative_adds_a_member_who_never_signs_in_and_may_act_for_them(session: Session, at: datetime) -> None:
    coop, rosa, keeper = makers.party("Nueve Cerros", kind=PartyKind.COOPERATIVE), makers.user(), makers.user("Lucía")
    makers.member(rosa, coop)
    makers.member(keeper, coop, MemberRole.CATALOGUE)
    with unit_of_work():
        weaver = founding.add_member_party(coop, values("Petra", PartyKind.ARTISAN), how="acta del 3 de marzo", by=rosa, at=at)
    assert (weaver.vetting, weaver.vetted_at) == (Vetting.VETTED, coop.vetted_at)
    assert {one.how for one in session.scalars(select(Mandate))} == {"acta del 3 de marzo"}
    assert [acts_for(who, weaver.id, Power.APPLY) for who in (rosa, keeper, makers.user("Nadie"))] == [True, True, False]
    assert acts(session) == ["party.member_added", "mandate.given", "mandate.given"]


def test_a_member_of_an_unvetted_organization_waits_with_it(session: Session, at: datetime) -> None:
    coop, rosa = makers.party(kind=PartyKind.COOPERATIVE, vetting=Vetting.ASKED, vetted_at=None), makers.user()
    makers.member(rosa, coop)
    with unit_of_work():
        weaver = founding.add_member_party(coop, values("Petra"), how="acta", by=rosa, at=at)
    assert weaver.vetting is Vetting.NONE


def test_a_workshop_has_no_member_parties_and_an_agreement_must_be_told(session: Session, at: datetime) -> None:
    workshop, coop, rosa = makers.party(), makers.party("C", kind=PartyKind.COOPERATIVE), makers.user()
    makers.member(rosa, workshop)
    makers.member(rosa, coop)
    with pytest.raises(IllegalMove), unit_of_work():
        founding.add_member_party(workshop, values("Petra"), how="acta", by=rosa, at=at)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        founding.add_member_party(coop, values("Petra"), how="", by=rosa, at=at)
    assert refused.value.field == "how"
    with unit_of_work():
        founding.add_member_party(coop, values("Petra"), how="acta", by=rosa, at=at)
    with pytest.raises(AlreadyExists), unit_of_work():
        founding.add_member_party(coop, values("Petra"), how="acta", by=rosa, at=at)


def test_a_member_that_leaves_takes_back_what_it_allowed(session: Session, at: datetime) -> None:
    coop, rosa, stranger = makers.party(kind=PartyKind.COOPERATIVE), makers.user(), makers.user("Nadie")
    makers.member(rosa, coop)
    with unit_of_work():
        weaver = founding.add_member_party(coop, values("Petra"), how="acta", by=rosa, at=at)
    belonging = session.scalars(select(Belonging)).one()
    with pytest.raises(NotFound), unit_of_work():
        founding.part(belonging, by=stranger, at=at)
    for _ in range(2):
        with unit_of_work():
            founding.part(belonging, by=rosa, at=at)
    assert [one.ended_at for one in session.scalars(select(Mandate))] == [at, at]
    assert makers.fresh(session, belonging).ended_at == at
    assert not acts_for(rosa, weaver.id, Power.CATALOGUE)
    assert acts(session).count("party.member_parted") == 1


def test_only_a_promoter_is_given_a_mandate_and_only_while_they_are_one(session: Session, at: datetime) -> None:
    workshop, rosa, toño = makers.party(), makers.user(), makers.user("Toño")
    makers.member(rosa, workshop)
    with pytest.raises(Forbidden), unit_of_work():
        founding.give_mandate(workshop, Power.CATALOGUE, "de palabra", to=toño, by=rosa, at=at)
    held = makers.role(toño, Role.PROMOTER)
    with unit_of_work():
        mandate = founding.give_mandate(workshop, Power.CATALOGUE, "de palabra", to=toño, by=rosa, at=at)
    with pytest.raises(AlreadyExists), unit_of_work():
        founding.give_mandate(workshop, Power.CATALOGUE, "de palabra", to=toño, by=rosa, at=at)
    assert (acts_for(toño, workshop.id, Power.CATALOGUE), acts_for(toño, workshop.id, Power.APPLY)) == (True, False)
    with unit_of_work() as writing:
        writing.merge(held).ended_at = at
    session.expire_all()
    assert not acts_for(toño, workshop.id, Power.CATALOGUE)
    with unit_of_work():
        founding.end_mandate(mandate, by=rosa, at=at)
    assert acts(session) == ["mandate.given", "mandate.ended"]


def test_what_is_done_for_others_names_them_on_the_record(session: Session, at: datetime) -> None:
    workshop, rosa, toño = makers.party(), makers.user(), makers.user("Toño")
    makers.member(rosa, workshop)
    assert (founding.on_behalf(rosa, workshop), founding.on_behalf(toño, workshop)) == (None, workshop.public_id)


def test_nobody_founds_an_eleventh_party_within_a_day(app: Flask, session: Session, at: datetime) -> None:
    rosa, ines = makers.user(), makers.user("Inés")
    for number in range(10):
        with unit_of_work():
            founding.found(values(f"Taller {number}"), by=rosa, at=at)
    with app.test_request_context(), pytest.raises(TooManyAttempts), unit_of_work():
        founding.found(values("Taller 10"), by=rosa, at=at)
    with unit_of_work():
        founding.found(values("Taller 10"), by=ines, at=at)
        founding.found(values("Taller 11"), by=rosa, at=at + timedelta(days=1))
    assert len(session.scalars(select(Party)).all()) == 12


def test_a_party_whose_name_unfolds_is_kept_and_found(session: Session, at: datetime) -> None:
    long, rosa = "ﷺ" * 60, makers.user()
    with unit_of_work():
        made = founding.found(values(long), by=rosa, at=at)
    found = makers.fresh(session, made)
    assert (found.name, len(found.search_text)) == (long, 700)


def test_the_record_keeps_ids_and_no_names_or_words(session: Session, at: datetime) -> None:
    rosa, tono = makers.user(), makers.user("Toño")
    makers.role(tono, Role.PROMOTER)
    with unit_of_work():
        made = founding.found(values("Taller de Rosa Luna"), by=rosa, at=at)
    with unit_of_work():
        founding.change(made, values("Taller de Petra"), by=rosa, at=at, warned=True)
        founding.give_mandate(made, Power.APPLY, "me lo dijo doña Petra", to=tono, by=rosa, at=at)
    told = list(session.scalars(select(AuditEntry.details).order_by(AuditEntry.id)))
    assert told == [{"kind": "workshop"}, {"changed": ["name"]}, {"power": "apply", "letters": 21}]
