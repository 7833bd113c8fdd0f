"""The base of all models and the small column types they share. Knows no Flask."""

from datetime import UTC, date, datetime
from enum import StrEnum
from types import ModuleType
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from certification.core.ids import new_id

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored and returned in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"an instant needs its zone: {value!r}"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def by_value(kind: type[StrEnum]) -> Enum:
    """Store a StrEnum by its value, in a plain VARCHAR without a CHECK."""
    return Enum(kind, native_enum=False, create_constraint=False, length=40, values_callable=lambda k: [m.value for m in k])


class AnyJson(TypeDecorator[Any]):
    """JSON; on PostgreSQL its JSONB, whose dialect is loaded where it is spoken and nowhere else.

    ``none_as_null`` stores None as NULL, else it is JSON's own null.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, *, none_as_null: bool = False) -> None:
        super().__init__(none_as_null=none_as_null)
        self.none_as_null = none_as_null
        self.should_evaluate_none = not none_as_null  # as JSON itself has it

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON(none_as_null=self.none_as_null))
        return dialect.type_descriptor(_postgresql().JSONB(none_as_null=self.none_as_null))

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        found = self.impl_instance.coerce_compared_value(op, value)
        return self if isinstance(found, JSON) else found


def insert_unless_there(table: type[DeclarativeBase], dialect: Dialect) -> Any:
    """An INSERT that leaves a row as it is whose key is taken; each dialect has its own."""
    kind = _postgresql().insert if dialect.name == "postgresql" else sqlite.insert
    return kind(table).on_conflict_do_nothing()


def _postgresql() -> ModuleType:
    """PostgreSQL's dialect takes 20 ms and two megabytes that SQLite has no use for."""
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - loaded where it is spoken

    return postgresql


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of the rows of which a condition, in SQL, holds.

    A dialect is told of it when it creates the table: SQLAlchemy loads PostgreSQL's whole dialect as soon as its name is said.
    """
    index = Index(name, *columns, info={WHERE: where})

    @event.listens_for(index, "after_parent_attach")
    def _attached(_index: Index, table: Table) -> None:
        @event.listens_for(table, "before_create")
        def _tell(_table: Table, connection: Connection, **_given: Any) -> None:
            tell_condition(index, connection.dialect.name)

    return index


def tell_condition(index: Index, dialect: str) -> None:
    """Let one dialect, by its name, know of the condition of a :func:`partial_index`; other indexes have none."""
    if WHERE in index.info:
        index.dialect_kwargs[f"{dialect}_where"] = text(index.info[WHERE])


WHERE = "where"  # of an index's own notes
KEYED = {"sqlite_with_rowid": False}  # of a table: its rows lie under their own key of several columns, not beside an index of it

Id = Annotated[int, mapped_column(Integer, primary_key=True, autoincrement=True)]
PublicId = Annotated[str, mapped_column(String(12), unique=True, default=new_id)]
Name = Annotated[str, mapped_column(String(200))]
Word = Annotated[str, mapped_column(String(60))]
Line = Annotated[str, mapped_column(String(500))]
Prose = Annotated[str, mapped_column(Text)]
Day = Annotated[date, mapped_column(Date)]
Digest = Annotated[str, mapped_column(String(64))]
Centavos = Annotated[int, mapped_column(Integer)]
UserRef = Annotated[int, mapped_column(ForeignKey("users.id"), index=True)]


class Base(DeclarativeBase):
    """All models stand on this; ``Base.metadata`` is the whole schema."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={datetime: Instant, date: Date, dict[str, Any]: AnyJson(), list[Any]: AnyJson(), str: Text},
    )
