"""A log read from outside, through its tiles: nothing is believed before it leads to the root of a signed checkpoint."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from certification.outside.sources import Source
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import LogConflict, NotFound
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.merkle import EMPTY_ROOT, Node, grow, leaf_hash, nodes_in, reader_of, root
from certification.rules.note_keys import VerifierKey, parse_vkey
from certification.rules.notes import split_notes
from certification.rules.signed_checkpoint import SignedCheckpoint, open_checkpoint
from certification.rules.tiles import WIDTH, Tile, decode_bundle, tiles_of

CHECKPOINT, VKEY, HANDOVER = "/log/checkpoint", "/log/vkey", "/log/handover"


@dataclass(frozen=True, slots=True)
class Followed:
    """How far somebody has followed a log: its size, its root, and the few nodes from which it carries on."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    nodes: Mapping[Node, bytes] = field(default_factory=dict)


def read_vkeys(source: Source) -> tuple[VerifierKey, ...]:
    """The keys that a registry says are its log's, the present one first. Raises BadNote, NotFound, CannotCheck."""
    lines = source.get(VKEY).decode("utf-8", "replace").splitlines()
    return tuple(parse_vkey(line) for line in lines)


def read_handovers(source: Source) -> tuple[bytes, ...]:
    """The notes of the checkpoints at which a key followed another; none where none did. Raises BadNote, CannotCheck."""
    try:
        return split_notes(source.get(HANDOVER))
    except NotFound:
        return ()


def read_checkpoint(
    source: Source, origin: str, keys: Iterable[VerifierKey], witnesses: Iterable[VerifierKey] = ()
) -> SignedCheckpoint:
    """The signed head. Raises as `open_checkpoint`, and NotFound or CannotCheck where there is none to read."""
    return open_checkpoint(source.get(CHECKPOINT), origin, keys, witnesses)


def entries(source: Source, size: int, *, since: int = 0) -> Iterator[bytes]:
    """The entries `since` up to `size`, in their order and unverified. Raises BadTile, NotFound, CannotCheck."""
    for tile in tiles_of(size, since=since):
        if tile.level is not None:
            return  # bundles of entries come first
        bundle = _bundle(source, tile)
        yield from bundle[max(0, since - tile.start) :]


def follow(known: Followed, newer: Checkpoint, found: Iterable[bytes]) -> Followed:
    """Carry on to `newer` by the entries between; what was known before is thereby proven to be its beginning.

    Raises LogConflict: `log_behind` for a smaller checkpoint, `log_fork` when the entries do not lead to its root.
    """
    if newer.size < known.size:
        raise LogConflict("log_behind", earlier=known.size, newer=newer.size)
    grown = grow(known.size, [leaf_hash(entry) for entry in found], reader_of(known.nodes))
    if (grown.size, grown.root) != (newer.size, newer.root):
        raise LogConflict("log_fork", earlier=known.size, newer=newer.size)
    held = {**known.nodes, **grown.nodes}
    return Followed(grown.size, grown.root, {node: held[node] for node in nodes_in(0, grown.size)})


def followed_from(size: int, nodes: Mapping[Node, bytes]) -> Followed:
    """What was kept of an earlier following. Raises BadProof when nodes are missing."""
    return Followed(size, root(size, reader_of(nodes)), dict(nodes))


def read_acts(found: Iterable[bytes], *, first: int = 0) -> Iterator[tuple[int, Act]]:
    """Entries as acts with their indices. Raises BadLeaf."""
    for index, entry in enumerate(found, first):
        yield index, parse_leaf(entry)


def keys_told(acts: Iterable[tuple[int, Act]]) -> dict[str, str]:
    """Digest of each key that a log says was added, by `kid`."""
    return {act.key.kid: act.key.digest for _, act in acts if act.act is LogAct.KEY_ADDED and act.key}


def _bundle(source: Source, tile: Tile) -> tuple[bytes, ...]:
    """A partial bundle may be gone once the full one is there (C2SP tlog-tiles): then that one, cut."""
    try:
        return decode_bundle(source.get(f"/log/{tile.path}"), tile.width)
    except NotFound:
        if tile.width == WIDTH:
            raise
    full = decode_bundle(source.get(f"/log/{Tile(None, tile.index).path}"), WIDTH)
    return full[: tile.width]
