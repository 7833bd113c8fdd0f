"""Which keys of a log a monitor believes, and on what ground.

A key that was learned from a note at ``/log/handover`` rests on who signed that note, until a head is accepted. Where the log
tells that the signer had been stolen by then, the note hands nothing over: nothing counts that a key signs which rests on it
alone, until a person gives the present key.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from hashlib import sha256

from certification.outside.following import read_vkeys
from certification.outside.memory import Memory
from certification.outside.sources import Source
from certification.rules.errors import DomainError
from certification.rules.leaves import LogAct
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import SignedCheckpoint

ENDS = (LogAct.KEY_RETIRED, LogAct.KEY_COMPROMISED)
HANDED_OVER = (
    "the key that signs was handed over by a key that had been compromised by then, as the log itself tells, and a stolen key "
    "hands nothing over; ask the registry by another way for its present key, and give it with --key"
)


def counting(memory: Memory, encoded: bytes) -> list[VerifierKey]:
    """All believed keys for what was accepted already; for anything else, without those that the log itself ended."""
    note = memory.note
    if note is not None and parse_note(encoded).text == parse_note(note).text:
        return memory.believed()
    over = _ended(memory)
    return [key for key in memory.believed() if digest_of(key) not in over]


def learn_keys(source: Source, memory: Memory, note: SignedCheckpoint | None = None) -> None:
    """Keys that the accepted log tells of; their bytes come from the registry and must be those that it told.

    From a handover's `note`, what was not known before rests on who signed it.
    """
    told = {act.key.digest for _, act in memory.acts_of_kind(LogAct.KEY_ADDED) if act.key}
    known, name = memory.believed(), memory.believed()[0].name
    try:
        shown = read_vkeys(source)
    except DomainError:
        return
    with memory.step():
        for key in shown:
            if key.name == name and digest_of(key) in told and key not in known:
                memory.believe(key, "told")
                for signer in note.log_keys if note else ():
                    memory.hand_over(key, signer, note.checkpoint.size if note else 0)


def compromised(memory: Memory) -> dict[str, int]:
    """From which index on each key counts no more, by its digest: by the accepted log, and by what made the monitor doubt."""
    found = memory.doubted()
    for _, act in memory.acts_of_kind(LogAct.KEY_COMPROMISED):
        if act.key:
            index = act.from_index or 0
            found[act.key.digest] = min(index, found.get(act.key.digest, index))
    return found


def grounded(memory: Memory, ends: Mapping[str, int]) -> AbstractSet[VerifierKey]:
    """Keys that rest on no note which a stolen key signed: known otherwise, or handed over by one of them while it counted."""
    handed = memory.handed_over()
    found = set(memory.believed()) - {key for key, _, _ in handed}
    while more := {key for key, by, size in handed if by in found and size <= ends.get(digest_of(by), size)} - found:
        found |= more
    return found


def in_doubt(memory: Memory) -> bool:
    """Whether a theft was told that leaves no key to go on from, and no person gave one since."""
    if not memory.doubted():
        return False
    over = _ended(memory)
    return all(digest_of(key) in over for key in grounded(memory, compromised(memory)))


def digest_of(key: VerifierKey) -> str:
    """As leaves name a key."""
    return sha256(key.public).hexdigest()


def _ended(memory: Memory) -> AbstractSet[str]:
    return {act.key.digest for _, act in memory.acts_of_kind(*ENDS) if act.key} | memory.doubted().keys()
