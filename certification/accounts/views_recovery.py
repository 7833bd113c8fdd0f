"""Ways back in, and the way in for people without mail: mailed link and printed code."""

from typing import Any

from flask import Response, flash, render_template, session, url_for
from flask_babel import gettext as _

from certification.accounts import changes, codes, passkeys, printed, sessions
from certification.accounts.blueprint import bp, submitted
from certification.accounts.challenges import answered, ask
from certification.accounts.codes import Purpose
from certification.accounts.forms import BeginForm, CodeForm, ForgotForm, NewPasswordForm
from certification.accounts.guard import requires
from certification.accounts.models import User
from certification.accounts.passwords import Sealed, seal, suggested_phrase
from certification.accounts.people import suggested_handle
from certification.accounts.permissions import Permission
from certification.accounts.throttle import pass_by
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.web import see_other

PRINTED = "printed"  # in the session: the code that was typed


@bp.route("/forgot", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def forgot() -> Any:
    form = ForgotForm()

    def act() -> Any:
        with unit_of_work():
            pass_by("reset", sessions.visit(), at=clock.now())
            changes.ask_reset(form.email.data, at=clock.now())
        return see_other(url_for("accounts.check_mail"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/forgot.html", form=form), status)


@bp.route("/reset/<code>", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def reset(code: str) -> Any:
    codes.find(Purpose.RESET, code, at=clock.now())
    form = NewPasswordForm()

    def act() -> Any:
        sealed = seal(form.password.data)
        with unit_of_work():
            user = changes.reset(code, sealed=sealed, at=clock.now())
        sessions.begin(user, how="mail")
        flash(_("Su contraseña cambió y las demás sesiones se cerraron."), "success")
        return see_other(url_for("accounts.me"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/reset.html", form=form, phrase=suggested_phrase()), status)


@bp.route("/code", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def code() -> Any:
    form = CodeForm()

    def act() -> Any:
        with unit_of_work():
            pass_by("code", sessions.visit(), at=clock.now())
        printed.holder(form.code.data, at=clock.now())
        session[PRINTED] = form.code.data
        return see_other(url_for("accounts.begin"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/code.html", form=form), status)


@bp.route("/begin", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def begin() -> Any:
    if PRINTED not in session:
        return see_other(url_for("accounts.code"))
    user = printed.holder(session[PRINTED], at=clock.now())
    form = BeginForm(handle=user.handle or suggested_handle(user.name))

    def act() -> Any:
        _enter(form.handle.data, seal(form.password.data))
        return see_other(url_for("desk.index"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/begin.html", form=form, name=user.name, phrase=suggested_phrase()), status)


@bp.post("/begin/challenge")
@requires(Permission.BROWSE)
def begin_challenge() -> Any:
    return ask(passkeys.creation_options(printed.holder(session.get(PRINTED, ""), at=clock.now())))


@bp.post("/begin/passkey")
@requires(Permission.BROWSE)
def begin_passkey() -> Response:
    answer = answered()
    _enter(answer.name, None, answer.credential, answer.challenge)
    return answer.leads_to(url_for("desk.index"))


def _enter(handle: str, sealed: Sealed | None, credential: Any = None, challenge: str = "") -> None:
    with unit_of_work():
        user: User = printed.redeem(session.get(PRINTED, ""), handle=handle, sealed=sealed, at=clock.now())
        if credential is not None:
            passkeys.add(user, credential, challenge=challenge, name=_("Mi primera llave"), by=user, at=clock.now())
    sessions.begin(user, how="code", strong=credential is not None)
    flash(_("Ya está dentro. Para volver a entrar use su nombre: %(handle)s", handle=user.handle), "success")
