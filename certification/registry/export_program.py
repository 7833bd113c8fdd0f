"""`check.pyz`: the rules and what outsiders run, packed as one file that Python starts; the same code gives the same bytes."""

import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import certification
from certification.outside.alone import ENGLISH

PACKAGE = Path(certification.__file__).parent
PARTS = ("rules", "outside")
NOT_ALONE = frozenset({"outside/commands.py", "outside/instance.py"})  # they need the application
CANONICAL = "rfc8785"
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
START = b"#!/usr/bin/env python3\n"
MAIN = b"from certification.outside.alone import run\n\nrun()\n"


def program(english: bytes | None) -> bytes:
    """The zip that Python runs; `english` is the compiled catalogue, where there is one."""
    out = io.BytesIO()
    out.write(START)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(_contents(english)):
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content)
    return out.getvalue()


def _contents(english: bytes | None) -> Iterator[tuple[str, bytes]]:
    yield "__main__.py", MAIN
    yield "certification/__init__.py", b""
    for part in PARTS:
        for file in PACKAGE.joinpath(part).glob("*.py"):
            if f"{part}/{file.name}" not in NOT_ALONE:
                yield f"certification/{part}/{file.name}", file.read_bytes()
    spec = find_spec(CANONICAL)
    for folder in spec.submodule_search_locations or () if spec else ():
        for file in Path(folder).glob("*.py"):
            yield f"{CANONICAL}/{file.name}", file.read_bytes()
    for listed in distribution(CANONICAL).files or ():
        if listed.name.startswith("LICENSE"):
            yield f"{CANONICAL}/{listed.name}", Path(str(listed.locate())).read_bytes()
    if english is not None:
        yield f"certification/outside/{ENGLISH}", english
