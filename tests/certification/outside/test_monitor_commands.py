"""`tianguis monitor` as a person and a program use it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.outside import monitor_commands
from certification.outside.monitor_commands import monitor
from certification.outside.witness import create
from marketplace.cli import main
from tests import makers
from tests.certification.outside.logs import Log
from tests.conftest import NOW
from tests.wsgi_source import WsgiSource

URL = "https://registro.example"


@pytest.fixture
def source(client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch) -> WsgiSource:
    made = makers.certified(at=NOW)
    scheme = made.scheme_version
    found = WsgiSource(client, given={f"/schemes/{scheme.scheme.key}/{scheme.version}": b"{}"})
    monkeypatch.setattr(monitor_commands, "Site", lambda _url, **_given: found)
    return found


def run(*words: str) -> Result:
    return CliRunner().invoke(monitor, [URL, *words])


def test_words_and_exit_codes(source: WsgiSource, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--once")
    well = run(*state)
    assert (well.exit_code, well.output.splitlines()[-1].startswith(f"{URL}: all well. ")) == (0, True)
    row = json.loads(source.get("/register.jsonl"))
    source.changed["/register.jsonl"] = lambda _rows: json.dumps(row | {"state": "EXPIRED"}).encode()
    wrong = run(*state)
    said = f"FAULT unlogged: {row['code']} is shown as EXPIRED; by the log it is VALID"
    assert (wrong.exit_code, wrong.output.splitlines()[0]) == (1, said)
    assert wrong.output.splitlines()[-1] == f"{URL}: 1 fault. 5 entries, 1 certificate, 1 of them closely."
    source.away = {"/register.jsonl"}
    away = run(*state)
    assert (away.exit_code, away.output.splitlines()[0]) == (2, "could not look: /: unreachable")


def test_one_object_for_programs(source: WsgiSource, tmp_path: Path) -> None:
    source.gone = {"/register.jsonl"}
    told = json.loads(run("--as-json", "--state", str(tmp_path)).output)
    assert (told["exit"], told["url"], told["certificates"]) == (1, URL, 1)
    assert [one["kind"] for one in told["faults"]] == ["register", "missing"]


def test_without_a_state_it_says_what_it_cannot_see(source: WsgiSource) -> None:
    result = run()
    assert (result.exit_code, "a changed past can't be seen" in result.output) == (0, True)


def test_the_key_that_is_given_is_the_only_one_believed(source: WsgiSource) -> None:
    own = source.get("/log/vkey").decode().strip()
    assert run("--key", own).exit_code == 0
    other = Log(origin=own.partition("+")[0]).vkey.text
    result = run("--key", other)
    assert (result.exit_code, result.output.startswith("FAULT key: ")) == (1, True)


def test_every_so_often_goes_on_until_interrupted(source: WsgiSource, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("certification.outside.monitor_commands.time.sleep", sleep)
    result = run("--every", "60")
    assert (waited, result.output.count("all well")) == ([60, 60], 2)


def refused(url: str) -> str:
    """What the command says that cannot begin, with its translations."""
    told = CliRunner().invoke(main, ["monitor", url])
    assert (told.exit_code, told.stdout) == (2, "")
    return told.stderr


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    witness = create(tmp_path / "w", "uni.example/w").vkey.text
    log, other = Log().vkey.text, Log(origin="other.example/log").vkey.text
    for words in (
        ("--key", "nonsense"),
        ("--key", witness),
        ("--witness", log),
        ("--witness", witness, "--quorum", "2"),
        ("--quorum", "1"),
        ("--key", log, "--key", other),
        ("--every", "0"),
    ):
        assert run(*words).exit_code == 2, words
    assert CliRunner().invoke(monitor, ["ftp://x"]).exit_code == 2
    assert (
        refused("ftp://x")
        == refused("registro.example")
        == "tianguis: Write the registry's whole address, such as https://example.mx\n"
    )
    for longer in ("/log", "/log/checkpoint", "/?lang=en", "#top"):
        said = "tianguis: Write only the registry's address, without what follows it: http://registro.example\n"
        assert refused(f"http://registro.example{longer}") == said
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "monitor.db").write_bytes(b"nonsense" * 1000)
    result = run("--state", str(tmp_path / "state"))
    assert (result.exit_code, "damaged" in result.output) == (2, True)
