"""The HTML of every kind of page, read by html-validate: zero errors. Needs npm, which brings it the first time."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.market import Site
from tests.web.pages import KINDS

pytestmark = pytest.mark.web

GIVEN = Path(__file__).parent / "html"
INSTALLED = Path(sys.prefix) / "html-validate"
FILES = ("package.json", "package-lock.json", ".htmlvalidate.json")


@pytest.fixture(scope="module")
def validator() -> Path:
    """The checker of the lock file beside this test, installed beside the Python that runs it. With CI=true, leaving it out is a failure."""
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:  # two processes of one run bring it once
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _brought()


def _brought() -> Path:
    command = INSTALLED / "node_modules" / ".bin" / "html-validate"
    lock = INSTALLED / "package-lock.json"
    if not command.exists() or lock.read_bytes() != (GIVEN / lock.name).read_bytes():
        npm = shutil.which("npm")
        if npm is None:
            leave_out = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            leave_out("html-validate needs npm (Debian: apt install npm)")
        for name in FILES[:2]:
            shutil.copy(GIVEN / name, INSTALLED / name)
        subprocess.run(
            [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=INSTALLED, check=True, capture_output=True
        )
    shutil.copy(GIVEN / FILES[2], INSTALLED / FILES[2])
    return command


def errors(validator: Path, folder: Path) -> list[str]:
    command = [str(validator), "--config", str(INSTALLED / FILES[2]), "-f", "json", str(folder / "*.html")]
    said = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, check=False)
    assert said.returncode in (0, 1), said.stderr
    return [
        f"{Path(page['filePath']).stem}:{one['line']}: {one['ruleId']}: {one['message']}"
        for page in json.loads(said.stdout)
        for one in page["messages"]
    ]


def test_the_html_of_every_page_is_valid(
    quiet_site: Site, sessions: Callable[[str], Any], validator: Path, tmp_path: Path
) -> None:
    client = quiet_site.app.test_client(use_cookies=False)
    for kind in KINDS:
        cookies = (sessions(kind.who) or {"cookies": []})["cookies"]
        told = {"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in cookies)}
        answer = client.get(kind.address(quiet_site), headers=told, base_url=quiet_site.address, follow_redirects=True)
        assert answer.status_code == kind.status
        (tmp_path / (re.sub(r"\W+", "-", kind.name) + ".html")).write_text(answer.text)
    assert errors(validator, tmp_path) == []


def test_a_stray_tag_is_seen(validator: Path, tmp_path: Path) -> None:
    """The control."""
    (tmp_path / "stray.html").write_text(
        "<!DOCTYPE html>\n<html lang='es'><head><title>x</title></head><body><p>a</div></p></body></html>"
    )
    assert any("close-order" in one for one in errors(validator, tmp_path))
