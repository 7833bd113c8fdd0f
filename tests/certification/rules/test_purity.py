import ast
import sys
from pathlib import Path

import pytest

RULES = Path(__file__).parents[3] / "certification" / "rules"
MODULES = sorted(RULES.glob("*.py"))
ALLOWED = {*sys.stdlib_module_names, "cryptography", "rfc8785"} - {"time", "socket", "subprocess", "os", "pathlib"}
CLOCKS = {"now", "utcnow", "today"}


def imported(tree: ast.AST) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_rules_use_only_the_standard_library_and_two_others(module: Path) -> None:
    foreign = {
        name
        for name in imported(ast.parse(module.read_text(encoding="utf-8")))
        if name.split(".")[0] not in ALLOWED and not name.startswith("certification.rules.")
    }
    assert foreign == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_rules_read_no_clock(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & CLOCKS


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_files_and_functions_stay_short(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert source.count("\n") < 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_the_folder_was_looked_at() -> None:
    assert {"verdict", "signing", "claims"} <= {path.stem for path in MODULES}
