"""Certificates, what was signed, and every act that changed their standing."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.applications.models import Application
from certification.audit.models import forbid_changes
from certification.core.media.models import StoredFile
from certification.core.orm import KEYED, AnyJson, Base, Id, Name, Prose, UserRef, Word, by_value, partial_index
from certification.parties.models import Party
from certification.registry.freezing import freeze
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion

JsonOrNull = AnyJson(none_as_null=True)


def waiting_index(table: str, column: str, waits: str) -> Index:
    """The few rows that wait for a signature, found without reading the others."""
    return partial_index(f"ix_{table}_waiting", column, where=waits)


def _granted_where(name: str) -> Index:
    """The few certificates that such an act ended, by their grant."""
    return partial_index(f"ix_certificates_{name}", "granted_at", "id", where=f"{name} IS NOT NULL")


class Certificate(Base):
    """A label under its code, for as long as it lives.

    The instants are what ``rules.verdict`` needs; they change only by a recorded act.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint("valid_from < valid_until", name="some_validity"),
        CheckConstraint("(superseded_at IS NULL) = (successor IS NULL)", name="superseded_has_successor"),
        Index("ix_certificates_granted_at", "granted_at", "id"),
        # the register is paged by grant within what these lead to (registry.searching)
        Index("ix_certificates_state_granted", "state_code", "granted_at", "id"),
        Index("ix_certificates_municipality_granted", "municipality_code", "granted_at", "id"),
        Index("ix_certificates_scheme_granted", "scheme_version_id", "granted_at", "id"),
        *(_granted_where(name) for name in ("withdrawn_at", "surrendered_at", "superseded_at")),
        # what changes by date alone, for the feed
        Index("ix_certificates_valid_until", "valid_until", "id"),
        Index("ix_certificates_grace_ends", "grace_ends", "id"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(11), unique=True)  # canonical spelling, no dashes
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    holder_ref: Mapped[str] = mapped_column(String(12), index=True)
    holder_name: Mapped[Name]
    subject_kind: Mapped[Word]
    label_class: Mapped[Word]
    goods: Mapped[str] = mapped_column(String(500))
    search_text: Mapped[Prose] = mapped_column(default="")  # folded: holder, goods, municipality
    state_code: Mapped[str] = mapped_column(String(2))
    municipality: Mapped[Name]
    municipality_code: Mapped[str | None] = mapped_column(String(5))  # CVEGEO, where it is known
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    granted_at: Mapped[datetime]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    surveillance_due: Mapped[datetime | None]
    grace_ends: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspension_until: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    surrendered_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    successor: Mapped[str | None] = mapped_column(String(11))
    page: Mapped[dict[str, Any]]  # what the verify page shows and no act changes, made when an act is recorded
    version_id: Mapped[int] = mapped_column()

    application: Mapped[Application] = relationship()
    scheme_version: Mapped[SchemeVersion] = relationship()
    holder: Mapped[Party] = relationship()
    photo: Mapped[StoredFile | None] = relationship()
    versions: Mapped[list["CertificateVersion"]] = relationship(
        back_populates="certificate", order_by="CertificateVersion.number"
    )
    acts: Mapped[list["RecordedAct"]] = relationship(back_populates="certificate", order_by="RecordedAct.id")

    lost: Mapped[list["LostVersion"]] = relationship(
        primaryjoin="foreign(LostVersion.code) == Certificate.code", viewonly=True, order_by="LostVersion.number"
    )

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 - SQLAlchemy reads a plain dict

    @property
    def newest(self) -> int:
        """The number of the newest version that was ever issued, one that this database has lost included; 0 for none."""
        return max([0, *(one.number for one in self.versions), *(one.number for one in self.lost)])

    def case_at(self, number: int) -> Application:
        """The application behind a version: a passed surveillance has none of its own and rests on the one before."""
        decided = [one for one in self.versions if one.number <= number and one.application is not None]
        return decided[-1].application or self.application if decided else self.application

    @property
    def case(self) -> Application:
        """The application behind the version that stands; ``application`` is the first."""
        return self.case_at(self.versions[-1].number if self.versions else 1)


class CertificateVersion(Base):
    """One signed statement under the code: the grant, then each renewal, change of scope or passed surveillance.

    ``signed_at`` is when it was recorded; ``kid`` and ``signature`` are set once, in the same commit or by the signer process.
    """

    __tablename__ = "certificate_versions"
    __table_args__ = (
        UniqueConstraint("certificate_id", "number"),
        CheckConstraint("(kid IS NULL) = (signature IS NULL)", name="signed_whole"),
        Index("ix_certificate_versions_application_id", "application_id", unique=True),
        waiting_index("certificate_versions", "id", "signature IS NULL"),
    )

    id: Mapped[Id]
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    number: Mapped[int]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))  # that a decision granted it on, if one did
    statement: Mapped[dict[str, Any]]
    kid: Mapped[Word | None]
    signature: Mapped[str | None] = mapped_column(String(120))
    signed_at: Mapped[datetime]

    certificate: Mapped[Certificate] = relationship(back_populates="versions")
    application: Mapped[Application | None] = relationship()
    credential: Mapped["VersionCredential | None"] = relationship(back_populates="version")
    places: Mapped[list["StatusPlace"]] = relationship(viewonly=True, order_by="StatusPlace.list_id")


class VersionCredential(Base):
    """The W3C credential of a version: its document as recorded, then secured in two ways by one key, once and for good.

    ``proof`` is that of eddsa-jcs-2022 over ``document`` and tells when; ``token`` is the same as ``application/vc+jwt``, without
    its payload, which would be ``document`` once more (some of before have it).
    """

    __tablename__ = "version_credentials"
    __table_args__ = (
        CheckConstraint("(proof IS NULL) = (token IS NULL)", name="secured_whole"),
        waiting_index("version_credentials", "version_id", "token IS NULL"),
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("certificate_versions.id"), primary_key=True)
    document: Mapped[dict[str, Any]]
    proof: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    token: Mapped[str | None]

    version: Mapped[CertificateVersion] = relationship(back_populates="credential")


class StatusList(Base):
    """A signed list of bits for one purpose, at the address ``origin/status/purpose/number``; signed anew when a bit changes.

    Lists come in pairs: the two of one ``number`` hold the same versions, each at places of its own. ``waits_since`` marks one
    that is to be signed anew; what was signed last is served until then, and nothing of a new list before it was ever signed.
    ``signed_at`` and ``valid_until`` are whole milliseconds, as the list itself says them. Its address never changes, nor does
    it ever go: credentials name it.
    """

    __tablename__ = "status_lists"
    __table_args__ = (
        UniqueConstraint("purpose", "number"),
        CheckConstraint(
            "(document IS NULL) = (signed_at IS NULL) AND (proof IS NULL) = (signed_at IS NULL) AND "
            "(token IS NULL) = (signed_at IS NULL) AND (valid_until IS NULL) = (signed_at IS NULL)",
            name="signed_whole",
        ),
        CheckConstraint("signed_at IS NOT NULL OR waits_since IS NOT NULL", name="signed_or_waits"),
        waiting_index("status_lists", "id", "waits_since IS NOT NULL"),
    )

    id: Mapped[Id]
    purpose: Mapped[Word]
    number: Mapped[int]
    origin: Mapped[str] = mapped_column(String(300))
    document: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    proof: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    token: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    waits_since: Mapped[datetime | None]


class StatusPlace(Base):
    """The place in a list that belongs to a version for ever; drawn at random, so that it tells nothing."""

    __tablename__ = "status_slots"
    __table_args__ = (UniqueConstraint("version_id", "list_id"), KEYED)

    list_id: Mapped[int] = mapped_column(ForeignKey("status_lists.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("certificate_versions.id"))

    listed: Mapped[StatusList] = relationship()


class RecordedAct(Base):
    """A public act on a certificate, with its public reason; only ever added."""

    __tablename__ = "certificate_acts"
    __table_args__ = (Index("ix_certificate_acts_at", "at", "id"),)

    id: Mapped[Id]
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), index=True)
    kind: Mapped[CertificateAct] = mapped_column(by_value(CertificateAct))
    at: Mapped[datetime]
    by_id: Mapped[UserRef | None]  # null: taken back from the public log after a restore, which names nobody
    reason_code: Mapped[Word | None]
    criterion: Mapped[Word | None]
    public_summary: Mapped[Prose] = mapped_column(default="")
    appeal_until: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    certificate: Mapped[Certificate] = relationship(back_populates="acts")


class Reminder(Base):
    """That the holder was reminded of one date: each is told once."""

    __tablename__ = "certificate_reminders"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    due: Mapped[datetime] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]


class CertificateSubject(Base):
    """Which goods a certificate covers, by their opaque references. What changed since waits to be looked at, unhooked."""

    __tablename__ = "certificate_subjects"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    subject_ref: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
    unhooked_at: Mapped[datetime | None]  # of the last change
    unhooked_why: Mapped[Prose | None]


class LostVersion(Base):
    """A version that the public log tells of and this database has lost; ``document`` is its credential, where one was found.

    ``document`` has its proof in it. What is lost is told as such, never as valid and never as unknown (see ``lost``).
    """

    __tablename__ = "lost_versions"

    code: Mapped[str] = mapped_column(String(11), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf_index: Mapped[int] = mapped_column(ForeignKey("log_leaves.leaf_index"), unique=True)
    document: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    token: Mapped[str | None]


class LostPlace(Base):
    """A place in a list that a lost version has; its bit follows the leaves, and nobody else may draw it.

    Without ``code`` and ``number``: the bit was set in the list that a source published, and nobody knows whose it was. It stays.
    """

    __tablename__ = "lost_places"
    __table_args__ = (ForeignKeyConstraint(["code", "number"], ["lost_versions.code", "lost_versions.number"]),)

    list_id: Mapped[int] = mapped_column(ForeignKey("status_lists.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str | None] = mapped_column(String(11))
    number: Mapped[int | None]


for _table in (RecordedAct.__table__, StatusPlace.__table__):
    forbid_changes(_table, "what was signed or done is only ever added")  # type: ignore[arg-type]  # a mapped class's table is a Table


freeze(
    CertificateVersion.__table__,
    "what was signed or done is only ever added",
    ("id", "certificate_id", "number", "statement", "signed_at"),
    signed="signature",
)
freeze(VersionCredential.__table__, "a credential is secured once and never changes", ("version_id", "document"), signed="token")
freeze(StatusList.__table__, "a status list stays at the address that credentials name", ("id", "purpose", "number", "origin"))
