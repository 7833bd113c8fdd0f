"""The public pages of the schemes."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.rules.canonical import digest
from certification.rules.workflow import SchemeVersionState
from certification.schemes.counting import EXTENSION, LabelCounts, declare_counter
from tests import makers
from tests.conftest import NOW


@pytest.fixture
def uncounted(app: Flask) -> Iterator[Flask]:
    before = app.extensions.pop(EXTENSION, None)
    yield app
    app.extensions.pop(EXTENSION, None)
    if before is not None:
        app.extensions[EXTENSION] = before


def test_the_index_lists_every_scheme_with_its_notice(session: Session, client: FlaskClient) -> None:
    makers.scheme_version()
    page = client.get("/schemes")
    assert page.status_code == 200
    assert page.text.count("Sello comunitario, no oficial.") == 3
    assert "/schemes/agroecologico-participativo/1.0" in page.text


def test_an_empty_index_says_what_comes(client: FlaskClient) -> None:
    assert "Todavía no hay sellos" in client.get("/schemes").text


def test_the_key_alone_leads_to_the_version_in_force(session: Session, client: FlaskClient) -> None:
    makers.scheme_version()
    answer = client.get("/schemes/origen-local")
    assert (answer.status_code, answer.location) == (302, "/schemes/origen-local/1.0")


@pytest.mark.parametrize("address", ["/schemes/no-hay", "/schemes/no-hay/1.0", "/schemes/origen-local/9.9"])
def test_what_does_not_exist_is_404(session: Session, client: FlaskClient, address: str) -> None:
    makers.scheme_version()
    assert client.get(address).status_code == 404


def test_a_draft_is_not_public(session: Session, client: FlaskClient) -> None:
    version = makers.scheme_version()
    with unit_of_work():
        version.state = SchemeVersionState.DRAFT
    assert client.get("/schemes/origen-local/1.0").status_code == 404
    assert client.get("/schemes/origen-local").status_code == 404


@pytest.mark.parametrize("key", ["origen-local", "comercio-justo-local", "agroecologico-participativo"])
@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_page_says_what_it_promises_and_does_not_and_every_criterion(
    session: Session, client: FlaskClient, key: str, lang: str
) -> None:
    version = makers.scheme_version(key)
    page = client.get(f"/schemes/{key}/1.0?lang={lang}").text.replace("&#39;", "'").replace("&#34;", '"')
    for part in ("promises", "does_not_promise", "eligibility", "legal_notes"):
        assert all(one in page for one in version.document[part][lang])
    for criterion in version.document["criteria"]:
        assert f'id="{criterion["code"]}"' in page
        assert criterion["text"][lang] in page
    assert version.digest in page


def test_a_superseded_and_a_lapsed_version_say_so(session: Session, client: FlaskClient) -> None:
    version = makers.scheme_version()
    with unit_of_work():
        version.state, version.ended_at = SchemeVersionState.SUPERSEDED, NOW
    assert "Hay una versión más nueva" in client.get("/schemes/origen-local/1.0").text
    with unit_of_work():
        version.state, version.lapsed_at = SchemeVersionState.LAPSED, NOW
    page = client.get("/schemes/origen-local/1.0").text
    assert "Este esquema terminó el 21 nov 2026." in page
    assert "Solicitar este sello" not in page


def test_the_count_comes_from_whoever_counts_and_is_absent_otherwise(
    session: Session, client: FlaskClient, uncounted: Flask
) -> None:
    version = makers.scheme_version()
    assert "sellos vigentes" not in client.get("/schemes/origen-local/1.0").text
    declare_counter(uncounted, lambda ids, _at: {one: LabelCounts(valid=91, holders=14) for one in ids})
    assert version.scheme_id is not None
    page = client.get("/schemes/origen-local/1.0").text
    assert "<b>91</b>sellos vigentes" in page
    assert "<b>14</b>" in page


def test_nobody_counts_twice(uncounted: Flask) -> None:
    declare_counter(uncounted, lambda _ids, _at: {})
    with pytest.raises(ValueError, match="already"):
        declare_counter(uncounted, lambda _ids, _at: {})


def test_a_program_reads_the_text_whose_digest_certificates_name(session: Session, client: FlaskClient) -> None:
    made = makers.scheme_version()
    address = f"/schemes/{made.scheme.key}/{made.version}"
    answer = client.get(address, headers={"Accept": "application/json"})
    said = answer.get_json()
    assert digest(said["document"]) == said["digest"] == made.digest
    assert {
        name: said[name] for name in ("key", "version", "state", "activated_at", "ended_at", "lapsed_at", "mark_ends_on")
    } == {
        "key": "origen-local",
        "version": "1.0",
        "state": "active",
        "activated_at": "2026-01-02T12:00:00Z",
        "ended_at": None,
        "lapsed_at": None,
        "mark_ends_on": None,
    }
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Cache-Control"]) == ("*", "public, max-age=3600")
    assert "Set-Cookie" not in answer.headers
    page = client.get(address)
    assert (page.mimetype, "Accept" in page.headers["Vary"]) == ("text/html", True)
    assert client.get("/schemes/origen-local/9", headers={"Accept": "application/json"}).status_code == 404
