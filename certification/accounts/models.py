"""People with an account, how they prove who they are, and the roles they hold."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.core.orm import Base, Digest, Id, Line, Name, Prose, PublicId, UserRef, Word, by_value
from certification.rules.fold import fold


class UserState(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"  # by an operator
    ERASED = "erased"  # at the person's wish: the row stays for the record, the person does not


class User(Base):
    """An account. ``email`` is folded to lower case; producers may have none and sign in with ``handle``."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email_confirmed_at IS NULL OR email IS NOT NULL", name="confirmed_has_email"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    name: Mapped[Name]
    handle: Mapped[str | None] = mapped_column(String(40), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    email_confirmed_at: Mapped[datetime | None]
    phone: Mapped[str | None] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[UserState] = mapped_column(by_value(UserState), default=UserState.ACTIVE)
    language: Mapped[str] = mapped_column(String(2), default="es")
    session_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    search_text: Mapped[Prose] = mapped_column(default="")  # folded name, address and handle: for the operator's list
    erase_at: Mapped[datetime | None]  # the person asked for erasure and may still change their mind

    roles: Mapped[list["RoleHolding"]] = relationship(back_populates="user", foreign_keys="RoleHolding.user_id", lazy="selectin")
    passkeys: Mapped[list["Passkey"]] = relationship(back_populates="user")

    # what Flask-Login asks of a user
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.state is UserState.ACTIVE

    def get_id(self) -> str:
        """What a session remembers: signing out everywhere changes it."""
        return f"{self.public_id}.{self.session_epoch}"

    @property
    def current_roles(self) -> list["RoleHolding"]:
        """The roles held now."""
        return [held for held in self.roles if held.ended_at is None]

    def holds(self, role: "Role", scope: str = "") -> bool:
        """Whether this person holds a role now, for the whole instance or for one scheme (its id as ``scope``)."""
        return any(held.role is role and held.scope == scope and held.ended_at is None for held in self.roles)


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
def _fold_search_text(_mapper: object, _connection: object, user: User) -> None:
    """Whoever writes a name, a search for ``angel`` finds Ángel, on every database."""
    user.search_text = fold(" ".join(part for part in (user.name, user.email, user.handle) if part))


class Role(StrEnum):
    """Roles for the instance (scope empty) and, where it says so, for one scheme."""

    OPERATOR = "operator"  # runs the instance, appoints; grants nothing
    VETTER = "vetter"  # vets who may speak for a party
    PROMOTER = "promoter"  # acts for producers, on the record
    SCHEME_OWNER = "scheme_owner"  # scope: scheme
    EVALUATOR = "evaluator"  # scope: scheme
    DECIDER = "decider"  # scope: scheme; member of its committee


class RoleHolding(Base):
    """One role held from one day to another; never deleted."""

    __tablename__ = "role_holdings"
    __table_args__ = (Index("ix_role_holdings_scope", "role", "scope"),)

    id: Mapped[Id]
    user_id: Mapped[UserRef]
    role: Mapped[Role] = mapped_column(by_value(Role))
    scope: Mapped[Word] = mapped_column(default="")
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="roles", foreign_keys="RoleHolding.user_id")


class Passkey(Base):
    """A WebAuthn credential (W3C WebAuthn Level 3)."""

    __tablename__ = "passkeys"

    id: Mapped[Id]
    user_id: Mapped[UserRef]
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    name: Mapped[Line]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="passkeys")


class OneTimeCode(Base):
    """A code that works once: printed for a producer without mail, or inside a mailed link. Only its digest is kept."""

    __tablename__ = "one_time_codes"

    id: Mapped[Id]
    user_id: Mapped[UserRef]
    purpose: Mapped[Word]
    digest: Mapped[Digest] = mapped_column(unique=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when the person learned that somebody made this code for them
    address: Mapped[str | None] = mapped_column(String(254), index=True)  # the mail address that a confirmation is about

    user: Mapped[User] = relationship(foreign_keys="OneTimeCode.user_id")


class SignInFailure(Base):
    """A failed attempt, counted per account-and-address and per address; swept when no longer counted."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_counted", "address", "account", "at"),)

    id: Mapped[Id]
    account: Mapped[Digest]
    address: Mapped[Digest]
    at: Mapped[datetime]


class SpentToken(Base):
    """What may not be used again though its signature is good: a session signed out of, an answered passkey challenge."""

    __tablename__ = "spent_tokens"

    id: Mapped[Id]
    digest: Mapped[Digest] = mapped_column(unique=True)
    until: Mapped[datetime]  # when it would have ended by itself; swept then


class KnownDevice(Base):
    """A browser that once signed in to this account; its cookie's digest."""

    __tablename__ = "known_devices"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[Id]
    user_id: Mapped[UserRef]
    digest: Mapped[Digest]
    seen_at: Mapped[datetime]


class Consent(Base):
    """Consent to one voluntary purpose, given and perhaps taken back."""

    __tablename__ = "consents"

    id: Mapped[Id]
    user_id: Mapped[UserRef]
    purpose: Mapped[Word]
    text_version: Mapped[Word]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
