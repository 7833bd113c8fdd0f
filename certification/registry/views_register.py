"""The public register as a page, and whole as CSV, JSON and JSON Lines (columns: docs/register.md)."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import date

from flask import Blueprint, Response, render_template, request, stream_with_context

from certification.accounts.guard import requires
from certification.core import clock
from certification.core.i18n import language
from certification.core.web import PER_PAGE, cursor, outside, position, with_args
from certification.registry import register
from certification.registry.permissions import Permission
from certification.registry.register import Filter, Row
from certification.rules.verdict import PublicState

bp = Blueprint("register", __name__)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "jsonl": "application/jsonl"}
COLUMNS = (*(one.name for one in fields(Row)), "verify")


@bp.get("/register")
@requires(Permission.SEE)
def index() -> str:
    """Newest first, narrowed by state, scheme, place and words."""
    wanted, lang, now = _wanted(), language(), clock.now()
    found = register.page(wanted, at=now, lang=lang, after=position(request.args.get("after")), limit=PER_PAGE)
    return render_template(
        "register/index.html",
        rows=found.rows,
        wanted=wanted,
        at=now,
        states=register.STATES,
        schemes=register.schemes(lang),
        places=register.places(lang),
        day=date.fromisoformat,
        narrowed=any((wanted.state, wanted.scheme, wanted.place, wanted.text)),
        first_url=with_args(after=None) if request.args.get("after") else None,
        next_url=with_args(after=cursor(*found.after)) if found.after else None,
        files={kind: f"/register.{kind}{_query()}" for kind in KINDS},
    )


@bp.get("/register.<kind>")
@requires(Permission.SEE)
def whole(kind: str) -> Response | tuple[str, int]:
    """The same rows in a file, streamed; the filter of the page holds here too."""
    if kind not in KINDS:
        return render_template("errors/404.html", status=404, sentence=None), 404
    rows = register.every(_wanted(), at=clock.now(), lang=language())
    written = {"csv": _csv, "json": _json, "jsonl": _lines}[kind](rows)
    response = Response(stream_with_context(written), content_type=KINDS[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="register.{kind}"'
    return response


def _wanted() -> Filter:
    word = request.args.get("state", "")
    return Filter(
        state=PublicState(word) if word in register.STATES else None,
        scheme=request.args.get("scheme", "")[:60],
        place=request.args.get("place", "")[:2],
        text=request.args.get("q", "")[: register.LONGEST_SEARCH].strip(),
    )


def _query() -> str:
    whole_address = with_args(after=None)
    return f"?{whole_address.partition('?')[2]}" if "?" in whole_address else ""


def _open(row: Row) -> dict[str, str]:
    return asdict(row) | {"verify": outside(f"/v/{row.code}")}


def _csv(rows: Iterator[Row]) -> Iterator[str]:
    """A cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    yield _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line([f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in _open(row).values()])


def _csv_line(cells: object) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)  # type: ignore[arg-type]  # any row of texts
    return out.getvalue()


def _lines(rows: Iterator[Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(_open(row), ensure_ascii=False) + "\n"


def _json(rows: Iterator[Row]) -> Iterator[str]:
    yield '{"certificates": ['
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(_open(row), ensure_ascii=False)
    yield "\n]}\n"
