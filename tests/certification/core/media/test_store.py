import hashlib
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certification.core.media import store
from certification.core.media.store import Folder, NoSuchFile, Store, shelves

CONTENT = b"a photograph"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
AT = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)


def files(root: Path) -> list[str]:
    return sorted(str(found.relative_to(root)) for found in root.rglob("*") if found.is_file())


def test_content_lies_under_its_digest_in_fanned_out_folders(tmp_path: Path) -> None:
    kept: Store = Folder(tmp_path)
    assert kept.put(CONTENT) == DIGEST
    assert files(tmp_path) == [f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"]
    assert kept.path(DIGEST) == tmp_path / DIGEST[:2] / DIGEST[2:4] / DIGEST
    with kept.open(DIGEST) as reading:
        assert reading.read() == CONTENT
    assert kept.exists(DIGEST)


def test_a_path_is_kept_like_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(CONTENT)
    assert Folder(tmp_path / "kept").put(tmp_path / "upload") == DIGEST


def test_keeping_twice_changes_nothing_but_the_age(tmp_path: Path) -> None:
    kept = Folder(tmp_path)
    kept.put(CONTENT)
    place = kept.path(DIGEST)
    number = place.stat().st_ino
    os.utime(place, (1, 1))
    assert kept.put(CONTENT) == DIGEST
    assert place.stat().st_ino == number
    assert place.stat().st_mtime > 1


def test_deleting_is_idempotent(tmp_path: Path) -> None:
    kept = Folder(tmp_path)
    kept.put(CONTENT)
    kept.delete(DIGEST)
    kept.delete(DIGEST)
    assert not kept.exists(DIGEST)
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", DIGEST.upper(), DIGEST + "0", DIGEST[:-1], "." * 64, DIGEST + "\n"])
def test_what_is_no_digest_reaches_no_file(tmp_path: Path, name: str) -> None:
    kept = Folder(tmp_path)
    assert kept.exists(name) is False
    for act in (kept.open, kept.path, kept.delete):
        with pytest.raises(NoSuchFile):
            act(name)


def test_a_digest_that_is_not_kept_is_no_such_file(tmp_path: Path) -> None:
    kept = Folder(tmp_path)
    with pytest.raises(NoSuchFile):
        kept.open(DIGEST)
    with pytest.raises(NoSuchFile):
        kept.path(DIGEST)


def test_private_and_public_are_apart_and_only_public_is_readable_by_others(tmp_path: Path) -> None:
    both = shelves(tmp_path)
    both.public.put(b"seen by all")
    both.private.put(b"seen by few")
    assert [one.split("/")[0] for one in files(tmp_path)] == ["private", "public"]
    private, public = (next((tmp_path / name).glob("*/*/*")) for name in ("private", "public"))
    assert [stat.S_IMODE(one.stat().st_mode) for one in (private, tmp_path / "private")] == [0o600, 0o700]
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert list(both.private.digests()) == [hashlib.sha256(b"seen by few").hexdigest()]


@pytest.mark.parametrize("first", ["private", "public"])
def test_folders_are_made_by_the_first_that_is_kept_and_what_lies_above_stays_open(tmp_path: Path, first: str) -> None:
    root = tmp_path / "data" / "media"
    both = shelves(root)
    for shelf in (both.public, both.private):
        assert (shelf.exists(DIGEST), list(shelf.digests()), shelf.sweep(at=AT, older_than=timedelta(0))) == (False, [], 0)
        shelf.delete(DIGEST)
    assert list(tmp_path.iterdir()) == []
    getattr(both, first).put(CONTENT)
    assert [one.name for one in root.iterdir()] == [first]
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (root.parent, root, root / first)]
    assert modes == [0o755, 0o755, 0o700 if first == "private" else 0o755]


@pytest.mark.parametrize("call", ["fsync", "fchmod", "replace"])
def test_a_failing_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    kept = Folder(tmp_path)
    kept._make_folder(kept._place(DIGEST).parent)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path if call == "replace" else os, call, fail)
    with pytest.raises(OSError, match="No space"):
        kept.put(CONTENT)
    monkeypatch.undo()
    assert files(tmp_path) == []
    assert not kept.exists(DIGEST)


def test_file_and_folder_are_synced_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def named(self: Path, target: Path) -> Path:
        events.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    kept = Folder(tmp_path)
    kept._make_folder(kept._place(DIGEST).parent)
    events.clear()
    kept.put(CONTENT)
    assert events == ["file", "name", "folder"]
    events.clear()
    kept.put(CONTENT)
    assert events == ["folder"]


def test_content_that_changes_meanwhile_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_digest", lambda _: "0" * 64)
    with pytest.raises(OSError, match="changed while"):
        Folder(tmp_path).put(CONTENT)
    assert files(tmp_path) == []


def test_a_writer_killed_midway_leaves_only_what_the_sweep_takes(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nsys.path.insert(0, sys.argv[1])\n"
        "from certification.core.media import store\n"
        "store.os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL) if sys.argv[3] in os.readlink(f'/proc/self/fd/{descriptor}') else None\n"
        "store.Folder(Path(sys.argv[2])).put(b'a photograph')\n"
    )
    root = str(Path(store.__file__).parents[3])
    ran = subprocess.run([sys.executable, "-I", "-c", script, root, str(tmp_path), ".new-"], check=False)
    assert ran.returncode == -signal.SIGKILL
    kept = Folder(tmp_path)
    assert not kept.exists(DIGEST)
    (left,) = tmp_path.rglob(".new-*")
    os.utime(left, (AT.timestamp() - 7200, AT.timestamp() - 7200))
    assert kept.sweep(at=AT, older_than=timedelta(hours=3)) == 0
    assert kept.put(CONTENT) == DIGEST
    assert kept.sweep(at=AT, older_than=timedelta(hours=1)) == 1
    assert files(tmp_path) == [f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"]
