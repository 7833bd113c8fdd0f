"""For operators: who holds which role."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from certification.accounts import directory, passkeys, roles, standing
from certification.accounts.blueprint import bp, submitted
from certification.accounts.forms import AppointForm
from certification.accounts.guard import me, requires
from certification.accounts.models import Role, User
from certification.accounts.permissions import Permission
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.forms import options, tidy
from certification.core.web import position, see_other
from certification.rules.errors import InvalidInput

ROLE_NAMES = {
    "operator": _l("Persona operadora del sitio"),
    "vetter": _l("Comprueba quién habla por un taller"),
    "promoter": _l("Persona promotora"),
    "scheme_owner": _l("Dueña del esquema"),
    "evaluator": _l("Persona revisora"),
    "decider": _l("Integrante del comité"),
}


def load_user(public_id: str) -> User | None:
    """The person of an address."""
    return db.session.query(User).filter_by(public_id=public_id).one_or_none()


@bp.get("/people")
@requires(Permission.APPOINT)
def people() -> Any:
    words = (tidy(request.args.get("q")) or "")[:100]
    after = position(request.args.get("after"))
    found = directory.find_people(words, after)
    return render_template(
        "accounts/people.html", found=found, words=words, role_names=ROLE_NAMES, scope_names=dict(roles.scopes())
    )


@bp.route("/people/<public_id>", methods=["GET", "POST"])
@requires(Permission.APPOINT, load=load_user)
def one_person(user: User) -> Any:
    form = AppointForm()
    form.role.choices = options((role.value, ROLE_NAMES[role.value]) for role in Role)
    form.scope.choices = options((("", _("Todo el sitio")), *roles.scopes()))

    def act() -> Any:
        with unit_of_work():
            roles.appoint(user, Role(form.role.data), form.scope.data or "", by=me(), at=clock.now())
        flash(_("Guardado."), "success")
        return _back(user)

    answer, status = submitted(form, act)
    sheet, names = directory.sheet(user), dict(roles.scopes())
    return answer or (
        render_template("accounts/person.html", form=form, sheet=sheet, role_names=ROLE_NAMES, scope_names=names),
        status,
    )


@bp.post("/people/<public_id>/dismiss")
@requires(Permission.APPOINT, load=load_user)
def dismiss(user: User) -> Any:
    if request.form.get("role") not in set(Role):
        raise InvalidInput
    with unit_of_work():
        roles.dismiss(user, Role(request.form["role"]), request.form.get("scope", ""), by=me(), at=clock.now())
    flash(_("El cargo terminó."), "success")
    return _back(user)


@bp.post("/people/<public_id>/drop-passkeys")
@requires(Permission.APPOINT, load=load_user)
def drop_passkeys(user: User) -> Any:
    with unit_of_work():
        passkeys.drop_all(user, by=me(), at=clock.now())
    flash(_("Quitamos sus llaves de acceso. Ahora puede entrar con su contraseña y hacer otra."), "success")
    return _back(user)


@bp.post("/people/<public_id>/close")
@requires(Permission.APPOINT, load=load_user)
def close(user: User) -> Any:
    with unit_of_work():
        standing.close(user, by=me(), at=clock.now())
    flash(_("La cuenta está cerrada."), "success")
    return _back(user)


@bp.post("/people/<public_id>/reopen")
@requires(Permission.APPOINT, load=load_user)
def reopen(user: User) -> Any:
    with unit_of_work():
        standing.reopen(user, by=me(), at=clock.now())
    flash(_("La cuenta está abierta otra vez."), "success")
    return _back(user)


def _back(user: User) -> Any:
    return see_other(url_for("accounts.one_person", public_id=user.public_id))
