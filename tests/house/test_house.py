"""The rules of the house, as tests."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment

ROOT = Path(__file__).parents[2]
CODE = sorted(
    path
    for path in [*ROOT.glob("marketplace/**/*.py"), *ROOT.glob("certification/**/*.py")]
    if "versions" not in path.parts  # migrations tell history and are not read for pleasure
)
TEMPLATES = sorted((ROOT / "templates").glob("**/*.html"))
LONGEST_FILE = 500
TOP = {"README.md", "LICENSE", "Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "CONTRIBUTING.md"} | {
    "marketplace", "certification", "templates", "static", "tests", "docs", "deploy", "package.json", "package-lock.json"
}  # fmt: skip
WITHOUT_PERMISSION = {"static_asset", "media"}  # files for everybody
OPTIONAL_LIBRARIES = {
    "granian",
    "resvg_py",
    "PIL",
    "webauthn",
    "qrcode",
    "babel",
    "markdown_it",
    "nh3",
    "phonenumbers",
    "email_validator",
}
WRAPPED = {
    "certification/accounts/passkeys.py": {"certification"},  # its ceremony module wraps webauthn, which is slow to import
    "certification/core/orm.py": {"sqlalchemy.dialects"},  # PostgreSQL's, which a site on SQLite does without
}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|[Ll]orem ipsum)\b")  # "todo" is a Spanish word
INLINE = re.compile(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)", re.IGNORECASE)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("this is no git checkout")
    return listing.stdout.splitlines()


def test_only_what_a_checkout_needs_lies_at_the_top() -> None:
    assert {name.split("/")[0] for name in tracked() if not name.startswith(".")} <= TOP


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_file_of_code_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", [*CODE, *TEMPLATES], ids=named)
def test_nothing_unfinished_is_left(path: Path) -> None:
    assert UNFINISHED.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", CODE, ids=named)
def test_imports_stand_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = [
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    modules = {(node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name for node in inner}
    names = {name if name in WRAPPED.get(named(path), set()) else name.split(".")[0] for name in modules}
    assert names <= OPTIONAL_LIBRARIES | WRAPPED.get(named(path), set())


def test_every_route_names_its_permission(shared_app: Flask) -> None:
    without = {
        rule.endpoint
        for rule in shared_app.url_map.iter_rules()
        if not hasattr(shared_app.view_functions[rule.endpoint], "permission")
    }
    assert without == WITHOUT_PERMISSION


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_compiles_and_has_nothing_inline(path: Path, shared_app: Flask) -> None:
    environment: Environment = shared_app.jinja_env
    environment.get_template(str(path.relative_to(ROOT / "templates")))
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [path for path in TEMPLATES if "{% extends" in path.read_text(encoding="utf-8")], ids=named)
def test_every_page_has_a_title(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.parent.name in ("layouts", "errors"):
        return
    assert "block title" in text or '{% extends "layouts/' not in text


def test_the_checks_see_what_they_look_for() -> None:
    assert UNFINISHED.search("# TODO: later")
    assert INLINE.search('<p style="color:red">')
    assert INLINE.search("<script>alert(1)</script>")
    assert not INLINE.search('<script type="module" src="/static/x.js"></script>')
