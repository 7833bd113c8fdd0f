"""A party comes to be, changes its name or place, and lets people and organizations act in its name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from certification.accounts.models import Role, User
from certification.accounts.permissions import check
from certification.accounts.throttle import ration
from certification.audit.record import record
from certification.core.db import hold, writing
from certification.core.declared import declare
from certification.parties import vetting
from certification.parties.belonging import has_role
from certification.parties.models import Belonging, Mandate, MemberRole, Membership, Party, PartyKind, Power, Vetting
from certification.parties.permissions import Permission
from certification.parties.places.places import Place
from certification.rules.errors import AlreadyExists, AskedAgain, Forbidden, IllegalMove, InvalidInput
from certification.rules.text import N_

LONGEST_NAME = 200
MOST_A_DAY = 10
BRANCH = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # crafts are ours to know, other trades are the shop's: an opaque word here
SAID = ("kind", "name", "branch", "state_code", "municipality_code", "municipality", "locality", "reference")
ALONE = (PartyKind.ARTISAN, PartyKind.WORKSHOP)  # kinds to which no other party belongs


IdentityCheck = Callable[[Party], None]
_identity_checks: dict[str, IdentityCheck] = {}


def declare_identity_check(name: str, function: IdentityCheck) -> None:
    """Have ``function(party)`` raise when another concept needs the party to stay who it is for now.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_identity_checks, name, function)


Follower = Callable[[Party, str, User, datetime], None]
_followers: dict[str, Follower] = {}


def declare_follower(name: str, function: Follower) -> None:
    """Have ``function(party, municipality before, by, at)`` keep what another concept says of a party up, as it changes.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_followers, name, function)


@dataclass(frozen=True)
class PartyValues:
    """What a person says of a party; ``place`` is checked already (:func:`places.placed`)."""

    kind: PartyKind
    name: str
    branch: str | None
    place: Place


def found(values: PartyValues, *, by: User, at: datetime) -> Party:
    """Make a party, with ``by`` as its first administrator; it still has to be vetted before it can publish or apply.

    Raises:
        InvalidInput: for an empty or overlong name, or a branch that does not exist.
        AlreadyExists: when this person has one of the same name already.
        TooManyAttempts: after :data:`MOST_A_DAY` within a day.

    """
    check(by, Permission.FOUND)
    _good(values)
    session = writing()
    mine = (Membership.user_id == by.id, Membership.ended_at.is_(None), Party.name == values.name)
    if session.scalar(select(Party.id).join(Membership).where(*mine).limit(1)) is not None:
        raise AlreadyExists(sentence=N_("Ya tiene un taller u organización con ese nombre."), field="name")
    ration("found", str(by.id), most=MOST_A_DAY, within=timedelta(days=1), at=at)
    made = Party(created_at=at, created_by_id=by.id)
    _write(made, values)
    session.add(made)
    session.flush()
    session.add(Membership(user_id=by.id, party_id=made.id, role=MemberRole.ADMIN, given_by_id=by.id, since=at))
    record("party.founded", "party", made.public_id, by=by, at=at, kind=values.kind)
    return made


def change(party: Party, values: PartyValues, *, by: User, at: datetime, warned: bool = False) -> None:
    """Change what is said of a party. Certificates keep what they froze.

    What was vetted is the name, the kind and the place: with another one somebody has to look again. ``warned``: the person
    was told so.

    Raises:
        AskedAgain: somebody would have to look again, and the person was not told.
        InvalidInput: as :func:`found`.
        IllegalMove: another concept needs the party to stay who it is (:func:`declare_identity_check`).

    """
    check(by, Permission.MANAGE, party)
    _good(values)
    hold(party)
    before = {name: getattr(party, name) for name in SAID}
    other = _is_another(party, values)
    if other:
        for function in _identity_checks.values():
            function(party)
        if party.vetting is Vetting.VETTED and not warned:
            raise AskedAgain
    was, lived = _known_as(party), party.municipality
    _write(party, values)
    changed = [name for name in SAID if getattr(party, name) != before[name]]
    record("party.changed", "party", party.public_id, by=by, at=at, changed=changed)
    if other and party.vetting is Vetting.VETTED:
        vetting.ask_again(party, f"{was} → {_known_as(party)}", by=by, at=at)
    for follow in _followers.values():
        follow(party, lived, by, at)


def add_member_party(organization: Party, values: PartyValues, *, how: str, by: User, at: datetime) -> Party:
    """A member of an organization who never signs in: their own party, belonging to it, with a mandate to list and apply.

    ``how`` says how the member agreed ("acta de asamblea del 3 de marzo").

    Raises:
        IllegalMove: when the organization is a person or a workshop.
        InvalidInput: when ``how`` is empty.
        AlreadyExists: when a member of that name belongs already.

    """
    check(by, Permission.MANAGE, organization)
    _good(values)
    if organization.kind in ALONE:
        raise IllegalMove(
            sentence=N_("Solo una cooperativa, un colectivo, una red o una comunidad puede tener talleres miembros.")
        )
    if not how:
        raise InvalidInput(sentence=N_("Escriba cómo dio su acuerdo esta persona."), field="how")
    session = writing()
    hold(organization)
    below = select(Party.id).join(Belonging, Belonging.member_id == Party.id)
    same = (Belonging.organization_id == organization.id, Belonging.ended_at.is_(None), Party.name == values.name)
    if session.scalar(below.where(*same).limit(1)) is not None:
        raise AlreadyExists(sentence=N_("Ya hay un miembro con ese nombre."), field="name")
    made = Party(created_at=at, created_by_id=by.id)
    _write(made, values)
    if organization.vetting is Vetting.VETTED:
        made.vetting, made.vetted_at, made.vetted_by_id = Vetting.VETTED, organization.vetted_at, organization.vetted_by_id
    session.add(made)
    session.flush()
    session.add(Belonging(member_id=made.id, organization_id=organization.id, since=at))
    record(
        "party.member_added",
        "party",
        made.public_id,
        by=by,
        at=at,
        on_behalf_of=made.public_id,
        organization=organization.public_id,
    )
    for power in Power:
        _mandate(made, power, how, by=by, at=at, organization=organization)
    return made


def part(belonging: Belonging, *, by: User, at: datetime) -> None:
    """A member leaves its organization: what the organization might do in its name ends with it. Again changes nothing."""
    check(by, Permission.PART, belonging)
    if belonging.ended_at is not None:
        return
    belonging.ended_at = at
    member, organization = belonging.member, belonging.organization
    given = select(Mandate).where(
        Mandate.giver_id == member.id, Mandate.holder_party_id == organization.id, Mandate.ended_at.is_(None)
    )
    for mandate in writing().scalars(given):
        mandate.ended_at = at
        record("mandate.ended", "mandate", mandate.public_id, by=by, at=at, on_behalf_of=member.public_id)
    record("party.member_parted", "party", member.public_id, by=by, at=at, organization=organization.public_id)


def give_mandate(party: Party, power: Power, how: str, *, to: User | Party, by: User, at: datetime) -> Mandate:
    """Let a promoter or an organization act in the party's name.

    Raises:
        Forbidden: when the person named is no promoter.
        InvalidInput: when ``how`` is empty.
        AlreadyExists: when they hold it already.

    """
    check(by, Permission.MANAGE, party)
    if isinstance(to, User) and not is_promoter(to):
        raise Forbidden(sentence=N_("Esa persona no es promotora en este sitio."), field="promoter")
    if not how:
        raise InvalidInput(sentence=N_("Escriba cómo se acordó."), field="how")
    hold(party)
    same = Mandate.holder_user_id == to.id if isinstance(to, User) else Mandate.holder_party_id == to.id
    held = select(Mandate.id).where(Mandate.giver_id == party.id, Mandate.power == power, Mandate.ended_at.is_(None), same)
    if writing().scalar(held.limit(1)) is not None:
        raise AlreadyExists(sentence=N_("Ya tiene ese permiso."), field="promoter")
    return _mandate(
        party,
        power,
        how,
        by=by,
        at=at,
        organization=to if isinstance(to, Party) else None,
        promoter=to if isinstance(to, User) else None,
    )


def is_promoter(person: User) -> bool:
    """Whether a party may let this person act in its name."""
    return person.holds(Role.PROMOTER)


def end_mandate(mandate: Mandate, *, by: User, at: datetime) -> None:
    """Take a mandate back, or lay it down. Ending it twice changes nothing."""
    check(by, Permission.END_MANDATE, mandate)
    if mandate.ended_at is None:
        mandate.ended_at = at
        record("mandate.ended", "mandate", mandate.public_id, by=by, at=at, on_behalf_of=mandate.giver.public_id)


def on_behalf(person: User, party: Party) -> str | None:
    """The party's id when the person acts for it without belonging to it; for the record."""
    return None if has_role(person, party.id) else party.public_id


def _mandate(  # noqa: PLR0913 - the columns of one row
    giver: Party,
    power: Power,
    how: str,
    *,
    by: User,
    at: datetime,
    organization: Party | None = None,
    promoter: User | None = None,
) -> Mandate:
    made = Mandate(
        giver_id=giver.id,
        holder_party_id=organization.id if organization else None,
        holder_user_id=promoter.id if promoter else None,
        power=power,
        how=how,
        given_at=at,
        recorded_by_id=by.id,
    )
    session = writing()
    session.add(made)
    session.flush()
    record("mandate.given", "mandate", made.public_id, by=by, at=at, on_behalf_of=giver.public_id, power=power, letters=len(how))
    return made


def _good(values: PartyValues) -> None:
    if not values.name:
        raise InvalidInput(sentence=N_("Escriba el nombre."), field="name")
    if len(values.name) > LONGEST_NAME:
        raise InvalidInput(sentence=N_("Use %(longest)d letras como máximo."), field="name", longest=LONGEST_NAME)
    if values.branch and not BRANCH.fullmatch(values.branch):
        raise InvalidInput(sentence=N_("Elija una rama de la lista."), field="branch")


def _is_another(party: Party, values: PartyValues) -> bool:
    """Whether this is another name, kind or place. A code that the list of municipalities only now knows is none."""
    place, codes = values.place, {party.municipality_code, values.place.municipality_code} - {None}
    said = (values.kind, values.name, place.state_code, place.municipality_name)
    return said != (party.kind, party.name, party.state_code, party.municipality) or len(codes) > 1


def _known_as(party: Party) -> str:
    return f"«{party.name}», {party.municipality}"


def _write(party: Party, values: PartyValues) -> None:
    party.kind = values.kind
    party.name = values.name
    party.branch = values.branch
    party.state_code = values.place.state_code
    party.municipality_code = values.place.municipality_code
    party.municipality = values.place.municipality_name
    party.locality = values.place.locality
    party.reference = values.place.reference
