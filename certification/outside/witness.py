"""A witness: it keeps the largest tree that it saw of each log it follows, and cosigns nothing that does not carry on from it.

Its folder holds ``name``, ``key.pem`` (for cosigning and for nothing else), ``logs`` (verifier keys, one in a line), ``seen/``
with the last cosigned note of each log, and ``evidence/`` with pairs of notes that contradict each other. The folder is never
restored from a copy: a witness that forgets what it saw is none. A note is on the disk before its cosignature is sent.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from certification.core.durable import alone_in, make_durable, write_whole
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.cosignature import cosign, split_cosignature
from certification.rules.errors import BadNote, BadSignature, DomainError, UnknownKey
from certification.rules.monitoring import LogVerdict, Standing, compare
from certification.rules.note_keys import SignatureType, VerifierKey, check_name, parse_vkey
from certification.rules.notes import Note, parse_note, verify_note
from certification.rules.signed_checkpoint import SignedCheckpoint, open_checkpoint
from certification.rules.witnessing import SIZE_KIND, Submission, parse_submission, size_text

NAME, KEY, LOGS, SEEN, EVIDENCE = "name", "key.pem", "logs", "seen", "evidence"
MOST_EVIDENCE = 200
PLAIN = "text/plain; charset=utf-8"
Clock = Callable[[], int]


class WitnessError(RuntimeError):
    """The witness's folder can't be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to a request."""

    status: int
    body: bytes
    kind: str = PLAIN


@dataclass(frozen=True, slots=True)
class Seen:
    """The last checkpoint of a log that this witness cosigned, with that cosignature in the note, and when (POSIX seconds)."""

    checkpoint: Checkpoint
    note: Note
    time: int


def create(folder: Path, name: str) -> "Witness":
    """Make a witness with a key of its own, once.

    Raises:
        WitnessError: there is one already, or the name is none.

    """
    try:
        check_name(name)
    except BadNote as error:
        msg = f"{name!r} is no name for a witness: no spaces and no plus; best is host and path, as in uni.example/witness."
        raise WitnessError(msg) from error
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone_in(folder):
        if (folder / KEY).exists():
            raise WitnessError(f"There is a key already: {folder / KEY}. A witness keeps its key; nothing was changed.")
        for inner in (SEEN, EVIDENCE):
            (folder / inner).mkdir(mode=0o700, exist_ok=True)
        write_whole(folder / NAME, f"{name}\n".encode())
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_whole(folder / KEY, pem)  # closed to others from its first byte
        make_durable(folder.parent)
    return Witness(folder)


class Witness:
    """A witness in its folder. Several processes may share it: they take turns."""

    def __init__(self, folder: Path) -> None:
        """Raises WitnessError."""
        self.folder = folder
        self._key = _read_key(folder / KEY)
        self.name = _read(folder / NAME).decode("utf-8", "replace").removesuffix("\n")
        try:
            self.vkey = VerifierKey.of(self.name, self._key.public_key(), SignatureType.COSIGNATURE)
        except BadNote as error:
            raise WitnessError(f"{folder / NAME} is damaged: {self.name!r} is no name for a witness.") from error

    def logs(self) -> dict[str, list[VerifierKey]]:
        """The keys of the logs that it follows, by the log's name. Raises WitnessError."""
        found: dict[str, list[VerifierKey]] = {}
        if (self.folder / LOGS).exists():
            for line in _read(self.folder / LOGS).decode("utf-8", "replace").splitlines():
                try:
                    key = parse_vkey(line)
                except BadNote as error:
                    raise WitnessError(f"{self.folder / LOGS} is damaged: {line!r} is no verifier key.") from error
                found.setdefault(key.name, []).append(key)
        return found

    def add_log(self, vkey: str) -> VerifierKey:
        """Follow a log, or take one more key of a log that it follows. Raises WitnessError."""
        key = _log_key(vkey)
        with alone_in(self.folder):
            held = [one.text for keys in self.logs().values() for one in keys]
            if key.text not in held:
                write_whole(self.folder / LOGS, "".join(f"{one}\n" for one in (*held, key.text)).encode())
        return key

    def drop_key(self, vkey: str) -> None:
        """Believe a key of a log no more. What was seen of the log stays. Raises WitnessError for one that it does not hold."""
        with alone_in(self.folder):
            held = [one.text for keys in self.logs().values() for one in keys]
            if vkey not in held:
                raise WitnessError("This witness does not follow that key.")
            write_whole(self.folder / LOGS, "".join(f"{one}\n" for one in held if one != vkey).encode())

    def seen(self, origin: str) -> Seen | None:
        """What it cosigned last of a log; None where nothing. Its own cosignature must hold, so that damage is no smaller tree.

        Raises WitnessError.
        """
        file = self.folder / SEEN / _file_of(origin)
        if not file.exists():
            return None
        try:
            found = _opened(_read(file), self.vkey)
        except DomainError as error:
            raise WitnessError(f"{file} is damaged. {_OVER}") from error
        if found.checkpoint.origin != origin:
            raise WitnessError(f"{file} is of another log. {_OVER}")
        return found

    def add_checkpoint(self, body: bytes, clock: Clock) -> Answer:
        """C2SP tlog-witness ``add-checkpoint``. Raises WitnessError, OSError when its folder fails; then nothing is cosigned."""
        try:
            asked = parse_submission(body)
            origin = parse_note(asked.note).text.split("\n")[0]
        except BadNote as error:
            return _said(400, f"malformed: {error.code}")
        keys = self.logs().get(origin)
        if not keys:
            return _said(404, "this witness does not follow that log")
        try:
            signed = open_checkpoint(asked.note, origin, keys)
        except (UnknownKey, BadSignature):
            return _said(403, "no signature by a key of that log")
        except BadNote as error:
            return _said(400, f"malformed: {error.code}")
        if asked.old > signed.checkpoint.size:
            return _said(400, "the old size is larger than the checkpoint's")
        with alone_in(self.folder):
            return self._judged(asked, signed, clock)

    def _judged(self, asked: Submission, signed: SignedCheckpoint, clock: Clock) -> Answer:
        newer = signed.checkpoint
        before = self.seen(newer.origin)
        known = before.checkpoint if before else None
        size = known.size if known else 0
        if asked.old != size:
            return Answer(409, size_text(size), SIZE_KIND)
        found = compare(known, newer, asked.proof)
        if before is not None and not found.accepted:
            self._keep_evidence(found, before, signed)
        if found.standing is Standing.FORK and newer.size == size:
            return Answer(409, size_text(size), SIZE_KIND)
        if not found.accepted:
            return _said(422, "the proof does not lead from what this witness saw to that checkpoint")
        return self._cosigned(signed, max(clock(), before.time if before else 0))

    def _cosigned(self, signed: SignedCheckpoint, time: int) -> Answer:
        """First the disk, then the answer."""
        line = cosign(signed.checkpoint, self.name, self._key, time)
        by_log = {(key.name, key.key_hash) for key in signed.log_keys}
        kept = {one.key: one for one in reversed(signed.note.signatures) if one.key in by_log}
        note = Note(signed.note.text, (*kept.values(), line))
        write_whole(self.folder / SEEN / _file_of(signed.checkpoint.origin), note.encode())
        return Answer(200, line.line.encode())

    def _keep_evidence(self, found: LogVerdict, before: Seen, signed: SignedCheckpoint) -> None:
        """Each fork for good; of what was only not proven, which is mostly the fault of whoever asked, the last."""
        folder = self.folder / EVIDENCE
        forked = found.standing is Standing.FORK
        name = sha256(signed.note.text.encode()).hexdigest()[:32] if forked else str(found.standing)
        full = sum(1 for _ in folder.iterdir()) >= MOST_EVIDENCE
        if forked and (full or (folder / f"{name}.newer").exists()):
            return
        write_whole(folder / f"{name}.earlier", before.note.encode())
        write_whole(folder / f"{name}.newer", signed.note.encode())


_OVER = "Nothing more of that log is cosigned; begin anew with a witness of another key."


def _opened(encoded: bytes, vkey: VerifierKey) -> Seen:
    """A note of our own, by our cosignature. Raises DomainError."""
    note = parse_note(encoded)
    (own,) = verify_note(note, [vkey])
    return Seen(parse_checkpoint(note.text), note, split_cosignature(own.signature)[0])


def _file_of(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()[:32]


def _said(status: int, words: str) -> Answer:
    return Answer(status, f"{words}\n".encode())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise WitnessError(f"{file} can't be read ({error.strerror}).") from error


def _read_key(file: Path) -> Ed25519PrivateKey:
    if not file.exists():
        raise WitnessError(f"There is no key at {file}. `tianguis witness --folder {file.parent} create NAME` makes one.")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise WitnessError(f"Others on this machine can read the key {file}. Close it with: chmod 600 {file}")
    try:
        key = load_pem_private_key(_read(file), None)
    except (ValueError, TypeError) as error:
        raise WitnessError(f"{file} holds no key that can be read.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise WitnessError(f"{file} holds no Ed25519 key.")
    return key


def _log_key(text: str) -> VerifierKey:
    try:
        key = parse_vkey(text)
    except BadNote as error:
        raise WitnessError(
            "That is no verifier key; it looks like name+hash+base64, as a registry shows it at /log/vkey."
        ) from error
    if key.type is not SignatureType.ED25519:
        raise WitnessError("That is the key of a witness, not of a log.")
    return key
