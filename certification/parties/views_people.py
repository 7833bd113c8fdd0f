"""People come into a party, change their role, get back in and leave."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.blueprint import submitted
from certification.accounts.guard import me, person, requires
from certification.accounts.paper import code_sheet
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.web import request_key, see_other
from certification.parties import joining
from certification.parties.blueprint import bp, form_page, home, load_by_key, load_invitation, load_membership, load_party
from certification.parties.forms import ROLE_WORDS, InviteForm, RoleForm
from certification.parties.models import Invitation, MemberRole, Membership, Party
from certification.parties.permissions import Permission


@bp.route("/desk/parties/<public_id>/members/new", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=load_party)
def add_member(party: Party) -> Any:
    form = InviteForm()
    form.request_key.data = form.request_key.data or request_key()

    def act() -> Any:
        role = MemberRole(form.role.data)
        if form.without_mail.data:
            with unit_of_work():
                key = form.request_key.data
                user, code = joining.add_without_mail(
                    party, name=form.name.data, role=role, by=me(), at=clock.now(), request_key=key
                )
            return code_sheet(user, code, back=home(party))
        with unit_of_work():
            joining.invite(party, name=form.name.data, email=form.email.data, role=role, by=me(), at=clock.now())
        flash(_("Invitación enviada a %(email)s.", email=form.email.data), "success")
        return see_other(home(party))

    answer, status = submitted(form, act)
    return answer or form_page("invite", form, status, party=party)


@bp.route("/desk/parties/<public_id>/members/<user_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=load_membership)
def change_role(membership: Membership) -> Any:
    form = RoleForm(role=membership.role.value)

    def act() -> Any:
        with unit_of_work():
            joining.change_role(membership, MemberRole(form.role.data), by=me(), at=clock.now())
        flash(_("Guardado."), "success")
        return see_other(home(membership.party))

    answer, status = submitted(form, act)
    return answer or form_page("member", form, status, party=membership.party, membership=membership)


@bp.post("/desk/parties/<public_id>/members/<user_id>/end")
@requires(Permission.LEAVE, load=load_membership)
def end_membership(membership: Membership) -> Any:
    own = membership.user_id == me().id
    with unit_of_work():
        joining.end(membership, by=me(), at=clock.now())
    flash(_("Hecho: ya no pertenece."), "success")
    return see_other(url_for("desk.index") if own else home(membership.party))


@bp.post("/desk/parties/<public_id>/members/<user_id>/code")
@requires(Permission.PRINT_CODE, load=load_membership)
def print_code(membership: Membership) -> Any:
    """A new printed code for a member who can't get in."""
    with unit_of_work():
        code = joining.print_code(membership, by=me(), at=clock.now())
    return code_sheet(membership.user, code, back=home(membership.party))


@bp.post("/desk/invitations/<public_id>/withdraw")
@requires(Permission.MANAGE, load=load_invitation)
def withdraw_invitation(invitation: Invitation) -> Any:
    with unit_of_work():
        joining.withdraw(invitation, by=me(), at=clock.now())
    flash(_("Invitación retirada."), "success")
    return see_other(home(invitation.party))


@bp.route("/join/<key>", methods=["GET", "POST"])
@requires(Permission.READ_INVITATION, load=load_by_key)
def join(invitation: Invitation) -> Any:
    """The page of a mailed invitation: a visitor learns who asks and signs in; pressing the button joins."""
    who = person()
    if request.method == "POST":
        if who is None:
            return see_other(url_for("accounts.sign_in", next=request.path))
        with unit_of_work():
            joining.accept(invitation, by=me(), at=clock.now())
        flash(_("Ya pertenece a %(name)s.", name=invitation.party.name), "success")
        return see_other(home(invitation.party))
    role = ROLE_WORDS[invitation.role]
    return render_template("parties/join.html", invitation=invitation, role=role, who=who, nav="desk")
