from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties import vetting
from certification.parties.models import Belonging, MemberRole, Party, PartyKind, RepresentationProof, Vetting
from certification.rules.errors import AlreadyDecided, AlreadyExists, Forbidden, InvalidInput, NotFound
from tests import makers


def unvetted(name: str = "Taller Nuevo", **given: object) -> Party:
    return makers.party(name, **({"vetting": Vetting.NONE, "vetted_at": None} | given))


def a_vetter() -> User:
    made = makers.user("Ofelia")
    makers.role(made, Role.VETTER)
    return made


def shown(party: Party, by: User, at: datetime) -> RepresentationProof:
    file = makers.stored_file()
    with unit_of_work():
        return vetting.offer_document(party, "Constancia de la agencia", file, by=by, at=at)


def test_a_document_is_shown_looked_at_and_told(session: Session, at: datetime) -> None:
    rosa, ofelia, party = makers.user(), a_vetter(), unvetted()
    makers.member(rosa, party)
    proof = shown(party, rosa, at)
    assert makers.fresh(session, party).vetting is Vetting.ASKED
    assert vetting.waiting() == [proof]
    with unit_of_work():
        vetting.decide(proof, accepted=True, reason="", by=ofelia, at=at)
    row = makers.fresh(session, party)
    assert (row.vetting, row.vetted_at, row.vetted_by_id) == (Vetting.VETTED, at, ofelia.id)
    mail = session.scalars(select(OutboxMessage)).one()
    assert (mail.to, mail.name) == (rosa.email, "vetting-decided")
    assert party.name in mail.subject
    assert vetting.waiting() == []
    assert list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id))) == ["party.proof_given", "party.vetted"]


def test_a_refusal_needs_its_reason_and_sends_it(session: Session, at: datetime) -> None:
    rosa, ofelia, party = makers.user(), a_vetter(), unvetted()
    makers.member(rosa, party)
    proof = shown(party, rosa, at)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        vetting.decide(proof, accepted=False, reason="", by=ofelia, at=at)
    assert refused.value.field == "reason"
    with unit_of_work():
        vetting.decide(proof, accepted=False, reason="El sello no se lee.", by=ofelia, at=at)
    assert makers.fresh(session, party).vetting is Vetting.REFUSED
    assert "El sello no se lee." in session.scalars(select(OutboxMessage)).one().text


def test_a_refusal_leaves_what_waits_waiting_and_once_one_is_enough_nothing_waits(session: Session, at: datetime) -> None:
    rosa, ofelia, party = makers.user(), a_vetter(), unvetted()
    makers.member(rosa, party)
    first, second, third = (shown(party, rosa, at) for _ in range(3))
    with unit_of_work():
        vetting.decide(first, accepted=False, reason="No se lee", by=ofelia, at=at)
    assert makers.fresh(session, party).vetting is Vetting.ASKED
    assert (vetting.waiting(), vetting.count_waiting()) == ([second, third], 2)
    with unit_of_work():
        vetting.decide(second, accepted=True, reason="", by=ofelia, at=at)
    with pytest.raises(AlreadyDecided), unit_of_work():
        vetting.decide(third, accepted=False, reason="No se lee", by=ofelia, at=at)
    assert makers.fresh(session, party).vetting is Vetting.VETTED
    assert (vetting.waiting(), vetting.count_waiting()) == ([], 0)


def test_a_proof_is_decided_once(session: Session, at: datetime) -> None:
    rosa, ofelia, other, party = makers.user(), a_vetter(), a_vetter(), unvetted()
    makers.member(rosa, party)
    proof = shown(party, rosa, at)
    with unit_of_work():
        vetting.decide(proof, accepted=True, reason="", by=ofelia, at=at)
    with pytest.raises(AlreadyDecided), unit_of_work():
        vetting.decide(proof, accepted=False, reason="Mejor no", by=other, at=at)
    assert makers.fresh(session, party).vetting is Vetting.VETTED


def test_nobody_vets_their_own_party_or_their_own_word(session: Session, at: datetime) -> None:
    ofelia, party, known = a_vetter(), unvetted(), makers.party("Taller conocido")
    rosa, nobody = makers.user(), makers.user("Nadie")
    makers.member(rosa, party)
    makers.member(ofelia, known)
    with unit_of_work():
        word = vetting.vouch(party, "Los conozco", by=ofelia, at=at)
    with pytest.raises(Forbidden), unit_of_work():
        vetting.decide(word, accepted=True, reason="", by=ofelia, at=at)
    reader = a_vetter()
    makers.member(reader, party, MemberRole.READ)
    with pytest.raises(Forbidden), unit_of_work():
        vetting.decide(word, accepted=True, reason="", by=reader, at=at)
    with pytest.raises(Forbidden), unit_of_work():  # the party's own people may know of it, not decide
        vetting.decide(word, accepted=True, reason="", by=rosa, at=at)
    with pytest.raises(NotFound), unit_of_work():
        vetting.decide(word, accepted=True, reason="", by=nobody, at=at)
    assert makers.fresh(session, party).vetting is Vetting.ASKED


def test_only_who_administers_a_vetted_party_of_their_own_vouches(session: Session, at: datetime) -> None:
    party, rosa, keeper, fresh_one, ines = unvetted(), *(makers.user(name) for name in ("Rosa", "K", "F", "Inés"))
    vetted, waiting = makers.party("Comprobado"), unvetted("Sin comprobar")
    makers.member(rosa, party)
    makers.member(rosa, vetted)
    makers.member(keeper, vetted, MemberRole.CATALOGUE)
    makers.member(fresh_one, waiting)
    makers.member(ines, vetted)
    nobody = makers.user("Nadie")
    for who in (rosa, keeper, fresh_one, nobody):
        with pytest.raises(Forbidden), unit_of_work():
            vetting.vouch(party, "Los conozco", by=who, at=at)
    with pytest.raises(InvalidInput), unit_of_work():
        vetting.vouch(party, "", by=ines, at=at)
    with unit_of_work():
        vetting.vouch(party, "Los conozco desde 1998", by=ines, at=at)
    with pytest.raises(AlreadyExists), unit_of_work():
        vetting.vouch(party, "Otra vez", by=ines, at=at)
    assert len(vetting.waiting()) == 1


def test_an_organization_vouched_for_speaks_for_members_who_never_sign_in(session: Session, at: datetime) -> None:
    rosa, ofelia = makers.user(), a_vetter()
    coop, silent, speaking, gone = unvetted("C", kind=PartyKind.COOPERATIVE), unvetted("S"), unvetted("H"), unvetted("G")
    makers.member(rosa, coop)
    makers.member(makers.user("Habla"), speaking)
    for member, ended in ((silent, None), (speaking, None), (gone, at)):
        makers.save(Belonging(member_id=member.id, organization_id=coop.id, since=makers.THEN, ended_at=ended))
    proof = shown(coop, rosa, at)
    with unit_of_work():
        vetting.decide(proof, accepted=True, reason="", by=ofelia, at=at)
    states = [makers.fresh(session, one).vetting for one in (coop, silent, speaking, gone)]
    assert states == [Vetting.VETTED, Vetting.VETTED, Vetting.NONE, Vetting.NONE]
