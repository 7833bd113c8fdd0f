"""The sentences of the verify page, for programs: made once for each language, state and reason, then only filled."""

from html import unescape
from types import SimpleNamespace
from typing import Any

from flask import Flask, g
from flask_babel import force_locale

FILLED = ("begins", "pause_ends", "last_day", "since")


class Words:
    """For one application; safe to share between threads."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._sentences: dict[tuple[str, str, str], str] = {}
        self._states: dict[tuple[str, str], str] = {}

    def sentence(self, lang: str, state: str, reason: str, values: dict[str, str | None]) -> str:
        """What the verify page says below the state; ``values`` are the days of :data:`FILLED` in that language."""
        key = (lang, state, reason)
        made = self._sentences.get(key)
        if made is None:
            slots = {name: f"{{{name}}}" for name in FILLED}
            shape = SimpleNamespace(state=state, reason=reason)
            made = self._sentences[key] = self._made(lang, "verify/words.html", "sentence", shape, slots)
        return made.format_map(values) if "{" in made else made

    def state(self, lang: str, state: str) -> str:
        """The state's one word, as pages show it."""
        made = self._states.get((lang, state))
        if made is None:
            made = self._states[lang, state] = self._made(lang, "components/state.html", "state_word", state)
        return made

    def _made(self, lang: str, template: str, macro: str, *given: Any) -> str:
        with self._app.app_context(), force_locale(lang):
            g.language = lang
            module: Any = self._app.jinja_env.get_template(template).module
            return unescape(str(getattr(module, macro)(*given))).strip()
