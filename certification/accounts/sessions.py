"""Between the browser and the services of sign-in: cookies, the session, and what an attempt leads to."""

import secrets
from datetime import UTC, datetime, timedelta

from flask import Flask, Response, after_this_request, current_app, flash, request, session
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from certification.accounts import devices, signing_in
from certification.accounts.models import User
from certification.accounts.passwords import matches
from certification.accounts.signing_in import Attempt, NotRecognized
from certification.accounts.throttle import Visit
from certification.core import clock, i18n
from certification.core.db import unit_of_work
from certification.rules.text import N_

DEVICE_COOKIE = "device"
DEVICE_DAYS = 730
IDLE = timedelta(days=30)
STRONG = "strong"
SID, SINCE, PROVED = "sid", "since", "proved"
RECENT = timedelta(minutes=10)


def visit() -> Visit:
    """Where this request comes from."""
    return Visit(request.remote_addr or "", request.cookies.get(DEVICE_COOKIE))


def judged(tried: Attempt, password: str) -> User:
    """The account, when the password is right; checks the hash outside any unit of work.

    Raises:
        NotRecognized: when it is not; the attempt stays counted.

    """
    if not matches(tried.password_hash, password):
        raise NotRecognized
    with unit_of_work():
        return signing_in.succeed(tried)


def begin(user: User, *, how: str, strong: bool = False) -> None:
    """A new session for this account: nothing of the old one stays. Outside any unit of work.

    ``how`` the person proved who they are goes on the record.
    """
    at = clock.now()
    with unit_of_work():
        secret = devices.remember(user, visit(), at=at)
        signing_in.note_sign_in(user, how=how, at=at)
        news = signing_in.news_of_codes(user, at=at)
    session.clear()
    session.permanent = True
    session[SID] = secrets.token_urlsafe(16)
    session[SINCE] = session[PROVED] = int(at.timestamp())
    if strong:
        session[STRONG] = True
    login_user(user)
    for told in news:
        flash(_("%(name)s imprimió un código para su cuenta el %(day)s.", name=told.by, day=i18n.day(told.made_at)), "warning")
    if user.erase_at:
        flash(
            _("Su cuenta se borrará el %(day)s. Si no lo quiere, consérvela en Mi cuenta.", day=i18n.day(user.erase_at)),
            "warning",
        )
    _set_cookies(secret, user.language)


def renew(user: User) -> None:
    """Keep this browser signed in after the account's sessions were ended; nothing was proved by that."""
    kept = {name: session[name] for name in (STRONG, SINCE, PROVED) if name in session}
    begin(user, how="renewed")
    session.pop(PROVED)
    session.update(kept)


def end() -> None:
    """End this session, also for whoever kept a copy of its cookie. Outside any unit of work."""
    if SID in session:
        with unit_of_work():
            devices.spend(SID, session[SID], until=clock.now() + devices.LONGEST_SESSION)
    logout_user()
    session.clear()


def remembered(public_id: str) -> User | None:
    """The account that the session at hand remembers, unless that session was signed out of or has lasted long enough."""
    return None if _has_lasted() else devices.signed_in(public_id, SID, session.get(SID))


def _has_lasted() -> bool:
    return SINCE in session and clock.now() - _moment(SINCE) > devices.LONGEST_SESSION


def proved_recently() -> bool:
    """Whether the person proved who they are within the last ten minutes."""
    return PROVED in session and clock.now() - _moment(PROVED) <= RECENT


def prove(user: User, password: str) -> None:
    """Ask the signed-in person's password once more. Outside any unit of work.

    Raises:
        NotRecognized: when it is wrong (code ``wrong_password``).
        TooManyAttempts: after too many wrong ones.

    """
    with unit_of_work():
        tried = signing_in.attempt_again(user, visit(), at=clock.now())
    try:
        judged(tried, password)
    except NotRecognized as error:
        raise NotRecognized("wrong_password", N_("Esa no es su contraseña."), field="current") from error
    session[PROVED] = int(clock.now().timestamp())


def remember_language(language: str) -> None:
    """Answer this browser in the language from now on."""

    @after_this_request
    def remember(response: Response) -> Response:
        _cookie(response, i18n.COOKIE, language, i18n.COOKIE_DAYS)
        return response


def _set_cookies(secret: str, language: str) -> None:
    remember_language(language)

    @after_this_request
    def know(response: Response) -> Response:
        _cookie(response, DEVICE_COOKIE, secret, DEVICE_DAYS)
        return response


def _cookie(response: Response, name: str, value: str, days: int) -> None:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(name, value, max_age=days * 86400, httponly=True, samesite="Lax", secure=secure)


def _moment(name: str) -> datetime:
    return datetime.fromtimestamp(session[name], UTC)


def init_app(app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = IDLE
