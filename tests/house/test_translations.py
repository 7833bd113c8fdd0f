"""Both languages are whole."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from tests import translations

ROOT = Path(__file__).parents[2]
SAY = ("_", "ngettext", "pgettext", "N_", "_l")
PLACES = re.compile(r"%\((\w+)\)[sd]")


def test_every_sentence_has_its_english() -> None:
    known = {message.id for message in translations.read("en") if message.id and all(translations._strings(message))}
    missing = [message.id for message in translations.gathered() if message.id and message.id not in known]
    assert missing == []


def test_no_translation_is_left_that_nothing_says() -> None:
    said = {message.id for message in translations.gathered()}
    left = [message.id for message in translations.read("en") if message.id and message.id not in said]
    assert left == []


def test_a_translation_keeps_the_places_that_values_fill() -> None:
    changed = []
    for message in translations.read("en"):
        for source, word in zip(_both(message.id), translations._strings(message), strict=False):
            if set(PLACES.findall(source)) != set(PLACES.findall(word)):
                changed.append(source)
    assert changed == []


def test_what_is_compiled_is_what_is_written() -> None:
    catalog = translations.read("en")
    mo = (translations.FOLDER / "en" / "LC_MESSAGES" / "messages.mo").read_bytes()
    assert mo == translations.compiled(catalog)


def test_the_check_sees_a_missing_sentence() -> None:
    catalog = translations.read("en")
    catalog.add("Una frase que nadie tradujo")
    assert [message.id for message in translations.untranslated(catalog)] == ["Una frase que nadie tradujo"]


def in_f_strings(source: str) -> list[int]:
    """The lines of f-strings that look a sentence up: most of them are not gathered."""
    found = (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.JoinedStr))
    looked = ((text.lineno, one) for text in found for one in ast.walk(text) if isinstance(one, ast.Call))
    return [line for line, one in looked if isinstance(one.func, ast.Name) and one.func.id in SAY]


def test_no_sentence_stands_in_an_f_string_where_it_is_overlooked() -> None:
    files = [path for folder in ("certification", "marketplace") for path in (ROOT / folder).rglob("*.py")]
    assert {str(path): lines for path in files if (lines := in_f_strings(path.read_text(encoding="utf-8")))} == {}
    assert in_f_strings("x = 1\ny = f\"{a} {_('Una frase')}\"") == [2]  # the control


def test_pages_look_sentences_up_in_the_form_they_are_gathered(app: Flask) -> None:
    for options in translations.OPTIONS.values():
        assert app.jinja_env.policies["ext.i18n.trimmed"] is (options["trimmed"] == "true")


def _both(identity: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (identity,) if isinstance(identity, str) else tuple(identity)


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
