"""The desk of whoever lists goods: the list and the one-screen form."""

from typing import Any

from flask import flash, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound as NoSuchPage

from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import clock_time, language
from certification.core.web import after_id, cursor, see_other, with_args
from certification.registry.scope import waiting
from certification.rules.code import display
from certification.rules.errors import ChangedMeanwhile, DomainError
from certification.rules.workflow import LISTING, ListingState
from marketplace.catalogue import desk, listing, photos
from marketplace.catalogue.addresses import could_be_id
from marketplace.catalogue.blueprint import bp
from marketplace.catalogue.claims import claims_of
from marketplace.catalogue.forms import ListingForm, filled
from marketplace.catalogue.models import Product
from marketplace.catalogue.permissions import Permission
from marketplace.catalogue.substance import LosesLabel
from marketplace.catalogue.views_photos import take_chosen, thumbnail
from marketplace.labels import badges_for
from marketplace.producers.models import Producer


@bp.get("")
@requires(Permission.LIST)
def index() -> str:
    producers = desk.producers_of(me())
    wanted = request.args.get("state", ListingState.PUBLISHED.value)
    if wanted not in set(ListingState):
        raise NoSuchPage
    page = desk.listings(producers, ListingState(wanted), before=after_id(request.args.get("after")))
    more = with_args(after=cursor(page.next)) if page.next else None
    return render_template(
        "catalogue/desk_listings.html", page=page, more=more, producers=producers, chosen=ListingState(wanted), nav="desk"
    )


@bp.get("/new")
@requires(Permission.LIST)
def choose() -> str:
    """For whom? Only asked when there are several."""
    return render_template("catalogue/listing_new.html", producers=desk.producers_of(me()), nav="desk")


def _chosen(producer: str) -> Producer | None:
    return db.session.scalar(select(Producer).where(Producer.public_id == producer)) if could_be_id(producer) else None


@bp.post("/new/<producer>")
@requires(Permission.START, load=_chosen)
def start(producer: Producer) -> Any:
    with unit_of_work():
        made = listing.start(producer, by=me(), at=clock.now())
    return see_other(url_for("listings.edit", public_id=made.public_id))


@bp.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.EDIT, load=desk.one_listing)
def edit(product: Product) -> Any:
    form = ListingForm(data=filled(product)) if request.method == "GET" else ListingForm()
    form.offer(product, desk.makers_for(product))
    return _saved(product, form) if request.method == "POST" else _page(product, form, 200)


def _saved(product: Product, form: ListingForm) -> Any:
    auto = request.headers.get("X-Autosave") == "1"
    if not auto:
        take_chosen(product)
    if not form.validate():
        return (
            (jsonify(error={"code": "invalid_input", "sentence": form.first_refusal()}), 422)
            if auto
            else _page(product, form, 422)
        )
    alts = {name[4:]: text.strip() for name, text in request.form.items() if name.startswith("alt-")}
    try:
        with unit_of_work():
            warned = _warned() and not auto
            listing.save(product, form.values(alts), version=form.opened_at, by=me(), at=clock.now(), auto=auto, warned=warned)
    except DomainError as error:
        if auto:
            raise
        form.refuse(error)
        stale = isinstance(error, ChangedMeanwhile)
        loses = isinstance(error, LosesLabel)
        return _page(product, form, status_of(error), stored=_stored(product, form) if stale else None, warned=loses)
    if auto:
        return jsonify(time=clock_time(clock.now()), fields={"version": str(product.version_id)})
    if request.form.get("act") == "publish":
        return _published(product)
    flash(_("Guardado."), "success")
    return see_other(url_for("listings.edit", public_id=product.public_id))


def _published(product: Product) -> Any:
    try:
        with unit_of_work():
            listing.publish(product, by=me(), at=clock.now())
    except DomainError as error:
        form = ListingForm(formdata=None, data=filled(product))
        form.offer(product, desk.makers_for(product))
        form.refuse(error)
        return _page(product, form, status_of(error))
    flash(_("Ya está a la venta."), "success")
    return see_other(url_for("listings.edit", public_id=product.public_id))


def _stored(product: Product, form: ListingForm) -> list[tuple[str, str]]:
    """What is saved now in the fields where the form says something else; the form goes on from that version."""
    kept = ListingForm(formdata=None, data=filled(product))
    kept.offer(product, desk.makers_for(product))
    form.version.data = str(product.version_id)
    pairs = ((kept[one.name], one) for one in form if one.name not in ("version", "csrf_token"))
    return [(str(mine.label.text), _shown(mine)) for mine, theirs in pairs if (mine.data or "") != (theirs.data or "")]


def _shown(field: Any) -> str:
    if field.type == "BooleanField":
        return str(_("sí") if field.data else _("no"))
    if field.type == "SelectField":
        return next((str(choice.label.text) for choice in field if choice.checked), "")
    return str(field._value() or _("(vacío)"))  # noqa: SLF001 - what a text input of wtforms shows


def _warned() -> bool:
    return request.form.get("warned") == "yes"


def _page(
    product: Product, form: ListingForm, status: int, *, stored: list[tuple[str, str]] | None = None, warned: bool = False
) -> Any:
    at = clock.now()
    claims: dict[str, list[str]] = {}
    for one in claims_of(product, at):
        claims.setdefault(one.field, []).append(one.message(language()))
    return render_template(
        "catalogue/listing_edit.html",
        product=product,
        form=form,
        stored=stored,
        warned=warned or _warned(),
        unhooked=[display(code) for code in waiting(product.subject_ref, at)],
        claims=claims,
        photos=[thumbnail(one) for one in product.photos],
        removed=[thumbnail(one) for one in photos.removed_lately(product, at)],
        labels=badges_for([product.subject_ref], [], at).get(product.subject_ref, []),
        actions=LISTING.actions_from(product.state),
        states=ListingState,
        nav="desk",
    ), status
