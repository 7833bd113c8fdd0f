"""The signer: the one process that can read the key. It is handed no byte to sign, only the word that something waits.

It reads the rows itself and signs what is recorded there, if the log carries on from the last checkpoint in its own record, if
every new leaf has its act and every new act its leaf, and if each document is what its act recorded. What it is about to sign
stands in its record first (``log.journal``). Then head and documents get their signatures in one commit. The same words and key
give the same signature, so a round that was cut short is simply done again.
"""

import os
import threading
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path

import structlog
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log.asking import DONE, HELLO, HERE, REFUSED, SIGN
from certification.log.checkpoints import require_carried_on
from certification.log.domains import require_domain
from certification.log.fsck import BATCH, claims, repeats
from certification.log.journal import Journal
from certification.log.key_folder import faults_above, faults_of_folder
from certification.log.keys import KeyProblemError, signing_key
from certification.log.listening import listening
from certification.log.models import LogLeaf
from certification.log.reading import Head, head, held_head, nodes, signed
from certification.log.refusals import explained
from certification.log.signing import anything_waits, origin, ring_of, sign_head, write_note
from certification.log.waiting import KINDS, Ring, Waiting
from certification.rules.canonical import digest
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import BadLeaf, BadProof, DomainError, LogConflict
from certification.rules.leaves import Act, parse_leaf
from certification.rules.merkle import EMPTY_ROOT, grow, leaf_hash, nodes_in, root

REMEMBERED = "signer_remembers"  # what this process signed last, while it serves
log = structlog.get_logger()


def journal() -> Journal:
    """The signer's record, of the application at hand."""
    return Journal(current_app.config["SETTINGS"].keys)


def begin_record(at: datetime) -> int | None:
    """Begin a record from the log as it is signed, for a registry that signed without one; how many leaves that has.

    None where nothing was signed yet: then there is nothing to begin with.

    Raises:
        LogConflict: there is a record already (``record_there``), or the log does not carry on from the copy outside.

    """
    if journal().last() is not None:
        raise LogConflict("record_there")
    with unit_of_work() as session:
        found = held_head(session)
        require_carried_on(found, session)
        last = signed(found)
        if last is None:
            return None
        journal().add(last, ring_of(session).present.kid, (), at)
    return last.size


def sign_recorded(at: datetime) -> int:
    """Sign all that is recorded and waits; how many leaves the signed log has then.

    Raises:
        LogConflict: the log does not carry on from the record (``log_behind``, ``log_fork``, ``record_missing``), or what is new
            in it does not hold together (``log_unrecorded``, ``log_not_proven``, ``document_changed``).
        CannotSign: the key can't be used, or the address changed.

    """
    if not anything_waits():
        return _signed_size()
    with unit_of_work() as session:
        for kind in KINDS.values():
            kind.hold()
        found = held_head(session)
        require_domain(found, session)
        require_own_folder()
        ring, record = ring_of(session), journal()
        last = record.last()
        require_remembered(last)
        last = _begun_from(last, found)
        if found.note is None:
            record.add(last, ring.present.kid, (), at)
            write_note(last, ring, session)
            return 0
        waiting = _checked(last, found, ring, at, session)
        newest = Checkpoint(last.origin, found.size, found.root)
        record.add(newest, ring.present.kid, [(one.what, digest(one.document)) for one in waiting], at)
        for one in waiting:
            one.sign()
        sign_head(found, ring, session)
    if REMEMBERED in current_app.extensions:
        current_app.extensions[REMEMBERED] = newest
    return found.size


def require_signs(session: Session, at: datetime) -> None:
    """Insist that the signer will sign all that is recorded by now, in the unit of work at hand: else that is undone.

    For the signer's own user at the console, who can read its record; whoever recorded held what :data:`KINDS` hold before the
    log. Raises as :func:`sign_recorded`.
    """
    session.flush()
    found = held_head(session)
    require_domain(found, session)
    require_own_folder()
    _checked(_begun_from(journal().last(), found), found, ring_of(session), at, session)


def _begun_from(last: Checkpoint | None, found: Head) -> Checkpoint:
    """What the record ends with; of a log that was never signed, the empty one. Raises LogConflict."""
    if found.note is None:
        last = last or Checkpoint(origin(), 0, EMPTY_ROOT)
        if last.size:
            raise LogConflict("log_behind", earlier=last.size, newer=0)
    if last is None:
        raise LogConflict("record_missing")
    return last


def _checked(last: Checkpoint, found: Head, ring: Ring, at: datetime, session: Session) -> list[Waiting]:
    """The documents that wait, once they and the log are what was recorded. Raises LogConflict."""
    check_carries_on(last, found._replace(origin=found.origin or last.origin), session)
    waiting = [one for kind in KINDS.values() for one in kind.waiting(ring, at)]
    _check_documents(waiting)
    return waiting


def require_own_folder() -> None:
    """Insist that the folder of keys is the signer's user's own and closed, and that nobody can put another in its place.

    An older record in its place would let the signer sign another history. Raises KeyProblemError.
    """
    folder = current_app.config["SETTINGS"].keys
    for fault in chain(faults_of_folder(folder, os.geteuid()), faults_above(folder, os.geteuid())):
        log.error("not signed", problem=fault)
        raise KeyProblemError(fault)


def require_remembered(last: Checkpoint | None) -> None:
    """Insist that the record still has what this very process signed last. Raises LogConflict."""
    known: Checkpoint | None = current_app.extensions.get(REMEMBERED)
    if known is not None and (last is None or last.size < known.size or (last.size == known.size and last.root != known.root)):
        raise LogConflict("log_behind", earlier=known.size, newer=last.size if last else 0)


def check_carries_on(last: Checkpoint, found: Head, session: Session) -> None:
    """Insist that the log is the tree of the record and what was recorded since, and that nothing is in it without its act.

    It reads what is new and the few nodes that it stands on. Raises LogConflict.
    """
    if found.origin != last.origin:
        raise LogConflict("log_other_log")
    if found.size < last.size:
        raise LogConflict("log_behind", earlier=last.size, newer=found.size)
    acts, hashes = _new_leaves(last.size, session)
    try:
        before = nodes(nodes_in(0, last.size), session)
        grown = grow(last.size, hashes, before)
        if root(last.size, before) != last.root:
            raise LogConflict("log_fork", earlier=last.size, newer=found.size)
        above = {node: hash_ for node, hash_ in grown.nodes.items() if node[0]}
        stored = nodes(above, session)
        proven = all(stored(*node) == hash_ for node, hash_ in above.items())
    except BadProof as error:
        raise LogConflict("log_not_proven") from error
    if not proven or (grown.size, grown.root) != (found.size, found.root):
        raise LogConflict("log_fork" if found.size == last.size else "log_not_proven")
    faults = list(claims(acts, b"\1" * len(acts), last.size))
    if faults:
        log.error("not signed", faults=faults[:10])
        raise LogConflict("log_unrecorded")


def _new_leaves(first: int, session: Session) -> tuple[dict[int, Act], list[bytes]]:
    acts: dict[int, Act] = {}
    hashes: list[bytes] = []
    rows = select(LogLeaf).where(LogLeaf.index >= first).order_by(LogLeaf.index).execution_options(yield_per=BATCH)
    for row in session.scalars(rows):
        try:
            act = parse_leaf(row.entry)
        except BadLeaf as error:
            raise LogConflict("log_not_proven") from error
        if row.index != first + len(hashes) or leaf_hash(row.entry) != row.hash or not repeats(row, act):
            raise LogConflict("log_not_proven")
        acts[row.index] = act
        hashes.append(row.hash)
    return acts, hashes


def _check_documents(waiting: list[Waiting]) -> None:
    for one in waiting:
        if not one.holds():
            log.error("not signed", document=one.what)
            raise LogConflict("document_changed")


def _signed_size() -> int:
    told = signed(head())
    db.session.rollback()
    return told.size if told else 0


def serve(app: Flask, path: Path, stop: threading.Event) -> None:
    """Answer on a Unix socket until ``stop`` is set, one word at a time.

    Raises:
        SignerThereError: another signer is there.
        KeyProblemError: the folder of keys is there and not as it must be.
        OSError: the socket can't be made.

    """
    with app.app_context():
        if current_app.config["SETTINGS"].keys.exists():
            require_own_folder()
    with listening(path) as lines:
        app.extensions[REMEMBERED] = None
        try:
            log.info("signer listens", path=str(path))
            while not stop.is_set():
                for line, word in lines.said():
                    if word in (SIGN, HELLO):  # to anything else nothing
                        with suppress(OSError):
                            line.sendall(reply(app, word) + b"\n")
        finally:
            del app.extensions[REMEMBERED]


def reply(app: Flask, word: bytes) -> bytes:
    """What is answered to one of the two words; never more than a code or a number."""
    with app.app_context():
        try:
            if word == HELLO:
                return HERE + signing_key().kid.encode()
            return DONE + str(sign_recorded(clock.now())).encode()
        except DomainError as error:
            log.error("not signed", code=error.code, error=explained(error))  # noqa: TRY400 - a sentence for the operator
            return REFUSED + error.code.encode()
        except Exception as error:  # noqa: BLE001 - whatever the rows hold, the signer lives and signs none of it
            log.exception("not signed", kind=type(error).__name__)
            return REFUSED + b"failed"
        finally:
            db.session.remove()
