"""The people and parties of the demonstration, brought in through the services that everybody uses."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from certification.accounts.models import Role, RoleHolding, User
from certification.accounts.passwords import Sealed, seal
from certification.accounts.people import suggested_handle
from certification.accounts.roles import appoint, create_operator
from certification.core.db import writing
from certification.parties import founding, vetting
from certification.parties.founding import PartyValues
from certification.parties.models import MemberRole, Membership, Party, PartyKind, Power, Tie
from certification.parties.places.places import placed
from certification.rules.days import DEFAULT_ZONE, day_of
from marketplace.catalogue.models import Product
from marketplace.demonstration.content import DemoContent, DemoParty, DemoPerson, SignIn
from marketplace.demonstration.studio import Studio
from marketplace.producers.models import Maker, Producer

PASSWORD = "tianguis de muestra"  # noqa: S105 - told to everybody; a demonstration's accounts guard nothing
OPERATOR, SECOND = "ofelia", "refugio"
BEGAN = timedelta(days=900)
SCOPED = {Role.SCHEME_OWNER, Role.EVALUATOR, Role.DECIDER}


@dataclass
class Cast:
    """Who and what was brought in so far, by the content's own keys; ``at`` is today."""

    at: datetime
    studio: Studio
    people: tuple[DemoPerson, ...] = ()
    users: dict[str, User] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    producers: dict[str, Producer] = field(default_factory=dict)
    makers: dict[str, Maker] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)

    @property
    def began(self) -> datetime:
        return self.at - BEGAN

    def day(self, number: int) -> datetime:
        """Some hour of the day so many days from today; never later than now when it is past or today."""
        moment = self.at + timedelta(days=number, minutes=-((number * 37) % 240))
        return min(moment, self.at) if number <= 0 else moment


def local_day(moment: datetime) -> date:
    """The day of an instant in Mexico, where all of this happens."""
    return day_of(moment, ZoneInfo(DEFAULT_ZONE))


def bring_people(content: DemoContent, cast: Cast) -> None:
    """Accounts for all who sign in or hold a role, parties, memberships, and who vouched for whom."""
    sealed = seal(PASSWORD)
    people = {person.key: person for person in content.all_people}
    _bring(people[OPERATOR], sealed, cast)
    for person in people.values():
        if person.key != OPERATOR and (person.sign_in is not SignIn.NEVER or person.roles):
            _bring(person, sealed, cast)
    for party in content.all_parties:
        _found(party, content, cast)
    for person in people.values():
        _join(person, cast)
    for producer in content.producers:
        _vet(producer.party.slug, producer.vetted.note, cast)
    peers = {person.party for person in content.all_people if person.capacity == "peer" and person.party}
    for slug in sorted(({one.holder for one in content.certificates} | peers) - {one.party.slug for one in content.producers}):
        _vet(slug, "Constancia de la agencia municipal.", cast)


def appoint_all(content: DemoContent, cast: Cast) -> None:
    """Give everybody the roles that the content names; the schemes must stand by now."""
    operator = cast.users[OPERATOR]
    for person in content.all_people:
        user = cast.users.get(person.key)
        for role in (Role(name) for name in person.roles if name not in ("buyer", Role.OPERATOR)):
            if user is operator or (person.key, role) == (SECOND, Role.PROMOTER):
                continue  # given before anybody could be vetted
            for scope in person.schemes if role in SCOPED else ("",):
                assert user is not None  # noqa: S101 - who holds a role was brought in above
                appoint(user, role, scope, by=operator, at=cast.began + timedelta(days=2))


def give_mandates(content: DemoContent, cast: Cast) -> None:
    """Let promoters act for the producers who asked them to."""
    for person in content.all_people:
        for slug in person.acts_for:
            party = cast.parties[slug]
            for power in Power:
                founding.give_mandate(
                    party,
                    power,
                    "De palabra, delante del grupo; quedó anotado en su libreta.",
                    to=cast.users[person.key],
                    by=vetting.administrators(party)[0],
                    at=cast.began + timedelta(days=30),
                )


def declare_ties(content: DemoContent, cast: Cast) -> None:
    """Relations that keep people out of cases."""
    for tie in content.ties:
        user = cast.users.get(tie.person)
        if user is None:
            continue
        row = Tie(
            user_id=user.id,
            party_id=cast.parties[tie.party].id,
            kind=tie.kind,
            since=cast.day(tie.since),
            ended_at=None if tie.until is None else cast.day(tie.until),
            declared_by_id=user.id,
            declared_at=cast.began + timedelta(days=3),
        )
        writing().add(row)
    writing().flush()


def _bring(person: DemoPerson, sealed: Sealed, cast: Cast) -> None:
    at = cast.began
    if person.key == OPERATOR:
        user, _code = create_operator(person.name, str(person.email_address), at=at)
        appoint_directly(user, Role.VETTER, at)
    else:
        address = person.email_address
        user = User(name=person.name, email=address, email_confirmed_at=at if address else None, created_at=at)
        if not address and person.sign_in is not SignIn.NEVER:
            user.handle = suggested_handle(person.name)
        writing().add(user)
    if person.sign_in is not SignIn.NEVER:
        user.password_hash = sealed
    writing().flush()
    if person.key == SECOND:
        appoint_directly(user, Role.PROMOTER, at)
    cast.users[person.key] = user


def appoint_directly(user: User, role: Role, at: datetime) -> None:
    """What a console would do for the first people, before there is anybody to appoint them."""
    from_nobody = RoleHolding(user_id=user.id, role=role, scope="", given_at=at)
    user.roles.append(from_nobody)


def _found(party: DemoParty, content: DemoContent, cast: Cast) -> None:
    place = placed(party.cvegeo[:2], municipality_code=party.cvegeo, locality=party.locality)
    values = PartyValues(PartyKind(party.kind), party.name, party.branch or None, place)
    members = [person for person in content.all_people if person.party == party.slug and person.key in cast.users]
    first = min(members, key=lambda person: person.member_role != "admin", default=None)
    by = cast.users[first.key] if first else cast.users[SECOND]
    cast.parties[party.slug] = founding.found(values, by=by, at=cast.began)


def _join(person: DemoPerson, cast: Cast) -> None:
    user, party = cast.users.get(person.key), cast.parties.get(person.party or "")
    if user is None or party is None or party.created_by_id == user.id:
        return
    role = MemberRole(person.member_role or "read")
    writing().add(Membership(user_id=user.id, party_id=party.id, role=role, given_by_id=party.created_by_id, since=cast.began))
    writing().flush()


def _vet(slug: str, note: str, cast: Cast) -> None:
    party = cast.parties[slug]
    at = cast.began + timedelta(days=4)
    founder = vetting.administrators(party)[0]
    letter = cast.studio.hang("receipts", 1, by=founder, at=at, private=True)
    proof = vetting.offer_document(party, note, letter, by=founder, at=at)
    vetting.decide(proof, accepted=True, reason="", by=cast.users[OPERATOR], at=at + timedelta(days=1))
