from functools import partial

import pytest
from markupsafe import Markup

from certification.core.slots import Cut, Cuts, slot


def test_values_are_escaped_and_what_stands_is_not() -> None:
    assert Cut(f"<p>{slot('a')}</p>").fill({"a": "<b>&"}) == "<p>&lt;b&gt;&amp;</p>"


def test_markup_goes_in_as_it_is() -> None:
    made, given = Cut(f"<p>{slot('a')}{slot('b')}</p>"), {"a": Markup("<b>ñ</b>"), "b": "<"}
    assert made.fill(given) == "<p><b>ñ</b>&lt;</p>"
    assert made.fill_encoded(given) == "<p><b>ñ</b>&lt;</p>".encode()


def test_a_value_that_looks_like_a_slot_is_only_text() -> None:
    assert Cut(f"{slot('a')}{slot('b')}").fill({"a": str(slot("b")), "b": "x"}) == f"{slot('b')}x"


def test_a_slot_may_stand_twice_and_in_any_order() -> None:
    assert Cut(f"{slot('b')}-{slot('a')}-{slot('b')}").fill({"a": 1, "b": 2}) == "2-1-2"


def test_what_stands_is_narrow_and_values_keep_their_letters() -> None:
    assert Cut(f"miel… {slot('a')}").fill({"a": "ʉ…"}) == "miel&#8230; ʉ…"


@pytest.mark.parametrize("odd", ["100 %s de algodón", "%(a)s", "{a}", "uno\x1fdos", "\x1f", "", "ʉ — ꞌ"])
def test_odd_letters_stay_in_their_own_slot(odd: str) -> None:
    made = Cut(f"{slot('a')} 5% {slot('b')}")
    assert made.fill({"a": odd, "b": "<x>"}) == f"{odd} 5% &lt;x&gt;"
    assert made.fill_encoded({"a": odd, "b": "<x>"}) == f"{odd} 5% &lt;x&gt;".encode()
    assert made.ordered("b", "a")("<x>", odd) == f"{odd} 5% &lt;x&gt;"


def test_an_ordered_part_takes_more_values_than_it_shows_and_none_less() -> None:
    made = Cut(f"{slot('b')}{slot('a')}{slot('b')}")
    assert made.ordered("a", "unused", "b")("1", "2", "3") == "313"
    with pytest.raises(KeyError):
        made.ordered("a")


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
