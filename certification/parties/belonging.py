"""Who belongs to whom, and who may act for whom: questions that permissions ask."""

from collections.abc import Collection

from sqlalchemy import select

from certification.accounts.models import Role, User, UserState
from certification.core.db import db
from certification.parties.models import Belonging, Mandate, MemberRole, Membership, Party, Power

WRITERS = {
    Power.CATALOGUE: (MemberRole.ADMIN, MemberRole.CATALOGUE),
    Power.APPLY: (MemberRole.ADMIN, MemberRole.CATALOGUE),
}


def has_role(person: User | None, party_id: int, roles: Collection[MemberRole] = tuple(MemberRole)) -> bool:
    """Whether this person holds one of these roles in the party now."""
    if person is None:
        return False
    held = select(Membership.id).where(
        Membership.user_id == person.id,
        Membership.party_id == party_id,
        Membership.role.in_(roles),
        Membership.ended_at.is_(None),
    )
    return db.session.scalar(held.limit(1)) is not None


def acts_for(person: User | None, party_id: int, power: Power) -> bool:
    """Whether this person may act in the party's name: as a member in a writing role, or by a mandate.

    A mandate held by an organization serves its members in a writing role; one held by a person needs them to be a promoter.
    """
    return person is not None and (has_role(person, party_id, WRITERS[power]) or by_mandate(person, party_id, power))


def by_mandate(person: User, party_id: int, power: Power) -> bool:
    """Whether a mandate of the party, still in force, lets this person act."""
    mandates = select(Mandate).where(Mandate.giver_id == party_id, Mandate.power == power, Mandate.ended_at.is_(None))
    for mandate in db.session.scalars(mandates):
        if mandate.holder_user_id == person.id and person.holds(Role.PROMOTER):
            return True
        if mandate.holder_party_id is not None and has_role(person, mandate.holder_party_id, WRITERS[power]):
            return True
    return False


def keepers_of(party_id: int, power: Power) -> list[User]:
    """Who may act in the party's name, members and by mandate, and so hears what happens to it; closed accounts left out."""
    given = select(Mandate).where(Mandate.giver_id == party_id, Mandate.power == power, Mandate.ended_at.is_(None))
    mandates = list(db.session.scalars(given))
    parties = {party_id, *(one.holder_party_id for one in mandates if one.holder_party_id is not None)}
    writers = select(Membership.user_id).where(
        Membership.party_id.in_(parties), Membership.role.in_(WRITERS[power]), Membership.ended_at.is_(None)
    )
    named = [one.holder_user_id for one in mandates if one.holder_user_id is not None]
    wanted = select(User).where(User.id.in_(writers) | User.id.in_(named), User.state == UserState.ACTIVE).order_by(User.id)
    found = db.session.scalars(wanted)
    return [one for one in found if one.id not in named or one.holds(Role.PROMOTER) or has_role(one, party_id, WRITERS[power])]


def parties_of(person: User, power: Power) -> list[Party]:
    """The parties in whose name this person may act, by name."""
    own = select(Membership.party_id).where(
        Membership.user_id == person.id, Membership.role.in_(WRITERS[power]), Membership.ended_at.is_(None)
    )
    given = select(Mandate.giver_id).where(Mandate.power == power, Mandate.ended_at.is_(None))
    by_party = given.where(Mandate.holder_party_id.in_(own))
    by_person = given.where(Mandate.holder_user_id == person.id)
    wanted = Party.id.in_(own) | Party.id.in_(by_party)
    if person.holds(Role.PROMOTER):
        wanted |= Party.id.in_(by_person)
    return list(db.session.scalars(select(Party).where(wanted).order_by(Party.name)))


def organizations_of(party_id: int) -> set[int]:
    """The organizations that the party belongs to now, at any height."""
    found: set[int] = set()
    edge = {party_id}
    while edge:
        above = select(Belonging.organization_id).where(Belonging.member_id.in_(edge), Belonging.ended_at.is_(None))
        edge = set(db.session.scalars(above)) - found
        found |= edge
    return found
