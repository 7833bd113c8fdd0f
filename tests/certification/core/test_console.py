"""What commands say: failures in English, numbers with their nouns."""

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from certification.core.console import at_work, in_english
from certification.log.keys import KeyProblemError
from certification.rules.errors import CannotSign, InvalidInput, NotFound
from certification.rules.text import counted


@pytest.mark.parametrize(
    ("many", "words"),
    [(0, "0 faults, 0 entries"), (1, "1 fault, 1 entry"), (2, "2 faults, 2 entries"), (11, "11 faults, 11 entries")],
)
def test_a_number_comes_with_its_noun(many: int, words: str) -> None:
    assert f"{counted(many, 'fault')}, {counted(many, 'entry', 'entries')}" == words


@pytest.mark.parametrize(
    ("error", "english"),
    [
        (NotFound(), "We cannot find what you are looking for."),
        (
            InvalidInput("x", "La bitácora ya dice que el sitio está en %(now)s.", now="a.mx"),
            "The log already says that the site is at a.mx.",
        ),
        (
            InvalidInput("x", "La bitácora ya dice que el sitio está en %(now)s.", now=""),
            "The log already says that the site is at .",
        ),
        (KeyProblemError("The key is gone."), "The key is gone."),
        (KeyProblemError(), "The registry cannot sign now and nothing was saved. Tell whoever runs the site."),
        (FileNotFoundError(2, "No such file", "keys"), "[Errno 2] No such file: 'keys'"),
    ],
)
def test_a_failure_is_said_in_english_whatever_the_instance_speaks(app: Flask, error: Exception, english: str) -> None:
    with app.app_context():
        assert in_english(error) == english


def test_without_a_catalogue_it_is_said_all_the_same() -> None:
    assert in_english(NotFound()) == "No encontramos lo que busca."


def test_a_command_ends_with_that_sentence(app: Flask, session: Session) -> None:
    @click.command()
    @click.argument("how")
    def fails(how: str) -> None:
        with at_work(lambda: app):
            if how == "refused":
                raise CannotSign
            if how == "unknown":
                raise LookupError(how)

    said = "Error: The registry cannot sign now and nothing was saved. Tell whoever runs the site.\n"
    told = {how: CliRunner().invoke(fails, [how]) for how in ("refused", "unknown", "well")}
    assert [(one.exit_code, one.output) for one in told.values()] == [(1, said), (1, ""), (0, "")]
    assert isinstance(told["unknown"].exception, LookupError)  # what nobody expects keeps its traceback
