"""A static folder that verifies every certificate when this registry is gone (docs/export.md).

Written of one moment of the database. Tiles never change; packs change with their certificates' acts; `head.js` comes last and
makes the rest count, so whoever stops half-way leaves the folder as it was.
"""

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from certification.core.db import one_moment
from certification.core.durable import LOCK, alone_in, make_durable
from certification.log.keys import verifying_keys
from certification.log.lagging import require_whole
from certification.log.reading import over, tile_bytes
from certification.outside.layout import (
    HEAD,
    HEAD_CALL,
    MANIFEST,
    PACK_CALL,
    PROGRAM,
    TILE_CALL,
    WHOLE_ON_A_PAGE,
    pack_named,
    wrapped,
)
from certification.outside.sources import Folder
from certification.registry import export_head, export_register
from certification.registry.export_page import FOLDER, PAGES, pages
from certification.registry.export_records import all_prefixes, changed_prefixes, packs, waiting_codes
from certification.registry.files import written
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import CannotCheck, Conflict, InvalidInput, LogConflict
from certification.rules.instants import instant_text, read_instant
from certification.rules.merkle import root
from certification.rules.text import N_
from certification.rules.tiles import Tile, decode_bundle, tiles_of

Progress = Callable[[int], None]
READABLE = 0o644
BEGUN = frozenset(
    {
        "c",
        LOCK.lstrip("."),
        "log",
        "well-known",
        "status",
        "schemes",
        "contexts",
        "register.csv",
        "register.jsonl",
        FOLDER,
        PROGRAM,
        *PAGES.values(),
        HEAD,
    }
)


@dataclass(frozen=True, slots=True)
class Exported:
    """How many files were written, how many certificates and acts the folder holds."""

    written: int
    certificates: int
    size: int


class Target:
    """A folder that files are put into, each whole, and only where they differ from what lies there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.written = folder, 0

    def put(self, path: str, content: bytes) -> None:
        """What took the place of another file is on the disk before it does; what is new, before the head is."""
        file = self.folder / path
        there = file.is_file()
        if there and file.read_bytes() == content:
            return
        self.put_pieces(path, [content], durable=there)

    def put_pieces(self, path: str, pieces: Iterable[bytes], *, durable: bool = True) -> None:
        file = self.folder / path
        if ".." in file.relative_to(self.folder).parts:
            raise Conflict("other_folder")
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f".{file.name}.new")
        with fresh.open("wb") as out:
            for piece in pieces:
                out.write(piece)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        fresh.chmod(READABLE)
        fresh.replace(file)
        self.written += 1

    def put_last(self, path: str, content: bytes) -> None:
        """Once everything before is on the disk."""
        if (self.folder / path).is_file() and (self.folder / path).read_bytes() == content:
            return
        os.sync()
        self.put_pieces(path, [content])
        make_durable(self.folder)


def export(folder: Path, *, at: datetime, full: bool = False, told: Progress = lambda _done: None) -> Exported:
    """Bring a folder up to the present moment; with `full`, look at every certificate again. Runs again safely.

    Raises:
        Conflict: the log was never signed (`log_unsigned`), or the folder holds something else (`other_folder`).
        LogConflict: the folder is of another registry, or of a later moment of this one; or this one is known to lack acts.
        KeyProblemError: the public keys can't be read.
        OSError: the folder can't be written.

    """
    require_whole()
    with one_moment() as session:
        checkpoint, note = export_head.signed_head()
        verifying_keys()  # without them nothing is begun
        _before(folder, checkpoint)
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):
            return _bring(session, folder, checkpoint, note, at=at, full=full, told=told)


def _bring(  # noqa: PLR0913 - what one export is made of
    session: Session, folder: Path, checkpoint: Checkpoint, note: bytes, *, at: datetime, full: bool, told: Progress
) -> Exported:
    target, before = Target(folder), _before(folder, checkpoint)
    since = 0 if full or before is None else int(before["log"]["size"])
    for tile in tiles_of(checkpoint.size, since=since):
        _put_tile(target, tile)
    waiting = waiting_codes(session)
    _put_packs(session, target, None if full else before, since, waiting, told)
    register = _put_register(session, target, None if full else before, checkpoint.size, at)
    said = export_head.manifest(session, checkpoint, at=at, waiting=waiting, register=register)
    documents = export_head.documents(session, checkpoint, note)
    head = {"manifest": said, "documents": documents, "others": export_head.others(session, checkpoint.size)}
    for path, content in pages(checkpoint.origin):
        target.put(path, content)
    for path, forms in documents.items():
        target.put(path.lstrip("/"), _plain(next(iter(forms.values()))))
    target.put_last(HEAD, wrapped(HEAD_CALL, head))
    target.put(MANIFEST, (json.dumps(said, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode())
    return Exported(target.written, said["certificates"], checkpoint.size)


def _before(folder: Path, checkpoint: Checkpoint) -> dict[str, Any] | None:
    """What the folder says of itself; None for one that is new. It must be the beginning of this same log."""
    if not folder.exists() or {one.name for one in folder.iterdir()} <= {LOCK}:
        return None
    try:
        head = Folder(folder).head()
        said = head["manifest"] if head else {}
        size, known, origin = said["log"]["size"], bytes.fromhex(said["log"]["root"]), said["log"]["origin"]
    except (CannotCheck, InvalidInput, KeyError, TypeError, ValueError) as error:
        if not (folder / HEAD).exists() and _is_begun(folder):
            return None
        raise Conflict("other_folder", N_("Esa carpeta no está vacía y no es una exportación que se pueda leer.")) from error
    same = isinstance(size, int) and 0 <= size <= checkpoint.size and origin == checkpoint.origin
    if not same or root(size, over([(0, size)])) != known:
        raise LogConflict("log_fork", N_("Esa carpeta guarda otro registro, o éste en un momento posterior. No se cambió nada."))
    return dict(said)


def _is_begun(folder: Path) -> bool:
    """A first export that was stopped: nothing lies there but what an export writes before its head."""
    return all(one.name.removeprefix(".").removesuffix(".new") in BEGUN for one in folder.iterdir())


def _put_tile(target: Target, tile: Tile) -> None:
    """A tile of hashes lies there twice: as its bytes, and as a script for the page; so do entries, as far as it reads them."""
    content = tile_bytes(tile)
    if content is None:
        raise LogConflict("log_behind")
    target.put(f"log/{tile.path}", content)
    if tile.level is not None:
        said: dict[str, Any] = {"path": tile.path, "hashes": base64.b64encode(content).decode()}
    elif tile.start < WHOLE_ON_A_PAGE:
        said = {"path": tile.path, "entries": [entry.decode() for entry in decode_bundle(content, tile.width)]}
    else:
        return
    target.put(f"log/{tile.path}.js", wrapped(TILE_CALL, said))


def _put_packs(  # noqa: PLR0913 - what decides which packs are made
    session: Session, target: Target, before: Mapping[str, Any] | None, since: int, waiting: list[str], told: Progress
) -> None:
    """Those of certificates with an act since, and of those whose credential waits or waited."""
    if before is None:
        wanted = all_prefixes(session)
    else:
        waited = [*waiting, *before.get("waiting", ())]
        wanted = sorted(changed_prefixes(session, since) | {code[:3] for code in waited})
    done = 0
    for prefix, content in packs(session, wanted):
        target.put(pack_named(prefix), wrapped(PACK_CALL, content))
        done += len(content["certificates"])
        told(done)


def _put_register(session: Session, target: Target, before: Mapping[str, Any] | None, size: int, at: datetime) -> dict[str, Any]:
    """Anew where an act was recorded or a date has passed since."""
    kept = before.get("register") if before else None
    if kept and kept["size"] == size and (kept["good_until"] is None or at < read_instant(kept["good_until"])):
        return dict(kept)
    for kind in ("jsonl", "csv"):
        lines = written(kind, export_register.rows(session, at), str(current_app.config["SETTINGS"]["DATA_LICENCE"]))
        target.put_pieces(f"register.{kind}", (line.encode() for line in lines))
    turn = export_register.next_turn(session, at)
    return {"size": size, "as_of": instant_text(at), "good_until": instant_text(turn) if turn else None}


def _plain(content: Any) -> bytes:
    return (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()
