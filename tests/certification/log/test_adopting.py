from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from certification.log import rotating
from certification.log.adopting import reconcile
from certification.log.checkpoints import place
from certification.log.commands import public_log
from certification.log.fsck import check
from certification.log.keys import signing_key
from certification.log.reading import head
from certification.outside.sources import Folder
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import LogConflict
from certification.rules.signed_checkpoint import sign_checkpoint
from tests import makers
from tests.conftest import NOW
from tests.restoring import publish


@pytest.fixture
def handovers(rotated: Path) -> Path:
    return rotated / "handovers"


def tell_of_more(handovers: Path) -> None:
    """A note after them, of two entries that the database lacks."""
    now = head()
    later = sign_checkpoint(Checkpoint(now.origin or "", now.size + 2, b"x" * 32), signing_key().private)
    handovers.write_bytes(handovers.read_bytes() + b"\n" + later.encode())


def test_a_database_of_before_a_rotation_is_not_trusted_for_want_of_a_copy_outside(
    app: Flask, session: Session, handovers: Path, tmp_path: Path
) -> None:
    """Its own export agrees with it, and proves nothing: the note beside the keys tells that more was signed."""
    published = Folder(publish(app, tmp_path / "published"))
    before, found = handovers.read_bytes(), head()
    tell_of_more(handovers)
    place().unlink()
    with pytest.raises(LogConflict) as refused:
        reconcile([published], at=NOW, trust_database=True)
    assert (refused.value.code, place().exists(), head()) == ("log_no_source", False, found)
    handovers.write_bytes(before)  # the control: nothing tells of more
    reconcile([published], at=NOW, trust_database=True)
    assert (place().exists(), check()) == (True, [])


def test_a_database_of_before_a_rotation_signs_nothing_though_the_copy_outside_was_put_back_too(
    app: Flask, session: Session, handovers: Path
) -> None:
    """The note beside the keys alone tells of more."""
    before, found = handovers.read_bytes(), head()
    tell_of_more(handovers)
    for act in (lambda: rotating.rotate(now=lambda: NOW), lambda: makers.certified(at=NOW)):
        with pytest.raises(LogConflict) as refused:
            act()
        assert (refused.value.code, head()) == ("log_behind", found)
    handovers.write_bytes(before)  # the control
    makers.certified(at=NOW)
    assert head().size > found.size


def test_the_command_refuses_in_one_language_each_sources_reason_too(
    app: Flask, session: Session, handovers: Path, tmp_path: Path
) -> None:
    published, empty = publish(app, tmp_path / "published"), tmp_path / "empty"
    empty.mkdir()
    tell_of_more(handovers)
    size = head().size
    session.rollback()  # the command has a session of its own

    def told(*words: str) -> str:
        run = app.test_cli_runner().invoke(public_log, ["reconcile", *words], obj=lambda: app, catch_exceptions=False)
        assert run.exit_code == 1
        return str(run.output)

    assert told("--from", str(published), "--from", str(empty), "--from", "http://localhost:9") == (
        f"Error: No source has the missing acts, {size + 1} to {size + 2}, as they were signed. Nothing was changed. "
        f"{published}: it holds no log with those acts; {empty}: it holds no log with those acts; "
        "http://localhost:9: it could not be reached, or does not give what it is asked for\n"
    )
    place().unlink()
    assert told("--from", str(empty)) == (
        "Error: The copy of what was signed last, which is kept outside the database, is missing or damaged. If the database is "
        "the right one, run the command again with --trust-database and a source that publishes the same.\n"
    )
    assert told("--from", str(empty), "--trust-database") == (
        "Error: No source publishes a signed log that agrees with this database. Nothing was changed.\n"
    )
