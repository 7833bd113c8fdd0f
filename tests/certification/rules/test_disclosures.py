from dataclasses import replace

import pytest

from certification.rules.disclosures import Commitment, Disclosure, disclose, disclosed
from certification.rules.errors import InvalidInput

SALTS = [bytes(range(at, at + 16)) for at in range(3)]
MAKERS = disclose("makers", ["Aurelia Prueba", "Benito Ficticio", "Aurelia Prueba"], SALTS)
SIGNED = [one.commitment for one in MAKERS]


def test_a_commitment_is_the_digest_of_salt_path_and_value() -> None:
    assert MAKERS[0] == Disclosure("makers/0", "Aurelia Prueba", "000102030405060708090a0b0c0d0e0f")
    assert SIGNED[0] == Commitment("makers/0", "sha-256:14487f15a6009ee61b9d6906114ab9dddfe97dbd3edd8583a2a3069e1ff2dbc2")


def test_two_fields_of_one_value_share_nothing() -> None:
    assert len({one.digest for one in SIGNED}) == 3


def test_every_disclosure_fits_its_commitment() -> None:
    assert disclosed(SIGNED, MAKERS) == {
        "makers/0": "Aurelia Prueba",
        "makers/1": "Benito Ficticio",
        "makers/2": "Aurelia Prueba",
    }


def test_a_removed_disclosure_leaves_the_others_verifying() -> None:
    assert disclosed(SIGNED, MAKERS[1:2]) == {"makers/1": "Benito Ficticio"}
    assert disclosed(SIGNED, []) == {}


@pytest.mark.parametrize(
    "other",
    [
        replace(MAKERS[0], value="Aurelia Pruebas"),
        replace(MAKERS[0], value=""),
        replace(MAKERS[0], path="makers/1"),
        replace(MAKERS[0], path="reviewers/0"),
        replace(MAKERS[0], salt=MAKERS[1].salt),
        replace(MAKERS[0], salt=MAKERS[0].salt[:-1] + "e"),
    ],
    ids=["another name", "no name", "another place", "another field", "another salt", "one digit of the salt"],
)
def test_another_disclosure_is_refused(other: Disclosure) -> None:
    with pytest.raises(InvalidInput) as caught:
        disclosed(SIGNED, [other])
    assert caught.value.code == "bad_disclosure"


def test_a_field_is_disclosed_once() -> None:
    with pytest.raises(InvalidInput):
        disclosed(SIGNED, [MAKERS[0], MAKERS[0]])


@pytest.mark.parametrize(("path", "salt"), [("makers", "00" * 16), ("makers/01", "00" * 16), ("makers/0\n", "00" * 16), ("makers/0", "00" * 15), ("makers/0", "0G" * 16), ("makers/0", "AB" * 16)])  # fmt: skip
def test_a_disclosure_has_one_spelling(path: str, salt: str) -> None:
    with pytest.raises(InvalidInput):
        Disclosure(path, "Aurelia Prueba", salt)


@pytest.mark.parametrize("salts", [[b"short"], [bytes(17)]])
def test_a_salt_has_128_bits(salts: list[bytes]) -> None:
    with pytest.raises(InvalidInput):
        disclose("makers", ["Aurelia Prueba"], salts)


def test_no_two_names_share_a_salt() -> None:
    with pytest.raises(InvalidInput):
        disclose("makers", ["Aurelia Prueba", "Benito Ficticio"], [bytes(16), bytes(16)])
    with pytest.raises(ValueError, match="shorter"):
        disclose("makers", ["Aurelia Prueba", "Benito Ficticio"], [bytes(16)])


@pytest.mark.parametrize("digest", ["", "sha-256:", "sha-256:" + "A" * 64, "sha-1:" + "a" * 64])
def test_a_commitment_has_one_spelling(digest: str) -> None:
    with pytest.raises(InvalidInput):
        Commitment("makers/0", digest)
