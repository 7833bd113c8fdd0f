"""The checkpoints at which one key followed another, each under both signatures, in a file beside the keys.

The head bears both signatures until the next act only; these notes stay, so that whoever looks rarely can go on from the key that
they know. They are public, and lie outside the database so that a restored one has them all.
"""

from pathlib import Path

from flask import current_app

from certification.core.durable import alone_in, write_whole
from certification.log.keys import KeyProblemError, verifying_keys
from certification.log.reading import Head
from certification.rules.errors import BadNote
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import join_notes, parse_note, split_notes

FILE = "handovers"
READABLE = 0o644


def handovers() -> bytes:
    """All of them in the log's order, as they are served; nothing where there are none, or they can't be read."""
    try:
        content = _file().read_bytes()
        split_notes(content)
    except (OSError, BadNote):
        return b""
    return content


def keep_handover(found: Head) -> None:
    """Keep the head's note where two keys signed it, and none that both signed is kept. Raises OSError, KeyProblemError."""
    if found.note is None:
        return
    ours = {key.key_hash for key in _verifiers(found)}
    signers = {one.key for one in parse_note(found.note).signatures if one.key_hash in ours}
    with alone_in(_file().parent):
        there = kept()
        known = any(signers <= {one.key for one in parse_note(note).signatures} for note in there)
        if len(signers) > 1 and not known:
            write_whole(_file(), join_notes((*there, found.note)), mode=READABLE)


def kept() -> tuple[bytes, ...]:
    """Each note. Raises KeyProblemError for a damaged file, OSError for one that can't be read."""
    try:
        return split_notes(_file().read_bytes())
    except FileNotFoundError:
        return ()
    except BadNote as error:
        msg = f"{_file()} is damaged. Move it away and run this again; put together what can still be read of it afterwards."
        raise KeyProblemError(msg) from error


def _verifiers(found: Head) -> list[VerifierKey]:
    return [VerifierKey.of(found.origin or "", public) for public in verifying_keys().values()]


def _file() -> Path:
    return Path(current_app.config["SETTINGS"].keys) / FILE
