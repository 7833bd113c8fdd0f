import pytest

from certification.rules.words import Span, Text


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("Café  orgánico, de altura.", ["cafe", "organico", "de", "altura"]),
        ("bio-mezcal/eco_logico", ["bio", "mezcal", "eco", "logico"]),
        ("or\u00adgá\u200bni\u0301co", ["organico"]),
        ("diꞌidxazá 100%", ["diidxaza", "100"]),
        ("  …  ", []),
        ("", []),
    ],
)
def test_words(source: str, folded: list[str]) -> None:
    assert [word.folded for word in Text(source).words] == folded


def test_a_word_knows_where_it_stands() -> None:
    source = "Es o\u0301rgano, y café"
    assert [source[word.start : word.end] for word in Text(source).words] == ["Es", "o\u0301rgano", "y", "café"]
    assert [word.after_comma for word in Text(source).words] == [False, False, True, False]


@pytest.mark.parametrize(
    ("phrase", "source", "commas", "spans"),
    [
        ("de mar", "sal de mar, de mar", False, [Span(1, 3), Span(3, 5)]),
        ("a a", "a a a", False, [Span(0, 2), Span(1, 3)]),
        ("Tequila, Jalisco", "tequila jalisco", False, [Span(0, 2)]),
        ("Tequila, Jalisco", "tequila jalisco", True, []),
        ("Tequila, Jalisco", "en Tequila , Jalisco", True, [Span(1, 3)]),
        ("no es", "no, es", True, []),
        ("es", "no, es", True, [Span(1, 2)]),
        ("larga frase", "larga", False, []),
        ("", "nada", False, []),
    ],
)
def test_occurrences(phrase: str, source: str, spans: list[Span], *, commas: bool) -> None:
    assert list(Text(source).occurrences(Text(phrase), commas=commas)) == spans


@pytest.mark.parametrize(
    ("one", "two", "distance"),
    [(Span(0, 2), Span(2, 3), 1), (Span(0, 2), Span(7, 8), 6), (Span(7, 8), Span(0, 2), 6), (Span(0, 3), Span(2, 4), 0)],
)
def test_distance_in_words(one: Span, two: Span, distance: int) -> None:
    assert one.distance(two) == distance
