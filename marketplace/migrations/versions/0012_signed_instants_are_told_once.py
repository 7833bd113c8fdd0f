"""When a credential was signed stands in its proof alone; lists and schemes say whole milliseconds, as proofs and leaves do.

What a column had below a millisecond stood in nothing that was signed, so nobody could have told that it was changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CUT = {"status_lists": ("signed_at", "valid_until"), "scheme_versions": ("activated_at", "ended_at", "lapsed_at")}
WHOLE = "(proof IS NULL) = (token IS NULL)"
REBUILT = """
CREATE TABLE version_credentials_lean (
    version_id INTEGER NOT NULL, document JSON NOT NULL, proof JSON, token TEXT,
    CONSTRAINT pk_version_credentials PRIMARY KEY (version_id),
    CONSTRAINT ck_version_credentials_secured_whole CHECK ((proof IS NULL) = (token IS NULL)),
    CONSTRAINT fk_version_credentials_version_id FOREIGN KEY(version_id) REFERENCES certificate_versions (id)
);;
INSERT INTO version_credentials_lean SELECT version_id, document, proof, token FROM version_credentials;;
DROP TABLE version_credentials;;
ALTER TABLE version_credentials_lean RENAME TO version_credentials;;
CREATE INDEX ix_version_credentials_waiting ON version_credentials (version_id) WHERE token IS NULL;;
CREATE TRIGGER version_credentials_frozen BEFORE UPDATE ON version_credentials
WHEN OLD.token IS NOT NULL OR NEW.version_id IS NOT OLD.version_id OR NEW.document IS NOT OLD.document
BEGIN SELECT RAISE(ABORT, 'a credential is secured once and never changes'); END;;
CREATE TRIGGER version_credentials_no_delete BEFORE DELETE ON version_credentials
BEGIN SELECT RAISE(ABORT, 'a credential is secured once and never changes'); END
"""


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, columns in CUT.items():
        for name in columns:
            whole = f"substr({name}, 1, 23) || '000'" if sqlite else f"date_trunc('milliseconds', {name})"
            op.execute(f"UPDATE {table} SET {name} = {whole} WHERE {name} <> {whole}")  # noqa: S608 - our own names
    if sqlite:
        for statement in REBUILT.split(";;"):
            op.get_bind().exec_driver_sql(statement)
        return
    op.drop_constraint(op.f("ck_version_credentials_secured_whole"), "version_credentials", type_="check")
    op.drop_column("version_credentials", "signed_at")
    op.create_check_constraint(op.f("ck_version_credentials_secured_whole"), "version_credentials", sa.text(WHOLE))
