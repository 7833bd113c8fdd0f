"""Who may do what with an application. Reviewing declares its own beside these, from the same predicates."""

from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from certification.accounts.models import Role, User
from certification.accounts.permissions import Rule, declare
from certification.applications.cases import tied
from certification.applications.models import Application, Evidence
from certification.core import clock
from certification.parties.belonging import acts_for
from certification.parties.models import Party, Power
from certification.rules.workflow import ApplicationState
from certification.schemes.permissions import scope_of

CLOSED_TO_REVIEW = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN_BY_APPLICANT, ApplicationState.LAPSED)


class Permission(StrEnum):
    START = "application.start"
    SEE = "application.see"
    EDIT = "application.edit"
    SUBMIT = "application.submit"
    WITHDRAW = "application.withdraw"
    SEE_EVIDENCE = "evidence.see"


@runtime_checkable
class Part(Protocol):
    """Anything that belongs to one application."""

    @property
    def application(self) -> Application: ...


def application_of(thing: Any) -> Application | None:
    """The application that a thing is, or belongs to."""
    if isinstance(thing, Application):
        return thing
    return thing.application if isinstance(thing, Part) else None


def may_apply_for(person: User | None, thing: Any) -> bool:
    """With a party: may apply in its name. Without one: has an account, so that there may be such a party."""
    if isinstance(thing, Party):
        return acts_for(person, thing.id, Power.APPLY)
    return thing is None and person is not None


def acts_for_applicant(person: User | None, thing: Any) -> bool:
    """Acts in the name of the party that applies: its own members, its organization's, or a promoter by mandate."""
    application = application_of(thing)
    return application is not None and acts_for(person, application.party_id, Power.APPLY)


def evaluates(person: User | None, thing: Any) -> bool:
    """Evaluates for the scheme, was assigned to what has been sent, said to have no tie, and did not step aside."""
    application = application_of(thing)
    if person is None or application is None or not _holds(person, thing, Role.EVALUATOR):
        return False
    mine = (one for one in application.evaluations if one.evaluator_id == person.id)
    return any(one.recused_at is None and one.no_tie_declared_at is not None for one in mine)


def decides(person: User | None, thing: Any) -> bool:
    """Sits on the committee of the scheme, and the thing has been sent. Ties are asked elsewhere, when one acts."""
    return _holds(person, thing, Role.DECIDER)


def looks_after(person: User | None, thing: Any) -> bool:
    """Owns the scheme, or sits on its committee, which is also its secretariat; and the thing has been sent."""
    return _holds(person, thing, Role.SCHEME_OWNER) or decides(person, thing)


def looks_after_untied(person: User | None, thing: Any) -> bool:
    """The same, without a tie to the applicant: a case is not read by those who may not touch it."""
    application = application_of(thing)
    if person is None or application is None or not looks_after(person, thing):
        return False
    return not tied(person, application, clock.now())


def _holds(person: User | None, thing: Any, role: Role) -> bool:
    application = application_of(thing)
    if person is None or application is None or not was_sent(application, thing):
        return False
    return person.holds(role, scope_of(application.scheme_version.scheme))


def was_sent(application: Application, thing: Any) -> bool:
    """What is still being written, what was taken out and what was withdrawn is the applicant's own."""
    if application.state in CLOSED_TO_REVIEW:
        return False
    if not isinstance(thing, Evidence):
        return True
    if thing.removed_at is not None:
        return False
    returned = application.state is ApplicationState.RETURNED and application.returns
    return not returned or thing.added_at <= application.returns[-1].at


declare(
    {
        Permission.START: Rule(any_of=(may_apply_for,)),
        Permission.SEE: Rule(any_of=(acts_for_applicant,)),
        Permission.EDIT: Rule(any_of=(acts_for_applicant,)),
        Permission.SUBMIT: Rule(any_of=(acts_for_applicant,)),
        Permission.WITHDRAW: Rule(any_of=(acts_for_applicant,)),
        Permission.SEE_EVIDENCE: Rule(any_of=(acts_for_applicant, evaluates, looks_after_untied)),
    }
)
