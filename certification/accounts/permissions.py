"""Who may do what: permissions are words, rules are data, and every route names one.

Each concept declares its own in its ``permissions.py``::

    class Permission(StrEnum):
        EDIT = "listing.edit"

    declare({Permission.EDIT: Rule(any_of=(keeps_the_catalogue, acts_for), seen_by=(anyone,))})
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from certification.accounts.models import Passkey, Role, User
from certification.rules.errors import Forbidden, NotFound

Predicate = Callable[[User | None, Any], bool]


@dataclass(frozen=True)
class Rule:
    """``any_of`` may; those who are only ``seen_by`` learn that they may not (403); to all others the thing does not exist (404).

    ``public`` means that visitors reach some of these things, so that they get a 404 and are not asked to sign in.
    ``strong`` asks for a passkey where the instance makes them compulsory.
    """

    any_of: tuple[Predicate, ...]
    seen_by: tuple[Predicate, ...] = ()
    public: bool = False
    strong: bool = False

    @property
    def open_to_all(self) -> bool:
        return anyone in self.any_of


RULES: dict[str, Rule] = {}


def declare(rules: Mapping[Any, Rule]) -> None:
    """Add a concept's rules to the one map.

    Raises:
        ValueError: when a permission has a rule already.

    """
    for permission, rule in rules.items():
        if str(permission) in RULES:
            msg = f"{permission} has a rule already"
            raise ValueError(msg)
        RULES[str(permission)] = rule


def may(person: User | None, permission: StrEnum, thing: Any = None) -> bool:
    """Whether the rule lets this person (``None``: a visitor) do it to this thing."""
    return any(predicate(person, thing) for predicate in RULES[str(permission)].any_of)


def check(person: User | None, permission: StrEnum, thing: Any = None) -> None:
    """Let pass or raise; services call this first.

    Raises:
        NotFound: when the thing does not exist for this person.
        Forbidden: when they may know of it and may not do this.

    """
    if may(person, permission, thing):
        return
    if thing is None or any(predicate(person, thing) for predicate in RULES[str(permission)].seen_by):
        raise Forbidden
    raise NotFound


def anyone(_person: User | None, _thing: Any) -> bool:
    """Visitors too."""
    return True


def signed_in(person: User | None, _thing: Any) -> bool:
    """Anyone with an account."""
    return person is not None


def themselves(person: User | None, thing: Any) -> bool:
    """The account is one's own."""
    return person is not None and isinstance(thing, User) and person.id == thing.id


def owns_passkey(person: User | None, thing: Any) -> bool:
    """The passkey is one's own."""
    return person is not None and isinstance(thing, Passkey) and person.id == thing.user_id


def operator(person: User | None, _thing: Any) -> bool:
    """Runs the instance."""
    return person is not None and person.holds(Role.OPERATOR)


def vetter(person: User | None, _thing: Any) -> bool:
    """Vets who may speak for a party."""
    return person is not None and person.holds(Role.VETTER)


class Permission(StrEnum):
    """What concerns accounts, and what is open to all."""

    BROWSE = "browse"
    USE_ACCOUNT = "account.use"
    CHANGE_ACCOUNT = "account.change"
    KEEP_PASSKEY = "account.passkey"
    APPOINT = "instance.appoint"


declare(
    {
        Permission.BROWSE: Rule(any_of=(anyone,)),
        Permission.USE_ACCOUNT: Rule(any_of=(signed_in,)),
        Permission.CHANGE_ACCOUNT: Rule(any_of=(themselves,)),
        Permission.KEEP_PASSKEY: Rule(any_of=(owns_passkey,)),
        Permission.APPOINT: Rule(any_of=(operator,), strong=True),
    }
)
