from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.parties import declaring
from certification.parties.declaring import DECLARABLE, TieValues
from certification.parties.models import Belonging, Mandate, MemberRole, Party, PartyKind, Power, Tie
from certification.parties.ties import ties_between, ties_to_each
from certification.rules.criteria import DecisionMode
from certification.rules.errors import AlreadyExists, InvalidInput, NotFound
from certification.rules.guards import CaseRole, bars
from certification.rules.guards import Tie as Bond
from certification.schemes.reasons import tie_rules
from tests import makers

FIRST = datetime(2026, 1, 10, 12, tzinfo=UTC)
LAST = datetime(2026, 6, 30, 12, tzinfo=UTC)


def belongs(member: Party, organization: Party, ended_at: datetime | None = None) -> None:
    makers.save(Belonging(member_id=member.id, organization_id=organization.id, since=FIRST, ended_at=ended_at))


def test_a_stranger_has_no_tie(session: Session, at: datetime) -> None:
    assert ties_between(makers.user(), makers.party(), at) == ()


def test_who_works_in_the_workshop_is_tied_by_it(session: Session, at: datetime) -> None:
    person, workshop = makers.user(), makers.party()
    makers.member(person, workshop)
    assert ties_between(person, workshop, at) == (Bond("same_workshop", date(2026, 1, 2), None),)


def test_an_artisan_of_one_is_the_same_person(session: Session, at: datetime) -> None:
    person, artisan = makers.user(), makers.party("Rosa Luna", kind=PartyKind.ARTISAN)
    makers.member(person, artisan)
    assert [tie.kind for tie in ties_between(person, artisan, at)] == ["self"]


def test_a_declared_tie_keeps_its_kind_and_its_end(session: Session, at: datetime) -> None:
    person, workshop = makers.user(), makers.party()
    makers.save(
        Tie(
            user_id=person.id,
            party_id=workshop.id,
            kind="trade",
            since=FIRST,
            ended_at=LAST,
            declared_by_id=person.id,
            declared_at=LAST,
        )
    )
    assert ties_between(person, workshop, at) == (Bond("trade", date(2026, 1, 10), date(2026, 6, 30)),)


def test_two_workshops_of_one_federation_are_tied_through_their_cooperatives(session: Session, at: datetime) -> None:
    person, mine, theirs = makers.user(), makers.party("Taller Uno"), makers.party("Taller Dos")
    coop, other, federation = (
        makers.party(name, kind=kind)
        for name, kind in (("A", PartyKind.COOPERATIVE), ("B", PartyKind.COOPERATIVE), ("F", PartyKind.FEDERATION))
    )
    makers.member(person, mine)
    belongs(mine, coop)
    belongs(theirs, other)
    belongs(coop, federation)
    belongs(other, federation)
    assert [(tie.kind, tie.until) for tie in ties_between(person, theirs, at)] == [("same_cooperative", None)]


def test_a_shared_cooperative_ends_when_one_of_both_leaves(session: Session, at: datetime) -> None:
    person, mine, theirs, coop = (
        makers.user(),
        makers.party("Taller Uno"),
        makers.party("Taller Dos"),
        makers.party("C", kind=PartyKind.COOPERATIVE),
    )
    makers.member(person, mine)
    belongs(mine, coop)
    belongs(theirs, coop, ended_at=LAST)
    assert ties_between(person, theirs, at) == (Bond("same_cooperative", date(2026, 1, 10), date(2026, 6, 30)),)


def test_a_shared_community_is_an_assembly_and_no_cooperative(session: Session, at: datetime) -> None:
    person, mine, theirs, people = (
        makers.user(),
        makers.party("Taller Uno"),
        makers.party("Taller Dos"),
        makers.party("P", kind=PartyKind.COMMUNITY),
    )
    makers.member(person, mine)
    belongs(mine, people)
    belongs(theirs, people)
    assert [tie.kind for tie in ties_between(person, theirs, at)] == ["same_assembly"]


def test_whose_workshop_belongs_to_the_applicant_is_tied_to_it(session: Session, at: datetime) -> None:
    person, mine, coop = makers.user(), makers.party(), makers.party("C", kind=PartyKind.COOPERATIVE)
    makers.member(person, mine)
    belongs(mine, coop)
    assert [tie.kind for tie in ties_between(person, coop, at)] == ["same_workshop"]


@pytest.mark.parametrize("mode", list(DecisionMode))
@pytest.mark.parametrize("kind", list(PartyKind))
def test_who_belongs_to_the_applicant_is_barred_whatever_kind_it_calls_itself(
    session: Session, at: datetime, kind: PartyKind, mode: DecisionMode
) -> None:
    person, applicant = makers.user(), makers.party(kind=kind)
    makers.member(person, applicant, MemberRole.READ)
    ties = ties_between(person, applicant, at)
    assert [tie.kind for tie in ties] == ["self" if kind is PartyKind.ARTISAN else "same_workshop"]
    assert [bars(tie, tie_rules(), mode=mode, role=CaseRole.DECIDER, at=at.date()) for tie in ties] == [True]


def test_who_belongs_to_the_organization_that_applies_in_its_name_signs_for_it(session: Session, at: datetime) -> None:
    person, left, weaver = makers.user(), makers.user("Ya se fue"), makers.party("Petra", kind=PartyKind.ARTISAN)
    coop = makers.party("C", kind=PartyKind.COOPERATIVE)
    makers.member(person, coop, MemberRole.READ)
    gone = makers.member(left, coop)
    with unit_of_work():
        gone.ended_at = datetime(2026, 1, 9, 12, tzinfo=UTC)
    makers.save(
        Mandate(
            giver_id=weaver.id,
            holder_party_id=coop.id,
            power=Power.APPLY,
            how="acta",
            given_at=FIRST,
            recorded_by_id=person.id,
        )
    )
    assert ties_between(person, weaver, at) == (Bond("self", date(2026, 1, 10), None),)
    assert ties_between(left, weaver, at) == ()  # left the organization before the permission was given


def mandate(giver: Party, holder: User) -> Mandate:
    """A person's, to apply in a party's name."""
    return Mandate(
        giver_id=giver.id,
        holder_user_id=holder.id,
        power=Power.APPLY,
        how="por escrito",
        given_at=FIRST,
        recorded_by_id=holder.id,
    )


def test_a_promoter_with_a_mandate_signs_for_the_party(session: Session, at: datetime) -> None:
    person, workshop = makers.user(), makers.party()
    makers.role(person, Role.PROMOTER)
    makers.save(mandate(workshop, person))
    assert [tie.kind for tie in ties_between(person, workshop, at)] == ["self"]


def test_ties_to_several_are_those_to_each_and_none_is_taken_for_another_s(session: Session, at: datetime) -> None:
    person, artisan = makers.user(), makers.party("Rosa Luna", kind=PartyKind.ARTISAN)
    mine, theirs, far, inside, traded, represented = (makers.party(f"Taller {number}") for number in range(6))
    coop, other = (makers.party(name, kind=PartyKind.COOPERATIVE) for name in ("A", "B"))
    for party in (artisan, mine):
        makers.member(person, party)
    belongs(mine, coop)
    belongs(theirs, coop, ended_at=LAST)
    belongs(far, other)
    belongs(mine, inside)
    declared = Tie(user_id=person.id, party_id=traded.id, kind="trade", since=FIRST, declared_by_id=person.id, declared_at=FIRST)
    makers.save(declared, mandate(represented, person))
    found = ties_to_each(person, [artisan, mine, theirs, far, inside, traded, represented, coop], at)
    begun = date(2026, 1, 10)
    assert found == {
        artisan.id: (Bond("self", date(2026, 1, 2), None),),
        mine.id: (Bond("same_workshop", date(2026, 1, 2), None), Bond("same_cooperative", begun, None)),
        theirs.id: (Bond("same_cooperative", begun, date(2026, 6, 30)),),
        far.id: (),
        inside.id: (Bond("same_workshop", begun, None),),
        traded.id: (Bond("trade", begun, None),),
        represented.id: (Bond("self", begun, None),),
        coop.id: (Bond("same_workshop", begun, None),),
    }
    assert found == {one.id: ties_between(person, one, at) for one in session.scalars(select(Party).where(Party.id.in_(found)))}
    assert ties_to_each(person, [], at) == {}


def test_rings_of_belonging_end(session: Session, at: datetime) -> None:
    person, mine, theirs = makers.user(), makers.party("Uno"), makers.party("Dos")
    one, two = makers.party("A", kind=PartyKind.COOPERATIVE), makers.party("B", kind=PartyKind.FEDERATION)
    makers.member(person, mine, MemberRole.READ)
    belongs(mine, one)
    belongs(theirs, two)
    belongs(one, two)
    belongs(two, one)
    assert {tie.kind for tie in ties_between(person, theirs, at)} == {"same_cooperative"}
    db.session.rollback()


def test_people_declare_their_own_ties_and_end_them(session: Session, at: datetime) -> None:
    person, other, workshop = makers.user(), makers.user("Otra"), makers.party()
    with unit_of_work():
        tie = declaring.declare(workshop, TieValues("trade", since=date(2026, 2, 1)), by=person, at=at)
    assert ties_between(person, workshop, at) == (Bond("trade", date(2026, 2, 1), None),)
    assert ties_between(other, workshop, at) == ()
    with pytest.raises(AlreadyExists), unit_of_work():
        declaring.declare(workshop, TieValues("trade"), by=person, at=at)
    with pytest.raises(NotFound), unit_of_work():
        declaring.end(tie, by=other, at=at)
    for _ in range(2):
        with unit_of_work():
            declaring.end(tie, by=person, at=at)
    assert ties_between(person, workshop, at) == (Bond("trade", date(2026, 2, 1), date(2026, 11, 21)),)
    assert list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id))) == ["tie.declared", "tie.ended"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (TieValues("self"), "kind"),
        (TieValues("enemistad"), "kind"),
        (TieValues("trade", since=date(2026, 11, 22)), "since"),
        (TieValues("trade", until=date(2026, 11, 22)), "until"),
        (TieValues("trade", since=date(2026, 5, 2), until=date(2026, 5, 1)), "until"),
    ],
)
def test_a_tie_that_makes_no_sense_is_refused_beside_its_field(
    session: Session, at: datetime, values: TieValues, field: str
) -> None:
    person, workshop = makers.user(), makers.party()
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        declaring.declare(workshop, values, by=person, at=at)
    assert refused.value.field == field
    assert declaring.declared_by(person) == []


def test_every_kind_that_people_declare_stands_in_the_table(session: Session) -> None:
    assert set(DECLARABLE) <= set(tie_rules())


def test_vetted_parties_are_found_by_words_of_their_name_or_place(session: Session) -> None:
    here = makers.party("Tejedoras Ñuu Yaa", municipality="Teotitlán del Valle")
    makers.party("Tejedoras sin comprobar", municipality="Teotitlán del Valle", vetting="none", vetted_at=None)
    assert declaring.parties_named("teotitlan TEJEDORAS") == [here]
    assert [declaring.parties_named(words) for words in ("", "  ", "%", "_", "zapotitlan")] == [[], [], [], [], []]
