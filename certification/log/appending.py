"""Adding to the log, in the unit of work of the act that it tells of: leaf, nodes, head and signature are one commit.

The head's row is held from the first leaf to the commit, so writers wait for each other; and it moves only from where it was
read (compare and swap), so that even one who did not wait cannot make a second branch.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import CursorResult, insert, select, text, update
from sqlalchemy.orm import Session

from certification.core.db import after_commit, writing
from certification.log.checkpoints import FOLDER, keep_outside, require_carried_on
from certification.log.keys import FOLDER as KEYS
from certification.log.keys import PRIVATE, KeyProblemError, signing_key, verifying_keys
from certification.log.models import ONLY_HEAD, LogHead, LogLeaf, LogNode
from certification.log.reading import HEAD, Head, announced_keys, nodes
from certification.log.witnesses import ask_soon
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import CannotSign, LogConflict, NotConfirmed
from certification.rules.leaves import Act, KeyRef, LogAct, leaf_bytes, whole_milliseconds
from certification.rules.merkle import EMPTY_ROOT, Growth, grow, leaf_hash, nodes_in
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.signing import Keypair

log = structlog.get_logger()


def append(act: Act) -> int:
    """Add one act to the log and sign the new head; returns the index of its leaf.

    Needs the unit of work. Before the request is answered the checkpoint is also kept outside the database; where that fails,
    ``unit_of_work`` raises NotConfirmed though the act stands. A registry that never had a key goes unsigned until it has one.

    Raises:
        LogConflict: the database does not carry on from what was signed before; nothing may be added.
        CannotSign: the key can't be used.

    """
    return append_all([act], at=act.at)[0]


def append_all(acts: Sequence[Act], *, at: datetime) -> list[int]:
    """As :func:`append` for several acts at once. Keys that the log does not know yet are told first, as of ``at``."""
    session = writing()
    found = _held_head(session)
    require_carried_on(found, session)
    key = _key(found)
    new_keys = _unannounced(found, key, at, session)
    entries = [leaf_bytes(one) for one in (*new_keys, *acts)]
    hashes = [leaf_hash(entry) for entry in entries]
    grown = grow(found.size, hashes, nodes(nodes_in(0, found.size), session))
    origin = (found.origin or _origin()) if key else None
    note = sign_checkpoint(Checkpoint(origin, grown.size, grown.root), key.private).encode() if key and origin else None
    _compare_and_swap(session, found, grown, origin, note)
    _add(session, found.size, [*new_keys, *acts], entries, hashes, grown)
    if note is not None and key is not None and origin is not None:
        if found.origin is None:
            _begin_outside(origin, key)
        after_commit(lambda: _confirm(note), key=FOLDER)
        after_commit(ask_soon, key=ask_soon)
    first = found.size + len(new_keys)
    return list(range(first, first + len(acts)))


def hold_log() -> None:
    """Take one's turn at the log now; for a unit of work that locks other shared rows, such as status lists, before it appends.

    All who lock both come here first, so that no two wait for each other. Needs the unit of work.
    """
    _held_head(writing())


def sign_what_stands(*, at: datetime) -> bool:
    """Sign a log that was filled before there was a key, if there is one now. Needs the unit of work."""
    found = _held_head(writing())
    if found.note is not None or not found.size or _key(found) is None:
        return False
    append_all([], at=at)
    return True


def _held_head(session: Session) -> Head:
    """The head as it is now; nobody else moves it before this unit of work ends."""
    empty = {"id": ONLY_HEAD, "root": EMPTY_ROOT}
    session.execute(text("INSERT INTO log_heads (id, size, root) VALUES (:id, 0, :root) ON CONFLICT (id) DO NOTHING"), empty)
    return Head(*session.execute(select(*HEAD).where(LogHead.id == ONLY_HEAD).with_for_update()).one())


def _compare_and_swap(session: Session, found: Head, grown: Growth, origin: str | None, note: bytes | None) -> None:
    moved: CursorResult[Any] = session.execute(  # type: ignore[assignment]  # an UPDATE's result counts rows
        update(LogHead)
        .where(LogHead.id == ONLY_HEAD, LogHead.size == found.size, LogHead.root == found.root)
        .values(size=grown.size, root=grown.root, origin=origin, note=note)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:
        raise LogConflict("log_raced")


def _add(
    session: Session, size: int, acts: Sequence[Act], entries: Sequence[bytes], hashes: Sequence[bytes], grown: Growth
) -> None:
    leaves = [
        {
            "index": size + number,
            "entry": entry,
            "hash": hash_,
            "act": act.act,
            "at": act.at,
            "certificate_code": act.certificate.code if act.certificate else None,
            "before_log": act.before_log,
        }
        for number, (act, entry, hash_) in enumerate(zip(acts, entries, hashes, strict=True))
    ]
    above = [{"level": level, "index": index, "hash": hash_} for (level, index), hash_ in grown.nodes.items() if level]
    if leaves:
        session.execute(insert(LogLeaf), leaves)
    if above:
        session.execute(insert(LogNode), above)


def _key(found: Head) -> Keypair | None:
    """The key to sign with; None only where this registry never signed and has none yet."""
    settings = current_app.config["SETTINGS"]
    never = found.note is None and not settings["DEMONSTRATION"]
    if never and not (settings.data / KEYS / PRIVATE).exists():
        return None
    try:
        return signing_key()
    except KeyProblemError as error:
        log.error("cannot sign", error=str(error))  # noqa: TRY400 - a sentence for the operator, not a traceback
        raise CannotSign from error


def _unannounced(found: Head, key: Keypair | None, at: datetime, session: Session) -> list[Act]:
    """Leaves for the keys that the log does not know. Whoever signed the head was told before."""
    if key is None:
        return []
    known = announced_keys(session) if found.size else frozenset()
    return [
        Act(LogAct.KEY_ADDED, whole_milliseconds(at), key=KeyRef(kid, sha256(public.public_bytes_raw()).hexdigest()))
        for kid, public in verifying_keys().items()
        if kid not in known
    ]


def _origin() -> str:
    """Host and path: what the log calls itself from its first signature on, wherever it may move."""
    return f"{current_app.config['SETTINGS'].host}/log"


def _begin_outside(origin: str, key: Keypair) -> None:
    """Before the first signature becomes durable there is a copy outside, of the empty log: from then on one must be there."""
    empty = sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), key.private).encode()
    try:
        keep_outside(empty)
    except OSError as error:
        log.error("checkpoint not kept", error=str(error))  # noqa: TRY400 - a sentence for the operator, not a traceback
        raise CannotSign from error


def _confirm(note: bytes) -> None:
    try:
        keep_outside(note)
    except (OSError, LogConflict, KeyProblemError) as error:
        log.error("checkpoint not kept", error=str(error))  # noqa: TRY400 - a sentence for the operator, not a traceback
        raise NotConfirmed from error
