"""Whether the keys beside the database are whole: their folder, the list, what the log tells of each, and the hand-over notes."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.audit.models import AuditEntry
from certification.core.settings import Settings
from certification.log.handover import kept
from certification.log.journal import Journal
from certification.log.key_folder import faults_above, faults_of_folder, owner_of
from certification.log.keys import PUBLIC, KeyProblemError, next_kid, read_key, verifying_keys
from certification.log.lives import KeyLife, key_lives
from certification.log.reading import Head, nodes, signed
from certification.log.refusals import advice
from certification.log.signing import by_signer
from certification.rules.errors import BadProof, DomainError, LogConflict
from certification.rules.merkle import nodes_in, root
from certification.rules.note_keys import VerifierKey
from certification.rules.signed_checkpoint import SignedCheckpoint, open_checkpoint
from certification.rules.text import counted

Keys = Mapping[str, Ed25519PublicKey]


def faults_of_keys(found: Head, session: Session) -> Iterator[str]:
    """What is wrong with them, in sentences. What only their user may read is looked at where that is who asks."""
    settings: Settings = current_app.config["SETTINGS"]
    yield from _folder(settings.keys)
    try:
        listed = verifying_keys()
        lives, coming = key_lives(session), next_kid(settings.keys)
        yield from _announced(listed, lives, coming, _followed(found, listed, lives))
        yield from _present(settings, lives, coming)
        yield from _handovers(found, listed, coming, session)
    except (KeyProblemError, OSError) as error:
        yield f"the keys can't be checked: {error}"
    if by_signer():
        yield from _record(settings.keys, found)


def _folder(folder: Path) -> Iterator[str]:
    if not folder.exists():
        return
    try:
        yield from faults_of_folder(folder, owner_of(folder))
        if by_signer():  # else whoever may write above it could as well sign
            yield from faults_above(folder, owner_of(folder))
    except OSError as error:
        yield f"the folder of keys can't be looked at: {error}"


def _followed(found: Head, listed: Keys, lives: Mapping[str, KeyLife]) -> set[str]:
    """Keys that followed one of the log's at a checkpoint beyond this database, as in one restored from before the rotation."""
    after, known = set[str](), set(lives)
    verifiers = {VerifierKey.of(found.origin, public): kid for kid, public in listed.items()} if found.origin else {}
    for note in kept() if verifiers else ():
        try:
            told = open_checkpoint(note, found.origin or "", verifiers)
        except DomainError:
            continue  # a fault of its own
        both = {verifiers[one] for one in told.log_keys}
        if told.checkpoint.size > found.size and both & (known | after):
            after |= both - known
    return after


def _announced(listed: Keys, lives: Mapping[str, KeyLife], coming: str | None, followed: set[str]) -> Iterator[str]:
    """Each key that the log told is listed, and each listed one told; before the first act none is."""
    for kid in lives.keys() - listed.keys():
        yield f"the log tells of the key {kid}, and {PUBLIC} does not list it; nobody can verify what it signed"
    for kid in listed.keys() - lives.keys() if lives else ():
        if kid == coming:
            yield f"the key {kid} waits to follow; end the rotation with `tianguis keys rotate`"
        elif kid in followed:
            yield f"the key {kid} followed at a checkpoint that this database lacks; keep it, and run `tianguis log reconcile`"
        else:
            yield (
                f"{PUBLIC} lists the key {kid}, which the log does not tell of; the next act will. If nobody made it with "
                "`tianguis keys`, take it out first"
            )


def _present(settings: Settings, lives: Mapping[str, KeyLife], coming: str | None) -> Iterator[str]:
    """The key in the file is one that may sign; one that waits in its place is told of already and wants its rotation ended."""
    if not lives:
        return
    if coming in lives:
        yield f"the key {coming} signs and its file is not in place; end the rotation with `tianguis keys rotate`"
        return
    try:
        held = read_key(settings.keys, demonstration=bool(settings["DEMONSTRATION"]))
    except KeyProblemError as error:
        if not isinstance(error.__cause__, PermissionError):
            yield f"nothing can be signed: {error}"
        return
    if held.kid in lives and lives[held.kid].over:
        yield f"the key in the file, {held.kid}, has ended by what the log tells; put the one back that signs"


def _handovers(found: Head, listed: Keys, coming: str | None, session: Session) -> Iterator[str]:
    """Each kept note is this log's own, signed by two keys of ours, and each rotation has one."""
    if found.origin is None:
        return
    verifiers = {VerifierKey.of(found.origin, public): kid for kid, public in listed.items()}
    both: list[set[str]] = []
    sizes = [0]
    for number, note in enumerate(kept(), 1):
        try:
            told = open_checkpoint(note, found.origin, verifiers)
        except DomainError as error:
            yield f"hand-over note {number} is not signed by a key of this registry ({error.code})"
            continue
        both.append({verifiers[one] for one in told.log_keys})
        sizes.append(told.checkpoint.size)
        yield from _note(number, told, found, session)
    if any(later <= earlier for earlier, later in pairwise(sizes)):
        yield "the hand-over notes do not stand in the order of the log"
    for old, new in _rotations(session):
        if new != coming and not any({old, new} <= one for one in both):
            yield f"there is no hand-over note of {old} and {new}; put the newest copy of handovers back among the keys"


def _note(number: int, told: SignedCheckpoint, found: Head, session: Session) -> Iterator[str]:
    if len(told.log_keys) < 2:  # noqa: PLR2004 - the one that goes and the one that comes
        yield f"hand-over note {number} is signed by one key alone"
    size = told.checkpoint.size
    if size > found.size:
        entries = counted(size, "entry", "entries")
        yield f"hand-over note {number} is of {entries} and the database has {found.size}; run `tianguis log reconcile`"
        return
    try:
        same = root(size, nodes(nodes_in(0, size), session)) == told.checkpoint.root
    except BadProof:
        same = False
    if not same:
        yield f"hand-over note {number} is of another log than the database's"


def _rotations(session: Session) -> Iterator[tuple[str, str]]:
    """Which key followed which, as the record has it."""
    rows = select(AuditEntry.subject_id, AuditEntry.details).where(AuditEntry.act == "key.retire").order_by(AuditEntry.id)
    for old, details in session.execute(rows):
        yield from ((old, new) for new in details.get("successor") or ())


def _record(folder: Path, found: Head) -> Iterator[str]:
    """The signer's record reaches as far as what is signed, and no further than what is there."""
    try:
        last, told = Journal(folder).last(), signed(found)
    except LogConflict as error:
        if not isinstance(error.__cause__, PermissionError):
            yield advice(error.code)
        return
    if told is None:
        return
    if last is None:
        yield advice("record_missing")
    elif not told.size <= last.size <= found.size:
        yield f"the signer's record ends at {counted(last.size, 'entry', 'entries')}; {told.size} of {found.size} are signed"
