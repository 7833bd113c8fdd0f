"""A log followed from outside, with a memory: whose signature, whether it carries on, whether all its parts agree.

What is accepted is remembered at once. What contradicts the memory is never taken over: both notes are kept as evidence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from certification.outside.believing import HANDED_OVER, compromised, counting, digest_of, grounded, in_doubt, learn_keys
from certification.outside.findings import Finding, Findings, Kind
from certification.outside.following import CHECKPOINT, entries, read_handovers, read_vkeys
from certification.outside.memory import Memory
from certification.outside.sources import Source
from certification.outside.watching_parts import served
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.errors import BadNote, BadProof, BadSignature, BadTile, DomainError, NotFound, UnknownKey
from certification.rules.instants import instant_text, read_instant
from certification.rules.leaves import parse_leaf
from certification.rules.monitoring import Standing, compare_by_nodes
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import Note, parse_note, verify_note
from certification.rules.signed_checkpoint import SignedCheckpoint, open_checkpoint
from certification.rules.text import counted
from certification.rules.tiles import tile_reader

MOST_NEW = 5_000_000  # entries in one look; nobody acts so often, and it must end
BACK_DATED = timedelta(hours=1)  # what an act may take from its instant to its leaf, and clocks may differ by
LOG = "log"


@dataclass(frozen=True, slots=True)
class Head:
    """An accepted head; `moved` when it is larger than what was remembered."""

    checkpoint: Checkpoint
    note: Note
    moved: bool


def read_head(source: Source, memory: Memory, findings: Findings, *, now: datetime) -> Head | None:
    """The signed head, accepted and remembered with all entries up to it; None with a fault for anything else.

    Raises CannotCheck when it can't be read, and NotFound where there is no log and never was.
    """
    try:
        encoded = source.get(CHECKPOINT)
    except NotFound:
        if memory.note is None:
            raise
        findings.fault(Kind.GAP, LOG, "the log is not there any more")
        return None
    if in_doubt(memory):
        findings.fault(Kind.KEY, LOG, HANDED_OVER)
        return None
    if memory.believed() and not _is_by_known(memory, encoded):
        _go_on_by_handovers(source, memory, findings, now)
    signed = _opened(source, memory, encoded, findings)
    if signed is None:
        return None
    accepted = _carried_on(source, memory, signed, findings, now)
    if not accepted:
        return None
    memory.stand_by_keys()
    return Head(signed.checkpoint, signed.note, moved=accepted == "moved")


def note_log_faults(memory: Memory, findings: Findings) -> None:
    """What is wrong in the log itself, found now or before."""
    for index in memory.unreadable():
        findings.fault(Kind.ENTRY, index, f"entry {index} of the log can't be read as an act")
    findings.add(memory.faults())


def _opened(source: Source, memory: Memory, encoded: bytes, findings: Findings) -> SignedCheckpoint | None:
    """By a key that is believed and has not ended; at the very first look, by whichever the registry shows."""
    try:
        first = not memory.believed()
        keys = read_vkeys(source) if first else counting(memory, encoded)
        origin = (keys or memory.believed())[0].name
        signed = open_checkpoint(encoded, origin, keys)
    except IndexError:
        findings.fault(Kind.KEY, LOG, "the registry shows no key of its log")
    except UnknownKey:
        findings.fault(Kind.KEY, LOG, _unknown(memory, encoded))
        memory.keep_evidence(f"unknown-key-{_name(encoded)}", encoded)
    except (BadNote, BadSignature) as error:
        findings.fault(Kind.KEY, LOG, f"the checkpoint is not signed as it should be ({error.code})")
        memory.keep_evidence(f"bad-signature-{_name(encoded)}", encoded)
    else:
        if first:
            with memory.step():
                for key in signed.log_keys:
                    memory.believe(key, "first")
        return signed
    return None


def _is_by_known(memory: Memory, encoded: bytes) -> bool:
    """Whether a key signed that counts; what is wrong in another way is told elsewhere."""
    try:
        open_checkpoint(encoded, memory.believed()[0].name, counting(memory, encoded))
    except UnknownKey:
        return False
    except (BadNote, BadSignature):
        return True
    return True


def _go_on_by_handovers(source: Source, memory: Memory, findings: Findings, now: datetime) -> None:
    """Keys changed since the last look: go from one to the next by the checkpoints that both signed, each a head of its time."""
    try:
        notes = read_handovers(source)
    except BadNote:
        return  # then the head is by an unknown key, and that is told
    for encoded in notes:
        try:
            signed = open_checkpoint(encoded, memory.believed()[0].name, counting(memory, encoded))
        except (BadNote, BadSignature, UnknownKey):
            continue
        if signed.checkpoint.size > memory.size:
            _carried_on(source, memory, signed, findings, now, handover=True)
        elif memory.root(signed.checkpoint.size) == signed.checkpoint.root:
            learn_keys(source, memory, signed)
        else:
            _fork(memory, signed, findings)


def _unknown(memory: Memory, encoded: bytes) -> str:
    """Name who signed, so that a person can ask about it."""
    names = ", ".join(f"{one.name}+{one.key_hash.hex()}" for one in parse_note(encoded).signatures)
    held = {key.key_hash for key in memory.believed()}
    known = any(one.key_hash in held for one in parse_note(encoded).signatures)
    if known:
        return f"the checkpoint is signed only by keys that were retired or compromised ({names})"
    return (
        f"the checkpoint is signed by no key that was seen before or told of in the log while such a key signed it ({names}); "
        "ask the registry by another way whether the key is new, and only then give it with --key"
    )


def _carried_on(  # noqa: PLR0913 - what a look has at hand, and whence the note comes
    source: Source, memory: Memory, signed: SignedCheckpoint, findings: Findings, now: datetime, *, handover: bool = False
) -> str:
    """How the head stands to the memory: `same`, `moved`, or nothing with a fault."""
    newer, known = signed.checkpoint, memory.checkpoint
    size = known.size if known else 0
    if known and newer.size <= size:
        return _no_larger(memory, known, signed, findings)
    if newer.size - size > MOST_NEW:
        findings.fault(
            Kind.GAP,
            LOG,
            f"the log claims {newer.size - size} new entries at once, more than can be real",
        )
        return ""
    try:
        _take(source, memory, signed, now)
    except (BadTile, BadProof, _LeadsElsewhereError, NotFound) as error:
        _explain(source, memory, signed, findings, error)
        return ""
    except _OnlyEndedError:
        findings.fault(Kind.KEY, LOG, "the checkpoint is signed only by a key that the log itself calls compromised")
        memory.keep_evidence(f"compromised-{_name(signed.note.encode())}", signed.note.encode())
        return ""
    except _HandedOverError as error:
        with memory.step():
            memory.doubt(error.ends)
        findings.fault(Kind.KEY, LOG, HANDED_OVER)
        memory.keep_evidence(f"compromised-{_name(signed.note.encode())}", signed.note.encode())
        return ""
    learn_keys(source, memory, signed if handover else None)
    return "moved"


def _no_larger(memory: Memory, known: Checkpoint, signed: SignedCheckpoint, findings: Findings) -> str:
    newer = signed.checkpoint
    if (newer.size, newer.root) == (known.size, known.root):
        return "same"
    if newer.size == known.size:
        _fork(memory, signed, findings)
        return ""
    same = memory.root(newer.size) == newer.root
    tail = "what is left is its beginning" if same else "and what is left differs from it: a fork"
    findings.fault(Kind.SHRUNK, LOG, f"the log had {counted(known.size, 'entry', 'entries')} and now has {newer.size}; {tail}")
    memory.keep_evidence(f"shrunk-{newer.size}-{newer.root.hex()[:16]}", signed.note.encode())
    return ""


class _LeadsElsewhereError(Exception):
    """The entries do not lead to the signed root."""


class _OnlyEndedError(Exception):
    """No key that signed counts any more."""


class _HandedOverError(Exception):
    """Those that signed rest on notes of a stolen key alone; `ends` as `believing.compromised`."""

    def __init__(self, ends: Mapping[str, int]) -> None:
        super().__init__()
        self.ends = ends


def _take(source: Source, memory: Memory, signed: SignedCheckpoint, now: datetime) -> None:
    """Remember everything up to the head, or nothing."""
    newer, since, looked = signed.checkpoint, memory.size, memory.told("looked")
    with memory.step():
        memory.add(entries(source, newer.size, since=since))
        if memory.size != newer.size or memory.root(newer.size) != newer.root:
            raise _LeadsElsewhereError
        ends = compromised(memory)
        live = {key for key in signed.log_keys if newer.size <= ends.get(digest_of(key), newer.size)}
        if not live:
            raise _OnlyEndedError
        if not live & grounded(memory, ends):
            raise _HandedOverError(ends)
        if looked is not None and since:
            _note_back_dated(memory, since, newer.size, read_instant(looked))
        memory.tell("note", signed.note.encode().decode())
        memory.tell("looked", instant_text(now))


def _note_back_dated(memory: Memory, since: int, size: int, looked: datetime) -> None:
    """An act that says it happened before the last look was not in the log then."""
    for index in range(since, size):
        try:
            act = parse_leaf(memory.entry(index) or b"")
        except DomainError:
            continue  # told as an entry that can't be read
        if act.at < looked - BACK_DATED:
            words = f"entry {index} ({act.act}) says {instant_text(act.at)}, and on {instant_text(looked)} it was not in the log"
            memory.keep_fault(Finding(Kind.BACK_DATED, str(index), words))


def _explain(source: Source, memory: Memory, signed: SignedCheckpoint, findings: Findings, error: Exception) -> None:
    """Entries that lead elsewhere: the hash tiles tell whether the past was changed or the entries are served wrongly."""
    newer, known = signed.checkpoint, memory.checkpoint
    size = known.size if known else 0
    try:
        standing = compare_by_nodes(known, newer, tile_reader(newer.size, lambda tile: served(source, tile))).standing
    except NotFound:
        standing = Standing.NOT_PROVEN
    memory.keep_evidence(f"{standing}-{newer.size}-{newer.root.hex()[:16]}", signed.note.encode())
    if standing is Standing.FORK:
        _fork(memory, signed, findings)
    elif isinstance(error, NotFound):
        findings.fault(Kind.GAP, LOG, f"entries between {size} and {newer.size} are not served")
    elif standing in {Standing.CONSISTENT, Standing.FIRST}:
        findings.fault(Kind.GAP, LOG, f"entries between {size} and {newer.size} are served otherwise than they stand in the log")
    else:
        words = f"neither entries nor tiles between {size} and {newer.size} lead to the signed root"
        findings.fault(Kind.GAP, LOG, words)


def _fork(memory: Memory, signed: SignedCheckpoint, findings: Findings) -> None:
    newer, known = signed.checkpoint, memory.checkpoint
    before = known.size if known else 0
    words = f"the log does not carry on from what was signed before: a fork between its heads at {before} and {newer.size}"
    findings.fault(Kind.FORK, LOG, words)
    memory.keep_evidence(f"fork-{newer.size}-{newer.root.hex()[:16]}", signed.note.encode())


def count_witnesses(head: Head, witnesses: Iterable[VerifierKey], findings: Findings) -> int:
    """How many of these witnesses cosigned the head. A signature of theirs that does not hold is a fault."""
    count = 0
    for witness in witnesses:
        try:
            verify_note(head.note, [witness])
            count += 1
        except UnknownKey:
            continue
        except BadSignature:
            findings.fault(Kind.WITNESS, witness.name, f"the cosignature shown for {witness.name} is not its own")
    return count


def _name(encoded: bytes) -> str:
    try:
        size = parse_checkpoint(parse_note(encoded).text).size
    except BadNote:
        size = 0
    return f"{size}-{sha256(encoded).hexdigest()[:16]}"
