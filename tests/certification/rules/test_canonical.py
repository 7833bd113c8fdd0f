import hashlib
import json
import unicodedata
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.canonical import canonical_json, digest
from certification.rules.errors import InvalidInput

words = st.text().map(lambda text: unicodedata.normalize("NFC", text))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


class Colour(StrEnum):
    RED = "rojo"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None, "ñ"]}, '{"a":[true,null,"ñ"],"b":1}'),
        # RFC 8785 §3.2.3 sorts by UTF-16 units, so an emoji comes before the last letters of the first plane
        ({"\uffe6": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\uffe6":1}'),
        ("\u20ac$\u000f\nA'B\"\\", '"€$\\u000f\\nA\'B\\"\\\\"'),
        ((1, 2), "[1,2]"),
        (MappingProxyType({"x": Colour.RED}), '{"x":"rojo"}'),
        (2**53 - 1, "9007199254740991"),
        (False, "false"),
    ],
)
def test_values_have_one_spelling(value: object, written: str) -> None:
    assert canonical_json(value) == written.encode()


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (1.0, "$"),
        (float("nan"), "$"),
        ({"a": [0, 1.5]}, "$.a[1]"),
        (2**53, "$"),
        (-(2**53), "$"),
        ("e\u0301", "$"),
        ({"e\u0301": 1}, "$"),
        ("\ud800", "$"),
        ({1: "x"}, "$"),
        ({"photo": b"x"}, "$.photo"),
        ({1, 2}, "$"),
        (object(), "$"),
    ],
)
def test_what_readers_could_disagree_on_is_refused(value: object, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        canonical_json(value)
    assert (caught.value.code, caught.value.params["where"]) == ("not_canonical", where)


@given(values)
def test_reading_back_and_writing_again_changes_no_byte(value: object) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


def test_a_digest_is_the_sha256_of_the_spelling() -> None:
    assert digest({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()
    assert digest([1]) != digest([2])
