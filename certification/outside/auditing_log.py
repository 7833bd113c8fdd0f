"""The log of an export held against itself: entries, hashes, the signed root, and the checkpoints at which keys changed."""

import base64
from dataclasses import dataclass, field

from certification.outside.following import HANDOVER, entries, read_handovers
from certification.outside.layout import TILE_CALL, WHOLE_ON_A_PAGE, unwrapped
from certification.outside.sources import Folder
from certification.rules.attested_log import Leaf
from certification.rules.checkpoint import Checkpoint
from certification.rules.did import RegistryKeys
from certification.rules.errors import CannotCheck, DomainError, InvalidInput, NotFound
from certification.rules.leaves import parse_leaf
from certification.rules.merkle import leaf_hash, node_hash, root
from certification.rules.note_keys import VerifierKey
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.tiles import WIDTH, Tile, tile_reader, tiles_of

BOTH = 2


@dataclass(slots=True)
class Audit:
    """What was looked at, and each fault as `path: code`."""

    certificates: int = 0
    entries: int = 0
    files: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, where: str, code: str) -> None:
        self.faults.append(f"{where}: {code}")


def hold_log(folder: Folder, checkpoint: Checkpoint, found: Audit) -> tuple[int, tuple[Leaf, ...]]:
    """Every entry and every hash of every tile, up to the signed root.

    Returns how many entries speak of certificates, and those that speak of none.
    """
    levels: list[list[bytes]] = [[]]
    counts: list[int] = [0]
    others: list[Leaf] = []
    for entry in entries(folder, checkpoint.size):
        if parse_leaf(entry).certificate is None:
            others.append(Leaf(found.entries, entry))
        found.entries += 1
        _grow(folder, found, levels, counts, leaf_hash(entry))
    _hold_entries(folder, checkpoint, found)
    for level, hashes in enumerate(levels):
        if hashes:
            _hold(folder, found, Tile(level, counts[level], len(hashes)), hashes)
    if found.entries != checkpoint.size or _root(levels, checkpoint) != checkpoint.root:
        found.fault("log", "log_fork")
    return found.entries - len(others), tuple(others)


def _grow(folder: Folder, found: Audit, levels: list[list[bytes]], counts: list[int], one: bytes) -> None:
    level = 0
    while True:
        if level == len(levels):
            levels.append([])
            counts.append(0)
        levels[level].append(one)
        if len(levels[level]) < WIDTH:
            return
        _hold(folder, found, Tile(level, counts[level]), levels[level])
        one, levels[level] = _folded(levels[level]), []
        counts[level] += 1
        level += 1


def _folded(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _root(levels: list[list[bytes]], checkpoint: Checkpoint) -> bytes | None:
    """The root over what is left at the right edge: complete subtrees from the largest to the smallest."""
    total: bytes | None = None
    for hashes in levels:
        rest = hashes
        while rest:
            width = 1 << (len(rest) & -len(rest)).bit_length() - 1
            part, rest = _folded(rest[len(rest) - width :]), rest[: len(rest) - width]
            total = part if total is None else node_hash(part, total)
    return total if total is not None else checkpoint.root if checkpoint.size == 0 else None


def _hold(folder: Folder, found: Audit, tile: Tile, hashes: list[bytes]) -> None:
    """A tile of hashes in both of its forms against what the entries lead to."""
    wanted = b"".join(hashes)
    for where in (f"log/{tile.path}", f"log/{tile.path}.js"):
        try:
            content = folder.file(where)
            if where.endswith(".js"):
                said = unwrapped(TILE_CALL, content)
                content = base64.b64decode(str(said.get("hashes")), validate=True) if said.get("path") == tile.path else b""
        except (NotFound, CannotCheck, InvalidInput, ValueError):
            content = b""
        found.files += 1
        if content != wanted:
            found.fault(where, "tile_hashes")


def _hold_entries(folder: Folder, checkpoint: Checkpoint, found: Audit) -> None:
    """The entries as scripts against their bundles. Where there is none the page reads less of the log, and says so."""
    for tile in tiles_of(min(checkpoint.size, WHOLE_ON_A_PAGE)):
        where = f"log/{tile.path}.js"
        if tile.level is not None:
            return  # bundles of entries come first
        try:
            said = unwrapped(TILE_CALL, folder.file(where))
        except NotFound:
            continue
        except (CannotCheck, InvalidInput):
            said = {}
        found.files += 1
        held = [entry.decode() for entry in entries(folder, tile.start + tile.width, since=tile.start)]
        if said != {"path": tile.path, "entries": held}:
            found.fault(where, "tile_entries")


def hold_handovers(folder: Folder, checkpoint: Checkpoint, keys: RegistryKeys, found: Audit) -> None:
    """Each checkpoint at which a key followed another is one of this log, and both signed it."""
    held = [VerifierKey.of(checkpoint.origin, period.public) for period in keys.keys.values()]
    nodes = tile_reader(checkpoint.size, lambda tile: folder.file(f"log/{tile.path}"))
    try:
        signed = [open_checkpoint(one, checkpoint.origin, held) for one in read_handovers(folder)]
        told = [(len(one.log_keys), one.checkpoint.root == root(one.checkpoint.size, nodes)) for one in signed]
    except (DomainError, ValueError) as error:
        found.fault(HANDOVER.lstrip("/"), getattr(error, "code", "unreadable"))
        return
    if any(keys_ < BOTH or not same for keys_, same in told):
        found.fault(HANDOVER.lstrip("/"), "log_fork")
