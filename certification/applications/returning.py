"""Sending an application back to its applicant with a request, instead of refusing what can be mended."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from certification.accounts.models import Role, User
from certification.accounts.permissions import check
from certification.applications import review_notices
from certification.applications.acting import lock
from certification.applications.cases import check_decider, check_desk, today_of
from certification.applications.models import Application, Return
from certification.applications.review_permissions import Permission
from certification.audit.record import record
from certification.core.db import writing
from certification.rules.errors import Forbidden, IllegalMove, InvalidInput
from certification.rules.text import N_
from certification.rules.workflow import APPLICATION, ApplicationState
from certification.schemes.builtin import standards
from certification.schemes.permissions import scope_of
from certification.schemes.reasons import check_reason
from certification.schemes.texts import text_of


@dataclass(frozen=True, slots=True)
class Request:
    """What the applicant is asked for, why, and through which day they may answer."""

    reason_code: str
    request: str
    answer_until: date
    criterion: str | None = None


def longest_days() -> int:
    """How many days a return may last."""
    return int(standards()["scoring_common"]["return_before_refusal"]["days"])


def returns_left(application: Application) -> int:
    """How often the committee may still return this case before it decides."""
    most = int(standards()["scoring_common"]["return_before_refusal"]["times"])
    return max(0, most - sum(one.from_review for one in application.returns))


def return_to_applicant(application: Application, asked: Request, *, by: User, at: datetime) -> Return:
    """Send the application back. From review the evaluations open again: they are about what was shown before.

    Raises:
        InvalidInput: a reason that does not stand for this, no request, or a day too near or too far.
        IllegalMove: it is in another state, or was returned as often as the schemes allow.
        Forbidden, EvaluatorDecides, TieBars: from review only the committee returns, under its guards.

    """
    check(by, Permission.RETURN, application)
    lock(application)
    from_review = application.state is ApplicationState.IN_REVIEW
    _guard(application, by, at, from_review=from_review)
    state = APPLICATION.next_state(application.state, "return")
    if from_review and not returns_left(application):
        raise IllegalMove("returned_enough", N_("Este caso ya se regresó una vez desde el comité. Ahora toca decidir."))
    check_reason("return", asked.reason_code, asked.criterion, text_of(application.scheme_version))
    _check_request(application, asked, at)
    row = Return(
        application=application,
        reason_code=asked.reason_code,
        criterion=asked.criterion,
        request=asked.request,
        from_review=from_review,
        by_id=by.id,
        at=at,
    )
    writing().add(row)
    application.state, application.answer_until = state, asked.answer_until
    details = {"reason_code": asked.reason_code, "criterion": asked.criterion, "answer_until": asked.answer_until.isoformat()}
    record("application.return", "application", application.public_id, by=by, at=at, from_review=from_review, **details)
    if from_review:
        _open_again(application, by=by, at=at)
    writing().flush()
    review_notices.returned(application, row)
    return row


def _guard(application: Application, by: User, at: datetime, *, from_review: bool) -> None:
    if not from_review:
        check_desk(by, application, at)
        return
    if not by.holds(Role.DECIDER, scope_of(application.scheme_version.scheme)):
        raise Forbidden
    check_decider(by, application, at)


def _check_request(application: Application, asked: Request, at: datetime) -> None:
    if not asked.request:
        raise InvalidInput("request_missing", N_("Escriba qué se le pide, en palabras sencillas."), field="request")
    today, most = today_of(application, at), longest_days()
    if not today < asked.answer_until <= today + timedelta(days=most):
        sentence = N_("Dé un plazo desde mañana y hasta %(days)d días.")
        raise InvalidInput("answer_until_wrong", sentence, field="answer_until", days=most)


def _open_again(application: Application, *, by: User, at: datetime) -> None:
    for one in application.evaluations:
        if one.submitted_at is None or one.recommendation is None:
            continue
        said = one.recommendation.value
        one.submitted_at = one.recommendation = None
        record("evaluation.reopen", "evaluation", one.public_id, by=by, at=at, recommendation=said, summary=one.summary)
