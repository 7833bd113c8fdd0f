"""Every failure of the API has one form (RFC 9457), with words for people, whatever raised it."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from certification.core.problems import GENERAL
from certification.registry.api.problems import PROBLEMS
from certification.registry.models import Certificate
from tests import makers
from tests.certification.registry.api.described import validator

CODE = "00000000000"
FAILURES: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "an unknown route": ("GET", "/api/v1/nothing", {}, 404, "not_found"),
    "an unknown version": ("GET", "/api/v9/certificates/x", {}, 404, "not_found"),
    "the root": ("GET", "/api/", {}, 404, "not_found"),
    "no code": ("GET", "/api/v1/certificates/", {}, 404, "not_found"),
    "a part too many": ("GET", "/api/v1/certificates/a/b", {}, 404, "not_found"),
    "NUL in the address": ("GET", "/api/v1/certificates/%00", {}, 400, "bad_request"),
    "NUL in an argument": ("GET", f"/api/v1/certificates/{CODE}?as_of=%00", {}, 400, "bad_request"),
    "a method": ("DELETE", f"/api/v1/certificates/{CODE}", {}, 405, "method_not_allowed"),
    "another method": ("GET", "/api/v1/verify", {}, 405, "method_not_allowed"),
    "a method on the document": ("PUT", "/api/v1/openapi.json", {}, 405, "method_not_allowed"),
    "a method on the page": ("POST", "/api/v1/docs", {}, 405, "method_not_allowed"),
    "too much": ("POST", "/api/v1/verify", {"data": b" " * 70_000, "content_type": "application/json"}, 413, "too_large"),
    "no JSON": ("POST", "/api/v1/verify", {"data": b"x", "content_type": "text/plain"}, 415, "not_json"),
    "broken JSON": ("POST", "/api/v1/verify", {"data": b"{", "content_type": "application/json"}, 400, "bad_request"),
    "another form": ("POST", "/api/v1/verify", {"json": {}}, 422, "does_not_fit"),
    "a language": ("GET", f"/api/v1/certificates/{CODE}?lang=fr", {}, 422, "does_not_fit"),
    "the future": ("GET", f"/api/v1/certificates/{CODE}?as_of=2999-01-01", {}, 409, "as_of_future"),
    "no day": ("GET", f"/api/v1/certificates/{CODE}?as_of=x", {}, 422, "as_of_unreadable"),
    "an unknown code": ("GET", f"/api/v1/certificates/{CODE}", {}, 404, "unknown_code"),
    "no code at all": ("GET", "/api/v1/certificates/x", {}, 404, "code_length"),
}


@pytest.fixture
def label(session: object) -> Certificate:
    return makers.certified()


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    said: dict[str, Any] = answer.get_json()
    assert list(validator("Problem").iter_errors(said)) == []
    assert (said["status"], said["code"]) == (status, code)
    assert said["type"] == f"http://localhost/api/v1/docs#{code}"
    assert len(said["detail"]) > 20
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return said


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_has_the_one_form(client: FlaskClient, label: Certificate, what: str) -> None:
    method, path, given, status, code = FAILURES[what]
    answer = client.open(path, method=method, **given)
    said = problem(answer, status, code)
    assert code in {known for known, _status, _words in PROBLEMS}
    client.set_cookie("lang", "en")  # no cookie changes it, and an argument does
    assert client.open(path, method=method, **given).get_json() == said
    if "lang=" not in path:
        english = client.open(f"{path}{'&' if '?' in path else '?'}lang=en", method=method, **given)
        assert problem(english, status, code)["detail"] != said["detail"]


def test_too_many_questions_are_the_same(client: FlaskClient, label: Certificate) -> None:
    for _ in range(60):
        assert client.post("/api/v1/verify", json={"codes": [CODE]}).status_code == 200
    answer = client.post("/api/v1/verify", json={"codes": [CODE]})
    problem(answer, 429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_method_that_is_none_names_those_that_are(client: FlaskClient) -> None:
    answer = client.delete("/api/v1/verify")
    problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_each_general_failure_is_explained_where_its_type_leads(client: FlaskClient, label: Certificate) -> None:
    page = client.get("/api/v1/docs").text
    assert all(f'id="{code}"' in page for code in GENERAL)


def test_a_page_s_failure_is_a_page(app: Flask, client: FlaskClient) -> None:
    """The negative control: the one form is the API's."""
    answer = client.get("/register/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
