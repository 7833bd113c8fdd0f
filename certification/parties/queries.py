"""What the page of a party shows to those who belong to it."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from certification.accounts.models import User
from certification.accounts.permissions import may
from certification.core.db import db
from certification.core.i18n import language
from certification.parties import joining, vetting
from certification.parties.founding import ALONE
from certification.parties.models import Belonging, Invitation, Mandate, Membership, Party, RepresentationProof
from certification.parties.permissions import Permission
from certification.parties.places.places import Place, label


class PersonRow(NamedTuple):
    """Somebody who belongs. ``prints`` is whether the reader may print a code for them."""

    public_id: str
    name: str
    role: str
    since: datetime
    is_reader: bool
    prints: bool
    waits: bool  # the account was opened for them and never entered


class MandateRow(NamedTuple):
    public_id: str
    holder: str
    power: str
    how: str
    since: datetime


class PartyRow(NamedTuple):
    public_id: str
    name: str
    place: str


class PartyPage(NamedTuple):
    """One party with its people, proofs, permits and members. ``inner``: the reader belongs to it."""

    place: str
    people: list[PersonRow]
    invitations: list[Invitation]
    proofs: list[RepresentationProof]
    given: list[MandateRow]
    member_parties: list[PartyRow]
    organizations: list[PartyRow]
    manages: bool
    inner: bool
    takes_members: bool


class ProofRow(NamedTuple):
    public_id: str
    party: str
    place: str
    kind: str
    given_at: datetime


class VettingSheet(NamedTuple):
    """What a vetter looks at. ``voucher`` is who gave their word, with the parties they administer."""

    party: str
    party_id: str
    place: str
    kind: str
    giver: str
    giver_parties: tuple[PartyRow, ...]
    administrators: tuple[str, ...]
    founded_at: datetime
    others: tuple[RepresentationProof, ...]


def place_of(party: Party) -> str:
    """Locality, municipality and state; never how to find the house."""
    place = Place(party.state_code, party.municipality_code, party.municipality, party.locality)
    return label(place, language())


def party_page(party: Party, person: User, at: datetime) -> PartyPage:
    """Everything on the party's page that this person may see there: who only acts for it does not see its papers."""
    members = joining.members(party)
    inner = may(person, Permission.VET, party) or any(one.user_id == person.id for one in members)
    proofs = select(RepresentationProof).where(RepresentationProof.party_id == party.id).order_by(RepresentationProof.id.desc())
    return PartyPage(
        place=place_of(party),
        people=_people(members, person),
        invitations=joining.invitations(party, at) if inner else [],
        proofs=list(db.session.scalars(proofs)) if inner else [],
        given=_mandates(party) if inner else [],
        member_parties=_rows(Belonging.member_id, Belonging.organization_id, party),
        organizations=_rows(Belonging.organization_id, Belonging.member_id, party),
        manages=may(person, Permission.MANAGE, party),
        inner=inner,
        takes_members=party.kind not in ALONE,
    )


def waiting_proofs() -> list[ProofRow]:
    """The vetters' queue, oldest first."""
    return [
        ProofRow(one.public_id, one.party.name, place_of(one.party), one.kind.value, one.given_at) for one in vetting.waiting()
    ]


def vetting_sheet(proof: RepresentationProof) -> VettingSheet:
    """One proof with what a vetter needs to weigh it."""
    party, giver = proof.party, db.session.get_one(User, proof.given_by_id)
    mine = select(Party).join(Membership).where(Membership.user_id == giver.id, Membership.ended_at.is_(None))
    others = select(RepresentationProof).where(RepresentationProof.party_id == party.id, RepresentationProof.id != proof.id)
    return VettingSheet(
        party=party.name,
        party_id=party.public_id,
        place=place_of(party),
        kind=party.kind.value,
        giver=giver.name,
        giver_parties=tuple(_row(one) for one in db.session.scalars(mine.order_by(Party.search_text))),
        administrators=tuple(one.name for one in vetting.administrators(party)),
        founded_at=party.created_at,
        others=tuple(db.session.scalars(others.order_by(RepresentationProof.id.desc()))),
    )


def _people(members: list[Membership], reader: User) -> list[PersonRow]:
    if not members:
        return []
    prints = may(reader, Permission.PRINT_CODE, members[0])
    return [
        PersonRow(
            public_id=one.user.public_id,
            name=one.user.name,
            role=one.role.value,
            since=one.since,
            is_reader=one.user_id == reader.id,
            prints=prints and one.user_id != reader.id and joining.may_need_paper(one.user),
            waits=one.user.handle is None and one.user.email is None,
        )
        for one in members
    ]


def _mandates(party: Party) -> list[MandateRow]:
    given = select(Mandate).where(Mandate.giver_id == party.id, Mandate.ended_at.is_(None)).order_by(Mandate.id)
    rows = list(db.session.scalars(given))
    people = {one.id: one.name for one in _named(User, [row.holder_user_id for row in rows])}
    parties = {one.id: one.name for one in _named(Party, [row.holder_party_id for row in rows])}
    names = [people.get(row.holder_user_id or 0) or parties.get(row.holder_party_id or 0, "") for row in rows]
    return [
        MandateRow(row.public_id, name, row.power.value, row.how, row.given_at) for row, name in zip(rows, names, strict=True)
    ]


def _named(model: type[User] | type[Party], ids: list[int | None]) -> list[User | Party]:
    wanted = [one for one in ids if one is not None]
    return list(db.session.scalars(select(model).where(model.id.in_(wanted)))) if wanted else []


def _rows(far: InstrumentedAttribute[int], near: InstrumentedAttribute[int], party: Party) -> list[PartyRow]:
    belonging = select(far).where(near == party.id, Belonging.ended_at.is_(None))
    rows = select(Party).where(Party.id.in_(belonging)).order_by(Party.search_text)
    return [_row(one) for one in db.session.scalars(rows)]


def _row(party: Party) -> PartyRow:
    return PartyRow(party.public_id, party.name, place_of(party))
