"""Workflows as tables: who may move what from where to where. Nothing here acts."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from certification.rules.errors import IllegalMove

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Move(Generic[State]):
    """One row: `action` leads from any of `from_states` to `to_state` and asks for `permission`."""

    action: str
    from_states: frozenset[State]
    to_state: State
    permission: str


class Workflow(Generic[State]):
    """The moves of one kind of thing. Raises ValueError when two moves answer the same action and state."""

    def __init__(self, moves: Iterable[Move[State]]) -> None:
        self.moves = tuple(moves)
        self._by_step: dict[tuple[State, str], Move[State]] = {}
        for move in self.moves:
            for state in move.from_states:
                if (state, move.action) in self._by_step:
                    raise ValueError(f"two moves for {move.action} from {state}")
                self._by_step[state, move.action] = move

    def move(self, state: State, action: str) -> Move[State]:
        """The row for this step, permission included. Raises IllegalMove."""
        found = self._by_step.get((state, action))
        if found is None:
            raise IllegalMove(state=state.value, action=action)
        return found

    def next_state(self, state: State, action: str) -> State:
        """Where `action` leads from `state`. Raises IllegalMove."""
        return self.move(state, action).to_state

    def actions_from(self, state: State) -> tuple[str, ...]:
        """The actions possible from `state`, in the order of the table."""
        return tuple(move.action for move in self.moves if state in move.from_states)

    def reachable(self, start: State) -> frozenset[State]:
        """Every state that some series of moves reaches from `start`, itself included."""
        seen, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            ahead = {move.to_state for move in self.moves if here in move.from_states} - seen
            seen |= ahead
            waiting.extend(ahead)
        return frozenset(seen)

    def is_final(self, state: State) -> bool:
        return not self.actions_from(state)


class ApplicationState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    EVALUATING = "evaluating"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    WITHDRAWN_BY_APPLICANT = "withdrawn_by_applicant"
    LAPSED = "lapsed"


class Outcome(StrEnum):
    """What a decided application came to."""

    GRANTED = "granted"
    GRANTED_WITH_CONDITIONS = "granted_with_conditions"
    REFUSED = "refused"

    @property
    def grants(self) -> bool:
        return self is not Outcome.REFUSED


class SchemeVersionState(StrEnum):
    DRAFT = "draft"
    CONSULTATION = "consultation"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class ListingState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    ARCHIVED = "archived"


class CertificateStanding(StrEnum):
    """What recorded acts left a certificate in. What the public sees also depends on dates: see `verdict`."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    SURRENDERED = "surrendered"
    WITHDRAWN = "withdrawn"


class CertificateAct(StrEnum):
    """Kinds of recorded acts. `renewed` is any next version, by one of `RenewalCause`."""

    GRANTED = "granted"
    RENEWED = "renewed"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"
    SURRENDERED = "surrendered"
    SUPERSEDED = "superseded"


class RenewalCause(StrEnum):
    """Why a certificate has a next version."""

    RENEWAL = "renewal"
    SCOPE = "scope"
    SURVEILLANCE = "surveillance"
    KEY = "key"  # the one before is by a key that fell into other hands


def _states(*states: State) -> frozenset[State]:
    return frozenset(states)


_A = ApplicationState
APPLICATION = Workflow(
    [
        Move("submit", _states(_A.DRAFT, _A.RETURNED), _A.SUBMITTED, "application.submit"),
        # from review too: before a refusal the committee may return a case once, so that it can be corrected
        Move("return", _states(_A.SUBMITTED, _A.IN_REVIEW), _A.RETURNED, "application.return"),
        Move("accept", _states(_A.SUBMITTED), _A.ACCEPTED, "application.accept"),
        Move("start_evaluation", _states(_A.ACCEPTED), _A.EVALUATING, "application.evaluate"),
        Move("send_to_review", _states(_A.EVALUATING), _A.IN_REVIEW, "application.evaluate"),
        # somebody's work turned out not to count, and another person takes the seat
        Move("reopen", _states(_A.IN_REVIEW), _A.EVALUATING, "application.assign"),
        Move("decide", _states(_A.IN_REVIEW), _A.DECIDED, "application.decide"),
        Move(
            "withdraw",
            _states(_A.DRAFT, _A.SUBMITTED, _A.RETURNED, _A.ACCEPTED, _A.EVALUATING, _A.IN_REVIEW),
            _A.WITHDRAWN_BY_APPLICANT,
            "application.withdraw",
        ),
        Move("lapse", _states(_A.RETURNED), _A.LAPSED, "application.lapse"),
    ]
)

_V = SchemeVersionState
SCHEME_VERSION = Workflow(
    [
        Move("consult", _states(_V.DRAFT), _V.CONSULTATION, "scheme.edit"),
        Move("activate", _states(_V.CONSULTATION), _V.ACTIVE, "scheme.activate"),
        Move("supersede", _states(_V.ACTIVE), _V.SUPERSEDED, "scheme.activate"),
        Move("lapse", _states(_V.ACTIVE), _V.LAPSED, "scheme.lapse"),
        Move("withdraw", _states(_V.ACTIVE), _V.WITHDRAWN, "scheme.withdraw"),
    ]
)

_L = ListingState
LISTING = Workflow(
    [
        Move("publish", _states(_L.DRAFT), _L.PUBLISHED, "listing.publish"),
        Move("pause", _states(_L.PUBLISHED), _L.PAUSED, "listing.publish"),
        Move("resume", _states(_L.PAUSED), _L.PUBLISHED, "listing.publish"),
        Move("archive", _states(_L.DRAFT, _L.PUBLISHED, _L.PAUSED), _L.ARCHIVED, "listing.archive"),
        Move("restore", _states(_L.ARCHIVED), _L.DRAFT, "listing.archive"),
    ]
)

_C = CertificateStanding
CERTIFICATE = Workflow(
    [
        Move("suspend", _states(_C.IN_FORCE), _C.SUSPENDED, "certificate.suspend"),
        Move("restore", _states(_C.SUSPENDED), _C.IN_FORCE, "certificate.restore"),
        # a next version lifts no suspension: only restoring does
        Move("renew", _states(_C.IN_FORCE), _C.IN_FORCE, "certificate.grant"),
        Move("renew", _states(_C.SUSPENDED), _C.SUSPENDED, "certificate.grant"),
        Move("pass_surveillance", _states(_C.IN_FORCE), _C.IN_FORCE, "certificate.survey"),
        Move("pass_surveillance", _states(_C.SUSPENDED), _C.SUSPENDED, "certificate.survey"),
        Move("reissue", _states(_C.IN_FORCE), _C.IN_FORCE, "certificate.reissue"),
        Move("reissue", _states(_C.SUSPENDED), _C.SUSPENDED, "certificate.reissue"),
        Move("supersede", _states(_C.IN_FORCE, _C.SUSPENDED), _C.SUPERSEDED, "certificate.grant"),
        Move("surrender", _states(_C.IN_FORCE, _C.SUSPENDED), _C.SURRENDERED, "certificate.surrender"),
        # giving a label back does not save anyone from having it withdrawn
        Move(
            "withdraw",
            _states(_C.IN_FORCE, _C.SUSPENDED, _C.SUPERSEDED, _C.SURRENDERED),
            _C.WITHDRAWN,
            "certificate.withdraw",
        ),
    ]
)
