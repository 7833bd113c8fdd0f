"""The page on which a committee's member decides. It stands here because a grant issues the certificate in the same breath."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from certification.accounts.guard import me, requires
from certification.accounts.models import User
from certification.applications.cases import bar, check_decider, counted
from certification.applications.caseview import case_view
from certification.applications.models import Application
from certification.applications.queries import find_application
from certification.applications.returning import returns_left
from certification.applications.review_forms import DecisionForm, decision_form
from certification.applications.review_permissions import Permission
from certification.applications.reviewing import ComparedView, compared, seats_of, shortfalls_of, weight_of
from certification.applications.weighing import possible
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import language, sentence
from certification.core.web import see_other
from certification.registry.granting import decide_and_certify
from certification.registry.renewals import foresee
from certification.rules.code import display
from certification.rules.errors import DomainError, Forbidden
from certification.rules.workflow import ApplicationState
from certification.schemes.reasons import reasons_for
from certification.schemes.texts import text_of

bp = Blueprint("deciding", __name__)


@bp.route("/review/<public_id>/decision", methods=["GET", "POST"])
@requires(Permission.DECIDE, load=find_application)
def decide(application: Application) -> Any:
    person = me()
    form, disputes = _form(application)
    if not form.is_submitted():
        barred = bar(check_decider, person, application, clock.now())
        if application.state is not ApplicationState.IN_REVIEW or barred is not None:
            return redirect(url_for("review.case", public_id=application.public_id))
        return _page(application, person, form)
    valid, complete = form.validate(), form.complete(disputes)  # both are asked, so that all that is missing is said at once
    if not (valid and complete):
        return _page(application, person, form), 422
    try:
        return _decide(application, form, disputes)
    except Forbidden:
        raise
    except DomainError as error:
        form.refuse(error)
        return _page(application, person, form), status_of(error)


def _decide(application: Application, form: DecisionForm, disputes: list[ComparedView]) -> Any:
    with unit_of_work():
        _decision, certificate = decide_and_certify(application, choice=form.choice(disputes), by=me(), at=clock.now())
    if certificate is not None and application.renews is not None:
        flash(_("El sello %(code)s tiene una versión nueva, con el mismo código.", code=display(certificate.code)), "success")
    elif certificate is None:
        flash(_("La decisión quedó registrada y ya se le avisó a quien solicita."), "success")
    else:
        flash(_("El sello quedó otorgado con el código %(code)s.", code=display(certificate.code)), "success")
    return see_other(url_for("review.case", public_id=application.public_id))


def _form(application: Application) -> tuple[DecisionForm, list[ComparedView]]:
    lang, evaluations = language(), counted(application, clock.now())
    disputes = [one for one in compared(application, evaluations, lang) if one.disputed]
    reasons = [(one.code, one.text.in_(lang)) for one in reasons_for("refuse")]
    criteria = [(one.code, f"{one.code} · {one.title.in_(lang)}") for one in text_of(application.scheme_version).criteria]
    outcomes = possible(application, evaluations) if evaluations else frozenset()
    return decision_form(outcomes, disputes, reasons, criteria, application.version_id), disputes


def _page(application: Application, person: User, form: DecisionForm) -> str:
    lang, now = language(), clock.now()
    evaluations, foreseen = counted(application, now), foresee(application, now)
    return render_template(
        "review/decide.html",
        case=case_view(application, lang, at=now, sent_only=True),
        seats=seats_of(application, person, now),
        compared=compared(application, evaluations, lang),
        weight=weight_of(application, evaluations, lang),
        shortfalls=shortfalls_of(application, now),
        returns_left=returns_left(application),
        foreseen=foreseen,
        refusal=sentence(foreseen.refusal) if foreseen and foreseen.refusal else None,
        decided=application.state is ApplicationState.DECIDED,
        own=application.decided_by_id == person.id,
        form=form,
    )
