from functools import partial

import pytest
from markupsafe import Markup

from certification.core.slots import Cut, Cuts, slot


def test_values_are_escaped_and_what_stands_is_not() -> None:
    assert Cut(f"<p>{slot('a')}</p>").fill({"a": "<b>&"}) == "<p>&lt;b&gt;&amp;</p>"


def test_markup_goes_in_as_it_is() -> None:
    assert Cut(f"<p>{slot('a')}</p>").fill({"a": Markup("<b>x</b>")}) == "<p><b>x</b></p>"


def test_a_value_that_looks_like_a_slot_is_only_text() -> None:
    assert Cut(f"{slot('a')}{slot('b')}").fill({"a": str(slot("b")), "b": "x"}) == f"{slot('b')}x"


def test_a_slot_may_stand_twice_and_in_any_order() -> None:
    assert Cut(f"{slot('b')}-{slot('a')}-{slot('b')}").fill({"a": 1, "b": 2}) == "2-1-2"


def test_a_missing_value_is_a_failure() -> None:
    with pytest.raises(KeyError):
        Cut(str(slot("a"))).fill({})


def test_a_template_is_rendered_once_for_each_key() -> None:
    rendered: list[str] = []
    cuts = Cuts(most=2)

    def render(text: str) -> str:
        rendered.append(text)
        return text

    for key in ("a", "a", "b", "a", "c", "a"):
        cuts.get(key, partial(render, key))
    assert rendered == ["a", "b", "c", "a"]  # the oldest left when the third came


def test_marks_tell_texts_apart() -> None:
    assert Cut("one").mark == Cut("one").mark != Cut("two").mark
