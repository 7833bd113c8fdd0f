import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.errors import BadNote
from certification.rules.note_keys import NoteSignature, SignatureType, VerifierKey, parse_line, parse_vkey
from tests.certification.rules.log_vectors import (
    ENOCH,
    ENOCH_LINE,
    PETER,
    PETER_KEY,
    PETER_LINE,
    REKOR_ORIGIN,
    REKOR_PUBLIC,
    REKOR_WITNESSES,
    SOFA_WITNESS_LINE,
)


def refused(text: str) -> bool:
    try:
        parse_vkey(text)
    except BadNote:
        return True
    return False


@pytest.mark.parametrize("text", [PETER, ENOCH, *REKOR_WITNESSES])
def test_a_published_key_is_read_and_written_as_it_was(text: str) -> None:
    assert parse_vkey(text).text == text


def test_the_parts_of_a_key_are_its_name_its_hash_and_its_type() -> None:
    key = parse_vkey(PETER)
    assert (key.name, key.key_hash.hex(), key.type) == ("PeterNeumann", "c74f20a3", SignatureType.ED25519)
    assert VerifierKey.of("PeterNeumann", PETER_KEY.public_key()) == key
    assert parse_vkey(REKOR_WITNESSES[0]).type is SignatureType.COSIGNATURE
    assert VerifierKey(REKOR_ORIGIN, REKOR_PUBLIC).key_hash.hex() == "cf119915"


def test_the_key_hash_is_made_as_the_specification_words_it() -> None:
    public = bytes(range(32))
    for type_, byte in ((SignatureType.ED25519, b"\x01"), (SignatureType.COSIGNATURE, b"\x04")):
        wanted = hashlib.sha256(b"tianguis.example/log" + b"\n" + byte + public).digest()[:4]
        assert VerifierKey("tianguis.example/log", public, type_).key_hash == wanted


def test_no_part_of_a_key_is_a_key() -> None:
    for start in range(len(PETER)):
        for end in range(start, len(PETER) + 1):
            assert (start, end) == (0, len(PETER)) or refused(PETER[start:end]), PETER[start:end]


def test_no_key_with_a_letter_changed_is_a_key() -> None:
    for at, letter in enumerate(PETER):
        for other in (chr(ord(letter) + 1), letter.swapcase(), "\n", "é"):
            assert other == letter or refused(PETER[:at] + other + PETER[at + 1 :]), (at, other)


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # wrong length, with its own hash
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown type, with its own hash
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER + "\n",
        " " + PETER,
        PETER.replace("+", " "),
        "",
    ],
)
def test_another_length_type_or_spelling_is_no_key(text: str) -> None:
    with pytest.raises(BadNote) as caught:
        parse_vkey(text)
    assert caught.value.code in {"key_form", "key_name"}


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\u2003", "a\nb", "a\tb", "a\x00", "\x1f", "a\u2028b", "\ud800", "x" * 256]
)
def test_a_name_without_spaces_plus_and_controls_or_none(name: str) -> None:
    with pytest.raises(BadNote) as caught:
        VerifierKey(name, bytes(32))
    assert caught.value.code == "key_name"
    with pytest.raises(BadNote):
        NoteSignature(name, bytes(4), bytes(64))


def test_a_name_of_other_alphabets_is_good() -> None:
    assert parse_vkey(VerifierKey("testigo.example/ñandú—東", bytes(32)).text).name == "testigo.example/ñandú—東"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_public_key_has_32_bytes(length: int) -> None:
    with pytest.raises(BadNote) as caught:
        VerifierKey("a", bytes(length))
    assert caught.value.code == "key_form"


@pytest.mark.parametrize("line", [PETER_LINE, ENOCH_LINE, SOFA_WITNESS_LINE])
def test_a_published_signature_line_is_read_and_written_as_it_was(line: str) -> None:
    assert parse_line(line).line == line


def test_the_parts_of_a_line_are_name_hash_and_signature() -> None:
    signature = parse_line(SOFA_WITNESS_LINE)
    assert (signature.name, signature.key_hash.hex(), len(signature.signature)) == ("witness.example.com/w1", "8d66cf3f", 72)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "signature_form"),
        ("\n", "signature_form"),
        (PETER_LINE[:-1], "signature_form"),
        (PETER_LINE.replace("—", "-"), "signature_form"),
        (PETER_LINE.replace("—", "–"), "signature_form"),
        (PETER_LINE.replace("— ", "—"), "signature_form"),
        ("x" + PETER_LINE, "signature_form"),
        (PETER_LINE.replace("— ", "—  "), "base64"),
        (PETER_LINE.replace("PeterNeumann ", "PeterNeumann  "), "base64"),
        (PETER_LINE.replace("PeterNeumann", "Peter Neumann"), "base64"),
        (PETER_LINE.replace("PeterNeumann", "Peter+Neumann"), "key_name"),
        (PETER_LINE.replace("=\n", "\n"), "base64"),
        (PETER_LINE.replace("=\n", "==\n"), "base64"),
        (PETER_LINE.replace("=\n", "= \n"), "base64"),
        (PETER_LINE.replace("AM=\n", "AN=\n"), "base64"),
        (PETER_LINE.replace("/", "_"), "base64"),
        (PETER_LINE.replace("x08g", "x0é8"), "base64"),
        (PETER_LINE + "\n", "base64"),
        ("— PeterNeumann x08gow==\n", "signature_form"),
        ("— PeterNeumann x08=\n", "signature_form"),
        ("— PeterNeumann \n", "signature_form"),
    ],
)
def test_a_line_of_another_form_is_refused(line: str, code: str) -> None:
    with pytest.raises(BadNote) as caught:
        parse_line(line)
    assert caught.value.code == code


@given(st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=100))
def test_every_signature_comes_back_from_its_line(key_hash: bytes, signature: bytes) -> None:
    one = NoteSignature("tianguis.example/log", key_hash, signature)
    assert parse_line(one.line) == one


def test_the_same_key_as_log_and_as_witness_has_two_hashes() -> None:
    public = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    assert VerifierKey.of("a", public).key_hash != VerifierKey.of("a", public, SignatureType.COSIGNATURE).key_hash
