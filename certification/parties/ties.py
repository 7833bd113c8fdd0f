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
OWN = {PartyKind.ARTISAN: "self", PartyKind.WORKSHOP: "same_workshop", PartyKind.COMMUNITY: "same_assembly"}
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
    """Membership in the party itself."""
    rows = select(Membership).where(Membership.user_id == person.id, Membership.party_id == party.id)
    for row in db.session.scalars(rows):
        yield guards.Tie(OWN.get(party.kind, OTHERWISE), *_span(row.since, row.ended_at))


def _mandates(person: User, party: Party) -> Iterator[guards.Tie]:
    """Whoever acts in the party's name signs for it."""
    theirs = select(Membership.party_id).where(Membership.user_id == person.id)
    rows = select(Mandate).where(
        Mandate.giver_id == party.id, (Mandate.holder_user_id == person.id) | Mandate.holder_party_id.in_(theirs)
    )
    for row in db.session.scalars(rows):
        kind = "self" if row.holder_user_id else OTHERWISE
        yield guards.Tie(kind, *_span(row.given_at, row.ended_at))


def _shared(person: User, party: Party) -> Iterator[guards.Tie]:
    """An organization to which both belong, at any height, or the party itself when a party of the person's belongs to it."""
    memberships = db.session.scalars(select(Membership).where(Membership.user_id == person.id))
    own: dict[int, list[Span]] = {}
    for row in memberships:
        own.setdefault(row.party_id, []).append(_span(row.since, row.ended_at))
    theirs = _upward({party.id: [(None, None)]})
    mine = _upward(own)
    both = (mine.keys() & theirs.keys()) - ({party.id} if party.id in own else set())
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
