"""The last signed checkpoint, kept once more outside the database: ``DATA/log/checkpoint``.

A database restored from an old backup, or changed behind our back, does not carry on from it, and then nothing is signed.
Reading goes on: what stands can still be looked at.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flask import current_app
from sqlalchemy.orm import Session

from certification.core.db import db
from certification.core.durable import alone_in, make_durable, write_whole
from certification.log.handover import kept
from certification.log.keys import KeyProblemError, verifying_keys
from certification.log.lives import KeyLife, key_lives, present_kid
from certification.log.reading import Head, over, signed
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.errors import BadNote, BadSignature, LogConflict, UnknownKey
from certification.rules.merkle import consistency_parts
from certification.rules.monitoring import Standing, compare_by_nodes
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.text import N_

FOLDER = "log"
FILE = "checkpoint"
DAMAGED = "checkpoint.damaged"
BEHIND = N_(
    "La base de datos tiene %(newer)s actos y ya se habían firmado %(earlier)s: parece restaurada de un respaldo viejo. No se "
    "firmó ni se guardó nada. Avise a quien opera el sitio."
)
OTHER = N_(
    "Los actos de la base de datos no continúan los que ya se habían firmado. No se firmó ni se guardó nada. Avise a quien opera "
    "el sitio."
)
MISSING = N_(
    "Falta la copia de lo último que se firmó, que va fuera de la base de datos. Sin ella no se firma ni se guarda nada. Avise a "
    "quien opera el sitio."
)
UNREADABLE = N_(
    "La copia de lo último que se firmó, que va fuera de la base de datos, está dañada. No se firmó ni se guardó nada. Avise a "
    "quien opera el sitio."
)


def place() -> Path:
    """Where the copy is."""
    return Path(current_app.config["SETTINGS"].data) / FOLDER / FILE


def verifiers(origin: str, size: int | None = None, session: Session | None = None) -> list[VerifierKey]:
    """The registry's keys under the log's name, the present one last; without those that fell into other hands.

    A checkpoint of a ``size`` from before that was told may still be by such a key. Raises KeyProblemError.
    """
    lives = key_lives(session)
    now = present_kid(lives)
    listed = sorted(verifying_keys().items(), key=lambda one: one[0] == now)
    return [VerifierKey.of(origin, public) for kid, public in listed if _counts(lives.get(kid), size)]


def _listed(origin: str) -> list[VerifierKey]:
    return [VerifierKey.of(origin, public) for public in verifying_keys().values()]


def _counts(life: KeyLife | None, size: int | None) -> bool:
    return life is None or life.told_at is None or (size is not None and size <= life.told_at)


def vkeys(origin: str) -> list[str]:
    """The same keys as C2SP signed-note writes them, the present one first; none where the list of keys can't be read."""
    try:
        return [one.text for one in reversed(verifiers(origin))]
    except KeyProblemError:
        return []


def outside_copy(origin: str | None, session: Session | None = None) -> Checkpoint | None:
    """What the copy says, its signature verified; None where there is none. Without an origin any log's counts.

    With a ``session`` the log is asked which keys fell into other hands; without one every key that is listed counts.

    Raises:
        LogConflict: when it can't be read or is not signed by this registry (``log_outside_unreadable``).
        KeyProblemError: when the public keys can't be read.

    """
    note = outside_note(origin, session)
    return None if note is None else parse_checkpoint(parse_note(note).text)


def outside_note(origin: str | None, session: Session | None = None) -> bytes | None:
    """The copy itself, its signature verified. Raises as :func:`outside_copy`."""
    try:
        encoded = place().read_bytes()
        said = parse_checkpoint(parse_note(encoded).text)
        named = origin or said.origin
        open_checkpoint(encoded, named, verifiers(named, said.size, session) if session else _listed(named))
    except FileNotFoundError:
        return None
    except (OSError, BadNote, BadSignature, UnknownKey) as error:
        raise LogConflict("log_outside_unreadable", UNREADABLE) from error
    return encoded


def require_carried_on(found: Head, session: Session | None = None) -> None:
    """Insist that the database's log carries on from the copy, and reaches as far as any rotation: only then may it be added to
    and signed. A copy may have been put back with the database; the notes of rotations lie with the keys.

    Raises:
        LogConflict: ``log_behind``, ``log_fork``, ``log_not_proven``, ``log_outside_missing``, ``log_outside_unreadable``.

    """
    session = session or db.session()
    earlier = outside_copy(found.origin, session)
    if found.origin is None:
        if earlier is not None and earlier.size:
            raise LogConflict("log_behind", BEHIND, earlier=earlier.size, newer=found.size)
        return
    if earlier is None:
        begun = signed(found)
        if begun is not None and begun.size == 0:  # a signer signs the empty log first; its copy is on the way
            return
        raise LogConflict("log_outside_missing", MISSING)
    rotated = max((one.size for one in _rotations(found.origin)), default=0)
    if rotated > found.size:
        raise LogConflict("log_behind", BEHIND, earlier=rotated, newer=found.size)
    newer = Checkpoint(found.origin, found.size, found.root)
    standing = compare_by_nodes(earlier, newer, over(_asked(earlier.size, newer.size), session))
    if not standing.accepted:
        sentence = BEHIND if standing.standing is Standing.BEHIND else OTHER
        raise LogConflict(f"log_{standing.standing}", sentence, earlier=earlier.size, newer=found.size)


def _rotations(origin: str) -> Iterator[Checkpoint]:
    """The checkpoints at which one key followed another under this name. Raises KeyProblemError, OSError."""
    for note in kept():
        with suppress(BadNote, BadSignature, UnknownKey):  # fsck names a note that does not hold
            yield open_checkpoint(note, origin, _listed(origin)).checkpoint


def keep_outside(note: bytes) -> None:
    """Write a signed checkpoint over the copy; a later one that is there already stays.

    Raises:
        LogConflict: when the copy is of another log or says another root at the same size.
        OSError: when it can't be written.

    """
    newer = parse_checkpoint(parse_note(note).text)
    folder = place().parent
    if not folder.is_dir():
        folder.mkdir(mode=0o770, parents=True, exist_ok=True)
        make_durable(folder.parent)
    with alone_in(folder):
        earlier = outside_copy(None)
        if earlier is not None and earlier.size:
            if earlier.origin != newer.origin or (earlier.size == newer.size and earlier.root != newer.root):
                raise LogConflict("log_fork", OTHER)
            if earlier.size > newer.size:
                return
        write_whole(place(), note, mode=0o640)


def replace_outside(note: bytes) -> None:
    """Write a signed checkpoint where the copy is gone or damaged; what lay there is kept beside it. Raises OSError."""
    folder = place().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone_in(folder):
        if place().exists():
            place().replace(folder / DAMAGED)
        write_whole(place(), note)


def _asked(earlier: int, newer: int) -> tuple[tuple[int, int], ...]:
    """The ranges that ``monitoring.compare_by_nodes`` will ask for."""
    if earlier == 0:
        return ((0, newer),)
    return consistency_parts(earlier, newer) if earlier < newer else ()
