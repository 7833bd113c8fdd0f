"""The console command opens a market on this machine, prints where it is and who may sign in, and remembers both."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from marketplace.demonstration.people import PASSWORD
from tests.web.market import copy_of, free_port

pytestmark = pytest.mark.web

TIANGUIS = str(Path(sys.executable).parent / "tianguis")
PATIENCE_S = 60


@contextmanager
def running(folder: Path, port: int) -> Iterator[Path]:
    """``tianguis run`` on a folder; yields the file with what it printed."""
    said = folder.parent / "said.txt"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TIANGUIS_")}
    with said.open("w") as out:
        process = subprocess.Popen(
            [TIANGUIS, "run", "--port", str(port), "--data", str(folder)], stdout=out, stderr=out, env=plain
        )
        try:
            until_it_answers(f"http://127.0.0.1:{port}/", process)
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


def until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - loopback
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail("tianguis run did not answer")


def test_run_prints_its_address_and_who_may_sign_in(market: Path, tmp_path: Path) -> None:
    folder, port = copy_of(market, tmp_path / "data"), free_port()
    with running(folder, port) as said:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/products", timeout=20) as answer:  # noqa: S310 - loopback
            assert "Rebozo" in answer.read().decode()
        told = said.read_text()
    assert re.search(rf"http://localhost:{port}\b", told)
    assert PASSWORD in told
    for login in ("martina@demo.tianguis.example", "eulalia.soyate", "teodora@demo.tianguis.example"):
        assert login in told
    assert "Traceback" not in told
    listed = subprocess.run(
        [TIANGUIS, "demo", "accounts", "--data", str(folder), "--json"], capture_output=True, text=True, check=True
    )
    accounts = {one["sign_in"]: one for one in json.loads(listed.stdout)}
    assert accounts["teodora@demo.tianguis.example"]["roles"] == ["decider"]
    assert {one["password"] for one in accounts.values()} == {PASSWORD}
