import pytest

from certification.rules.fold import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Orgánico", "organico"),
        ("PIÑA", "pina"),
        ("pingüino", "pinguino"),
        ("Wixárika, Tepɨche", "wixarika, tepiche"),
        ("orga\u0301nico", "organico"),
        ("bi\u200bo", "bio"),
        ("ＢＩＯ", "bio"),
        ("diꞌidxazá", "diidxaza"),
        ("STRASSE straße", "strasse strasse"),
        ("", ""),
    ],
)
def test_case_accents_and_invisible_marks_fold_away(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_folding_twice_changes_nothing() -> None:
    for point in range(0x3000):
        once = fold(chr(point))
        assert fold(once) == once, hex(point)


def test_different_words_stay_different() -> None:
    assert fold("mezcal") != fold("mezcala")
