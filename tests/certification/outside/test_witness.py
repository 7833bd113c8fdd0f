"""A witness cosigns what carries on from what it saw, and nothing else (C2SP tlog-witness)."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from certification.outside.witness import Answer, Witness, WitnessError, create
from certification.outside.witness_commands import witness as command
from certification.rules.checkpoint import Checkpoint
from certification.rules.merkle import EMPTY_ROOT
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note, parse_signatures
from certification.rules.signed_checkpoint import open_checkpoint, sign_checkpoint
from certification.rules.witnessing import Submission
from tests.certification.outside.logs import ORIGIN, Log, forked, key_of

THEN = 1_795_000_000
NAME = "uni.example/witness"


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    made = create(tmp_path / "w", NAME)
    made.add_log(Log().vkey.text)
    return made


def asked(witness: Witness, body: bytes) -> tuple[int, bytes]:
    answer = witness.add_checkpoint(body, lambda: THEN)
    return answer.status, answer.body


def seen(witness: Witness) -> int:
    found = witness.seen(ORIGIN)
    return found.checkpoint.size if found else 0


def test_a_first_and_a_following_checkpoint_are_cosigned(witness: Witness) -> None:
    log = Log()
    for old, size in ((0, 5), (5, 5), (5, 8), (8, 200)):
        status, body = asked(witness, log.body(old, size))
        assert status == 200
        cosigned = parse_note(log.note(size)).signed_also(parse_signatures(body)).encode()
        opened = open_checkpoint(cosigned, ORIGIN, [log.vkey], [witness.vkey])
        assert [(one.witness, one.time) for one in opened.cosigned] == [(witness.vkey, THEN)]
        assert seen(witness) == size


def test_the_empty_log_is_a_beginning_too(witness: Witness) -> None:
    empty = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), Log().key).encode()
    assert asked(witness, Submission(0, (), empty).encode())[0] == 200
    assert asked(witness, Log().body(0, 7))[0] == 200


def test_an_old_size_that_is_not_its_own_gets_the_true_one(witness: Witness) -> None:
    asked(witness, Log().body(0, 5))
    for body in (Log().body(0, 8), Log().body(4, 8), Log().body(3, 4)):
        answer = witness.add_checkpoint(body, lambda: THEN)
        assert answer == Answer(409, b"5\n", "text/x.tlog.size")
    assert seen(witness) == 5


def test_another_root_at_the_same_size_is_a_conflict_and_kept_as_evidence(witness: Witness) -> None:
    asked(witness, Log().body(0, 5))
    assert asked(witness, Submission(5, (), forked(2).note(5)).encode()) == (409, b"5\n")
    earlier, newer = sorted((witness.folder / "evidence").iterdir())
    assert newer.read_bytes() == forked(2).note(5)
    assert earlier.read_bytes().startswith(Log().note(5))
    assert seen(witness) == 5


@pytest.mark.parametrize("old", [5, 6, 7, 8])
def test_a_fork_is_never_cosigned_whatever_its_proof(witness: Witness, old: int) -> None:
    asked(witness, Log().body(0, old))
    assert asked(witness, forked(2).body(old, 20))[0] == 422
    assert seen(witness) == old
    assert len(list((witness.folder / "evidence").iterdir())) == 2
    assert asked(witness, Log().body(old, 20))[0] == 200


def test_a_wrong_proof_is_refused(witness: Witness) -> None:
    log = Log()
    asked(witness, log.body(0, 5))
    right = log.proof(5, 9)
    for proof in ((), right[:-1], (*right, right[0]), right[::-1], (b"\0" * 32, *right[1:])):
        assert asked(witness, Submission(5, proof, log.note(9)).encode())[0] == 422
    assert asked(witness, Submission(5, right[:1], log.note(5)).encode())[0] == 422
    assert seen(witness) == 5


def test_a_proof_from_nothing_is_empty(witness: Witness) -> None:
    assert asked(witness, Submission(0, Log().proof(5, 9), Log().note(9)).encode())[0] == 422


def test_an_old_size_above_the_checkpoint_is_malformed(witness: Witness) -> None:
    assert asked(witness, Submission(9, (), Log().note(5)).encode())[0] == 400


def test_only_known_logs_and_keys(witness: Witness) -> None:
    stranger = Log(key=key_of("another"))
    assert asked(witness, stranger.body(0, 5))[0] == 403
    assert asked(witness, Log(origin="other.example/log").body(0, 5))[0] == 404
    changed = Log().note(5).replace(b"\n5\n", b"\n6\n")
    assert asked(witness, Submission(0, (), changed).encode())[0] == 403
    assert seen(witness) == 0


def test_signatures_of_strangers_are_ignored_and_not_kept(witness: Witness) -> None:
    note = parse_note(Log().note(5)).signed_also(parse_note(Log(key=key_of("another")).note(5)).signatures)
    assert asked(witness, Submission(0, (), note.encode()).encode())[0] == 200
    kept = witness.seen(ORIGIN)
    assert kept
    assert [one.name for one in kept.note.signatures] == [ORIGIN, NAME]


@pytest.mark.parametrize("note", [b"", b"x", b"a\n\n", b"\xff\n\nx\n", b"a\n5\nroot\n\nno signature\n"])
def test_what_is_no_note_is_malformed(witness: Witness, note: bytes) -> None:
    assert asked(witness, b"old 0\n\n" + note)[0] == 400


def test_a_signed_text_that_is_no_checkpoint_is_malformed(witness: Witness) -> None:
    good = Log().checkpoint(5)
    object.__setattr__(good, "extensions", ("",))  # an empty line, which no checkpoint has
    assert asked(witness, Submission(0, (), sign_checkpoint(good, Log().key).encode()).encode())[0] == 400


def test_a_further_key_of_a_log_counts_until_it_is_dropped(witness: Witness) -> None:
    other = Log(key=key_of("next"))
    witness.add_log(other.vkey.text)
    witness.add_log(other.vkey.text)
    assert len(witness.logs()[ORIGIN]) == 2
    assert asked(witness, other.body(0, 5))[0] == 200
    witness.drop_key(other.vkey.text)
    assert asked(witness, other.body(5, 6))[0] == 403
    assert asked(witness, Log().body(5, 6))[0] == 200


def test_its_time_never_goes_back(witness: Witness) -> None:
    asked(witness, Log().body(0, 5))
    assert witness.add_checkpoint(Log().body(5, 6), lambda: THEN - 100).status == 200
    found = witness.seen(ORIGIN)
    assert found
    assert found.time == THEN


def test_a_damaged_memory_is_no_smaller_tree(witness: Witness) -> None:
    asked(witness, Log().body(0, 5))
    (file,) = (witness.folder / "seen").iterdir()
    for broken in (b"", file.read_bytes().replace(b"\n5\n", b"\n4\n"), Log().note(4)):
        file.write_bytes(broken)
        with pytest.raises(WitnessError, match="damaged"):
            witness.add_checkpoint(Log().body(0, 6), lambda: THEN)
    assert file.read_bytes() == Log().note(4)


def test_what_cannot_be_kept_is_not_cosigned(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("certification.outside.witness.write_whole", full)
    with pytest.raises(OSError, match="No space"):
        witness.add_checkpoint(Log().body(0, 5), lambda: THEN)
    assert seen(witness) == 0


def test_its_key_is_its_own_and_closed(tmp_path: Path) -> None:
    made = create(tmp_path / "w", NAME)
    assert stat.S_IMODE((tmp_path / "w" / "key.pem").stat().st_mode) == 0o600
    assert (Witness(tmp_path / "w").vkey, made.vkey.type) == (made.vkey, 4)
    with pytest.raises(WitnessError, match="already"):
        create(tmp_path / "w", NAME)
    (tmp_path / "w" / "key.pem").chmod(0o640)
    with pytest.raises(WitnessError, match="chmod 600"):
        Witness(tmp_path / "w")


@pytest.mark.parametrize("name", ["", "with space", "a+b"])
def test_a_name_that_no_note_can_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WitnessError):
        create(tmp_path / "w", name)
    assert not (tmp_path / "w").exists()


def test_the_commands_lead_from_nothing_to_a_witness(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(command, ["--folder", str(tmp_path / "w"), *words])
        return found.exit_code, found.output.strip()

    code, told = run("vkey")
    assert (code, "There is no key" in told) == (2, True)
    code, vkey = run("create", NAME)
    assert code == 0
    assert run("vkey") == (0, vkey)
    assert run("add-log", Log().vkey.text) == (0, f"Follows {ORIGIN}.")
    assert run("add-log", "nonsense")[0] == 2
    assert run("add-log", VerifierKey.of("w", key_of("w").public_key(), Witness(tmp_path / "w").vkey.type).text)[0] == 2
    assert run("drop-key", Log().vkey.text)[0] == 0
    assert run("drop-key", Log().vkey.text)[0] == 2
