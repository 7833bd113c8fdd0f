"""What is sent to a witness: the body of C2SP tlog-witness `add-checkpoint`, written and read; and the witnesses one trusts."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from certification.rules.errors import BadNote
from certification.rules.merkle import HASH_BYTES
from certification.rules.note_keys import SignatureType, VerifierKey, decode64, encode64, parse_vkey
from certification.rules.notes import MAX_NOTE_BYTES

MAX_PROOF = 63
MAX_SUBMISSION_BYTES = MAX_NOTE_BYTES + 4096
SIZE_KIND = "text/x.tlog.size"  # the media type in which a witness says how far it has come

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed checkpoint, with the proof that it carries on from the `old` leaves that the witness knows.

    Raises BadNote (`submission_form`) for more hashes than any proof has, or a hash of another length.
    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def __post_init__(self) -> None:
        if len(self.proof) > MAX_PROOF or any(len(hash_) != HASH_BYTES for hash_ in self.proof):
            raise BadNote("submission_form")

    def encode(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old}", *(encode64(hash_) for hash_ in self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.note


def parse_submission(body: bytes) -> Submission:
    """Read a body; the note in it is neither read nor believed yet. Raises BadNote (`submission_form`, `base64`)."""
    head, blank, note = body.partition(b"\n\n")
    if len(body) > MAX_SUBMISSION_BYTES or not blank:
        raise BadNote("submission_form")
    try:
        first, *proof = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise BadNote("submission_form") from error
    old = _OLD.fullmatch(first)
    if old is None or len(proof) > MAX_PROOF:
        raise BadNote("submission_form")
    return Submission(int(old[1]), tuple(decode64(line) for line in proof), note)


def size_text(size: int) -> bytes:
    """How far a witness has come, as it answers a conflict."""
    return f"{size}\n".encode()


def read_size(body: bytes) -> int:
    """The same, read. Raises BadNote (`size_form`)."""
    found = _SIZE.fullmatch(body)
    if found is None:
        raise BadNote("size_form")
    return int(found[1])


@dataclass(frozen=True, slots=True)
class Trusted:
    """A witness that somebody trusts: its key, and the address below which it answers `/add-checkpoint`."""

    key: VerifierKey
    address: str


def parse_trusted(text: str) -> Trusted:
    """A witness as settings write it, its verifier key and its address with a space between. Raises BadNote (`witness_form`)."""
    try:
        vkey, address = text.split()
        key, parts = parse_vkey(vkey), urlsplit(address)
    except ValueError as error:
        raise BadNote("witness_form") from error
    if key.type is not SignatureType.COSIGNATURE or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadNote("witness_form")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise BadNote("witness_form")
    return Trusted(key, address.rstrip("/"))
