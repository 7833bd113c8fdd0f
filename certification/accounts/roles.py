"""Who holds which role, and how operators appoint and dismiss."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import func, select

from certification.accounts import codes, printed
from certification.accounts.codes import Purpose
from certification.accounts.digests import keyed
from certification.accounts.models import Role, RoleHolding, User, UserState
from certification.accounts.people import by_mail, folded
from certification.accounts.permissions import Permission, check
from certification.accounts.throttle import wait_turn
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.rules.errors import AlreadyExists, Forbidden, IllegalMove, InvalidInput, NotFound
from certification.rules.text import N_

PER_SCHEME = frozenset({Role.SCHEME_OWNER, Role.EVALUATOR, Role.DECIDER})
Scopes = Callable[[], Iterable[tuple[str, str]]]
_scopes: list[Scopes] = []


def declare_scopes(tell: Scopes) -> None:
    """Have the schemes tell their keys and names, for the page that appoints and its check."""
    _scopes.append(tell)


def scopes() -> list[tuple[str, str]]:
    """Keys and names of the schemes that roles may be held for."""
    return [pair for tell in _scopes for pair in tell()]


def appoint(user: User, role: Role, scope: str = "", *, by: User, at: datetime) -> RoleHolding:
    """Give a role, for the instance (``scope`` empty) or for one scheme (its key).

    Raises:
        Forbidden: when it is one's own.
        InvalidInput: when the scope does not fit the role.
        IllegalMove: when the account is closed.
        AlreadyExists: when it is held already.

    """
    check(by, Permission.APPOINT, user)
    if by.id == user.id:
        raise Forbidden("own_role", N_("Nadie se da un cargo a sí mismo: pídalo a otra persona operadora."))
    return _give(user, role, scope, by=by, at=at)


def dismiss(user: User, role: Role, scope: str = "", *, by: User, at: datetime) -> None:
    """End a role; that it was held stays on the record.

    Raises:
        NotFound: when it is not held.
        Forbidden: when nobody would be left to run the instance.

    """
    check(by, Permission.APPOINT, user)
    held = [one for one in user.roles if one.role is role and one.scope == scope and one.ended_at is None]
    if not held:
        raise NotFound
    if role is Role.OPERATOR:
        require_another_operator(user)
    for one in held:
        one.ended_at = at
    record("role.ended", "user", user.public_id, by=by, at=at, role=role.value, scope=scope)


def require_another_operator(user: User) -> None:
    """Let the instance not be left without an operator; who asked for erasure is no longer counted on.

    Others who leave wait until this unit of work ends.

    Raises:
        Forbidden: when this person is the last.

    """
    take_operators_turn()
    hold(user)
    others = select(func.count()).select_from(RoleHolding).join(User, RoleHolding.user_id == User.id)
    others = others.where(RoleHolding.role == Role.OPERATOR, RoleHolding.ended_at.is_(None), RoleHolding.user_id != user.id)
    if user.holds(Role.OPERATOR) and not db.session.scalar(others.where(User.state == UserState.ACTIVE, User.erase_at.is_(None))):
        raise Forbidden("last_operator", N_("Es la última persona operadora. Nombre antes a otra."))


def take_operators_turn() -> None:
    """Have one operator leave at a time; before any row is held."""
    wait_turn((keyed("turn", "operators"),))


def create_operator(name: str, email: str, *, at: datetime, language: str = "es") -> tuple[User, str | None]:
    """Start an instance from its console: an operator, and the printed code with which they choose how to sign in.

    An account that exists becomes operator and keeps its way in; then there is no code.

    Raises:
        AlreadyExists: when the person is an operator already.

    """
    user, code = by_mail(email), None
    if user is None:
        user, code = printed.open_account(name, by=None, at=at, language=language)
        user.email, user.email_confirmed_at = folded(email), at
    _give(user, Role.OPERATOR, "", by=None, at=at)
    return user, code


def _give(user: User, role: Role, scope: str, *, by: User | None, at: datetime) -> RoleHolding:
    known = {key for key, _name in scopes()}
    if (role in PER_SCHEME) != bool(scope) or (scope and known and scope not in known):
        raise InvalidInput(
            "scope_needed", N_("Elija un esquema para este cargo, o ninguno si es de todo el sitio."), field="scope"
        )
    hold(user)
    if not user.is_active:
        raise IllegalMove
    if user.holds(role, scope):
        raise AlreadyExists("role_held", N_("Esta persona ya tiene ese cargo."), field="role")
    held = RoleHolding(user_id=user.id, role=role, scope=scope, given_by_id=by.id if by else None, given_at=at)
    user.roles.append(held)
    writing().flush()
    codes.end_unused(user, Purpose.PRINTED, at=at, by_others=True)
    record("role.given", "user", user.public_id, by=by, at=at, role=role.value, scope=scope)
    return held
