"""Pages about a party: founding it, its page on the desk, who may act in its name. All private to those concerned."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.blueprint import submitted
from certification.accounts.guard import me, requires
from certification.accounts.people import by_login
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.web import see_other
from certification.parties import founding, queries, views_people, views_vetting
from certification.parties.blueprint import bp, form_page, home, load_belonging, load_mandate, load_party
from certification.parties.forms import KIND_WORDS, POWER_WORDS, ROLE_WORDS, MandateForm, MemberPartyForm, PartyForm
from certification.parties.models import Belonging, Mandate, Party, Power
from certification.parties.permissions import Permission
from certification.rules.errors import InvalidInput
from certification.rules.text import N_

__all__ = ["bp", "views_people", "views_vetting"]


@bp.route("/desk/parties/new", methods=["GET", "POST"])
@requires(Permission.FOUND)
def found() -> Any:
    form = PartyForm(kind="workshop")

    def act() -> Any:
        with unit_of_work():
            party = founding.found(form.values(), by=me(), at=clock.now())
        flash(_("Listo. Falta comprobar que usted puede hablar por «%(name)s».", name=party.name), "success")
        return see_other(home(party))

    answer, status = submitted(form, act)
    return answer or form_page("edit", form, status, party=None)


@bp.get("/desk/parties/<public_id>")
@requires(Permission.SEE, load=load_party)
def show(party: Party) -> Any:
    page = queries.party_page(party, me(), clock.now())
    words = {"kinds": KIND_WORDS, "roles": ROLE_WORDS, "powers": POWER_WORDS}
    return render_template("parties/show.html", page=page, party=party, words=words, nav="desk")


@bp.route("/desk/parties/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=load_party)
def edit(party: Party) -> Any:
    form = PartyForm(obj=party)

    def act() -> Any:
        with unit_of_work():
            warned = request.form.get("warned") == "yes"
            founding.change(party, form.values(), by=me(), at=clock.now(), warned=warned)
        flash(_("Guardado."), "success")
        return see_other(home(party))

    answer, status = submitted(form, act)
    return answer or form_page("edit", form, status, party=party)


@bp.route("/desk/parties/<public_id>/member-parties/new", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=load_party)
def add_member_party(party: Party) -> Any:
    form = MemberPartyForm(kind="artisan", state_code=party.state_code, municipality=party.municipality)

    def act() -> Any:
        with unit_of_work():
            made = founding.add_member_party(party, form.values(), how=form.how.data, by=me(), at=clock.now())
        flash(_("%(name)s ya pertenece. Pueden publicar y solicitar sellos a su nombre.", name=made.name), "success")
        return see_other(home(party))

    answer, status = submitted(form, act)
    return answer or form_page("edit", form, status, party=party, member=True)


@bp.post("/desk/parties/<public_id>/member-parties/<member_id>/part")
@requires(Permission.PART, load=load_belonging)
def part(belonging: Belonging) -> Any:
    with unit_of_work():
        founding.part(belonging, by=me(), at=clock.now())
    flash(_("Hecho: %(name)s ya no pertenece.", name=belonging.member.name), "success")
    return see_other(url_for("desk.index"))


@bp.route("/desk/parties/<public_id>/mandates/new", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=load_party)
def give_mandate(party: Party) -> Any:
    form = MandateForm()

    def act() -> Any:
        promoter = by_login(form.promoter.data)
        if promoter is None or not founding.is_promoter(promoter):  # one answer for both: this page tells nobody's address
            raise InvalidInput(sentence=N_("No hay una persona promotora con ese correo o nombre."), field="promoter")
        with unit_of_work():
            founding.give_mandate(party, Power(form.power.data), form.how.data, to=promoter, by=me(), at=clock.now())
        flash(_("Permiso dado. Puede retirarlo cuando quiera."), "success")
        return see_other(home(party))

    answer, status = submitted(form, act)
    return answer or form_page("mandate", form, status, party=party)


@bp.post("/desk/mandates/<public_id>/end")
@requires(Permission.END_MANDATE, load=load_mandate)
def end_mandate(mandate: Mandate) -> Any:
    with unit_of_work():
        founding.end_mandate(mandate, by=me(), at=clock.now())
    flash(_("Permiso retirado."), "success")
    return see_other(url_for("desk.index"))
