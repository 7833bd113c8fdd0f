"""Full-text search behind one small interface: FTS5 on SQLite, a GIN index on PostgreSQL.

Both look for every word's beginning in ``products.search_text``, which :func:`index_text` writes. Equal finds, not equal ranking.
"""

from sqlalchemy import DDL, ColumnElement, Integer, Select, Table, event, func, literal_column, select, text
from sqlalchemy.orm import Session

from marketplace.catalogue.models import Product
from marketplace.catalogue.words import asked, stems


def index_text(*parts: str | None) -> str:
    """What the index keeps of a product: its words, folded."""
    return " ".join(stems(" ".join(part for part in parts if part)))


def finds(words: str, session: Session) -> ColumnElement[bool] | None:
    """A condition on :class:`Product` that its text has all these words; ``None`` when nothing was asked."""
    wanted = asked(words)
    if not wanted:
        return None
    if session.get_bind().dialect.name == "sqlite":
        query = " ".join(f'"{word}"*' for word in wanted)
        match = text("product_words MATCH :words").bindparams(words=query)
        rows: Select[int] = select(literal_column("rowid", Integer)).select_from(text("product_words")).where(match)
        return Product.id.in_(rows)
    query = " & ".join(f"{word}:*" for word in wanted)
    return func.to_tsvector("simple", Product.search_text).op("@@")(func.to_tsquery("simple", query))


_OUT = "INSERT INTO product_words(product_words, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
_IN = "INSERT INTO product_words(rowid, search_text) VALUES (new.id, new.search_text);"
_SQLITE = (
    "CREATE VIRTUAL TABLE product_words USING fts5(search_text, content='products', content_rowid='id', prefix='2 3')",
    f"CREATE TRIGGER products_words_added AFTER INSERT ON products BEGIN {_IN} END",
    f"CREATE TRIGGER products_words_gone AFTER DELETE ON products BEGIN {_OUT} END",
    f"CREATE TRIGGER products_words_changed AFTER UPDATE OF search_text ON products BEGIN {_OUT} {_IN} END",
)
_POSTGRESQL = ("CREATE INDEX ix_products_words ON products USING gin (to_tsvector('simple', search_text))",)


def _after_create(table: Table, statements: tuple[str, ...], dialect: str) -> None:
    for statement in statements:
        ddl = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
        event.listen(table, "after_create", ddl)


_after_create(Product.__table__, _SQLITE, "sqlite")  # type: ignore[arg-type]  # a mapped class's table is a Table
_after_create(Product.__table__, _POSTGRESQL, "postgresql")  # type: ignore[arg-type]  # a mapped class's table is a Table
