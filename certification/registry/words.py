"""The sentences of the verify page, for programs and mail: made once for each language, state and reason, then only filled."""

from datetime import datetime
from html import unescape
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g
from flask_babel import force_locale

from certification.registry.dates import day, moment
from certification.registry.telling import last_day
from certification.rules.days import day_of
from certification.rules.facts import Facts
from certification.rules.verdict import Verdict

FILLED = ("begins", "pause_ends", "last_day", "since", "overdue", "then")


class Words:
    """For one application; safe to share between threads."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._sentences: dict[tuple[str, ...], str] = {}
        self._states: dict[tuple[str, str], str] = {}

    def sentence(self, facts: Facts, found: Verdict, zone: ZoneInfo, lang: str) -> str:
        """What the verify page says below the state, without markup."""
        return self._filled("sentence", facts, found, zone, lang)

    def sentence_then(self, facts: Facts, found: Verdict, zone: ZoneInfo, lang: str, then: datetime) -> str:
        """The same of a past instant: nothing in it may be taken for today's."""
        return self._filled("sentence_then", facts, found, zone, lang, then)

    def because(self, facts: Facts, found: Verdict, zone: ZoneInfo, lang: str) -> str:
        """Why, where dates or another label say it and no act's own reason does; empty else."""
        return self._filled("because", facts, found, zone, lang)

    def state(self, lang: str, state: str) -> str:
        """The state's one word, as pages show it."""
        made = self._states.get((lang, state))
        if made is None:
            made = self._states[lang, state] = self._made(lang, "components/state.html", "state_word", state)
        return made

    def _filled(  # noqa: PLR0913 - what a sentence is made of
        self, macro: str, facts: Facts, found: Verdict, zone: ZoneInfo, lang: str, then: datetime | None = None
    ) -> str:
        key = (macro, lang, found.state.value, found.reason.value)
        made = self._sentences.get(key)
        if made is None:
            slots = {name: f"{{{name}}}" for name in FILLED}
            shape = SimpleNamespace(state=found.state.value, reason=found.reason.value)
            made = self._sentences[key] = self._made(lang, "verify/words.html", macro, shape, slots)
        return made.format_map(_days(facts, found, zone, lang, then)) if "{" in made else made

    def _made(self, lang: str, template: str, macro: str, *given: Any) -> str:
        with self._app.app_context(), force_locale(lang):
            g.language = lang
            module: Any = self._app.jinja_env.get_template(template).module
            return unescape(str(getattr(module, macro)(*given))).strip()


def words() -> Words:
    """Those of the application at hand."""
    found: Words | None = current_app.extensions.get("state_words")
    if found is None:
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way out of a proxy
        found = current_app.extensions["state_words"] = Words(app)
    return found


def _days(facts: Facts, found: Verdict, zone: ZoneInfo, lang: str, then: datetime | None) -> dict[str, str]:
    return {
        "then": moment(then, lang, zone) if then else "",
        "begins": day(day_of(facts.valid_from, zone), lang),
        "last_day": day(last_day(facts.valid_until, zone), lang),
        "pause_ends": day(last_day(facts.suspension_until, zone), lang) if facts.suspension_until else "",
        "overdue": day(day_of(facts.grace_ends, zone), lang) if facts.grace_ends else "",
        "since": day(day_of(found.since, zone), lang) if found.since else "",
    }
