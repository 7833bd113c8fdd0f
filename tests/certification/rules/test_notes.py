import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.rules.errors import BadNote, BadSignature, UnknownKey
from certification.rules.note_keys import NoteSignature, VerifierKey, parse_line, parse_vkey
from certification.rules.notes import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    join_notes,
    parse_note,
    parse_signatures,
    sign_text,
    split_notes,
    verify_note,
)
from tests.certification.rules.log_vectors import ENOCH, ENOCH_LINE, PETER, PETER_KEY, PETER_LINE, TEXT

PETERS, ENOCHS = parse_line(PETER_LINE), parse_line(ENOCH_LINE)
PETER_HELD, ENOCH_HELD = parse_vkey(PETER), parse_vkey(ENOCH)
BOTH = (TEXT + "\n" + PETER_LINE + ENOCH_LINE).encode()
WRONG = NoteSignature("PeterNeumann", PETERS.key_hash, bytes(64))


def test_signing_makes_the_published_signature_each_time() -> None:
    assert sign_text(TEXT, "PeterNeumann", PETER_KEY) == sign_text(TEXT, "PeterNeumann", PETER_KEY) == PETERS
    assert Note(TEXT, (PETERS,)).encode() == (TEXT + "\n" + PETER_LINE).encode()


def test_a_note_is_read_as_it_was_written() -> None:
    note = parse_note(BOTH)
    assert note == Note(TEXT, (PETERS, ENOCHS))
    assert note.encode() == BOTH


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
    line = "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    assert parse_note((text + "\n" + line).encode()).text == text
    for odd in ("\n", "\n\n", "a\n\n", "\u2028\n"):
        assert parse_note((odd + "\n" + line).encode()).text == odd


@pytest.mark.parametrize(
    ("keys", "verified"),
    [
        ([PETER_HELD], (PETERS,)),
        ([ENOCH_HELD], (ENOCHS,)),
        ([ENOCH_HELD, PETER_HELD], (PETERS, ENOCHS)),
        ([PETER_HELD, PETER_HELD], (PETERS,)),
    ],
)
def test_the_signatures_of_known_keys_come_back(keys: list[VerifierKey], verified: tuple[NoteSignature, ...]) -> None:
    assert verify_note(parse_note(BOTH), keys) == verified


def test_without_a_known_key_nothing_is_believed() -> None:
    other = VerifierKey.of("another.example", PETER_KEY.public_key())
    for keys in ([], [other]):
        with pytest.raises(UnknownKey) as caught:
            verify_note(parse_note(BOTH), keys)
        assert caught.value.code == "no_known_signature"


def test_a_key_that_shares_only_name_or_hash_is_unknown() -> None:
    same_name = NoteSignature("PeterNeumann", b"\x00\x00\x00\x00", bytes(64))
    same_hash = NoteSignature("EnochRoot", PETERS.key_hash, bytes(64))
    assert verify_note(Note(TEXT, (same_name, PETERS, same_hash)), [PETER_HELD]) == (PETERS,)


@pytest.mark.parametrize("signatures", [(WRONG,), (PETERS, WRONG), (WRONG, PETERS), (ENOCHS, WRONG)])
def test_one_wrong_signature_of_a_known_key_refuses_the_note(signatures: tuple[NoteSignature, ...]) -> None:
    with pytest.raises(BadSignature) as caught:
        verify_note(Note(TEXT, signatures), [PETER_HELD, ENOCH_HELD])
    assert (caught.value.code, caught.value.params) == ("note_signature", {"kid": "PeterNeumann+c74f20a3"})


@pytest.mark.parametrize("length", [1, 63, 65, 72])
def test_a_signature_of_another_length_is_wrong(length: int) -> None:
    with pytest.raises(BadSignature):
        verify_note(Note(TEXT, (NoteSignature("PeterNeumann", PETERS.key_hash, bytes(length)),)), [PETER_HELD])


def test_another_text_under_the_same_signature_is_refused() -> None:
    for text in (TEXT + "\n", TEXT.replace("is.", "is"), "\n" + TEXT):
        with pytest.raises(BadSignature):
            verify_note(Note(text, (PETERS,)), [PETER_HELD])


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(BOTH) - 1), st.integers(1, 255))
def test_no_changed_byte_leaves_both_signatures_standing(at: int, change: int) -> None:
    wrong = bytearray(BOTH)
    wrong[at] ^= change
    try:
        assert len(verify_note(parse_note(bytes(wrong)), [PETER_HELD, ENOCH_HELD])) < 2
    except (BadNote, BadSignature, UnknownKey):
        return


def test_a_signature_repeated_counts_once() -> None:
    assert verify_note(Note(TEXT, (PETERS, PETERS, ENOCHS)), [PETER_HELD, ENOCH_HELD]) == (PETERS, ENOCHS)


def test_two_keys_of_one_name_and_hash_are_not_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VerifierKey, "key_hash", PETERS.key_hash)
    with pytest.raises(BadNote) as caught:
        verify_note(parse_note(BOTH), [PETER_HELD, VerifierKey("PeterNeumann", bytes(32))])
    assert caught.value.code == "ambiguous_key"


def test_a_signature_added_takes_the_place_of_the_older_of_its_key() -> None:
    assert Note(TEXT, (WRONG,)).signed_also([ENOCHS, PETERS]) == Note(TEXT, (PETERS, ENOCHS))


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (b"", "note_form"),
        (TEXT.encode(), "note_form"),
        (PETER_LINE.encode(), "note_form"),
        (TEXT.encode() + b"\n", "signature_form"),
        (TEXT.encode() + b"\n\n", "signature_form"),
        (TEXT.encode() + PETER_LINE.encode(), "note_form"),
        (BOTH[:-1], "signature_form"),
        (BOTH + b"\n", "signature_form"),
        (BOTH + b"Unexpected line.\n", "signature_form"),
        (BOTH.replace(b"\n", b"\r\n"), "note_form"),
        (b"\x01" + BOTH, "note_text"),
        (b"a\tb" + BOTH, "note_text"),
        (b"\xff" + BOTH, "note_form"),
        (b"\xed\xa0\x80" + BOTH, "note_form"),
        (BOTH.replace(b"PeterNeumann ", b"Bad Name "), "base64"),
    ],
)
def test_what_is_no_note_is_refused(encoded: bytes, code: str) -> None:
    with pytest.raises(BadNote) as caught:
        parse_note(encoded)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\x00\n", "\ud800\n", "return\r\n"])
def test_a_text_that_cannot_be_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(BadNote) as caught:
        sign_text(text, "PeterNeumann", PETER_KEY)
    assert caught.value.code == "note_text"


def test_a_note_keeps_to_its_limits() -> None:
    full = (TEXT + "\n" + PETER_LINE * MAX_SIGNATURES).encode()
    assert len(parse_note(full).signatures) == 100
    for wrong in (full + PETER_LINE.encode(), b"x" * MAX_NOTE_BYTES + BOTH):
        with pytest.raises(BadNote) as caught:
            parse_note(wrong)
        assert caught.value.code == "note_limits"
    for signatures, text in (((), TEXT), ((PETERS,) * 101, TEXT), ((PETERS,), "x" * MAX_NOTE_BYTES + "\n")):
        with pytest.raises(BadNote) as caught:
            Note(text, signatures)
        assert caught.value.code == "note_limits"


def test_signature_lines_alone_are_read_as_strictly() -> None:
    assert parse_signatures((PETER_LINE + ENOCH_LINE).encode()) == (PETERS, ENOCHS)
    for wrong in (b"", b"\n", BOTH, PETER_LINE.encode()[:-1], b"\xff", PETER_LINE.encode() * 101, b"x" * (MAX_NOTE_BYTES + 1)):
        with pytest.raises(BadNote):
            parse_signatures(wrong)


@given(st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"]) | st.just("\n"), max_size=60))
def test_every_text_comes_back_from_its_note(text: str) -> None:
    signature = sign_text(text + "\n", "tianguis.example/log", PETER_KEY)
    held = VerifierKey.of("tianguis.example/log", PETER_KEY.public_key())
    note = parse_note(Note(text + "\n", (signature,)).encode())
    assert note.text == text + "\n"
    assert verify_note(note, [held]) == (signature,)


def test_notes_are_joined_and_split_again_and_nothing_else_is_split() -> None:
    notes = tuple(Note(f"{word}\n", (sign_text(f"{word}\n", "a", PETER_KEY),)).encode() for word in "bcd")
    assert [split_notes(join_notes(notes[:count])) for count in range(4)] == [notes[:count] for count in range(4)]
    for wrong in (b"x", b"\n", notes[0] + notes[1], join_notes(notes) + b"\n\n", b"a" * 300_000):
        with pytest.raises(BadNote):
            split_notes(wrong)
