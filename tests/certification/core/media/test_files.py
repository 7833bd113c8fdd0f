"""Uploads on their way into the database and out to a page."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.core.media import files
from certification.core.media.models import FileKind, StoredFile
from certification.core.media.refusals import BadDocument, BadImage
from tests.makers import THEN


def jpeg(width: int = 2000, height: int = 1000) -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "#9B1B30").save(made, "JPEG")
    made.seek(0)
    return made


def stored(app: Flask) -> int:
    shelf = app.extensions["shelves"]
    return len([*shelf.public.digests(), *shelf.private.digests()])


def test_a_photograph_becomes_three_sizes_and_a_row(session: Session) -> None:
    prepared = files.prepare_photo(jpeg())
    with unit_of_work():
        row = files.keep(prepared, name="foto.jpg", by=None, at=THEN)
    assert row.kind is FileKind.PHOTO
    assert [(one["width"], one["height"]) for one in row.renditions] == [(320, 160), (800, 400), (1600, 800)]
    drawn = files.photo(row, "Un paño rojo")
    assert (drawn.width, drawn.height, drawn.alt) == (800, 400, "Un paño rojo")
    assert drawn.full == f"/media/{row.digest}.jpg"


def test_a_photograph_is_served_for_ever_under_its_digest(session: Session, client: FlaskClient) -> None:
    prepared = files.prepare_photo(jpeg())
    answer = client.get(f"/media/{prepared.digest}.jpg")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("name", ["0" * 64 + ".jpg", "x.jpg", "../secret.jpg", "0" * 64 + ".html"])
def test_what_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_private_content_is_not_served_to_the_public(session: Session, client: FlaskClient) -> None:
    prepared = files.prepare_photo(jpeg(), private=True)
    assert prepared.private
    assert client.get(f"/media/{prepared.digest}.jpg").status_code == 404


def test_a_refused_upload_leaves_nothing_behind(session: Session) -> None:
    before = stored(current_app)
    with pytest.raises(BadImage):
        files.prepare_photo(io.BytesIO(b"<svg onload=alert(1)>"))
    with pytest.raises(BadDocument):
        files.prepare_document(io.BytesIO(b"<html><script>alert(1)</script></html>"))
    assert stored(current_app) == before
    assert session.query(StoredFile).count() == 0


def test_content_that_no_row_names_is_swept_after_a_day(session: Session) -> None:
    kept = files.prepare_photo(jpeg(400, 300))
    lost = files.prepare_photo(jpeg(401, 300))
    with unit_of_work():
        files.keep(kept, name="", by=None, at=THEN)
    written = datetime.now(UTC)
    assert files.sweep(at=written + timedelta(hours=23)) == 0
    assert files.sweep(at=written + timedelta(hours=25)) > 0
    shelf = current_app.extensions["shelves"].public
    assert shelf.exists(kept.digest)
    assert not shelf.exists(lost.digest)


def test_a_public_picture_goes_though_the_same_picture_is_somebodys_evidence(session: Session) -> None:
    shown, evidence = files.prepare_photo(jpeg(300, 300)), files.prepare_photo(jpeg(300, 300), private=True)
    assert {one["jpeg"] for one in shown.renditions} & {one["jpeg"] for one in evidence.renditions}
    with unit_of_work():
        files.keep(evidence, name="", by=None, at=THEN)
    assert files.sweep(at=datetime.now(UTC) + timedelta(hours=25)) > 0
    shelves = current_app.extensions["shelves"]
    digests = {one["jpeg"] for one in evidence.renditions}
    assert not any(shelves.public.exists(one) for one in digests)
    assert all(shelves.private.exists(one) for one in digests)
