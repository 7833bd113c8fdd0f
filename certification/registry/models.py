"""Certificates, what was signed, and every act that changed their standing."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.applications.models import Application
from certification.audit.models import forbid_changes
from certification.core.media.models import StoredFile
from certification.core.orm import Base, Id, Name, Prose, UserRef, Word, by_value
from certification.parties.models import Party
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion


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
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(11), unique=True)  # canonical spelling, no dashes
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"), index=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    holder_ref: Mapped[str] = mapped_column(String(12), index=True)
    holder_name: Mapped[Name]
    subject_kind: Mapped[Word]
    label_class: Mapped[Word]
    goods: Mapped[str] = mapped_column(String(500))
    search_text: Mapped[Prose] = mapped_column(default="")  # folded: holder, goods, municipality
    state_code: Mapped[str] = mapped_column(String(2))
    municipality: Mapped[Name]
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


class RecordedAct(Base):
    """A public act on a certificate, with its public reason; only ever added."""

    __tablename__ = "certificate_acts"

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


for _table in (RecordedAct.__table__, CertificateVersion.__table__):
    forbid_changes(_table, "what was signed or done is only ever added")  # type: ignore[arg-type]  # a mapped class's table is a Table
