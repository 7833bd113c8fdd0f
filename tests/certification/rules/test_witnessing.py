"""The body of add-checkpoint, by the example of C2SP tlog-witness and by everything that is none."""

import pytest

from certification.rules.errors import BadNote
from certification.rules.notes import parse_note
from certification.rules.witnessing import Submission, parse_submission, read_size, size_text
from tests.certification.rules.log_vectors import SOFA_LINE, SOFA_TEXT

PROOF = (
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
)
EXAMPLE = f"old 20852014\n{PROOF}\n{SOFA_TEXT}\n{SOFA_LINE}".encode()


def test_the_example_of_the_specification_is_read_and_written_byte_for_byte() -> None:
    found = parse_submission(EXAMPLE)
    assert (found.old, len(found.proof), found.proof[0].hex()[:8]) == (20_852_014, 4, "3e544d0a")
    assert parse_note(found.note).text == SOFA_TEXT
    assert found.encode() == EXAMPLE


def test_a_first_checkpoint_has_no_proof() -> None:
    body = f"old 0\n\n{SOFA_TEXT}\n{SOFA_LINE}".encode()
    assert parse_submission(body) == Submission(0, (), f"{SOFA_TEXT}\n{SOFA_LINE}".encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"\n\n",
        b"old 00\n\nx",
        b"old 01\n\nx",
        b"old -1\n\nx",
        b"old  1\n\nx",
        b"Old 1\n\nx",
        b"1\n\nx",
        b"old 1 \n\nx",
        b"old 1\r\n\r\nx",
        b"old 99999999999999999999\n\nx",
        "old ١\n\nx".encode(),
        b"old 1\nAA==\n\nx",
        b"old 1\nnot base64\n\nx",
        b"old 1\n" + b"A" * 43 + b"\n\nx",
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx",
        b"old 1\n\n" + b"x" * 300_000,
    ],
)
def test_what_is_no_submission_is_refused(body: bytes) -> None:
    with pytest.raises(BadNote):
        parse_submission(body)


def test_sixty_three_hashes_are_the_most() -> None:
    assert len(parse_submission(b"old 1\n" + (b"A" * 43 + b"=\n") * 63 + b"\nx").proof) == 63


def test_a_size_has_one_spelling() -> None:
    assert read_size(size_text(20_852_014)) == 20_852_014
    for body in (b"", b"7", b"07\n", b"-7\n", b"7\n\n", b"99999999999999999999\n"):
        with pytest.raises(BadNote):
            read_size(body)
