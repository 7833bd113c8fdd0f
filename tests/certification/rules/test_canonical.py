import hashlib
import json
import unicodedata
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.canonical import canonical_json, digest, jcs
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


@pytest.mark.parametrize(
    ("value", "written"),
    [
        # RFC 8785 appendix B
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (1e21, "1e+21"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (333333333.3333332, "333333333.3333332"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.0, "1"),
        (2**53, "9007199254740992"),
        (10**20, "100000000000000000000"),
        ({"e\u0301": [1.5, "e\u0301"]}, '{"e\u0301":[1.5,"e\u0301"]}'),
    ],
)
def test_what_others_sign_has_the_spelling_of_the_standard(value: object, written: str) -> None:
    assert jcs(value) == written.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 2**53 + 1, 10**400, "\ud800", {1: "x"}, b"x"])
def test_what_no_program_could_write_alike_is_refused_of_others_too(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        jcs([value])
    assert caught.value.code == "not_canonical"


@given(values)
def test_what_is_ours_has_one_spelling_by_either_rule(value: object) -> None:
    assert jcs(value) == canonical_json(value)


@given(values)
def test_reading_back_and_writing_again_changes_no_byte(value: object) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


def test_a_digest_is_the_sha256_of_the_spelling() -> None:
    assert digest({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()
    assert digest([1]) != digest([2])
