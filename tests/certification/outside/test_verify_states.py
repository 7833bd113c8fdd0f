"""Every state through the command as people type it, today and as of other days, with the end that a script reads."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from certification.core import clock
from certification.outside.sources import Folder
from certification.registry.exporting import export
from tests.certification.outside.test_verify import said
from tests.certification.outside.test_verify import served as served  # noqa: PLC0414 - a fixture
from tests.certification.registry.exported import every_state
from tests.conftest import NOW

UNKNOWN = "7QK4M2XD9FQ"
TODAY = ""
ENDS = {"VALID": 0, "NOT_FOUND": 2, "CANNOT_CHECK": 3}  # every other state: 1
DATES = ("2025-06-30", "2026-01-01", "2026-06-30", "2026-10-12", "2026-11-15", TODAY)
EXPECTED = {
    "in force": ("NOT_FOUND", "NOT_FOUND", "VALID", "VALID", "VALID", "VALID"),
    "restored": ("NOT_FOUND", "NOT_FOUND", "VALID", "SUSPENDED", "VALID", "VALID"),
    "renewed": ("NOT_FOUND", "NOT_FOUND", "VALID", "VALID", "VALID", "VALID"),
    "to come": ("NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_YET_VALID", "NOT_YET_VALID", "NOT_YET_VALID"),
    "paused": ("NOT_FOUND", "NOT_FOUND", "VALID", "SUSPENDED", "SUSPENDED", "SUSPENDED"),
    "withdrawn": ("NOT_FOUND", "NOT_FOUND", "VALID", "SUSPENDED", "WITHDRAWN", "WITHDRAWN"),
    "surrendered": ("NOT_FOUND", "NOT_FOUND", "VALID", "SURRENDERED", "SURRENDERED", "SURRENDERED"),
    "superseded": ("NOT_FOUND", "NOT_FOUND", "VALID", "SUPERSEDED", "SUPERSEDED", "SUPERSEDED"),
    "scheme lapsed": ("NOT_FOUND", "NOT_FOUND", "VALID", "SCHEME_LAPSED", "SCHEME_LAPSED", "SCHEME_LAPSED"),
    "expired": ("VALID", "VALID", "EXPIRED", "EXPIRED", "SCHEME_LAPSED", "SCHEME_LAPSED"),
    "unknown": ("NOT_FOUND",) * 6,
}
HELD = [state for row in EXPECTED.values() for state in row]


@pytest.fixture
def labels(app: Flask) -> dict[str, str]:
    with app.app_context():
        return every_state() | {"unknown": UNKNOWN}


BUILT: dict[Path, dict[str, str]] = {}


@pytest.fixture
def copied(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """An export and its codes; built once for all tests here: nobody writes to it."""
    if not BUILT:
        where = tmp_path_factory.mktemp("exported") / "export"
        with app.app_context():
            codes = every_state() | {"unknown": UNKNOWN}
            export(where, at=NOW)
        BUILT[where] = codes
    where, codes = next(iter(BUILT.items()))
    return str(where), codes


def asked(what: str, as_of: str, *more: str, app: Flask | None = None) -> tuple[str, int]:
    """The state that the command tells, and its end."""
    found: Result = said(what, *(["--as-of", as_of] if as_of else []), "--json", *more, app=app)
    assert found.exception is None or isinstance(found.exception, SystemExit)
    return json.loads(found.output)["state"], found.exit_code


def of(name: str, as_of: str) -> tuple[str, int]:
    state = EXPECTED[name][DATES.index(as_of)]
    return state, ENDS.get(state, 1)


def test_the_table_has_every_state_that_a_label_can_have() -> None:
    assert set(HELD) == {
        *("VALID", "NOT_YET_VALID", "SUSPENDED", "EXPIRED", "SUPERSEDED", "SURRENDERED", "WITHDRAWN", "SCHEME_LAPSED"),
        "NOT_FOUND",
    }


def test_each_state_and_day_by_code_from_the_instance_s_own_database(app: Flask, labels: dict[str, str]) -> None:
    for name, code in labels.items():
        for as_of in DATES:
            assert asked(code, as_of, app=app) == of(name, as_of), (name, as_of)
        assert asked(code, "2026-11-22", app=app) == ("CANNOT_CHECK", 3)  # a day to come


def test_the_same_from_an_exported_folder(copied: tuple[str, dict[str, str]]) -> None:
    where, codes = copied
    for name, code in codes.items():
        for as_of in DATES:
            assert asked(code, as_of, "--export", where) == of(name, as_of), (name, as_of)


def test_the_same_by_address_over_the_network(labels: dict[str, str], served: str) -> None:
    for name, code in labels.items():
        for as_of in ("2026-10-12", TODAY):
            assert asked(f"{served}/v/{code}", as_of, "--registry", served) == of(name, as_of), (name, as_of)
    assert asked(f"{served}/v/{labels['in force']}", TODAY) == ("CANNOT_CHECK", 3)  # its keys are those of another address


def test_the_same_of_a_credential_in_a_file(copied: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    where, codes = copied
    file = tmp_path / "credential"
    for name in ("in force", "paused", "withdrawn", "scheme lapsed", "to come", "expired"):
        file.write_bytes(Folder(Path(where)).get(f"/c/{codes[name]}/versions/1", "application/vc"))
        for as_of in DATES:
            assert asked(str(file), as_of, "--export", where) == of(name, as_of), (name, as_of)


def test_lists_that_ended_keep_the_past_and_leave_today_open(copied: tuple[str, dict[str, str]]) -> None:
    where, codes = copied
    with clock.standing_at(NOW + timedelta(days=3)):
        for name, code in codes.items():
            for as_of in DATES:
                now = ("CANNOT_CHECK", 3) if as_of == TODAY and name != "unknown" else of(name, as_of)
                assert asked(code, as_of, "--export", where) == now, (name, as_of)
