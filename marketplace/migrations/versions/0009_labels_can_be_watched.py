"""Labels can be watched by mail, and mail can say how to end it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_state", sa.String(length=60), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (told_state IS NULL) AND (confirmed_at IS NULL) = (told_at IS NULL)",
            name=op.f("ck_watches_confirmed_was_told"),
        ),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name=op.f("fk_watches_certificate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
        sa.UniqueConstraint("certificate_id", "email", name=op.f("uq_watches_certificate_id_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_watches_public_id")),
    )
    op.create_index("ix_watches_email", "watches", ["email"])
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("unsubscribe", sa.String(length=300), nullable=True))
