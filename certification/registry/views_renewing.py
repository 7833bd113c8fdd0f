"""The ways to a further version: what the holder asks for; what the committee writes down or has signed anew."""

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from certification.accounts.guard import me, requires
from certification.applications.cases import check_decider
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import language, sentence
from certification.core.web import see_other
from certification.registry import reissuing, renewals, surveillance, twice
from certification.registry.forms import VisitForm
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.registry.views_certificate import cannot, load
from certification.registry.weighing import standing
from certification.rules.code import display
from certification.rules.errors import Conflict, IllegalMove, InvalidInput
from certification.rules.workflow import RenewalCause
from certification.schemes.texts import text_of

bp = Blueprint("renewing", __name__)
Page = str | tuple[str, int] | Response
ASKED = {RenewalCause.RENEWAL.value: RenewalCause.RENEWAL, RenewalCause.SCOPE.value: RenewalCause.SCOPE}


@bp.post("/c/<code>/renew")
@requires(Permission.RENEW, load=load)
def ask(certificate: Certificate) -> Page:
    """Open the application that renews this label or, with ``cause=scope``, changes what it covers; then fill it in."""
    cause = ASKED.get(request.form.get("cause", ""), RenewalCause.RENEWAL)
    try:
        with unit_of_work():
            made = renewals.ask(certificate, cause, by=me(), at=clock.now())
    except (Conflict, IllegalMove, InvalidInput) as error:
        return cannot(certificate, sentence(error))
    return see_other(url_for("applications.goods", public_id=made.public_id))


@bp.route("/c/<code>/act/visit", methods=["GET", "POST"])
@requires(Permission.SURVEY, load=load)
def visit(certificate: Certificate) -> Page:
    """The form of a passed visit, then the same as a question at an address of its own, then the act."""
    try:
        check_decider(me(), certificate.case, clock.now())
        if request.method == "POST":
            return _visited(certificate, VisitForm())
        surveillance.require_due(certificate, clock.now())
        if "said" not in request.args:
            return _draw(certificate, VisitForm(data={"seen": certificate.newest or 1}))
        said = twice.unseal(request.args["said"], request.path, me().public_id, clock.now())
        return see_other(request.path) if said is None else _asked(certificate, VisitForm(formdata=said, meta={"csrf": False}))
    except IllegalMove as error:
        return cannot(certificate, sentence(error))


@bp.route("/c/<code>/act/reissue", methods=["GET", "POST"])
@requires(Permission.REISSUE, load=load)
def reissue(certificate: Certificate) -> Page:
    """A version by a key that fell into other hands, issued anew: the question, then the act."""
    try:
        check_decider(me(), certificate.case, clock.now())
        if request.method == "GET":
            reissuing.require_doubted(certificate, clock.now())
            return _render("certificates/reissue.html", certificate)
        with unit_of_work():
            reissuing.reissue(certificate, by=me(), at=clock.now())
    except IllegalMove as error:
        return cannot(certificate, sentence(error))
    flash(_("Quedó hecho y ya se ve en la página pública. Avisamos a quien tiene el sello."))
    return see_other(f"/c/{certificate.code}")


def _visited(certificate: Certificate, form: VisitForm) -> Page:
    if not form.validate():
        return _draw(certificate, form), 422
    if form.confirmed.data != "yes":
        found = _asked(certificate, form)
        said = twice.seal(form.written(), request.path, me().public_id, clock.now())
        return found if said is None or isinstance(found, tuple) else see_other(f"{request.path}?said={said}")
    try:
        with unit_of_work():
            surveillance.pass_surveillance(certificate, form.visit(), by=me(), at=clock.now())
    except (InvalidInput, Conflict) as error:
        return _refused(certificate, form, error)
    flash(_("Quedó hecho y ya se ve en la página pública. Avisamos a quien tiene el sello."))
    return see_other(f"/c/{certificate.code}")


def _asked(certificate: Certificate, form: VisitForm) -> Page:
    if not form.validate():
        return _draw(certificate, form), 422
    try:
        term = surveillance.foresee(certificate, form.visit(), at=clock.now())
    except InvalidInput as error:
        return _refused(certificate, form, error)
    return _draw(certificate, form, asked=True, next_due=term.surveillance_due)


def _refused(certificate: Certificate, form: VisitForm, error: InvalidInput | Conflict) -> Page:
    form.refuse(error)
    form.seen.data = certificate.newest
    return _draw(certificate, form), status_of(error)


def _draw(certificate: Certificate, form: VisitForm, *, asked: bool = False, next_due: object = None) -> str:
    return _render("certificates/visit.html", certificate, form=form, asked=asked, next_due=next_due)


def _render(template: str, certificate: Certificate, **more: object) -> str:
    return render_template(
        template,
        certificate=certificate,
        shown=display(certificate.code),
        label=text_of(certificate.scheme_version).name.in_(language()),
        verdict=standing(certificate, clock.now()),
        **more,
    )
