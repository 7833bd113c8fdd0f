"""`check.pyz`: what is no question is answered with a sentence and with 2, in the language that was asked for."""

from pathlib import Path

import pytest

from certification.outside.alone import main

ENGLISH = Path("marketplace/translations/en/LC_MESSAGES/messages.mo")
NO_DATE = "Escriba la fecha como 2026-11-21, o con su hora y zona, como 2026-11-21T16:32:00Z."
CODE = "7QK4M2XD9FQ"


def ended(folder: Path, *arguments: str) -> int:
    return main(arguments, folder, ENGLISH.read_bytes())


@pytest.mark.parametrize("what", [[], [CODE]], ids=["the whole folder", "one code"])
@pytest.mark.parametrize("date", ["nonsense", "21/11/2026", "2026-02-30", "2026-11-21T10:00:00", ""])
def test_what_is_no_date_is_told_with_the_form_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: list[str], date: str
) -> None:
    assert ended(tmp_path, *what, "--as-of", date) == 2
    assert capsys.readouterr() == ("", f"{NO_DATE}\n")
    assert ended(tmp_path, *what, "--as-of", date, "--lang", "en") == 2
    assert capsys.readouterr().err == "Write the date as 2026-11-21, or with its time and zone, as 2026-11-21T16:32:00Z.\n"


def test_a_whole_folder_is_not_checked_as_of_a_day_that_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(tmp_path, "--as-of", "2026-06-30") == 2
    said = "La carpeta entera se revisa como está. Para un día pasado, diga también el código.\n"
    assert capsys.readouterr() == ("", said)
    assert ended(tmp_path) == 3  # the control: it was looked at, and nothing is there
    assert capsys.readouterr().out == "head.js: not_found\n0 certificates, 0 acts, 0 files looked at.\n"
