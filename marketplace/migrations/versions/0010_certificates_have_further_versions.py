"""Certificates have further versions: an application may renew a label, and a version names the application it rests on.

Versions before this rest on the application of their certificate, and name none. Columns are added in place, because rebuilding a
table on SQLite would drop the triggers that forbid to change what was signed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("renews", sa.String(length=11), nullable=True))
    op.add_column("applications", sa.Column("cause", sa.String(length=40), nullable=True))
    op.create_index(op.f("ix_applications_renews"), "applications", ["renews"], unique=False)
    op.get_bind().exec_driver_sql(
        "ALTER TABLE certificate_versions ADD COLUMN application_id INTEGER "
        "CONSTRAINT fk_certificate_versions_application_id REFERENCES applications (id)"
    )
    op.create_index("ix_certificate_versions_application_id", "certificate_versions", ["application_id"], unique=True)
    op.create_table(
        "certificate_reminders",
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_reminders_certificate_id")),
        sa.PrimaryKeyConstraint("certificate_id", "kind", "due", name=op.f("pk_certificate_reminders")),
    )
