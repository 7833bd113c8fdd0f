"""Merkle trees of a log: RFC 9162 §2.1 (the same as RFC 6962 §2.1) with SHA-256.

A *node* is (level, index): the hash of the complete subtree over leaves index·2^level up to (index+1)·2^level. Only complete
subtrees are ever stored; everything else is made of at most 62 of them. A *range* (start, end) of leaves, end exclusive, is one
that the standard splits a tree into. The functions named for nodes and ranges say what a reader will be asked, so that a
database can fetch it at once.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from certification.rules.errors import BadProof

HASH_BYTES = 32
MAX_SIZE = 2**62  # up to here a consistency proof has at most 63 hashes, as C2SP tlog-witness takes them
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node: TypeAlias = tuple[int, int]
Range: TypeAlias = tuple[int, int]
NodeReader: TypeAlias = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Growth:
    """A log after leaves were appended: its size in leaves, its root, and the nodes that became complete."""

    size: int
    root: bytes
    nodes: Mapping[Node, bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """A hash of a proof, whether it stands at the left, and the hash over both."""

    beside: bytes
    left: bool
    total: bytes


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry), 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed_by(index: int) -> tuple[Node, ...]:
    """The nodes that become complete when leaf `index` (counted from 0) is appended, from the leaf upwards."""
    levels = (~index & (index + 1)).bit_length()
    return tuple((level, index >> level) for level in range(levels))


def nodes_in(start: int, end: int) -> tuple[Node, ...]:
    """The fewest nodes that cover a range, from left to right. `nodes_in(0, size)` is all that `root` and `grow` read."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return tuple(found)


def nodes_of(ranges: Iterable[Range]) -> frozenset[Node]:
    """Every node that must be read to know the hashes of `ranges`."""
    return frozenset(node for start, end in ranges for node in nodes_in(start, end))


def reader_of(nodes: Mapping[Node, bytes]) -> NodeReader:
    """A reader of nodes fetched before; it raises BadProof (`proof_node`, params `level`, `index`) for one that is not there."""

    def read(level: int, index: int) -> bytes:
        found = nodes.get((level, index))
        if found is None:
            raise BadProof("proof_node", level=level, index=index)
        return found

    return read


def range_hash(start: int, end: int, read: NodeReader) -> bytes:
    """The Merkle Tree Hash of the leaves from `start` up to `end`, a range of the standard's splits."""
    total = None
    for level, index in reversed(nodes_in(start, end)):
        total = read(level, index) if total is None else node_hash(read(level, index), total)
    return EMPTY_ROOT if total is None else total


def root(size: int, read: NodeReader) -> bytes:
    """The root of the first `size` leaves. Raises BadProof (`proof_size`)."""
    _check_size(size)
    return range_hash(0, size, read)


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes alone, with no stored nodes."""
    return grow(0, leaf_hashes, reader_of({})).root


def grow(size: int, leaf_hashes: Iterable[bytes], read: NodeReader) -> Growth:
    """Append leaf hashes to a log of `size` leaves: one new node each plus one for every pair completed.

    Raises BadProof (`proof_size`, `proof_hash`).
    """
    made: dict[Node, bytes] = {}

    def known(level: int, index: int) -> bytes:
        return made[level, index] if (level, index) in made else read(level, index)

    for leaf in leaf_hashes:
        _check_hashes([leaf])
        for level, index in completed_by(size):
            below = 2 * index
            made[level, index] = node_hash(known(level - 1, below), made[level - 1, below + 1]) if level else leaf
        size += 1
    return Growth(size, root(size, known), made)


def inclusion_ranges(index: int, size: int) -> tuple[Range, ...]:
    """The ranges whose hashes are the inclusion proof of leaf `index` in a tree of `size`, in the proof's order.

    RFC 9162 §2.1.3.1. Raises BadProof (`proof_size`, `proof_index`).
    """
    _check_size(size)
    if not 0 <= index < size:
        raise BadProof("proof_index")
    start, end, found = 0, size, []
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return tuple(reversed(found))


def inclusion_proof(index: int, size: int, read: NodeReader) -> tuple[bytes, ...]:
    """RFC 9162 §2.1.3.1, from the leaf upwards. Raises as `inclusion_ranges`."""
    return tuple(range_hash(start, end, read) for start, end in inclusion_ranges(index, size))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` is leaf `index` of the tree of `size` with `root` (RFC 9162 §2.1.3.2).

    Raises BadProof: `proof_size`, `proof_index`, `proof_length`, `proof_hash`, or `proof_root` when it leads elsewhere.
    """
    _check_hashes([root])
    steps = inclusion_steps(leaf, index, size, proof)
    if (steps[-1].total if steps else leaf) != root:
        raise BadProof("proof_root")


def inclusion_steps(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> tuple[Step, ...]:
    """From a leaf's hash towards the root, one hash of the proof in each; none in a tree of one leaf.

    Raises BadProof as `verify_inclusion`, but for `proof_root`: nobody has compared the last total with a root.
    """
    ranges = inclusion_ranges(index, size)
    _check_length(proof, len(ranges))
    _check_hashes([leaf, *proof])
    steps: list[Step] = []
    total = leaf
    for (start, _), beside in zip(ranges, proof, strict=True):
        total = node_hash(total, beside) if start > index else node_hash(beside, total)
        steps.append(Step(beside, start < index, total))
    return tuple(steps)


def consistency_parts(old: int, size: int) -> tuple[Range, ...]:
    """The ranges of `consistency_ranges`, and before them (0, old) where the proof leaves it out. Sizes 0 < old < size.

    Their hashes tell both roots without knowing either. Raises BadProof (`proof_size`).
    """
    _check_size(size)
    if not 0 < old < size:
        raise BadProof("proof_size")
    start, end, found = 0, size, []
    while end != old:
        middle = _middle(start, end)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return ((start, end), *reversed(found))


def consistency_ranges(old: int, size: int) -> tuple[Range, ...]:
    """The ranges whose hashes are the consistency proof from `old` to `size` leaves, in the proof's order.

    RFC 9162 §2.1.4.1; none for equal sizes and from the empty tree (C2SP tlog-witness). Raises BadProof (`proof_size`).
    """
    _check_size(size)
    if not 0 <= old <= size:
        raise BadProof("proof_size")
    if old in {0, size}:
        return ()
    ranges = consistency_parts(old, size)
    return ranges[1:] if ranges[0] == (0, old) else ranges


def consistency_proof(old: int, size: int, read: NodeReader) -> tuple[bytes, ...]:
    """RFC 9162 §2.1.4.1. Raises as `consistency_ranges`."""
    return tuple(range_hash(start, end, read) for start, end in consistency_ranges(old, size))


def consistency_roots(old: int, size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots at `old` and at `size` that a consistency proof leads to (RFC 9162 §2.1.4.2), not compared with anything.

    `old_root` counts only where the old tree is complete and the proof therefore leaves it out. Sizes 0 < old < size.
    Raises BadProof: `proof_size`, `proof_length`, `proof_hash`.
    """
    base, *rest = consistency_parts(old, size)
    left_out = base == (0, old)
    _check_length(proof, len(rest) if left_out else len(rest) + 1)
    _check_hashes([old_root, *proof])
    before = after = old_root if left_out else proof[0]
    for (start, _), hash_ in zip(rest, proof if left_out else proof[1:], strict=True):
        if start < old:
            before, after = node_hash(hash_, before), node_hash(hash_, after)
        else:
            after = node_hash(after, hash_)
    return before, after


def verify_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `size` with `root` carries on from the tree of `old` with `old_root` (RFC 9162 §2.1.4.2).

    Equal sizes and the empty tree take an empty proof. Raises BadProof: `proof_size`, `proof_length`, `proof_hash`, or
    `proof_root` when it leads elsewhere.
    """
    if 0 < old < size:
        if consistency_roots(old, size, old_root, proof) != (old_root, root):
            raise BadProof("proof_root")
        return
    _check_length(proof, len(consistency_ranges(old, size)))
    _check_hashes([old_root, root])
    if old_root != (root if old == size else EMPTY_ROOT) or (size == 0 and root != EMPTY_ROOT):
        raise BadProof("proof_root")


def _middle(start: int, end: int) -> int:
    """Where the standard splits: the largest power of two below the width goes to the left."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _check_size(size: int) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise BadProof("proof_size")


def _check_length(proof: Sequence[bytes], wanted: int) -> None:
    if len(proof) != wanted:
        raise BadProof("proof_length")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise BadProof("proof_hash")
