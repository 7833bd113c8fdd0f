import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from certification.core.settings import read_settings
from certification.log.keys import KeyProblemError, create_keys, public_keys, read_key
from certification.rules.signing import sign, verify


def test_a_new_key_is_closed_to_others_and_listed(tmp_path: Path) -> None:
    made = create_keys(tmp_path / "keys", demonstration=False)
    assert stat.S_IMODE((tmp_path / "keys" / "registry.pem").stat().st_mode) == 0o600
    assert read_key(tmp_path / "keys", demonstration=False).kid == made.kid
    assert list(public_keys(tmp_path / "keys", demonstration=False)) == [made.kid]


def test_what_it_signs_the_listed_key_verifies(tmp_path: Path) -> None:
    key = create_keys(tmp_path / "keys", demonstration=False)
    assert verify(sign({"a": 1}, key), public_keys(tmp_path / "keys", demonstration=False)).kid == key.kid


def test_a_registry_keeps_its_key(tmp_path: Path) -> None:
    first = create_keys(tmp_path / "keys", demonstration=False)
    with pytest.raises(KeyProblemError, match="already"):
        create_keys(tmp_path / "keys", demonstration=False)
    assert read_key(tmp_path / "keys", demonstration=False).kid == first.kid
    assert list(public_keys(tmp_path / "keys", demonstration=False)) == [first.kid]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    create_keys(tmp_path / "keys", demonstration=False)
    (tmp_path / "keys" / "registry.pem").chmod(mode)
    with pytest.raises(KeyProblemError, match="chmod 600"):
        read_key(tmp_path / "keys", demonstration=False)


def test_an_absent_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyProblemError, match="tianguis keys create"):
        read_key(tmp_path / "keys", demonstration=False)


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", demonstration=False)
    (tmp_path / "keys" / "registry.pem").write_text("nothing")
    with pytest.raises(KeyProblemError, match="no Ed25519 key"):
        read_key(tmp_path / "keys", demonstration=False)


@pytest.mark.parametrize("demonstration", [True, False])
def test_neither_kind_of_instance_takes_the_others_key(tmp_path: Path, *, demonstration: bool) -> None:
    made = create_keys(tmp_path / "keys", demonstration=demonstration)
    assert made.kid.startswith("demo-") is demonstration
    with pytest.raises(KeyProblemError, match="another data folder"):
        read_key(tmp_path / "keys", demonstration=not demonstration)
    with pytest.raises(KeyProblemError, match="another data folder"):
        public_keys(tmp_path / "keys", demonstration=not demonstration)


def test_a_demonstration_key_without_its_mark_is_still_no_real_one(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", demonstration=True)
    file = tmp_path / "keys" / "registry.pem"
    file.write_bytes(file.read_bytes().split(b"\n", 1)[1])
    signed = sign({"a": 1}, read_key(tmp_path / "keys", demonstration=False))
    assert signed.kid not in public_keys(tmp_path / "keys", demonstration=True)


def test_a_folder_without_keys_verifies_nothing(tmp_path: Path) -> None:
    assert public_keys(tmp_path / "keys", demonstration=False) == {}


def test_of_many_who_make_a_key_at_once_one_does_and_only_that_key_is_listed(tmp_path: Path) -> None:
    def attempt(_number: int) -> str | None:
        try:
            return create_keys(tmp_path / "keys", demonstration=False).kid
        except KeyProblemError:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [kid for kid in pool.map(attempt, range(16)) if kid is not None]
    assert (
        made
        == [read_key(tmp_path / "keys", demonstration=False).kid]
        == list(public_keys(tmp_path / "keys", demonstration=False))
    )


@pytest.mark.parametrize("fails_at", [1, 3])
def test_a_disk_that_fails_leaves_no_half_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    real, calls = os.fsync, iter(range(1, 99))

    def fails(handle: int) -> None:
        if next(calls) == fails_at:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        create_keys(tmp_path / "keys", demonstration=False)
    left = {file.name for file in (tmp_path / "keys").iterdir()}
    assert left - {".lock", "public.json"} == set()
    monkeypatch.undo()
    made = create_keys(tmp_path / "keys", demonstration=False)
    assert made.kid in public_keys(tmp_path / "keys", demonstration=False)


def test_files_and_the_folders_that_name_them_are_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, synced = os.fsync, []

    def watched(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())
        real(handle)

    monkeypatch.setattr(os, "fsync", watched)
    create_keys(tmp_path / "keys", demonstration=False)
    keys = tmp_path / "keys"
    assert [one if one in (keys, tmp_path) else one.name.split(".")[1] for one in synced] == [
        "public", keys, "registry", keys, tmp_path,
    ]  # fmt: skip
    assert [stat.S_IMODE((keys / name).stat().st_mode) for name in ("registry.pem", "public.json")] == [0o600, 0o644]


def test_the_folder_of_keys_is_in_the_data_folder_or_where_the_setting_says(tmp_path: Path) -> None:
    assert read_settings({}, DATA=str(tmp_path)).keys == tmp_path / "keys"
    assert read_settings({}, DATA=str(tmp_path), KEYS=str(tmp_path / "apart")).keys == tmp_path / "apart"
