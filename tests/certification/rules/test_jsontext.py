import pytest

from certification.rules.errors import InvalidInput
from certification.rules.jsontext import read_object


def test_an_object_is_read_as_it_stands() -> None:
    assert read_object('{"a": [1, "ñ", null, true, {"b": -2}]}'.encode()) == {"a": [1, "ñ", None, True, {"b": -2}]}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"a"',
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 1}}',
        b'{"a": 1.0}',
        b'{"a": 1e3}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\xff"}',
        b'{"a": 1} x',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a":' * 100_000,
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
    ids=[
        "nothing", "a list", "a text", "a key twice", "a key twice inside", "a fraction", "an exponent", "NaN", "infinity",
        "no UTF-8", "something behind", "a byte order mark", "too deep", "a number without end",
    ],
)  # fmt: skip
def test_what_has_no_single_meaning_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_object(raw)
    assert caught.value.code == "bad_json"


def test_one_byte_over_the_limit_is_refused() -> None:
    assert read_object(b'{"a":1}', longest=7) == {"a": 1}
    with pytest.raises(InvalidInput) as caught:
        read_object(b'{"a":1}', longest=6)
    assert caught.value.code == "too_long"


def test_fractions_are_read_where_they_are_wanted() -> None:
    assert read_object(b'{"a": [1.5, 1e3, -0.0, 7]}', fractions=True) == {"a": [1.5, 1000.0, -0.0, 7]}
    for raw in (b'{"a": 1e400}', b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1.5, "a": 1.5}', b'{"a": 1.}'):
        with pytest.raises(InvalidInput):
            read_object(raw, fractions=True)
