"""What the page of a party shows to those who belong to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import may
from certification.core.db import db
from certification.core.i18n import language
from certification.parties import joining
from certification.parties.models import Belonging, Invitation, Mandate, Membership, Party, RepresentationProof
from certification.parties.permissions import Permission
from certification.parties.places.places import Place, label


@dataclass(frozen=True)
class PartyPage:
    """One party with its people, proofs, permits and members."""

    place: str
    members: list[Membership]
    invitations: list[Invitation]
    proofs: list[RepresentationProof]
    given: list[Mandate]
    member_parties: list[Party]
    manages: bool


def place_of(party: Party) -> str:
    """Locality, municipality and state; never how to find the house."""
    place = Place(party.state_code, party.municipality_code, party.municipality, party.locality)
    return label(place, language())


def party_page(party: Party, person: User, at: datetime) -> PartyPage:
    """Everything on the party's page."""
    proofs = select(RepresentationProof).where(RepresentationProof.party_id == party.id).order_by(RepresentationProof.id.desc())
    given = select(Mandate).where(Mandate.giver_id == party.id, Mandate.ended_at.is_(None)).order_by(Mandate.id)
    below = (
        select(Party)
        .join(Belonging, Belonging.member_id == Party.id)
        .where(Belonging.organization_id == party.id, Belonging.ended_at.is_(None))
        .order_by(Party.name)
    )
    return PartyPage(
        place=place_of(party),
        members=joining.members(party),
        invitations=joining.invitations(party, at),
        proofs=list(db.session.scalars(proofs)),
        given=list(db.session.scalars(given)),
        member_parties=list(db.session.scalars(below)),
        manages=may(person, Permission.MANAGE, party),
    )
