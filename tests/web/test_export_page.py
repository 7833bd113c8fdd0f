"""The page inside an export, opened from a disk by a real browser: the same answers as the command, from the same folder."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from certification.core import clock
from tests.certification.registry.exported import DATES, STATES, answer, exported, told
from tests.conftest import NOW

pytestmark = pytest.mark.web
DAY = timedelta(days=1)
ASK = """async ([code, asOf, now]) => {
  const found = await tianguis.verify(code, asOf, now);
  const pairs = (listed) => (listed ?? []).map((one) => [one.code, one.about]);
  return {
    state: found.state, asOf: found.asOf, since: found.since ?? null, successor: found.successor ?? null,
    reasons: pairs(found.reasons), unchecked: pairs(found.unchecked), known: found.known ? found.known.state : null,
    knownAt: found.knownAt ?? null, shown: Boolean(found.document),
  };
}"""


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    with app.app_context(), clock.standing_at(NOW):
        yield tmp_path / "export", exported(tmp_path / "export")


def opened(chromium: Browser, folder: Path, page: str = "index.html", **how: Any) -> Page:
    context = chromium.new_context(offline=True, **how)
    made = context.new_page()
    made.goto((folder / page).as_uri())
    return made


def asked(page: Page, code: str, as_of: str | None, now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(ASK, [code, as_of, round(now.timestamp() * 1000)])
    return found


def test_page_and_command_answer_alike_for_every_state_and_date(
    chromium: Browser, folder: tuple[Path, dict[str, str]]
) -> None:
    where, codes = folder
    page = opened(chromium, where)
    seen = set()
    for name, code in [*codes.items(), ("nobody", "7QK4M2XD9FQ")]:
        for now in (NOW, NOW + 3 * DAY):
            for as_of in DATES:
                wanted = answer(told(where, code, as_of, now))
                assert asked(page, code, as_of, now) == wanted, (name, as_of, now)
                seen.add(wanted["state"])
    assert seen == {*STATES.values(), "EXPIRED", "NOT_FOUND", "CANNOT_CHECK"}
    page.context.close()
