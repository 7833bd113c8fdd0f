"""Lines of the register as CSV, JSON and JSON Lines (columns: docs/register.md)."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from certification.core.web import outside
from certification.outside.registered import FORMULA
from certification.registry.rows import Row

KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "jsonl": "application/jsonl"}
COLUMNS = (*Row._fields, "verify")
Cells = dict[str, str | int | None]


def written(kind: str, rows: Iterable[Row], licence: str) -> Iterator[str]:
    """A whole file, line by line."""
    if kind == "csv":
        yield csv_head()
        yield from map(csv_line, rows)
    elif kind == "jsonl":
        yield from map(json_line, rows)
    else:
        yield '{"licence": ' + json.dumps(licence) + ', "certificates": ['
        for number, row in enumerate(rows):
            yield (",\n" if number else "\n") + json_line(row).rstrip("\n")
        yield "\n]}\n"


def csv_head() -> str:
    """The names of the columns."""
    return _csv(COLUMNS)


def csv_line(row: Row) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    return _csv([f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in cells(row).values()])


def json_line(row: Row) -> str:
    """One object and a line feed; facts that are not known are null."""
    return json.dumps(cells(row), ensure_ascii=False) + "\n"


def cells(row: Row) -> Cells:
    """The columns of a row, with the address of its verify page."""
    return row._asdict() | {"verify": outside(f"/v/{row.code}")}


def _csv(line: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(line)
    return out.getvalue()
