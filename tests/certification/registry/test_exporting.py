from pathlib import Path

from sqlalchemy.orm import Session

from certification.registry.exporting import export
from tests import makers
from tests.conftest import NOW
from certification.outside.auditing import audit
from certification.outside.sources import Folder
import subprocess, sys


def test_try(session: Session, tmp_path: Path) -> None:
    made = makers.certified()
    code = made.code
    from certification.registry import tending

    tending.renew_lists(NOW)
    print(export(tmp_path, at=NOW))
    print(audit(Folder(tmp_path), now=NOW))
    print(export(tmp_path, at=NOW))
    for args in ([code], [code, "--lang", "en"], [code, "--as-of", "2026-05-05"], []):
        print(subprocess.run([sys.executable, "-I", str(tmp_path / "check.pyz"), *args], capture_output=True, text=True, cwd="/"))
    assert 0
