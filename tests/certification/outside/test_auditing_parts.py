"""Parts of the log that a longer one left behind in an export: they are held against the leaves too."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from flask import Flask

from certification.core import clock
from certification.outside.auditing import audit
from certification.outside.layout import TILE_CALL, unwrapped, wrapped
from certification.outside.sources import Folder
from certification.registry import tending
from certification.registry.exporting import export
from certification.rules.tiles import parse_path
from tests import makers
from tests.conftest import NOW
from tests.keeping import Kept

OLD, NEW = "5", "6"
BUNDLE, HASHES = "log/tile/entries/000.p", "log/tile/0/000.p"
BUILT: list[Path] = []


@pytest.fixture
def folder(app: Flask, pristine: Kept, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a folder of two exports, built once."""
    if not BUILT:
        where = tmp_path_factory.mktemp("exported") / "export"
        with app.app_context(), clock.standing_at(NOW):
            for name in ("Celia Decide", "Otra Decide"):
                makers.certified(makers.user(name))
                tending.renew_lists(NOW)
                export(where, at=NOW)
            pristine.begin_again()
        BUILT.append(where)
    return copytree(BUILT[0], tmp_path / "copy")


def faults(folder: Path) -> list[str]:
    return audit(Folder(folder), now=NOW).faults


def swap(file: Path, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new, 1))


def test_what_an_export_leaves_behind_is_well_and_is_looked_at(folder: Path) -> None:
    for part in (BUNDLE, HASHES):
        assert sorted(one.name for one in (folder / part).iterdir()) == [OLD, f"{OLD}.js", NEW, f"{NEW}.js"]
    before = audit(Folder(folder), now=NOW)
    for part in (BUNDLE, HASHES):
        for name in (OLD, f"{OLD}.js"):
            (folder / part / name).unlink()
    after = audit(Folder(folder), now=NOW)
    assert (before.faults, after.faults, before.files - after.files) == ([], [], 4)


def other_path(file: Path) -> None:
    file.write_bytes(wrapped(TILE_CALL, unwrapped(TILE_CALL, file.read_bytes()) | {"path": "tile/0/001"}))


WRONG: dict[str, tuple[str, Callable[[Path], object]]] = {
    "an entry": (f"{BUNDLE}/{OLD}", lambda file: swap(file, b"granted", b"grantee")),
    "an entry of the script": (f"{BUNDLE}/{OLD}.js", lambda file: swap(file, b"granted", b"grantee")),
    "an entry less": (f"{BUNDLE}/{OLD}", lambda file: file.write_bytes(b"")),
    "a hash": (f"{HASHES}/{OLD}", lambda file: file.write_bytes(bytes(32) + file.read_bytes()[32:])),
    "a hash more": (f"{HASHES}/{OLD}", lambda file: file.write_bytes(file.read_bytes() + bytes(32))),
    "noise in a script": (f"{HASHES}/{OLD}.js", lambda file: file.write_bytes(b"alert(1)")),
    "a script of another part": (f"{HASHES}/{OLD}.js", other_path),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_older_part_that_was_altered_is_named(folder: Path, what: str) -> None:
    path, spoil = WRONG[what]
    spoil(folder / path)
    assert faults(folder) == [f"{path}: {'tile_entries' if 'entries' in path else 'tile_hashes'}"]


def test_of_a_part_beyond_the_checkpoint_what_it_covers_must_be_so(folder: Path, tmp_path: Path) -> None:
    """A stopped run leaves such parts; somebody who puts a longer one there can't change what was signed."""
    entries = (folder / BUNDLE / NEW).read_bytes()
    more = folder / BUNDLE / "7"
    more.write_bytes(entries + b"\x00\x02{}")
    assert faults(folder) == []
    swap(more, b"granted", b"grantee")
    assert faults(folder) == [f"{BUNDLE}/7: tile_entries"]


def test_what_is_no_part_of_a_log_is_left_aside(folder: Path) -> None:
    for name in ("notes.txt", ".hidden"):
        (folder / "log" / "tile" / name).write_bytes(b"mine")
    assert faults(folder) == []


def test_the_names_here_are_those_of_the_log() -> None:
    assert [parse_path(f"{part.removeprefix('log/')}/{OLD}").width for part in (BUNDLE, HASHES)] == [int(OLD)] * 2
