"""Whether a log carries on from what was seen of it before.

One check for three: a monitor that watches a log, a witness before it cosigns, and the signer before it signs. Only checkpoints
whose signatures were verified belong here. FORK is said only where two checkpoints cannot both be of one growing tree: keep both
notes, they are the evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import BadProof, BadTile, LogConflict
from certification.rules.merkle import NodeReader, consistency_parts, consistency_roots, range_hash, root


class Standing(StrEnum):
    """How a newer checkpoint stands to an earlier one. The values are codes for whoever puts them into words."""

    FIRST = "first"
    SAME = "same"
    CONSISTENT = "consistent"
    BEHIND = "behind"
    FORK = "fork"
    NOT_PROVEN = "not_proven"
    OTHER_LOG = "other_log"


ACCEPTED = frozenset({Standing.FIRST, Standing.SAME, Standing.CONSISTENT})


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """What was found, and of which two checkpoints. `earlier` is None where nothing was seen before."""

    standing: Standing
    earlier: Checkpoint | None
    newer: Checkpoint

    @property
    def accepted(self) -> bool:
        """Whether the newer one may be signed, cosigned or taken for the log's head."""
        return self.standing in ACCEPTED


def compare(earlier: Checkpoint | None, newer: Checkpoint, proof: Sequence[bytes] = ()) -> LogVerdict:
    """Hold a newer checkpoint against an earlier one, with the consistency proof between their sizes (empty from nothing).

    BEHIND: smaller than what was seen; a stale copy, or history cut off (compare the other way round to know). NOT_PROVEN: the
    proof is missing, wrong or not asked for, which may be the fault of whoever brought it. A proof that leads to the newer root
    and to another earlier root shows a FORK; a fork from an earlier size that is a power of two shows only by `compare_by_nodes`.
    """
    standing = _quick(earlier, newer) or _by_proof(earlier, newer, proof)
    if proof and standing in {Standing.FIRST, Standing.SAME}:
        standing = Standing.NOT_PROVEN
    return LogVerdict(standing, earlier, newer)


def compare_by_nodes(earlier: Checkpoint | None, newer: Checkpoint, read: NodeReader) -> LogVerdict:
    """As `compare`, with nodes of the newer tree in place of a proof: from a store, or from tiles by `tiles.tile_reader`.

    The nodes are believed only where they lead to the newer root; then they tell a FORK at every size. Asked for are those of
    `merkle.consistency_parts` of the two sizes, or of the whole newer tree where nothing or an empty log was seen before; none
    where sizes say enough. What `read` raises besides BadProof and BadTile comes through.
    """
    standing = _quick(earlier, newer)
    if standing in {None, Standing.FIRST}:
        try:
            standing = _by_nodes(earlier, newer, read)
        except (BadProof, BadTile):
            standing = Standing.NOT_PROVEN
    return LogVerdict(standing or Standing.NOT_PROVEN, earlier, newer)


def require_accepted(found: LogVerdict) -> None:
    """Raise LogConflict (code `log_` and the standing; params `earlier` and `newer`, sizes) unless the verdict is accepted."""
    if not found.accepted:
        before = found.earlier.size if found.earlier else 0
        raise LogConflict(f"log_{found.standing}", earlier=before, newer=found.newer.size)


def _quick(earlier: Checkpoint | None, newer: Checkpoint) -> Standing | None:
    """What origins, sizes and roots of one size say by themselves; None where it takes more."""
    if earlier is None:
        return Standing.FIRST
    if earlier.origin != newer.origin:
        return Standing.OTHER_LOG
    if newer.size < earlier.size:
        return Standing.BEHIND
    if newer.size == earlier.size:
        return Standing.SAME if newer.root == earlier.root else Standing.FORK
    return None


def _by_proof(earlier: Checkpoint | None, newer: Checkpoint, proof: Sequence[bytes]) -> Standing:
    if earlier is None or earlier.size == 0:
        return Standing.NOT_PROVEN if proof else Standing.CONSISTENT
    try:
        roots = consistency_roots(earlier.size, newer.size, earlier.root, proof)
    except BadProof:
        return Standing.NOT_PROVEN
    return _by_roots(roots, earlier, newer)


def _by_nodes(earlier: Checkpoint | None, newer: Checkpoint, read: NodeReader) -> Standing:
    if earlier is None or earlier.size == 0:
        if root(newer.size, read) != newer.root:
            return Standing.NOT_PROVEN
        return Standing.FIRST if earlier is None else Standing.CONSISTENT
    parts = consistency_parts(earlier.size, newer.size)
    hashes = [range_hash(start, end, read) for start, end in parts]
    proof = hashes[1:] if parts[0] == (0, earlier.size) else hashes
    return _by_roots(consistency_roots(earlier.size, newer.size, hashes[0], proof), earlier, newer)


def _by_roots(roots: tuple[bytes, bytes], earlier: Checkpoint, newer: Checkpoint) -> Standing:
    """Hashes that lead to the newer root are those of its tree, so the earlier root that they lead to is the true one."""
    before, after = roots
    if after != newer.root:
        return Standing.NOT_PROVEN
    return Standing.CONSISTENT if before == earlier.root else Standing.FORK
