"""What `pyproject.toml` asks for is pinned, so that a fresh machine has it; and what is shipped is what was tested."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHIPPED: list[str] = PROJECT["project"]["dependencies"]
FOR_TESTS: list[str] = PROJECT["dependency-groups"]["dev"]
NAME = re.compile(r"[A-Za-z0-9._-]+")


def pinned(lock: str) -> dict[str, str]:
    """Names and versions."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+) ", (ROOT / lock).read_text(), re.MULTILINE))


def missing(wanted: list[str], lock: str) -> set[str]:
    """Those without a pin, by name."""
    names = (NAME.match(one) for one in wanted)
    return {found[0].lower() for found in names if found} - pinned(lock).keys()


def test_all_that_is_asked_for_is_pinned() -> None:
    assert missing(SHIPPED, "requirements.lock") == set()
    assert missing([*SHIPPED, *FOR_TESTS], "requirements-dev.lock") == set()
    assert missing(["flask>=3", "Nobody[x]>=1"], "requirements.lock") == {"nobody"}  # the control


def test_what_is_shipped_is_what_was_tested() -> None:
    tested = pinned("requirements-dev.lock")
    assert {name: (one, tested.get(name)) for name, one in pinned("requirements.lock").items() if one != tested.get(name)} == {}
