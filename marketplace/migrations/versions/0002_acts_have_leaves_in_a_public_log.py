"""Acts have leaves in a public log; those recorded before it are entered in the order of time, marked `before_log`.

The log stays unsigned: a migration has no key. `tianguis upgrade` signs it afterwards, else the first act does.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from certification.rules.canonical import digest
from certification.rules.leaves import Act, CertificateRef, LogAct, SchemeRef, leaf_bytes, whole_milliseconds
from certification.rules.merkle import grow, leaf_hash, reader_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Event = tuple[Act, int | None, int | None, str]  # the act; for those on certificates their row, the certificate's and the salt
BATCH = 500
Json = sa.JSON().with_variant(JSONB(), "postgresql")


def _log_leaves() -> None:
    op.create_table(
        "log_leaves",
        sa.Column("leaf_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("certificate_code", sa.String(length=11), nullable=True),
        sa.Column("before_log", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_log_leaves")),
    )
    op.create_index("ix_log_leaves_act", "log_leaves", ["act", "leaf_index"], unique=False)
    op.create_index(op.f("ix_log_leaves_certificate_code"), "log_leaves", ["certificate_code"], unique=False)


def _log_nodes() -> None:
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name=op.f("pk_log_nodes")),
    )


def _log_heads() -> None:
    op.create_table(
        "log_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(origin IS NULL) = (note IS NULL)", name=op.f("ck_log_heads_signed_has_origin")),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_heads_one_head")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_heads")),
    )


def _certificate_act_leaves() -> None:
    op.create_table(
        "certificate_act_leaves",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=43), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["certificate_acts.id"], name=op.f("fk_certificate_act_leaves_act_id")),
        sa.ForeignKeyConstraint(["leaf_index"], ["log_leaves.leaf_index"], name=op.f("fk_certificate_act_leaves_leaf_index")),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_certificate_act_leaves")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_certificate_act_leaves_leaf_index")),
    )


ON_SQLITE = (
    "CREATE TRIGGER log_leaves_no_update BEFORE UPDATE ON log_leaves BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END",
    "CREATE TRIGGER log_leaves_no_delete BEFORE DELETE ON log_leaves BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END",
    "CREATE TRIGGER log_nodes_no_update BEFORE UPDATE ON log_nodes BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END",
    "CREATE TRIGGER log_nodes_no_delete BEFORE DELETE ON log_nodes BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END",
    "CREATE TRIGGER log_heads_grow BEFORE UPDATE ON log_heads WHEN NEW.size < OLD.size OR (OLD.origin IS NOT NULL AND NEW.origin IS NOT OLD.origin) BEGIN SELECT RAISE(ABORT, 'the log never shrinks and keeps its name'); END",
    "CREATE TRIGGER log_heads_stay BEFORE DELETE ON log_heads BEGIN SELECT RAISE(ABORT, 'the log never shrinks and keeps its name'); END",
    "CREATE TRIGGER certificate_act_leaves_no_update BEFORE UPDATE ON certificate_act_leaves BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER certificate_act_leaves_no_delete BEFORE DELETE ON certificate_act_leaves BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
)
ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION log_leaves_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the log is only ever added to'; END $$",
    "CREATE TRIGGER log_leaves_no_change BEFORE UPDATE OR DELETE ON log_leaves FOR EACH ROW EXECUTE FUNCTION log_leaves_refuse()",
    "CREATE OR REPLACE FUNCTION log_nodes_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the log is only ever added to'; END $$",
    "CREATE TRIGGER log_nodes_no_change BEFORE UPDATE OR DELETE ON log_nodes FOR EACH ROW EXECUTE FUNCTION log_nodes_refuse()",
    "CREATE OR REPLACE FUNCTION log_heads_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the log never shrinks and keeps its name'; END $$",
    "CREATE TRIGGER log_heads_grow BEFORE UPDATE ON log_heads FOR EACH ROW WHEN (NEW.size < OLD.size OR (OLD.origin IS NOT NULL AND NEW.origin IS DISTINCT FROM OLD.origin)) EXECUTE FUNCTION log_heads_refuse()",
    "CREATE TRIGGER log_heads_stay BEFORE DELETE ON log_heads FOR EACH ROW EXECUTE FUNCTION log_heads_refuse()",
    "CREATE OR REPLACE FUNCTION certificate_act_leaves_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'what was signed or done is only ever added'; END $$",
    "CREATE TRIGGER certificate_act_leaves_no_change BEFORE UPDATE OR DELETE ON certificate_act_leaves FOR EACH ROW EXECUTE FUNCTION certificate_act_leaves_refuse()",
)

_instant = sa.DateTime(timezone=True)
_ACTS = sa.text(
    "SELECT a.id, a.kind, a.at, a.reason_code, a.criterion, a.public_summary, a.details, c.id AS certificate_id, c.code, "
    "c.valid_from, c.valid_until, s.key, v.version, v.digest, p.public_id AS application, "
    "(SELECT max(n.number) FROM certificate_versions n WHERE n.certificate_id = c.id AND n.signed_at <= a.at) AS number "
    "FROM certificate_acts a JOIN certificates c ON c.id = a.certificate_id JOIN applications p ON p.id = c.application_id "
    "JOIN scheme_versions v ON v.id = c.scheme_version_id JOIN schemes s ON s.id = v.scheme_id ORDER BY a.id"
).columns(at=_instant, valid_from=_instant, valid_until=_instant, details=Json)
_SCHEMES = sa.text(
    "SELECT s.key, v.version, v.digest, v.state, v.activated_at, v.ended_at, v.lapsed_at "
    "FROM scheme_versions v JOIN schemes s ON s.id = v.scheme_id WHERE v.activated_at IS NOT NULL ORDER BY v.id"
).columns(activated_at=_instant, ended_at=_instant, lapsed_at=_instant)
_REHOOKS = sa.text(
    "SELECT e.at, e.subject_id AS code, (SELECT max(n.number) FROM certificate_versions n JOIN certificates c "
    "ON c.id = n.certificate_id WHERE c.code = e.subject_id AND n.signed_at <= e.at) AS number "
    "FROM audit_entries e WHERE e.act = 'certificate.rehook' ORDER BY e.id"
).columns(at=_instant)
_ENDS = {
    "superseded": (LogAct.SCHEME_SUPERSEDED, "ended_at"),
    "withdrawn": (LogAct.SCHEME_WITHDRAWN, "ended_at"),
    "lapsed": (LogAct.SCHEME_LAPSED, "lapsed_at"),
}


def _leaf_instant(at: datetime | str) -> datetime:
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return whole_milliseconds(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))


def _of_schemes(connection: sa.Connection) -> Iterator[Event]:
    for row in connection.execute(_SCHEMES):
        named = SchemeRef(row.key, row.version, row.digest)
        yield Act(LogAct.SCHEME_ACTIVATED, _leaf_instant(row.activated_at), scheme=named, before_log=True), None, None, ""
        if row.state in _ENDS:
            act, column = _ENDS[row.state]
            ended = getattr(row, column) or row.activated_at
            yield Act(act, _leaf_instant(ended), scheme=named, before_log=True), None, None, ""


def _of_certificates(connection: sa.Connection) -> Iterator[Event]:
    for row in connection.execute(_ACTS):
        salt = token_urlsafe(32)
        yield Act(LogAct(row.kind), _leaf_instant(row.at), before_log=True, **_facts(row, salt)), row.id, row.certificate_id, salt
    for row in connection.execute(_REHOOKS):
        named = CertificateRef(row.code, row.number or 1)
        yield Act(LogAct.REHOOKED, _leaf_instant(row.at), certificate=named, before_log=True), None, None, ""


def _facts(row: Any, salt: str) -> dict[str, Any]:
    """As ``registry.logged`` writes them, but for the credential, which these never had."""
    dossier = digest({"application": row.application, "salt": salt, "summary": row.public_summary})
    facts: dict[str, Any] = {"certificate": CertificateRef(row.code, row.number or 1), "dossier": dossier}
    if row.kind in ("granted", "renewed"):
        term = row.details.get("term", {})
        facts["scheme"] = SchemeRef(row.key, row.version, row.digest)
        facts |= {name: _leaf_instant(term.get(name, getattr(row, name))) for name in ("valid_from", "valid_until")}
    if row.kind == "superseded":
        facts["successor"] = row.details["successor"]
    if row.kind == "suspended":
        facts["until"] = _leaf_instant(row.details["suspension_until"])
    return facts | {name: value for name in ("reason_code", "criterion") if (value := getattr(row, name))}


def _enter(connection: sa.Connection) -> None:
    """Every act that was recorded before, by its time; of one instant first the schemes, then by row."""
    events = sorted((*_of_schemes(connection), *_of_certificates(connection)), key=lambda one: one[0].at)
    if not events:
        return
    entries = [leaf_bytes(act) for act, *_rest in events]
    hashes = [leaf_hash(entry) for entry in entries]
    grown = grow(0, hashes, reader_of({}))
    leaves = [
        {
            "leaf_index": index,
            "entry": entries[index],
            "hash": hashes[index],
            "act": act.act.value,
            "at": act.at,
            "certificate_code": act.certificate.code if act.certificate else None,
            "before_log": True,
        }
        for index, (act, *_rest) in enumerate(events)
    ]
    nodes = [{"level": level, "node_index": index, "hash": hash_} for (level, index), hash_ in grown.nodes.items() if level]
    acts = [{"act_id": row, "leaf_index": index, "salt": salt} for index, (_act, row, _of, salt) in enumerate(events) if row]
    _insert(connection, "log_leaves", leaves, at=_instant, before_log=sa.Boolean())
    _insert(connection, "log_nodes", nodes)
    _insert(connection, "certificate_act_leaves", acts)
    _insert(connection, "log_heads", [{"id": 1, "size": grown.size, "root": grown.root, "origin": None, "note": None}])
    _show(connection, {of: index for index, (_act, _row, of, _salt) in enumerate(events) if of})


def _insert(connection: sa.Connection, name: str, rows: list[dict[str, Any]], **types: Any) -> None:
    if rows:
        table = sa.table(name, *(sa.column(column, types.get(column)) for column in rows[0]))
        for start in range(0, len(rows), BATCH):
            connection.execute(table.insert(), rows[start : start + BATCH])


def _show(connection: sa.Connection, last_leaf: dict[int, int]) -> None:
    """The pages of certificates name the leaf of their last act."""
    table = sa.table("certificates", sa.column("id"), sa.column("page", Json), sa.column("version_id"))
    for certificate, index in last_leaf.items():
        page = connection.execute(sa.select(table.c.page).where(table.c.id == certificate)).scalar_one()
        shown = {"page": page | {"leaf": index}, "version_id": table.c.version_id + 1}
        connection.execute(table.update().where(table.c.id == certificate).values(shown))


def upgrade() -> None:
    _log_leaves()
    _log_nodes()
    _log_heads()
    _certificate_act_leaves()
    connection = op.get_bind()
    for statement in ON_SQLITE if connection.dialect.name == "sqlite" else ON_POSTGRESQL:
        connection.exec_driver_sql(statement)
    _enter(connection)
