"""The door of every route: ``@requires``."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from flask import current_app, flash, g, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError

from certification.accounts import sessions
from certification.accounts.models import User
from certification.accounts.permissions import RULES, check
from certification.accounts.sessions import STRONG
from certification.core.failures import answer, wants_json
from certification.core.web import came_from, see_other
from certification.rules.errors import Forbidden, NotFound

View = Callable[..., Any]


def person() -> User | None:
    """Who is signed in, or ``None`` for a visitor."""
    g.user_seen = True
    return current_user if current_user.is_authenticated else None


def me() -> User:
    """Who is signed in; for views that only signed-in people reach.

    Raises:
        Forbidden: for a visitor.

    """
    found = person()
    if found is None:
        raise Forbidden
    # Flask-Login hands out a proxy; services want the row
    row: User = current_user._get_current_object()  # noqa: SLF001 - werkzeug's documented way out of a proxy
    return row


def requires(permission: StrEnum, *, load: Callable[..., Any] | None = None) -> Callable[[View], View]:
    """Let a view be reached only by whom the permission's rule lets pass.

    With ``load`` (address parts → thing or ``None``) the view is given the thing. A visitor who may not is asked to sign in.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(**address: Any) -> Any:
            rule = RULES[str(permission)]
            if load is None and rule.open_to_all:
                return view(**address)
            who = me() if person() else None
            if who is None and not (rule.public or rule.open_to_all):
                return _ask_to_sign_in()
            thing = load(**address) if load else None
            if load is not None and thing is None:
                raise NotFound
            check(who, permission, thing)
            if rule.strong and current_app.config["SETTINGS"]["PASSKEYS_REQUIRED"] and not session.get(STRONG):
                return see_other(url_for("accounts.passkeys", next=_comeback()))
            return view(thing) if load else view(**address)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the access table
        guarded.loads = load is not None  # type: ignore[attr-defined]  # read by the access table
        return guarded

    return wrap


def _comeback() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else came_from("/")


def _ask_to_sign_in() -> Any:
    """The way to the sign-in page and back; whoever was sending something learns that the session ended, a script by a 401."""
    if request.method == "GET":
        return see_other(url_for("accounts.sign_in", next=_comeback()))
    ended = _("Su sesión terminó. Entre otra vez para seguir donde iba.")
    if wants_json():
        return answer(401, ended, "signed_out")
    flash(ended, "warning")
    return see_other(url_for("accounts.sign_in", next=_comeback()))


def _dead_token(_error: CSRFError) -> Any:
    """A form whose token died with its session leads to the sign-in page; any other is a bad request."""
    view = current_app.view_functions.get(request.endpoint or "")
    rule = RULES.get(str(getattr(view, "permission", "")))
    if rule is None or rule.public or rule.open_to_all or person():
        return answer(400)
    return _ask_to_sign_in()


def load_user(remembered: str) -> User | None:
    """The user whom a session remembers, while that session still counts."""
    public_id, _, epoch = remembered.partition(".")
    user = sessions.remembered(public_id)
    return user if user and user.is_active and str(user.session_epoch) == epoch else None


def init_app(app: Any) -> None:
    sessions.init_app(app)
    manager = LoginManager()
    manager.session_protection = None  # phones change address all the time
    manager.user_loader(load_user)
    manager.init_app(app)
    app.register_error_handler(CSRFError, _dead_token)
    # no remember-me cookie here, and looking for one makes every answer vary by cookie
    app.after_request_funcs[None].remove(manager._update_remember_cookie)  # noqa: SLF001 - Flask-Login offers no switch
