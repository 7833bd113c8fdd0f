"""Entering and leaving: sign-in, sign-out, registration and its confirmation."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts import registration, sessions, signing_in
from certification.accounts.blueprint import bp, onward, submitted
from certification.accounts.consents import notice_version
from certification.accounts.forms import ConfirmForm, RegisterForm, SignInForm
from certification.accounts.guard import person, requires
from certification.accounts.passwords import seal, suggested_phrase
from certification.accounts.permissions import Permission
from certification.accounts.throttle import pass_by
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.i18n import language
from certification.core.web import see_other


@bp.route("/sign-in", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def sign_in() -> Any:
    if request.method == "GET" and person() and not request.args.get("again"):
        return redirect(onward())
    form = SignInForm()

    def act() -> Any:
        with unit_of_work():
            tried = signing_in.attempt(form.login.data, sessions.visit(), at=clock.now())
        sessions.begin(sessions.judged(tried, form.password.data), how="password")
        return see_other(onward())

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/sign_in.html", form=form), status)


@bp.post("/sign-out")
@requires(Permission.BROWSE)
def sign_out() -> Any:
    sessions.end()
    flash(_("Salió de su cuenta."), "success")
    return see_other(url_for("home.index"))


@bp.route("/register", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def register() -> Any:
    form = RegisterForm()

    def act() -> Any:
        with unit_of_work():
            pass_by("register", sessions.visit(), at=clock.now())
        _take_registration(form)
        return see_other(url_for("accounts.check_mail"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/register.html", form=form, phrase=suggested_phrase()), status)


def _take_registration(form: RegisterForm) -> None:
    sealed = seal(form.password.data)
    with unit_of_work():
        registration.register(
            form.name.data,
            form.email.data,
            sealed=sealed,
            language=language(),
            text_version=notice_version(),
            at=clock.now(),
        )


@bp.get("/check-mail")
@requires(Permission.BROWSE)
def check_mail() -> Any:
    return render_template("accounts/check_mail.html")


@bp.route("/confirm/<code>", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def confirm(code: str) -> Any:
    form = ConfirmForm()
    waiting = registration.waiting(code, at=clock.now())

    def act() -> Any:
        with unit_of_work():
            tried = signing_in.attempt_again(waiting.user, sessions.visit(), at=clock.now())
        user = sessions.judged(tried, form.password.data)
        with unit_of_work():
            registration.confirm(code, at=clock.now())
        sessions.begin(user, how="confirmed")
        flash(_("Su cuenta está lista."), "success")
        return see_other(url_for("accounts.me"))

    answer, status = submitted(form, act)
    return answer or (render_template("accounts/confirm.html", form=form, address=waiting.address), status)
