import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from certification.rules.errors import BadSignature, InvalidInput, UnknownKey
from certification.rules.signing import Keypair, Signed, Verified, sign, verify

KEY = Keypair(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), demonstration=False)
DEMO = Keypair(KEY.private, demonstration=True)
SAID = {"type": "test", "holder": "Taller Nube Roja", "n": 1}
SIGNED = sign(SAID, KEY)
HELD = {KEY.kid: KEY.public}


def test_what_was_signed_verifies() -> None:
    assert verify(SIGNED, HELD) == Verified(KEY.kid, SAID, demonstration=False)


def test_signature_and_kid_are_fixed_by_key_and_statement() -> None:
    assert sign({"n": 1, "holder": "Taller Nube Roja", "type": "test"}, KEY) == SIGNED
    assert KEY.kid == "kzdvvj2umnduyauf"
    assert SIGNED.signature == "7C_PbAQOlQC0ZeIhUAQFhuSjhaP4vXvQcybycCq1Vew1Sr-kAMIiNY7szfOnMvg-3rfJZWR0tjk8iRXaccfNBA"


@pytest.mark.parametrize(
    "other",
    [
        {**SAID, "holder": "Taller Nube Roj"},
        {**SAID, "n": 2},
        {**SAID, "more": None},
        {"type": "test", "n": 1},
        {**SAID, "n": 1.0},
    ],
    ids=["a letter less", "another number", "one key more", "one key less", "no canonical form"],
)
def test_a_changed_statement_is_caught(other: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        verify(replace(SIGNED, statement=other), HELD)


def test_every_changed_bit_of_the_signature_is_caught() -> None:
    raw = base64.urlsafe_b64decode(SIGNED.signature + "==")
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        text = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
        with pytest.raises(BadSignature):
            verify(replace(SIGNED, signature=text), HELD)


@pytest.mark.parametrize(
    "spelled",
    [
        SIGNED.signature + "==",
        SIGNED.signature + "\n",
        SIGNED.signature[:-1],
        SIGNED.signature[:-1] + chr(ord(SIGNED.signature[-1]) + 1),
        "",
        "ñ" * 86,
        "!" + SIGNED.signature,
    ],
    ids=["padded", "line feed", "shorter", "other spare bits", "empty", "not ASCII", "a stranger ignored by lax decoders"],
)
def test_a_signature_has_one_spelling(spelled: str) -> None:
    with pytest.raises(BadSignature):
        verify(replace(SIGNED, signature=spelled), HELD)


def test_a_key_that_is_not_held_is_unknown() -> None:
    with pytest.raises(UnknownKey) as caught:
        verify(SIGNED, {})
    assert caught.value.params == {"kid": KEY.kid}


def test_a_key_under_another_name_is_unknown() -> None:
    other = Keypair.generate(demonstration=False)
    with pytest.raises(UnknownKey):
        verify(sign(SAID, other), {other.kid: KEY.public})
    with pytest.raises(UnknownKey):
        verify(Signed("mine", SIGNED.signature, SAID), {"mine": KEY.public})


def test_a_demonstration_key_counts_only_where_it_is_allowed() -> None:
    shown = sign(SAID, DEMO)
    held = {DEMO.kid: DEMO.public}
    assert shown.kid == "demo-" + KEY.kid
    with pytest.raises(UnknownKey) as caught:
        verify(shown, held)
    assert caught.value.code == "demonstration_key"
    assert verify(shown, held, allow_demonstration=True).demonstration


def test_taking_the_demonstration_mark_off_a_signature_helps_nobody() -> None:
    shown = replace(sign(SAID, DEMO), kid=KEY.kid)
    with pytest.raises(UnknownKey):
        verify(shown, {DEMO.kid: DEMO.public})


@pytest.mark.parametrize("key", [KEY, DEMO], ids=["real", "demonstration"])
def test_a_key_comes_back_from_its_file_as_it_was(key: Keypair) -> None:
    back = Keypair.from_pem(key.to_pem())
    assert (back.kid, back.demonstration) == (key.kid, key.demonstration)


def test_two_new_keys_differ() -> None:
    assert Keypair.generate(demonstration=True).kid != Keypair.generate(demonstration=True).kid


X25519 = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
LOCKED = KEY.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


@pytest.mark.parametrize("pem", [b"", b"no key", X25519, LOCKED], ids=["empty", "prose", "another kind of key", "locked"])
def test_a_file_without_our_kind_of_key_is_refused(pem: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        Keypair.from_pem(pem)
    assert caught.value.code == "no_key"


def test_a_key_does_not_show_itself() -> None:
    assert "private" not in repr(KEY)
