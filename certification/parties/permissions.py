"""Who may do what with a party."""

from enum import StrEnum
from typing import Any

from sqlalchemy import select

from certification.accounts.models import Role, User
from certification.accounts.permissions import Rule, anyone, declare, signed_in, vetter
from certification.core.db import db
from certification.parties.belonging import by_mandate, has_role
from certification.parties.models import (
    Belonging,
    Invitation,
    Mandate,
    MemberRole,
    Membership,
    Party,
    Power,
    RepresentationProof,
    Tie,
)


class Permission(StrEnum):
    FOUND = "party.found"
    SEE = "party.see"
    MANAGE = "party.manage"
    VET = "party.vet"
    VET_QUEUE = "party.vet_queue"
    LEAVE = "party.leave"
    PRINT_CODE = "member.print_code"
    READ_INVITATION = "invitation.read"
    PART = "party.part"
    VOUCH = "party.vouch"
    END_MANDATE = "mandate.end"
    DECLARE_TIE = "tie.declare"
    END_TIE = "tie.end"


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


def delegate(person: User | None, thing: Any) -> bool:
    """Acts for the party by a mandate: a promoter, or a member of the organization that holds it."""
    party = party_of(thing)
    return person is not None and party is not None and any(by_mandate(person, party.id, power) for power in Power)


def entrusted(person: User | None, thing: Any) -> bool:
    """A promoter with a mandate of the party, or who administers the organization that holds one."""
    party = party_of(thing)
    if person is None or party is None:
        return False
    given = db.session.scalars(select(Mandate).where(Mandate.giver_id == party.id, Mandate.ended_at.is_(None)))
    return any(holder(person, mandate) and (mandate.holder_user_id is None or person.holds(Role.PROMOTER)) for mandate in given)


def of_either_side(person: User | None, thing: Any) -> bool:
    """Administers the organization, or the party that belongs to it."""
    roles = (MemberRole.ADMIN,)
    return isinstance(thing, Belonging) and any(
        has_role(person, party, roles) for party in (thing.organization_id, thing.member_id)
    )


def declared_it(person: User | None, thing: Any) -> bool:
    """The tie is one's own, and so is the word about it."""
    return isinstance(thing, Tie) and person is not None and person.id == thing.user_id == thing.declared_by_id


declare(
    {
        Permission.FOUND: Rule(any_of=(signed_in,)),
        Permission.SEE: Rule(any_of=(member, delegate, vetter)),
        Permission.MANAGE: Rule(any_of=(administrator,), seen_by=(member, delegate, vetter)),
        Permission.VET: Rule(any_of=(vetter,), seen_by=(member,), strong=True),
        Permission.VET_QUEUE: Rule(any_of=(vetter,), strong=True),
        Permission.LEAVE: Rule(any_of=(their_own, administrator), seen_by=(member, delegate)),
        Permission.PRINT_CODE: Rule(any_of=(administrator, entrusted, vetter), seen_by=(member, delegate)),
        Permission.READ_INVITATION: Rule(any_of=(anyone,), public=True),  # the key in the link is the permission
        Permission.PART: Rule(any_of=(of_either_side,)),
        Permission.VOUCH: Rule(any_of=(signed_in,)),
        Permission.END_MANDATE: Rule(any_of=(administrator, holder), seen_by=(member,)),
        Permission.DECLARE_TIE: Rule(any_of=(signed_in,)),
        Permission.END_TIE: Rule(any_of=(declared_it,)),
    }
)
