"""Signed notes: C2SP signed-note, version 1. A text, a blank line, and signature lines.

The text of a note counts for nothing before `verify_note` returned.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certification.rules.cosignature import cosigned_message, split_cosignature
from certification.rules.errors import BadNote, BadSignature, UnknownKey
from certification.rules.note_keys import NoteSignature, SignatureType, VerifierKey, is_plain, parse_line

MAX_NOTE_BYTES = 262_144
MAX_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends in a newline. Raises BadNote: `note_text`, `note_limits`."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES or len(self.encode()) > MAX_NOTE_BYTES:
            raise BadNote("note_limits")

    def encode(self) -> bytes:
        """The note in UTF-8."""
        return (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode()

    def signed_also(self, signatures: Iterable[NoteSignature]) -> "Note":
        """The same text with more signatures; one of the same key takes the place of the older."""
        by_key = {signature.key: signature for signature in (*self.signatures, *signatures)}
        return Note(self.text, tuple(by_key.values()))


def parse_note(encoded: bytes) -> Note:
    """Read a note without believing it. Raises BadNote: `note_form`, `note_text`, `note_limits`, and as `parse_signatures`."""
    if len(encoded) > MAX_NOTE_BYTES:
        raise BadNote("note_limits")
    text, blank, lines = _decoded(encoded).rpartition("\n\n")
    if not blank:
        raise BadNote("note_form")
    return Note(text + "\n", _signatures(lines))


def parse_signatures(encoded: bytes) -> tuple[NoteSignature, ...]:
    """Signature lines alone, as a witness answers with them. Raises BadNote (`note_limits`, `signature_form`, `key_name`, …)."""
    if len(encoded) > MAX_NOTE_BYTES:
        raise BadNote("note_limits")
    return _signatures(_decoded(encoded))


def join_notes(notes: Iterable[bytes]) -> bytes:
    """Several notes of checkpoints, whose texts have no blank line, one after another with a blank line between."""
    return b"\n".join(notes)


def split_notes(joined: bytes) -> tuple[bytes, ...]:
    """The notes that `join_notes` joined, believed by nobody yet. Raises BadNote."""
    if len(joined) > MAX_NOTE_BYTES:
        raise BadNote("note_limits")
    if not joined:
        return ()
    parts = joined.removesuffix(b"\n").split(b"\n\n")
    if len(parts) % 2:
        raise BadNote("note_form")
    notes = tuple(b"%b\n\n%b\n" % pair for pair in zip(parts[::2], parts[1::2], strict=True))
    for one in notes:
        parse_note(one)
    return notes


def sign_text(text: str, name: str, key: Ed25519PrivateKey) -> NoteSignature:
    """An Ed25519 signature of a note's text; the same text and key give the same bytes. Raises BadNote."""
    _check_text(text)
    return NoteSignature(name, VerifierKey.of(name, key.public_key()).key_hash, key.sign(text.encode()))


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> tuple[NoteSignature, ...]:
    """The signatures of `keys` on the note, the first of each key, in the order of the note. Those of other keys are ignored.

    Raises BadSignature (param `kid`) when one of a known key is wrong, whatever else is right; UnknownKey (`no_known_signature`)
    when there is none of a known key; BadNote (`ambiguous_key`) when two of `keys` have one name and hash.
    """
    held: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if held.setdefault((key.name, key.key_hash), key) != key:
            raise BadNote("ambiguous_key")
    verified: dict[tuple[str, bytes], NoteSignature] = {}
    for signature in note.signatures:
        if signature.key in held:
            _verify(note.text, signature, held[signature.key])
            verified.setdefault(signature.key, signature)
    if not verified:
        raise UnknownKey("no_known_signature")
    return tuple(verified.values())


def _verify(text: str, signature: NoteSignature, key: VerifierKey) -> None:
    raw, message = signature.signature, text.encode()
    try:
        if key.type is SignatureType.COSIGNATURE:
            time, raw = split_cosignature(raw)
            message = cosigned_message(text, time)
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw, message)
    except (InvalidSignature, BadNote, ValueError) as error:
        raise BadSignature("note_signature", kid=f"{key.name}+{key.key_hash.hex()}") from error


def _decoded(encoded: bytes) -> str:
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadNote("note_form") from error


def _signatures(lines: str) -> tuple[NoteSignature, ...]:
    *complete, rest = lines.split("\n")
    if rest or not complete:
        raise BadNote("signature_form")
    if len(complete) > MAX_SIGNATURES:
        raise BadNote("note_limits")
    return tuple(parse_line(line + "\n") for line in complete)


def _check_text(text: str) -> None:
    if not text.endswith("\n") or not is_plain(text.replace("\n", "")):
        raise BadNote("note_text")
