"""A registry whose key was rotated once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from certification.log import rotating
from certification.log.fsck import check
from tests import makers
from tests.certification.log.signers import folder_of
from tests.conftest import NOW


@pytest.fixture
def rotated(app: Flask, session: Session, tmp_path: Path) -> Iterator[Path]:
    """Its folder of keys, put back afterwards with its modes."""
    found = folder_of(app)
    shutil.copytree(found, tmp_path / "before")
    makers.certified(at=NOW)
    rotating.rotate(now=lambda: NOW)
    assert check() == []
    yield found
    shutil.rmtree(found)
    shutil.copytree(tmp_path / "before", found)
