"""Deciding with its consequence: a decision that grants and the certificate it grants are one unit of work."""

from datetime import date, datetime

from certification.accounts.models import User
from certification.applications.deciding import DecisionChoice, decide
from certification.applications.models import Application, Decision
from certification.registry.issuing import certify
from certification.registry.models import Certificate
from certification.registry.renewals import renew


def decide_and_certify(
    application: Application, *, choice: DecisionChoice, by: User, at: datetime, begins: date | None = None
) -> tuple[Decision, Certificate | None]:
    """Decide a case and, when that grants, issue the certificate, valid at once or from ``begins``, or the next version of the
    one that the application renews: both or neither.

    Needs the unit of work.

    Raises what ``applications.deciding.decide``, ``registry.issuing.certify`` and ``registry.renewals.renew`` raise.
    """
    decision = decide(application, choice=choice, by=by, at=at)
    if not decision.outcome.grants:
        return decision, None
    if application.renews is not None:
        return decision, renew(application, decision, by=by, at=at)
    return decision, certify(application, decision, by=by, at=at, begins=begins)
