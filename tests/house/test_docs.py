"""The documents say what the code does."""

import re
import tomllib
from pathlib import Path

import click
import pytest

from certification.core.settings import TABLE, read_settings
from marketplace.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("**/*.md")])
SERVER = sorted((ROOT / "deploy").iterdir())
LONGEST_README = 200
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)")
CODE = re.compile(r"^ *```[^\n]*\n(.*?)^ *```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:^|\s|bin/)tianguis((?: +[a-z][a-z-]*(?=\s|$))*)", re.MULTILINE)
TARGET = re.compile(r"^\s*make ([a-z-]+)", re.MULTILINE)
OWN_PATH = re.compile(r"(?:certification|marketplace|templates|static|tests|deploy|docs)/[\w./-]*[\w/]")
MODULE = re.compile(r"\btests\.[a-z_.]+[a-z_]")
SETTING_ROW = re.compile(r"^\| `([A-Z_]+)` \| (?:`([^`]+)`|empty) \| (.+) \|$", re.MULTILINE)
FORBIDDEN = re.compile(
    r"/(?:work|tmp|home|root|mnt|Users)/|pypi\.org|pythonhosted|npmjs|(?<!emit-)index-url|crates\.io|proxy\.golang|artifactory", re.IGNORECASE
)  # fmt: skip


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_of(path: Path) -> list[str]:
    """Blocks and words set as code."""
    return [block or word for block, word in CODE.findall(path.read_text(encoding="utf-8"))]


def commands_in(code: str) -> list[list[str]]:
    """The words that follow each ``tianguis`` in a block or word of code, as far as they may be commands.

    A service's name after systemctl, a path's end and the name of a user are no commands; nor is ``tianguis`` inside a settings line.
    """
    lines = [
        line
        for line in code.splitlines()
        if not re.search(r"systemctl|journalctl|adduser|createuser|install -|alias|^\w+ = ", line)
    ]
    return [found.split() for line in lines for found in COMMAND.findall(line)]


def unknown(words: list[str]) -> str | None:
    """The first word that the console command does not know, if there is one."""
    here: click.Command = main
    for word in words:
        if not isinstance(here, click.Group):
            return None
        if word not in here.commands:
            return word
        here = here.commands[word]
    return None


def test_the_settings_page_is_the_settings_table() -> None:
    rows = SETTING_ROW.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))
    assert rows == [(row.name, row.default, row.sentence) for row in TABLE]


def test_the_example_settings_file_is_readable_but_for_its_secret() -> None:
    settings = read_settings({}, ROOT / "deploy" / "settings.toml")
    assert (settings["PROXIES"], settings["ORIGIN"], settings["SECRET_KEY"]) == (1, "https://tianguis.example", "")
    assert set(tomllib.loads((ROOT / "deploy" / "settings.toml").read_text(encoding="utf-8"))) <= {row.name for row in TABLE}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_command_that_is_named_exists(path: Path) -> None:
    said = [words for code in code_of(path) for words in commands_in(code)]
    assert [words for words in said if unknown(words)] == []


def test_every_command_of_the_unit_files_exists() -> None:
    started = [
        line.partition("bin/tianguis ")[2].split(" --")[0].split()
        for path in SERVER
        for line in path.read_text().splitlines()
        if line.startswith("ExecStart=")
    ]
    assert started == [["signer"], ["worker"], ["serve"]]
    assert [words for words in started if unknown(words)] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    said = {target for code in code_of(path) for target in TARGET.findall(code)}
    assert said - targets == set()


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_file_of_ours_that_is_named_exists(path: Path) -> None:
    said = {name for code in code_of(path) for name in OWN_PATH.findall(code)}
    assert {name for name in said if not (ROOT / name).exists()} == set()


def test_every_command_behind_a_promise_exists() -> None:
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    modules = set(MODULE.findall(text))
    assert len(modules) >= 5
    assert {name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < LONGEST_README


@pytest.mark.parametrize("path", [*PAGES, *SERVER, ROOT / "Makefile", ROOT / "pyproject.toml"], ids=named)
def test_no_path_of_a_machine_and_no_registry_is_named(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("package", ["marketplace", "certification"])
def test_the_floors_are_those_of_the_contracts(package: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one.get("containers") == [package])
    told = re.search(rf"^{package} +(.+)$", (ROOT / "docs" / "house.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert told is not None
    assert told[1].split(" → ") == layers


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    written = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    titles = [path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for path in written]
    assert [(f"{number}. {title}", file) for number, title, file in listed] == list(
        zip(titles, [path.name for path in written], strict=True)
    )


def test_the_checks_see_what_they_look_for() -> None:
    assert commands_in("tianguis keys create\ntianguis fly") == [["keys", "create"], ["fly"]]
    assert [unknown(words) for words in commands_in("tianguis keys create\ntianguis fly")] == [None, "fly"]
    assert unknown(["keys", "forget"]) == "forget"
    assert unknown(["serve", "now"]) is None
    assert FORBIDDEN.search("see /home/someone/x")
    assert FORBIDDEN.search("https://" + "pypi" + ".org/simple")
    assert LINK.findall("[a](b.md) [c](https://example.org)") == ["b.md"]
    assert TARGET.findall("make test\nmake run PORT=1") == ["test", "run"]
    assert OWN_PATH.findall("`tests/house` and certification/rules/code.py.") == ["tests/house", "certification/rules/code.py"]
