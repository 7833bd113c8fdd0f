"""`check.pyz` in an export: the same verifier and the same checker, with Python and `cryptography` and nothing else of ours."""

import argparse
import gettext
import io
import json
import pkgutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from certification.outside.auditing import audit
from certification.outside.sources import Folder
from certification.outside.targets import instant_of
from certification.outside.verify import CANNOT_CHECK, NOT_VALID, VALID, WRONG, as_json, in_words, verify
from certification.rules.errors import DomainError, InvalidInput, Say
from certification.rules.text import N_, counted

ENGLISH = "english.mo"


def main(arguments: Sequence[str], folder: Path, english: bytes | None) -> int:
    """Check what was asked, or the whole folder; returns the exit code of `tianguis verify`."""
    parser = argparse.ArgumentParser(prog="check.pyz", description="Checks certificates from this folder alone.")
    parser.add_argument("what", nargs="?", help="a code, or a credential's file; nothing checks the whole folder")
    parser.add_argument("--as-of", metavar="DATE", help="a past day, 2026-11-21, or instant")
    parser.add_argument("--export", type=Path, default=folder, help="the folder, where it is another than this file's")
    parser.add_argument("--lang", choices=("es", "en"), default="es")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of sentences")
    given = parser.parse_args(arguments)
    catalogue = gettext.GNUTranslations(io.BytesIO(english)) if english and given.lang == "en" else gettext.NullTranslations()
    say: Say = catalogue.gettext
    now = datetime.now(UTC)
    try:
        if given.what is None:
            _refuse_a_day(given.as_of, now)
            return whole(given.export, now)
        found = verify(given.what, now=now, as_of=given.as_of, export=given.export)
    except DomainError as error:
        sys.stderr.write(error.said(say) + "\n")
        return WRONG
    lines = [json.dumps(as_json(found, say), ensure_ascii=False, indent=2)] if given.json else in_words(found, say, given.lang)
    sys.stdout.write("\n".join(lines) + "\n")
    return found.exit_code


def _refuse_a_day(as_of: str | None, now: datetime) -> None:
    """A folder is checked as it lies there: it is not known of any other day. Raises InvalidInput."""
    if as_of is not None:
        instant_of(as_of, now=now, zone=None)
        sentence = N_("La carpeta entera se revisa como está. Para un día pasado, diga también el código.")
        raise InvalidInput("as_of_alone", sentence)


def whole(folder: Path, now: datetime) -> int:
    """Say what is wrong with a folder, a line each; 0 when nothing is, 3 when it can't be read at all."""
    found = audit(Folder(folder), now=now)
    for fault in found.faults:
        sys.stdout.write(fault + "\n")
    certificates, acts = counted(found.certificates, "certificate"), counted(found.entries, "act")
    sys.stdout.write(f"{certificates}, {acts}, {counted(found.files, 'file')} looked at.\n")
    if not found.faults:
        return VALID
    return NOT_VALID if found.entries else CANNOT_CHECK


def run() -> None:
    """As a program: the folder is the one that this file lies in."""
    sys.exit(main(sys.argv[1:], Path(sys.argv[0]).resolve().parent, pkgutil.get_data(__name__, ENGLISH)))
