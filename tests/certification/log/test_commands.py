"""The operator's commands for keys and signer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import asking, signing
from certification.log.checkpoints import outside_copy
from certification.log.commands import keys, signer_command
from certification.log.fsck import check
from certification.log.keys import KeyProblemError, create_keys, read_key, signing_key
from certification.log.reading import head
from certification.log.refusals import TOLD, explained
from certification.registry.acts import Why, suspend
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, RecordedAct
from certification.registry.recorded import recorded_of
from certification.registry.weighing import standing
from certification.rules.errors import CannotSign, LogConflict, NotConfirmed
from certification.rules.verdict import Reason
from tests import makers
from tests.certification.log.acts import behind_our_back
from tests.certification.log.signers import folder_of, forget_record, journal_of, keys_put_back, signing_apart
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
        file = folder_of(app) / "signed.jsonl"
        begun = run(signer_command, "--begin-record")
        assert (begun.exit_code, begun.output.startswith(f"{file} begins with 5 signed entries.")) == (0, True)
        written = file.read_bytes()
        again = run(signer_command, "--begin-record")
        assert (again.exit_code, again.output.startswith("Error: record_there: The signer has its record already")) == (1, True)
        assert file.read_bytes() == written
        session.rollback()
        assert makers.certified(at=NOW).versions[0].signature is not None


def test_a_log_that_was_never_signed_has_nothing_to_begin_a_record_with(run: Run, app: Flask) -> None:
    forget_record(app)
    told = run(signer_command, "--begin-record")
    assert (told.exit_code, told.output.startswith("This log was never signed")) == (0, True)
    assert not (folder_of(app) / "signed.jsonl").exists()


def test_the_signer_listens_where_its_setting_or_the_option_says(
    run: Run, app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard: list[Path] = []
    monkeypatch.setattr("certification.log.signer.serve", lambda _app, path, _stop: heard.append(path))
    monkeypatch.setattr("certification.log.commands.stop_on_signals", lambda *_given: None)
    monkeypatch.setattr("certification.core.log.configure", lambda *_given: None)
    nowhere = run(signer_command)
    assert (nowhere.exit_code, "The setting SIGNER says where to listen, or --socket." in nowhere.output) == (2, True)
    monkeypatch.setitem(app.config["SETTINGS"].values, "SIGNER", str(tmp_path / "set"))
    assert [run(signer_command, *words).exit_code for words in ((), ("--socket", str(tmp_path / "given")))] == [0, 0]
    assert heard == [tmp_path / "set", tmp_path / "given"]


def files(app: Flask) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder_of(app).iterdir()}


def ahead(_app: Flask, patch: pytest.MonkeyPatch) -> None:
    """As when the database is an older one than was signed."""
    copy = outside_copy(None) or pytest.fail("nothing was signed")
    patch.setattr("certification.log.checkpoints.outside_copy", lambda *_given: replace(copy, size=99))


def moved(app: Flask, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(app.config["SETTINGS"].values, "ORIGIN", "https://otro.example")


def unsigned(_app: Flask, patch: pytest.MonkeyPatch) -> None:
    """Refused at the last step, when the next key is there already."""

    def refuses(*_given: object) -> None:
        raise CannotSign

    patch.setattr(signing, "sign_head", refuses)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (ahead, "log_behind: The database holds fewer acts than were signed before"),
        (moved, "domain_changed: ORIGIN names another address than the log does."),
        (unsigned, "The registry cannot sign now"),
    ],
)
@pytest.mark.parametrize("words", [["rotate"], ["compromised", "KID", "--from-index", "2"]], ids=["rotate", "compromised"])
def test_a_rotation_that_is_refused_leaves_nothing_behind(
    run: Run,
    app: Flask,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[Flask, pytest.MonkeyPatch], None],
    said: str,
    words: list[str],
) -> None:
    makers.certified(at=NOW)
    before, kid = files(app), signing_key().kid
    words = [kid if one == "KID" else one for one in words]
    with monkeypatch.context() as harmed:
        harm(app, harmed)
        told = run(keys, *words)
    assert (told.exit_code, told.output.startswith(f"Error: {said}"), "Traceback" in told.output) == (1, True, False)
    assert files(app) == before
    assert run(keys, "list").output.splitlines() == [f"{kid}  signs, since 2026-01-02 12:00:00 UTC"]
    assert run(keys, *words).exit_code == 0
    assert signing_key().kid != kid
    assert check() == []


@pytest.mark.parametrize(
    "words", [["create"], ["rotate"], ["retire", "x"], ["compromised", "x", "--from-index", "0"], ["signer"]], ids=" ".join
)
def test_who_is_another_user_than_the_keys_is_told_whose_they_are(
    run: Run, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    makers.certified(at=NOW)
    before, owner = files(app), folder_of(app).owner()
    with monkeypatch.context() as other:
        other.setattr("os.geteuid", lambda: 54321)
        told = run(signer_command, "--begin-record") if words == ["signer"] else run(keys, *words)
    assert told.exit_code == 1
    assert (
        f"{folder_of(app)} belongs to {owner}. Nothing was changed. Run this as that user: runuser -u {owner} -- …" in told.output
    )
    assert files(app) == before


def test_a_rotation_that_the_signer_did_not_confirm_says_why_and_ends_when_it_is_run_again(
    run: Run, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with signing_apart(app, monkeypatch):
        makers.certified(at=NOW)
        first = signing_key().kid
        with monkeypatch.context() as away:
            away.setattr(asking, "ask", nobody)
            told = run(keys, "rotate")
        assert (told.exit_code, told.stderr.startswith("Error: not_signed: It is recorded, and the signer has not")) == (1, True)
        assert "The signer does not answer" in told.output
        assert (run(keys, "rotate").exit_code, signing_key().kid == first, check()) == (0, False, [])


def nobody(_path: str, **_named: float) -> int:
    raise ConnectionRefusedError


def record_ahead(app: Flask) -> None:
    last = journal_of(app).last()
    assert last is not None
    journal_of(app).add(replace(last, size=last.size + 1, root=bytes(32)), signing_key().kid, (), NOW)


def record_missing(app: Flask) -> None:
    (folder_of(app) / "signed.jsonl").unlink()


def bit_cleared(_app: Flask) -> None:
    """A rotation has every list signed anew, and this one would free a label that no act frees."""
    with behind_our_back():
        db.session.execute(delete(ActLeaf).where(ActLeaf.leaf_index == 5))
        db.session.execute(delete(RecordedAct).where(RecordedAct.kind == "suspended"))
        db.session.execute(update(Certificate).values(suspended_at=None, suspension_until=None))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (record_ahead, "log_behind: The database holds fewer acts than were signed before"),
        (record_missing, "record_missing: The log was signed before, and the signer's record"),
        (bit_cleared, "document_changed: A document that waits for its signature is not what its recorded act makes of it"),
    ],
)
def test_a_rotation_that_the_signer_would_refuse_is_not_told_at_all(  # noqa: PLR0913 - a test with its tools
    run: Run, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Flask], None], said: str
) -> None:
    """Neither entry nor key is there afterwards, and nothing waits; the control: with its record put back it is done."""
    with signing_apart(app, monkeypatch):
        by = makers.user("Celia Decide")
        made, kid, record = makers.certified(by, at=NOW), signing_key().kid, folder_of(app) / "signed.jsonl"
        with unit_of_work():
            suspend(made, Why("USE_OUTSIDE_SCOPE", "Se usó."), until=NOW.date(), by=by, at=NOW)
        kept = record.read_bytes()
        harm(app)
        before, size = files(app), head().size
        told = run(keys, "rotate")
        wanted = f"Error: Nothing was done: the signer would refuse to sign it. {said}"
        lines = [
            line for line in told.output.splitlines() if "[error    ]" not in line
        ]  # the first to log in a process does so here
        assert (told.exit_code, lines[0][: len(wanted)]) == (1, wanted)
        assert (files(app), head().size, signing.anything_waits()) == (before, size, False)
        if harm is not bit_cleared:
            record.write_bytes(kept)
            done = run(keys, "rotate")
            assert (done.exit_code, signing_key().kid == kid, check()) == (0, False, [])


def test_a_log_that_was_never_signed_has_its_key_changed_too(
    run: Run, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with signing_apart(app, monkeypatch):
        with monkeypatch.context() as away:
            away.setattr(asking, "ask", nobody)
            with pytest.raises(NotConfirmed):
                makers.certified(at=NOW)
        first = signing_key().kid
        told = run(keys, "rotate")
        assert (told.exit_code, signing_key().kid == first, check()) == (0, False, []), told.output


@pytest.mark.parametrize("which", ["the one that signs", "one of before", "one whose follower waits for its signature"])
def test_a_theft_is_told_though_the_signer_refuses_and_nobody_believes_the_key_from_then_on(
    run: Run, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    with signing_apart(app, monkeypatch):
        by = makers.user("Celia Decide")
        made, kid, record = makers.certified(by, at=NOW), signing_key().kid, folder_of(app) / "signed.jsonl"
        if which == "one of before":
            assert run(keys, "rotate").exit_code == 0
        if which == "one whose follower waits for its signature":
            with monkeypatch.context() as away:
                away.setattr(asking, "ask", nobody)
                assert run(keys, "rotate").exit_code == 1
        kept, place = record.read_bytes(), recorded_of([made])[made.id].leaves[0].place
        record_ahead(app)
        told = run(keys, "compromised", kid, "--from-index", str(place))
        assert (told.exit_code, told.stderr.startswith("Error: not_signed: It is recorded")) == (1, True)
        session.expire_all()
        assert standing(made, NOW).reason is Reason.COMPROMISED_KEY
        record.write_bytes(kept)
        assert run(keys, "compromised", kid, "--from-index", str(place)).exit_code == 0
        assert (signing_key().kid == kid, signing.anything_waits()) == (False, False)


def test_a_key_of_another_user_is_no_reason_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_keys(tmp_path, demonstration=False)

    def closed(_file: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", closed)
    with pytest.raises(KeyProblemError) as told:
        read_key(tmp_path, demonstration=False)
    assert "Run this as the user that it belongs to." in str(told.value)
    assert "keys create" not in str(told.value)


def test_each_refusal_has_a_sentence_of_its_own_for_the_operator() -> None:
    assert len(set(TOLD.values())) == len(TOLD)
    for code, sentence in TOLD.items():
        assert explained(LogConflict(code)) == f"{code}: {sentence}"
    assert explained(LogConflict("log_raced")) == str(LogConflict())  # the control: one that has none
