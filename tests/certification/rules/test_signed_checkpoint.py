import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.checkpoint import Checkpoint
from certification.rules.cosignature import cosign
from certification.rules.errors import BadNote, BadSignature, UnknownKey
from certification.rules.note_keys import NoteSignature, SignatureType, VerifierKey, parse_vkey
from certification.rules.notes import Note, sign_text
from certification.rules.signed_checkpoint import Cosigned, open_checkpoint, sign_checkpoint
from tests.certification.rules.log_vectors import REKOR, REKOR_ORIGIN, REKOR_PUBLIC, REKOR_WITNESSES

ORIGIN = "tianguis.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
HELD = VerifierKey.of(ORIGIN, KEY.public_key())
WITNESS_HELD = VerifierKey.of("universidad.example", WITNESS.public_key(), SignatureType.COSIGNATURE)
HEAD = Checkpoint(ORIGIN, 5, bytes(32))
NOTE = sign_checkpoint(HEAD, KEY)
COSIGNED = NOTE.signed_also([cosign(HEAD, "universidad.example", WITNESS, 1_795_000_000)])


def test_the_signed_checkpoint_of_a_log_in_use_opens_with_its_witnesses() -> None:
    witnesses = [parse_vkey(vkey) for vkey in REKOR_WITNESSES]
    log_key = VerifierKey(REKOR_ORIGIN, REKOR_PUBLIC)
    opened = open_checkpoint(REKOR.encode(), REKOR_ORIGIN, [log_key], witnesses)
    assert (opened.checkpoint.size, opened.log_keys) == (114_068_855, (log_key,))
    assert opened.cosigned == tuple(Cosigned(witness, 1_789_662_736) for witness in witnesses)


def test_a_checkpoint_signed_twice_has_the_same_bytes() -> None:
    assert sign_checkpoint(HEAD, KEY).encode() == NOTE.encode()
    assert (
        NOTE.encode()
        .decode()
        .startswith("tianguis.example/log\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— tianguis.example/log ")
    )


def test_what_the_log_signed_opens_without_witnesses() -> None:
    opened = open_checkpoint(COSIGNED.encode(), ORIGIN, [HELD])
    assert (opened.checkpoint, opened.note, opened.log_keys, opened.cosigned) == (HEAD, COSIGNED, (HELD,), ())


def test_a_known_witness_is_named_with_its_time() -> None:
    assert open_checkpoint(COSIGNED.encode(), ORIGIN, [HELD], [WITNESS_HELD]).cosigned == (Cosigned(WITNESS_HELD, 1_795_000_000),)


def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    alone = Note(HEAD.text, (COSIGNED.signatures[1],))
    for log_keys in ([HELD], [], [WITNESS_HELD]):
        with pytest.raises(UnknownKey):
            open_checkpoint(alone.encode(), ORIGIN, log_keys, [WITNESS_HELD])


def test_a_log_key_given_as_a_witness_counts_as_neither() -> None:
    with pytest.raises(UnknownKey):
        open_checkpoint(NOTE.encode(), ORIGIN, [], [HELD])


def test_a_checkpoint_of_another_log_is_refused_though_its_key_is_known() -> None:
    other = Checkpoint("otra.example/log", 5, bytes(32))
    note = Note(other.text, (sign_text(other.text, ORIGIN, KEY),))
    with pytest.raises(BadNote) as caught:
        open_checkpoint(note.encode(), ORIGIN, [HELD])
    assert caught.value.code == "other_origin"


def test_a_text_of_another_form_is_refused_though_it_is_signed() -> None:
    text = f"{ORIGIN}\n05\nAAAA\n"
    with pytest.raises(BadNote) as caught:
        open_checkpoint(Note(text, (sign_text(text, ORIGIN, KEY),)).encode(), ORIGIN, [HELD])
    assert caught.value.code == "checkpoint_size"


@pytest.mark.parametrize("wrong", [HELD, WITNESS_HELD], ids=["of the log", "of a witness"])
def test_a_wrong_signature_of_a_known_key_refuses_the_checkpoint(wrong: VerifierKey) -> None:
    signed = COSIGNED.signed_also([NoteSignature(wrong.name, wrong.key_hash, bytes(72))])
    with pytest.raises(BadSignature):
        open_checkpoint(signed.encode(), ORIGIN, [HELD], [WITNESS_HELD])


def test_during_a_rotation_both_keys_of_the_log_count() -> None:
    both = NOTE.signed_also([sign_text(HEAD.text, ORIGIN, WITNESS)])
    newer = VerifierKey.of(ORIGIN, WITNESS.public_key())
    assert open_checkpoint(both.encode(), ORIGIN, [HELD, newer]).log_keys == (HELD, newer)
    assert open_checkpoint(both.encode(), ORIGIN, [newer]).log_keys == (newer,)


@pytest.mark.parametrize("origin", ["mi registro", "a+b"])
def test_an_origin_that_is_no_key_name_is_not_signed(origin: str) -> None:
    with pytest.raises(BadNote) as caught:
        sign_checkpoint(Checkpoint(origin, 5, bytes(32)), KEY)
    assert caught.value.code == "key_name"
