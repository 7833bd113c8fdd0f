"""Certificates know the code of their municipality, and the register is paged within places, schemes, losses and dates.

The code comes from what was signed of each certificate, not from its holder of today.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_certificates_state_granted": ("certificates", ["state_code", "granted_at", "id"]),
    "ix_certificates_municipality_granted": ("certificates", ["municipality_code", "granted_at", "id"]),
    "ix_certificates_scheme_granted": ("certificates", ["scheme_version_id", "granted_at", "id"]),
    "ix_certificates_valid_until": ("certificates", ["valid_until", "id"]),
    "ix_certificates_grace_ends": ("certificates", ["grace_ends", "id"]),
    "ix_certificate_acts_at": ("certificate_acts", ["at", "id"]),
}
ENDS = ("withdrawn_at", "surrendered_at", "superseded_at")

SIGNED = {
    "sqlite": (
        "json_extract(v.statement, '$.subject.place.state.code')",
        "json_extract(v.statement, '$.subject.place.municipality.code')",
    ),
    "postgresql": (
        "(v.statement #>> '{subject,place,state,code}')",
        "(v.statement #>> '{subject,place,municipality,code}')",
    ),
}


def signed_codes(dialect: str) -> str:
    """The statement that gives each certificate the code in its newest version; where none was signed it stays unknown."""
    state, municipality = SIGNED[dialect]
    newest = "v.number = (SELECT max(w.number) FROM certificate_versions w WHERE w.certificate_id = v.certificate_id)"
    return (
        f"UPDATE certificates SET municipality_code = (SELECT {state} || {municipality} FROM certificate_versions v "  # noqa: S608 - our own words
        f"WHERE v.certificate_id = certificates.id AND {newest} AND length({municipality}) = 3)"
    )


def upgrade() -> None:
    op.add_column("certificates", sa.Column("municipality_code", sa.String(length=5), nullable=True))
    op.get_bind().exec_driver_sql(signed_codes(op.get_bind().dialect.name))
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    for column in ENDS:
        reached = sa.text(f"{column} IS NOT NULL")
        name = f"ix_certificates_{column}"
        op.create_index(name, "certificates", ["granted_at", "id"], sqlite_where=reached, postgresql_where=reached)
    op.drop_index(op.f("ix_certificates_scheme_version_id"), "certificates")  # the longer one begins with it
