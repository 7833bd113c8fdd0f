"""The export as a folder: what is in it, what a second run writes, what an interruption leaves, and that it checks itself."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest
from flask import Flask
from pymerkle.core import BaseMerkleTree
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log.keys import KeyProblemError
from certification.outside.auditing import audit
from certification.outside.layout import HEAD, MANIFEST, PACK_CALL, pack_of, unwrapped, wrapped
from certification.outside.sources import Folder
from certification.registry import export_records, exporting, tending
from certification.registry.acts import Why, withdraw
from certification.registry.exporting import Target, export
from certification.registry.models import Certificate
from certification.rules.errors import Conflict, LogConflict
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.registry.exported import STATES, exported, told
from tests.conftest import NOW
from tests.keeping import Kept

P = PublicState
HOUR = timedelta(hours=1)
BUILT: dict[Path, dict[str, str]] = {}
WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")


@pytest.fixture
def world(app: Flask, pristine: Kept, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Every state in a folder, built once for all tests here: nobody writes to it. The database is empty again."""
    if not BUILT:
        where = tmp_path_factory.mktemp("exported") / "export"
        with app.app_context(), clock.standing_at(NOW):
            BUILT[where] = exported(where)
            pristine.begin_again()
    return next(iter(BUILT.items()))


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def granted(by: Any = None) -> Certificate:
    made = makers.certified(by or makers.user("Celia Decide"))
    tending.renew_lists(NOW)
    return made


def test_a_folder_verifies_every_label_and_holds_no_name(world: tuple[Path, dict[str, str]]) -> None:
    where, codes = world
    assert {name: told(where, code, None, NOW, whole_up_to=1000).state.value for name, code in codes.items()} == STATES
    found = audit(Folder(where), now=NOW)
    assert (found.faults, found.certificates) == ([], len(codes) + 1)
    whole = b"".join(files(where).values())
    assert b"Taller Hilo de Luna" in whole
    for personal in ("Martina Luna", "Celia Decide", "Rosa Teje", "Se usó en otras piezas"):
        assert personal.encode() not in whole


def test_what_lies_at_the_sites_own_addresses_is_what_the_site_serves(session: Session, client: Any, tmp_path: Path) -> None:
    made = granted()
    export(tmp_path, at=NOW)
    source, code = Folder(tmp_path), made.code
    for path, kind in (
        ("/log/checkpoint", "*/*"),
        ("/log/vkey", "*/*"),
        ("/log/tile/0/000.p/5", "*/*"),
        ("/log/tile/entries/000.p/5", "*/*"),
        ("/.well-known/did.json", "application/json"),
        ("/status/revocation/1", "application/vc"),
        ("/status/suspension/1", "application/vc+jwt"),
        (f"/c/{code}", "application/vc"),
        (f"/c/{code}", "application/vc+jwt"),
        (f"/c/{code}/versions/1", "application/vc"),
        (f"/c/{code}/versions/1", "application/vc+jwt"),
        ("/schemes/origen-local/1.0", "application/json"),
        ("/contexts/tianguis/v1", "application/ld+json"),
        ("/register.jsonl", "*/*"),
        ("/register.csv", "*/*"),
    ):
        served, lying = client.get(path, headers={"Accept": kind}).data, source.get(path, kind)
        same = lying == served or json.loads(lying) == json.loads(served)
        assert same, path
    record = json.loads(source.get(f"/c/{code}", "application/json"))
    served = client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()
    assert [one["signature"] for one in record["versions"]] == [one["signature"] for one in served["versions"]]
    assert (tmp_path / "manifest.json").is_file()
    assert next(csv.reader((tmp_path / "register.csv").open()))[0] == "code"


class Tree(BaseMerkleTree):  # type: ignore[misc]  # pymerkle has no types
    """Somebody else's tree over the entries that lie in the folder."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        super().__init__(algorithm="sha256")

    def _encode_entry(self, data: bytes) -> bytes:
        return data

    def _store_leaf(self, data: bytes, digest: bytes) -> int:
        self.entries.append(digest)
        return len(self.entries)

    def _get_leaf(self, index: int) -> bytes:
        return self.entries[index - 1]

    def _get_leaves(self, offset: int, width: int) -> list[bytes]:
        return self.entries[offset : offset + width]

    def _get_size(self) -> int:
        return len(self.entries)


def test_somebody_elses_tree_over_the_entries_has_the_signed_root(world: tuple[Path, dict[str, str]]) -> None:
    where, _codes = world
    log, tree = json.loads((where / MANIFEST).read_bytes())["log"], Tree()
    bundle = (where / "log" / "tile" / "entries" / f"000.p/{log['size']}").read_bytes()
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        tree.append_entry(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert tree.get_root().hex() == log["root"]
    tree.append_entry(b"one more")
    assert tree.get_root().hex() != log["root"]


def take(code: str) -> None:
    """Withdraw by its code; an export forgets what the session had loaded."""
    made = db.session.scalars(select(Certificate).where(Certificate.code == code)).one()
    by = db.session.get_one(User, made.acts[0].by_id)
    with unit_of_work():
        withdraw(made, WHY, by=by, at=NOW)


def test_a_second_run_writes_only_what_changed(session: Session, tmp_path: Path) -> None:
    by = makers.user("Celia Decide")
    quiet, acted = granted(by).code, granted(by).code
    first = export(tmp_path, at=NOW)
    before = files(tmp_path)
    nothing = export(tmp_path, at=NOW)
    assert {path for path, content in files(tmp_path).items() if content != before[path]} == set()
    assert (nothing.written, first.written > 0) == (0, True)
    take(acted)
    export(tmp_path, at=NOW + HOUR)
    after = files(tmp_path)
    changed = {path for path in after if after[path] != before.get(path)}
    assert before.keys() <= after.keys()
    assert pack_of(acted) in changed
    assert pack_of(quiet) not in changed
    assert {path for path in changed if path.startswith("check")} == set()
    assert told(tmp_path, acted, None, NOW + HOUR).state is P.WITHDRAWN
    assert told(tmp_path, acted, "2026-11-20", NOW + HOUR).state is P.VALID
    assert audit(Folder(tmp_path), now=NOW + HOUR).faults == []
    full = export(tmp_path / "other", at=NOW + HOUR, full=True)
    assert full.certificates == 2
    again = files(tmp_path / "other")
    assert {path: again[path] for path in again if path.startswith(("c/", "log/", "head"))}.items() <= after.items()


class Stopped(Exception):  # noqa: N818 - not an error
    """Pulled the plug."""


def test_whoever_stops_at_any_file_leaves_the_old_folder_or_the_new_one(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = granted().code
    export(tmp_path / "old", at=NOW)
    take(code)
    fresh = granted(makers.user("Otra Decide")).code
    whole = export(copytree(tmp_path / "old", tmp_path / "whole"), at=NOW + HOUR)
    put, seen = Target.put_pieces, []
    for stop in range(whole.written + 1):
        folder, left = copytree(tmp_path / "old", tmp_path / str(stop)), iter(range(stop))

        def stopping(self: Target, path: str, pieces: Any, *, durable: bool = True, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Stopped
            put(self, path, pieces, durable=durable)

        monkeypatch.setattr(Target, "put_pieces", stopping)
        try:
            export(folder, at=NOW + HOUR)
        except Stopped:
            db.session.rollback()
        states = [told(folder, one, None, NOW + HOUR).state for one in (code, fresh)]
        seen.append(states)
        monkeypatch.setattr(Target, "put_pieces", put)
        export(folder, at=NOW + HOUR)
        assert told(folder, code, None, NOW + HOUR).state is P.WITHDRAWN
    old, new = [P.VALID, P.NOT_FOUND], [P.WITHDRAWN, P.VALID]
    assert [one for one in seen if one not in (old, new)] == []
    assert (seen[0], seen[-1]) == (old, new)


def elsewhere(app: Flask, do: Callable[[], object]) -> None:
    """In a thread and a session of its own, to its end."""

    def run() -> None:
        with app.app_context(), clock.standing_at(NOW):
            do()
            db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result(timeout=60)


@pytest.mark.file_database
@pytest.mark.parametrize("step", ["waiting_codes", "_put_register", "_put_packs"])
def test_an_export_is_of_one_moment_though_acts_go_on(
    shared: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real, folder = getattr(exporting, step), tmp_path / "export"

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(exporting, step, real)
        elsewhere(shared, lambda: take(code))
        return real(*given)

    with shared.app_context():
        code = granted().code
        monkeypatch.setattr(exporting, step, meanwhile)
        export(folder, at=NOW)
        assert told(folder, code, None, NOW).state is P.VALID
        assert audit(Folder(folder), now=NOW).faults == []
        assert b"WITHDRAWN" not in (folder / "register.csv").read_bytes()
        export(folder, at=NOW)
        assert told(folder, code, None, NOW).state is P.WITHDRAWN
        assert b"WITHDRAWN" in (folder / "register.csv").read_bytes()


@pytest.mark.file_database
def test_without_that_one_moment_lists_and_log_would_differ(
    shared: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each reading a transaction of its own. What comes of it is closed, never valid."""
    real = export_records.waiting_codes

    def meanwhile(session: Session) -> list[str]:
        session.rollback()
        elsewhere(shared, lambda: take(code))
        return real(session)

    monkeypatch.setattr(exporting, "waiting_codes", meanwhile)
    with shared.app_context():
        code = granted().code
        export(tmp_path / "export", at=NOW)
        assert told(tmp_path / "export", code, None, NOW).state is P.CANNOT_CHECK


def test_a_folder_of_something_else_is_left_alone(session: Session, tmp_path: Path) -> None:
    granted()
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    with pytest.raises(Conflict) as caught:
        export(tmp_path, at=NOW)
    assert caught.value.code == "other_folder"
    assert files(tmp_path) == {"photo.jpg": b"mine"}


def test_a_folder_of_another_registry_or_of_later_is_left_alone(
    session: Session, world: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    granted()
    other = copytree(world[0], tmp_path / "other")
    before = files(other)
    with pytest.raises(LogConflict):
        export(other, at=NOW)
    assert files(other) == before


def test_without_its_keys_nothing_is_begun(app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    granted()
    with monkeypatch.context() as mixed:
        mixed.setitem(app.config["SETTINGS"].values, "DEMONSTRATION", not app.config["SETTINGS"]["DEMONSTRATION"])
        with pytest.raises(KeyProblemError):
            export(tmp_path / "copy", at=NOW)
        assert not (tmp_path / "copy").exists()
    assert export(tmp_path / "copy", at=NOW).certificates == 1


def test_without_a_signed_log_there_is_nothing_to_export(session: Session, tmp_path: Path) -> None:
    with pytest.raises(Conflict) as caught:
        export(tmp_path / "none", at=NOW)
    assert caught.value.code == "log_unsigned"
    assert not (tmp_path / "none").exists()


def change(folder: Path, path: str, old: bytes, new: bytes) -> None:
    content = (folder / path).read_bytes()
    assert old in content
    (folder / path).write_bytes(content.replace(old, new, 1))


FAULTY: dict[str, tuple[Callable[[Path, dict[str, str]], object], str]] = {
    "a name in a credential": (
        lambda to, codes: change(to, pack_of(codes["paused"]), b"Hilo de Luna", b"Hilo de Lana"),
        "bad_signature",
    ),
    "a token": (lambda to, codes: change(to, pack_of(codes["paused"]), b'"eyJ', b'"eyK'), "c/"),
    "a statement": (
        lambda to, codes: change(to, pack_of(codes["paused"]), b'"time_zone":"America', b'"time_zone":"Amerika'),
        "record",
    ),
    "an entry of the log": (lambda to, _codes: change(to, entries_of(to), b"granted", b"grantee"), "leaf"),
    "a tile": (lambda to, _codes: change(to, entries_of(to).replace("entries", "0"), hashes_of(to), bytes(4)), "tile_hashes"),
    "entries as a script": (lambda to, _codes: change(to, f"{entries_of(to)}.js", b"granted", b"grantee"), "tile_entries"),
    "a pack gone": (lambda to, codes: (to / pack_of(codes["paused"])).unlink(), "acts_missing"),
    "a folder of packs that can't be entered": (lambda to, codes: _loop(to, codes["paused"]), "unreachable"),
    "a pack elsewhere": (lambda to, codes: _move(to, codes["paused"]), "other_certificate"),
    "the manifest": (lambda to, _codes: change(to, MANIFEST, b'"certificates": ', b'"certificates": 1'), "differs"),
    "a copy of a list": (
        lambda to, _codes: change(to, "status/revocation/1", b'"encodedList": "u', b'"encodedList": "v'),
        "differs",
    ),
    "the head": (lambda to, _codes: change(to, HEAD, b"tianguis.head(", b"tianguis.haed("), "bad_json"),
}


def size_of(folder: Path) -> int:
    return int(json.loads((folder / MANIFEST).read_bytes())["log"]["size"])


def entries_of(folder: Path) -> str:
    return f"log/tile/entries/000.p/{size_of(folder)}"


def hashes_of(folder: Path) -> bytes:
    return (folder / entries_of(folder).replace("entries", "0")).read_bytes()[:4]


def _loop(folder: Path, code: str) -> None:
    packs = (folder / pack_of(code)).parent
    rmtree(packs)
    packs.symlink_to(packs.name)


def _move(folder: Path, code: str) -> None:
    there = folder / "c" / "00" / "000.js"
    there.parent.mkdir(parents=True, exist_ok=True)
    (folder / pack_of(code)).rename(there)


@pytest.mark.parametrize("what", FAULTY)
def test_the_check_of_a_folder_names_each_fault(world: tuple[Path, dict[str, str]], tmp_path: Path, what: str) -> None:
    folder = copytree(world[0], tmp_path / "wrong")
    make, code = FAULTY[what]
    make(folder, world[1])
    faults = audit(Folder(folder), now=NOW).faults
    assert any(code in one for one in faults), faults


def ran(folder: Path, *arguments: str, at: datetime | None = None) -> tuple[int, str]:
    """Exit code and words of `python3 check.pyz` as a process of its own; with `at`, as if it were that moment."""
    program = str(folder / "check.pyz")
    start = [program] if at is None else ["-c", STANDING, program, at.isoformat()]
    done = subprocess.run(
        [sys.executable, "-I", *start, *arguments], capture_output=True, text=True, cwd=folder.parent, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


STANDING = """
import sys
from datetime import datetime
program, moment = sys.argv[1:3]
sys.path.insert(0, program)
sys.argv[:] = [program, *sys.argv[3:]]
from certification.outside import alone
class Then(datetime):
    @classmethod
    def now(cls, zone=None):
        return datetime.fromisoformat(moment)
alone.datetime = Then
alone.run()
"""


def test_the_program_in_the_folder_runs_without_us(world: tuple[Path, dict[str, str]]) -> None:
    where, codes = world
    exit_code, words = ran(where)
    assert (exit_code, words.partition(" acts")[0]) == (0, f"{len(codes) + 1} certificates, {size_of(where)}")
    exit_code, words = ran(where, codes["withdrawn"], "--as-of", "2026-11-20", "--lang", "en")
    assert (exit_code, "Withdrawn" in words, "Checked as of" in words) == (1, True, True)
    assert ran(where, codes["in force"], "--as-of", "2026-11-20")[0] == 0
    assert ran(where, "7QK4M2XD9FQ")[0] == 2
    assert ran(where, "7QK4M2XD9FX")[0] == 2


def test_the_program_speaks_of_today_while_its_lists_do(world: tuple[Path, dict[str, str]]) -> None:
    where, codes = world
    for name, ends in (("in force", 0), ("paused", 1), ("withdrawn", 1)):
        code, words = ran(where, codes[name], "--json", at=NOW + HOUR)
        assert (code, json.loads(words)["state"]) == (ends, STATES[name])
        code, words = ran(where, codes[name], "--json", at=NOW + 3 * 24 * HOUR)  # its lists are stale
        said = json.loads(words)
        assert (code, said["state"], said["known"]["state"]) == (3, "CANNOT_CHECK", STATES[name])
        assert {one["code"] for one in said["reasons"]} == {"stale"}
        assert ran(where, codes[name], "--as-of", "2026-11-20", at=NOW + 3 * 24 * HOUR)[0] == ends


def test_the_program_ends_with_a_fault_for_a_folder_that_was_tampered_with(
    world: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, codes = copytree(world[0], tmp_path / "wrong"), world[1]
    file = folder / pack_of(codes["paused"])
    held = unwrapped(PACK_CALL, file.read_bytes())
    document = held["certificates"][codes["paused"]]["versions"]["1"]["application/vc"]
    document["credentialSubject"]["issuedToParty"]["name"] = "Taller Hilo de Lana"
    file.write_bytes(wrapped(PACK_CALL, held))
    exit_code, words = ran(folder)
    assert (exit_code, "bad_signature" in words) == (1, True)
    exit_code, words = ran(folder, codes["paused"], "--as-of", "2026-11-20")
    assert (exit_code, "La firma no corresponde al documento." in words, "Hilo de Lana" in words) == (3, True, False)
    assert ran(folder, codes["in force"], "--as-of", "2026-11-20")[0] == 0  # another pack
    (folder / HEAD).write_bytes(b"noise")
    assert [ran(folder)[0], ran(folder, codes["in force"], "--as-of", "2026-11-20")[0]] == [3, 3]
