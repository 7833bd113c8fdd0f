"""The console command, without a server or a network."""

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import click
import pysqlite3.dbapi2
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from certification.core.settings import TABLE, SettingError, Settings, read_settings
from certification.core.worker import Task
from certification.log.keys import KeyProblemError
from certification.rules.errors import CannotSign
from marketplace import cli
from marketplace.chores import CHORES
from marketplace.cli import local_settings, main
from marketplace.demonstration import loading
from marketplace.demonstration.content import SignIn
from marketplace.demonstration.people import PASSWORD
from marketplace.migrations.schema import newest_version
from marketplace.serving import refuse_unsafe
from tests import makers

SOUND = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuv",
    "ORIGIN": "https://tianguis.example",
    "OPERATOR_CONTACT": "privacidad@tianguis.example",
}


@pytest.fixture(autouse=True)
def only_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in TABLE:
        monkeypatch.delenv(f"TIANGUIS_{row.name}", raising=False)
    monkeypatch.delenv("TIANGUIS_CONFIG", raising=False)


@pytest.fixture
def console() -> CliRunner:
    return CliRunner()


def test_settings_of_a_real_registry_are_let_pass() -> None:
    refuse_unsafe(read_settings({}, **SOUND))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DEMONSTRATION": "yes"}, "TIANGUIS_DEMONSTRATION"),
        ({"SECRET_KEY": ""}, "TIANGUIS_SECRET_KEY"),
        ({"SECRET_KEY": "0123456789abcdefghijklmnopqrstu"}, "TIANGUIS_SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "TIANGUIS_SECRET_KEY"),
        ({"ORIGIN": "http://tianguis.example"}, "TIANGUIS_ORIGIN"),
        ({"OPERATOR_CONTACT": ""}, "TIANGUIS_OPERATOR_CONTACT"),
        ({"OPERATOR_CONTACT": "   "}, "TIANGUIS_OPERATOR_CONTACT"),
    ],
)
def test_serving_with_what_is_unsafe_is_refused_by_name(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError) as refused:
        refuse_unsafe(read_settings({}, **(SOUND | given)))
    assert named in str(refused.value)


def test_serve_ends_with_that_sentence_and_not_a_traceback(console: CliRunner, tmp_path: Path) -> None:
    given = {f"TIANGUIS_{name}": value for name, value in (SOUND | {"DATA": str(tmp_path), "OPERATOR_CONTACT": ""}).items()}
    told = console.invoke(main, ["serve"], env=given)
    assert told.exit_code == 2
    assert told.output.startswith("tianguis: TIANGUIS_OPERATOR_CONTACT must say")
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command_with_a_sentence(console: CliRunner) -> None:
    told = console.invoke(main, ["--help"])
    assert told.exit_code == 0
    for name in ("run", "serve", "worker", "upgrade", "settings", "demo", "admin", "keys", "log", "signer", "places", "schemes"):
        assert f"\n  {name} " in told.output
    assert all(command.help for command in main.commands.values())


def test_the_settings_command_explains_the_whole_table(console: CliRunner) -> None:
    told = console.invoke(main, ["settings"]).output
    for row in TABLE:
        assert f"TIANGUIS_{row.name}\n    {row.sentence}" in told


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("LANGUAGE", "fr", "choose es or en"),
        ("PROXIES", "-1", "give a whole number"),
        ("DEMONSTRATION", "maybe", "say yes or no"),
    ],
)
def test_a_bad_setting_is_one_sentence_with_its_name(console: CliRunner, name: str, value: str, why: str) -> None:
    told = console.invoke(main, ["upgrade"], env={f"TIANGUIS_{name}": value})
    assert told.exit_code == 2
    assert told.output.startswith(f"tianguis: TIANGUIS_{name}='{value}': {why}")
    assert "Traceback" not in told.output


def test_a_local_market_keeps_its_secret_to_itself(tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "market", port=5080)
    secret = tmp_path / "market" / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert settings["SECRET_KEY"] == secret.read_text(encoding="ascii")
    assert len(settings["SECRET_KEY"]) >= 48
    assert local_settings(tmp_path / "market")["SECRET_KEY"] == settings["SECRET_KEY"]
    assert local_settings(tmp_path / "other")["SECRET_KEY"] != settings["SECRET_KEY"]
    assert (settings["DEMONSTRATION"], settings["ORIGIN"]) == (True, "http://localhost:5080")


@pytest.fixture
def market(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people of a market, one of whom signs in."""
    makers.user("Ofelia Prueba", email="ofelia@demo.tianguis.example", password_hash="x")
    makers.user("Nadie Entra", email=None)
    people = tuple(
        SimpleNamespace(name=name, roles=roles, party=party, who="De prueba.", sign_in=SignIn.NEVER)
        for name, roles, party in (("Ofelia Prueba", ("operator",), None), ("Nadie Entra", (), "taller"))
    )
    monkeypatch.setattr(loading, "load", lambda: SimpleNamespace(all_people=people))


def test_demo_accounts_as_json_lists_who_may_sign_in(
    console: CliRunner, market: None, app: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "create_app", lambda _settings: app)
    told = console.invoke(main, ["demo", "accounts", "--json", "--data", str(tmp_path)])
    assert told.exit_code == 0
    assert json.loads(told.output) == [
        {
            "name": "Ofelia Prueba",
            "sign_in": "ofelia@demo.tianguis.example",
            "password": PASSWORD,
            "roles": ["operator"],
            "who": "De prueba.",
        }
    ]


def looked_at(console: CliRunner, monkeypatch: pytest.MonkeyPatch, *words: str, **env: str) -> str:
    """The folder that a command opens."""

    class OpenedError(Exception):
        pass

    def opened(settings: Settings) -> None:
        raise OpenedError(settings.data)

    with monkeypatch.context() as patch:
        patch.setattr(cli, "create_app", opened)
        told = console.invoke(main, words, env=env)
    assert isinstance(told.exception, OpenedError), told.output
    return str(told.exception)


@pytest.mark.parametrize("words", [("run",), ("demo", "accounts")], ids=" ".join)
def test_a_market_lies_where_the_settings_say_unless_the_command_says_otherwise(
    console: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data", "environment", "file", "said"):
        (tmp_path / name).mkdir()
    (tmp_path / "settings.toml").write_text(f"DATA = '{tmp_path / 'file'}'\n", encoding="utf-8")
    environ, file = {"TIANGUIS_DATA": "environment"}, {"TIANGUIS_CONFIG": str(tmp_path / "settings.toml")}
    assert looked_at(console, monkeypatch, *words) == str(tmp_path / "data")
    assert looked_at(console, monkeypatch, *words, **file) == str(tmp_path / "file")
    assert looked_at(console, monkeypatch, *words, **file, **environ) == str(tmp_path / "environment")
    assert looked_at(console, monkeypatch, *words, "--data", "said", **environ) == str(tmp_path / "said")


def test_accounts_where_no_folder_is_make_none(console: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = console.invoke(main, ["demo", "accounts"], env={"TIANGUIS_DATA": str(tmp_path / "no")})
    said = f"Error: There is no folder {tmp_path / 'no'}: `tianguis run` makes one, --data names another.\n"
    assert (told.exit_code, told.output, list(tmp_path.iterdir())) == (1, said, [])


def test_the_worker_runs_its_tasks_until_it_is_told_to_stop(
    console: CliRunner, app: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def one_round(given: object, tasks: list[Task], stop: object) -> None:
        assert given is app
        done.extend(task.name for task in tasks)

    monkeypatch.setattr(cli, "create_app", lambda _settings: app)
    monkeypatch.setattr(cli, "stop_on_signals", lambda *_: done.append("listens"))
    monkeypatch.setattr(cli, "work", one_round)
    told = console.invoke(main, ["worker"], env={"TIANGUIS_DATA": str(tmp_path)})
    assert (told.exit_code, done) == (0, ["listens", *(task.name for task in CHORES)])


def test_an_upgrade_without_the_key_says_that_credentials_wait(
    console: CliRunner, app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_at: object) -> int:
        raise KeyProblemError("The signing key can't be read.")

    monkeypatch.setattr(cli, "upgrade", lambda _engine: None)
    monkeypatch.setattr("certification.core.instance.settle", lambda **_given: None)
    monkeypatch.setattr(cli, "complete_credentials", missing)
    for waits in (True, False):
        monkeypatch.setattr(cli, "has_waiting", lambda waits=waits: waits)
        cli.prepare(app, demonstration=False)
        assert ("Credentials wait to be signed: The signing key" in capsys.readouterr().err) is waits


# Before `tianguis upgrade`, and after that of a later version

NEED_TABLES = (
    ("schemes",),
    ("schemes", "lapse", "origen-local", "1.0", "--by", "elena@example.org", "--reason", "x"),
    ("schemes", "withdraw", "origen-local", "1.0", "--by", "elena@example.org", "--reason", "x"),
    ("places", "import", __file__),
    ("places", "update"),
    ("admin", "create", "--name", "Elena", "--email", "elena@example.org"),
    ("keys", "list"),
    ("keys", "rotate"),
    ("keys", "retire", "x"),
    ("keys", "compromised", "x", "--from-index", "0"),
    ("log", "fsck"),
    ("log", "move"),
    ("log", "reconcile", "--from", "."),
    ("fsck",),
    ("export", "copy"),
    ("register", "snapshot"),
    ("signer", "--begin-record"),
    ("signer", "--socket", "socket"),
    ("verify", "ABCD-EFGH-JK-4"),
    ("worker",),
    ("serve",),
)
NONE = ("run", "upgrade", "restore", "settings", "witness", "monitor", "keys create", "backup", "demo accounts")
OLDER = "is at schema 0005, and this version works with {newest}. Run: tianguis upgrade"
NEWER = (
    "is at schema 9999, which this version does not know (its newest is {newest}): a newer version made it. "
    "Install that version again; there is no way down."
)


def leaves(command: click.Command, *path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from leaves(one, *path, name)
    else:
        yield " ".join(path)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {f"TIANGUIS_{name}": value for name, value in (SOUND | {"DATA": str(tmp_path)}).items()}


def stamped(folder: Path, version: str) -> None:
    with closing(pysqlite3.dbapi2.connect(folder / "tianguis.db")) as made:
        made.execute("CREATE TABLE alembic_version (version_num TEXT)")
        made.execute("INSERT INTO alembic_version VALUES (?)", [version])
        made.commit()


def test_every_command_is_known_to_need_a_database_or_none() -> None:
    named = {" ".join(words) for words in NEED_TABLES}
    lone = [one for one in leaves(main) if not any(f"{name} ".startswith(f"{one} ") for name in named)]
    assert [one for one in lone if not one.startswith(NONE)] == []


@pytest.mark.parametrize("words", NEED_TABLES, ids=" ".join)
def test_before_the_first_upgrade_a_command_says_what_to_run(
    console: CliRunner, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    told = console.invoke(main, words, env=environ)
    assert (told.exit_code, told.output) == (2, "tianguis: The database has no tables yet. Run: tianguis upgrade\n")
    assert list(tmp_path.iterdir()) == []


def test_a_question_where_nothing_is_leaves_no_folder_behind(
    console: CliRunner, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ["TIANGUIS_DATA"] = "data"
    assert console.invoke(main, ["verify", "7QK4M2XD9FQ"], env=environ).exit_code == 2
    assert list(tmp_path.iterdir()) == []
    assert console.invoke(main, ["upgrade"], env=environ).exit_code == 0  # the control
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("words", [["schemes"], ["worker"], ["serve"]], ids=" ".join)
@pytest.mark.parametrize(("version", "said"), [("0005", OLDER), ("9999", NEWER)])
def test_on_the_database_of_another_version_a_command_says_what_to_do(
    console: CliRunner, environ: dict[str, str], tmp_path: Path, words: list[str], version: str, said: str
) -> None:
    stamped(tmp_path, version)
    told = console.invoke(main, words, env=environ)
    assert (told.exit_code, told.output) == (2, f"tianguis: The database {said.format(newest=newest_version())}\n")


def test_an_upgrade_leaves_a_newer_database_as_it_is(console: CliRunner, environ: dict[str, str], tmp_path: Path) -> None:
    stamped(tmp_path, "9999")
    told = console.invoke(main, ["upgrade"], env=environ)
    assert (told.exit_code, "a newer version made it" in told.output, "Traceback" in told.output) == (2, True, False)
    with closing(pysqlite3.dbapi2.connect(tmp_path / "tianguis.db")) as left:
        assert left.execute("SELECT name FROM sqlite_master").fetchall() == [("alembic_version",)]


def test_a_market_is_not_opened_on_a_real_registry_nor_its_database_brought_forward(
    console: CliRunner, environ: dict[str, str], tmp_path: Path
) -> None:
    stamped(tmp_path, "0001")
    with closing(pysqlite3.dbapi2.connect(tmp_path / "tianguis.db")) as made:
        made.execute("CREATE TABLE instance_facts (name TEXT PRIMARY KEY, value TEXT)")
        made.execute("INSERT INTO instance_facts VALUES ('kind', 'real')")
        made.commit()
    told = console.invoke(main, ["run"], env=environ)
    assert (told.exit_code, told.output.startswith("tianguis: This database is a real registry's;")) == (2, True), told.output
    with closing(pysqlite3.dbapi2.connect(tmp_path / "tianguis.db")) as left:
        assert left.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert len(left.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()) == 2


def test_after_an_upgrade_the_same_commands_work(console: CliRunner, environ: dict[str, str]) -> None:
    for words in (["keys", "create"], ["upgrade"], ["schemes"], ["log", "fsck"], ["fsck"], ["keys", "list"]):
        told = console.invoke(main, words, env=environ)
        assert (words, told.exit_code, told.output) == (words, 0, told.output)


REFUSED = (
    ("log move", "The log has no signature and no address yet: there is nothing to move."),
    ("export copy", "The public log is not signed yet: there is nothing to export."),
    ("register snapshot --month mayo", "Write the month as year-month, for example 2026-05."),
    (
        "places import places.csv",
        "We do not recognise the columns of this file. Use the catalogue that INEGI offers for download, as CSV.",
    ),
    ("places update --service nowhere", "The address of the catalogue must begin with https://."),
    ("admin create --name Elena --email elena@example.org", "This person already has that role."),
    ("schemes lapse origen-local 1.0 --by elena@example.org --reason x", "There is no scheme origen-local 1.0."),
)


def test_what_a_command_refuses_it_says_in_english(
    console: CliRunner, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "places.csv").write_text("a,b\n", encoding="ascii")
    for words in (["upgrade"], ["admin", "create", "--name", "Elena", "--email", "elena@example.org"]):
        assert console.invoke(main, words, env=environ).exit_code == 0
    for line, said in REFUSED:
        told = console.invoke(main, line.split(), env=environ)
        assert (line, told.exit_code, told.output) == (line, 1, f"Error: {said}\n")
    told = console.invoke(main, ["monitor", "nowhere"], env=environ)
    assert (told.exit_code, told.output) == (2, "tianguis: Write the registry's whole address, such as https://example.mx\n")


def test_a_start_that_may_not_sign_says_in_english_why(
    console: CliRunner, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_given: object, **_more: object) -> None:
        raise CannotSign

    monkeypatch.setattr(cli, "prepare", refuses)
    told = console.invoke(main, ["upgrade"], env=environ)
    said = "tianguis: The registry cannot sign now and nothing was saved. Tell whoever runs the site.\n"
    assert (told.exit_code, told.output) == (2, said)


def test_nothing_is_backed_up_of_an_empty_database(console: CliRunner, environ: dict[str, str], tmp_path: Path) -> None:
    told = console.invoke(main, ["backup", str(tmp_path / "copy")], env=environ)
    assert (told.exit_code, told.output) == (
        1,
        "Error: The database has no tables yet: there is nothing to copy. Run: tianguis upgrade\n",
    )
    assert not (tmp_path / "copy").exists()


def test_accounts_of_a_market_that_was_never_run_say_how_to_run_it(console: CliRunner, tmp_path: Path) -> None:
    told = console.invoke(main, ["demo", "accounts", "--data", str(tmp_path)])
    assert (told.exit_code, told.output) == (2, "tianguis: The database has no tables yet. Run: tianguis run\n")
