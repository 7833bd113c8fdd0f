"""What the log's witnesses cosigned last."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_witnesses",
        sa.Column("vkey", sa.String(length=400), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("root", sa.LargeBinary(length=32), nullable=True),
        sa.Column("line", sa.String(length=500), nullable=True),
        sa.Column("cosigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=60), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("try_after", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(size IS NULL) = (root IS NULL) AND (size IS NULL) = (line IS NULL) AND (size IS NULL) = (cosigned_at IS NULL)",
            name=op.f("ck_log_witnesses_cosigned_whole"),
        ),
        sa.CheckConstraint(
            "(problem IS NULL) = (failures = 0) AND (problem IS NULL) = (try_after IS NULL)",
            name=op.f("ck_log_witnesses_failed_whole"),
        ),
        sa.PrimaryKeyConstraint("vkey", name=op.f("pk_log_witnesses")),
    )
