"""Who evaluates a case: candidates with why not, seats, and what the panel still lacks."""

from typing import Any, NamedTuple

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from certification.accounts.guard import me, requires
from certification.accounts.models import User
from certification.applications import assigning
from certification.applications.cases import bar, check_desk
from certification.applications.caseview import case_view
from certification.applications.desk import Bar, bar_of
from certification.applications.models import Application, Capacity, Evaluation
from certification.applications.queries import find_application
from certification.applications.review_blueprint import bp
from certification.applications.review_forms import AssignForm, ReleaseForm
from certification.applications.review_permissions import Permission
from certification.applications.reviewing import seats_of, shortfalls_of
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import language
from certification.core.web import see_other
from certification.parties.models import Party
from certification.rules.errors import DomainError, NotFound
from certification.schemes.texts import text_of


class CandidateView(NamedTuple):
    """Somebody who could be assigned. ``seats`` are what they could go as: ids and words; ``bar`` why not."""

    public_id: str
    name: str
    seats: tuple[tuple[str, str], ...]
    open_cases: int
    bar: Bar | None


@bp.route("/review/<public_id>/panel", methods=["GET", "POST"])
@requires(Permission.ASSIGN, load=find_application)
def panel(application: Application) -> Any:
    form, status = AssignForm(), 200
    if form.is_submitted():
        try:
            if form.validate():
                _assign(application, form)
                flash(_("Quedó en el caso y ya se le avisó."), "success")
                return see_other(url_for("review.panel", public_id=application.public_id))
            status = 422
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
    return _page(application, form, status)


def _seat(public_id: str, seat: str) -> Evaluation | None:
    application = find_application(public_id)
    return next((one for one in application.evaluations if one.public_id == seat), None) if application else None


@bp.route("/review/<public_id>/panel/<seat>/release", methods=["GET", "POST"])
@requires(Permission.ASSIGN, load=_seat)
def release(evaluation: Evaluation) -> Any:
    form, status = ReleaseForm(), 200
    if form.validate_on_submit():
        try:
            with unit_of_work():
                assigning.release(evaluation, reason=form.reason.data or "", by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
        else:
            flash(_("Ya no está en el caso. Puede asignar a otra persona."), "success")
            return see_other(url_for("review.panel", public_id=evaluation.application.public_id))
    elif form.is_submitted():
        status = 422
    case = case_view(evaluation.application, language(), at=clock.now(), sent_only=True)
    return render_template("review/release.html", case=case, name=evaluation.evaluator.name, form=form), status


def _assign(application: Application, form: AssignForm) -> None:
    person = db.session.scalar(select(User).where(User.public_id == form.person.data))
    capacity, _colon, place = (form.seat.data or "").partition(":")
    workshop = db.session.scalar(select(Party).where(Party.public_id == place)) if place else None
    if person is None or capacity not in set(Capacity):
        raise NotFound
    with unit_of_work():
        assigning.assign(application, person, capacity=Capacity(capacity), workshop=workshop, by=me(), at=clock.now())


def _page(application: Application, form: AssignForm, status: int) -> Any:
    lang, now = language(), clock.now()
    rule = text_of(application.scheme_version).decision.evaluators
    free = bar(check_desk, me(), application, now)
    page = render_template(
        "review/panel.html",
        case=case_view(application, lang, at=now, sent_only=True),
        seats=seats_of(application, me(), now),
        shortfalls=shortfalls_of(application, now),
        candidates=[_candidate(one, application, lang) for one in assigning.candidates(application, now)] if free is None else [],
        open=assigning.may_seat(application, now) and free is None,
        bar=bar_of(free, lang),
        peer=rule.peer.in_(lang),
        outsider=rule.outsider.in_(lang),
        form=form,
    )
    return page, status


def _candidate(one: assigning.Candidate, application: Application, lang: str) -> CandidateView:
    branch = application.party.branch
    seats = [
        (
            f"{Capacity.PEER}:{party.public_id}",
            _("Par, de %(workshop)s (misma rama)", workshop=party.name)
            if party.branch == branch
            else _("Par, de %(workshop)s", workshop=party.name),
        )
        for party in one.workshops
    ]
    if one.may_be_outsider:
        seats.append((Capacity.OUTSIDER.value, _("Persona externa")))
    return CandidateView(one.user.public_id, one.user.name, tuple(seats), one.open_cases, bar_of(one.bar, lang))
