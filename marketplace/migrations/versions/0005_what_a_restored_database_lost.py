"""A restored registry takes back from the public log what it lost: which leaves, which versions, and acts that nobody signed for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _log_adopted() -> None:
    op.create_table(
        "log_adopted",
        sa.Column("leaf_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["leaf_index"], ["log_leaves.leaf_index"], name=op.f("fk_log_adopted_leaf_index")),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_log_adopted")),
    )


def _lost_versions() -> None:
    op.create_table(
        "lost_versions",
        sa.Column("code", sa.String(length=11), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["leaf_index"], ["log_leaves.leaf_index"], name=op.f("fk_lost_versions_leaf_index")),
        sa.PrimaryKeyConstraint("code", "number", name=op.f("pk_lost_versions")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_lost_versions_leaf_index")),
    )


def _lost_places() -> None:
    op.create_table(
        "lost_places",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=11), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["code", "number"], ["lost_versions.code", "lost_versions.number"], name=op.f("fk_lost_places_code")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["status_lists.id"], name=op.f("fk_lost_places_list_id")),
        sa.PrimaryKeyConstraint("list_id", "place", name=op.f("pk_lost_places")),
    )


def _nobody_need_stand_behind_an_act() -> None:
    with op.batch_alter_table("certificate_acts") as table:
        table.alter_column("by_id", existing_type=sa.Integer(), nullable=True)


# a table that SQLite rebuilds loses its triggers
ON_SQLITE = (
    "CREATE TRIGGER certificate_acts_no_update BEFORE UPDATE ON certificate_acts BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER certificate_acts_no_delete BEFORE DELETE ON certificate_acts BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER log_adopted_no_update BEFORE UPDATE ON log_adopted BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END",
    "CREATE TRIGGER log_adopted_no_delete BEFORE DELETE ON log_adopted BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END",
)
ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION log_adopted_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the log is only ever added to'; END $$",
    "CREATE TRIGGER log_adopted_no_change BEFORE UPDATE OR DELETE ON log_adopted FOR EACH ROW EXECUTE FUNCTION log_adopted_refuse()",
)


def upgrade() -> None:
    _log_adopted()
    _lost_versions()
    _lost_places()
    _nobody_need_stand_behind_an_act()
    for statement in ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
