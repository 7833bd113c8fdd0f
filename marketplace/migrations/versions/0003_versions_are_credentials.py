"""Versions of certificates are W3C credentials, with places in signed status lists.

Tables only: a credential is signed, and a migration has no key. Those of versions issued before are made right after it by
`tianguis upgrade`, and where the key can't be read then, by the worker (`registry.tending.complete_credentials`; safe to repeat).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _status_lists() -> None:
    op.create_table(
        "status_lists",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("document", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("proof", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_lists")),
        sa.UniqueConstraint("purpose", "number", name=op.f("uq_status_lists_purpose_number")),
    )


def _status_slots() -> None:
    op.create_table(
        "status_slots",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["status_lists.id"], name=op.f("fk_status_slots_list_id")),
        sa.ForeignKeyConstraint(["version_id"], ["certificate_versions.id"], name=op.f("fk_status_slots_version_id")),
        sa.PrimaryKeyConstraint("list_id", "place", name=op.f("pk_status_slots")),
        sa.UniqueConstraint("version_id", "list_id", name=op.f("uq_status_slots_version_id_list_id")),
    )


def _version_credentials() -> None:
    op.create_table(
        "version_credentials",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("proof", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(proof IS NULL) = (token IS NULL) AND (proof IS NULL) = (signed_at IS NULL)",
            name=op.f("ck_version_credentials_secured_whole"),
        ),
        sa.ForeignKeyConstraint(["version_id"], ["certificate_versions.id"], name=op.f("fk_version_credentials_version_id")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_version_credentials")),
    )


ON_SQLITE = (
    "CREATE TRIGGER status_slots_no_update BEFORE UPDATE ON status_slots BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER status_slots_no_delete BEFORE DELETE ON status_slots BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER version_credentials_frozen BEFORE UPDATE ON version_credentials WHEN OLD.token IS NOT NULL OR NEW.version_id IS NOT OLD.version_id OR NEW.document IS NOT OLD.document BEGIN SELECT RAISE(ABORT, 'a credential is secured once and never changes'); END",
    "CREATE TRIGGER version_credentials_no_delete BEFORE DELETE ON version_credentials BEGIN SELECT RAISE(ABORT, 'a credential is secured once and never changes'); END",
)

ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION status_slots_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'what was signed or done is only ever added'; END $$",
    "CREATE TRIGGER status_slots_no_change BEFORE UPDATE OR DELETE ON status_slots FOR EACH ROW EXECUTE FUNCTION status_slots_refuse()",
    "CREATE OR REPLACE FUNCTION version_credentials_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a credential is secured once and never changes'; END $$",
    "CREATE TRIGGER version_credentials_frozen BEFORE UPDATE ON version_credentials FOR EACH ROW WHEN (OLD.token IS NOT NULL OR NEW.version_id IS DISTINCT FROM OLD.version_id OR NEW.document IS DISTINCT FROM OLD.document) EXECUTE FUNCTION version_credentials_refuse()",
    "CREATE TRIGGER version_credentials_no_delete BEFORE DELETE ON version_credentials FOR EACH ROW EXECUTE FUNCTION version_credentials_refuse()",
)


def upgrade() -> None:
    _status_lists()
    _status_slots()
    _version_credentials()
    for statement in ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
