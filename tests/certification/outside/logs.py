"""A log without a registry: entries, notes that it truly signed, and what a witness is sent of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import NotFound
from certification.rules.merkle import Growth, consistency_proof, grow, leaf_hash, reader_of
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import sign_text
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.tiles import encode_bundle, parse_path, tile_contents
from certification.rules.witnessing import Submission

ORIGIN = "registro.example/log"


def key_of(word: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(word.encode()).digest())


@dataclass
class Log:
    """``words`` are its entries; a fork is a log with the same key and other words."""

    words: Sequence[str] = field(default_factory=lambda: [str(number) for number in range(300)])
    key: Ed25519PrivateKey = field(default_factory=lambda: key_of("log"))
    origin: str = ORIGIN

    @property
    def vkey(self) -> VerifierKey:
        return VerifierKey.of(self.origin, self.key.public_key())

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, self._grown(size).root)

    def note(self, size: int) -> bytes:
        return sign_checkpoint(self.checkpoint(size), self.key).encode()

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        return consistency_proof(old, size, reader_of(self._grown(size).nodes))

    def body(self, old: int, size: int) -> bytes:
        return Submission(old, self.proof(old, size), self.note(size)).encode()

    def _grown(self, size: int) -> Growth:
        return grow(0, [leaf_hash(word.encode()) for word in self.words[:size]], reader_of({}))


def forked(at: int, count: int = 300) -> Log:
    """The same log with one other entry."""
    return Log([f"otro {number}" if number == at else str(number) for number in range(count)])


@dataclass
class Published:
    """A source of a log alone: what `log` has up to `size`, signed by `keys` (the log's own where none are given)."""

    log: Log
    size: int
    keys: Sequence[Ed25519PrivateKey] = ()
    shown: Sequence[VerifierKey] | None = None
    changed: dict[str, bytes] = field(default_factory=dict)
    gone: str = "nothing"

    def get(self, path: str, accept: str = "*/*") -> bytes:
        if path in self.changed:
            return self.changed[path]
        if self.gone in path:
            raise NotFound
        if path == "/log/checkpoint":
            return self.note()
        if path == "/log/vkey":
            return "".join(f"{one.text}\n" for one in (self.shown or [self.log.vkey])).encode()
        if not path.startswith("/log/tile/"):
            raise NotFound
        tile = parse_path(path.removeprefix("/log/"))
        if not tile.exists_in(self.size):
            raise NotFound
        if tile.level is None:
            return encode_bundle([word.encode() for word in self.log.words[tile.start : tile.start + tile.width]])
        return tile_contents(tile, reader_of(self.log._grown(self.size).nodes))

    def note(self) -> bytes:
        first, *others = self.keys or (self.log.key,)
        note = sign_checkpoint(self.log.checkpoint(self.size), first)
        return note.signed_also(sign_text(note.text, self.log.origin, key) for key in others).encode()
