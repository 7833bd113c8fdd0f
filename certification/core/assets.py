"""Static files under addresses that carry their digest, so that they may be kept for ever.

A style sheet made only of ``@import "x.css" layer(y);`` lines is served as one file. Nothing is read before it is asked for.
"""

import hashlib
import mimetypes
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, current_app

IMPORT = re.compile(r'@import\s+"(?P<file>[^"]+)"\s*(?:layer\((?P<layer>[\w-]+)\))?\s*;')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ADDRESS = re.compile(r'url\("(\.\./[^"]+)"\)')
FOREVER = "public, max-age=31536000, immutable"
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


@lru_cache(maxsize=512)
def content(root: Path, name: str) -> bytes:
    """The bytes that are served for ``name`` (a path below ``static/``).

    Raises:
        FileNotFoundError: when there is no such file, or it lies outside the folder.

    """
    file = (root / name).resolve()
    if not file.is_file() or not file.is_relative_to(root.resolve()):
        raise FileNotFoundError(name)
    if file.suffix != ".css":
        return file.read_bytes()
    return _stylesheet(root, file).encode()


@lru_cache(maxsize=512)
def digest(root: Path, name: str) -> str:
    """First 12 hex digits of the SHA-256 of what is served for ``name``."""
    return hashlib.sha256(content(root, name)).hexdigest()[:12]


def _stylesheet(root: Path, file: Path) -> str:
    text = COMMENT.sub("", file.read_text(encoding="utf-8"))
    text = IMPORT.sub(lambda found: _imported(root, file, found), text)

    def hashed(found: re.Match[str]) -> str:
        name = (file.parent / found[1]).resolve().relative_to(root.resolve()).as_posix()
        return f'url("/static/{digest(root, name)}/{name}")'

    text = ADDRESS.sub(hashed, text)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _imported(root: Path, file: Path, found: re.Match[str]) -> str:
    inner = _stylesheet(root, file.parent / found["file"])
    return f"@layer {found['layer']}{{{inner}}}" if found["layer"] else inner


def asset(name: str) -> str:
    """The address of a static file, with its digest."""
    root = Path(current_app.static_folder or "")
    return f"/static/{digest(root, name)}/{name}"


def _serve(mark: str, name: str) -> Response:
    root = Path(current_app.static_folder or "")
    try:
        body = content(root, name)
    except (FileNotFoundError, ValueError):
        abort(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = Response(body, mimetype=kind)
    response.headers["Cache-Control"] = FOREVER if mark == digest(root, name) else "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def init_app(app: Flask) -> None:
    app.add_url_rule("/static/<mark>/<path:name>", "static_asset", _serve)
    app.jinja_env.globals["asset"] = asset
