"""Everything the instance holds of a person, and its end: other concepts add their part.

In a concept::

    declare_export("products", lambda user: [...])       # what JSON can say
    declare_erasure("parties", lambda user, at: ...)     # within the unit of work that erases
    declare_warning("labels", lambda user, at: [...])    # what they should know before
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from certification.accounts.models import Consent, KnownDevice, OneTimeCode, Passkey, RoleHolding, User, UserState
from certification.accounts.permissions import Permission, check
from certification.accounts.roles import require_another_operator
from certification.audit.models import AuditEntry
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.core.declared import declare
from certification.core.media.models import StoredFile
from certification.core.outbox import OutboxMessage, send
from certification.rules.errors import IllegalMove

Export = Callable[[User], Any]
Erasure = Callable[[User, datetime], None]


class Warned(NamedTuple):
    """A sentence, in Spanish and marked, that somebody reads before they erase their account."""

    sentence: str
    values: dict[str, object]


Warning_ = Callable[[User, datetime], list[Warned]]
TIME_TO_THINK = timedelta(days=7)
_exports: dict[str, Export] = {}
_erasures: dict[str, Erasure] = {}
_warnings: dict[str, Warning_] = {}


def declare_export(name: str, function: Export) -> None:
    """Add a part to everyone's export, under ``name``; ``function(user)`` returns what JSON can say.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_exports, name, function)


def declare_erasure(name: str, function: Erasure) -> None:
    """Have ``function(user, at)`` end what a concept keeps of a person, when the account is erased.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_erasures, name, function)


def declare_warning(name: str, function: Warning_) -> None:
    """Have ``function(user, at)`` say what the person should know before erasing the account.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_warnings, name, function)


def warnings(user: User, at: datetime) -> list[Warned]:
    """What the person should know before erasing the account."""
    return [one for _name, function in sorted(_warnings.items()) for one in function(user, at)]


def export(user: User) -> dict[str, Any]:
    """All that is held of the person, as JSON can say it; instants in ISO 8601, UTC. No secrets."""
    return {name: function(user) for name, function in sorted(_exports.items())}


def ask_erasure(user: User, *, by: User, at: datetime) -> None:
    """Erase the account in seven days; until then the person may come back and keep it. Every session ends.

    Raises:
        Forbidden: when nobody would be left to run the instance.

    """
    check(by, Permission.CHANGE_ACCOUNT, user)
    require_another_operator(user)
    user.erase_at = at + TIME_TO_THINK
    user.session_epoch += 1
    record("account.erasure_asked", "user", user.public_id, by=by, at=at)
    if user.email:
        send(user.email, "erasure", language=user.language, person=user.name, day=user.erase_at)


def keep_account(user: User, *, by: User, at: datetime) -> None:
    """Take back the wish to erase.

    Raises:
        IllegalMove: when it was done already.

    """
    check(by, Permission.CHANGE_ACCOUNT, user)
    hold(user)
    if not user.is_active:
        raise IllegalMove
    user.erase_at = None
    record("account.kept", "user", user.public_id, by=by, at=at)


def erase(user: User, *, at: datetime) -> None:
    """End the person, not the record: who they were is gone; what they did stays under the account's random id."""
    session = writing()
    for _name, function in sorted(_erasures.items()):
        function(user, at)
    if user.email:
        session.execute(delete(OutboxMessage).where(OutboxMessage.to == user.email))
    for model in (Passkey, KnownDevice, OneTimeCode, Consent):
        session.execute(delete(model).where(model.user_id == user.id))
    for held in user.roles:
        held.ended_at = held.ended_at or at
    user.name = user.public_id
    user.handle = user.email = user.email_confirmed_at = user.phone = user.password_hash = user.erase_at = None
    user.state = UserState.ERASED
    user.session_epoch += 1
    record("account.erased", "user", user.public_id, by=None, at=at)


def _account(user: User) -> dict[str, Any]:
    columns = ("public_id", "name", "handle", "email", "phone", "language")
    return {
        **{name: getattr(user, name) for name in columns},
        "email_confirmed_at": iso(user.email_confirmed_at),
        "created_at": iso(user.created_at),
        "roles": [
            {"role": one.role.value, "scope": one.scope, "given_at": iso(one.given_at), "ended_at": iso(one.ended_at)}
            for one in _rows(RoleHolding, user)
        ],
        "passkeys": [
            {"name": one.name, "created_at": iso(one.created_at), "used_at": iso(one.used_at)} for one in _rows(Passkey, user)
        ],
        "known_browsers": [{"seen_at": iso(one.seen_at)} for one in _rows(KnownDevice, user)],
        "consents": [
            {
                "purpose": one.purpose,
                "text_version": one.text_version,
                "given_at": iso(one.given_at),
                "withdrawn_at": iso(one.withdrawn_at),
            }
            for one in _rows(Consent, user)
        ],
        "files": [
            {"name": one.name, "kind": one.kind.value, "size": one.size, "made_at": iso(one.made_at)}
            for one in db.session.scalars(select(StoredFile).where(StoredFile.by_id == user.id).order_by(StoredFile.id))
        ],
        "acts": [
            {"at": iso(one.at), "act": one.act, "subject": f"{one.subject_kind} {one.subject_id}"}
            for one in db.session.scalars(select(AuditEntry).where(AuditEntry.by_id == user.id).order_by(AuditEntry.id))
        ],
    }


def _rows(model: Any, user: User) -> list[Any]:
    return list(db.session.scalars(select(model).where(model.user_id == user.id).order_by(model.id)))


def iso(moment: datetime | None) -> str | None:
    """An instant as an export says it."""
    return moment.isoformat() if moment else None


declare_export("account", _account)
