"""What ties a person to a party: what was declared, and what memberships and mandates prove. ``rules.guards`` weighs it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from certification.accounts.models import User
from certification.core.db import db
from certification.parties.models import Belonging, Mandate, Membership, Party, PartyKind, Tie
from certification.rules import guards
from certification.rules.days import DEFAULT_ZONE, day_of

ZONE = ZoneInfo(DEFAULT_ZONE)
SHARED = {PartyKind.COMMUNITY: "same_assembly"}
OTHERWISE = "same_cooperative"

Span = tuple[date | None, date | None]


def ties_between(person: User, party: Party, at: datetime) -> tuple[guards.Tie, ...]:
    """Every tie up to ``at``, ended ones too: how long an ended one counts is the rules' to say."""
    found = [*_declared(person, party), *_own(person, party), *_mandates(person, party), *_shared(person, party)]
    return tuple(dict.fromkeys(tie for tie in found if tie.since is None or tie.since <= _day(at)))


def _declared(person: User, party: Party) -> Iterator[guards.Tie]:
    rows = select(Tie).where(Tie.user_id == person.id, Tie.party_id == party.id)
    for row in db.session.scalars(rows):
        yield guards.Tie(row.kind, *_span(row.since, row.ended_at))


def _own(person: User, party: Party) -> Iterator[guards.Tie]:
    """Membership in the party itself. It bars in every mode: a party chooses its own kind, so the kind may free nobody."""
    kind = "self" if party.kind is PartyKind.ARTISAN else "same_workshop"
    rows = select(Membership).where(Membership.user_id == person.id, Membership.party_id == party.id)
    for row in db.session.scalars(rows):
        yield guards.Tie(kind, *_span(row.since, row.ended_at))


def _mandates(person: User, party: Party) -> Iterator[guards.Tie]:
    """Whoever acts in the party's name signs for it: promoters, and the members of an organization while they belong to it."""
    given = select(Mandate).where(Mandate.giver_id == party.id)
    for row in db.session.scalars(given.where(Mandate.holder_user_id == person.id)):
        yield guards.Tie("self", *_span(row.given_at, row.ended_at))
    held = (
        select(Mandate, Membership)
        .join(Membership, Membership.party_id == Mandate.holder_party_id)
        .where(Mandate.giver_id == party.id, Membership.user_id == person.id)
    )
    for mandate, membership in db.session.execute(held):
        for span in _overlaps([_span(mandate.given_at, mandate.ended_at)], [_span(membership.since, membership.ended_at)]):
            yield guards.Tie("self", *span)


def _shared(person: User, party: Party) -> Iterator[guards.Tie]:
    """An organization to which both belong, at any height. Who belongs to the party through one of their own is inside it."""
    memberships = db.session.scalars(select(Membership).where(Membership.user_id == person.id))
    own: dict[int, list[Span]] = {}
    for row in memberships:
        own.setdefault(row.party_id, []).append(_span(row.since, row.ended_at))
    theirs = _upward({party.id: [(None, None)]})
    mine = _upward(own)
    if party.id not in own:
        yield from (guards.Tie("same_workshop", *span) for span in mine.get(party.id, ()))
    both = (mine.keys() & theirs.keys()) - {party.id}
    kinds = {one.id: one.kind for one in db.session.scalars(select(Party).where(Party.id.in_(both)))} if both else {}
    for organization, kind in sorted(kinds.items()):
        for span in _overlaps(mine[organization], theirs[organization]):
            yield guards.Tie(SHARED.get(kind, OTHERWISE), *span)


def _upward(start: dict[int, list[Span]]) -> dict[int, list[Span]]:
    """The parties at hand and the organizations above them, each with when."""
    found = {party: list(spans) for party, spans in start.items()}
    edge = start
    while edge:
        above: dict[int, list[Span]] = {}
        for row in db.session.scalars(select(Belonging).where(Belonging.member_id.in_(edge))):
            spans = list(_overlaps(edge[row.member_id], [_span(row.since, row.ended_at)]))
            fresh = [span for span in spans if span not in found.get(row.organization_id, [])]
            if fresh:
                above.setdefault(row.organization_id, []).extend(fresh)
        for organization, spans in above.items():
            found.setdefault(organization, []).extend(spans)
        edge = above
    return found


def _overlaps(some: Iterable[Span], others: list[Span]) -> Iterator[Span]:
    for since, until in some:
        for other_since, other_until in others:
            begun = max((day for day in (since, other_since) if day is not None), default=None)
            ended = min((day for day in (until, other_until) if day is not None), default=None)
            if begun is None or ended is None or begun <= ended:
                yield begun, ended


def _span(since: datetime | None, until: datetime | None) -> Span:
    return (_day(since) if since else None, _day(until) if until else None)


def _day(instant: datetime) -> date:
    return day_of(instant, ZONE)
