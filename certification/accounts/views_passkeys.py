"""Passkeys: making, naming, removing, and signing in with one."""

from typing import Any

from flask import Response, current_app, flash, render_template, request, session, url_for
from flask_babel import gettext as _

from certification.accounts import passkeys, sessions
from certification.accounts.blueprint import bp, submitted
from certification.accounts.challenges import answered, ask
from certification.accounts.forms import AgainForm, PasskeyNameForm
from certification.accounts.guard import me, requires
from certification.accounts.models import Passkey, User
from certification.accounts.permissions import Permission
from certification.accounts.throttle import pass_by
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.i18n import day
from certification.core.web import see_other
from certification.rules.errors import Forbidden
from certification.rules.text import N_


def load_passkey(number: int) -> Passkey | None:
    """The passkey of an address."""
    return db.session.get(Passkey, number)


def may_change(user: User) -> bool:
    """Whether this session may add or remove passkeys.

    Who holds a role and has a passkey must have used it: else a stolen password would be enough to make a new one.
    """
    if user.current_roles and user.passkeys and not session.get(sessions.STRONG):
        return False
    return sessions.proved_recently()


def require_change(user: User) -> None:
    """Stop when :func:`may_change` says no.

    Raises:
        Forbidden: saying what to do first.

    """
    if not may_change(user):
        raise Forbidden("prove_again", N_("Vuelva a entrar, con su llave de acceso si tiene una, y luego haga este cambio."))


@bp.route("/passkeys", methods=["GET", "POST"], endpoint="passkeys")
@requires(Permission.USE_ACCOUNT)
def own_passkeys() -> Any:
    """The list; posting one's password opens the ten minutes in which it may be changed."""
    user, form = me(), AgainForm()

    def act() -> Any:
        sessions.prove(user, form.current.data)
        return see_other(url_for("accounts.passkeys", next=request.args.get("next")))

    answer, status = submitted(form, act)
    page = render_template(
        "accounts/passkeys.html",
        form=form,
        keys=sorted(user.passkeys, key=lambda key: key.id),
        may_change=may_change(user),
        with_password=user.password_hash is not None and not (user.current_roles and user.passkeys),
        compulsory=bool(user.current_roles) and current_app.config["SETTINGS"]["PASSKEYS_REQUIRED"],
        suggested=day(clock.now()),
    )
    return answer or (page, status)


@bp.post("/passkeys/challenge")
@requires(Permission.USE_ACCOUNT)
def passkey_creation() -> Response:
    require_change(me())
    return ask(passkeys.creation_options(me()))


@bp.post("/passkeys/add")
@requires(Permission.USE_ACCOUNT)
def passkey_add() -> Response:
    user, answer = me(), answered()
    require_change(user)
    name = answer.name or _("Llave del %(day)s", day=day(clock.now()))
    with unit_of_work():
        passkeys.add(user, answer.credential, challenge=answer.challenge, name=name, by=user, at=clock.now())
    session[sessions.STRONG] = True  # it verified the person just now
    flash(_("Guardamos su llave de acceso."), "success")
    return answer.leads_to(url_for("accounts.passkeys"))


@bp.post("/passkeys/<int(max=2147483647):number>/rename")
@requires(Permission.KEEP_PASSKEY, load=load_passkey)
def passkey_rename(key: Passkey) -> Any:
    form = PasskeyNameForm()
    if form.validate():
        with unit_of_work():
            passkeys.rename(key, form.name.data, by=me())
        flash(_("Guardado."), "success")
    else:
        flash(_("Escriba un nombre de 60 letras como máximo."), "error")
    return see_other(url_for("accounts.passkeys"))


@bp.post("/passkeys/<int(max=2147483647):number>/remove")
@requires(Permission.KEEP_PASSKEY, load=load_passkey)
def passkey_remove(key: Passkey) -> Any:
    require_change(me())
    with unit_of_work():
        passkeys.remove(key, by=me(), at=clock.now())
    flash(_("Quitamos la llave de acceso."), "success")
    return see_other(url_for("accounts.passkeys"))


@bp.post("/passkeys/sign-in/challenge")
@requires(Permission.BROWSE)
def passkey_challenge() -> Response:
    return ask(passkeys.request_options())


@bp.post("/passkeys/sign-in")
@requires(Permission.BROWSE)
def passkey_sign_in() -> Response:
    answer = answered()
    with unit_of_work():
        pass_by("passkey", sessions.visit(), at=clock.now())
    with unit_of_work():
        user = passkeys.recognize(answer.credential, challenge=answer.challenge, at=clock.now())
    sessions.begin(user, how="passkey", strong=True)
    return answer.leads_to(url_for("desk.index"))
