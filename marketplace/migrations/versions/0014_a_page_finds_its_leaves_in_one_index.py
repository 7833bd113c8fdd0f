"""What a page asks of the leaves that tell of a certificate stands in the index by its code: the leaves themselves stay unread."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME = "ix_log_leaves_certificate_code"


def upgrade() -> None:
    op.drop_index(op.f(NAME), "log_leaves")
    op.create_index(NAME, "log_leaves", ["certificate_code", "leaf_index", "act", "at"])
