"""Who did what, and when. Rows are only ever added; the database refuses the rest."""

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from certification.core.orm import Base, Id, Word


class AuditEntry(Base):
    """One act. ``subject`` names the thing as kind and id; ``on_behalf_of`` the party a promoter or cooperative acted for."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    act: Mapped[Word]
    subject_kind: Mapped[Word]
    subject_id: Mapped[str] = mapped_column(String(60))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    on_behalf_of: Mapped[str | None] = mapped_column(String(60))
    details: Mapped[dict[str, Any]]


REFUSAL = "audit entries are only ever added"


def forbid_changes(table: Table, message: str) -> None:
    """Triggers that let a table be added to and read, and nothing else, on both databases."""
    name = table.name
    body = f"BEGIN RAISE EXCEPTION '{message}'; END"
    refuse = f"CREATE OR REPLACE FUNCTION {name}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
    guard = f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_refuse()"
    _after_create(table, refuse, "postgresql")
    _after_create(table, guard, "postgresql")
    for verb in ("UPDATE", "DELETE"):
        trigger = f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        _after_create(table, trigger, "sqlite")


def _after_create(table: Table, statement: str, dialect: str) -> None:
    ddl = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
    event.listen(table, "after_create", ddl)


forbid_changes(AuditEntry.__table__, REFUSAL)  # type: ignore[arg-type]  # a mapped class's table is a Table
