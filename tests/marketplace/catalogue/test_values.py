"""Prices as people write them, and the limits of a draft."""

import pytest

from certification.rules.errors import InvalidInput
from marketplace.catalogue.values import ListingValues, check_bounds, read_price


@pytest.mark.parametrize(
    ("text", "centavos"),
    [
        ("680", 68_000),
        ("680.5", 68_050),
        ("680.50", 68_050),
        ("1,234.50", 123_450),
        ("$1234", 123_400),
        ("$ 1,234", 123_400),
        ("1 234", 123_400),
        ("1\u00a0234", 123_400),
        ("1'234'567.00".replace("1'234'567", "1'000'000"), 100_000_000),
        ("  12 pesos ", 1_200),
        ("12 MXN", 1_200),
        ("0.01", 1),
    ],
)
def test_a_price_is_read_as_people_write_it(text: str, centavos: int) -> None:
    assert read_price(text) == centavos


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("68o", "bad_price"),
        ("mil", "bad_price"),
        ("", "bad_price"),
        ("1,23", "bad_price"),
        ("12,34.50", "bad_price"),
        ("1.234", "bad_price"),
        ("-5", "bad_price"),
        ("1e3", "bad_price"),
        ("٣٤", "bad_price"),
        ("0", "price_out_of_range"),
        ("1000000.01", "price_out_of_range"),
        ("9" * 400, "price_out_of_range"),
    ],
)
def test_what_is_no_price_is_refused_with_a_sentence_at_the_field(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_price(text)
    assert (refused.value.code, refused.value.field) == (code, "price")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (ListingValues(name="a" * 121), "name"),
        (ListingValues(description="a" * 6001), "description"),
        (ListingValues(price_centavos=0), "price_centavos"),
        (ListingValues(stock=-1), "stock"),
        (ListingValues(stock=100_000), "stock"),
        (ListingValues(unit="arroba"), "unit"),
        (ListingValues(alts=(("x", "a" * 251),)), None),
    ],
)
def test_a_draft_has_bounds(values: ListingValues, field: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_bounds(values)
    assert refused.value.field == field


def test_an_empty_draft_is_within_bounds() -> None:
    check_bounds(ListingValues())
