"""The log as the database has it: head, nodes, entries, and the proofs made of them. Queries only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from certification.core.db import db
from certification.log import quickly
from certification.log.models import ONLY_HEAD, LogHead, LogLeaf, LogNode, of_few_kinds
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.errors import BadLeaf
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.merkle import (
    EMPTY_ROOT,
    Node,
    NodeReader,
    Range,
    consistency_proof,
    consistency_ranges,
    inclusion_ranges,
    nodes_of,
    range_hash,
    reader_of,
)
from certification.rules.notes import parse_note
from certification.rules.tiles import Tile, encode_bundle, tile_contents

HEAD = (LogHead.size, LogHead.root, LogHead.origin, LogHead.note)
ENTRY = (LogLeaf.index, LogLeaf.entry)
KEY_ACTS = (LogAct.KEY_ADDED, LogAct.KEY_RETIRED, LogAct.KEY_COMPROMISED)


class Head(NamedTuple):
    """``origin`` and ``note`` are None until the log was first signed."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    origin: str | None = None
    note: bytes | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One leaf and what it says."""

    index: int
    act: Act


@dataclass(frozen=True, slots=True)
class Listed:
    """One leaf in a list for people; ``act`` is None for an entry that can't be read, of which ``log.fsck`` tells more."""

    index: int
    act: Act | None


@dataclass(frozen=True, slots=True)
class Included:
    """A leaf and the proof that it is in the tree of the signed checkpoint."""

    index: int
    entry: bytes
    hash: bytes
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: bytes


def head(session: Session | None = None) -> Head:
    """How far the log has come; empty and unsigned when nothing was ever appended."""
    found = (session or db.session()).execute(select(*HEAD).where(LogHead.id == ONLY_HEAD)).one_or_none()
    return Head(*found) if found else Head()


def held_head(session: Session) -> Head:
    """The head as it is now; nobody else moves it before this unit of work ends."""
    wanted = select(*HEAD).where(LogHead.id == ONLY_HEAD).with_for_update()
    found = session.execute(wanted).one_or_none()
    if found is None:
        empty = {"id": ONLY_HEAD, "root": EMPTY_ROOT}
        session.execute(text("INSERT INTO log_heads (id, size, root) VALUES (:id, 0, :root) ON CONFLICT (id) DO NOTHING"), empty)
        found = session.execute(wanted).one()
    return Head(*found)


def signed(found: Head) -> Checkpoint | None:
    """What the head's own note says, unverified: it is ours. None until the log was first signed."""
    return _parsed(found.note) if found.note else None


@lru_cache(maxsize=16)
def _parsed(note: bytes) -> Checkpoint:
    """The same note is read for every proof and tile until the next act."""
    return parse_checkpoint(parse_note(note).text)


def nodes(wanted: Iterable[Node], session: Session | None = None) -> NodeReader:
    """A reader of nodes fetched at once. It raises BadProof (`proof_node`) for one that the log does not have."""
    session = session or db.session()
    wanted = list(wanted)
    leaves, above = [index for level, index in wanted if level == 0], [node for node in wanted if node[0] > 0]
    found: dict[Node, bytes] = {}
    if leaves:
        rows = select(LogLeaf.index, LogLeaf.hash).where(LogLeaf.index.in_(leaves))
        found |= {(0, index): hash_ for index, hash_ in session.execute(rows)}
    if above:
        higher = select(LogNode.level, LogNode.index, LogNode.hash).where(tuple_(LogNode.level, LogNode.index).in_(above))
        found |= {(level, index): hash_ for level, index, hash_ in session.execute(higher)}
    return reader_of(found)


def over(ranges: Iterable[Range], session: Session | None = None) -> NodeReader:
    """A reader of all nodes that the hashes of some ranges of leaves are made of."""
    return nodes(nodes_of(ranges), session)


def inclusion(index: int) -> Included | None:
    """The proof for a leaf under the signed checkpoint, or None where that does not cover it."""
    return _included(index, Head(*(quickly.head() or ())))


def inclusions(indices: Iterable[int]) -> tuple[Included, ...]:
    """The same for several leaves, all under one checkpoint; without those that it does not cover."""
    found = Head(*(quickly.head() or ()))
    return tuple(one for index in indices if (one := _included(index, found)))


def _included(index: int, found: Head) -> Included | None:
    checkpoint, leaf = signed(found), quickly.leaf(index)
    if checkpoint is None or found.note is None or leaf is None or index >= checkpoint.size:
        return None
    ranges = inclusion_ranges(index, checkpoint.size)
    read = reader_of(quickly.nodes(nodes_of(ranges)))
    return Included(index, *leaf, tuple(range_hash(start, end, read) for start, end in ranges), checkpoint, found.note)


def consistency(old: int, size: int) -> tuple[bytes, ...]:
    """The proof that the tree of `size` leaves carries on from that of `old`. Raises BadProof for sizes that are none."""
    wanted = nodes_of(consistency_ranges(old, size))
    return consistency_proof(old, size, reader_of(quickly.nodes(wanted)))


def tile_bytes(tile: Tile) -> bytes | None:
    """A hash tile or a bundle of entries, or None where the signed log does not hold all of it."""
    checkpoint = signed(Head(*(quickly.head() or ())))
    if checkpoint is None or not tile.exists_in(checkpoint.size):
        return None
    if tile.level is not None:
        level, start = tile.nodes[0]
        return tile_contents(tile, reader_of(quickly.between(level, start, start + tile.width)))
    wanted = select(LogLeaf.entry).where(LogLeaf.index >= tile.start, LogLeaf.index < tile.start + tile.width)
    return encode_bundle(list(db.session.scalars(wanted.order_by(LogLeaf.index))))


def latest(before: int | None, limit: int) -> list[Listed]:
    """The last acts, newest first, from below an index on."""
    rows = select(*ENTRY).order_by(LogLeaf.index.desc()).limit(limit)
    if before is not None:
        rows = rows.where(LogLeaf.index < before)
    return [_listed(index, entry) for index, entry in db.session.execute(rows)]


def indices_of(code: str) -> list[int]:
    """The leaves of one certificate, in the log's order."""
    return list(db.session.scalars(select(LogLeaf.index).where(LogLeaf.certificate_code == code).order_by(LogLeaf.index)))


def of_certificate(code: str) -> list[Told]:
    """Every act on one certificate, in the log's order. Raises BadLeaf for an entry that can't be read."""
    rows = select(*ENTRY).where(LogLeaf.certificate_code == code).order_by(LogLeaf.index)
    return [Told(index, parse_leaf(entry)) for index, entry in db.session.execute(rows)]


def of_kinds(kinds: Collection[LogAct], session: Session | None = None) -> list[Told]:
    """Every act of some kinds, in the log's order; for kinds that are few. Raises BadLeaf for an entry that can't be read."""
    rows = select(*ENTRY).where(of_few_kinds(kinds)).order_by(LogLeaf.index)
    return [Told(index, parse_leaf(entry)) for index, entry in (session or db.session()).execute(rows)]


def _listed(index: int, entry: bytes) -> Listed:
    try:
        return Listed(index, parse_leaf(entry))
    except BadLeaf:
        return Listed(index, None)
