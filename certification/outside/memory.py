"""What a monitor remembers of a log, in one file of its folder: every leaf, the last signed note, and the keys it believes.

One transaction takes a whole step forward or none, and is on the disk before anything is said of it (rollback journal,
``synchronous=FULL``). Evidence of contradictions lies beside it as files. Without a folder it is memory only.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from certification.core.durable import make_durable, write_whole
from certification.outside.findings import Finding, Kind
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.errors import BadLeaf, BadNote, BadProof, DomainError
from certification.rules.facts import Term
from certification.rules.instants import instant_text, read_instant
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.merkle import EMPTY_ROOT, Node, NodeReader, grow, leaf_hash, nodes_in, reader_of, root
from certification.rules.note_keys import VerifierKey, parse_vkey
from certification.rules.notes import parse_note
from certification.rules.tiles import Tile, encode_bundle, tile_reader

FILE, EVIDENCE = "monitor.db", "evidence"
T = TypeVar("T")
_PER_TILE = 8  # levels of the tree between two levels of tiles
_TABLES = """
CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, value);
CREATE TABLE IF NOT EXISTS keys (vkey TEXT PRIMARY KEY, how TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS handed_over (vkey TEXT, signer TEXT, size INTEGER NOT NULL, PRIMARY KEY (vkey, signer));
CREATE TABLE IF NOT EXISTS doubted (digest TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS leaves (position INTEGER PRIMARY KEY, hash BLOB NOT NULL, entry BLOB NOT NULL, act TEXT, code TEXT);
CREATE INDEX IF NOT EXISTS leaves_of_code ON leaves (code, position);
CREATE INDEX IF NOT EXISTS leaves_of_act ON leaves (act, position);
CREATE TABLE IF NOT EXISTS nodes (level INTEGER, position INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, position));
CREATE TABLE IF NOT EXISTS terms (code TEXT, version INTEGER, dates TEXT NOT NULL, PRIMARY KEY (code, version));
CREATE TABLE IF NOT EXISTS waiting (code TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS faults (kind TEXT, about TEXT, words TEXT NOT NULL, PRIMARY KEY (kind, about));
"""


class MemoryDamagedError(RuntimeError):
    """What the monitor remembers can't be used; the text says why."""


class Memory:
    """One log, remembered. Only one monitor may use a folder at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises MemoryDamagedError, OSError."""
        self.folder = folder
        if folder is not None:
            (folder / EVIDENCE).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / FILE if folder else ":memory:", timeout=0, isolation_level=None)
        try:
            self._db.execute("PRAGMA synchronous=FULL")
            if folder is not None:
                self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
                self._db.execute("BEGIN EXCLUSIVE")
                self._db.execute("COMMIT")
                make_durable(folder)
            self._db.executescript(_TABLES)
            self._check()
        except sqlite3.OperationalError as error:
            self._db.close()
            raise MemoryDamagedError(f"{folder} is in use by another monitor, or can't be written: {error}") from error
        except (sqlite3.DatabaseError, DomainError, TypeError, ValueError) as error:
            self._db.close()
            raise MemoryDamagedError(f"{folder} is damaged: {error}. Move it away and keep it; begin anew in another.") from error

    def close(self) -> None:
        """Let the next one have it."""
        self._db.close()

    @contextmanager
    def step(self) -> Iterator[None]:
        """All that is remembered inside is remembered whole or not at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def told(self, name: str) -> str | None:
        """A remark under a name."""
        found = self._db.execute("SELECT value FROM told WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def tell(self, name: str, value: str) -> None:
        """Remember a remark."""
        self._db.execute("INSERT INTO told VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))

    @property
    def note(self) -> bytes | None:
        """The last signed note that was accepted."""
        found = self.told("note")
        return found.encode() if found is not None else None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What it says."""
        return parse_checkpoint(parse_note(self.note).text) if self.note is not None else None

    @property
    def size(self) -> int:
        """How many leaves are remembered."""
        return int(self._db.execute("SELECT coalesce(max(position) + 1, 0) FROM leaves").fetchone()[0])

    def add(self, entries: Iterable[bytes]) -> None:
        """Remember leaves after the last, in a step; those that can't be read as acts as well."""
        size = self.size
        for batch in _batches(entries):
            grown = grow(size, [leaf_hash(entry) for entry in batch], self.reader(size))
            for position, entry in enumerate(batch, size):
                act = _read(entry)
                code = act.certificate.code if act and act.certificate else None
                row = (position, grown.nodes[0, position], entry, act.act.value if act else None, code)
                self._db.execute("INSERT INTO leaves VALUES (?, ?, ?, ?, ?)", row)
                if code is not None:
                    self._db.execute("INSERT INTO waiting VALUES (?) ON CONFLICT DO NOTHING", (code,))
            above = (
                (level // _PER_TILE, position, hash_)
                for (level, position), hash_ in grown.nodes.items()
                if level and level % _PER_TILE == 0
            )
            self._db.executemany("INSERT INTO nodes VALUES (?, ?, ?)", above)
            size = grown.size

    def reader(self, size: int) -> NodeReader:
        """Nodes of the tree of the first `size` leaves."""
        return tile_reader(size, self.tile) if size else _nothing

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return root(size, self.reader(size))

    def tile(self, tile: Tile) -> bytes:
        """A hash tile or a bundle of entries as the log must serve it."""
        window = (tile.start, tile.start + tile.width)
        if tile.level is None:
            rows = self._db.execute("SELECT entry FROM leaves WHERE position >= ? AND position < ? ORDER BY position", window)
            return encode_bundle([entry for (entry,) in rows])
        if tile.level == 0:
            rows = self._db.execute("SELECT hash FROM leaves WHERE position >= ? AND position < ? ORDER BY position", window)
        else:
            of_level = "SELECT hash FROM nodes WHERE level = ? AND position >= ? AND position < ? ORDER BY position"
            rows = self._db.execute(of_level, (tile.level, *window))
        return b"".join(hash_ for (hash_,) in rows)

    def entry(self, position: int) -> bytes | None:
        """One entry."""
        found = self._db.execute("SELECT entry FROM leaves WHERE position = ?", (position,)).fetchone()
        return None if found is None else bytes(found[0])

    def acts_of(self, code: str) -> list[tuple[int, Act]]:
        """The acts on one certificate, in the log's order, with their indices."""
        rows = self._db.execute("SELECT position, entry FROM leaves WHERE code = ? ORDER BY position", (code,))
        return [(position, parse_leaf(entry)) for position, entry in rows]

    def acts_of_kind(self, *kinds: LogAct) -> list[tuple[int, Act]]:
        """The acts of some kinds, for kinds that are few."""
        marks = ", ".join("?" for _ in kinds)
        asked = f"SELECT position, entry FROM leaves WHERE act IN ({marks}) ORDER BY position"  # noqa: S608 - question marks only
        return [(position, parse_leaf(entry)) for position, entry in self._db.execute(asked, kinds)]

    def unreadable(self) -> list[int]:
        """Indices of the entries that no act can be read from."""
        return [position for (position,) in self._db.execute("SELECT position FROM leaves WHERE act IS NULL ORDER BY position")]

    def codes(self) -> list[str]:
        """Of all certificates that the log tells of."""
        return [code for (code,) in self._db.execute("SELECT DISTINCT code FROM leaves WHERE code IS NOT NULL")]

    def waiting(self) -> list[str]:
        """Codes that had acts and were not looked at closely since."""
        return [code for (code,) in self._db.execute("SELECT code FROM waiting")]

    def looked_at(self, codes: Iterable[str]) -> None:
        """They wait no more."""
        self._db.executemany("DELETE FROM waiting WHERE code = ?", [(code,) for code in codes])

    def believed(self) -> list[VerifierKey]:
        """The log's keys that are believed."""
        return [parse_vkey(vkey) for (vkey,) in self._db.execute("SELECT vkey FROM keys")]

    def believe(self, key: VerifierKey, how: str) -> None:
        """Believe a key from now on: ``given``, ``first`` (at the first look) or ``told`` (by the log)."""
        self._db.execute("INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING", (key.text, how))
        if how == "given":
            self._db.execute("DELETE FROM handed_over WHERE vkey = ?", (key.text,))

    def hand_over(self, key: VerifierKey, signer: VerifierKey, size: int) -> None:
        """The belief in a key rests on that signature of a checkpoint of that size."""
        self._db.execute("INSERT INTO handed_over VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (key.text, signer.text, size))

    def handed_over(self) -> list[tuple[VerifierKey, VerifierKey, int]]:
        """Keys that rest on handovers, who signed each of these, and its size."""
        rows = self._db.execute("SELECT vkey, signer, size FROM handed_over")
        return [(parse_vkey(vkey), parse_vkey(signer), size) for vkey, signer, size in rows]

    def stand_by_keys(self) -> None:
        """A head was accepted: what was handed over on the way to it is believed by itself."""
        self._db.execute("DELETE FROM handed_over")

    def doubt(self, ends: Mapping[str, int]) -> None:
        """Remember from which index on keys were said to count no more, by digest, by a head that was not accepted."""
        self._db.executemany("INSERT INTO doubted VALUES (?, ?) ON CONFLICT DO NOTHING", ends.items())

    def doubted(self) -> dict[str, int]:
        """As they were remembered."""
        return dict(self._db.execute("SELECT digest, position FROM doubted"))

    def terms(self, code: str) -> dict[int, Term]:
        """The dates of the credentials of one certificate, by version."""
        rows = self._db.execute("SELECT version, dates FROM terms WHERE code = ?", (code,))
        return {version: Term(*(read_instant(one) if one else None for one in dates.split("|"))) for version, dates in rows}  # type: ignore[arg-type]  # the first two are always there

    def keep_term(self, code: str, version: int, term: Term) -> None:
        """Remember the dates of a credential that was verified."""
        dates = (term.valid_from, term.valid_until, term.surveillance_due, term.grace_ends)
        written = "|".join(instant_text(one) if isinstance(one, datetime) else "" for one in dates)
        row = (code, version, written)
        self._db.execute("INSERT INTO terms VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET dates = excluded.dates", row)

    def faults(self) -> list[Finding]:
        """What is wrong in the log itself, for good."""
        return [
            Finding(Kind(kind), about, words) for kind, about, words in self._db.execute("SELECT * FROM faults ORDER BY about")
        ]

    def keep_fault(self, one: Finding) -> None:
        """Remember that."""
        self._db.execute("INSERT INTO faults VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (one.kind.value, one.about, one.words))

    def keep_evidence(self, name: str, newer: bytes) -> None:
        """Both notes of a contradiction, as files; the first of a name stays."""
        if self.folder is None or (self.folder / EVIDENCE / f"{name}.newer").exists():
            return
        write_whole(self.folder / EVIDENCE / f"{name}.earlier", self.note or b"")
        write_whole(self.folder / EVIDENCE / f"{name}.newer", newer)

    def _check(self) -> None:
        """What is remembered leads to the root that was signed, entry by entry. Raises BadNote (`memory`)."""
        found = self.checkpoint
        size, total, frontier = 0, EMPTY_ROOT, dict[Node, bytes]()
        rows = self._db.execute("SELECT entry, hash FROM leaves ORDER BY position")
        for batch in _batches(rows):
            grown = grow(size, [leaf_hash(entry) for entry, _ in batch], reader_of(frontier))
            known = {**frontier, **grown.nodes}
            size, total, frontier = grown.size, grown.root, {node: known[node] for node in nodes_in(0, grown.size)}
            if any(leaf_hash(entry) != hash_ for entry, hash_ in batch):
                raise BadNote("memory")
        if (size, total) != ((found.size, found.root) if found else (0, EMPTY_ROOT)) or (size and self.root(size) != total):
            raise BadNote("memory")


def _nothing(level: int, index: int) -> bytes:
    raise BadProof("proof_node", level=level, index=index)


def _batches(entries: Iterable[T], width: int = 1024) -> Iterator[list[T]]:
    batch: list[T] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == width:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(entry: bytes) -> Act | None:
    try:
        return parse_leaf(entry)
    except BadLeaf:
        return None
