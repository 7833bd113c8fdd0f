"""Who: people, workshops, cooperatives, communities; who belongs to whom and who may speak for whom."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.accounts.models import User
from certification.core.media.models import StoredFile
from certification.core.orm import Base, Digest, Id, Line, Name, Prose, PublicId, UserRef, Word, by_value
from certification.rules.fold import fold

LONGEST_SEARCH_TEXT = 700


class PartyKind(StrEnum):
    ARTISAN = "artisan"
    WORKSHOP = "workshop"
    COOPERATIVE = "cooperative"
    COLLECTIVE = "collective"
    FEDERATION = "federation"
    COMMUNITY = "community"
    BODY = "body"  # an institution, an allied organisation


class Vetting(StrEnum):
    """Whether somebody checked that the account may speak for the party."""

    NONE = "none"
    ASKED = "asked"
    VETTED = "vetted"
    REFUSED = "refused"


class Party(Base):
    """Anyone who can hold a label, own a scheme or belong to another. Public: name and municipality, never ``reference``."""

    __tablename__ = "parties"
    __table_args__ = (
        CheckConstraint("(vetting = 'vetted') = (vetted_at IS NOT NULL)", name="vetted_has_date"),
        Index("ix_parties_state_code", "state_code"),
        Index("ix_parties_by_name", "search_text"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[PartyKind] = mapped_column(by_value(PartyKind))
    name: Mapped[Name]
    branch: Mapped[Word | None]
    state_code: Mapped[str] = mapped_column(String(2))
    municipality_code: Mapped[str | None] = mapped_column(String(5))  # CVEGEO, when the list knows it
    municipality: Mapped[Name]
    locality: Mapped[Name | None]
    reference: Mapped[Line | None]  # "domicilio conocido, junto a la escuela": private
    vetting: Mapped[Vetting] = mapped_column(by_value(Vetting), default=Vetting.NONE)
    vetted_at: Mapped[datetime | None]
    vetted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    search_text: Mapped[str] = mapped_column(String(LONGEST_SEARCH_TEXT), default="")  # folded name, place; the order of lists
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    memberships: Mapped[list["Membership"]] = relationship(back_populates="party")


@event.listens_for(Party, "before_insert")
@event.listens_for(Party, "before_update")
def _fold_search_text(_mapper: object, _connection: object, party: Party) -> None:
    """Whoever writes a party, a search for ``teotitlan`` finds it. One letter may fold into many, so the end may go."""
    folded = fold(" ".join(part for part in (party.name, party.municipality, party.locality) if part))
    party.search_text = folded[:LONGEST_SEARCH_TEXT]


class MemberRole(StrEnum):
    ADMIN = "admin"
    CATALOGUE = "catalogue"
    PAYMENTS = "payments"
    READ = "read"


class Membership(Base):
    """An account's role in a party, from one day to another."""

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_current", "user_id", "party_id", "ended_at"),)

    id: Mapped[Id]
    user_id: Mapped[UserRef]
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(by_value(MemberRole))
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    request_key: Mapped[str | None] = mapped_column(String(40), unique=True)  # of the form that opened the account with it

    user: Mapped[User] = relationship(foreign_keys="Membership.user_id")
    party: Mapped[Party] = relationship(back_populates="memberships")


class Belonging(Base):
    """A party belongs to an organization: a weaver to her cooperative, a cooperative to its federation."""

    __tablename__ = "belongings"
    __table_args__ = (UniqueConstraint("member_id", "organization_id", "since"),)

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    member: Mapped[Party] = relationship(foreign_keys="Belonging.member_id")
    organization: Mapped[Party] = relationship(foreign_keys="Belonging.organization_id")


class Invitation(Base):
    """An offer to join a party in a role: by mail, or by a printed code that also opens the account.

    Only the code's digest is kept.
    """

    __tablename__ = "invitations"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(by_value(MemberRole))
    name: Mapped[Name]
    email: Mapped[str | None] = mapped_column(String(254))
    digest: Mapped[Digest] = mapped_column(unique=True)
    made_by_id: Mapped[UserRef]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]

    party: Mapped[Party] = relationship()


class ProofKind(StrEnum):
    DOCUMENT = "document"
    VOUCHING = "vouching"


class RepresentationProof(Base):
    """Why this account may speak for this party: a document, or the word of somebody already vetted."""

    __tablename__ = "representation_proofs"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    kind: Mapped[ProofKind] = mapped_column(by_value(ProofKind))
    text: Mapped[Prose]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    given_by_id: Mapped[UserRef]
    given_at: Mapped[datetime]
    accepted: Mapped[bool | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    party: Mapped[Party] = relationship()
    file: Mapped[StoredFile | None] = relationship()


class Power(StrEnum):
    """What one lets another do in one's name."""

    CATALOGUE = "catalogue"
    APPLY = "apply"


class Mandate(Base):
    """``giver`` lets an organization, or a promoter, act in its name; how it was given is on the record."""

    __tablename__ = "mandates"
    __table_args__ = (CheckConstraint("(holder_party_id IS NULL) <> (holder_user_id IS NULL)", name="one_holder"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    giver_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    holder_party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"), index=True)
    holder_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    power: Mapped[Power] = mapped_column(by_value(Power))
    how: Mapped[Line]
    given_at: Mapped[datetime]
    recorded_by_id: Mapped[UserRef]
    ended_at: Mapped[datetime | None]

    giver: Mapped[Party] = relationship(foreign_keys="Mandate.giver_id")


class Tie(Base):
    """A declared relation between a person and a party that may bar them from a case.

    ``kind`` is an id of the ties in standards.json.
    """

    __tablename__ = "ties"
    __table_args__ = (Index("ix_ties_pair", "user_id", "party_id"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    user_id: Mapped[UserRef]
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    kind: Mapped[Word]
    since: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    declared_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    declared_at: Mapped[datetime]

    user: Mapped[User] = relationship(foreign_keys="Tie.user_id")
    party: Mapped[Party] = relationship()
