"""Notices and terms: Markdown that an operator may replace, shown as safe HTML."""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import nh3
from flask import current_app
from flask_babel import gettext as _
from markupsafe import Markup

HERE = Path(__file__).parent / "texts"
NAMES = ("privacy", "terms", "about")
FIELD = re.compile(r"\[(operator|contact|site)\](?!\()")
HEAD = re.compile(r"\A(?:version:\s*(?P<version>\S+)\s*\n)?\s*#\s+(?P<title>[^\n]+)\n(?P<body>.*)\Z", re.DOTALL)
TAGS = {
    "p",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "a",
    "strong",
    "em",
    "blockquote",
    "hr",
    "br",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
MARKS = re.compile(r"([\\`*_\[\]<>#|~])")


class BadText(ValueError):
    """An operator's text lacks its title; the message names the file."""


class Text(NamedTuple):
    """A text ready to show; ``language`` is that of the words, ``version`` what its author calls it."""

    title: str
    body: Markup
    language: str
    version: str


def text(name: str, language: str) -> Text:
    """The operator's text in this language, else the operator's in the other, else ours.

    Raises:
        BadText: when a file of the operator's has no title.

    """
    file, found_language = _file(name, language)
    head = HEAD.match(file.read_text(encoding="utf-8-sig"))
    if head is None:
        msg = f"{file.name}: begin with a title, as in '# Aviso de privacidad'"
        raise BadText(msg)
    settings = current_app.config["SETTINGS"]
    fields = {
        "operator": settings["OPERATOR"] or _("Quien opera este sitio"),
        "contact": settings["OPERATOR_CONTACT"] or _("quien opera este sitio"),
        "site": settings["NAME"],
    }
    title = FIELD.sub(lambda found: fields[found[1]], head["title"].strip())
    body = FIELD.sub(lambda found: MARKS.sub(r"\\\1", fields[found[1]]), head["body"])
    return Text(title, _shown(body), found_language, head["version"] or "")


def notice_version() -> str:
    """The version of the privacy notice that people are shown now."""
    return text("privacy", "es").version or "1"


def _file(name: str, language: str) -> tuple[Path, str]:
    if name not in NAMES:
        raise KeyError(name)
    own = current_app.config["SETTINGS"]["TEXTS"]
    wishes = [language, *(other for other in ("es", "en") if other != language)]
    if own:
        for wish in wishes:
            file = Path(own) / f"{name}.{wish}.md"
            if file.is_file():
                return file, wish
    return HERE / f"{name}.{language}.md", language


@lru_cache(maxsize=16)
def _shown(markdown: str) -> Markup:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - heavy, and only these pages need it

    drawn = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    clean = nh3.clean(drawn, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "http", "mailto", "tel"}, link_rel=None)
    return Markup(clean)  # noqa: S704 - cleaned on the line above
