"""What waits for somebody today, from every concept that they work in."""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import select

from certification.accounts.models import Role, User
from certification.applications.desk import Item, Work, queues
from certification.applications.queries import ApplicationRow, my_applications
from certification.core.db import db
from certification.core.i18n import language
from certification.parties import vetting
from certification.parties.belonging import parties_of
from certification.parties.models import MemberRole, Membership, Party, Power, Vetting
from certification.registry.doubts import count_doubted
from certification.rules.errors import BadLeaf
from certification.rules.workflow import ApplicationState, ListingState
from marketplace.catalogue import desk as catalogue
from marketplace.enquiries import queries as enquiries
from marketplace.enquiries.models import EnquiryState
from marketplace.labels import Held, held_by
from marketplace.producers.models import Producer
from marketplace.producers.queries import stalls_of, without_stall
from marketplace.producers.stalls import is_away

SOON = timedelta(days=60)
SHOWN = 3
MOST_LABELS = 200
log = structlog.get_logger()
UNFINISHED = (ApplicationState.DRAFT, ApplicationState.RETURNED)


class Step(NamedTuple):
    """One of the first steps; ``done`` says whether it is behind."""

    key: str
    done: bool


class Reviews(NamedTuple):
    """What waits for a reviewer in one kind of work: the first few, and whether there are more."""

    work: Work
    items: tuple[Item, ...]
    more: bool


class Today(NamedTuple):
    """Everything on the first page of the desk."""

    parties: list[Party]
    unvetted: list[Party]
    without_stall: list[Party]
    stalls: list[Producer]
    closed: list[Producer]
    away: frozenset[str]  # slugs
    steps: list[Step]
    questions: list[enquiries.Line]
    open_questions: int
    drafts: list[catalogue.Line]
    draft_count: int
    applications: list[ApplicationRow]
    labels: list[Held]
    reviews: list[Reviews]
    proofs: int | None
    doubted: int

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits."""
        waiting = (self.unvetted, self.questions, self.drafts, self.applications, self.labels, self.reviews, self.closed)
        return not any(waiting) and not self.without_stall and not self.proofs and not self.steps and not self.doubted


def today(person: User, at: datetime) -> Today:
    """What waits for this person now. Reads a bounded number of rows of each kind."""
    parties, stalls = _parties(person), stalls_of(person)
    drafts = catalogue.listings(stalls, ListingState.DRAFT) if stalls else None
    rows, _more = my_applications(person, language())
    return Today(
        parties=parties,
        unvetted=[party for party in parties if party.vetting is not Vetting.VETTED],
        without_stall=without_stall(person),
        stalls=stalls,
        closed=[one for one in stalls if one.published_at is None and one.party.vetting is Vetting.VETTED],
        away=frozenset(one.slug for one in stalls if is_away(one, at)),
        steps=_steps(parties, stalls, sum(drafts.counts.values()) if drafts else 0),
        questions=[line for line in enquiries.for_desk(person).lines if line.state is EnquiryState.OPEN][:SHOWN],
        open_questions=enquiries.waiting(person),
        drafts=drafts.lines[:SHOWN] if drafts else [],
        draft_count=drafts.counts[ListingState.DRAFT] if drafts else 0,
        applications=[row for row in rows if row.state in UNFINISHED],
        labels=[held for held in _labels(person, at) if wants_care(held, at)],
        reviews=_reviews(person, at),
        proofs=vetting.count_waiting() if person.holds(Role.VETTER) else None,
        doubted=doubted(person, at),
    )


def doubted(person: User, at: datetime) -> int:
    """How many labels of this person's committees wait to be signed anew. A log that can't be read takes nothing else away."""
    if Role.DECIDER not in {held.role for held in person.current_roles}:
        return 0
    try:
        return count_doubted(person, at)
    except BadLeaf as error:
        log.warning("doubted labels not counted", error=str(error))
        return 0


def wants_care(held: Held, at: datetime) -> bool:
    """Whether its holder should act: it is paused, or ends or must be visited again within :data:`SOON`."""
    if held.is_over:
        return False
    due = [day for day in (held.valid_until, held.surveillance_due) if day is not None]
    return held.state == "SUSPENDED" or any(day - at <= SOON for day in due)


def _parties(person: User) -> list[Party]:
    own = (
        select(Party)
        .join(Membership)
        .where(Membership.user_id == person.id, Membership.role == MemberRole.ADMIN, Membership.ended_at.is_(None))
        .order_by(Party.search_text, Party.id)
    )
    return list(db.session.scalars(own))


def _labels(person: User, at: datetime) -> list[Held]:
    return held_by([party.public_id for party in parties_of(person, Power.APPLY)], at)


def labels_of(person: User, at: datetime) -> list[Held]:
    """All the certificates that this person may see to, the newest first."""
    return held_by([party.public_id for party in parties_of(person, Power.APPLY)], at, limit=MOST_LABELS)


def _steps(parties: list[Party], stalls: list[Producer], pieces: int) -> list[Step]:
    """The way of somebody who begins to sell; empty once all is done, and for who has nothing to sell."""
    steps = [
        Step("party", bool(parties)),
        Step("vetted", any(party.vetting is Vetting.VETTED for party in parties)),
        Step("stall", any(one.published_at is not None for one in stalls)),
        Step("piece", pieces > 0),
    ]
    return [] if not parties or all(step.done for step in steps) else steps


def _reviews(person: User, at: datetime) -> list[Reviews]:
    found = queues(person, language(), at)
    return [
        Reviews(queue.work, queue.items[:SHOWN], len(queue.items) > SHOWN or queue.following is not None)
        for queue in found
        if queue.items
    ]
