"""Pages for asking and answering."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from certification.accounts.guard import me, person, requires
from certification.accounts.sessions import visit
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.i18n import language
from certification.core.web import after_id, cursor, request_key, see_other, with_args
from certification.rules.errors import DomainError
from marketplace.catalogue.models import Product
from marketplace.enquiries import asking, queries
from marketplace.enquiries.forms import AnswerForm, AskForm
from marketplace.enquiries.models import Channel, Enquiry, EnquiryState
from marketplace.enquiries.permissions import Permission

bp = Blueprint("enquiries", __name__)


def _product(public_id: str) -> Product | None:
    return db.session.scalar(select(Product).where(Product.public_id == public_id))


def _enquiry(public_id: str) -> Enquiry | None:
    return db.session.scalar(select(Enquiry).where(Enquiry.public_id == public_id))


def _by_link(public_id: str, key: str) -> Enquiry | None:
    found = _enquiry(public_id)
    return found if found is not None and asking.opens(found, key) else None


def _by_mail(public_id: str, key: str) -> Enquiry | None:
    found = _enquiry(public_id)
    return found if found is not None and asking.confirms(found, key) else None


@bp.route("/products/<public_id>/ask", methods=["GET", "POST"])
@requires(Permission.ASK, load=_product)
def ask(product: Product) -> Any:
    who = me() if person() else None
    form = AskForm(data=_known(who, product) if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                made = asking.ask(product, form.question(language()), by=who, at=clock.now(), visit=visit())
        except IntegrityError:  # the same page sent twice at once: the other one was first
            with unit_of_work():
                made = asking.ask(product, form.question(language()), by=who, at=clock.now(), visit=visit())
        except DomainError as error:
            form.refuse(error)
        else:
            return see_other(url_for("enquiries.follow", public_id=made.public_id, key=asking.key_of(made)))
    status = 422 if form.errors else 200
    return render_template("enquiries/ask.html", product=product, form=form, nav="products"), status


def _known(who: Any, product: Product) -> dict[str, str]:
    return {
        "name": who.name if who else "",
        "email": (who.email if who else "") or "",
        "channel": Channel.MAIL.value,
        "text": _("Hola, me interesa «%(name)s». ¿Está disponible?", name=product.name),
        "request_key": request_key(),
    }


@bp.route("/asked/<public_id>/<key>", methods=["GET", "POST"])
@requires(Permission.FOLLOW, load=_by_link)
def follow(enquiry: Enquiry) -> Any:
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                asking.add(enquiry, form.text.data, at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Mensaje enviado."), "success")
            return see_other(request.path)
    page = render_template(
        "enquiries/thread.html", enquiry=enquiry, form=form, for_buyer=True, states=EnquiryState, nav="products"
    )
    response = make_response(page, 422 if form.errors else 200)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is the buyer's key
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.route("/asked/<public_id>/<key>/confirm", methods=["GET", "POST"])
@requires(Permission.FOLLOW, load=_by_mail)
def confirm(enquiry: Enquiry) -> Any:
    """A page with one button: mail scanners follow links, people press buttons."""
    back = url_for("enquiries.follow", public_id=enquiry.public_id, key=asking.key_of(enquiry))
    if request.method == "POST":
        with unit_of_work():
            asking.confirm(enquiry, at=clock.now())
        flash(_("Listo: su mensaje ya llegó a quien lo hace."), "success")
        return see_other(back)
    if enquiry.state is not EnquiryState.UNCONFIRMED:
        return redirect(back, 303)
    return render_template("enquiries/confirm.html", enquiry=enquiry, nav="products")


@bp.get("/desk/enquiries")
@requires(Permission.LIST)
def index() -> Any:
    page = queries.for_desk(me(), before=after_id(request.args.get("after")))
    more = with_args(after=cursor(page.next)) if page.next else None
    return render_template("enquiries/index.html", page=page, more=more, states=EnquiryState, nav="desk")


@bp.route("/desk/enquiries/<public_id>", methods=["GET", "POST"])
@requires(Permission.ANSWER, load=_enquiry)
def show(enquiry: Enquiry) -> Any:
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                asking.answer(enquiry, form.text.data, by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Respuesta enviada."), "success")
            return see_other(request.path)
    hello = _(
        "Hola, %(name)s. Le escribo de %(site)s por «%(product)s».",
        name=enquiry.name,
        site=enquiry.product.producer.party.name,
        product=enquiry.product.name,
    )
    whatsapp = queries.whatsapp_link(enquiry.phone, hello) if enquiry.phone else None
    page = render_template(
        "enquiries/thread.html", enquiry=enquiry, form=form, for_buyer=False, whatsapp=whatsapp, states=EnquiryState, nav="desk"
    )
    return page, 422 if form.errors else 200


@bp.post("/desk/enquiries/<public_id>/close")
@requires(Permission.ANSWER, load=_enquiry)
def close(enquiry: Enquiry) -> Any:
    with unit_of_work():
        asking.close(enquiry, by=me(), at=clock.now())
    flash(_("Conversación cerrada. Puede abrirla de nuevo cuando quiera."), "success")
    return see_other(url_for("enquiries.show", public_id=enquiry.public_id))


@bp.post("/desk/enquiries/<public_id>/reopen")
@requires(Permission.ANSWER, load=_enquiry)
def reopen(enquiry: Enquiry) -> Any:
    with unit_of_work():
        asking.reopen(enquiry, by=me(), at=clock.now())
    return see_other(url_for("enquiries.show", public_id=enquiry.public_id))
