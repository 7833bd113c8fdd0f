"""What lies in an export for people: the page that checks in a browser, and the program that checks in Python."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from certification.core.assets import content
from certification.outside.layout import HEAD, INDEX, PROGRAM
from certification.outside.verify import FACTS
from certification.registry.export_program import program
from certification.registry.issuer import origin
from certification.rules.attested_words import REASONS, STATES, SUBJECTS, UNSAID
from certification.rules.verdict import PublicState

FOLDER = "check"
PAGES = {"es": INDEX, "en": "index.en.html"}
LOCALES = {"es": "es-MX", "en": "en"}
SCRIPTS = ("base.js", "credential.js", "log.js", "judge.js", "folder.js")
VENDORED = ("noble-ed25519.js", "noble-ed25519.LICENSE.txt")


def pages(log_origin: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file."""
    static, english = Path(current_app.static_folder or ""), _english()
    yield PROGRAM, program(english)
    for name in (*SCRIPTS, "page.js"):
        yield f"{FOLDER}/{name}", content(static, f"export/{name}")
    for name in VENDORED:
        yield f"{FOLDER}/{name}", content(static, f"vendor/{name}")
    yield f"{FOLDER}/style.css", content(static, "css/verify.css")
    for lang, page in PAGES.items():
        with force_locale(lang):
            yield f"{FOLDER}/words.{lang}.js", f"tianguis.words = {json.dumps(_words(lang), ensure_ascii=False)};\n".encode()
            yield page, _page(lang, log_origin).encode()


def _page(lang: str, log_origin: str) -> str:
    scripts = [f"{FOLDER}/{name}" for name in (VENDORED[0], *SCRIPTS, f"words.{lang}.js")]
    return current_app.jinja_env.get_template("export/index.html").render(
        lang=lang,
        site_name=str(current_app.config["SETTINGS"]["NAME"]),
        other_page=PAGES["en" if lang == "es" else "es"],
        registry=origin().partition("://")[2],
        log_origin=log_origin,
        states=[state.value for state in PublicState],
        scripts=[*scripts, HEAD, f"{FOLDER}/page.js"],
    )


def _words(lang: str) -> dict[str, Any]:
    """Everything that the page says once it has checked. Places are filled in the browser, so they stay as they are."""
    return {
        "lang": lang,
        "locale": LOCALES[lang],
        "states": {state.value: _(words) for state, words in STATES.items()},
        "reasons": {code: _(words) for code, words in REASONS.items()},
        "subjects": {about.value: _(words) for about, words in SUBJECTS.items()},
        "facts": {name: _(words) for name, words in FACTS.items()},
        "unsaid": _(UNSAID),
        "as_of": _("Revisado al %(when)s."),
        "since": _("Desde el %(when)s."),
        "lists": _("Las listas de estados se firmaron el %(signed)s (%(age)s) y valen hasta el %(end)s."),
        "successor": _("Lo reemplaza el sello %(code)s."),
        "known": _("El %(when)s su estado era: %(state)s."),
        "made": _("La copia se hizo el %(when)s."),
        "unreadable": _("La copia no se puede leer: falta su archivo principal o está dañado."),
        "weave": _("Tejido del sello %(code)s"),
        "day": _("Escriba una fecha completa."),
        "faults": {
            "code_length": _("El código tiene once letras y números. Revise que esté completo."),
            "code_letters": _("Hay una letra que los códigos no llevan. Revise la etiqueta."),
            "code_check": _("El código no cuadra: hay una letra o un número distinto, o dos cambiados de lugar."),
        },
    }


def _english() -> bytes | None:
    folder = Path(str(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]))
    file = folder / "en" / "LC_MESSAGES" / "messages.mo"
    return file.read_bytes() if file.is_file() else None
