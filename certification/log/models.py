"""The log as it is stored: leaves, the nodes above them, and its head. Leaves and nodes are only ever added."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    and_,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from certification.audit.models import forbid_changes
from certification.core.orm import KEYED, Base, by_value, partial_index
from certification.rules.leaves import LogAct
from certification.rules.merkle import HASH_BYTES

ONLY_HEAD = 1
NUMEROUS = (LogAct.GRANTED, LogAct.RENEWED)
FEW = f"act NOT IN ({', '.join(repr(kind.value) for kind in NUMEROUS)})"


class LogLeaf(Base):
    """One act: ``entry`` is what ``rules.leaves`` writes, ``hash`` its leaf hash; the other columns repeat it for searching."""

    __tablename__ = "log_leaves"
    __table_args__ = (
        partial_index("ix_log_leaves_act", "act", "leaf_index", where=FEW),
        Index("ix_log_leaves_certificate_code", "certificate_code", "leaf_index", "act", "at"),  # all that a page asks of a leaf
    )

    index: Mapped[int] = mapped_column("leaf_index", Integer, primary_key=True, autoincrement=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary(HASH_BYTES))
    act: Mapped[LogAct] = mapped_column(by_value(LogAct))
    at: Mapped[datetime]
    certificate_code: Mapped[str | None] = mapped_column(String(11))
    before_log: Mapped[bool]


def of_few_kinds(kinds: Collection[LogAct]) -> ColumnElement[bool]:
    """Leaves of some kinds, by an index of those that are few. Raises ValueError for kinds that most leaves are of."""
    if not set(kinds).isdisjoint(NUMEROUS):
        msg = f"too many leaves are of these kinds: {kinds}"
        raise ValueError(msg)
    return and_(LogLeaf.act.in_(kinds), text(f"log_leaves.{FEW}"))  # as the index says it, or no database takes that


class LogNode(Base):
    """A complete subtree of level 1 and above, as ``rules.merkle`` numbers them; level 0 is the leaves' own ``hash``."""

    __tablename__ = "log_nodes"
    __table_args__ = KEYED

    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column("node_index", Integer, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(HASH_BYTES))


class LogHead(Base):
    """One row: how far the log has come. ``origin`` is its name for life; it and ``note`` are null until first signed."""

    __tablename__ = "log_heads"
    __table_args__ = (
        CheckConstraint(f"id = {ONLY_HEAD}", name="one_head"),
        CheckConstraint("(origin IS NULL) = (note IS NULL)", name="signed_has_origin"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary(HASH_BYTES))
    origin: Mapped[str | None] = mapped_column(String(255))
    note: Mapped[bytes | None] = mapped_column(LargeBinary)


class AdoptedLeaf(Base):
    """A leaf that this database lost and took back from what was published; ``applied`` where a row here tells of it again."""

    __tablename__ = "log_adopted"

    index: Mapped[int] = mapped_column("leaf_index", ForeignKey("log_leaves.leaf_index"), primary_key=True, autoincrement=False)
    adopted_at: Mapped[datetime]
    applied: Mapped[bool]


class LogWitness(Base):
    """What a witness of ours, named by its verifier key, cosigned last, and how it stands with it.

    ``line`` is its verified signature line over the checkpoint of ``size`` leaves under ``root``. ``problem`` is why the last try
    failed, None when it did not; after ``failures`` in a row it is not asked again before ``try_after``.
    """

    __tablename__ = "log_witnesses"
    __table_args__ = (
        CheckConstraint(
            "(size IS NULL) = (root IS NULL) AND (size IS NULL) = (line IS NULL) AND (size IS NULL) = (cosigned_at IS NULL)",
            name="cosigned_whole",
        ),
        CheckConstraint("(problem IS NULL) = (failures = 0) AND (problem IS NULL) = (try_after IS NULL)", name="failed_whole"),
    )

    vkey: Mapped[str] = mapped_column(String(400), primary_key=True)
    size: Mapped[int | None]
    root: Mapped[bytes | None] = mapped_column(LargeBinary(HASH_BYTES))
    line: Mapped[str | None] = mapped_column(String(500))
    cosigned_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(String(60))
    failures: Mapped[int] = mapped_column(default=0)
    try_after: Mapped[datetime | None]


for _table in (LogLeaf.__table__, LogNode.__table__, AdoptedLeaf.__table__):
    forbid_changes(_table, "the log is only ever added to")  # type: ignore[arg-type]  # a mapped class's table is a Table

GROWS = "the log never shrinks and keeps its name"
_BACK = "NEW.size < OLD.size OR (OLD.origin IS NOT NULL AND NEW.origin {differs} OLD.origin)"
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION log_heads_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{GROWS}'; END $$"
)
_POSTGRES_GROW = (
    "CREATE TRIGGER log_heads_grow BEFORE UPDATE ON log_heads FOR EACH ROW WHEN ("
    + _BACK.format(differs="IS DISTINCT FROM")
    + ") EXECUTE FUNCTION log_heads_refuse()"
)
_POSTGRES_STAY = "CREATE TRIGGER log_heads_stay BEFORE DELETE ON log_heads FOR EACH ROW EXECUTE FUNCTION log_heads_refuse()"
_SQLITE_GROW = (
    "CREATE TRIGGER log_heads_grow BEFORE UPDATE ON log_heads WHEN "
    + _BACK.format(differs="IS NOT")
    + f" BEGIN SELECT RAISE(ABORT, '{GROWS}'); END"
)
_SQLITE_STAY = f"CREATE TRIGGER log_heads_stay BEFORE DELETE ON log_heads BEGIN SELECT RAISE(ABORT, '{GROWS}'); END"
_DDL = {"postgresql": (_FUNCTION, _POSTGRES_GROW, _POSTGRES_STAY), "sqlite": (_SQLITE_GROW, _SQLITE_STAY)}
for _dialect, _statements in _DDL.items():
    for _statement in _statements:
        _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
        event.listen(LogHead.__table__, "after_create", _ddl)
