import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from certification.outside.following import Followed, entries, follow, followed_from
from certification.outside.sources import Folder, Site
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import CannotCheck, InvalidInput, LogConflict, NotFound
from certification.rules.merkle import leaf_hash, root_of
from certification.rules.tiles import encode_bundle, parse_path


@dataclass
class Published:
    """A log of numbered entries as a source; ``asked`` are the paths that were read."""

    size: int
    only_full: bool = False
    asked: list[str] = field(default_factory=list)

    def entry(self, index: int) -> bytes:
        return hashlib.sha256(str(index).encode()).digest()

    def get(self, path: str, accept: str = "*/*") -> bytes:
        self.asked.append(path)
        tile = parse_path(path.removeprefix("/log/"))
        if not tile.exists_in(self.size) or (self.only_full and ".p/" in path):
            raise NotFound
        return encode_bundle([self.entry(index) for index in range(tile.start, tile.start + tile.width)])

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint("log.example/log", size, root_of(leaf_hash(self.entry(index)) for index in range(size)))


def test_a_log_is_followed_from_nothing_and_carried_on() -> None:
    log = Published(300)
    known = follow(Followed(), log.checkpoint(260), entries(log, 260))
    later = follow(known, log.checkpoint(300), entries(log, 300, since=260))
    assert (later.size, later.root) == (300, log.checkpoint(300).root)
    assert followed_from(later.size, later.nodes) == later


def test_only_what_is_new_is_read() -> None:
    log = Published(600)
    assert len(list(entries(log, 600, since=512))) == 88
    assert log.asked == ["/log/tile/entries/002.p/88"]


def test_a_partial_bundle_that_is_gone_is_cut_from_the_full_one() -> None:
    log = Published(512, only_full=True)
    assert len(list(entries(log, 300))) == 300
    assert log.asked[-2:] == ["/log/tile/entries/001.p/44", "/log/tile/entries/001"]


def test_entries_that_lead_elsewhere_are_a_fork() -> None:
    log, other = Published(10), Published(10)
    known = follow(Followed(), log.checkpoint(5), entries(log, 5))
    changed = [b"changed", *entries(other, 10, since=6)]
    with pytest.raises(LogConflict) as caught:
        follow(known, log.checkpoint(10), changed)
    assert caught.value.code == "log_fork"


def test_a_smaller_log_is_behind() -> None:
    log = Published(10)
    known = follow(Followed(), log.checkpoint(10), entries(log, 10))
    with pytest.raises(LogConflict) as caught:
        follow(known, log.checkpoint(9), [])
    assert caught.value.code == "log_behind"


def test_a_folder_gives_its_files_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"no")
    folder = tmp_path / "export"
    (folder / "log").mkdir(parents=True)
    (folder / "log" / "checkpoint").write_bytes(b"yes")
    assert Folder(folder).get("/log/checkpoint") == b"yes"
    for path in ("/log", "/log/none", "/../secret", "/log/../../secret", "/", "/log/checkpoint/more"):
        with pytest.raises(NotFound):
            Folder(folder).get(path)


@pytest.mark.parametrize("address", ["ftp://host", "host", "https://host/path", "https://", "file:///etc/passwd"])
def test_a_site_is_an_address_on_the_web_without_a_path(address: str) -> None:
    with pytest.raises(InvalidInput):
        Site(address)


def test_a_site_that_does_not_answer_cannot_be_checked() -> None:
    with pytest.raises(CannotCheck) as caught:
        Site("http://127.0.0.1:9", seconds=1).get("/log/checkpoint")
    assert caught.value.code == "unreachable"


def test_what_is_no_file_is_not_read_from_a_folder_that_a_stranger_made(tmp_path: Path) -> None:
    """A link to a device has no length and no end; a pipe waits for ever."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "checkpoint").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "log" / "vkey")
    (tmp_path / "log" / "handover").write_bytes(b"yes")
    for name in ("checkpoint", "vkey"):
        with pytest.raises(CannotCheck):
            Folder(tmp_path).get(f"/log/{name}")
    assert Folder(tmp_path).get("/log/handover") == b"yes"
