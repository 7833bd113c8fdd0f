"""The witnesses that this registry trusts: it shows them each signed head, and serves their signatures beside its own.

They are asked by the worker, never in the unit of work of an act and never while somebody waits for one. One that is away, or
answers with anything but its signature of this very checkpoint, changes nothing but what is said of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from flask import current_app
from sqlalchemy import select

from certification.core.db import db, unit_of_work, writing
from certification.core.worker import wake
from certification.log.models import LogWitness
from certification.log.reading import Head, consistency, head, signed
from certification.outside.asking import cosignature
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.cosignature import split_cosignature
from certification.rules.errors import BadProof, CannotCheck, DomainError
from certification.rules.note_keys import NoteSignature, parse_line
from certification.rules.notes import Note, parse_note, verify_note
from certification.rules.witnessing import Trusted

SEEN_AGAIN = timedelta(days=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
COLUMNS = ("size", "root", "line", "cosigned_at", "problem", "try_after")
log = structlog.get_logger()


class _Kept(NamedTuple):
    """A row as it was read, so that nothing is read again while a witness thinks."""

    size: int | None = None
    root: bytes | None = None
    line: str | None = None
    cosigned_at: datetime | None = None
    problem: str | None = None
    try_after: datetime | None = None


class SeenBy(NamedTuple):
    """A witness of ours: how many leaves it saw last and when, and whether that is all there are; None where nothing yet."""

    name: str
    vkey: str
    size: int | None
    at: datetime | None
    newest: bool
    problem: str | None


def trusted() -> tuple[Trusted, ...]:
    """Those whom the settings name."""
    found: tuple[Trusted, ...] = current_app.config["SETTINGS"]["WITNESSES"]
    return found


def ask_soon() -> None:
    """After a signature: wake the worker if there is anybody to ask."""
    if trusted():
        wake(current_app)


def ask_due(at: datetime) -> int:
    """Show the signed head to every witness that has not cosigned it, or not for a day; how many cosigned."""
    witnesses = trusted()
    if not witnesses:
        return 0
    found = head()
    rows = _rows()
    db.session.rollback()
    newest = signed(found)
    if newest is None:
        return 0
    due = [(one, row) for one in witnesses if _is_due(row := rows.get(one.key.text, _Kept()), newest, at)]
    return sum(_asked(one, row, found, newest, at) for one, row in due)


def with_cosignatures(note: bytes) -> bytes:
    """A signed checkpoint of ours with all that witnesses of ours said of this very one, each verified again."""
    if not trusted():
        return note
    parsed = parse_note(note)
    lines = tuple(_lines(parsed, parse_checkpoint(parsed.text)))
    return parsed.signed_also(lines).encode() if lines else note


def seen_by(found: Head) -> list[SeenBy]:
    """What each witness saw, for people."""
    rows = _rows() if trusted() else {}
    return [_seen_by(one, rows.get(one.key.text), found) for one in trusted()]


def _rows() -> dict[str, _Kept]:
    columns = (getattr(LogWitness, name) for name in COLUMNS)
    return {vkey: _Kept(*values) for vkey, *values in db.session.execute(select(LogWitness.vkey, *columns))}


def _is_due(row: _Kept, newest: Checkpoint, at: datetime) -> bool:
    if row.try_after is not None and at < row.try_after:
        return False
    has = (row.size, row.root) == (newest.size, newest.root)
    return row.problem is not None or not has or row.cosigned_at is None or at - row.cosigned_at >= SEEN_AGAIN


def _asked(one: Trusted, row: _Kept, found: Head, newest: Checkpoint, at: datetime) -> int:
    """Ask one witness, with no transaction open while it thinks."""
    known = row.size if row.size is not None and row.size <= newest.size else 0

    def prove(old: int) -> tuple[bytes, ...]:
        proof = consistency(old, newest.size)
        db.session.rollback()
        return proof

    try:
        line = cosignature(one, found.note or b"", newest.size, known=known, prove=prove, at=at)
    except (CannotCheck, BadProof) as error:
        tell = log.error if error.code in {"ahead", "conflict", "refused"} else log.warning
        tell("witness did not cosign", witness=one.key.name, why=error.code, size=newest.size, **error.params)
        _keep_failure(one, error.code, at)
        return 0
    _keep(one, newest, line)
    return 1


def _keep(one: Trusted, newest: Checkpoint, line: NoteSignature) -> None:
    when = datetime.fromtimestamp(split_cosignature(line.signature)[0], UTC)
    with _held(one) as row:
        row.problem, row.failures, row.try_after = None, 0, None
        if row.size is None or row.size <= newest.size:
            row.size, row.root, row.line, row.cosigned_at = newest.size, newest.root, line.line, when


def _keep_failure(one: Trusted, problem: str, at: datetime) -> None:
    with _held(one) as row:
        row.problem, row.failures = problem, row.failures + 1
        row.try_after = at + min(FIRST_PAUSE * 2 ** min(row.failures, 10), LONGEST_PAUSE)


@contextmanager
def _held(one: Trusted) -> Iterator[LogWitness]:
    with unit_of_work():
        row = writing().get(LogWitness, one.key.text, with_for_update=True)
        if row is None:
            row = LogWitness(vkey=one.key.text, failures=0)
            writing().add(row)
        yield row


def _lines(note: Note, checkpoint: Checkpoint) -> Iterator[NoteSignature]:
    rows = _rows()
    for one in trusted():
        row = rows.get(one.key.text, _Kept())
        if row.line is None or (row.size, row.root) != (checkpoint.size, checkpoint.root):
            continue
        try:
            yield from verify_note(Note(note.text, (parse_line(row.line),)), [one.key])
        except DomainError as error:
            log.error("stored cosignature does not hold", witness=one.key.name, why=error.code)  # noqa: TRY400 - for the operator


def _seen_by(one: Trusted, row: _Kept | None, found: Head) -> SeenBy:
    kept = row or _Kept()
    newest = kept.size is not None and (kept.size, kept.root) == (found.size, found.root)
    return SeenBy(one.key.name, one.key.text, kept.size, kept.cosigned_at, newest, kept.problem)
