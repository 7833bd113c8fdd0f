from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openvc.multibase import decode_multibase, encode_multibase

from certification.rules.errors import InvalidInput
from certification.rules.jsontext import read_object
from certification.rules.multiformats import (
    decode_base58btc,
    decode_base64url,
    decode_multibase64,
    decode_multikey,
    encode_base58btc,
    encode_base64url,
    encode_multibase64,
    encode_multikey,
)

PUBLIC = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
MULTIKEY = encode_multikey(PUBLIC)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "z"),
        (b"\0", "z1"),
        (b"\0\0\x01", "z112"),
        (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
        (b"\xff" * 3, "z2UzHL"),
    ],
    ids=["nothing", "a zero", "zeros before", "the draft's greeting", "the draft's zeros", "all ones"],
)
def test_base58_has_these_spellings(raw: bytes, text: str) -> None:
    assert encode_base58btc(raw) == text
    assert decode_base58btc(text) == raw


def test_base58_agrees_with_another_implementation() -> None:
    for size in range(1, 70):
        raw = bytes(at * size % 256 for at in range(size))
        assert encode_base58btc(raw) == encode_multibase(raw)
        assert decode_multibase(encode_base58btc(raw)) == raw


@pytest.mark.parametrize(
    "text",
    ["", "2NEpo7", "u2NEpo7", "z0", "zO", "zI", "zl", "z2NEpo7 ", "zé", "z" + "2" * 256, None, 7, b"z2"],
)
def test_another_base58_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_base58btc(text)
    assert caught.value.code == "bad_multibase"


@pytest.mark.parametrize(("raw", "text"), [(b"", ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (b"\xfb\xff", "-_8")])
def test_base64url_is_that_of_the_standard_without_padding(raw: bytes, text: str) -> None:
    assert encode_base64url(raw) == text
    assert decode_base64url(text) == raw
    assert encode_multibase64(raw) == "u" + text
    assert decode_multibase64("u" + text) == raw


@pytest.mark.parametrize("text", ["Zg==", "Zh", "Z", "Zm9v\n", "Zm 9v", "+/8", "é", None])
def test_another_base64url_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_base64url(text)
    assert caught.value.code == "bad_base64url"


@pytest.mark.parametrize("text", ["Zg", "mZg", "UZg", "", None])
def test_multibase_of_another_base_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_multibase64(text)
    assert caught.value.code == "bad_multibase"


def test_a_key_is_spelled_as_a_multikey_and_comes_back() -> None:
    assert MULTIKEY == "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"
    assert decode_multikey(MULTIKEY).public_bytes_raw() == PUBLIC.public_bytes_raw()


def test_every_changed_character_of_a_multikey_gives_another_key_or_none() -> None:
    for at in range(len(MULTIKEY)):
        changed = MULTIKEY[:at] + ("2" if MULTIKEY[at] != "2" else "3") + MULTIKEY[at + 1 :]
        try:
            assert decode_multikey(changed).public_bytes_raw() != PUBLIC.public_bytes_raw()
        except InvalidInput as refused:
            assert refused.code in {"bad_multikey", "bad_multibase"}  # noqa: PT017 - either outcome is right, a third is not


@pytest.mark.parametrize(
    "raw",
    [b"\xec\x01" + bytes(32), b"\xed\x01" + bytes(31), b"\xed\x01" + bytes(33), bytes(32), b"\xed\x01"],
    ids=["X25519", "short", "long", "no prefix", "prefix alone"],
)
def test_what_is_no_ed25519_multikey_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_multikey(encode_base58btc(raw))
    assert caught.value.code == "bad_multikey"


def test_the_key_of_the_w3c_vector_is_read(shared_data: Path) -> None:
    said = read_object((shared_data / "vectors" / "publicKey.json").read_bytes())["publicKeyMultibase"]
    assert encode_multikey(decode_multikey(said)) == said
