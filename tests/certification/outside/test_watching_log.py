"""A monitor and a log alone: whose signature it believes, and what it says of a past that changed."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.outside import watching_log
from certification.outside.believing import HANDED_OVER
from certification.outside.findings import Findings, Kind
from certification.outside.memory import Memory, MemoryDamagedError
from certification.outside.monitor import Asked, Monitor
from certification.outside.watching_log import note_log_faults, read_head
from certification.outside.watching_parts import check_parts
from certification.outside.witness import create
from certification.rules.leaves import Act, KeyRef, LogAct, leaf_bytes
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import join_notes, parse_note, parse_signatures
from certification.rules.signing import fingerprint
from certification.rules.tiles import encode_bundle
from certification.rules.witnessing import Submission
from tests.certification.log.acts import act
from tests.certification.outside.logs import ORIGIN, Log, Published, forked, key_of
from tests.conftest import NOW

NEXT, THIRD = key_of("next"), key_of("third")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    found = Memory(tmp_path)
    yield found
    found.close()


def faults(source: Published, memory: Memory) -> list[tuple[Kind, str]]:
    findings = Findings()
    read_head(source, memory, findings, now=NOW)
    return [(one.kind, one.words) for one in findings.faults.values()]


def kinds(source: Published, memory: Memory) -> list[Kind]:
    return [kind for kind, _ in faults(source, memory)]


def evidence(memory: Memory) -> dict[str, bytes]:
    assert memory.folder
    return {file.suffix: file.read_bytes() for file in (memory.folder / "evidence").iterdir()}


@pytest.mark.parametrize(("old", "new"), [(1, 2), (5, 8), (8, 9), (255, 256), (256, 300), (200, 600), (512, 600)])
def test_what_carries_on_is_taken_over(memory: Memory, old: int, new: int) -> None:
    log = Log([str(number) for number in range(600)])
    for size in (old, old, new):
        assert faults(Published(log, size), memory) == []
        assert (memory.size, memory.root(size)) == (size, log.checkpoint(size).root)


@pytest.mark.parametrize("old", [5, 8, 256, 260])
@pytest.mark.parametrize("more", [0, 30])
def test_a_fork_is_named_and_both_notes_are_kept(memory: Memory, old: int, more: int) -> None:
    honest, other = Published(Log(), old), Published(forked(2), old + more)
    faults(honest, memory)
    assert kinds(other, memory) == [Kind.FORK]
    assert evidence(memory) == {".earlier": honest.note(), ".newer": other.note()}
    assert faults(Published(Log(), old + more), memory) == []


def test_without_a_memory_a_fork_passes() -> None:
    assert faults(Published(forked(2), 20), Memory()) == []


def test_a_log_that_shrank_is_named_and_whether_it_also_differs(memory: Memory) -> None:
    faults(Published(Log(), 20), memory)
    assert faults(Published(Log(), 12), memory) == [
        (Kind.SHRUNK, "the log had 20 entries and now has 12; what is left is its beginning")
    ]
    assert faults(Published(forked(2), 12), memory) == [
        (Kind.SHRUNK, "the log had 20 entries and now has 12; and what is left differs from it: a fork")
    ]
    assert memory.size == 20
    assert len(list((memory.folder or Path()).joinpath("evidence").iterdir())) == 4


def test_entries_that_are_not_served_are_a_gap_and_are_read_once_they_are(memory: Memory) -> None:
    faults(Published(Log(), 5), memory)
    source = Published(Log(), 20)
    source.changed["/log/tile/entries/000.p/20"] = encode_bundle([b"x"] * 20)
    assert faults(source, memory) == [(Kind.GAP, "entries between 5 and 20 are served otherwise than they stand in the log")]
    source.changed["/log/tile/0/000.p/20"] = b"x" * 640
    assert faults(source, memory) == [(Kind.GAP, "neither entries nor tiles between 5 and 20 lead to the signed root")]
    source.changed["/log/tile/entries/000.p/20"] = b"\0"
    assert kinds(source, memory) == [Kind.GAP]
    assert memory.size == 5
    source.changed.clear()
    assert (faults(source, memory), memory.size) == ([], 20)


def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one(memory: Memory) -> None:
    log, findings = Log([str(number) for number in range(300)]), Findings()
    read_head(Published(log, 200), memory, findings, now=NOW)
    later = Published(log, 256)
    later.gone = ".p/200"
    check_parts(later, memory, findings, since=0, sample=0)
    assert findings.faults == {}


def test_a_stranger_who_signs_is_not_believed(memory: Memory) -> None:
    faults(Published(Log(), 5), memory)
    stranger = Published(Log(), 9, keys=[NEXT], shown=[VerifierKey.of(ORIGIN, NEXT.public_key())])
    ((kind, words),) = faults(stranger, memory)
    assert (kind, "no key that was seen before" in words) == (Kind.KEY, True)
    assert memory.size == 5
    assert evidence(memory)[".newer"] == stranger.note()


def test_at_the_first_look_a_given_key_counts_and_no_other(memory: Memory) -> None:
    with memory.step():
        memory.believe(VerifierKey.of(ORIGIN, NEXT.public_key()), "given")
    assert kinds(Published(Log(), 5), memory) == [Kind.KEY]
    assert faults(Published(Log(), 5, keys=[NEXT]), memory) == []


def told(kind: LogAct, key: Ed25519PrivateKey, **given: object) -> str:
    public = key.public_key()
    ref = KeyRef(fingerprint(public), sha256(public.public_bytes_raw()).hexdigest())
    return leaf_bytes(Act(kind, NOW, key=ref, **given)).decode()  # type: ignore[arg-type]  # from_index


def rotating(*then: str) -> Log:
    return Log([told(LogAct.KEY_ADDED, Log().key), "a", told(LogAct.KEY_ADDED, NEXT), "b", *then, "c", "d"])


SHOWN = [VerifierKey.of(ORIGIN, key.public_key()) for key in (NEXT, Log().key, THIRD)]


def test_a_key_that_the_log_told_of_while_a_known_one_signed_is_believed(memory: Memory) -> None:
    log = rotating()
    assert faults(Published(log, 3, shown=SHOWN), memory) == []
    assert faults(Published(log, 5, keys=[NEXT], shown=SHOWN), memory) == []
    assert kinds(Published(log, 6, keys=[THIRD], shown=SHOWN), memory) == [Kind.KEY]
    assert [one.public for one in memory.believed()] == [key.public_key().public_bytes_raw() for key in (Log().key, NEXT)]


def test_a_key_that_only_its_own_signature_tells_of_is_not(memory: Memory) -> None:
    log = rotating()
    faults(Published(log, 2, shown=SHOWN), memory)
    assert kinds(Published(log, 5, keys=[NEXT], shown=SHOWN), memory) == [Kind.KEY]
    assert faults(Published(log, 5, keys=[NEXT, log.key], shown=SHOWN), memory) == []


def test_a_retired_key_signs_nothing_that_is_new(memory: Memory) -> None:
    log = rotating(told(LogAct.KEY_RETIRED, Log().key))
    assert faults(Published(log, 5, shown=SHOWN), memory) == []
    assert faults(Published(log, 5, shown=SHOWN), memory) == []
    ((kind, words),) = faults(Published(log, 6, shown=SHOWN), memory)
    assert (kind, "retired or compromised" in words) == (Kind.KEY, True)
    assert faults(Published(log, 6, keys=[NEXT], shown=SHOWN), memory) == []


def test_a_compromised_key_does_not_sign_its_own_compromise(memory: Memory) -> None:
    log = rotating(told(LogAct.KEY_COMPROMISED, Log().key, from_index=3))
    faults(Published(log, 4, shown=SHOWN), memory)
    assert kinds(Published(log, 5, shown=SHOWN), memory) == [Kind.KEY]
    assert memory.size == 4
    assert faults(Published(log, 5, keys=[NEXT], shown=SHOWN), memory) == []


def handed_over(index: int, *, told_at: int = 6) -> Published:
    """The log's key hands over to NEXT at 4 entries, NEXT to THIRD at 8; from `index` on the first counts no more, told at `told_at`."""
    words = [
        told(LogAct.KEY_ADDED, Log().key),
        "a",
        told(LogAct.KEY_ADDED, NEXT),
        told(LogAct.KEY_RETIRED, Log().key),
        *"bcdefghi",
    ]
    words[7] = told(LogAct.KEY_ADDED, THIRD)
    words[told_at - 1] = told(LogAct.KEY_COMPROMISED, Log().key, from_index=index)
    log = Log(words)
    notes = [Published(log, 4, keys=[log.key, NEXT]).note(), Published(log, 8, keys=[NEXT, THIRD]).note()]
    return Published(
        log, 6, keys=[NEXT], shown=SHOWN, changed={"/log/handover": join_notes(notes[:1]), "both": join_notes(notes)}
    )


def later(source: Published, size: int, key: Ed25519PrivateKey) -> Published:
    return replace(source, size=size, keys=[key], changed=source.changed | {"/log/handover": source.changed["both"]})


def begun_with_the_old_key(memory: Memory) -> None:
    with memory.step():
        memory.believe(Log().vkey, "given")


STOLEN = [(Kind.KEY, HANDED_OVER)]


@pytest.mark.parametrize(("index", "found"), [(0, STOLEN), (3, STOLEN), (4, []), (5, [])])
def test_a_stolen_key_hands_nothing_over_and_one_that_was_not_yet_stolen_does(
    memory: Memory, index: int, found: list[tuple[Kind, str]]
) -> None:
    begun_with_the_old_key(memory)
    for _ in range(3):
        assert faults(handed_over(index), memory) == found
    assert memory.size == (4 if found else 6)


def test_who_doubts_believes_neither_thief_nor_what_was_accepted_before_until_the_present_key_is_given(memory: Memory) -> None:
    begun_with_the_old_key(memory)
    source = handed_over(1)
    for one in (
        source,
        later(source, 8, NEXT),
        later(source, 9, THIRD),
        replace(source, size=4),
        replace(source, keys=[Log().key]),
    ):
        assert faults(one, memory) == STOLEN
    begun_with_the_old_key(memory)  # it is given again, and says nothing new
    assert faults(source, memory) == STOLEN
    with memory.step():
        memory.believe(VerifierKey.of(ORIGIN, NEXT.public_key()), "given")
    ((kind, words),) = faults(replace(source, size=7, keys=[Log().key]), memory)
    assert (kind, "retired or compromised" in words) == (Kind.KEY, True)
    for one in (source, later(source, 7, NEXT), later(source, 9, THIRD)):
        assert faults(one, memory) == []
    assert memory.size == 9


@pytest.mark.parametrize("size", [8, 9])
def test_nor_is_a_third_key_believed_that_was_handed_over_by_the_second(memory: Memory, size: int) -> None:
    begun_with_the_old_key(memory)
    source = later(handed_over(1, told_at=9 if size == 9 else 6), size, THIRD)
    for _ in range(2):
        assert faults(source, memory) == STOLEN
    with memory.step():
        memory.believe(VerifierKey.of(ORIGIN, THIRD.public_key()), "given")
    assert faults(source, memory) == []
    assert faults(later(handed_over(8, told_at=9), 9, THIRD), Memory()) == []


def test_whoever_knew_the_new_key_before_the_theft_was_told_goes_on(memory: Memory, tmp_path: Path) -> None:
    source = handed_over(1)
    begun_with_the_old_key(memory)
    assert faults(replace(source, size=5), memory) == []  # by the note, and then a head
    assert faults(source, memory) == []
    often = Memory()
    assert [
        faults(one, often) for one in (Published(source.log, 2), replace(source, size=4, keys=[Log().key, NEXT]), source)
    ] == [[]] * 3
    assert faults(source, Memory()) == []
    given = Memory()
    begun_with_the_old_key(given)
    with given.step():
        given.believe(VerifierKey.of(ORIGIN, NEXT.public_key()), "given")
    assert faults(source, given) == []


def test_a_look_that_was_broken_off_after_the_note_has_not_made_it_believed(memory: Memory) -> None:
    begun_with_the_old_key(memory)
    source = handed_over(1)
    source.gone = "tile/entries/000.p/6"
    assert kinds(source, memory) == [Kind.GAP]
    assert memory.size == 4
    source.gone = "nothing"
    assert faults(source, memory) == STOLEN


def test_an_entry_that_is_no_act_is_named_every_time(memory: Memory) -> None:
    log = Log([leaf_bytes(act()).decode(), "{}", leaf_bytes(act(1)).decode()])
    for _ in range(2):
        findings = Findings()
        read_head(Published(log, 3), memory, findings, now=NOW)
        note_log_faults(memory, findings)
        assert [one.words for one in findings.faults.values()] == ["entry 1 of the log can't be read as an act"]


def test_an_act_may_be_a_little_older_than_the_last_look(memory: Memory) -> None:
    log, findings = Log([leaf_bytes(act()).decode(), leaf_bytes(act(1)).decode()]), Findings()
    read_head(Published(log, 1), memory, findings, now=NOW + timedelta(minutes=59))
    read_head(Published(log, 2), memory, findings, now=NOW + timedelta(minutes=60))
    note_log_faults(memory, findings)
    assert findings.faults == {}


def test_a_log_that_grows_beyond_belief_is_not_read(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    faults(Published(Log(), 5), memory)
    monkeypatch.setattr(watching_log, "MOST_NEW", 20)
    assert faults(Published(Log(), 25), memory) == []
    assert kinds(Published(Log(), 46), memory) == [Kind.GAP]


def test_a_log_that_calls_itself_otherwise_is_another(memory: Memory) -> None:
    faults(Published(Log(), 5), memory)
    assert kinds(Published(Log(origin="other.example/log"), 6), memory) == [Kind.KEY]


@pytest.mark.parametrize("note", [b"", b"x", b"\xff\xfe", b"a\n1\n\n\n", b"\n" * 300_000])
def test_what_is_no_note_is_named(memory: Memory, note: bytes) -> None:
    faults(Published(Log(), 5), memory)
    source = Published(Log(), 6)
    source.changed["/log/checkpoint"] = note
    assert kinds(source, memory) == [Kind.KEY]


def test_enough_witnesses_are_waited_for_and_then_missed(memory: Memory, tmp_path: Path) -> None:
    log = Log()
    waits: list[float] = []
    first, second = (create(tmp_path / name, f"{name}.example/w") for name in ("one", "two"))
    source = Published(log, 5)
    for witness in (first, second):
        witness.add_log(log.vkey.text)
    asked = Asked((first.vkey, second.vkey), 2)
    signed = parse_note(source.note())

    def look() -> list[str]:
        findings = Findings()
        Monitor(source, memory, asked, lambda: NOW, waits.append)._head(findings)
        return [one.words for one in findings.faults.values()]

    assert look() == ["witnesses that cosigned the head of 5 entries: 0; wanted: 2"]
    assert waits == [5.0, 5.0, 5.0]
    for witness, missing in ((first, ["witnesses that cosigned the head of 5 entries: 1; wanted: 2"]), (second, [])):
        line = witness.add_checkpoint(Submission(0, (), log.note(5)).encode(), lambda: 1).body
        signed = signed.signed_also(parse_signatures(line))
        source.changed["/log/checkpoint"] = signed.encode()
        assert look() == missing
    broken = signed.signatures[1].line[:-8] + "AAAAAA=\n"
    source.changed["/log/checkpoint"] = signed.encode().replace(signed.signatures[1].line.encode(), broken.encode())
    assert "not its own" in look()[0]


def test_a_memory_is_whole_or_refused(memory: Memory, tmp_path: Path) -> None:
    faults(Published(Log(), 20), memory)
    with pytest.raises(MemoryDamagedError, match="in use"):
        Memory(tmp_path)

    def broken_off() -> Iterator[bytes]:
        yield b"not signed yet"
        raise OSError

    with pytest.raises(OSError), memory.step():  # noqa: PT011 - raised above
        memory.add(broken_off())
    memory.close()
    again = Memory(tmp_path)
    assert again.size == 20
    again.close()
    whole = (tmp_path / "monitor.db").read_bytes()
    for change in (
        "UPDATE leaves SET hash = zeroblob(32) WHERE position = 3",
        "UPDATE leaves SET entry = 'x' WHERE position = 3",
        "DELETE FROM leaves WHERE position = 19",
        "UPDATE told SET value = 'x' WHERE name = 'note'",
    ):
        (tmp_path / "monitor.db").write_bytes(whole)
        hand = sqlite3.connect(tmp_path / "monitor.db")
        hand.execute(change)
        hand.commit()
        hand.close()
        with pytest.raises(MemoryDamagedError, match="damaged"):
            Memory(tmp_path)
    (tmp_path / "monitor.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(MemoryDamagedError, match="damaged"):
        Memory(tmp_path)
