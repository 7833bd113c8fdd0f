"""The register files of an export: a row that says more than log and packs is named with its column, and less is no fault."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import asking, rotating
from certification.outside.alone import whole
from certification.outside.auditing import audit
from certification.outside.auditing_register import FILES, REQUIRED
from certification.outside.layout import HEAD, HEAD_CALL, MANIFEST, PACK_CALL, pack_of, unwrapped, wrapped
from certification.outside.sources import Folder
from certification.registry import tending
from certification.registry.acts import Why, suspend
from certification.registry.commands import export_command
from certification.registry.exporting import export
from certification.registry.models import Certificate
from certification.registry.recorded import recorded_of
from certification.rules.errors import NotConfirmed
from tests import makers
from tests.certification.log.signers import keys_put_back, signing_apart
from tests.certification.registry.exported import exported
from tests.conftest import NOW
from tests.keeping import Kept

MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)
WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")
BUILT: dict[Path, dict[str, str]] = {}
Rows = list[dict[str, Any]]
World = tuple[Path, dict[str, str]]


@pytest.fixture
def world(app: Flask, pristine: Kept, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy of a folder with every state and with the register in each of its forms; the folder is built once."""
    if not BUILT:
        where = tmp_path_factory.mktemp("exported") / "export"
        with app.app_context(), clock.standing_at(NOW):
            BUILT[where] = exported(where)
            (where / "register.json").write_bytes(app.test_client().get("/register.json").data)
            pristine.begin_again()
    where, codes = next(iter(BUILT.items()))
    return copytree(where, tmp_path / "copy"), codes


def read(file: Path) -> Rows:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    rows: Rows = json.loads(text)["certificates"] if file.suffix == ".json" else [json.loads(one) for one in text.splitlines()]
    return rows


def write(file: Path, rows: Rows) -> None:
    if file.suffix == ".csv":
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, max(rows, key=len).keys())
        writer.writeheader()
        writer.writerows(rows)
        file.write_text(out.getvalue(), encoding="utf-8", newline="")
    elif file.suffix == ".json":
        file.write_text(json.dumps({"licence": "", "certificates": rows}), encoding="utf-8")
    else:
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def change(folder: Path, name: str, code: str, **cells: object) -> None:
    rows = read(folder / name)
    next(row for row in rows if row["code"] == code).update(cells)
    write(folder / name, rows)


def faults(folder: Path) -> list[str]:
    return audit(Folder(folder), now=clock.now()).faults


def test_an_untouched_folder_is_well_in_each_of_its_forms(world: World) -> None:
    folder, codes = world
    assert {name: len(read(folder / name)) for name in FILES} == dict.fromkeys(FILES, len(codes) + 1)
    assert faults(folder) == []
    for name in FILES:
        write(folder / name, read(folder / name))
    assert faults(folder) == []  # written by another program, with the same words


FALSE = {
    "state": ("withdrawn", "VALID"),
    "scheme": ("in force", "comercio-justo-local"),
    "scheme_version": ("in force", "9.9"),
    "goods": ("in force", "Joyas de oro"),
    "label_class": ("in force", "oro"),
    "subject_kind": ("in force", "organization"),
    "valid_from": ("renewed", "2020-01-01"),
    "last_day": ("expired", "2039-12-31"),
    "version": ("renewed", "1"),
    "shown_code": ("in force", "7QK4-M2XD-9F-Q"),
    "holder": ("paused", "Otro taller"),
    "municipality": ("paused", "Otro municipio"),
    "municipality_code": ("paused", "01001"),
    "granted_on": ("surrendered", "2020-01-01"),
    "last_act": ("restored", "granted"),
    "last_act_on": ("restored", "2020-01-01"),
    "log_index": ("restored", "0"),
    "credential": ("in force", "http://elsewhere.example/c/1"),
    "verify": ("in force", "http://elsewhere.example/v/1"),
}


@pytest.mark.parametrize("column", FALSE)
def test_each_column_that_says_more_is_named_with_its_code(world: World, column: str) -> None:
    folder, codes = world
    name, said = FALSE[column]
    for file in FILES:
        change(folder, file, codes[name], **{column: said})
    told = faults(folder)
    assert [one.partition(" is ")[0] for one in told] == [f"{file} {codes[name]}: {column}" for file in FILES]


def test_every_column_that_is_asked_for_is_falsified_here() -> None:
    assert set(REQUIRED) - {"code"} <= FALSE.keys()


@pytest.mark.parametrize("said", ["VALID", "EXPIRED", "WITHDRAWN", "CANNOT_CHECK", "valid", "NOT_FOUND", ""])
@pytest.mark.parametrize("name", ["in force", "to come", "paused", "superseded", "scheme lapsed"])
def test_only_the_state_of_the_log_is_right_and_to_know_none(world: World, name: str, said: str) -> None:
    folder, codes = world
    change(folder, "register.jsonl", codes[name], state=said)
    well = said == "CANNOT_CHECK" or (name, said) == ("in force", "VALID")
    assert [one.split()[:3] for one in faults(folder)] == ([] if well else [["register.jsonl", f"{codes[name]}:", "state"]])


@pytest.mark.parametrize("file", FILES)
def test_a_row_that_is_missing_twice_or_of_no_certificate_is_named(world: World, file: str) -> None:
    folder, codes = world
    rows = read(folder / file)
    first, code = next(row for row in rows if row["code"] == codes["paused"]), codes["paused"]
    for wrong, told in (
        ([row for row in rows if row is not first], [f"{file} {code}: code is missing"]),
        ([*rows, first], [f"{file} {code}: code is there twice"]),
        (
            [*rows, first | {"state": "VALID"}],
            [f"{file} {code}: code is there twice", f"{file} {code}: state is VALID, by log and"],
        ),
        ([*rows, first | {"code": "7QK4M2XD9FQ"}], [f"{file} 7QK4M2XD9FQ: code is of no certificate in the packs"]),
    ):
        write(folder / file, wrong)
        found = faults(folder)
        assert [one.startswith(each) for one, each in zip(found, told, strict=True)] == [True] * len(told), found


@pytest.mark.parametrize("column", [*REQUIRED])
def test_a_row_without_a_column_that_tells_of_the_label_is_named(world: World, column: str) -> None:
    folder, _codes = world
    rows = read(folder / "register.jsonl")
    del rows[0][column]
    write(folder / "register.jsonl", rows)
    assert f"row 1 has no {column}" in faults(folder)[0]


SPOILT: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "no CSV": ("register.csv", lambda whole: whole + b"a,b\r\n", "register.csv: bad_csv"),
    "a column twice": ("register.csv", lambda whole: whole.replace(b"shown_code", b"code", 1), "register.csv: bad_csv"),
    "no UTF-8": ("register.csv", lambda whole: whole.replace(b"Taller", b"T\xffller", 1), "register.csv: unreadable"),
    "no JSON": ("register.jsonl", lambda whole: whole + b"{\n", "register.jsonl: bad_json"),
    "a name twice": (
        "register.jsonl",
        lambda whole: whole.replace(b'{"', b'{"state": "VALID", "', 1),
        "register.jsonl: bad_json",
    ),
    "no list": ("register.json", lambda _whole: b"{}", "register.json: bad_json"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_file_that_cannot_be_read_is_named(world: World, what: str) -> None:
    folder, _codes = world
    name, spoil, told = SPOILT[what]
    file = folder / name
    file.write_bytes(spoil(file.read_bytes()))
    assert told in faults(folder)


def test_a_file_that_an_export_writes_is_missed_and_another_is_not(world: World) -> None:
    folder, _codes = world
    for name in FILES:
        (folder / name).unlink()
    assert faults(folder) == ["register.csv: not_found", "register.jsonl: not_found"]


def test_a_cell_that_looks_like_a_formula_is_read_as_it_is_meant(app: Flask, session: object, tmp_path: Path) -> None:
    code = makers.certified(makers.user("Celia Decide"), of=makers.party("=Taller")).code
    tending.renew_lists(NOW)
    export(tmp_path / "e", at=NOW)
    assert b",'=Taller," in (tmp_path / "e" / "register.csv").read_bytes()
    assert faults(tmp_path / "e") == []
    change(tmp_path / "e", "register.csv", code, holder="=Tallez")
    assert faults(tmp_path / "e") == [f"register.csv {code}: holder is =Tallez, by log and packs it is =Taller"]


@pytest.mark.parametrize("said", [{"as_of": "2030-01-01T00:00:00Z"}, {"size": 1}, {"as_of": "noise"}, None])
def test_a_register_of_another_moment_is_named(world: World, said: dict[str, object] | None) -> None:
    folder, _codes = world
    head = unwrapped(HEAD_CALL, (folder / HEAD).read_bytes())
    head["manifest"]["register"] = said and head["manifest"]["register"] | said
    (folder / HEAD).write_bytes(wrapped(HEAD_CALL, head))
    (folder / MANIFEST).write_text(json.dumps(head["manifest"]), encoding="utf-8")
    assert "head.js: register_of_another_moment" in faults(folder)


def test_a_state_that_time_has_changed_since_is_no_state_of_the_copy(app: Flask, session: object, tmp_path: Path) -> None:
    """An older moment in the manifest makes nothing of an old register true."""
    made = makers.certified(makers.user("Celia Decide"))
    code, ends = made.code, made.grace_ends
    assert ends is not None
    after = ends + MINUTE
    export(tmp_path, at=ends - MINUTE)
    old = (tmp_path / "register.csv").read_bytes()
    moment = unwrapped(HEAD_CALL, (tmp_path / HEAD).read_bytes())["manifest"]["register"]
    with clock.standing_at(after):
        export(tmp_path, at=after)
        assert [one for one in faults(tmp_path) if one.startswith("register")] == []
        (tmp_path / "register.csv").write_bytes(old)
        head = unwrapped(HEAD_CALL, (tmp_path / HEAD).read_bytes())
        head["manifest"]["register"] = moment
        (tmp_path / HEAD).write_bytes(wrapped(HEAD_CALL, head))
        assert any(one.startswith(f"register.csv {code}: state is ") for one in faults(tmp_path))


def one(code: str) -> Certificate:
    return db.session.scalars(select(Certificate).where(Certificate.code == code)).one()


@pytest.fixture
def waiting(app: Flask, session: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Codes of labels of which an act, another version or the grant itself waits for the signer."""
    decider = makers.user("Celia Decide")
    codes = {name: makers.certified(decider, at=NOW - MINUTE).code for name in ("paused", "followed")}

    def away(*_given: object, **_named: object) -> int:
        raise OSError

    with signing_apart(app, monkeypatch):
        monkeypatch.setattr(asking, "ask", away)
        with pytest.raises(NotConfirmed), unit_of_work():
            suspend(one(codes["paused"]), WHY, until=date(2026, 12, 31), by=decider, at=NOW)
        with pytest.raises(NotConfirmed):
            makers.renewed(one(codes["followed"]), decider, at=NOW, cause="scope", goods="Otra cosa")
        with pytest.raises(NotConfirmed):
            makers.certified(decider, at=NOW)
        fresh = db.session.scalars(select(Certificate.code).where(Certificate.code.not_in(codes.values()))).one()
        yield codes | {"fresh": fresh}


def test_what_waits_for_its_signature_may_be_told_and_never_as_valid(waiting: dict[str, str], tmp_path: Path) -> None:
    export(tmp_path / "e", at=NOW)
    shown = {row["code"]: (row["state"], row["goods"]) for row in read(tmp_path / "e" / "register.csv")}
    assert [shown[waiting[name]][0] for name in ("paused", "followed", "fresh")] == ["SUSPENDED", "CANNOT_CHECK", "CANNOT_CHECK"]
    assert shown[waiting["followed"]][1] == "Otra cosa"
    assert faults(tmp_path / "e") == []
    for name, column in (("followed", "goods"), ("fresh", "state")):
        change(tmp_path / "e", "register.csv", waiting[name], state="VALID")
        assert f"register.csv {waiting[name]}: {column} is" in " ".join(faults(tmp_path / "e"))


def test_without_an_act_that_waits_the_same_row_is_a_fault(waiting: dict[str, str], tmp_path: Path) -> None:
    """The control: it is the act in the pack that makes it one that waits."""
    export(tmp_path / "e", at=NOW)
    code = waiting["paused"]
    file = tmp_path / "e" / pack_of(code)
    held = unwrapped(PACK_CALL, file.read_bytes())
    held["certificates"][code]["entries"].pop()
    file.write_bytes(wrapped(PACK_CALL, held))
    assert [one for one in faults(tmp_path / "e") if "register.csv" in one] == [
        f"register.csv {code}: state is SUSPENDED, by log and packs it is VALID",
        f"register.csv {code}: last_act is suspended, by log and packs it is granted",
        f"register.csv {code}: log_index is 6, by log and packs it is 4",
    ]


def test_a_label_whose_key_fell_into_other_hands_may_not_be_told_as_valid(app: Flask, session: object, tmp_path: Path) -> None:
    with keys_put_back(app):
        made = makers.certified(makers.user("Celia Decide"))
        code, place = made.code, recorded_of([made])[made.id].leaves[0].place
        rotating.compromise(str(made.versions[0].kid), place, now=lambda: NOW)
        db.session.expire_all()
        export(tmp_path, at=LATER)
    assert [row["state"] for row in read(tmp_path / "register.csv")] == ["CANNOT_CHECK"]
    assert audit(Folder(tmp_path), now=LATER).faults == []
    change(tmp_path, "register.csv", code, state="VALID")
    assert audit(Folder(tmp_path), now=LATER).faults == [
        f"register.csv {code}: state is VALID, by log and packs it is something else"
    ]


def test_both_programs_end_with_a_fault(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    folder, codes = world
    assert (whole(folder, NOW), CliRunner().invoke(export_command, [str(folder), "--check"]).exit_code) == (0, 0)
    content = (folder / "register.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    lines = [one.replace("WITHDRAWN", "VALID") if one.startswith(codes["withdrawn"]) else one for one in content]
    (folder / "register.csv").write_text("".join(lines), encoding="utf-8")
    assert whole(folder, NOW) == 1
    told = f"register.csv {codes['withdrawn']}: state is VALID, by log and packs it is WITHDRAWN\n"
    assert told in capsys.readouterr().out
    done = CliRunner().invoke(export_command, [str(folder), "--check"])
    assert (done.exit_code, told in done.output) == (1, True)


def test_what_a_stranger_wrote_is_told_without_what_moves_a_terminal(world: World) -> None:
    folder, codes = world
    change(folder, "register.jsonl", codes["paused"], holder="\x1b[2Jall is well" + "!" * 100)
    (told,) = faults(folder)
    assert ("?[2Jall is well!" in told, "\x1b" in told, len(told) < 300) == (True, False, True)
