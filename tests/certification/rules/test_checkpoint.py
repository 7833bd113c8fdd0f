import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.errors import BadNote
from certification.rules.merkle import EMPTY_ROOT, MAX_SIZE
from tests.certification.rules.log_vectors import REKOR, SOFA_TEXT

ROOT64 = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
ROOT = base64.b64decode(ROOT64)
SOFA = Checkpoint("example.com/behind-the-sofa", 20_852_163, ROOT)


def test_the_checkpoint_of_the_specification_is_read_and_written_as_it_is() -> None:
    assert parse_checkpoint(SOFA_TEXT) == SOFA
    assert SOFA.text == SOFA_TEXT


def test_the_checkpoint_of_a_log_in_use_is_read_and_written_as_it_is() -> None:
    text = REKOR.partition("\n\n")[0] + "\n"
    assert parse_checkpoint(text).size == 114_068_855
    assert parse_checkpoint(text).text == text


def test_an_empty_log_has_size_zero_and_the_empty_root() -> None:
    assert Checkpoint("a", 0, EMPTY_ROOT).text == "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


def test_extension_lines_are_kept_as_they_are() -> None:
    assert parse_checkpoint(SOFA_TEXT + "one two\n3\n").extensions == ("one two", "3")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "checkpoint_form"),
        ("a", "checkpoint_form"),
        (SOFA_TEXT[:-1], "checkpoint_form"),
        ("example.com\n5\n", "checkpoint_form"),
        ("\n" + SOFA_TEXT, "checkpoint_size"),
        (f"\n5\n{ROOT64}\n", "checkpoint_origin"),
        (f"a\tb\n5\n{ROOT64}\n", "checkpoint_origin"),
        (f"a\n\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n05\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n00\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n+5\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n-5\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n 5\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n5 \n{ROOT64}\n", "checkpoint_size"),
        (f"a\n5_0\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n٥\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n0x5\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n{2**62 + 1}\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n{10**30}\n{ROOT64}\n", "checkpoint_size"),
        (f"a\n0\n{ROOT64}\n", "checkpoint_root"),
        ("a\n5\nAAAA\n", "checkpoint_root"),
        ("a\n5\n\n", "checkpoint_root"),
        (f"a\n5\n{ROOT64[:-1]}\n", "base64"),
        (f"a\n5\n {ROOT64}\n", "base64"),
        (f"a\n5\n{ROOT64[:-2]}J=\n", "base64"),
        (f"a\n5\n{ROOT64}\r\n", "base64"),
        (SOFA_TEXT + "\n", "checkpoint_extension"),
        (SOFA_TEXT + "x\n\ny\n", "checkpoint_extension"),
        (SOFA_TEXT + "\x00\n", "checkpoint_extension"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadNote) as caught:
        parse_checkpoint(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions", "code"),
    [
        ("", 1, ROOT, (), "checkpoint_origin"),
        ("a\nb", 1, ROOT, (), "checkpoint_origin"),
        ("\ud800", 1, ROOT, (), "checkpoint_origin"),
        ("a", -1, ROOT, (), "checkpoint_size"),
        ("a", MAX_SIZE + 1, ROOT, (), "checkpoint_size"),
        ("a", 0, ROOT, (), "checkpoint_root"),
        ("a", 1, ROOT[1:], (), "checkpoint_root"),
        ("a", 1, ROOT, ("",), "checkpoint_extension"),
        ("a", 1, ROOT, ("x\ny",), "checkpoint_extension"),
    ],
)
def test_a_checkpoint_that_could_not_be_read_back_cannot_be_made(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...], code: str
) -> None:
    with pytest.raises(BadNote) as caught:
        Checkpoint(origin, size, root, extensions)
    assert caught.value.code == code


@given(st.integers(1, MAX_SIZE), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_comes_back_from_its_text(size: int, root: bytes) -> None:
    one = Checkpoint("tianguis.example/log", size, root)
    assert parse_checkpoint(one.text) == one
