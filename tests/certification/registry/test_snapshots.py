"""Monthly snapshots: whole, once, for the past as for the present, and without anybody's name."""

import gzip
import hashlib
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.log import reading
from certification.registry import snapshots
from certification.registry.acts import Why, withdraw
from certification.registry.commands import public_register
from certification.registry.files import COLUMNS
from certification.rules.errors import InvalidInput
from certification.rules.merkle import verify_consistency
from certification.rules.workflow import CertificateAct
from tests import makers
from tests.certification.registry.histories import DAY, past, term

MAY = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)  # the first instant of May in Mexico City
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def empty_folder(session: Session) -> Path:
    for left in snapshots.folder().iterdir():
        left.unlink()
    return snapshots.folder()


def lines(month: str) -> list[dict[str, Any]]:
    packed = (snapshots.folder() / f"{month}.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(packed).decode().splitlines()]


def test_a_month_is_written_as_it_stood_at_its_first_instant(at: datetime) -> None:
    paused = (CertificateAct.SUSPENDED, MAY - DAY, MAY + 90 * DAY), (CertificateAct.RESTORED, MAY + DAY, None)
    made = past(makers.THEN, term(makers.THEN, 700), *paused)
    past(MAY + DAY, term(MAY + DAY, 700))
    assert snapshots.make("2026-05", at=at)
    assert [(row["code"], row["state"], row["last_act"]) for row in lines("2026-05")] == [(made.code, "SUSPENDED", "suspended")]
    assert set(lines("2026-05")[0]) == set(COLUMNS)
    said = snapshots.listed()[0].manifest
    assert (said["as_of"], said["rows"], said["time_zone"]) == ("2026-05-01T06:00:00Z", 1, "America/Mexico_City")
    for file in said["files"]:
        content = (snapshots.folder() / file["name"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])
    assert gzip.decompress((snapshots.folder() / "2026-05.csv.gz").read_bytes()).decode().splitlines()[0] == ",".join(COLUMNS)


def test_a_later_act_changes_neither_file_nor_what_would_be_written(at: datetime) -> None:
    decider = makers.user("Celia")
    made = makers.certified(decider)
    assert snapshots.make("2026-05", at=at)
    before = {path.name: path.read_bytes() for path in snapshots.folder().iterdir()}
    with unit_of_work():
        withdraw(made, Why("CRITICAL_NOT_MET", "Se hace en otro lugar", "OL-1"), by=decider, at=at)
    assert not snapshots.make("2026-05", at=at + DAY)
    assert {path.name: path.read_bytes() for path in snapshots.folder().iterdir()} == before
    (snapshots.folder() / "2026-05.json").unlink()
    assert snapshots.make("2026-05", at=at + DAY)
    after = {path.name: path.read_bytes() for path in snapshots.folder().iterdir()}
    assert {name for name in before if after[name] != before[name]} == {"2026-05.json"}  # made_at and the checkpoint


def test_no_maker_and_no_reviewer_is_named(at: datetime) -> None:
    made = makers.certified(makers.user("Celia Decide"))
    snapshots.make("2026-05", at=at)
    assert lines("2026-05")[0]["code"] == made.code
    for path in snapshots.folder().glob("2026-05*.gz"):
        text = gzip.decompress(path.read_bytes()).decode()
        assert made.holder_name in text
        assert "Martina" not in text
        assert "Celia" not in text
        assert "Rosa Solicita" not in text


def test_the_log_of_then_is_a_beginning_of_the_checkpoint(at: datetime) -> None:
    makers.certified()
    makers.certified(at=MAY + DAY)
    snapshots.make("2026-05", at=at)
    said = snapshots.listed()[0].manifest["log"]
    head = reading.head()
    assert (said["name"], said["checkpoint"]) == (head.origin, head.note and head.note.decode())
    assert 0 < said["size"] < head.size
    proof = [bytes.fromhex(one) for one in said["consistency"]]
    verify_consistency(said["size"], bytes.fromhex(said["root"]), head.size, head.root, proof)


def test_missed_months_are_made_up_for_newest_first_and_a_few_at_a_time(at: datetime) -> None:
    assert snapshots.missing(at) == []  # nothing was ever granted
    assert snapshots.make_due(at) == 0
    past(datetime(2026, 7, 15, tzinfo=UTC), term(datetime(2026, 7, 15, tzinfo=UTC), 700))
    assert snapshots.missing(at) == ["2026-11", "2026-10", "2026-09", "2026-08"]
    assert [snapshots.make_due(at) for _ in range(3)] == [2, 2, 0]
    assert [one.month for one in snapshots.listed()] == ["2026-11", "2026-10", "2026-09", "2026-08"]


def test_an_old_registry_makes_two_years_and_no_more_by_itself(at: datetime) -> None:
    long_ago = datetime(2016, 1, 2, tzinfo=UTC)
    makers.certified(at=long_ago)
    assert (len(snapshots.missing(at)), snapshots.missing(at)[-1]) == (24, "2024-12")
    assert snapshots.make("2016-02", at=at)


def test_a_month_waits_until_its_first_minutes_are_over(session: Session) -> None:
    makers.certificate()
    begins = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    assert snapshots.missing(begins + snapshots.SETTLED - DAY / 86400)[0] == "2026-10"
    assert snapshots.missing(begins + snapshots.SETTLED)[0] == "2026-11"
    with pytest.raises(InvalidInput):
        snapshots.make("2026-11", at=begins)


@pytest.mark.parametrize("month", ["2026-13", "2026-5", "", "../2026-05", "2026-12", "9999-12", "0000-01"])
def test_what_is_no_month_of_the_past(session: Session, at: datetime, month: str) -> None:
    with pytest.raises(InvalidInput):
        snapshots.make(month, at=at)
    assert [path.name for path in snapshots.folder().iterdir() if not path.name.startswith(".")] == []


def test_a_writer_that_dies_leaves_nothing_that_is_listed(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    makers.certificate()
    for step in ("json_line", "make_durable", "write_whole"):
        with monkeypatch.context() as broken:
            broken.setattr(snapshots, step, _full_disk)
            with pytest.raises(OSError, match="full"):
                snapshots.make("2026-05", at=at)
        assert snapshots.listed() == []
        assert snapshots.file_of("2026-05.jsonl.gz") is None
    assert snapshots.make("2026-05", at=at)
    assert sorted(path.name for path in snapshots.folder().iterdir()) == [
        ".lock", "2026-05.csv.gz", "2026-05.json", "2026-05.jsonl.gz",
    ]  # fmt: skip


def _full_disk(*_given: object) -> None:
    raise OSError("the disk is full")


@pytest.mark.file_database
def test_two_workers_at_once_make_one(app: Flask, at: datetime) -> None:
    with app.app_context():
        makers.certificate()
        db.session.remove()
    made: list[bool] = []

    def one() -> None:
        with app.app_context():
            made.append(snapshots.make("2026-05", at=at))
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, True]


def test_they_are_listed_and_served_for_good(client: FlaskClient, at: datetime) -> None:
    empty = client.get("/register/snapshots").text
    assert "Todavía no hay copias" in empty
    makers.certificate()
    snapshots.make("2026-05", at=at)
    page = client.get("/register/snapshots").text
    said = client.get("/register/snapshots", headers=JSON).get_json()["snapshots"][0]
    for file in said["files"]:
        assert f'href="/register/snapshots/{file["name"]}"' in page
        answer = client.get(f"/register/snapshots/{file['name']}")
        assert hashlib.sha256(answer.data).hexdigest() == file["sha256"]
        assert (answer.headers["Cache-Control"], answer.headers["ETag"]) == (
            "public, max-age=31536000, immutable",
            f'"{file["sha256"]}"',
        )
        assert (answer.headers["Access-Control-Allow-Origin"], "Set-Cookie" in answer.headers) == ("*", False)
        assert "Content-Encoding" not in answer.headers
        again = client.get(f"/register/snapshots/{file['name']}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert client.get("/register/snapshots/2026-05.json").json == said
    for name in ("2026-06.json", "2026-05.xlsx", "2026-05", ".lock", "..%2fkeys", "2026-05.jsonl.gz.json"):
        assert client.get(f"/register/snapshots/{name}").status_code == 404


def test_by_hand(app: Flask, session: Session) -> None:
    makers.certificate()
    run = CliRunner().invoke(public_register, ["snapshot", "--month", "2026-05"], obj=lambda: app)
    assert (run.exit_code, run.output) == (0, "2026-05: made\n")
    run = CliRunner().invoke(public_register, ["snapshot", "--month", "2026-05"], obj=lambda: app)
    assert (run.exit_code, run.output) == (0, "2026-05: there already\n")
    run = CliRunner().invoke(public_register, ["snapshot", "--month", "mayo"], obj=lambda: app)
    assert (run.exit_code, run.output) == (1, "Error: Write the month as year-month, for example 2026-05.\n")
