"""Adding to the log, in the unit of work of the act that it tells of: leaf, nodes and head are one commit.

The head's row is held from the first leaf to the commit, so writers wait for each other; and it moves only from where it was
read (compare and swap), so that even one who did not wait cannot make a second branch.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import CursorResult, insert, update
from sqlalchemy.orm import Session

from certification.core.db import writing
from certification.log.keys import next_kid, signing_key, verifying_keys
from certification.log.lives import key_lives, key_ref
from certification.log.models import ONLY_HEAD, LogHead, LogLeaf, LogNode
from certification.log.reading import Head, held_head, nodes
from certification.log.signing import by_signer, let_sign, may_have_key, require_signable
from certification.rules.errors import LogConflict
from certification.rules.leaves import Act, LogAct, leaf_bytes, whole_milliseconds
from certification.rules.merkle import Growth, grow, leaf_hash, nodes_in


def append(act: Act) -> int:
    """Add one act to the log and have the new head signed; returns the index of its leaf.

    Needs the unit of work. Before the request is answered the checkpoint is also kept outside the database; where that fails,
    or a signer process is away, ``unit_of_work`` raises NotConfirmed though the act stands. A registry that never had a key goes
    unsigned until it has one.

    Raises:
        LogConflict: the database does not carry on from what was signed before; nothing may be added.
        CannotSign: the key can't be used, or the site's address is not the one that the log told.

    """
    return append_all([act], at=act.at)[0]


def append_all(acts: Sequence[Act], *, at: datetime) -> list[int]:
    """As :func:`append` for several acts at once. Keys that the log does not know yet are told first, as of ``at``."""
    session = writing()
    found = held_head(session)
    require_signable(found, session, moving=any(act.act is LogAct.DOMAIN_CHANGED for act in acts))
    new_keys = _unannounced(found, [act.key.kid for act in acts if act.key], at, session)
    entries = [leaf_bytes(one) for one in (*new_keys, *acts)]
    hashes = [leaf_hash(entry) for entry in entries]
    grown = grow(found.size, hashes, nodes(nodes_in(0, found.size), session))
    compare_and_swap(session, found, grown)
    add_leaves(session, found.size, [*new_keys, *acts], entries, hashes, grown)
    let_sign(at, checked=True)
    first = found.size + len(new_keys)
    return list(range(first, first + len(acts)))


def hold_log() -> None:
    """Take one's turn at the log now; for a unit of work that locks other shared rows, such as status lists, before it appends.

    All who lock both come here first, so that no two wait for each other. Needs the unit of work.
    """
    held_head(writing())


def sign_what_stands(*, at: datetime) -> bool:
    """Sign a log that was filled before there was a key, if there is one now. Needs the unit of work."""
    found = held_head(writing())
    if found.note is not None or not found.size or not _will_sign(found):
        return False
    append_all([], at=at)
    return True


def compare_and_swap(session: Session, found: Head, grown: Growth) -> None:
    """Move the head on from where it was read. Raises LogConflict (``log_raced``) when it is somewhere else by now."""
    moved: CursorResult[Any] = session.execute(  # type: ignore[assignment]  # an UPDATE's result counts rows
        update(LogHead)
        .where(LogHead.id == ONLY_HEAD, LogHead.size == found.size, LogHead.root == found.root)
        .values(size=grown.size, root=grown.root)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:
        raise LogConflict("log_raced")


def add_leaves(
    session: Session, size: int, acts: Sequence[Act], entries: Sequence[bytes], hashes: Sequence[bytes], grown: Growth
) -> None:
    """Write the leaves from index ``size`` on, and the nodes that they complete."""
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


def _will_sign(found: Head) -> bool:
    """Whether there is somebody to sign. A demonstration makes itself a key here, at first need."""
    if by_signer():
        return bool(verifying_keys())
    if not may_have_key(found):
        return False
    signing_key()
    return True


def _unannounced(found: Head, told_here: Sequence[str], at: datetime, session: Session) -> list[Act]:
    """Leaves for listed keys that the log does not know. One that waits to follow another is told by the rotation alone."""
    if not _will_sign(found):
        return []
    settings = current_app.config["SETTINGS"]
    known = {*(key_lives(session) if found.size else ()), *told_here, next_kid(settings.keys)}
    return [
        Act(LogAct.KEY_ADDED, whole_milliseconds(at), key=key_ref(kid, public))
        for kid, public in verifying_keys().items()
        if kid not in known
    ]
