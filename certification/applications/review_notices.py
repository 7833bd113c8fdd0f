"""Mail of the review desk: who is wanted, and what came of it."""

from collections.abc import Sequence

from sqlalchemy import select

from certification.accounts.models import Role, RoleHolding, User, UserState
from certification.applications.case import ConditionView
from certification.applications.models import Application, Decision, Evaluation, Return
from certification.applications.notices import desk_of, tell
from certification.core.db import db
from certification.core.web import outside
from certification.rules.code import display
from certification.schemes.permissions import scope_of
from certification.schemes.reasons import reason_codes
from certification.schemes.texts import text_of


def assigned(evaluation: Evaluation) -> None:
    """To the evaluator: what is asked of them, before they have seen anything."""
    application = evaluation.application
    tell([evaluation.evaluator], "review-assigned", application, _case(application))


def stepped_aside(evaluation: Evaluation) -> None:
    """To the desk, that a seat is free; never why."""
    application = evaluation.application
    path = f"{_case(application)}/panel"
    tell(desk_of(application.scheme_version), "review-recused", application, path, evaluator=evaluation.evaluator.name)


def ready_to_decide(application: Application) -> None:
    """To the committee, that every recommendation is in."""
    tell(committee_of(application), "review-ready", application, f"{_case(application)}/decision")


def returned(application: Application, request: Return) -> None:
    """To the applicant: what is missing and until when."""
    person, code = application.applicant, request.criterion
    title = text_of(application.scheme_version).criterion(code).title.in_(person.language) if code else ""
    reason = reason_codes()[request.reason_code].text.in_(person.language)
    asked = {"reason": reason, "criterion": title, "request": request.request, "until": application.answer_until}
    tell([person], "application-returned", application, _own(application), **asked)


def decided(application: Application, decision: Decision, conditions: Sequence[ConditionView]) -> None:
    """To the applicant: what was decided and why, what was agreed, or how to appeal."""
    person, text = application.applicant, text_of(application.scheme_version)
    lang = person.language
    tell(
        [person],
        "application-decided",
        application,
        _own(application),
        outcome=decision.outcome.value,
        reasons=decision.reasons,
        reason=reason_codes()[decision.reason_code].text.in_(lang) if decision.reason_code else "",
        criterion=text.criterion(decision.criterion).title.in_(lang) if decision.criterion else "",
        conditions=conditions,
        appeal_until=decision.appeal_until,
        appeal=text.timing.appeal.in_(lang),
        cause=application.cause.value if application.cause else "",
        code=display(application.renews) if application.renews else "",
        verify_url=outside(f"/v/{application.renews}") if application.renews else "",
    )


def committee_of(application: Application) -> list[User]:
    """Members of the scheme's committee."""
    held = select(RoleHolding.user_id).where(
        RoleHolding.role == Role.DECIDER,
        RoleHolding.scope == scope_of(application.scheme_version.scheme),
        RoleHolding.ended_at.is_(None),
    )
    return list(db.session.scalars(select(User).where(User.id.in_(held), User.state == UserState.ACTIVE).order_by(User.id)))


def _case(application: Application) -> str:
    return f"/review/{application.public_id}"


def _own(application: Application) -> str:
    return f"/apply/{application.public_id}"
