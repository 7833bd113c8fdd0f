"""A log without a registry: entries, notes that it truly signed, and what a witness is sent of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.checkpoint import Checkpoint
from certification.rules.merkle import Growth, consistency_proof, grow, leaf_hash, reader_of
from certification.rules.note_keys import VerifierKey
from certification.rules.signed_checkpoint import sign_checkpoint
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
