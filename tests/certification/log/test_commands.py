"""The operator's commands for keys and signer."""

import re
from collections.abc import Callable, Iterator

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from certification.core import clock
from certification.log.commands import keys, signer_command
from certification.log.keys import signing_key
from tests import makers
from tests.certification.log.signers import forget_record, keys_put_back, signing_apart
from tests.conftest import NOW

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Iterator[Run]:
    def one(command: click.Command, *words: str) -> Result:
        session.rollback()
        return CliRunner().invoke(command, words, obj=lambda: app)

    with keys_put_back(app):
        yield one


def test_the_list_tells_what_became_of_each_key(run: Run, session: Session) -> None:
    first = signing_key().kid
    assert run(keys, "list").output == f"{first}  not in the public log yet\n"
    makers.certified(at=NOW)
    assert run(keys, "list").output == f"{first}  signs, since 2026-01-02 12:00:00 UTC\n"
    told = run(keys, "rotate")
    second = signing_key().kid
    assert (told.exit_code, re.findall(r"[a-z2-7]{16}", told.output)) == (0, [second, first])
    assert run(keys, "compromised", second, "--from-index", "6").exit_code == 0
    assert [line.partition("  ")[2] for line in run(keys, "list").output.splitlines()] == [
        "retired 2026-11-21 16:32:00 UTC (since 2026-01-02 12:00:00 UTC)",
        "compromised from leaf 6 on, told 2026-11-21 16:32:00 UTC (since 2026-11-21 16:32:00 UTC)",
        "signs, since 2026-11-21 16:32:00 UTC",
    ]
    assert run(keys, "retire", first).exit_code == 1


def test_what_is_refused_is_a_sentence(run: Run, session: Session) -> None:
    makers.certified(at=NOW)
    kid = signing_key().kid
    for words, said in (
        (("retire", kid), "is the key that signs"),
        (("retire", "nobody"), "knows no key nobody"),
        (("compromised", kid, "--from-index", "99"), "there is no index 99"),
        (("compromised", kid), "Missing option"),
        (("compromised", kid, "--from-index", "-1"), "-1 is not in the range"),
        (("create",), "There is a key already"),
    ):
        told = run(keys, *words)
        assert told.exit_code in (1, 2)
        assert said in told.output
        assert "Traceback" not in told.output
    assert signing_key().kid == kid


def test_a_registry_that_signed_begins_the_record_of_its_signer_once(
    run: Run, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_record(app)
    makers.certified(at=NOW)
    with clock.standing_at(NOW), signing_apart(app, monkeypatch):
        assert run(signer_command, "--begin-record").output == "The record begins with 5 entries.\n"
        assert run(signer_command, "--begin-record").exit_code == 1
        assert run(signer_command).exit_code == 2
        session.rollback()
        assert makers.certified(at=NOW).versions[0].signature is not None
