import pytest

from certification.core.declared import declare


def test_a_name_is_taken_once_and_the_first_stays() -> None:
    parts: dict[str, int] = {}
    declare(parts, "one", 1)
    declare(parts, "two", 2)
    with pytest.raises(ValueError, match="one is declared already"):
        declare(parts, "one", 3)
    assert parts == {"one": 1, "two": 2}
