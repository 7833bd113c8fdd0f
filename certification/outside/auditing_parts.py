"""Every part of the log that lies in an export held against the leaves: also those that a longer log has left behind.

An export removes nothing, so each run leaves its partial tiles and bundles beside the next. Whoever kept a checkpoint of then
reads the log through them.
"""

import base64
from collections.abc import Iterator, Sequence

from certification.outside.auditing_log import Audit
from certification.outside.following import entries
from certification.outside.layout import TILE_CALL, WHOLE_ON_A_PAGE, unwrapped
from certification.outside.sources import Folder
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import BadTile, CannotCheck, InvalidInput, NotFound
from certification.rules.tiles import WIDTH, Tile, decode_bundle, parse_path, split_tile

SCRIPT = ".js"
Parts = Sequence[bytes]


def hold_older(folder: Folder, checkpoint: Checkpoint, found: Audit) -> None:
    """All but those of the present size, which were held already. Of one that a stopped run left, what the checkpoint covers.

    Raises as `Source`, BadTile, where the present ones can't be read.
    """
    for where, tile in _lying(folder):
        present = _present(tile, checkpoint.size)
        if present is None or (tile == present and _is_held(where, tile)):
            continue
        found.files += 1
        covered = min(tile.width, present.width)
        if _said(folder, where, tile)[:covered] != tuple(_true(folder, present))[:covered]:
            found.fault(where, "tile_entries" if tile.level is None else "tile_hashes")


def _lying(folder: Folder) -> Iterator[tuple[str, Tile]]:
    """What is named as a part of a log; anything else that somebody put there is none."""
    for where in folder.below("log/tile"):
        try:
            yield where, parse_path(where.removeprefix("log/").removesuffix(SCRIPT))
        except BadTile:
            continue


def _present(tile: Tile, size: int) -> Tile | None:
    """The part of the present size at the same place; None where the log does not reach so far."""
    width = min(WIDTH, (size >> tile.depth * 8) - tile.start)
    return Tile(tile.level, tile.index, width) if width > 0 else None


def _is_held(where: str, tile: Tile) -> bool:
    """Entries lie there as scripts only as far as the page reads them; `hold_log` looks no further."""
    return tile.level is not None or not where.endswith(SCRIPT) or tile.start < WHOLE_ON_A_PAGE


def _said(folder: Folder, where: str, tile: Tile) -> Parts:
    """What a file holds: hashes or entries, none where it can't be read."""
    try:
        content = folder.file(where)
        if where.endswith(SCRIPT):
            return _scripted(unwrapped(TILE_CALL, content), tile)
        return decode_bundle(content, tile.width) if tile.level is None else split_tile(tile, content)
    except (NotFound, CannotCheck, InvalidInput, BadTile, ValueError):
        return ()


def _scripted(said: dict[str, object], tile: Tile) -> Parts:
    """Raises BadTile, ValueError."""
    if said.get("path") != tile.path:
        return ()
    if tile.level is not None:
        return split_tile(tile, base64.b64decode(str(said.get("hashes")), validate=True))
    listed = said.get("entries")
    whole = isinstance(listed, list) and len(listed) == tile.width
    return tuple(str(one).encode() for one in listed) if isinstance(listed, list) and whole else ()


def _true(folder: Folder, present: Tile) -> Parts:
    if present.level is None:
        return tuple(entries(folder, present.start + present.width, since=present.start))
    return split_tile(present, folder.file(f"log/{present.path}"))
