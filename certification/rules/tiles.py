"""The parts in which a log is served: C2SP tlog-tiles. Hash tiles hold 256 hashes of one level, entry bundles 256 entries.

A partial tile holds the 1 to 255 hashes that a log has so far. Tile level L holds the nodes of level 8·L of `merkle`. Nothing
that is read from tiles is to be believed before a proof or a root made of it was held against a signed checkpoint.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from certification.rules.errors import BadTile
from certification.rules.merkle import HASH_BYTES, MAX_SIZE, Node, NodeReader, node_hash

WIDTH: Final = 256
MAX_ENTRY_BYTES: Final = 65_535

_HEIGHT = 8
_TOP = (MAX_SIZE.bit_length() - 1) // _HEIGHT
_PREFIX_BYTES = 2
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII)

Fetch = Callable[["Tile"], bytes]


@dataclass(frozen=True, slots=True)
class Tile:
    """One hash tile, or the bundle of entries where `level` is None; `width` hashes or entries, full with 256.

    Raises BadTile (`tile_range`) for a level, index or width that no log of up to `merkle.MAX_SIZE` leaves has.
    """

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not (0 <= self.depth <= _TOP and self.index >= 0 and 1 <= self.width <= WIDTH):
            raise BadTile("tile_range")
        if self.start + self.width > MAX_SIZE >> _HEIGHT * self.depth:
            raise BadTile("tile_range")

    @property
    def depth(self) -> int:
        """The tile level; an entry bundle stands beside level 0."""
        return self.level or 0

    @property
    def start(self) -> int:
        """The index of the first node, or of the first entry."""
        return self.index * WIDTH

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of `merkle` whose hashes stand in it, or the leaves whose entries do."""
        return tuple((_HEIGHT * self.depth, index) for index in range(self.start, self.start + self.width))

    @property
    def path(self) -> str:
        """Below the prefix of the log: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`."""
        low = f"{self.index % 1000:03}"
        high, rest = "", self.index // 1000
        while rest:
            high, rest = f"x{rest % 1000:03}/{high}", rest // 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level is None else self.level}/{high}{low}{partial}"

    def exists_in(self, size: int) -> bool:
        """Whether a log of `size` leaves holds all of it. What exists never changes."""
        return self.start + self.width <= size >> _HEIGHT * self.depth


def parse_path(path: str) -> Tile:
    """The tile at a path, in its one spelling. Raises BadTile (`tile_path`, `tile_range`)."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise BadTile("tile_path")
    level, index, width = found.groups()
    tile = Tile(
        None if level == "entries" else int(level),
        int(re.sub("[x/]", "", index)),
        WIDTH if width is None else int(width),
    )
    if tile.path != path:
        raise BadTile("tile_path")
    return tile


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The tiles and bundles that a log of `size` leaves has: full ones, and at most one partial in each level.

    With `since`, only those that the same log did not have yet at that size. Entry bundles first, then hash tiles upwards.
    """
    for level in (None, *range(_TOP + 1)):
        shift = _HEIGHT * (level or 0)
        held, before = size >> shift, since >> shift
        if held == before:
            continue
        for index in range(before // WIDTH, -(-held // WIDTH)):
            yield Tile(level, index, min(WIDTH, held - index * WIDTH))


def tile_contents(tile: Tile, read: NodeReader) -> bytes:
    """The bytes of a hash tile: its hashes one after another, 32 bytes each. Raises BadTile (`tile_kind`) for a bundle."""
    if tile.level is None:
        raise BadTile("tile_kind")
    return b"".join(read(level, index) for level, index in tile.nodes)


def split_tile(tile: Tile, contents: bytes) -> tuple[bytes, ...]:
    """The hashes of a fetched tile. Raises BadTile: `tile_length` unless there are just `width` of them, `tile_kind`."""
    if tile.level is None:
        raise BadTile("tile_kind")
    if len(contents) != tile.width * HASH_BYTES:
        raise BadTile("tile_length")
    return tuple(contents[at : at + HASH_BYTES] for at in range(0, len(contents), HASH_BYTES))


def tile_of(node: Node, size: int) -> Tile:
    """The tile of a log of `size` leaves from which a node is read. Raises BadTile (`tile_range`) when it holds no such node."""
    level, index = node
    if level < 0 or index < 0 or index + 1 > size >> level:
        raise BadTile("tile_range")
    depth, above = divmod(level, _HEIGHT)
    first, held = index << above, size >> _HEIGHT * depth
    return Tile(depth, first // WIDTH, min(WIDTH, held - first // WIDTH * WIDTH))


def tiles_for(nodes: Iterable[Node], size: int) -> frozenset[Tile]:
    """All tiles to fetch for some nodes of a log of `size` leaves, such as `merkle.nodes_of` of a proof's ranges."""
    return frozenset(tile_of(node, size) for node in nodes)


def tile_reader(size: int, fetch: Fetch) -> NodeReader:
    """Nodes of a log of `size` leaves, read out of its tiles; each tile is fetched once.

    The reader raises BadTile (`tile_range`, `tile_length`), and what `fetch` raises.
    """
    fetched: dict[Tile, tuple[bytes, ...]] = {}

    def read(level: int, index: int) -> bytes:
        tile = tile_of((level, index), size)
        if tile not in fetched:
            fetched[tile] = split_tile(tile, fetch(tile))
        above = level % _HEIGHT
        first = (index << above) - tile.start
        return _folded(fetched[tile][first : first + (1 << above)])

    return read


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries one after another, each after its length as a big-endian uint16. Raises BadTile (`bundle_form`)."""
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise BadTile("bundle_form")
    return b"".join(len(entry).to_bytes(_PREFIX_BYTES, "big") + entry for entry in entries)


def decode_bundle(contents: bytes, width: int) -> tuple[bytes, ...]:
    """Just `width` entries and not a byte more. Raises BadTile (`bundle_form`)."""
    entries: list[bytes] = []
    at = 0
    while at < len(contents) and len(entries) < width:
        start = at + _PREFIX_BYTES
        end = start + int.from_bytes(contents[at:start], "big")
        if start > len(contents) or end > len(contents):
            raise BadTile("bundle_form")
        entries.append(contents[start:end])
        at = end
    if at != len(contents) or len(entries) != width:
        raise BadTile("bundle_form")
    return tuple(entries)


def _folded(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
