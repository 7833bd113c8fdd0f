import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import OneTimeCode, Role, User
from certification.accounts.throttle import TooManyAttempts
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties import joining
from certification.parties.belonging import has_role
from certification.parties.models import Invitation, Mandate, MemberRole, Membership, Party, PartyKind, Power
from certification.rules.errors import AlreadyExists, Conflict, Forbidden, IllegalMove, NotFound
from tests import makers


def invited(party: Party, by: User, at: datetime, email: str = "ines@demo.tianguis.example") -> tuple[Invitation, str]:
    """An invitation, and the key in the mail that carried it."""
    with unit_of_work() as session:
        made = joining.invite(party, name="Inés", email=email, role=MemberRole.CATALOGUE, by=by, at=at)
        mail = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
        assert mail is not None
        return made, re.findall(r"/join/(\S+)", mail.text)[0]


def workshop(admin: User) -> Party:
    made = makers.party()
    makers.member(admin, made)
    return made


def entrust(party: Party, **holder: int) -> None:
    makers.save(
        Mandate(
            giver_id=party.id,
            power=Power.CATALOGUE,
            how="de palabra",
            given_at=makers.THEN,
            recorded_by_id=makers.user().id,
            **holder,
        )
    )


def test_an_invitation_goes_by_mail_and_lets_in_who_holds_its_key_once(session: Session, at: datetime) -> None:
    rosa, ines, other = makers.user(), makers.user("Inés"), makers.user("Otra")
    party = workshop(rosa)
    made, key = invited(party, rosa, at)
    assert (made.email, made.expires_at, made.digest == key) == ("ines@demo.tianguis.example", at + timedelta(days=14), False)
    found = joining.invitation_for(key, at)
    assert found is not None
    assert joining.invitation_for("x" + key, at) is None
    with unit_of_work():
        joining.accept(found, by=ines, at=at)
    assert has_role(ines, party.id, (MemberRole.CATALOGUE,))
    assert joining.invitation_for(key, at) is None
    with pytest.raises(NotFound), unit_of_work():
        joining.accept(found, by=other, at=at)
    assert list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id))) == ["member.invited", "member.joined"]


def test_an_invitation_ends_by_time_and_by_being_taken_back(session: Session, at: datetime) -> None:
    rosa = makers.user()
    party = workshop(rosa)
    made, key = invited(party, rosa, at)
    assert joining.invitation_for(key, made.expires_at) is None
    assert joining.invitation_for(key, made.expires_at - timedelta(seconds=1)) is not None
    for _ in range(2):
        with unit_of_work():
            joining.withdraw(made, by=rosa, at=at)
    assert joining.invitation_for(key, at) is None
    assert [one for one in session.scalars(select(AuditEntry.act)) if one == "invitation.withdrawn"] == ["invitation.withdrawn"]


def test_nobody_is_invited_twice_and_no_more_than_thirty_wait(session: Session, at: datetime) -> None:
    rosa = makers.user(email="rosa@demo.tianguis.example")
    party = workshop(rosa)
    with pytest.raises(AlreadyExists), unit_of_work():
        joining.invite(party, name="Rosa", email="ROSA@demo.tianguis.example", role=MemberRole.READ, by=rosa, at=at)
    for number in range(30):
        invited(party, rosa, at, f"p{number}@demo.tianguis.example")
    with pytest.raises(AlreadyExists), unit_of_work():
        joining.invite(party, name="P", email="p1@demo.tianguis.example", role=MemberRole.READ, by=rosa, at=at)
    with pytest.raises(Conflict), unit_of_work():
        joining.invite(party, name="P", email="uno.mas@demo.tianguis.example", role=MemberRole.READ, by=rosa, at=at)
    assert len(session.scalars(select(OutboxMessage)).all()) == 30


def test_only_administrators_invite(session: Session, at: datetime) -> None:
    rosa, reader, stranger = makers.user(), makers.user("Lee"), makers.user("Nadie")
    party = workshop(rosa)
    makers.member(reader, party, MemberRole.READ)
    for who, refusal in ((reader, Forbidden), (stranger, NotFound)):
        with pytest.raises(refusal), unit_of_work():
            joining.invite(party, name="P", email="p@demo.tianguis.example", role=MemberRole.ADMIN, by=who, at=at)
    assert session.scalars(select(Invitation)).all() == []


def test_an_account_without_mail_is_opened_with_a_code_kept_only_as_its_digest(session: Session, at: datetime) -> None:
    rosa = makers.user()
    party = workshop(rosa)
    with unit_of_work():
        person, code = joining.add_without_mail(party, name="Petronila ꞌYaa Sɨkʉ", role=MemberRole.CATALOGUE, by=rosa, at=at)
    row = session.scalars(select(OneTimeCode)).one()
    assert (person.email, person.handle, person.name) == (None, None, "Petronila ꞌYaa Sɨkʉ")
    assert code not in row.digest
    assert has_role(person, party.id, (MemberRole.CATALOGUE,))


def test_a_code_is_printed_by_administrators_and_by_who_holds_a_mandate(session: Session, at: datetime) -> None:
    rosa, petra, toño, admin, keeper, reader = (makers.user(name, email=None) for name in "RPTAKL")
    party, coop = workshop(rosa), makers.party("Cooperativa", kind=PartyKind.COOPERATIVE)
    petra_there = makers.member(petra, party, MemberRole.CATALOGUE)
    makers.member(reader, party, MemberRole.READ)
    makers.member(admin, coop)
    makers.member(keeper, coop, MemberRole.CATALOGUE)
    makers.role(toño, Role.PROMOTER)
    for who in (toño, admin, keeper):
        with pytest.raises(NotFound), unit_of_work():
            joining.print_code(petra_there, by=who, at=at)
    entrust(party, holder_user_id=toño.id)
    entrust(party, holder_party_id=coop.id)
    for who in (reader, keeper):
        with pytest.raises(Forbidden), unit_of_work():
            joining.print_code(petra_there, by=who, at=at)
    codes = set()
    for who in (rosa, toño, admin):
        with unit_of_work():
            codes.add(joining.print_code(petra_there, by=who, at=at))
    assert len(codes) == 3
    printed = session.scalars(select(AuditEntry).where(AuditEntry.act == "member.code_printed").order_by(AuditEntry.id)).all()
    assert [(one.by_id, one.on_behalf_of) for one in printed] == [
        (rosa.id, None),
        (toño.id, party.public_id),
        (admin.id, party.public_id),
    ]


def test_no_code_is_printed_for_who_recovers_by_mail_or_holds_a_role(session: Session, at: datetime) -> None:
    rosa, with_mail, vetter = makers.user(), makers.user("Con correo"), makers.user("Con cargo", email=None)
    party = workshop(rosa)
    makers.role(vetter, Role.VETTER)
    of_mail, of_vetter = makers.member(with_mail, party), makers.member(vetter, party)
    with pytest.raises(IllegalMove) as refused, unit_of_work():
        joining.print_code(of_mail, by=rosa, at=at)
    assert refused.value.code == "has_mail"
    with pytest.raises(Forbidden), unit_of_work():
        joining.print_code(of_vetter, by=rosa, at=at)
    assert session.scalars(select(OneTimeCode)).all() == []


def test_the_key_to_another_workshop_is_not_printed_by_an_administrator_of_one(session: Session, at: datetime) -> None:
    boss, petra, vetter = makers.user("Boss"), makers.user("Petra", email=None), makers.user("Vera")
    makers.role(vetter, Role.VETTER)
    here, there = workshop(boss), makers.party("El otro taller")
    petra_here = makers.member(petra, here, MemberRole.READ)
    petra_there = makers.member(petra, there, MemberRole.READ)
    with unit_of_work():
        joining.print_code(petra_here, by=boss, at=at)
    with unit_of_work():
        petra_there.role = MemberRole.CATALOGUE
    with pytest.raises(Forbidden) as refused, unit_of_work():
        joining.print_code(petra_here, by=boss, at=at)
    assert refused.value.code == "works_elsewhere"
    assert len(session.scalars(select(OneTimeCode)).all()) == 1
    with unit_of_work():
        joining.print_code(petra_here, by=vetter, at=at)
    makers.member(boss, there)
    with unit_of_work():
        joining.print_code(petra_here, by=boss, at=at)


def test_somebody_always_administers(session: Session, at: datetime) -> None:
    rosa, ines = makers.user(), makers.user("Inés")
    party = workshop(rosa)
    first = session.scalars(select(Membership)).one()
    second = makers.member(ines, party, MemberRole.READ)
    for act in (lambda: joining.end(first, by=rosa, at=at), lambda: joining.change_role(first, MemberRole.READ, by=rosa, at=at)):
        with pytest.raises(Conflict), unit_of_work():
            act()
    with unit_of_work():
        now = joining.change_role(second, MemberRole.ADMIN, by=rosa, at=at)
    with unit_of_work():
        joining.end(first, by=rosa, at=at)
    assert [one.user_id for one in joining.members(party)] == [ines.id]
    with pytest.raises(Conflict), unit_of_work():
        joining.end(now, by=ines, at=at)


def test_members_leave_by_themselves_and_others_only_by_an_administrator(session: Session, at: datetime) -> None:
    rosa, ines, lee, nobody = (makers.user(name) for name in ("Rosa", "Inés", "Lee", "Nadie"))
    party = workshop(rosa)
    of_ines, of_lee = makers.member(ines, party, MemberRole.CATALOGUE), makers.member(lee, party, MemberRole.READ)
    with pytest.raises(Forbidden), unit_of_work():
        joining.end(of_lee, by=ines, at=at)
    with pytest.raises(NotFound), unit_of_work():
        joining.end(of_lee, by=nobody, at=at)
    for membership, by in ((of_ines, ines), (of_lee, rosa), (of_lee, rosa)):
        with unit_of_work():
            joining.end(membership, by=by, at=at)
    assert [one.user_id for one in joining.members(party)] == [rosa.id]
    assert list(session.scalars(select(AuditEntry.act))) == ["member.left", "member.left"]


def test_nobody_sends_a_thirty_first_invitation_within_a_day_for_whatever_party(
    app: Flask, session: Session, at: datetime
) -> None:
    boss = makers.user("Jefa")
    first, second = workshop(boss), workshop(boss)
    for number in range(30):
        made, _ = invited(first if number % 2 else second, boss, at, f"inv{number}@demo.tianguis.example")
        with unit_of_work():
            joining.withdraw(made, by=boss, at=at)
    with app.test_request_context(), pytest.raises(TooManyAttempts):
        invited(first, boss, at, "inv30@demo.tianguis.example")
    invited(first, boss, at + timedelta(days=1), "inv30@demo.tianguis.example")
    assert len(session.scalars(select(OutboxMessage)).all()) == 31
