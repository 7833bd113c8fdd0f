"""Buttons that move a listing from state to state, and the page of its variants."""

from collections.abc import Callable
from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import sentence
from certification.core.web import see_other
from certification.rules.errors import DomainError
from certification.rules.text import N_
from marketplace.catalogue import desk, listing
from marketplace.catalogue.blueprint import bp
from marketplace.catalogue.forms import VariantsForm
from marketplace.catalogue.models import Product
from marketplace.catalogue.permissions import Permission
from marketplace.catalogue.readiness import NotReady

SPARE_LINES = 3
QUESTIONS = {
    "pause": N_("Mientras esté en pausa nadie podrá pedirla. ¿Ponerla en pausa?"),
    "archive": N_("Dejará de verse en el catálogo. Puede restaurarla cuando quiera. ¿Archivarla?"),
}


def _step(name: str, permission: Permission, service: Callable[..., Any], done: str) -> None:
    """One button: POST. With a question in :data:`QUESTIONS`, asked again where no script asked."""

    @requires(permission, load=desk.one_listing)
    def act(product: Product) -> Any:
        if name in QUESTIONS and request.form.get("confirmed") != "1":
            return render_template(
                "catalogue/listing_confirm.html", product=product, question=_(QUESTIONS[name]), act=name, nav="desk"
            )
        try:
            with unit_of_work():
                made = service(product, by=me(), at=clock.now())
        except NotReady as error:
            for one in error.problems:
                flash(sentence(one), "error")
            made = None
        else:
            flash(_(done), "success")
        return see_other(url_for("listings.edit", public_id=(made or product).public_id))

    bp.add_url_rule(f"/<public_id>/{name}", name, act, methods=["POST"])


_step("pause", Permission.PUBLISH, listing.pause, N_("Está en pausa: nadie puede pedirla hasta que la reanude."))
_step("resume", Permission.PUBLISH, listing.resume, N_("Está otra vez a la venta."))
_step("archive", Permission.ARCHIVE, listing.archive, N_("Está archivada."))
_step("restore", Permission.ARCHIVE, listing.restore, N_("Es otra vez un borrador."))
_step("copy", Permission.EDIT, listing.copy, N_("Esta es la copia: cambie lo que sea distinto y publíquela."))


@bp.route("/<public_id>/variants", methods=["GET", "POST"])
@requires(Permission.EDIT, load=desk.one_listing)
def variants(product: Product) -> Any:
    opened = None if request.method == "POST" else {"version": product.version_id, "lines": _lines(product)}
    form = VariantsForm(data=opened)
    status = 200
    if form.validate_on_submit():
        try:
            with unit_of_work():
                listing.set_variants(product, form.wanted(), version=form.opened_at, by=me(), at=clock.now())
        except DomainError as error:
            status = status_of(error)
            form.refuse(error)
            form.version.data = str(product.version_id)
        else:
            flash(_("Guardado."), "success")
            return see_other(url_for("listings.edit", public_id=product.public_id))
    elif form.errors:
        status = 422
    return render_template("catalogue/listing_variants.html", product=product, form=form, nav="desk"), status


def _lines(product: Product) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"public_id": one.public_id, "name": one.name, "price": one.price_centavos, "stock": one.on_hand}
        for one in product.variants
    ]
    return rows + [{}] * SPARE_LINES
