"""What is recorded may wait for its signature: versions and status lists are signed once they are asked for, in one commit or two.

Tables are rebuilt on SQLite, so their triggers are written again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _versions() -> None:
    with op.batch_alter_table("certificate_versions") as table:
        table.alter_column("kid", existing_type=sa.String(length=60), nullable=True)
        table.alter_column("signature", existing_type=sa.String(length=120), nullable=True)
        table.create_check_constraint(op.f("ck_certificate_versions_signed_whole"), "(kid IS NULL) = (signature IS NULL)")


def _lists() -> None:
    with op.batch_alter_table("status_lists") as table:
        table.add_column(sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True))
        for name in ("document", "proof"):
            table.alter_column(name, existing_type=Json, nullable=True)
        table.alter_column("token", existing_type=sa.Text(), nullable=True)
        for name in ("signed_at", "valid_until"):
            table.alter_column(name, existing_type=sa.DateTime(timezone=True), nullable=True)
        table.create_check_constraint(
            op.f("ck_status_lists_signed_whole"),
            "(document IS NULL) = (signed_at IS NULL) AND (proof IS NULL) = (signed_at IS NULL) AND "
            "(token IS NULL) = (signed_at IS NULL) AND (valid_until IS NULL) = (signed_at IS NULL)",
        )
        table.create_check_constraint(op.f("ck_status_lists_signed_or_waits"), "signed_at IS NOT NULL OR waits_since IS NOT NULL")


def _indexes() -> None:
    for table, column, waits in (
        ("certificate_versions", "id", "signature IS NULL"),
        ("version_credentials", "version_id", "token IS NULL"),
        ("status_lists", "id", "waits_since IS NOT NULL"),
    ):
        op.create_index(f"ix_{table}_waiting", table, [column], sqlite_where=sa.text(waits), postgresql_where=sa.text(waits))


ON_SQLITE = (
    "CREATE TRIGGER certificate_versions_frozen BEFORE UPDATE ON certificate_versions WHEN OLD.signature IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.certificate_id IS NOT OLD.certificate_id OR NEW.number IS NOT OLD.number OR NEW.statement IS NOT OLD.statement OR NEW.signed_at IS NOT OLD.signed_at BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER certificate_versions_no_delete BEFORE DELETE ON certificate_versions BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
)
ON_POSTGRESQL = (
    "DROP TRIGGER certificate_versions_no_change ON certificate_versions",
    "CREATE TRIGGER certificate_versions_frozen BEFORE UPDATE ON certificate_versions FOR EACH ROW WHEN (OLD.signature IS NOT NULL OR NEW.id IS DISTINCT FROM OLD.id OR NEW.certificate_id IS DISTINCT FROM OLD.certificate_id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.statement IS DISTINCT FROM OLD.statement OR NEW.signed_at IS DISTINCT FROM OLD.signed_at) EXECUTE FUNCTION certificate_versions_refuse()",
    "CREATE TRIGGER certificate_versions_no_delete BEFORE DELETE ON certificate_versions FOR EACH ROW EXECUTE FUNCTION certificate_versions_refuse()",
)


def upgrade() -> None:
    _versions()
    _lists()
    _indexes()
    for statement in ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
