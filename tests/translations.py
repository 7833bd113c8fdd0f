"""What pages and mails say: gathered from code and templates, held against the catalogues.

``python -m tests.translations`` brings marketplace/translations/*/LC_MESSAGES/messages.po up to date and compiles them.
Spanish is the language of the source; a catalogue for it exists only where a community wants other words.
"""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "marketplace" / "translations"
KEYWORDS = {
    "_": None,
    "_l": None,
    "N_": None,
    "wrong": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "_n": (1, 2),
}
SOURCES = [
    ("certification", [("**.py", "python")]),
    ("marketplace", [("**.py", "python")]),
    ("templates", [("**.html", "jinja2"), ("**.txt", "jinja2")]),
]
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}, "**.txt": {"trimmed": "true", "silent": "false"}}


def gathered() -> Catalog:
    """Every sentence of the source."""
    catalog = Catalog(fuzzy=False)
    for folder, methods in SOURCES:
        found = extract_from_dir(ROOT / folder, methods, OPTIONS, keywords=KEYWORDS, strip_comment_tags=True)
        for name, line, message, _comments, context in found:
            if message and message != "":
                catalog.add(message, locations=[(f"{folder}/{name}", line)], context=context)
    return catalog


def read(language: str) -> Catalog:
    """The catalogue of one language as it is on disk."""
    with _po(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """The bytes that gettext reads."""
    target = io.BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def update(language: str) -> list[Message]:
    """Bring one catalogue up to date and compile it; returns what still lacks a translation."""
    po = _po(language)
    po.parent.mkdir(parents=True, exist_ok=True)
    catalog = read(language) if po.exists() else _begun(language)
    catalog.update(gathered(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    with po.open("wb") as file:
        write_po(file, catalog, width=120, sort_output=True, include_previous=False, omit_header=False, no_location=True)
    po.with_suffix(".mo").write_bytes(compiled(catalog))
    return untranslated(catalog)


def untranslated(catalog: Catalog) -> list[Message]:
    """Sentences without words in the other language."""
    return [message for message in catalog if message.id and not all(_strings(message))]


def _begun(language: str) -> Catalog:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return Catalog(
        locale=language,
        project="Tianguis",
        version="1",
        header_comment="# What Tianguis says, in another language. Apache-2.0, as the rest of it.",
        msgid_bugs_address="the repository",
        last_translator="Tianguis",
        language_team="Tianguis",
        creation_date=now,
        revision_date=now,
        fuzzy=False,
    )


def _strings(message: Message) -> list[str]:
    forms = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return [form or "" for form in forms]


def _po(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


if __name__ == "__main__":
    missing = update("en")
    for message in missing:
        print(message.id)
    print(f"{len(missing)} sentences lack their English", file=sys.stderr)
