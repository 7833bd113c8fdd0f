"""My account: what it says of me, and how I change it."""

import json
from typing import Any

from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts import changes, codes, consents, mydata, sessions, signing_in
from certification.accounts.blueprint import bp, submitted
from certification.accounts.codes import Purpose
from certification.accounts.forms import AgainForm, ChangePasswordForm, DetailsForm, EraseForm, MailForm
from certification.accounts.guard import me as whoever
from certification.accounts.guard import requires
from certification.accounts.models import User
from certification.accounts.passwords import seal, suggested_phrase
from certification.accounts.permissions import Permission
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.web import see_other


@bp.get("/")
@requires(Permission.USE_ACCOUNT)
def me() -> Any:
    user = whoever()
    return render_template(
        "accounts/me.html",
        user=user,
        purposes=consents.VOLUNTARY,
        given=consents.given(user),
        passkeys=len(user.passkeys),
        roles=sorted({held.role.value for held in user.current_roles}),
    )


@bp.route("/details", methods=["GET", "POST"])
@requires(Permission.USE_ACCOUNT)
def details() -> Any:
    user = whoever()
    form = DetailsForm(obj=user)

    def act() -> Any:
        _change_details(user, form)
        sessions.remember_language(user.language)
        flash(_("Guardado."), "success")
        return see_other(url_for("accounts.me"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/details.html", form=form, user=user), status)


def _change_details(user: User, form: DetailsForm) -> None:
    with unit_of_work():
        changes.change_details(
            user,
            name=form.name.data,
            handle=form.handle.data,
            phone=form.phone.data,
            language=form.language.data,
            by=user,
            at=clock.now(),
        )


@bp.route("/password", methods=["GET", "POST"])
@requires(Permission.USE_ACCOUNT)
def password() -> Any:
    user = whoever()
    form = ChangePasswordForm()
    if user.password_hash is None:
        del form.current

    def act() -> Any:
        _prove(user, form)
        sealed = seal(form.password.data)
        with unit_of_work():
            changes.change_password(user, sealed=sealed, visit=sessions.visit(), by=user, at=clock.now())
        sessions.renew(user)
        flash(_("Su contraseña cambió y las demás sesiones se cerraron."), "success")
        return see_other(url_for("accounts.me"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/password.html", form=form, phrase=suggested_phrase()), status)


@bp.route("/mail", methods=["GET", "POST"])
@requires(Permission.USE_ACCOUNT)
def mail() -> Any:
    user = whoever()
    form = MailForm()
    if user.password_hash is None:
        del form.current

    def act() -> Any:
        _prove(user, form)
        with unit_of_work():
            changes.ask_new_mail(user, form.email.data, by=user, at=clock.now())
        return see_other(url_for("accounts.check_mail"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/mail.html", form=form, user=user), status)


@bp.route("/mail/<code>", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def new_mail(code: str) -> Any:
    """A link may be opened by a machine that reads mail first: only the button changes anything."""
    row = codes.find(Purpose.NEW_MAIL, code, at=clock.now())
    if request.method == "POST":
        with unit_of_work():
            changes.take_new_mail(code, at=clock.now())
        flash(_("Su correo cambió."), "success")
        return see_other(url_for("accounts.me"))
    return render_template("accounts/new_mail.html", address=row.address)


@bp.post("/everywhere")
@requires(Permission.USE_ACCOUNT)
def everywhere() -> Any:
    user = whoever()
    with unit_of_work():
        signing_in.sign_out_everywhere(user, visit=sessions.visit(), at=clock.now())
    sessions.renew(user)
    flash(_("Cerramos todas las demás sesiones."), "success")
    return see_other(url_for("accounts.me"))


@bp.post("/consents")
@requires(Permission.USE_ACCOUNT)
def choose_consents() -> Any:
    user = whoever()
    with unit_of_work():
        consents.choose(user, request.form.getlist("purpose"), text_version=consents.notice_version(), at=clock.now())
    flash(_("Guardado."), "success")
    return see_other(url_for("accounts.me"))


@bp.route("/export", methods=["GET", "POST"])
@requires(Permission.USE_ACCOUNT)
def export() -> Any:
    user = whoever()
    form = AgainForm()
    if user.password_hash is None:
        del form.current

    def act() -> Any:
        _prove(user, form)
        response = Response(json.dumps(mydata.export(user), ensure_ascii=False, indent=2), mimetype="application/json")
        response.headers["Content-Disposition"] = f"attachment; filename=tianguis-{user.public_id}.json"
        return response

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/export.html", form=form), status)


@bp.route("/erase", methods=["GET", "POST"])
@requires(Permission.USE_ACCOUNT)
def erase() -> Any:
    user = whoever()
    form = EraseForm()
    if user.password_hash is None:
        del form.current

    def act() -> Any:
        _prove(user, form)
        with unit_of_work():
            mydata.ask_erasure(user, by=user, at=clock.now())
        sessions.end()
        flash(_("Su cuenta se borrará en siete días. Si cambia de idea, entre antes y consérvela."), "success")
        return see_other(url_for("home.index"))

    answer, status = submitted(form, act)
    told = [_(one.sentence, **one.values) for one in mydata.warnings(user, clock.now())]
    return answer or (render_template("accounts/erase.html", form=form, told=told), status)


@bp.post("/keep")
@requires(Permission.USE_ACCOUNT)
def keep() -> Any:
    user = whoever()
    with unit_of_work():
        mydata.keep_account(user, by=user, at=clock.now())
    flash(_("Su cuenta se queda."), "success")
    return see_other(url_for("accounts.me"))


def _prove(user: User, form: Any) -> None:
    """Ask for the password again; who has none must have used a passkey in the last ten minutes."""
    if "current" in form:
        sessions.prove(user, form.current.data)
    elif not sessions.proved_recently():
        raise signing_in.ProveAgain
