"""The register inside an export, as files, and until when the states in it hold by themselves."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.core.web import outside
from certification.registry.models import Certificate
from certification.registry.register import BATCH, Filter, Row, page
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at

FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (*(one.name for one in fields(Row)), "verify")
TURNS = (Certificate.valid_from, Certificate.valid_until, Certificate.grace_ends, Certificate.suspended_at)


def rows(session: Session, at: datetime) -> Iterator[dict[str, str]]:
    """All certificates with their state at `at`, newest grant first, a batch in memory at a time; within one moment."""
    after = None
    while True:
        found = page(Filter(), at=at, lang="es", after=after, limit=BATCH)
        yield from (asdict(row) | {"verify": outside(f"/v/{row.code}")} for row in found.rows)
        session.expunge_all()
        if found.after is None:
            return
        after = found.after


def csv_line(cells: object) -> bytes:
    """A cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO()
    guarded = [f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in cells]  # type: ignore[attr-defined]  # any row of texts
    csv.writer(out).writerow(guarded)
    return out.getvalue().encode()


def json_line(row: dict[str, str]) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def next_turn(session: Session, at: datetime) -> datetime | None:
    """The next instant at which a date changes some state, with no act."""
    found = [session.scalar(select(func.min(column)).where(column > at)) for column in TURNS]
    lapses = [lapsed_at(version) for version in session.scalars(select(SchemeVersion))]
    return min((one for one in (*found, *lapses) if one is not None and one > at), default=None)
