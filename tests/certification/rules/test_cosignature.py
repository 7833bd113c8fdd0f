import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.cosignature import MAX_TIME, cosign, cosigned_message, split_cosignature
from certification.rules.errors import BadNote, BadSignature, UnknownKey
from certification.rules.note_keys import NoteSignature, SignatureType, VerifierKey, parse_line, parse_vkey
from certification.rules.notes import Note, parse_note, verify_note
from tests.certification.rules.log_vectors import REKOR, REKOR_WITNESSES, SOFA_TEXT, SOFA_WITNESS_LINE

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "universidad.example/testigo"
HELD = VerifierKey.of(NAME, KEY.public_key(), SignatureType.COSIGNATURE)
SOFA = parse_checkpoint(SOFA_TEXT)
TIME = 1_679_315_147


def test_the_message_is_the_one_of_the_specification() -> None:
    assert cosigned_message(SOFA_TEXT, TIME) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_the_line_of_the_specification_bears_its_time() -> None:
    time, raw = split_cosignature(parse_line(SOFA_WITNESS_LINE).signature)
    assert (time, len(raw)) == (TIME, 64)


@pytest.mark.parametrize("vkey", REKOR_WITNESSES)
def test_the_cosignatures_of_a_log_in_use_verify(vkey: str) -> None:
    (found,) = verify_note(parse_note(REKOR.encode()), [parse_vkey(vkey)])
    assert (found.name, split_cosignature(found.signature)[0]) == (vkey.partition("+")[0], 1_789_662_736)


def test_what_a_witness_cosigned_verifies_under_its_key_alone() -> None:
    made = cosign(SOFA, NAME, KEY, TIME)
    assert (made, len(made.signature)) == (cosign(SOFA, NAME, KEY, TIME), 72)
    assert verify_note(Note(SOFA_TEXT, (made,)), [HELD]) == (made,)
    with pytest.raises(UnknownKey):
        verify_note(Note(SOFA_TEXT, (made,)), [VerifierKey.of(NAME, KEY.public_key())])


def test_extension_lines_are_cosigned_with_the_rest() -> None:
    longer = Checkpoint(SOFA.origin, SOFA.size, SOFA.root, ("more",))
    made = cosign(longer, NAME, KEY, TIME)
    assert verify_note(Note(longer.text, (made,)), [HELD]) == (made,)
    with pytest.raises(BadSignature):
        verify_note(Note(SOFA_TEXT, (made,)), [HELD])


def test_another_time_tree_or_byte_is_refused() -> None:
    made = cosign(SOFA, NAME, KEY, TIME)
    later = (TIME + 1).to_bytes(8, "big") + made.signature[8:]
    wrong = [(SOFA_TEXT, later), (SOFA_TEXT.replace("3\n", "4\n"), made.signature), (SOFA_TEXT, made.signature[8:])]
    for at in range(72):
        changed = bytearray(made.signature)
        changed[at] ^= 1 << at % 8
        wrong.append((SOFA_TEXT, bytes(changed)))
    for text, signature in wrong:
        with pytest.raises(BadSignature):
            verify_note(Note(text, (NoteSignature(NAME, HELD.key_hash, signature),)), [HELD])


def test_a_plain_signature_of_the_same_text_is_no_cosignature() -> None:
    plain = NoteSignature(NAME, HELD.key_hash, TIME.to_bytes(8, "big") + KEY.sign(SOFA_TEXT.encode()))
    with pytest.raises(BadSignature):
        verify_note(Note(SOFA_TEXT, (plain,)), [HELD])


@pytest.mark.parametrize("time", [-1, MAX_TIME + 1])
def test_a_time_that_does_not_fit_is_not_signed(time: int) -> None:
    with pytest.raises(BadNote) as caught:
        cosign(SOFA, NAME, KEY, time)
    assert caught.value.code == "cosignature_time"


def test_a_time_of_the_last_second_that_fits_is_written_and_read() -> None:
    assert split_cosignature(cosign(SOFA, NAME, KEY, MAX_TIME).signature)[0] == MAX_TIME == 2**63 - 1


@pytest.mark.parametrize(("signature", "code"), [(bytes(64), "cosignature_form"), (b"\x80" + bytes(71), "cosignature_time")])
def test_a_cosignature_of_another_form_is_refused(signature: bytes, code: str) -> None:
    with pytest.raises(BadNote) as caught:
        split_cosignature(signature)
    assert caught.value.code == code
    with pytest.raises(BadSignature):
        verify_note(Note(SOFA_TEXT, (NoteSignature(NAME, HELD.key_hash, signature),)), [HELD])
