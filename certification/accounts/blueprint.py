"""The address under which all pages of accounts hang, and what their views share."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from sqlalchemy.exc import IntegrityError

from certification.accounts.passwords import Busy
from certification.accounts.throttle import TooManyAttempts
from certification.core.web import safe_next
from certification.rules.errors import Conflict, DomainError

bp = Blueprint("accounts", __name__, url_prefix="/account")


def status_of(error: DomainError) -> int:
    """The HTTP status of a refused form."""
    if isinstance(error, TooManyAttempts):
        return 429
    return 503 if isinstance(error, Busy) else 422


def submitted(form: Any, act: Callable[[], Any]) -> tuple[Any, int]:
    """What ``act`` answers to a valid form, else ``None`` and the status with which the page shows the form again."""
    if not form.is_submitted():
        return None, 200
    if not form.validate():
        return None, 422
    try:
        return act(), 303
    except DomainError as error:
        form.refuse(error)
        return None, status_of(error)
    except IntegrityError:  # somebody took the same address or handle at the same moment
        form.refuse(Conflict())
        return None, 409


def onward() -> str:
    """Where to go once somebody is signed in."""
    return safe_next(request.args.get("next"), url_for("desk.index"))
