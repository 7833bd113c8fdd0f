"""Our side of witnessing: who is asked when, what is kept and served, and how little a witness that lies can do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.core.settings import SettingError, Settings, read_settings
from certification.core.worker import BELL
from certification.log.checkpoints import vkeys
from certification.log.models import LogWitness
from certification.log.reading import head
from certification.log.witnesses import ask_due, seen_by
from certification.outside import asking
from certification.outside.asking import Reply
from certification.outside.witness import Witness, create
from certification.rules.errors import CannotCheck
from certification.rules.note_keys import parse_vkey
from certification.rules.notes import Note, parse_note
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.witnessing import parse_submission
from tests.certification.log.acts import appended
from tests.certification.outside.logs import Log, forked
from tests.conftest import NOW

HOUR = timedelta(hours=1)
Post = Callable[[str, bytes], Reply]


@dataclass
class Wire:
    """Every request to a witness goes through here; ``asked`` are the old sizes that it was sent."""

    witness: Witness
    asked: list[int]
    answer: Post | None = None
    in_transaction: bool = False
    at: datetime = NOW

    def __call__(self, address: str, body: bytes) -> Reply:
        self.asked.append(parse_submission(body).old)
        self.in_transaction |= db.session().in_transaction()
        if self.answer:
            return self.answer(address, body)
        found = self.witness.add_checkpoint(body, lambda: int(self.at.timestamp()))
        return Reply(found.status, found.kind.partition(";")[0], found.body)


@pytest.fixture
def wire(app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    witness = create(tmp_path / "w", "uni.example/witness")
    settings = app.config["SETTINGS"]
    given = read_settings({}, WITNESSES=f"{witness.vkey.text} https://uni.example/w/")["WITNESSES"]
    app.config["SETTINGS"] = Settings({**settings.values, "WITNESSES": given})
    wire = Wire(witness, [])
    monkeypatch.setattr(asking, "_post", wire)
    yield wire
    app.config["SETTINGS"] = settings


def follow(wire: Wire) -> None:
    origin = head().origin
    assert origin
    wire.witness.add_log(vkeys(origin)[0])


def served(client: FlaskClient) -> Note:
    return parse_note(client.get("/log/checkpoint").data)


def test_the_newest_head_is_cosigned_and_served_so(client: FlaskClient, wire: Wire) -> None:
    appended(3)
    follow(wire)
    assert ask_due(NOW) == 1
    key = parse_vkey(client.get("/log/vkey").text.splitlines()[0])
    opened = open_checkpoint(client.get("/log/checkpoint").data, key.name, [key], [wire.witness.vkey])
    assert [(one.witness, one.time) for one in opened.cosigned] == [(wire.witness.vkey, int(NOW.timestamp()))]
    assert opened.checkpoint.size == 4
    assert not wire.in_transaction


def test_it_is_asked_again_only_for_something_new_or_after_a_day(wire: Wire) -> None:
    appended(1)
    follow(wire)
    assert (ask_due(NOW), ask_due(NOW), ask_due(NOW + 23 * HOUR)) == (1, 0, 0)
    wire.at = NOW + 24 * HOUR
    assert ask_due(wire.at) == 1
    appended(1, first=1)
    assert (ask_due(wire.at), wire.asked) == (1, [0, 2, 2])


def test_a_cosignature_goes_with_its_own_checkpoint_only(client: FlaskClient, wire: Wire) -> None:
    appended(1)
    follow(wire)
    ask_due(NOW)
    assert len(served(client).signatures) == 2
    appended(1, first=1)
    assert len(served(client).signatures) == 1
    assert "Después hubo más" in client.get("/log").text


def test_a_witness_that_knows_more_than_we_remember_is_given_its_proof(wire: Wire) -> None:
    appended(3)
    follow(wire)
    ask_due(NOW)
    with unit_of_work() as session:
        session.execute(update(LogWitness).values(size=None, root=None, line=None, cosigned_at=None))
    appended(4, first=3)
    assert (ask_due(NOW), wire.asked) == (1, [0, 0, 4])


def test_the_page_says_in_words_who_has_seen_how_much(client: FlaskClient, wire: Wire) -> None:
    appended(2)
    assert "Todavía no ha firmado nada." in client.get("/log").text
    follow(wire)
    ask_due(NOW)
    for lang, words in (("es", "Vio 3 actos: "), ("en", "Saw 3 acts: ")):
        page = client.get(f"/log?lang={lang}").text
        assert words in page
        assert wire.witness.vkey.text.replace("+", "&#43;") in page or wire.witness.vkey.text in page


def test_without_witnesses_nothing_is_said_and_nobody_is_asked(client: FlaskClient, session: Session) -> None:
    appended(1)
    assert ask_due(NOW) == 0
    assert "Quién más lo ha visto" not in client.get("/log").text
    assert len(served(client).signatures) == 1


def test_an_act_wakes_the_worker_and_asks_nobody_itself(app: Flask, wire: Wire) -> None:
    bell = type("Bell", (), {"rung": 0, "set": lambda self: setattr(self, "rung", self.rung + 1)})()
    app.extensions[BELL] = bell
    try:
        appended(1)
    finally:
        del app.extensions[BELL]
    assert (bell.rung, wire.asked) == (1, [])


def away(_address: str, _body: bytes) -> Reply:
    raise CannotCheck("unreachable")


def says(status: int, body: bytes, kind: str = "text/plain") -> Post:
    return lambda _address, _body: Reply(status, kind, body)


SIZE = "text/x.tlog.size"


@pytest.mark.parametrize(
    ("answer", "problem", "asked"),
    [
        (away, "unreachable", 1),
        (says(403, b"no"), "refused", 1),
        (says(500, b""), "refused", 1),
        (says(302, b""), "refused", 1),
        (says(409, b"99\n", SIZE), "ahead", 1),
        (says(409, b"0\n", SIZE), "conflict", 1),
        (says(409, b"1\n", SIZE), "conflict", 2),
        (says(409, b"one\n", SIZE), "bad_answer", 1),
        (says(409, b"1\n"), "refused", 1),
        (says(200, b""), "bad_cosignature", 1),
        (says(200, b"\xff"), "bad_cosignature", 1),
        (says(200, "— uni.example/witness AAAA\n".encode()), "bad_cosignature", 1),
    ],
)
def test_a_witness_that_is_away_or_lies_harms_nothing(
    client: FlaskClient, wire: Wire, answer: Post, problem: str, asked: int
) -> None:
    appended(2)
    before = served(client)
    wire.answer = answer
    assert ask_due(NOW) == 0
    assert len(wire.asked) == asked
    assert served(client) == before
    assert [one.problem for one in seen_by(head())] == [problem]
    assert "no firmó" in client.get("/log").text
    assert not wire.in_transaction


def test_the_signature_of_another_key_or_another_checkpoint_is_never_kept(
    client: FlaskClient, wire: Wire, tmp_path: Path
) -> None:
    appended(2)
    follow(wire)
    impostor = create(tmp_path / "i", wire.witness.name)
    impostor.add_log(vkeys(head().origin or "")[0])
    other = Log(forked(1).words)
    wire.witness.add_log(other.vkey.text)
    for body in (
        lambda asked: impostor.add_checkpoint(asked, lambda: 1).body,
        lambda _asked: wire.witness.add_checkpoint(other.body(0, 9), lambda: 1).body,
    ):
        wire.answer = lambda _address, asked, body=body: Reply(200, "text/plain", body(asked))
        assert ask_due(NOW + HOUR * len(wire.asked)) == 0
    assert [one.problem for one in seen_by(head())] == ["bad_cosignature"]
    assert len(served(client).signatures) == 1


@pytest.mark.parametrize("time", [0, int(NOW.timestamp()) - 1000, int(NOW.timestamp()) + 1000, 2**62])
def test_a_cosignature_of_another_time_is_not_kept(wire: Wire, time: int) -> None:
    appended(1)
    follow(wire)
    wire.answer = lambda _address, body: Reply(200, "text/plain", wire.witness.add_checkpoint(body, lambda: time).body)
    assert ask_due(NOW) == 0
    assert [one.problem for one in seen_by(head())] == ["bad_time"]


def test_what_somebody_wrote_into_the_table_is_not_served(client: FlaskClient, wire: Wire) -> None:
    appended(1)
    follow(wire)
    ask_due(NOW)
    good = served(client).signatures[1]
    for line in (
        replace(good, signature=good.signature[:-1] + bytes([good.signature[-1] ^ 1])).line,
        replace(good, name="other").line,
        "nonsense",
    ):
        with unit_of_work() as session:
            session.execute(update(LogWitness).values(line=line))
        assert len(served(client).signatures) == 1
        assert client.get("/log").status_code == 200


def test_one_that_failed_is_asked_again_after_growing_pauses(wire: Wire) -> None:
    appended(1)
    wire.answer = away
    at, pauses = NOW, []
    for _ in range(12):
        asked, waited = len(wire.asked), 0
        while len(wire.asked) == asked:
            ask_due(at)
            at += timedelta(seconds=15)
            waited += 15
        pauses.append(waited)
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    wire.answer = None
    follow(wire)
    wire.at = at + HOUR
    assert ask_due(wire.at) == 1
    assert [one.problem for one in seen_by(head())] == [None]


def test_one_that_is_away_keeps_nobody_else(app: Flask, wire: Wire, tmp_path: Path) -> None:
    other = create(tmp_path / "o", "coop.example/witness")
    settings = app.config["SETTINGS"]
    both = f"{wire.witness.vkey.text} https://uni.example/w\n{other.vkey.text} https://coop.example"
    app.config["SETTINGS"] = Settings({**settings.values, "WITNESSES": read_settings({}, WITNESSES=both)["WITNESSES"]})
    appended(1)
    other.add_log(vkeys(head().origin or "")[0])

    def answer(address: str, body: bytes) -> Reply:
        if "uni" in address:
            raise CannotCheck("unreachable")
        return Reply(200, "text/plain", other.add_checkpoint(body, lambda: int(NOW.timestamp())).body)

    wire.answer = answer
    assert ask_due(NOW) == 1
    assert [one.problem for one in seen_by(head())] == ["unreachable", None]


@pytest.mark.parametrize(
    "raw",
    ["nonsense", "a b", "{key}", "{key} ftp://x", "{log} https://x", "{key} https://x?y", "{key} https://x,{key} https://y"],
)
def test_a_setting_that_names_no_witness_stops_the_start(tmp_path: Path, raw: str) -> None:
    key = create(tmp_path / "w", "uni.example/witness").vkey.text
    with pytest.raises(SettingError):
        read_settings({}, WITNESSES=raw.format(key=key, log=Log().vkey.text))
