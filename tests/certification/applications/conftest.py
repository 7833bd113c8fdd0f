"""One workshop, the person who applies for it, and files to show."""

from dataclasses import dataclass
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications.models import Application
from certification.parties.models import Party
from tests import makers

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


@dataclass(frozen=True)
class Case:
    rosa: User
    workshop: Party
    application: Application


@pytest.fixture
def case(session: Session) -> Case:
    rosa, workshop = makers.user(), makers.party()
    makers.member(rosa, workshop)
    return Case(rosa, workshop, makers.application(rosa, workshop))


@pytest.fixture
def jpeg() -> bytes:
    made = BytesIO()
    Image.new("RGB", (640, 480), "#9B1B30").save(made, "JPEG")
    return made.getvalue()
