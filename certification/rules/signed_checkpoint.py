"""A log's checkpoint under its signatures: what is written at `checkpoint`, and what a reader believes of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.cosignature import split_cosignature
from certification.rules.errors import BadNote, UnknownKey
from certification.rules.note_keys import SignatureType, VerifierKey
from certification.rules.notes import Note, parse_note, sign_text, verify_note


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness that vouches for a checkpoint, and since when, in POSIX seconds."""

    witness: VerifierKey
    time: int


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose signatures were verified, the whole note, and the keys whose signatures it bears."""

    checkpoint: Checkpoint
    note: Note
    log_keys: tuple[VerifierKey, ...]
    cosigned: tuple[Cosigned, ...]


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> Note:
    """The log's own signature, under its origin as the key's name. Deterministic.

    Only for a checkpoint that `monitoring` found to carry on from the last one signed. Raises BadNote (`key_name`) for an
    origin with spaces or a plus.
    """
    return Note(checkpoint.text, (sign_text(checkpoint.text, checkpoint.origin, key),))


def open_checkpoint(
    encoded: bytes, origin: str, log_keys: Iterable[VerifierKey], witnesses: Iterable[VerifierKey] = ()
) -> SignedCheckpoint:
    """Verify and read a checkpoint of the log `origin`.

    Raises BadNote when it cannot be read or is of another log (`other_origin`), BadSignature when a signature of a known key is
    wrong, a witness's included, and UnknownKey when none is by the log.
    """
    note = parse_note(encoded)
    of_log = [key for key in log_keys if key.type is SignatureType.ED25519]
    of_witnesses = [key for key in witnesses if key.type is SignatureType.COSIGNATURE]
    verified = verify_note(note, [*of_log, *of_witnesses])
    by_log = {(key.name, key.key_hash): key for key in of_log}
    by_witness = {(key.name, key.key_hash): key for key in of_witnesses}
    signers = tuple(by_log[one.key] for one in verified if one.key in by_log)
    if not signers:
        raise UnknownKey("no_known_signature")
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise BadNote("other_origin")
    cosigned = tuple(
        Cosigned(by_witness[one.key], split_cosignature(one.signature)[0]) for one in verified if one.key in by_witness
    )
    return SignedCheckpoint(checkpoint, note, signers, cosigned)
