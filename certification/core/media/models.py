"""What the database knows of a stored file; the bytes lie in the store under their digest."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from certification.core.orm import Base, Digest, Id, Line, PublicId, Word, by_value


class FileKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"
    TEXT = "text"


class StoredFile(Base):
    """One upload after processing.

    ``renditions`` (photographs only): ``[{"width", "height", "webp", "jpeg"}]``, smallest first, the last two being digests in
    the store. ``digest`` is the largest JPEG's, or the document's own.
    """

    __tablename__ = "stored_files"
    __table_args__ = (Index("ix_stored_files_digest", "digest"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[FileKind] = mapped_column(by_value(FileKind))
    private: Mapped[bool]
    digest: Mapped[Digest]
    content_type: Mapped[Word]
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    renditions: Mapped[list[Any]] = mapped_column(default=list)
    name: Mapped[Line] = mapped_column(String(500), default="")
    illustration: Mapped[bool] = mapped_column(default=False)  # drawn for a demonstration, and said so
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
