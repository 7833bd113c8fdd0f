"""One browser and one built market for all journeys; whoever changes anything works on a copy with a server of its own."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.web import market as markets
from tests.web.market import Site, copy_of, serving
from tests.web.walker import PATIENCE_MS, Walker, walker

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
NewWalker = Callable[..., Walker]


@pytest.fixture(autouse=True)
def stand_still() -> None:
    """Servers here run in real time, and so does whoever builds the market."""


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole fictional market in a folder that nobody changes; all processes of one run share it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / "market.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return markets.build(Path(markets.KEPT) if markets.KEPT else shared / "market")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, NOWHERE_ELSE])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def quiet_site(market: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A market that is only looked at."""
    with serving(copy_of(market, tmp_path_factory.mktemp("looked-at") / "data")) as site:
        yield site


@pytest.fixture(scope="session")
def sessions(chromium: Browser, quiet_site: Site) -> Callable[[str], Any]:
    """What a browser remembers once somebody has signed in at the market that is only looked at."""
    known: dict[str, Any] = {"": None}

    def remembered(login: str) -> Any:
        if login not in known:
            person = walker(chromium, quiet_site)
            person.sign_in(login)
            known[login] = person.context.storage_state()
            person.context.close()
        return known[login]

    return remembered


@pytest.fixture
def site(market: Path, tmp_path: Path) -> Iterator[Site]:
    """A market of the test's own."""
    with serving(copy_of(market, tmp_path / "data")) as site:
        yield site


@pytest.fixture
def new_walker(chromium: Browser) -> Iterator[NewWalker]:
    """Makes people with browsers; at the end none of their browsers may have complained."""
    made: list[Walker] = []

    def make(site: Site, *given: Any, **named: Any) -> Walker:
        made.append(walker(chromium, site, *given, **named))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
    for one in made:
        one.must_be_clean()
