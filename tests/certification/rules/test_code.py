import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.code import (
    ALPHABET,
    LENGTH,
    NearMiss,
    Slip,
    canonical,
    check_character,
    code_in,
    display,
    near_misses,
    new_code,
    parse,
)
from certification.rules.errors import BadCode

DOCS = Path(__file__).parents[3] / "docs" / "certificate-code.md"
VECTORS = re.findall(r"^\| (\w{10}) \| (\w) \| ([\w-]+) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)

payloads = st.text(ALPHABET, min_size=10, max_size=10)
codes = payloads.map(lambda payload: payload + check_character(payload))


def by_the_formula(payload: str) -> str:
    """The check again, with another multiplication: polynomials over GF(2), bit by bit."""
    total = 0
    for power, letter in enumerate(payload, start=1):
        product = ALPHABET.index(letter) << power
        for bit in range(product.bit_length() - 1, 4, -1):
            if product >> bit & 1:
                product ^= 0b100101 << bit - 5
        total ^= product
    return ALPHABET[total]


@pytest.mark.parametrize(("payload", "check", "printed"), VECTORS)
def test_the_vectors_of_the_document_hold(payload: str, check: str, printed: str) -> None:
    assert check_character(payload) == by_the_formula(payload) == check
    assert display(payload + check) == printed
    assert parse(printed) == payload + check


def test_the_document_has_vectors() -> None:
    assert len(VECTORS) == 10


@given(payloads)
def test_the_check_is_the_formula(payload: str) -> None:
    assert check_character(payload) == by_the_formula(payload)


@given(codes)
def test_every_single_substitution_is_caught(code: str) -> None:
    for at in range(LENGTH):
        for other in set(ALPHABET) - {code[at]}:
            with pytest.raises(BadCode) as caught:
                parse(code[:at] + other + code[at + 1 :])
            assert caught.value.code == "code_check"


@given(codes)
def test_every_swap_of_different_characters_is_caught(code: str) -> None:
    for one in range(LENGTH):
        for two in range(one + 1, LENGTH):
            if code[one] != code[two]:
                letters = list(code)
                letters[one], letters[two] = letters[two], letters[one]
                with pytest.raises(BadCode):
                    parse("".join(letters))


@given(codes)
def test_a_code_survives_printing_and_careless_typing(code: str) -> None:
    assert parse(display(code)) == code
    assert parse(display(code).lower().replace("-", " – ")) == code
    assert parse(code.replace("0", "o").replace("1", "l")) == code
    assert parse(code.replace("0", "O").replace("1", "I")) == code


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "code_length"),
        ("0123-4567-89", "code_length"),
        ("0123-4567-89-00", "code_length"),
        ("0123-4567-89-U", "code_letters"),
        ("0123-4567-89-Ñ", "code_letters"),
        ("0123-4567-8٩-0", "code_letters"),
        ("ı000000000ſ", "code_letters"),
        ("7QK4-M2XD-9F-C", "code_check"),
        ("0123-4567-98-0", "code_check"),
    ],
)
def test_what_is_wrong_is_told_apart(typed: str, fault: str) -> None:
    with pytest.raises(BadCode) as caught:
        parse(typed)
    assert caught.value.code == fault
    assert "%" not in str(caught.value)


def test_a_new_code_is_good_and_comes_from_the_source_given() -> None:
    class Dice:
        def __init__(self, seed: int) -> None:
            self.source = random.Random(seed)

        def randbelow(self, exclusive_upper_bound: int, /) -> int:
            return self.source.randrange(exclusive_upper_bound)

    made = [new_code(Dice(7)) for _ in range(2)]
    assert made[0] == made[1] == parse(made[0])
    assert len({new_code() for _ in range(1000)}) == 1000


@given(codes, st.integers(0, 9))
def test_a_swap_of_neighbours_is_pointed_at(code: str, at: int) -> None:
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    expected = NearMiss(Slip.SWAPPED, (at + 1, at + 2))
    assert (expected in near_misses(swapped)) == (code[at] != code[at + 1])


def test_a_look_alike_is_pointed_at() -> None:
    good = "A1B2C3D4E59"
    assert NearMiss(Slip.LOOK_ALIKE, (3,)) in near_misses("A18" + good[3:])


@given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH))
def test_hints_are_few_and_hold_no_characters(text: str) -> None:
    hints = near_misses(text)
    assert len(hints) <= 21
    assert all(1 <= position <= LENGTH for hint in hints for position in hint.positions)


@pytest.mark.parametrize("text", ["0123-4567-89-0", "", "U123-4567-89-0", "nothing like it"])
def test_no_hints_for_what_is_good_or_no_code_at_all(text: str) -> None:
    assert near_misses(text) == ()


def test_canonical_leaves_strangers_in_so_that_they_are_refused() -> None:
    assert canonical(" 7qk4-m2xd ñ") == "7QK4M2XDñ"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://tianguis.example/V/7QK4M2XD9FQ",
        "tianguis.example/v/7QK4-M2XD-9F-Q?lang=en",
        "7QK4-M2XD-9F-Q\u200b",
        " 7qk4 m2xd 9fq",
    ],
)
def test_a_whole_address_or_what_copying_adds_is_read_as_the_code_in_it(pasted: str) -> None:
    assert canonical(code_in(pasted)) == "7QK4M2XD9FQ"
