"""Where a person says what ties them to those who apply. The kinds are the table of ties of the schemes."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import DateField, RadioField
from wtforms.validators import Optional

from certification.accounts.blueprint import submitted
from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.forms import Form, options, tidy
from certification.core.i18n import language
from certification.core.web import see_other
from certification.parties import declaring
from certification.parties.blueprint import load_party
from certification.parties.declaring import DECLARABLE, TieValues
from certification.parties.models import Party, Tie
from certification.parties.permissions import Permission
from certification.parties.queries import place_of
from certification.schemes.reasons import tie_rules

LONGEST_WORDS = 100
bp = Blueprint("ties", __name__)


class TieForm(Form):
    """One tie; no first day means always, no last day that it lasts."""

    kind = RadioField(_l("¿Qué relación tiene?"))
    since = DateField(_l("Desde"), [Optional()])
    until = DateField(_l("Hasta"), [Optional()])

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.kind.choices = options((key, tie_rules()[key].name.in_(language())) for key in DECLARABLE)

    def values(self) -> TieValues:
        return TieValues(self.kind.data, self.since.data, self.until.data)


def load_tie(public_id: str) -> Tie | None:
    return db.session.scalar(select(Tie).where(Tie.public_id == public_id))


@bp.get("/desk/ties")
@requires(Permission.DECLARE_TIE)
def index() -> str:
    words = (tidy(request.args.get("who")) or "")[:LONGEST_WORDS]
    names = {key: rule.name.in_(language()) for key, rule in tie_rules().items()}
    found = [(party, place_of(party)) for party in declaring.parties_named(words)]
    return render_template("ties/index.html", ties=declaring.declared_by(me()), names=names, words=words, found=found, nav="desk")


@bp.route("/desk/ties/with/<public_id>", methods=["GET", "POST"])
@requires(Permission.DECLARE_TIE, load=load_party)
def declare(party: Party) -> Any:
    form = TieForm()

    def act() -> Any:
        with unit_of_work():
            declaring.declare(party, form.values(), by=me(), at=clock.now())
        flash(_("Anotado. Gracias por decirlo."), "success")
        return see_other(url_for("ties.index"))

    answer, status = submitted(form, act)
    meanings = {key: tie_rules()[key].text.in_(language()) for key in DECLARABLE}
    page = {"party": party, "place": place_of(party), "meanings": meanings}
    return answer or (render_template("ties/declare.html", form=form, nav="desk", **page), status)


@bp.post("/desk/ties/<public_id>/end")
@requires(Permission.END_TIE, load=load_tie)
def end(tie: Tie) -> Any:
    with unit_of_work():
        declaring.end(tie, by=me(), at=clock.now())
    flash(_("Anotado: esa relación terminó hoy."), "success")
    return see_other(url_for("ties.index"))
