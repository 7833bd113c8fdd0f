"""Both languages are whole."""

import re

import pytest
from flask import Flask

from tests import translations

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


def test_pages_look_sentences_up_in_the_form_they_are_gathered(app: Flask) -> None:
    for options in translations.OPTIONS.values():
        assert app.jinja_env.policies["ext.i18n.trimmed"] is (options["trimmed"] == "true")


def _both(identity: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (identity,) if isinstance(identity, str) else tuple(identity)


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
