"""Who may do what on the review desk. Running the site gives none of it; ties are weighed by the services (guard 1)."""

from enum import StrEnum
from typing import Any

from certification.accounts.models import Role, User
from certification.accounts.permissions import Rule, declare
from certification.applications.models import Evaluation
from certification.applications.permissions import application_of, decides, looks_after, was_sent
from certification.schemes.permissions import scope_of

REVIEWERS = (Role.SCHEME_OWNER, Role.EVALUATOR, Role.DECIDER)


class Permission(StrEnum):
    OPEN_DESK = "review.open"
    SEE_CASE = "review.see"
    ACCEPT = "application.accept"
    ASSIGN = "application.assign"
    RETURN = "application.return"
    EVALUATE = "application.evaluate"
    DECIDE = "application.decide"


def reviews(person: User | None, _thing: Any) -> bool:
    """Holds a role on the review desk of any scheme."""
    return person is not None and any(held.role in REVIEWERS for held in person.current_roles)


def is_assigned(person: User | None, thing: Any) -> bool:
    """Holds the evaluator's role for the scheme, was assigned to this case, and did not step aside."""
    application = application_of(thing)
    if person is None or application is None or not was_sent(application, thing):
        return False
    if not person.holds(Role.EVALUATOR, scope_of(application.scheme_version.scheme)):
        return False
    return any(one.evaluator_id == person.id and one.recused_at is None for one in application.evaluations)


def is_the_evaluator(person: User | None, thing: Any) -> bool:
    """The evaluation is their own, and still theirs to make."""
    return isinstance(thing, Evaluation) and person is not None and thing.evaluator_id == person.id and is_assigned(person, thing)


declare(
    {
        Permission.OPEN_DESK: Rule(any_of=(reviews,), strong=True),
        Permission.SEE_CASE: Rule(any_of=(is_assigned, looks_after), strong=True),
        Permission.ACCEPT: Rule(any_of=(looks_after,), seen_by=(is_assigned,), strong=True),
        Permission.ASSIGN: Rule(any_of=(looks_after,), seen_by=(is_assigned,), strong=True),
        Permission.RETURN: Rule(any_of=(looks_after,), seen_by=(is_assigned,), strong=True),
        Permission.EVALUATE: Rule(any_of=(is_the_evaluator,), seen_by=(looks_after,), strong=True),
        Permission.DECIDE: Rule(any_of=(decides,), seen_by=(is_assigned, looks_after), strong=True),
    }
)
