"""The shop side of a party: its story, its faces and places, how to reach it, and the people it credits."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.core.media.models import StoredFile
from certification.core.orm import Base, Id, Line, Name, Prose, PublicId
from certification.parties.models import Party


class Producer(Base):
    """A party's stall. Shown once ``published_at`` is set; ``away_until`` closes it for a while."""

    __tablename__ = "producers"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    line: Mapped[Line] = mapped_column(default="")  # one sentence for cards
    story: Mapped[Prose] = mapped_column(default="")
    story_en: Mapped[Prose] = mapped_column(default="")
    languages: Mapped[list[Any]] = mapped_column(default=list)
    whatsapp: Mapped[str | None] = mapped_column(String(20))  # E.164; private
    whatsapp_shown: Mapped[bool] = mapped_column(default=False)
    visits: Mapped[Line] = mapped_column(default="")  # where and when to meet them, in their words
    portrait_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    published_at: Mapped[datetime | None]
    away_until: Mapped[date | None]
    created_at: Mapped[datetime]

    party: Mapped[Party] = relationship(lazy="joined")
    portrait: Mapped[StoredFile | None] = relationship(foreign_keys="Producer.portrait_id")
    cover: Mapped[StoredFile | None] = relationship(foreign_keys="Producer.cover_id")


class Maker(Base):
    """A person credited on products, by consent, under the name they chose; they may have no account."""

    __tablename__ = "makers"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    producer_id: Mapped[int] = mapped_column(ForeignKey("producers.id"), index=True)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    public_name: Mapped[Name]
    consented_at: Mapped[datetime]
    consent_how: Mapped[Line]
    withdrawn_at: Mapped[datetime | None]

    producer: Mapped[Producer] = relationship()
