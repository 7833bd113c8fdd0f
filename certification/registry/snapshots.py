"""The whole register as of the first instant of each month, in files that never change, in the data folder outside the database.

They lie under names of their own and not in the store of uploaded files: that one forgets what no row of the database names, and
these must still be there, and be found by their month, when the database is gone. A month counts as made once its manifest is
there, which is written last. States of a past month are those that recorded acts lead to, so a month can be made at any time.
"""

import gzip
import hashlib
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import func, select

from certification.core.db import db
from certification.core.durable import alone_in, make_durable, write_whole
from certification.core.i18n import zone
from certification.core.web import outside
from certification.log import reading
from certification.log.lagging import lags, require_whole
from certification.log.models import LogLeaf
from certification.registry import register
from certification.registry.files import csv_head, csv_line, json_line
from certification.registry.models import Certificate
from certification.registry.moments import Moment
from certification.registry.rows import Row
from certification.registry.searching import Filter
from certification.rules.days import add_months, day_of, start_of_day
from certification.rules.errors import InvalidInput
from certification.rules.instants import instant_text
from certification.rules.merkle import consistency_proof, consistency_ranges, root
from certification.rules.text import N_

FOLDER = "register"
KINDS = {"jsonl.gz": "application/jsonl", "csv.gz": "text/csv"}
MANIFEST = re.compile(r"(\d{4}-\d\d)\.json")
SETTLED = timedelta(minutes=10)  # an act that began before midnight may be recorded a moment after it
AT_ONCE = 2
MONTHS_BACK = 24  # a registry that starts to make snapshots makes those of two years; older ones by hand
TEMPORARY = ".new-"


@dataclass(frozen=True, slots=True)
class Listed:
    """A snapshot that was made: what its manifest says (docs/register.md)."""

    month: str
    manifest: dict[str, Any]

    @property
    def begins(self) -> date:
        return _first_day(self.month)


def folder() -> Path:
    """Where they are kept; made when it is missing."""
    found: Path = current_app.config["SETTINGS"].data / FOLDER
    if not found.is_dir():
        found.mkdir(mode=0o755, parents=True, exist_ok=True)
        make_durable(found.parent)
    return found


def listed() -> list[Listed]:
    """Every snapshot there is, the newest first."""
    months = sorted((found[1] for path in folder().iterdir() if (found := MANIFEST.fullmatch(path.name))), reverse=True)
    return [Listed(month, json.loads((folder() / f"{month}.json").read_text(encoding="utf-8"))) for month in months]


def make_due(at: datetime) -> int:
    """Make the newest months that are missing, at most :data:`AT_ONCE`; how many were made. Runs again safely.

    A registry that is known to lack acts makes none: they would never change.
    """
    if lags():
        return 0
    made = 0
    for month in missing(at)[:AT_ONCE]:
        made += make(month, at=at)
    return made


def missing(at: datetime) -> list[str]:
    """Months without a snapshot, the newest first: from the one after the first grant on, and none older than `MONTHS_BACK`."""
    first = db.session.scalar(select(func.min(Certificate.granted_at)))
    if first is None:
        return []
    newest = day_of(at - SETTLED, zone()).replace(day=1)
    months = (add_months(newest, -back) for back in range(MONTHS_BACK))
    return [f"{one:%Y-%m}" for one in months if first <= start_of_day(one, zone()) and not _manifest(f"{one:%Y-%m}").exists()]


def make(month: str, *, at: datetime) -> bool:
    """Write the snapshot of a month (``2026-11``), whole or not at all; False when there is one already.

    Raises:
        InvalidInput: it is no month, or it has not begun.
        LogConflict: this registry is known to lack acts (`log_behind`).
        OSError: the disk is full or broken; nothing is listed then.

    """
    begins = start_of_day(_first_day(month), zone())
    if begins + SETTLED > at:
        raise InvalidInput("month_ahead", N_("Ese mes todavía no empieza."))
    with alone_in(folder()):
        if _manifest(month).exists():
            return False
        require_whole()
        for left in folder().glob(f"{TEMPORARY}*"):  # by a writer that died: nobody else is here
            left.unlink()
        rows, files = _write(month, Moment(at, instant=begins))
        said = _said(month, begins, at, rows, files)
        write_whole(_manifest(month), (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode())
        _manifest(month).chmod(0o644)
        return True


def file_of(name: str) -> tuple[Path, dict[str, Any]] | None:
    """A file of a snapshot that is listed, with what its manifest says of it."""
    month = name.partition(".")[0]
    if not re.fullmatch(r"\d{4}-\d\d", month) or not _manifest(month).exists():
        return None
    said = json.loads(_manifest(month).read_text(encoding="utf-8"))
    return next(((folder() / name, one) for one in said["files"] if one["name"] == name), None)


def manifest_of(month: str) -> str | None:
    """The manifest as it was written."""
    known = re.fullmatch(r"\d{4}-\d\d", month) and _manifest(month).exists()
    return _manifest(month).read_text(encoding="utf-8") if known else None


def _manifest(month: str) -> Path:
    return folder() / f"{month}.json"


def _first_day(month: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d", month):
            return date.fromisoformat(f"{month}-01")
    except ValueError:
        pass
    raise InvalidInput("bad_month", N_("Escriba el mes como año-mes, por ejemplo 2026-05."))


class _File(NamedTuple):
    """As the manifest says it."""

    name: str
    content: str
    bytes: int
    sha256: str


class _Packed:
    """A gzip file in the making: the same lines give the same bytes."""

    def __init__(self, name: str, content: str) -> None:
        self._name, self._content = name, content
        self._final = folder() / name
        self._fresh = folder() / f"{TEMPORARY}{name}"
        self._out: BinaryIO = self._fresh.open("wb")
        self._pack = gzip.GzipFile(filename="", mode="wb", fileobj=self._out, mtime=0)
        self.lines = io.TextIOWrapper(self._pack, encoding="utf-8", newline="")

    def finish(self) -> _File:
        """On the disk and under its name."""
        self.lines.close()
        self._out.flush()
        os.fchmod(self._out.fileno(), 0o644)
        os.fsync(self._out.fileno())
        self._out.close()
        with self._fresh.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        size = self._fresh.stat().st_size
        self._fresh.replace(self._final)
        return _File(self._name, self._content, size, digest)


def _write(month: str, when: Moment) -> tuple[int, list[_File]]:
    jsonl, sheet = (_Packed(f"{month}.{ending}", content) for ending, content in KINDS.items())
    sheet.lines.write(csv_head())
    count = 0
    for row in _rows(when):
        jsonl.lines.write(json_line(row))
        sheet.lines.write(csv_line(row))
        count += 1
    files = [jsonl.finish(), sheet.finish()]
    make_durable(folder())
    return count, files


def _rows(when: Moment) -> Iterator[Row]:
    return register.every(Filter(), when, lang=str(current_app.config["SETTINGS"]["LANGUAGE"]))


def _said(month: str, begins: datetime, at: datetime, rows: int, files: list[_File]) -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    place: ZoneInfo = settings["TIMEZONE"]
    return {
        "month": month,
        "as_of": instant_text(begins),
        "time_zone": place.key,
        "made_at": instant_text(at.astimezone(UTC)),
        "registry": outside("/register"),
        "licence": settings["DATA_LICENCE"],
        "rows": rows,
        "files": [one._asdict() for one in files],
        "log": _log(begins),
    }


def _log(begins: datetime) -> dict[str, Any]:
    """How far the log had come then, and the checkpoint signed when the file was written, with the proof that it carries on."""
    last = db.session.scalar(select(func.max(LogLeaf.index)).where(LogLeaf.at <= begins))
    size = 0 if last is None else last + 1
    head = reading.head()
    signed = reading.signed(head)
    proof: tuple[bytes, ...] = ()
    if signed is not None and 0 < size < signed.size:
        proof = consistency_proof(size, signed.size, reading.over(consistency_ranges(size, signed.size)))
    return {
        "name": head.origin,
        "size": size,
        "root": root(size, reading.over([(0, size)])).hex(),
        "checkpoint": head.note.decode() if head.note else None,
        "consistency": [one.hex() for one in proof],
    }
