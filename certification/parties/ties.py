"""What ties a person to a party: what was declared, and what memberships and mandates prove. ``rules.guards`` weighs it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
Found = Iterator[tuple[int, guards.Tie]]  # each with the id of the party that it is to


def ties_between(person: User, party: Party, at: datetime) -> tuple[guards.Tie, ...]:
    """Every tie up to ``at``, ended ones too: how long an ended one counts is the rules' to say."""
    return ties_to_each(person, [party], at)[party.id]


def ties_to_each(person: User, parties: Collection[Party], at: datetime) -> dict[int, tuple[guards.Tie, ...]]:
    """Those to each of several parties, by its id; the queries are as many for a hundred as for one."""
    asked = {one.id: one for one in parties}
    found: dict[int, list[guards.Tie]] = {number: [] for number in asked}
    for kind_of in (_declared, _own, _mandates, _shared):
        for number, tie in kind_of(person, asked):
            found[number].append(tie)
    today = _day(at)
    return {
        number: tuple(dict.fromkeys(tie for tie in ties if tie.since is None or tie.since <= today))
        for number, ties in found.items()
    }


def _declared(person: User, asked: Mapping[int, Party]) -> Found:
    rows = select(Tie).where(Tie.user_id == person.id, Tie.party_id.in_(asked))
    for row in db.session.scalars(rows):
        yield row.party_id, guards.Tie(row.kind, *_span(row.since, row.ended_at))


def _own(person: User, asked: Mapping[int, Party]) -> Found:
    """Membership in the party itself. It bars in every mode: a party chooses its own kind, so the kind may free nobody."""
    rows = select(Membership).where(Membership.user_id == person.id, Membership.party_id.in_(asked))
    for row in db.session.scalars(rows):
        kind = "self" if asked[row.party_id].kind is PartyKind.ARTISAN else "same_workshop"
        yield row.party_id, guards.Tie(kind, *_span(row.since, row.ended_at))


def _mandates(person: User, asked: Mapping[int, Party]) -> Found:
    """Whoever acts in the party's name signs for it: promoters, and the members of an organization while they belong to it."""
    given = select(Mandate).where(Mandate.giver_id.in_(asked))
    for row in db.session.scalars(given.where(Mandate.holder_user_id == person.id)):
        yield row.giver_id, guards.Tie("self", *_span(row.given_at, row.ended_at))
    held = (
        select(Mandate, Membership)
        .join(Membership, Membership.party_id == Mandate.holder_party_id)
        .where(Mandate.giver_id.in_(asked), Membership.user_id == person.id)
    )
    for mandate, membership in db.session.execute(held):
        for span in _overlaps([_span(mandate.given_at, mandate.ended_at)], [_span(membership.since, membership.ended_at)]):
            yield mandate.giver_id, guards.Tie("self", *span)


def _shared(person: User, asked: Mapping[int, Party]) -> Found:
    """An organization to which both belong, at any height. Who belongs to the party through one of their own is inside it."""
    own: dict[int, list[Span]] = {}
    for row in db.session.scalars(select(Membership).where(Membership.user_id == person.id)):
        own.setdefault(row.party_id, []).append(_span(row.since, row.ended_at))
    above = _belongings_above({*own, *asked})
    mine = _upward(own, above)
    theirs = {number: _upward({number: [(None, None)]}, above) for number in asked}
    both = {number: (mine.keys() & spans.keys()) - {number} for number, spans in theirs.items()}
    organizations = set[int]().union(*both.values())
    known = select(Party).where(Party.id.in_(organizations))
    kinds = {one.id: one.kind for one in db.session.scalars(known)} if organizations else {}
    for number in asked:
        if number not in own:
            yield from ((number, guards.Tie("same_workshop", *span)) for span in mine.get(number, ()))
        for organization in sorted(both[number]):
            for span in _overlaps(mine[organization], theirs[number][organization]):
                yield number, guards.Tie(SHARED.get(kinds[organization], OTHERWISE), *span)


def _belongings_above(start: Collection[int]) -> dict[int, list[Belonging]]:
    """By member, what each of these parties and every organization above them belongs to: one query for each height."""
    found: dict[int, list[Belonging]] = {}
    seen, edge = set[int](), set(start)
    while edge:
        seen |= edge
        rows = db.session.scalars(select(Belonging).where(Belonging.member_id.in_(edge))).all()
        for row in rows:
            found.setdefault(row.member_id, []).append(row)
        edge = {row.organization_id for row in rows} - seen
    return found


def _upward(start: dict[int, list[Span]], belongings: Mapping[int, Sequence[Belonging]]) -> dict[int, list[Span]]:
    """The parties at hand and the organizations above them, each with when."""
    found = {party: list(spans) for party, spans in start.items()}
    edge = start
    while edge:
        above: dict[int, list[Span]] = {}
        for row in (one for member in edge for one in belongings.get(member, ())):
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
