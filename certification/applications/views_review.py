"""The review desk: the queue, one case, and what its desk does with it."""

from datetime import timedelta
from typing import Any, NamedTuple

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.guard import me, requires
from certification.accounts.models import Role, User
from certification.accounts.permissions import may
from certification.applications import assigning, returning
from certification.applications.case import CaseView
from certification.applications.cases import bar, check_decider, check_desk, check_evaluator, counted, evaluation_of, today_of
from certification.applications.caseview import case_view
from certification.applications.desk import Bar, Work, bar_of, queues, read_place
from certification.applications.models import Application
from certification.applications.permissions import evaluates, looks_after, looks_after_untied
from certification.applications.queries import DecisionView, decision_of, find_application
from certification.applications.review_blueprint import bp
from certification.applications.review_forms import AcceptForm, ReturnForm
from certification.applications.review_permissions import Permission, is_assigned
from certification.applications.reviewing import (
    ComparedView,
    SeatView,
    ShortfallView,
    compared,
    may_compare,
    seats_of,
    shortfalls_of,
)
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import status_of
from certification.core.forms import options
from certification.core.i18n import language
from certification.core.web import cursor, position, see_other
from certification.rules.errors import DomainError
from certification.rules.workflow import ApplicationState
from certification.schemes.reasons import reasons_for
from certification.schemes.texts import text_of

USUAL_DAYS = 30
RETURNABLE = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)


class CasePage(NamedTuple):
    """One case as one reviewer may see it. ``dossier`` is None for whoever may not read what was shown."""

    case: CaseView
    reads: bool
    bar: Bar | None
    seats: tuple[SeatView, ...]
    shortfalls: tuple[ShortfallView, ...]
    compared: tuple[ComparedView, ...]
    decision: DecisionView | None
    mine: SeatView | None
    next_code: str
    desk: bool
    decides: bool
    may_return: bool


@bp.get("/review")
@requires(Permission.OPEN_DESK)
def index() -> str:
    only = next((work for work in Work if work == request.args.get("show")), None)
    after = read_place(position(request.args.get("after"))) if only else None
    found = queues(me(), language(), clock.now(), only=only, after=after)
    further = {queue.work: cursor(*queue.following) for queue in found if queue.following}
    committee = any(held.role is Role.DECIDER for held in me().current_roles)
    return render_template("review/index.html", queues=found, further=further, only=only, committee=committee)


@bp.get("/review/<public_id>")
@requires(Permission.SEE_CASE, load=find_application)
def case(application: Application) -> str:
    return render_template("review/case.html", page=_page(application, me()), form=AcceptForm())


@bp.post("/review/<public_id>/accept")
@requires(Permission.ACCEPT, load=find_application)
def accept(application: Application) -> Any:
    with unit_of_work():
        assigning.accept(application, by=me(), at=clock.now())
    flash(_("Aceptada. Ahora falta quién la evalúe."), "success")
    return see_other(url_for("review.panel", public_id=application.public_id))


@bp.route("/review/<public_id>/return", methods=["GET", "POST"])
@requires(Permission.RETURN, load=find_application)
def send_back(application: Application) -> Any:
    form, status = _return_form(application), 200
    if form.validate_on_submit():
        try:
            with unit_of_work():
                returning.return_to_applicant(application, form.asked(), by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
        else:
            flash(_("Se regresó. Ya se le avisó a quien solicita."), "success")
            return see_other(url_for("review.index"))
    elif form.is_submitted():
        status = 422
    page = _page(application, me())
    left = returning.returns_left(application) if application.state is ApplicationState.IN_REVIEW else None
    return render_template("review/return.html", page=page, form=form, left=left, longest=returning.longest_days()), status


def _return_form(application: Application) -> ReturnForm:
    lang, today = language(), today_of(application, clock.now())
    form = ReturnForm(answer_until=today + timedelta(days=USUAL_DAYS))
    form.reason_code.choices = options((("", _("Elija")), *((one.code, one.text.in_(lang)) for one in reasons_for("return"))))
    criteria = text_of(application.scheme_version).criteria
    form.criterion.choices = options(
        (("", _("Ninguno en especial")), *((one.code, f"{one.code} · {one.title.in_(lang)}") for one in criteria))
    )
    if request.method == "GET" and request.args.get("criterion") in {one.code for one in criteria}:
        form.criterion.data = request.args["criterion"]
    return form


def _page(application: Application, person: User) -> CasePage:
    now, lang = clock.now(), language()
    reads = evaluates(person, application) or looks_after_untied(person, application)
    desk, mine = looks_after(person, application), evaluation_of(application, person)
    seats = seats_of(application, person, now)
    barred = _bar(application, person)
    comparing = reads and may_compare(application, person)
    done = {row.criterion for row in mine.findings} if mine else set()
    codes = [one.code for one in text_of(application.scheme_version).criteria]
    decides = may(person, Permission.DECIDE, application) and bar(check_decider, person, application, now) is None
    first_look = application.state is ApplicationState.SUBMITTED
    return CasePage(
        case=case_view(application, lang, at=now, sent_only=True),
        reads=reads,
        bar=bar_of(barred, lang),
        seats=seats,
        shortfalls=shortfalls_of(application, now),
        compared=compared(application, counted(application, now), lang) if comparing else (),
        decision=decision_of(application, lang, now),
        mine=next((one for one in seats if one.mine and not one.left), None),
        next_code=next((code for code in codes if code not in done), codes[0]),
        desk=desk and bar(check_desk, person, application, now) is None,
        decides=decides,
        may_return=application.state in RETURNABLE and desk and (first_look or decides),
    )


def _bar(application: Application, person: User) -> DomainError | None:
    """Why this person may do nothing here; None where some role of theirs is free to act."""
    now = clock.now()
    if is_assigned(person, application):
        return bar(check_evaluator, person, application, now)
    if may(person, Permission.DECIDE, application) and application.state is ApplicationState.IN_REVIEW:
        return bar(check_decider, person, application, now)
    return bar(check_desk, person, application, now)
