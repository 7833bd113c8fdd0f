"""A status list keeps its address and never goes: credentials that were signed name it."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REFUSAL = "a status list stays at the address that credentials name"
COLUMNS = ("id", "purpose", "number", "origin")
FROZEN, KEPT = "CREATE TRIGGER status_lists_frozen BEFORE UPDATE", "CREATE TRIGGER status_lists_no_delete BEFORE DELETE"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        abort = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        changed = " OR ".join(f"NEW.{one} IS NOT OLD.{one}" for one in COLUMNS)
        op.execute(f"{FROZEN} ON status_lists WHEN {changed} {abort}")
        op.execute(f"{KEPT} ON status_lists {abort}")
        return
    body = f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END"
    op.execute(f"CREATE OR REPLACE FUNCTION status_lists_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    changed = " OR ".join(f"NEW.{one} IS DISTINCT FROM OLD.{one}" for one in COLUMNS)
    op.execute(f"{FROZEN} ON status_lists FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION status_lists_refuse()")
    op.execute(f"{KEPT} ON status_lists FOR EACH ROW EXECUTE FUNCTION status_lists_refuse()")
