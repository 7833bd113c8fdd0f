"""The desk of a stall: its story, its photographs, whom it credits, and whether it is open."""

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
    form = StallForm(data=filled(producer))

    def act() -> Any:
        with unit_of_work():
            stalls.describe(producer, form.values(), by=me(), at=clock.now())
        flash(_("Guardado."), "success")
        return see_other(_home(producer))

    answer, status = submitted(form, act)
    return answer or _page(producer, status, form=form)


@bp.post("/desk/stalls/<slug>/cover")
@requires(Permission.EDIT, load=queries.by_slug)
def cover(producer: Producer) -> Any:
    return _hang(producer, cover=True)


@bp.post("/desk/stalls/<slug>/portrait")
@requires(Permission.EDIT, load=queries.by_slug)
def portrait(producer: Producer) -> Any:
    return _hang(producer, cover=False)


def _hang(producer: Producer, *, cover: bool) -> Any:
    place = "cover" if cover else "portrait"
    form = PhotoForm(prefix=f"{place}-")

    def act() -> Any:
        prepared = None if request.form.get("act") == "remove" else _prepared(form.photo.data)
        with unit_of_work():
            name = form.photo.data.filename if prepared else ""
            kept = files.keep(prepared, name=name or "", by=me(), at=clock.now()) if prepared else None
            stalls.picture(producer, kept, cover=cover, by=me(), at=clock.now())
        flash(_("Foto guardada.") if kept else _("Foto quitada."), "success")
        return see_other(_home(producer))

    answer, status = submitted(form, act)
    return answer or _page(producer, status, **{place: form})


def _prepared(given: Any) -> files.Prepared:
    if not given:
        raise InvalidInput(sentence=N_("Elija una foto."), field="photo")
    try:
        return files.prepare_photo(given.stream)
    except DomainError as error:
        error.field = "photo"
        raise


@bp.post("/desk/stalls/<slug>/away")
@requires(Permission.EDIT, load=queries.by_slug)
def go_away(producer: Producer) -> Any:
    form = AwayForm()

    def act() -> Any:
        until = None if request.form.get("act") == "back" else form.until.data
        if until is None and request.form.get("act") != "back":
            raise InvalidInput(sentence=N_("Elija el día en que regresan."), field="until")
        with unit_of_work():
            stalls.go_away(producer, until, by=me(), at=clock.now())
        flash(_("Guardado."), "success")
        return see_other(_home(producer))

    answer, status = submitted(form, act)
    return answer or _page(producer, status, away=form)


@bp.post("/desk/stalls/<slug>/show")
@requires(Permission.EDIT, load=queries.by_slug)
def show(producer: Producer) -> Any:
    form = StallForm(formdata=None, data=filled(producer))
    try:
        with unit_of_work():
            stalls.show(producer, by=me(), at=clock.now())
    except DomainError as error:
        form.refuse(error)
        return _page(producer, status_of(error), form=form)
    flash(_("Su puesto está abierto: cualquiera puede verlo."), "success")
    return see_other(_home(producer))


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


def _page(producer: Producer, status: int, **shown: Any) -> tuple[str, int]:
    """The whole desk of a stall; ``shown`` has the one form that was sent, the others are as the stall stands."""
    forms: dict[str, Any] = {
        "form": StallForm(formdata=None, data=filled(producer)),
        "cover": PhotoForm(formdata=None, prefix="cover-"),
        "portrait": PhotoForm(formdata=None, prefix="portrait-"),
        "away": AwayForm(formdata=None, data={"until": producer.away_until}),
    }
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
        **(forms | shown),
    )
    return page, status
