"""A worker as `granian marketplace.wsgi:app` starts one, and nothing beside it: what it holds after it answered.

    python -m tests.benchmarks.worker FOLDER REQUESTS

Settings come from the environment. Prints bytes of resident memory, pages of the folder's own files not counted.
"""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.modules["rich"] = None  # type: ignore[assignment]  # it comes with development tools alone

from marketplace.wsgi import app  # noqa: E402 - after the line above, which is for it


def ask(path: str) -> str:
    """The status of a GET."""
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }

    def start(status: str, _headers: Any, _info: Any = None, /) -> Callable[[bytes], object]:
        said.append(status)
        return bytes

    body = app(environ, start)
    for _ in body:
        pass
    if hasattr(body, "close"):
        body.close()
    return said[0]


def resident(folder: str) -> int:
    """Bytes (proc(5), /proc/PID/smaps), without the pages of files below ``folder``."""
    held = 0
    counted = True
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, *rest = line.split()
        if not name.endswith(":"):
            counted = not (rest and rest[-1].startswith(folder))
        elif name == "Rss:" and counted:
            held += int(rest[0]) * 1024
    return held


if __name__ == "__main__":
    data, requests = sys.argv[1], int(sys.argv[2])
    for kind in json.loads((Path(data) / "paths").read_text()):
        for number in range(requests):
            assert ask(kind[number % len(kind)]) == "200 OK", kind[number % len(kind)]
    print(resident(data))
