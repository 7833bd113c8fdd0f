"""The parts in which a log is served, held against what a monitor remembers of it."""

import random

from certification.outside.findings import Findings, Kind
from certification.outside.memory import Memory
from certification.outside.sources import Source
from certification.rules.errors import BadTile, CannotCheck, NotFound
from certification.rules.merkle import HASH_BYTES
from certification.rules.tiles import WIDTH, Tile, decode_bundle, encode_bundle, tiles_of


def check_parts(source: Source, memory: Memory, findings: Findings, *, since: int, sample: int) -> None:
    """Hash tiles and bundles as served now, against the memory: all that are new since a size, and a sample of the rest."""
    wanted = list(tiles_of(memory.size, since=since))
    new = set(wanted)
    old = [tile for tile in tiles_of(memory.size) if tile not in new]
    for tile in (*wanted, *random.sample(old, min(len(old), sample))):  # noqa: S311 - no secret
        try:
            found = served(source, tile)
        except NotFound:
            findings.fault(Kind.GAP, tile.path, f"{tile.path} of the log is not served")
        except BadTile:
            findings.fault(Kind.TILE, tile.path, f"{tile.path} of the log can't be read")
        except CannotCheck as error:
            findings.away(f"/log/{tile.path}", error)
        else:
            _hold(memory, findings, tile, found)


def _hold(memory: Memory, findings: Findings, tile: Tile, found: bytes) -> None:
    if found == memory.tile(tile):
        return
    if tile.level is not None:
        findings.fault(Kind.TILE, tile.path, f"{tile.path} holds other hashes than the entries below it make")
        return
    try:
        now = decode_bundle(found, tile.width)
    except BadTile:
        findings.fault(Kind.TILE, tile.path, f"{tile.path} of the log can't be read")
        return
    for index, entry in enumerate(now, tile.start):
        if entry != memory.entry(index):
            findings.fault(Kind.PAST_CHANGED, index, f"entry {index} is served otherwise than it was signed")


def served(source: Source, tile: Tile) -> bytes:
    """A tile or bundle. A partial one may be gone once the full one is there: then that one, cut. Raises as `Source`, BadTile."""
    try:
        return source.get(f"/log/{tile.path}")
    except NotFound:
        if tile.width == WIDTH:
            raise
    whole = source.get(f"/log/{Tile(tile.level, tile.index).path}")
    if tile.level is not None:
        return whole[: tile.width * HASH_BYTES]
    return encode_bundle(decode_bundle(whole, WIDTH)[: tile.width])
