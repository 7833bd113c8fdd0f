"""Certificates, what was signed, and every act that changed their standing."""

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.applications.models import Application
from certification.audit.models import forbid_changes
from certification.core.media.models import StoredFile
from certification.core.orm import Base, Id, Name, Prose, UserRef, Word, by_value
from certification.parties.models import Party
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion

JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _granted_where(name: str) -> Index:
    """The few certificates that such an act ended, by their grant."""
    reached = text(f"{name} IS NOT NULL")
    return Index(f"ix_certificates_{name}", "granted_at", "id", sqlite_where=reached, postgresql_where=reached)


class Certificate(Base):
    """A label under its code, for as long as it lives.

    The instants are what ``rules.verdict`` needs; they change only by a recorded act.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint("valid_from < valid_until", name="some_validity"),
        CheckConstraint("(superseded_at IS NULL) = (successor IS NULL)", name="superseded_has_successor"),
        Index("ix_certificates_granted_at", "granted_at", "id"),
        Index("ix_certificates_holder", "holder_id"),
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

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class CertificateVersion(Base):
    """One signed statement under the code: the grant, then each renewal, change of scope or passed surveillance."""

    __tablename__ = "certificate_versions"
    __table_args__ = (UniqueConstraint("certificate_id", "number"),)

    id: Mapped[Id]
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    number: Mapped[int]
    statement: Mapped[dict[str, Any]]
    kid: Mapped[Word]
    signature: Mapped[str] = mapped_column(String(120))
    signed_at: Mapped[datetime]

    certificate: Mapped[Certificate] = relationship(back_populates="versions")
    credential: Mapped["VersionCredential | None"] = relationship(back_populates="version")


class VersionCredential(Base):
    """The W3C credential of a version: its document as recorded, then secured in two ways by one key, once and for good.

    ``proof`` is that of eddsa-jcs-2022 over ``document``, ``token`` the same document as ``application/vc+jwt``.
    """

    __tablename__ = "version_credentials"
    __table_args__ = (
        CheckConstraint("(proof IS NULL) = (token IS NULL) AND (proof IS NULL) = (signed_at IS NULL)", name="secured_whole"),
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("certificate_versions.id"), primary_key=True)
    document: Mapped[dict[str, Any]]
    proof: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    token: Mapped[str | None]
    signed_at: Mapped[datetime | None]

    version: Mapped[CertificateVersion] = relationship(back_populates="credential")


class StatusList(Base):
    """A signed list of bits for one purpose, at the address ``origin/status/purpose/number``; signed anew when a bit changes.

    Lists come in pairs: the two of one ``number`` hold the same versions, each at places of its own.
    """

    __tablename__ = "status_lists"
    __table_args__ = (UniqueConstraint("purpose", "number"),)

    id: Mapped[Id]
    purpose: Mapped[Word]
    number: Mapped[int]
    origin: Mapped[str] = mapped_column(String(300))
    document: Mapped[dict[str, Any]]
    proof: Mapped[dict[str, Any]]
    token: Mapped[str]
    signed_at: Mapped[datetime]
    valid_until: Mapped[datetime]


class StatusPlace(Base):
    """The place in a list that belongs to a version for ever; drawn at random, so that it tells nothing."""

    __tablename__ = "status_slots"
    __table_args__ = (UniqueConstraint("version_id", "list_id"),)

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
    by_id: Mapped[UserRef]
    reason_code: Mapped[Word | None]
    criterion: Mapped[Word | None]
    public_summary: Mapped[Prose] = mapped_column(default="")
    appeal_until: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    certificate: Mapped[Certificate] = relationship(back_populates="acts")


class CertificateSubject(Base):
    """Which goods a certificate covers, by their opaque references. What changed since waits to be looked at, unhooked."""

    __tablename__ = "certificate_subjects"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    subject_ref: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
    unhooked_at: Mapped[datetime | None]  # of the last change
    unhooked_why: Mapped[Prose | None]


for _table in (RecordedAct.__table__, CertificateVersion.__table__, StatusPlace.__table__):
    forbid_changes(_table, "what was signed or done is only ever added")  # type: ignore[arg-type]  # a mapped class's table is a Table

SECURED = "a credential is secured once and never changes"
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION version_credentials_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{SECURED}'; END $$"
)
_WHEN = "OLD.token IS NOT NULL OR NEW.version_id {0} OLD.version_id OR NEW.document {0} OLD.document"
_KEEP = "CREATE TRIGGER version_credentials_no_delete BEFORE DELETE ON version_credentials"
_ON_POSTGRES = (
    "CREATE TRIGGER version_credentials_frozen BEFORE UPDATE ON version_credentials FOR EACH ROW WHEN ("
    + _WHEN.format("IS DISTINCT FROM")
    + ") EXECUTE FUNCTION version_credentials_refuse()",
    _KEEP + " FOR EACH ROW EXECUTE FUNCTION version_credentials_refuse()",
)
_ON_SQLITE = (
    "CREATE TRIGGER version_credentials_frozen BEFORE UPDATE ON version_credentials WHEN "
    + _WHEN.format("IS NOT")
    + f" BEGIN SELECT RAISE(ABORT, '{SECURED}'); END",
    _KEEP + f" BEGIN SELECT RAISE(ABORT, '{SECURED}'); END",
)
for _dialect, _statements in (("postgresql", (_FUNCTION, *_ON_POSTGRES)), ("sqlite", _ON_SQLITE)):
    for _statement in _statements:
        _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
        event.listen(VersionCredential.__table__, "after_create", _ddl)
