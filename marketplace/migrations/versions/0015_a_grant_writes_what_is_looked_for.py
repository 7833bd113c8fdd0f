"""A grant no longer keeps what nobody looks for: a holder twice, its own leaf by kind, the random name of its mail.

Of leaves those are found by kind that are few; grants and renewals never were. A holder is found by the reference alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FEW = sa.text("act NOT IN ('granted', 'renewed')")


def upgrade() -> None:
    op.drop_index("ix_certificates_holder", "certificates")
    op.drop_index("ix_log_leaves_act", "log_leaves")
    op.create_index("ix_log_leaves_act", "log_leaves", ["act", "leaf_index"], sqlite_where=FEW, postgresql_where=FEW)
    with op.batch_alter_table("outbox") as table:
        table.drop_constraint("uq_outbox_public_id", type_="unique")
