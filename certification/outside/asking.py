"""Asking a witness to cosign a checkpoint (C2SP tlog-witness). It is somebody else's machine: nothing it says is believed."""

import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from certification.outside.sockets import ended_after
from certification.outside.sources import AGENT
from certification.rules.cosignature import split_cosignature
from certification.rules.errors import BadNote, BadSignature, CannotCheck, UnknownKey
from certification.rules.note_keys import NoteSignature
from certification.rules.notes import Note, parse_note, parse_signatures, verify_note
from certification.rules.witnessing import SIZE_KIND, Submission, Trusted, read_size

CONNECT_S = 5.0
WHOLE_S = 10.0
MOST_BYTES = 65_536
CLOCKS = timedelta(minutes=15)  # what they may differ by
OK, CONFLICT = 200, 409


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over HTTP."""

    status: int
    kind: str
    body: bytes


Post = Callable[[str, bytes], Reply]
Prove = Callable[[int], tuple[bytes, ...]]


def cosignature(
    witness: Trusted, note: bytes, size: int, *, known: int, prove: Prove, at: datetime, post: Post | None = None
) -> NoteSignature:
    """Its signature of the checkpoint `note` of `size` leaves, verified. `known` is a guess of how far it has come.

    `prove(old)` gives the consistency proof from `old` to `size`. Raises CannotCheck: `unreachable`, `refused` (param `status`),
    `ahead` (it has seen more leaves than there are, param `seen`), `conflict` (another tree of the same size), `bad_answer`,
    `bad_cosignature`, `bad_time`.
    """
    send = post or _post
    old = known
    reply = send(f"{witness.address}/add-checkpoint", Submission(old, prove(old), note).encode())
    if reply.status == CONFLICT and reply.kind == SIZE_KIND:
        old = _size(reply, size, known)
        reply = send(f"{witness.address}/add-checkpoint", Submission(old, prove(old), note).encode())
    if reply.status == CONFLICT and reply.kind == SIZE_KIND:
        _size(reply, size, old)
    if reply.status != OK:
        raise CannotCheck("refused", status=reply.status)
    return _verified(witness, parse_note(note), reply.body, at)


def _size(reply: Reply, size: int, said: int) -> int:
    """How far a witness says that it has come, when that is not what it was told."""
    try:
        seen = read_size(reply.body)
    except BadNote as error:
        raise CannotCheck("bad_answer") from error
    if seen > size:
        raise CannotCheck("ahead", seen=seen)
    if seen == said:
        raise CannotCheck("conflict", seen=seen)
    return seen


def _verified(witness: Trusted, note: Note, body: bytes, at: datetime) -> NoteSignature:
    """Of all lines that came back, the one that holds. Lines of other keys are ignored, as the specification says."""
    try:
        lines = tuple(one for one in parse_signatures(body) if one.key == (witness.key.name, witness.key.key_hash))
        (found,) = verify_note(Note(note.text, lines), [witness.key])
    except (BadNote, BadSignature, UnknownKey) as error:
        raise CannotCheck("bad_cosignature") from error
    if abs(split_cosignature(found.signature)[0] - at.timestamp()) > CLOCKS.total_seconds():
        raise CannotCheck("bad_time")
    return found


def _post(address: str, body: bytes) -> Reply:
    """No redirects, a bounded answer, a bounded time. Raises CannotCheck (`unreachable`)."""
    parts = urlsplit(address)
    try:
        connection = (
            HTTPSConnection(parts.netloc, timeout=CONNECT_S, context=ssl.create_default_context())
            if parts.scheme == "https"
            else HTTPConnection(parts.netloc, timeout=CONNECT_S)
        )
        with closing(connection):
            connection.connect()
            with ended_after(connection.sock, WHOLE_S):
                connection.request("POST", parts.path, body, {"User-Agent": AGENT, "Content-Type": "text/plain; charset=utf-8"})
                answer = connection.getresponse()
                content = answer.read(MOST_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise CannotCheck("unreachable") from error
    if len(content) > MOST_BYTES:
        raise CannotCheck("bad_answer")
    return Reply(answer.status, answer.headers.get_content_type(), content)
