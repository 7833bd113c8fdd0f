"""Photographs on their way to a listing: by js/upload.js (its contract stands there) or by an ordinary form."""

from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import answer, wants_json
from certification.core.i18n import sentence
from certification.core.media.files import keep, photo, prepare_photo
from certification.core.web import see_other
from certification.rules.errors import DomainError, InvalidInput, NotFound
from certification.rules.text import N_
from marketplace.catalogue import desk, photos
from marketplace.catalogue.blueprint import bp
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.catalogue.permissions import Permission


@bp.post("/<public_id>/photos")
@requires(Permission.EDIT, load=desk.one_listing)
def add_photos(product: Product) -> Any:
    files = _chosen()
    if not files:
        raise InvalidInput("no_file", N_("Elija una foto."), field="photos")
    if wants_json():
        made, _new = _store(product, files[0])
        return jsonify(thumbnail(made) | {"position": made.position}), 201
    take_chosen(product)
    return see_other(_edit(product))


def take_chosen(product: Product) -> None:
    """Store the photographs that came with a form, where no script sent them; what cannot be taken is told by its name."""
    for file in _chosen():
        try:
            _made, new = _store(product, file)
        except DomainError as error:
            flash(_("%(file)s: %(why)s", file=file.filename, why=sentence(error)), "error")
        else:
            if not new:
                flash(_("%(file)s ya está entre las fotos de esta pieza.", file=file.filename), "warning")


def _chosen() -> list[FileStorage]:
    return [one for one in request.files.getlist("photo") if one.filename]


def _store(product: Product, file: FileStorage) -> tuple[ProductPhoto, bool]:
    """The photograph, and whether it is new here."""
    photos.require_room(product)
    prepared = prepare_photo(file.stream)
    with unit_of_work():
        same = photos.same_picture(product, prepared.digest)
        if same is not None:
            return same, False
        kept = keep(prepared, name=file.filename or "", by=me(), at=clock.now())
        return photos.add_photo(product, kept, by=me(), at=clock.now()), True


@bp.post("/<public_id>/photos/arrange")
@requires(Permission.EDIT, load=desk.one_listing)
def arrange(product: Product) -> Any:
    """One of up, down, remove and back, with a photograph's id."""
    act = next((name for name in ("up", "down", "remove", "back") if name in request.form), None)
    found = desk.photo_of(product, request.form[act]) if act else None
    if found is None:
        raise NotFound
    try:
        with unit_of_work():
            _do(act or "", found)
    except DomainError as error:
        if wants_json():
            raise
        flash(sentence(error), "error")
    return ("", 204) if wants_json() else see_other(_edit(product))


def _do(act: str, found: ProductPhoto) -> None:
    by, at = me(), clock.now()
    if act == "remove":
        photos.remove_photo(found, by=by, at=at)
    elif act == "back":
        photos.put_back(found, by=by, at=at)
    elif found.removed_at is None:
        photos.move_photo(found, "up" if act == "up" else "down", by=by, at=at)


@bp.get("/<public_id>/photos")
@requires(Permission.EDIT, load=desk.one_listing)
def back_to_form(product: Product) -> Any:
    """Where a browser lands that repeats the address of an upload."""
    return redirect(_edit(product))


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Any:
    """Before any view has seen it; a script gets the sentence too."""
    return answer(413, _("La foto pesa demasiado. Tómela de menor tamaño y envíela otra vez.") if wants_json() else None)


def thumbnail(one: ProductPhoto) -> dict[str, Any]:
    """A photograph as ``components/photos.html`` and js/upload.js take it."""
    drawn = photo(one.file, one.alt)
    return {"id": one.public_id, "src": drawn.src, "width": drawn.width, "height": drawn.height, "alt": one.alt}


def _edit(product: Product) -> str:
    return url_for("listings.edit", public_id=product.public_id, _anchor="photos")
