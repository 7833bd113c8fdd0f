"""Applying for a label: my applications, the wizard, the summary and sending."""

from typing import Any, NamedTuple

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from certification.accounts.guard import me, requires
from certification.applications import drafts, queries, sending
from certification.applications.blueprint import bp
from certification.applications.caseview import case_view
from certification.applications.forms import StartForm, SubmitForm, WithdrawForm
from certification.applications.models import Application
from certification.applications.permissions import Permission
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import language
from certification.core.web import cursor, position, request_key, see_other
from certification.parties.models import Party
from certification.rules.criteria import SubjectKind
from certification.rules.errors import DomainError, NotFound
from certification.rules.workflow import ApplicationState
from certification.schemes.queries import current_version, find_scheme


class StartPage(NamedTuple):
    parties: list[queries.PartyChoice]
    schemes: list[queries.SchemeChoice]
    party: queries.PartyChoice | None
    scheme: queries.SchemeChoice | None


@bp.get("/apply")
@requires(Permission.START)
def index() -> str:
    place = position(request.args.get("from"))
    before = place[0] if place and isinstance(place[0], int) else None
    rows, more = queries.my_applications(me(), language(), before=before)
    following = cursor(more) if more else None
    return render_template("apply/index.html", rows=rows, following=following, parties=queries.my_parties(me(), language()))


@bp.route("/apply/new", methods=["GET", "POST"])
@requires(Permission.START)
def choose() -> Any:
    """Who, then which label, then of what; each answer is carried in the address, the last one opens the draft."""
    page = _start_page()
    form = StartForm(formdata=request.form if request.method == "POST" else None, data={"request_key": request_key()})
    form.party.choices = [(one.public_id, one.name) for one in page.parties]
    form.scheme.choices = [(one.key, one.name) for one in page.schemes]
    form.subject_kind.choices = [(kind.value, kind.value) for kind in SubjectKind]
    if request.method == "POST" and form.validate():
        try:
            made = _start(form)
        except DomainError as error:
            form.refuse(error)
        else:
            return see_other(url_for("applications.goods", public_id=made.public_id))
    return render_template("apply/new.html", page=page, form=form), 422 if form.errors or form.form_errors else 200


def _start_page() -> StartPage:
    parties, schemes = queries.my_parties(me(), language()), queries.scheme_choices(language(), clock.now())
    wish = request.values.get("party") or (parties[0].public_id if len(parties) == 1 else None)
    party = next((one for one in parties if one.public_id == wish), None)
    return StartPage(parties, schemes, party, next((one for one in schemes if one.key == request.values.get("scheme")), None))


def _start(form: StartForm) -> Application:
    scheme = find_scheme(form.scheme.data)
    version = current_version(scheme) if scheme else None
    party = db.session.scalar(select(Party).where(Party.public_id == form.party.data))
    if version is None or party is None:
        raise NotFound
    with unit_of_work():
        return drafts.start(
            party,
            version,
            subject_kind=SubjectKind(form.subject_kind.data),
            by=me(),
            at=clock.now(),
            request_key=form.request_key.data or None,
        )


@bp.get("/apply/<public_id>")
@requires(Permission.SEE, load=queries.find_application)
def show(application: Application) -> Any:
    return _summary(application, SubmitForm())


def _summary(application: Application, form: SubmitForm, status: int = 200) -> Any:
    case = case_view(application, language(), at=clock.now())
    decision = queries.decision_of(application, language(), clock.now())
    contact = current_app.config["SETTINGS"]["OPERATOR_CONTACT"]
    return render_template("apply/show.html", case=case, form=form, decision=decision, contact=contact), status


@bp.post("/apply/<public_id>/submit")
@requires(Permission.SUBMIT, load=queries.find_application)
def submit(application: Application) -> Any:
    form = SubmitForm()
    before = application.state
    try:
        if not form.validate():
            return _summary(application, form, 422)
        with unit_of_work():
            sending.submit(application, pledged=bool(form.pledge.data), by=me(), at=clock.now())
    except DomainError as error:
        form.refuse(error)
        return _summary(application, form, status_of(error))
    if before is not ApplicationState.SUBMITTED:
        flash(_("Su solicitud se envió."), "success")
    return see_other(url_for("applications.show", public_id=application.public_id))


@bp.route("/apply/<public_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.WITHDRAW, load=queries.find_application)
def withdraw(application: Application) -> Any:
    form, status = WithdrawForm(), 200
    if request.method == "GET" and application.state is ApplicationState.WITHDRAWN_BY_APPLICANT:
        return redirect(url_for("applications.show", public_id=application.public_id))
    if form.validate_on_submit():
        try:
            with unit_of_work():
                sending.withdraw(application, reason=form.reason.data or "", by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
        else:
            flash(_("La solicitud quedó retirada."), "success")
            return see_other(url_for("applications.show", public_id=application.public_id))
    elif form.is_submitted():
        status = 422
    return render_template("apply/withdraw.html", case=case_view(application, language(), at=clock.now()), form=form), status
