"""Who wants to hear of a label, and what they heard last."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.core.orm import Base, Id, PublicId, Word
from certification.registry.models import Certificate


class Watch(Base):
    """One address and one label. The keys in its links are made from the instance's secret and stored nowhere.

    ``told_state`` is the public state that its reader saw or was mailed last, at ``told_at``.
    """

    __tablename__ = "watches"
    __table_args__ = (
        CheckConstraint(
            "(confirmed_at IS NULL) = (told_state IS NULL) AND (confirmed_at IS NULL) = (told_at IS NULL)",
            name="confirmed_was_told",
        ),
        UniqueConstraint("certificate_id", "email"),
        Index("ix_watches_email", "email"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    told_state: Mapped[Word | None]
    told_at: Mapped[datetime | None]

    certificate: Mapped[Certificate] = relationship()
