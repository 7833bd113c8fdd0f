"""The desk of a stall: its story, its photographs, whom it credits, and whether it is open."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from certification.accounts.blueprint import submitted
from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.failures import status_of
from certification.core.media import files
from certification.core.web import see_other
from certification.parties.models import Party
from certification.rules.errors import DomainError, InvalidInput
from certification.rules.text import N_
from marketplace.producers import queries, stalls
from marketplace.producers.forms import AwayForm, MakerForm, PhotoForm, StallForm, filled
from marketplace.producers.models import Maker, Producer
from marketplace.producers.permissions import Permission

bp = Blueprint("stalls", __name__)
KEPT, SAME = "kept", "same"


def load_party(public_id: str) -> Party | None:
    return db.session.scalar(select(Party).where(Party.public_id == public_id))


def _home(producer: Producer) -> str:
    return url_for("stalls.edit", slug=producer.slug)


@bp.post("/desk/parties/<public_id>/stall")
@requires(Permission.OPEN, load=load_party)
def open_stall(party: Party) -> Any:
    with unit_of_work():
        made = stalls.open_stall(party, by=me(), at=clock.now())
    flash(_("Su puesto está listo para llenarse. Nadie más lo ve hasta que usted lo abra."), "success")
    return see_other(_home(made))


@bp.route("/desk/stalls/<slug>", methods=["GET", "POST"])
@requires(Permission.EDIT, load=queries.by_slug)
def edit(producer: Producer) -> Any:
    if request.method == "GET":
        return _page(producer, 200)
    return _sent(producer, lambda: _("Guardado."))


@bp.post("/desk/stalls/<slug>/cover")
@requires(Permission.EDIT, load=queries.by_slug)
def cover(producer: Producer) -> Any:
    return _sent(producer, _hung, asked="cover")


@bp.post("/desk/stalls/<slug>/portrait")
@requires(Permission.EDIT, load=queries.by_slug)
def portrait(producer: Producer) -> Any:
    return _sent(producer, _hung, asked="portrait")


@bp.post("/desk/stalls/<slug>/away")
@requires(Permission.EDIT, load=queries.by_slug)
def go_away(producer: Producer) -> Any:
    return _sent(producer, lambda: _("Guardado."), asked="away")


@bp.post("/desk/stalls/<slug>/show")
@requires(Permission.EDIT, load=queries.by_slug)
def show(producer: Producer) -> Any:
    def act() -> str:
        with unit_of_work():
            stalls.show(producer, by=me(), at=clock.now())
        return str(_("Su puesto está abierto: cualquiera puede verlo."))

    return _sent(producer, act)


def _hung() -> str:
    return str(_("Foto quitada.") if request.form.get("act") == "remove" else _("Foto guardada."))


def _sent(producer: Producer, act: Callable[[], str], *, asked: str = "") -> Any:
    """Every button of the desk sends the whole form: all of it is kept, whatever is refused, and then the button's act is done.

    ``act`` answers what was done, in words; ``asked`` names the part that the button is about.
    """
    forms = _forms(producer)
    steps = {
        "form": lambda: _describe(producer, forms["form"]),
        "cover": lambda: _hang(producer, forms["cover"], "cover", asked=asked == "cover"),
        "portrait": lambda: _hang(producer, forms["portrait"], "portrait", asked=asked == "portrait"),
        "away": lambda: _leave(producer, forms["away"], asked=asked == "away"),
    }
    met = [submitted(forms[name], step) for name, step in steps.items()]
    refused = [status for answer, status in met if answer is None]
    if not refused:
        try:
            flash(act(), "success")
        except DomainError as error:
            forms["form"].refuse(error)
            return _page(producer, status_of(error), **forms)
        return see_other(_home(producer))
    if any(answer == KEPT for answer, _status in met):
        flash(_("Lo demás quedó guardado."), "success")
    return _page(producer, max(refused), **forms)


def _describe(producer: Producer, form: StallForm) -> str:
    if not _came("line") or form.values() == stalls.values_of(producer):
        return SAME
    with unit_of_work():
        stalls.describe(producer, form.values(), by=me(), at=clock.now())
    return KEPT


def _hang(producer: Producer, form: PhotoForm, place: str, *, asked: bool) -> str:
    """Hang the photograph that came for this place. The button of the place asks for one, or takes the old one down."""
    removed = asked and request.form.get("act") == "remove"
    if not (asked or form.photo.data):
        return SAME
    prepared = None if removed else _prepared(form.photo.data)
    with unit_of_work():
        name = form.photo.data.filename if prepared else ""
        kept = files.keep(prepared, name=name or "", by=me(), at=clock.now()) if prepared else None
        stalls.picture(producer, kept, cover=place == "cover", by=me(), at=clock.now())
    return KEPT


def _prepared(given: Any) -> files.Prepared:
    if not given:
        raise InvalidInput(sentence=N_("Elija una foto."), field="photo")
    try:
        return files.prepare_photo(given.stream)
    except DomainError as error:
        error.field = "photo"
        raise


def _leave(producer: Producer, form: AwayForm, *, asked: bool) -> str:
    back = asked and request.form.get("act") == "back"
    until = None if back else form.until.data
    if asked and until is None and not back:
        raise InvalidInput(sentence=N_("Elija el día en que regresan."), field="until")
    if not asked and until in (None, producer.away_until):
        return SAME
    with unit_of_work():
        stalls.go_away(producer, until, by=me(), at=clock.now())
    return KEPT


def _came(name: str) -> bool:
    return name in request.form


@bp.post("/desk/stalls/<slug>/hide")
@requires(Permission.EDIT, load=queries.by_slug)
def hide(producer: Producer) -> Any:
    with unit_of_work():
        stalls.hide(producer, by=me(), at=clock.now())
    flash(_("Su puesto está cerrado: nadie más lo ve, y sus productos tampoco."), "success")
    return see_other(_home(producer))


@bp.route("/desk/stalls/<slug>/makers", methods=["GET", "POST"])
@requires(Permission.EDIT, load=queries.by_slug)
def makers(producer: Producer) -> Any:
    members = queries.members_of(producer)
    form = MakerForm()
    form.offer(members)

    def act() -> Any:
        party = next((one for one in members if one.public_id == form.party.data), None)
        with unit_of_work():
            stalls.credit(producer, form.name.data, form.how.data, party=party, by=me(), at=clock.now())
        flash(_("Ya puede nombrar a %(name)s en sus piezas.", name=form.name.data), "success")
        return see_other(url_for("stalls.makers", slug=producer.slug))

    answer, status = submitted(form, act)
    named = queries.makers_of(producer)
    return answer or (
        render_template("stalls/makers.html", producer=producer, form=form, makers=named, members=members, nav="desk"),
        status,
    )


@bp.post("/desk/makers/<public_id>/withdraw")
@requires(Permission.EDIT, load=queries.one_maker)
def uncredit(maker: Maker) -> Any:
    with unit_of_work():
        stalls.uncredit(maker, by=me(), at=clock.now())
    flash(_("Hecho: ese nombre ya no aparece en ninguna página."), "success")
    return see_other(url_for("stalls.makers", slug=maker.producer.slug))


def _forms(producer: Producer) -> dict[str, Any]:
    """The parts of the desk of a stall; a part that was not sent is as the stall stands."""
    told, back = _came("line"), request.form.get("act") == "back"
    return {
        "form": StallForm(data=filled(producer)) if told else StallForm(formdata=None, data=filled(producer)),
        "cover": PhotoForm(prefix="cover-"),
        "portrait": PhotoForm(prefix="portrait-"),
        "away": AwayForm() if _came("until") and not back else AwayForm(formdata=None, data={"until": producer.away_until}),
    }


def _page(producer: Producer, status: int, **sent: Any) -> tuple[str, int]:
    """The whole desk of a stall, with its forms as they were sent or as the stall stands."""
    pictures = {
        "cover": files.photo(producer.cover) if producer.cover else None,
        "portrait": files.photo(producer.portrait) if producer.portrait else None,
    }
    page = render_template(
        "stalls/edit.html",
        producer=producer,
        pictures=pictures,
        is_away=stalls.is_away(producer, clock.now()),
        makers=len(queries.makers_of(producer)),
        nav="desk",
        **(sent or _forms(producer)),
    )
    return page, status
