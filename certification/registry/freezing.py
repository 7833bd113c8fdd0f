"""Triggers that keep what was signed as it was signed."""

from sqlalchemy import DDL, FromClause, event


def freeze(table: FromClause, message: str, columns: tuple[str, ...], *, signed: str | None = None) -> None:
    """Triggers: ``columns`` of a row never change, none does once ``signed`` is set, and the row never goes."""
    name = table.name  # type: ignore[attr-defined]  # a mapped class's table is a Table
    once = [f"OLD.{signed} IS NOT NULL"] if signed else []
    when = " OR ".join([*once, *(f"NEW.{one} {{0}} OLD.{one}" for one in columns)])
    refuse = (
        f"CREATE OR REPLACE FUNCTION {name}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    frozen, kept = f"CREATE TRIGGER {name}_frozen BEFORE UPDATE", f"CREATE TRIGGER {name}_no_delete BEFORE DELETE"
    call, abort = f"EXECUTE FUNCTION {name}_refuse()", f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    statements = (
        ("postgresql", refuse),
        ("postgresql", f"{frozen} ON {name} FOR EACH ROW WHEN ({when.format('IS DISTINCT FROM')}) {call}"),
        ("postgresql", f"{kept} ON {name} FOR EACH ROW {call}"),
        ("sqlite", f"{frozen} ON {name} WHEN {when.format('IS NOT')} {abort}"),
        ("sqlite", f"{kept} ON {name} {abort}"),
    )
    for dialect, statement in statements:
        ddl = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
        event.listen(table, "after_create", ddl)
