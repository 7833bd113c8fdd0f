"""A built wheel is whole: it opens a market from an empty folder, without the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = """
import sys
from pathlib import Path
import marketplace
from marketplace.app import create_app
from marketplace.cli import local_settings, prepare
assert str(Path(marketplace.__file__)).startswith(sys.argv[1]), marketplace.__file__
app = create_app(local_settings(Path(sys.argv[2])))
prepare(app, demonstration=True)
for address in ("/", "/products", "/v", "/schemes", "/privacy?lang=en"):
    answer = app.test_client().get(address, base_url="http://127.0.0.1:5000")
    assert answer.status_code == 200, (address, answer.status_code)
    assert "/static/" in answer.text
style = app.test_client().get("/").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
assert app.test_client().get(style, base_url="http://127.0.0.1:5000").status_code == 200
print("whole")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_a_wheel_holds_templates_static_files_translations_and_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= {
        "marketplace/_templates/layouts/base.html",
        "marketplace/_static/css/site.css",
        "marketplace/translations/en/LC_MESSAGES/messages.mo",
        "marketplace/migrations/env.py",
        "certification/schemes/standards.json",
    }
    assert not any(name.startswith(("tests/", "templates/", "static/")) for name in names)


def test_a_wheel_starts_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    # -I leaves the checkout off the path; the editable install is outrun by putting the wheel first
    start = f"import sys; sys.path.insert(0, {str(installed)!r})\n{START}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start, str(installed), str(tmp_path / "data")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().endswith("whole"), done.stderr[-3000:]
