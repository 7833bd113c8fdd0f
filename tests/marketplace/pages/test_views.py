"""Notices, terms, and the mail of a demonstration."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage, send
from marketplace.pages.texts import BadText, notice_version
from tests import makers

TITLES = {
    "privacy": ("Aviso de privacidad", "Privacy notice"),
    "terms": ("Condiciones de uso", "Terms of use"),
    "about": ("Quiénes somos", "About us"),
}


@contextmanager
def settings(app: Flask, **change: Any) -> Iterator[None]:
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, values={**before.values, **change})
    try:
        yield
    finally:
        app.config["SETTINGS"] = before


@pytest.mark.parametrize("name", TITLES)
def test_texts_are_there_in_both_languages_with_their_fields_filled(app: Flask, client: FlaskClient, name: str) -> None:
    with settings(app, OPERATOR="Cooperativa <Ejemplo>", OPERATOR_CONTACT="privacidad@demo.tianguis.example"):
        for language, title in zip(("es", "en"), TITLES[name], strict=True):
            page = client.get(f"/{name}?lang={language}").text
            assert f"<h1>{title}</h1>" in page
            assert "Cooperativa &lt;Ejemplo&gt;" in page
            assert "privacidad@demo.tianguis.example" in page
            assert "[operator]" not in page
            assert "[contact]" not in page


def test_both_languages_say_the_same_number_of_things() -> None:
    folder = Path(__file__).parents[3] / "marketplace" / "pages" / "texts"
    for name in TITLES:
        shapes = [
            [line[:2] for line in (folder / f"{name}.{language}.md").read_text(encoding="utf-8").splitlines()]
            for language in ("es", "en")
        ]
        assert shapes[0].count("##") == shapes[1].count("##")
        assert shapes[0].count("- ") == shapes[1].count("- ")
        assert len(shapes[0]) == len(shapes[1])


def test_an_operators_own_text_goes_first_and_stays_harmless(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "privacy.es.md").write_text(
        "version: 7\n\n# Nuestro aviso\n\n<script>alert(1)</script> [x](javascript:alert(2)) [bien](https://demo.tianguis.example) de [operator]\n",
        encoding="utf-8",
    )
    with settings(app, TEXTS=str(tmp_path), OPERATOR="Ejemplo"):
        page = client.get("/privacy").text
        assert "<h1>Nuestro aviso</h1>" in page
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert 'href="https://demo.tianguis.example"' in page
        assert "de Ejemplo" in page
        assert '<article class="narrow prose stack" lang="es">' in client.get("/privacy?lang=en").text
        assert "Condiciones de uso" in client.get("/terms?lang=es").text
        with app.app_context():
            assert notice_version() == "7"


def test_a_text_without_title_is_named(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "terms.es.md").write_text("Sin título\n", encoding="utf-8")
    with settings(app, TEXTS=str(tmp_path)), pytest.raises(BadText, match=r"terms\.es\.md"):
        client.get("/terms")


@pytest.fixture
def sent(session: Session) -> OutboxMessage:
    with unit_of_work():
        send("rosa@demo.tianguis.example", "reset", language="es", person="<b>Rosa</b>", code="abc")
    made = session.query(OutboxMessage).one()
    session.expunge(made)
    return made


def test_the_mail_of_a_demonstration_is_read_here(app: Flask, client: FlaskClient, sent: OutboxMessage) -> None:
    with settings(app, DEMONSTRATION=True, MAIL_SERVER=""):
        assert sent.subject in client.get("/mail").text
        assert sent.subject not in client.get("/mail?to=otra@demo.tianguis.example").text
        page = client.get(f"/mail/{sent.public_id}").text
        assert 'href="http://localhost/account/reset/abc"' in page
        assert "<b>Rosa" not in page
        assert client.get("/mail/000000000000").status_code == 404
        assert client.get("/mail?after=nonsense").status_code == 400


@pytest.mark.parametrize("change", [{"DEMONSTRATION": False}, {"DEMONSTRATION": True, "MAIL_SERVER": "mail.example:25"}])
def test_elsewhere_nobody_reads_mail(
    app: Flask, client: FlaskClient, sent: OutboxMessage, change: dict[str, Any], client_of: Callable[..., FlaskClient]
) -> None:
    with settings(app, **change):
        for browser in (client, client_of(makers.user())):
            assert browser.get("/mail").status_code == 404
            assert browser.get(f"/mail/{sent.public_id}").status_code == 404


def test_machines_are_told_what_is_for_people_with_an_account(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert "Disallow: /desk\n" in answer.text
    assert "Disallow: /products" not in answer.text


def test_old_programs_find_the_icon(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 301
    assert client.get(answer.location).mimetype == "image/svg+xml"
