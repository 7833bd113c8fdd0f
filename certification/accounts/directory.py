"""The operator's list of people: read only."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, tuple_
from werkzeug.exceptions import BadRequest

from certification.accounts.models import RoleHolding, User, UserState
from certification.core.db import db
from certification.core.web import PER_PAGE, cursor
from certification.rules.fold import fold


class Listed(NamedTuple):
    """A person in the list."""

    public_id: str
    name: str
    login: str
    roles: tuple[tuple[str, str], ...]  # role and scope, held now


class Found(NamedTuple):
    """One page of people; ``more`` is the cursor of the next, if there is one."""

    people: tuple[Listed, ...]
    more: str | None


def find_people(words: str, after: list[str | int] | None = None) -> Found:
    """People whose name, address or handle holds the words, whatever their accents, by name; without words those who hold a role.

    Raises:
        BadRequest: when ``after`` is no place in this list.

    """
    if after and [type(part) for part in after] != [str, int]:
        raise BadRequest
    wanted = select(User).where(User.state != UserState.ERASED).order_by(User.name, User.id).limit(PER_PAGE + 1)
    if words:
        wanted = wanted.where(User.search_text.contains(fold(words), autoescape=True))
    else:
        wanted = wanted.where(User.id.in_(select(RoleHolding.user_id).where(RoleHolding.ended_at.is_(None))))
    if after:
        wanted = wanted.where(tuple_(User.name, User.id) > tuple_(*after))
    rows = list(db.session.scalars(wanted))
    page = rows[:PER_PAGE]
    more = cursor(page[-1].name, page[-1].id) if len(rows) > PER_PAGE else None
    return Found(tuple(_listed(user) for user in page), more)


class Sheet(NamedTuple):
    """What an operator sees of one person."""

    public_id: str
    name: str
    login: str
    confirmed: bool
    open: bool
    created_at: datetime
    passkeys: int
    roles: tuple[tuple[str, str, datetime], ...]  # role, scope, since


def sheet(user: User) -> Sheet:
    """One person, for the page that appoints."""
    roles = tuple((held.role.value, held.scope, held.given_at) for held in user.current_roles)
    return Sheet(
        user.public_id,
        user.name,
        _login(user),
        user.email_confirmed_at is not None,
        user.is_active,
        user.created_at,
        len(user.passkeys),
        roles,
    )


def _listed(user: User) -> Listed:
    return Listed(user.public_id, user.name, _login(user), tuple((held.role.value, held.scope) for held in user.current_roles))


def _login(user: User) -> str:
    return user.email or user.handle or ""
