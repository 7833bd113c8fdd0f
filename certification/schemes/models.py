"""Label schemes and their versions. A version's text never changes once it is active."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DDL, CheckConstraint, ForeignKey, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.core.orm import Base, Digest, Id, Word, by_value
from certification.parties.models import Party
from certification.rules.workflow import SchemeVersionState


class Scheme(Base):
    """Who owns a label, under a key that never changes ("origen-local")."""

    __tablename__ = "schemes"

    id: Mapped[Id]
    key: Mapped[Word] = mapped_column(unique=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))  # none: the operator's council
    official: Mapped[bool] = mapped_column(default=False)  # owned by an authority
    created_at: Mapped[datetime]

    owner: Mapped[Party | None] = relationship()
    versions: Mapped[list["SchemeVersion"]] = relationship(back_populates="scheme", order_by="SchemeVersion.id")


class SchemeVersion(Base):
    """One text of a scheme: ``document`` as ``rules.criteria.parse_scheme`` reads it, and its digest.

    The document is long: it is read from the database only where somebody touches it (see ``schemes.texts``).
    """

    __tablename__ = "scheme_versions"
    __table_args__ = (
        UniqueConstraint("scheme_id", "version"),
        CheckConstraint("state IN ('draft', 'consultation') OR activated_at IS NOT NULL", name="active_has_date"),
    )

    id: Mapped[Id]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("schemes.id"), index=True)
    version: Mapped[str] = mapped_column(String(20))
    document: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    digest: Mapped[Digest]
    state: Mapped[SchemeVersionState] = mapped_column(by_value(SchemeVersionState), default=SchemeVersionState.DRAFT)
    activated_at: Mapped[datetime | None]  # these three in whole milliseconds, as leaves tell them
    ended_at: Mapped[datetime | None]  # superseded or withdrawn
    lapsed_at: Mapped[datetime | None]  # when the scheme, or the legal mark it rests on, ended
    mark: Mapped[str | None] = mapped_column(String(200))
    mark_ends_on: Mapped[date | None]
    version_id: Mapped[int] = mapped_column()

    scheme: Mapped[Scheme] = relationship(back_populates="versions", lazy="joined")

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 - SQLAlchemy reads a plain dict


FROZEN = "the text of a scheme version never changes once it has left the draft"
_CHANGED = "OLD.state <> 'draft' AND ({})"
_TEXT = ("scheme_id", "version", "document", "digest")
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION scheme_versions_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{FROZEN}'; END $$"
)
_POSTGRES = (
    "CREATE TRIGGER scheme_versions_frozen BEFORE UPDATE ON scheme_versions FOR EACH ROW WHEN ("
    + _CHANGED.format(" OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _TEXT))
    + ") EXECUTE FUNCTION scheme_versions_refuse()"
)
_SQLITE = (
    "CREATE TRIGGER scheme_versions_frozen BEFORE UPDATE ON scheme_versions WHEN "
    + _CHANGED.format(" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _TEXT))
    + f" BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END"
)
for _statement, _dialect in ((_FUNCTION, "postgresql"), (_POSTGRES, "postgresql"), (_SQLITE, "sqlite")):
    _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
    event.listen(SchemeVersion.__table__, "after_create", _ddl)
