"""Who may do what with a party."""

from enum import StrEnum
from typing import Any

from certification.accounts.models import User
from certification.accounts.permissions import Rule, declare, signed_in, vetter
from certification.parties.belonging import has_role
from certification.parties.models import Invitation, Mandate, MemberRole, Membership, Party, RepresentationProof


class Permission(StrEnum):
    FOUND = "party.found"
    SEE = "party.see"
    MANAGE = "party.manage"
    VET = "party.vet"
    VET_QUEUE = "party.vet_queue"
    LEAVE = "party.leave"
    VOUCH = "party.vouch"
    END_MANDATE = "mandate.end"
    DECLARE_TIE = "tie.declare"


def party_of(thing: Any) -> Party | None:
    """The party that a thing of this concept is about."""
    if isinstance(thing, Mandate):
        return thing.giver
    if isinstance(thing, Invitation | RepresentationProof | Membership):
        return thing.party
    return thing if isinstance(thing, Party) else None


def member(person: User | None, thing: Any) -> bool:
    """Belongs to the party in any role."""
    party = party_of(thing)
    return party is not None and has_role(person, party.id)


def administrator(person: User | None, thing: Any) -> bool:
    """Administers the party."""
    party = party_of(thing)
    return party is not None and has_role(person, party.id, (MemberRole.ADMIN,))


def their_own(person: User | None, thing: Any) -> bool:
    """The membership is one's own."""
    return isinstance(thing, Membership) and person is not None and thing.user_id == person.id


def holder(person: User | None, thing: Any) -> bool:
    """Holds the mandate, as a promoter or as an administrator of the organization that holds it."""
    if not isinstance(thing, Mandate) or person is None:
        return False
    if thing.holder_user_id == person.id:
        return True
    return thing.holder_party_id is not None and has_role(person, thing.holder_party_id, (MemberRole.ADMIN,))


declare(
    {
        Permission.FOUND: Rule(any_of=(signed_in,)),
        Permission.SEE: Rule(any_of=(member, vetter)),
        Permission.MANAGE: Rule(any_of=(administrator,), seen_by=(member, vetter)),
        Permission.VET: Rule(any_of=(vetter,), seen_by=(member,), strong=True),
        Permission.VET_QUEUE: Rule(any_of=(vetter,), strong=True),
        Permission.LEAVE: Rule(any_of=(their_own, administrator), seen_by=(member,)),
        Permission.VOUCH: Rule(any_of=(signed_in,)),
        Permission.END_MANDATE: Rule(any_of=(administrator, holder), seen_by=(member,)),
        Permission.DECLARE_TIE: Rule(any_of=(signed_in,)),
    }
)
