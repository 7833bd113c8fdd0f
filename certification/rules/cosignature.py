"""Cosignatures of a log's checkpoints: C2SP tlog-cosignature, the Ed25519 kind `cosignature/v1` (signature type 0x04).

A cosignature says: at this time this was the largest tree that I have seen of this log, consistent with all before. Whoever makes
one has checked that with `monitoring`. Times are POSIX seconds. A witness uses one key for this and for nothing else.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import BadNote
from certification.rules.note_keys import NoteSignature, SignatureType, VerifierKey

MAX_TIME = 2**63 - 1

_TIME_BYTES = 8
_SIGNATURE_BYTES = 64


def cosign(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey, time: int) -> NoteSignature:
    """The cosignature line of the witness `name`. Raises BadNote (`cosignature_time`, `key_name`)."""
    message = cosigned_message(checkpoint.text, time)
    held = VerifierKey.of(name, key.public_key(), SignatureType.COSIGNATURE)
    return NoteSignature(name, held.key_hash, time.to_bytes(_TIME_BYTES, "big") + key.sign(message))


def cosigned_message(text: str, time: int) -> bytes:
    """What is signed for a checkpoint's note text. Raises BadNote (`cosignature_time`)."""
    if not 0 <= time <= MAX_TIME:
        raise BadNote("cosignature_time")
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def split_cosignature(signature: bytes) -> tuple[int, bytes]:
    """The time and the 64 bytes of Ed25519. Raises BadNote (`cosignature_form`, `cosignature_time`)."""
    if len(signature) != _TIME_BYTES + _SIGNATURE_BYTES:
        raise BadNote("cosignature_form")
    time = int.from_bytes(signature[:_TIME_BYTES], "big")
    if time > MAX_TIME:
        raise BadNote("cosignature_time")
    return time, signature[_TIME_BYTES:]
