"""Who may do what with a scheme. Roles are held for a scheme by its key."""

from enum import StrEnum
from typing import Any

from certification.accounts.models import Role, User
from certification.accounts.permissions import Rule, anyone, declare, operator
from certification.schemes.models import Scheme, SchemeVersion


class Permission(StrEnum):
    SEE = "scheme.see"
    INSTALL = "scheme.install"
    EDIT = "scheme.edit"
    ACTIVATE = "scheme.activate"
    LAPSE = "scheme.lapse"
    WITHDRAW = "scheme.withdraw"


def scope_of(scheme: Scheme) -> str:
    """The ``scope`` of a :class:`RoleHolding` for this scheme: its key."""
    return scheme.key


def answers_for(person: User | None, thing: Any) -> bool:
    """Holds the owner's role for the scheme; while nobody adopted it, the instance's operator stands in."""
    scheme = thing.scheme if isinstance(thing, SchemeVersion) else thing
    if person is None or not isinstance(scheme, Scheme):
        return False
    return person.holds(Role.SCHEME_OWNER, scope_of(scheme)) or (scheme.owner_id is None and person.holds(Role.OPERATOR))


declare(
    {
        Permission.SEE: Rule(any_of=(anyone,)),
        Permission.INSTALL: Rule(any_of=(operator,), strong=True),
        Permission.EDIT: Rule(any_of=(answers_for,), seen_by=(anyone,), strong=True),
        Permission.ACTIVATE: Rule(any_of=(answers_for,), seen_by=(anyone,), strong=True),
        Permission.LAPSE: Rule(any_of=(answers_for,), seen_by=(anyone,), strong=True),
        Permission.WITHDRAW: Rule(any_of=(answers_for,), seen_by=(anyone,), strong=True),
    }
)
