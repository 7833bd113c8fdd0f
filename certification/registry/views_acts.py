"""Acts on a certificate, each asked for twice: what was written is shown once more before it is done."""

from datetime import datetime

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from certification.accounts.guard import me, requires
from certification.accounts.models import User
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import language, sentence
from certification.core.web import see_other
from certification.registry import acts, scope, twice
from certification.registry.forms import ActForm
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.registry.views_certificate import cannot, load
from certification.registry.weighing import standing
from certification.rules.code import display
from certification.rules.errors import CannotSign, Conflict, IllegalMove, InvalidInput, SuspensionTooLong
from certification.schemes.texts import text_of

bp = Blueprint("certificate_acts", __name__)
Page = str | tuple[str, int] | Response


@bp.route("/c/<code>/act/suspend", methods=["GET", "POST"])
@requires(Permission.SUSPEND, load=load)
def suspend(certificate: Certificate) -> Page:
    return _act(certificate, "suspend")


@bp.route("/c/<code>/act/restore", methods=["GET", "POST"])
@requires(Permission.RESTORE, load=load)
def restore(certificate: Certificate) -> Page:
    return _act(certificate, "restore")


@bp.route("/c/<code>/act/withdraw", methods=["GET", "POST"])
@requires(Permission.WITHDRAW, load=load)
def withdraw(certificate: Certificate) -> Page:
    return _act(certificate, "withdraw")


@bp.route("/c/<code>/act/surrender", methods=["GET", "POST"])
@requires(Permission.SURRENDER, load=load)
def surrender(certificate: Certificate) -> Page:
    return _act(certificate, "surrender")


@bp.post("/c/<code>/rehook")
@requires(Permission.REHOOK, load=load)
def rehook(certificate: Certificate) -> Page:
    """The goods that changed wear the label again."""
    try:
        with unit_of_work():
            scope.rehook(certificate, request.form.get("ref", ""), seen=request.form.get("seen", ""), by=me(), at=clock.now())
    except (Conflict, IllegalMove) as error:
        return cannot(certificate, sentence(error))
    flash(_("La pieza vuelve a llevar el sello."), "success")
    return see_other(f"/c/{certificate.code}")


def _act(certificate: Certificate, act: str) -> Page:
    """The form, then the same as a question at an address of its own, then the act."""
    try:
        acts.require_possible(certificate, act, by=me(), at=clock.now())
        if request.method == "GET" and "said" in request.args:
            return _question(certificate, act)
        form = ActForm(act, text_of(certificate.scheme_version))
        if not form.validate_on_submit():
            return _form(certificate, act, form), 422 if form.is_submitted() else 200
        return _asked_or_done(certificate, act, form)
    except IllegalMove as error:
        told = (sentence(error), _("No se guardó nada nuevo.")) if request.method == "POST" else (sentence(error),)
        return cannot(certificate, " ".join(told))


def _question(certificate: Certificate, act: str) -> Page:
    """What was written, once more; what can no longer be is said in the form. An address that is none of ours leads to that."""
    said = twice.unseal(request.args["said"], request.path, me().public_id, clock.now())
    if said is None:
        return see_other(request.path)
    form = ActForm(act, text_of(certificate.scheme_version), formdata=said, meta={"csrf": False})
    return _asked(certificate, act, form) if form.validate() else (_form(certificate, act, form), 422)


def _asked(certificate: Certificate, act: str, form: ActForm) -> Page:
    why, until = form.foreseen()
    try:
        acts.require_seen(certificate, form.version.data)
        acts.foresee(certificate, act, why, until=until, at=clock.now())
    except (Conflict, InvalidInput, SuspensionTooLong) as error:
        form.refuse(error)
        return _form(certificate, act, form), status_of(error)
    return _draw(certificate, act, form, "certificates/confirm.html")


def _asked_or_done(certificate: Certificate, act: str, form: ActForm) -> Page:
    if form.confirmed.data != "yes":
        found = _asked(certificate, act, form)
        said = twice.seal(form.written(), request.path, me().public_id, clock.now())
        return found if said is None or isinstance(found, tuple) else see_other(f"{request.path}?said={said}")
    try:
        with unit_of_work():
            acts.require_unchanged(certificate, act, form.version.data)
            _do(certificate, act, form, me(), clock.now())
    except (Conflict, InvalidInput, SuspensionTooLong, CannotSign) as error:  # what was written stays, whoever must mend it
        form.refuse(error)
        return _form(certificate, act, form), status_of(error)
    flash(_("Quedó hecho y ya se ve en la página pública. Avisamos a quien tiene el sello."))
    return see_other(f"/c/{certificate.code}")


def _do(certificate: Certificate, act: str, form: ActForm, by: User, at: datetime) -> None:
    match act:
        case "suspend":
            acts.suspend(certificate, form.why(), until=form.last_day(), by=by, at=at)
        case "restore":
            acts.restore(certificate, by=by, at=at, public_summary=form.public_summary.data or "")
        case "withdraw":
            acts.withdraw(certificate, form.why(), by=by, at=at)
        case _:
            acts.surrender(certificate, form.why(), by=by, at=at)


def _form(certificate: Certificate, act: str, form: ActForm) -> str:
    """What is wrong with what was written does not make the page another: it shows the label anew only where that is said."""
    form.confirmed.data = ""
    if form.version.raw_data is None or form.refusal == acts.MOVED_MEANWHILE:
        form.show(acts.acts_on(certificate))
    return _draw(certificate, act, form, "certificates/act.html")


def _draw(certificate: Certificate, act: str, form: ActForm, template: str) -> str:
    return render_template(
        template,
        certificate=certificate,
        act=act,
        form=form,
        shown=display(certificate.code),
        label=text_of(certificate.scheme_version).name.in_(language()),
        verdict=standing(certificate, clock.now()),
    )
