"""What `tianguis log fsck` says of the keys: folder, list, what the log tells, hand-over notes, the signer's record."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from certification.log import rotating
from certification.log.fsck import check
from certification.log.key_folder import faults_above, faults_of_folder
from certification.log.keys import create_next, signing_key
from certification.log.lives import key_lives
from certification.log.reading import head
from certification.registry import fsck
from certification.rules.checkpoint import Checkpoint
from certification.rules.notes import join_notes, sign_text
from certification.rules.notes import split_notes as handover_notes
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.signing import Keypair
from tests import makers
from tests.certification.log.signers import folder_of, signing_apart
from tests.conftest import NOW

TAKE_IT_OUT = "If nobody made it with `tianguis keys`, take it out first"


def kids() -> list[str]:
    return list(key_lives())


# Folder and modes


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("registry.pem", 0o640, "others may read {}; close it with: chmod 600 {}"),
        ("registry.pem", 0o620, "others may read {}; close it with: chmod 600 {}"),
        ("public.json", 0o664, "others may write {}; close it with: chmod go-w {}"),
        ("handovers", 0o646, "others may write {}; close it with: chmod go-w {}"),
        (".", 0o775, "others may write {}; close it with: chmod go-w {}"),
    ],
)
def test_a_loose_mode_is_named_with_its_remedy(rotated: Path, name: str, mode: int, said: str) -> None:
    (rotated / name).chmod(mode)
    assert said.format(rotated / name, rotated / name) in check()
    (rotated / name).chmod(0o755 if name == "." else 0o600)
    assert check() == []


@pytest.mark.parametrize(("name", "mode"), [("public.json", 0o644), ("handovers", 0o644), (".", 0o750), (".", 0o755)])
def test_what_everybody_may_read_is_no_fault(rotated: Path, name: str, mode: int) -> None:
    (rotated / name).chmod(mode)
    assert check() == []


def test_a_link_and_a_file_of_another_user_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    (folder / "signed.jsonl").symlink_to(tmp_path / "older.jsonl")
    assert list(faults_of_folder(folder, folder.stat().st_uid)) == [f"{folder}/signed.jsonl is a link; put the file itself there"]
    assert list(faults_of_folder(folder, 54321)) == [
        f"{folder} belongs to another user than the keys; chown it, once you know who put it there",
        f"{folder}/signed.jsonl is a link; put the file itself there",
    ]


@pytest.mark.parametrize(("mode", "loose"), [(0o755, False), (0o750, False), (0o775, True), (0o757, True), (0o1777, False)])
def test_a_folder_above_in_which_others_write_is_named(tmp_path: Path, mode: int, *, loose: bool) -> None:
    above, folder = tmp_path / "above", tmp_path / "above" / "keys"
    folder.mkdir(parents=True)
    above.chmod(mode)
    named = [one for one in faults_above(folder, folder.stat().st_uid) if f"rename what is in {above}," in one]
    assert len(named) == loose


def test_a_folder_above_that_is_another_users_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certification.log.key_folder.ROOT", 54321)
    assert any(f"rename what is in {tmp_path}," in one for one in faults_above(tmp_path / "keys", 54322))


# The list, and what the log tells


def test_a_key_that_the_log_tells_of_and_the_list_lacks_is_named(rotated: Path) -> None:
    listed = json.loads((rotated / "public.json").read_text())
    old = kids()[0]
    del listed[old]
    (rotated / "public.json").write_text(json.dumps(listed))
    assert f"the log tells of the key {old}, and public.json does not list it; nobody can verify what it signed" in check()


def test_a_key_that_somebody_slipped_into_the_list_is_named(rotated: Path) -> None:
    listed = json.loads((rotated / "public.json").read_text())
    stranger = Keypair.generate(demonstration=False)
    listed[stranger.kid] = stranger.public.public_bytes_raw().hex()
    (rotated / "public.json").write_text(json.dumps(listed))
    assert check() == [
        f"public.json lists the key {stranger.kid}, which the log does not tell of; the next act will. {TAKE_IT_OUT}"
    ]


def test_another_key_under_a_known_name_is_named_as_did_json_too(rotated: Path) -> None:
    listed = json.loads((rotated / "public.json").read_text())
    old = kids()[0]
    listed[old] = Keypair.generate(demonstration=False).public.public_bytes_raw().hex()
    (rotated / "public.json").write_text(json.dumps(listed))
    found = list(fsck.check(NOW))
    assert f"leaf 0 says something else than the key {old}" in found
    assert "did.json can't be read as it is served (bad_did): a listed key has another's name" in found


def test_a_rotation_that_waits_is_named_in_both_of_its_halves(rotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coming = create_next(rotated, demonstration=False).kid
    assert check() == [f"the key {coming} waits to follow; end the rotation with `tianguis keys rotate`"]
    with monkeypatch.context() as cut:
        cut.setattr(rotating, "_replace", lambda: None)
        cut.setattr(rotating, "keep_handover", lambda _head: None)
        rotating.rotate(now=lambda: NOW)
    assert check() == [f"the key {coming} signs and its file is not in place; end the rotation with `tianguis keys rotate`"]
    rotating.rotate(now=lambda: NOW)
    assert (signing_key().kid, check()) == (coming, [])


def test_a_key_file_that_is_gone_or_an_ended_one_is_named(rotated: Path, session: Session) -> None:
    held = (rotated / "registry.pem").read_bytes()
    (rotated / "registry.pem").unlink()
    assert check()[0].startswith(f"nothing can be signed: There is no signing key {rotated}/registry.pem.")
    (rotated / "registry.pem").write_bytes(held)
    (rotated / "registry.pem").chmod(0o600)
    first = signing_key().kid
    rotating.rotate(now=lambda: NOW)
    (rotated / "registry.pem").write_bytes(held)
    assert check() == [f"the key in the file, {first}, has ended by what the log tells; put the one back that signs"]


# Hand-over notes


def altered(content: bytes) -> bytes:
    return content.replace(b"\n\n\xe2\x80\x94 ", b"\nx\n\n\xe2\x80\x94 ", 1)


def lone(content: bytes) -> bytes:
    """Without the signature of the key that came."""
    lines = content.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith("—".encode()))
    return b"".join(lines[:first] + lines[first + 1 :])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (
            lambda _content: None,
            "there is no hand-over note of {old} and {new}; put the newest copy of handovers back among the keys",
        ),
        (altered, "hand-over note 1 is not signed by a key of this registry (note_signature)"),
        (lone, "hand-over note 1 is signed by one key alone"),
        (lambda _content: b"nothing of ours", "the keys can't be checked: {folder}/handovers is damaged."),
    ],
    ids=["gone", "altered", "one signature", "damaged"],
)
def test_a_hand_over_note_that_is_gone_or_does_not_hold_is_named(
    rotated: Path, harm: Callable[[bytes], bytes | None], said: str
) -> None:
    old, new = kids()
    content = (rotated / "handovers").read_bytes()
    left = harm(content)
    if left is None:
        (rotated / "handovers").unlink()
    else:
        (rotated / "handovers").write_bytes(left)
    said = said.format(old=old, new=new, folder=rotated)
    assert [one.startswith(said) for one in check()].count(True) == 1, check()
    (rotated / "handovers").write_bytes(content)
    assert check() == []


def test_hand_over_notes_out_of_their_order_are_named(rotated: Path) -> None:
    makers.certified(at=NOW)
    rotating.rotate(now=lambda: NOW)
    notes = (rotated / "handovers").read_bytes()
    assert check() == []
    first, second = handover_notes(notes)
    (rotated / "handovers").write_bytes(join_notes((second, first)))
    assert check() == ["the hand-over notes do not stand in the order of the log"]


@pytest.mark.parametrize("known", [True, False], ids=["by a key of ours", "by strangers alone"])
def test_a_database_of_before_a_rotation_is_told_to_come_forward_and_no_key_to_be_taken_out(
    rotated: Path, *, known: bool
) -> None:
    """Only a key that one of the log's own vouched for is spared the advice."""
    found = head()
    came, stranger = (Keypair.generate(demonstration=False) for _ in range(2))
    went = signing_key() if known else stranger
    listed = json.loads((rotated / "public.json").read_text())
    listed |= {one.kid: one.public.public_bytes_raw().hex() for one in (came, went)}
    (rotated / "public.json").write_text(json.dumps(listed))
    note = sign_checkpoint(Checkpoint(found.origin or "", found.size + 2, b"x" * 32), went.private)
    note = note.signed_also([sign_text(note.text, found.origin or "", came.private)])
    with (rotated / "handovers").open("ab") as file:
        file.write(b"\n" + note.encode())
    said = check()
    assert (
        f"hand-over note 2 is of {found.size + 2} entries and the database has {found.size}; run `tianguis log reconcile`" in said
    )
    followed = f"the key {came.kid} followed at a checkpoint that this database lacks; keep it, and run `tianguis log reconcile`"
    assert (followed in said, any(TAKE_IT_OUT in one for one in said)) == (known, not known)


# The signer's record


def test_a_record_that_is_gone_or_behind_is_named_where_a_signer_signs(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder_of(app) / "signed.jsonl"
    with signing_apart(app, monkeypatch):
        makers.certified(at=NOW)
        assert check() == []
        whole = file.read_bytes()
        file.write_bytes(b"".join(whole.splitlines(keepends=True)[:1]))
        assert check() == ["the signer's record ends at 0 entries; 5 of 5 are signed"]
        file.unlink()
        assert [one.partition(":")[0] for one in check()] == ["record_missing"]
        file.write_bytes(whole)
        file.chmod(0o600)
        assert check() == []
    assert check() == []  # without a signer nobody needs one
