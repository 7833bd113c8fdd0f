"""Entering and leaving: sign-in, sign-out, registration and its confirmation."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts import registration, sessions, signing_in
from certification.accounts.blueprint import bp, onward, status_of
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
from certification.rules.errors import DomainError


@bp.route("/sign-in", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def sign_in() -> Any:
    if request.method == "GET" and person() and not request.args.get("again"):
        return redirect(onward())
    form, status = SignInForm(), 200
    if form.validate_on_submit():
        try:
            with unit_of_work():
                tried = signing_in.attempt(form.login.data, sessions.visit(), at=clock.now())
            sessions.begin(sessions.judged(tried, form.password.data))
            return see_other(onward())
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
    elif form.is_submitted():
        status = 422
    return render_template("accounts/sign_in.html", form=form), status


@bp.post("/sign-out")
@requires(Permission.BROWSE)
def sign_out() -> Any:
    sessions.end()
    flash(_("Salió de su cuenta."), "success")
    return see_other(url_for("home.index"))


@bp.route("/register", methods=["GET", "POST"])
@requires(Permission.BROWSE)
def register() -> Any:
    form, status = RegisterForm(), 200
    if form.validate_on_submit():
        try:
            with unit_of_work():
                pass_by("register", sessions.visit(), at=clock.now())
            _take_registration(form)
            return see_other(url_for("accounts.check_mail"))
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
    elif form.is_submitted():
        status = 422
    return render_template("accounts/register.html", form=form, phrase=suggested_phrase()), status


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
    form, status = ConfirmForm(), 200
    waiting = registration.waiting(code, at=clock.now())
    if form.validate_on_submit():
        try:
            with unit_of_work():
                tried = signing_in.attempt_again(waiting.user, sessions.visit(), at=clock.now())
            user = sessions.judged(tried, form.password.data)
            with unit_of_work():
                registration.confirm(code, at=clock.now())
            sessions.begin(user)
            flash(_("Su cuenta está lista."), "success")
            return see_other(url_for("accounts.me"))
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
    elif form.is_submitted():
        status = 422
    return render_template("accounts/confirm.html", form=form, address=waiting.address), status
