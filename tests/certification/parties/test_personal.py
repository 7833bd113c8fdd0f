"""What parties tell somebody of themselves, and what ends with the account."""

from datetime import datetime

from sqlalchemy.orm import Session

from certification.accounts import mydata
from certification.accounts.models import Role, User, UserState
from certification.core.db import unit_of_work
from certification.parties import founding, joining, vetting
from certification.parties.models import Invitation, MemberRole, Party, Power
from tests import makers
from tests.makers import fresh


def invited(party: Party, email: str, by: User, at: datetime) -> Invitation:
    with unit_of_work():
        return joining.invite(party, name="Petra Sánchez", email=email, role=MemberRole.READ, by=by, at=at)


def test_an_export_tells_what_parties_hold(session: Session, at: datetime) -> None:
    rosa, petra = makers.user(), makers.user("Petra", email="petra@demo.tianguis.example")
    party = makers.party()
    makers.member(rosa, party)
    made = invited(party, "petra@demo.tianguis.example", rosa, at)
    paper = makers.stored_file()
    with unit_of_work():
        joining.accept(made, by=petra, at=at)
        vetting.offer_document(party, "Acta de asamblea", paper, by=rosa, at=at)
    mine, hers = (mydata.export(who)["parties"] for who in (rosa, petra))
    assert [(one["party"], one["role"]) for one in mine["memberships"]] == [(party.public_id, "admin")]
    assert [one["text"] for one in mine["proofs_given"]] == ["Acta de asamblea"]
    assert len(mine["invitations_made"]) == 1
    assert "petra" not in str(mine).lower()
    assert [(one["name"], one["email"]) for one in hers["invitations_received"]] == [
        ("Petra Sánchez", "petra@demo.tianguis.example")
    ]


def test_erasure_ends_parts_and_mandates_and_takes_the_name_from_invitations(session: Session, at: datetime) -> None:
    rosa, petra = makers.user(), makers.user("Petra", email="petra@demo.tianguis.example")
    makers.role(petra, Role.PROMOTER)
    here, there = makers.party(), makers.party("Otro taller")
    for party in (here, there):
        makers.member(rosa, party)
    accepted = invited(here, "petra@demo.tianguis.example", rosa, at)
    with unit_of_work():
        joined = joining.accept(accepted, by=petra, at=at)
        mandate = founding.give_mandate(here, Power.APPLY, "de palabra", to=petra, by=rosa, at=at)
    waiting = invited(there, "Petra@demo.tianguis.example", rosa, at)
    other = invited(there, "lupe@demo.tianguis.example", rosa, at)
    with unit_of_work():
        mydata.erase(petra, at=at)
    assert (fresh(session, joined).ended_at, fresh(session, mandate).ended_at) == (at, at)
    for one in (accepted, waiting):
        assert (fresh(session, one).name, one.email) == (petra.public_id, None)
    assert waiting.withdrawn_at == at
    assert (fresh(session, other).email, other.withdrawn_at) == ("lupe@demo.tianguis.example", None)


def test_a_closed_account_administers_nothing(session: Session) -> None:
    rosa, petra, party = makers.user(), makers.user("Petra", state=UserState.CLOSED), makers.party()
    for who in (rosa, petra):
        makers.member(who, party)
    assert [one.name for one in vetting.administrators(party)] == ["Rosa Luna"]
