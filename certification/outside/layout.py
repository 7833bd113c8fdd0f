"""Where an export keeps what a site publishes. Read by whoever reads a folder, and by whoever writes one; docs/export.md.

Documents that change together stand in one file, `head.js`, which is written last and whole: a reader has all of the old ones or
all of the new. Certificates lie in packs by the first three characters of their code, because a million files in one folder open
nowhere. Both are JSON inside a call, so that a page opened from a disk can take them in as scripts.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from certification.rules.code import ALPHABET, parse
from certification.rules.errors import BadCode, InvalidInput
from certification.rules.jsontext import read_object

FORMAT = "tianguis/export/1"
HEAD = "head.js"
INDEX, PROGRAM, MANIFEST = "index.html", "check.pyz", "manifest.json"
HEAD_CALL, PACK_CALL, TILE_CALL = "tianguis.head(", "tianguis.pack(", "tianguis.tile("
END = ");\n"
PREFIX = 3
WHOLE_ON_A_PAGE = (
    4_096  # entries of the log that lie there as scripts too: static/export/folder.js reads a log of up to so many whole
)
MOST_BYTES = 64 * 2**20


def pack_of(code: str) -> str:
    """The pack that holds a certificate: `c/7Q/7QK.js` for 7QK4M2XD9FQ."""
    return pack_named(code[:PREFIX])


def pack_named(prefix: str) -> str:
    return f"c/{prefix[:2]}/{prefix}.js"


def packs(there: Callable[[str], bool]) -> Iterator[str]:
    """Every pack that can be, in order, of those folders of packs that are ``there``: most of a small registry's are not."""
    for two in (one + another for one in ALPHABET for another in ALPHABET):
        if there(f"c/{two}"):
            yield from (pack_named(two + three) for three in ALPHABET)


def wrapped(call: str, content: Mapping[str, Any]) -> bytes:
    """JSON as a script; the same content gives the same bytes."""
    return f"{call}{json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(',', ':'))}{END}".encode()


def unwrapped(call: str, content: bytes) -> dict[str, Any]:
    """The JSON of a script as :func:`wrapped` writes it. Raises InvalidInput (`bad_json`, `too_long`)."""
    start, end = call.encode(), END.encode()
    if not content.startswith(start) or not content.endswith(end):
        raise InvalidInput("bad_json")
    return read_object(content[len(start) : -len(end)], longest=MOST_BYTES)


def certificate_path(path: str) -> tuple[str, str] | None:
    """The canonical code and the rest of a path below `/c/`; None for any other path, and for what is no code."""
    parts = PurePosixPath(path).parts
    if len(parts) < 3 or parts[:2] != ("/", "c"):  # noqa: PLR2004 - the slash, the folder, the code
        return None
    try:
        return parse(parts[2]), "/".join(parts[3:])
    except BadCode:
        return None
