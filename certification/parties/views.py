"""Pages about parties and their people; all of them private to those concerned."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from certification.accounts.guard import me, requires
from certification.accounts.models import User
from certification.accounts.paper import code_sheet
from certification.accounts.people import by_login
from certification.accounts.printed import renew_code
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.media import files
from certification.core.web import see_other
from certification.parties import founding, joining, queries, vetting
from certification.parties.forms import (
    InviteForm,
    MandateForm,
    MemberPartyForm,
    PartyForm,
    ProofForm,
    RoleForm,
    VetForm,
    VouchForm,
)
from certification.parties.models import Invitation, Mandate, MemberRole, Membership, Party, Power, RepresentationProof
from certification.parties.permissions import Permission
from certification.rules.errors import DomainError, NotFound
from certification.rules.text import N_

bp = Blueprint("parties", __name__)


def _party(public_id: str) -> Party | None:
    return db.session.scalar(select(Party).where(Party.public_id == public_id))


def _by_public_id(model: Any) -> Any:
    def load(public_id: str) -> Any:
        return db.session.scalar(select(model).where(model.public_id == public_id))

    return load


def _membership(public_id: str, user_id: str) -> Membership | None:
    """The current membership of an account in a party, both by their public ids."""
    rows = select(Membership).join(Party, Party.id == Membership.party_id).join(User, User.id == Membership.user_id)
    wanted = (Party.public_id == public_id, User.public_id == user_id, Membership.ended_at.is_(None))
    return db.session.scalar(rows.where(*wanted))


def _home(party: Party) -> str:
    return url_for("parties.show", public_id=party.public_id)


def _form_page(template: str, form: Any, **values: Any) -> Any:
    return render_template(template, form=form, nav="desk", **values), 422 if form.errors else 200


@bp.route("/desk/parties/new", methods=["GET", "POST"])
@requires(Permission.FOUND)
def found() -> Any:
    form = PartyForm(kind="workshop") if request.method == "GET" else PartyForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                party = founding.found(form.values(), by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Listo. Falta comprobar que usted puede hablar por «%(name)s».", name=party.name), "success")
            return see_other(_home(party))
    return _form_page("parties/edit.html", form, party=None)


@bp.get("/desk/parties/<public_id>")
@requires(Permission.SEE, load=_party)
def show(party: Party) -> Any:
    page = queries.party_page(party, me(), clock.now())
    return render_template("parties/show.html", page=page, party=party, nav="desk")


@bp.route("/desk/parties/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=_party)
def edit(party: Party) -> Any:
    form = PartyForm(obj=party)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                founding.change(party, form.values(), by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Guardado."), "success")
            return see_other(_home(party))
    return _form_page("parties/edit.html", form, party=party)


@bp.route("/desk/parties/<public_id>/members/new", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=_party)
def add_member(party: Party) -> Any:
    form = InviteForm()
    if form.validate_on_submit():
        role = MemberRole(form.role.data)
        try:
            if form.without_mail.data:
                with unit_of_work():
                    user, code = joining.add_without_mail(party, name=form.name.data, role=role, by=me(), at=clock.now())
                return code_sheet(user, code, back=_home(party))
            with unit_of_work():
                joining.invite(party, name=form.name.data, email=form.email.data or "", role=role, by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Invitación enviada a %(email)s.", email=form.email.data), "success")
            return see_other(_home(party))
    return _form_page("parties/invite.html", form, party=party)


@bp.route("/desk/parties/<public_id>/member-parties/new", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=_party)
def add_member_party(party: Party) -> Any:
    form = MemberPartyForm(kind="artisan", state_code=party.state_code, municipality=party.municipality)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                founding.add_member_party(party, form.values(), how=form.how.data, by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Agregado. Ya pueden publicar y solicitar sellos a su nombre."), "success")
            return see_other(_home(party))
    return _form_page("parties/member_party.html", form, party=party)


@bp.route("/desk/parties/<public_id>/members/<user_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=lambda public_id, user_id: _membership(public_id, user_id))
def change_role(membership: Membership) -> Any:
    form = RoleForm(role=membership.role.value)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                joining.change_role(membership, MemberRole(form.role.data), by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Guardado."), "success")
            return see_other(_home(membership.party))
    return _form_page("parties/member.html", form, party=membership.party, membership=membership)


@bp.post("/desk/parties/<public_id>/members/<user_id>/end")
@requires(Permission.LEAVE, load=lambda public_id, user_id: _membership(public_id, user_id))
def end_membership(membership: Membership) -> Any:
    with unit_of_work():
        joining.end(membership, by=me(), at=clock.now())
    flash(_("Hecho: ya no pertenece."), "success")
    return see_other(url_for("desk.index"))


@bp.post("/desk/parties/<public_id>/members/<user_id>/code")
@requires(Permission.MANAGE, load=lambda public_id, user_id: _membership(public_id, user_id))
def print_code(membership: Membership) -> Any:
    """A new printed code for a member who can't get in."""
    with unit_of_work():
        code = renew_code(membership.user, by=me(), at=clock.now())
    return code_sheet(membership.user, code, back=_home(membership.party))


@bp.post("/desk/invitations/<public_id>/withdraw")
@requires(Permission.MANAGE, load=_by_public_id(Invitation))
def withdraw_invitation(invitation: Invitation) -> Any:
    with unit_of_work():
        joining.withdraw(invitation, by=me(), at=clock.now())
    flash(_("Invitación retirada."), "success")
    return see_other(_home(invitation.party))


@bp.route("/join/<key>", methods=["GET", "POST"])
@requires(Permission.FOUND)
def join(key: str) -> Any:
    invitation = joining.invitation_for(key, clock.now())
    if invitation is None:
        raise NotFound(sentence=N_("Esta invitación ya no sirve. Pida otra a quien se la mandó."))
    if request.method == "POST":
        with unit_of_work():
            joining.accept(invitation, by=me(), at=clock.now())
        flash(_("Bienvenida, bienvenido: ya pertenece a %(name)s.", name=invitation.party.name), "success")
        return see_other(_home(invitation.party))
    return render_template("parties/join.html", invitation=invitation, nav="desk")


@bp.route("/desk/parties/<public_id>/proof", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=_party)
def prove(party: Party) -> Any:
    form = ProofForm()
    if form.validate_on_submit():
        try:
            given = form.file.data
            if not given:
                raise NotFound(sentence=N_("Falta la foto o el PDF del documento."), field="file")
            prepared = files.prepare_document(given.stream)
            with unit_of_work():
                kept = files.keep(prepared, name=given.filename or "", by=me(), at=clock.now())
                vetting.offer_document(party, form.text.data, kept, by=me(), at=clock.now())
        except DomainError as error:
            error.field = "file"
            form.refuse(error)
        else:
            flash(_("Gracias. Una persona lo revisará y le avisaremos."), "success")
            return see_other(_home(party))
    return _form_page("parties/prove.html", form, party=party)


@bp.route("/vouch/<public_id>", methods=["GET", "POST"])
@requires(Permission.VOUCH, load=_party)
def vouch(party: Party) -> Any:
    """The page whose address a party gives to somebody who knows them."""
    form = VouchForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                vetting.vouch(party, form.text.data, by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Gracias por su palabra. Una persona la revisará."), "success")
            return see_other(url_for("desk.index"))
    return _form_page("parties/vouch.html", form, party=party)


@bp.route("/desk/parties/<public_id>/mandates/new", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=_party)
def give_mandate(party: Party) -> Any:
    form = MandateForm()
    if form.validate_on_submit():
        try:
            promoter = by_login(form.promoter.data)
            if promoter is None:
                raise NotFound(sentence=N_("No encontramos a esa persona."), field="promoter")
            with unit_of_work():
                founding.give_mandate(party, Power(form.power.data), form.how.data, to=promoter, by=me(), at=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Permiso dado. Puede retirarlo cuando quiera."), "success")
            return see_other(_home(party))
    return _form_page("parties/mandate.html", form, party=party)


@bp.post("/desk/mandates/<public_id>/end")
@requires(Permission.END_MANDATE, load=_by_public_id(Mandate))
def end_mandate(mandate: Mandate) -> Any:
    with unit_of_work():
        founding.end_mandate(mandate, by=me(), at=clock.now())
    flash(_("Permiso retirado."), "success")
    return see_other(url_for("desk.index"))


@bp.get("/vetting")
@requires(Permission.VET_QUEUE)
def vetting_queue() -> Any:
    return render_template("parties/vetting.html", proofs=vetting.waiting(), nav="desk")


@bp.route("/vetting/<public_id>", methods=["GET", "POST"])
@requires(Permission.VET, load=_by_public_id(RepresentationProof))
def vet(proof: RepresentationProof) -> Any:
    form = VetForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                vetting.decide(
                    proof, accepted=form.accepted.data == "yes", reason=form.reason.data or "", by=me(), at=clock.now()
                )
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Decisión guardada."), "success")
            return see_other(url_for("parties.vetting_queue"))
    return _form_page("parties/vet.html", form, proof=proof, party=proof.party)


@bp.get("/vetting/<public_id>/document")
@requires(Permission.VET, load=_by_public_id(RepresentationProof))
def proof_document(proof: RepresentationProof) -> Any:
    if proof.file is None:
        raise NotFound
    return files.send_private(proof.file, attachment=True)
