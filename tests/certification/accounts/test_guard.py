"""Whoever sends something after their session ended is led to the sign-in page, and back to where they were."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

HERE = "/desk/parties/new"
ENDED = "Su sesión terminó. Entre otra vez para seguir donde iba."
FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def tokens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Forms' tokens asked for, as on a server."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", "yes")
    return app


def comeback(location: str) -> str:
    parts = urlsplit(location)
    assert parts.path == "/account/sign-in"
    return parse_qs(parts.query)["next"][0]


@pytest.mark.parametrize(
    ("referer", "wanted"),
    [
        (f"http://localhost{HERE}", HERE),
        (f"http://localhost{HERE}?lang=en", f"{HERE}?lang=en"),
        ("http://localhost/desk/listings/abc/archive", "/"),
        ("http://localhost/no/such/page", "/"),
        ("http://localhost//evil.example/", "/"),
        ("http://localhost/\\evil.example", "/"),
        (f"http://evil.example{HERE}", "/"),
        (f"http://localhost:81{HERE}", "/"),
        (f"http://localhost@evil.example{HERE}", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_what_is_sent_without_a_session_leads_to_signing_in_and_back_to_its_page(
    client: FlaskClient, referer: str, wanted: str
) -> None:
    answer = client.post(HERE, headers={"Referer": referer})
    assert (answer.status_code, comeback(answer.location)) == (303, wanted)
    assert ENDED in client.get(answer.location).text


def test_a_token_that_died_with_its_session_leads_there_too(tokens: Flask) -> None:
    browser = tokens.test_client()
    answer = browser.post(HERE, data={"csrf_token": "a.b.c"}, headers={"Referer": f"http://localhost{HERE}"})
    assert (answer.status_code, comeback(answer.location)) == (303, HERE)
    assert ENDED in browser.get(answer.location).text


def test_a_page_for_everybody_keeps_its_bad_request(tokens: Flask) -> None:
    assert tokens.test_client().post("/account/sign-in", data={"csrf_token": "a.b.c"}).status_code == 400


def test_a_script_learns_that_nobody_is_signed_in(client: FlaskClient, tokens: Flask) -> None:
    for sent in ({}, {"csrf_token": "a.b.c"}):
        answer = client.post(HERE, data=sent, headers=FETCH)
        assert (answer.status_code, answer.json) == (401, {"error": {"code": "signed_out", "sentence": ENDED}})


def test_who_only_opens_a_page_is_told_nothing_of_sessions(client: FlaskClient) -> None:
    answer = client.get(HERE)
    assert comeback(answer.location) == HERE
    assert ENDED not in client.get(answer.location).text
