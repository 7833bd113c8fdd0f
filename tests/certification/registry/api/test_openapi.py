"""The document is OpenAPI 3.1, every address in it exists and answers as it says, and what it does not know is seen."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.log.appending import append
from certification.log.checkpoints import keep_outside
from certification.log.keys import signing_key
from certification.log.models import LogLeaf
from certification.registry import snapshots
from certification.registry.api.openapi import document
from certification.registry.api.problems import PROBLEMS
from certification.registry.api.schemas import SCHEMAS
from certification.registry.api.table import OPERATIONS
from certification.rules.checkpoint import Checkpoint
from certification.rules.leaves import CertificateRef, parse_leaf
from certification.rules.signed_checkpoint import sign_checkpoint
from tests import makers
from tests.certification.registry.api.described import fits, operation_of, unfit, validator
from tests.conftest import NOW

META = json.loads((Path(__file__).parent / "openapi-3.1.schema.json").read_text(encoding="utf-8"))
API = "/api/"


@pytest.fixture
def described(app: Flask, client: FlaskClient) -> dict[str, Any]:
    return dict(fits(client.get("/api/v1/openapi.json")))


def faults(said: dict[str, Any]) -> list[str]:
    return [f"{one.json_path}: {one.message[:200]}" for one in Draft202012Validator(META).iter_errors(said)]


def test_it_is_openapi_3_1(described: dict[str, Any]) -> None:
    assert faults(described) == []
    assert (described["openapi"], described["servers"]) == ("3.1.0", [{"url": "http://localhost"}])
    for name, schema in described["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert name in SCHEMAS


def test_a_document_that_is_none_is_seen(described: dict[str, Any]) -> None:
    """The negative control."""
    described["paths"]["/api/v1/verify"]["post"]["responses"] = {"ok": {}}
    assert faults(described) != []


def test_its_references_and_ids_hold(described: dict[str, Any]) -> None:
    text = json.dumps(described)
    named = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named <= set(described["components"]["schemas"])
    assert named | {"Error"} >= set(described["components"]["schemas"])
    ids = [one.id for one in OPERATIONS]
    assert len(set(ids)) == len(ids)


def test_its_words_are_english_whoever_asks(described: dict[str, Any], client: FlaskClient) -> None:
    assert described["paths"]["/api/v1/verify"]["post"]["summary"] == "What up to 100 labels are worth"
    assert client.get("/api/v1/openapi.json?lang=es").get_json() == described


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.id)
def test_every_documented_address_exists(app: Flask, one: Any) -> None:
    path = one.path
    for param in one.params:
        path = path.replace(f"{{{param.name}}}", param.example)
    endpoint, _parts = app.url_map.bind("localhost").match(path, method=one.method.upper())
    assert hasattr(app.view_functions[endpoint], "permission")


def test_every_address_below_api_is_documented(app: Flask) -> None:
    there = {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(API)
    }
    assert there == {(one.method, one.path) for one in OPERATIONS if one.path.startswith(API)}


FOR_PEOPLE = {"/schemes", "/schemes/<key>", "/v", "/V/<code>", "/log/tile/<path:rest>", "/register.<kind>"}
OPEN = {"register", "feeds", "snapshots", "credentials", "proof", "log", "schemes", "verify", "health", "api", "api_docs"}


def undocumented(rules: set[str]) -> set[str]:
    return rules - {one.path.replace("{", "<").replace("}", ">") for one in OPERATIONS}


def test_nothing_public_is_undocumented(app: Flask) -> None:
    """Beside pages without data of their own; files of the register and tiles stand in the table one by one."""
    rules = {
        re.sub(r"<[^>]*:", "<", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in OPEN or rule.endpoint in ("certificates.show", "tags.qr_svg", "tags.qr_png")
    }
    assert undocumented(rules) == {re.sub(r"<[^>]*:", "<", one) for one in FOR_PEOPLE}
    assert undocumented({"/register.atom", "/register.secret"}) == {"/register.secret"}


def tried(one: Any, code: str) -> str:
    path = str(one.path)
    for param in one.params:
        if param.where == "path":
            path = path.replace(f"{{{param.name}}}", code if param.name == "code" else param.example)
    return path


def test_every_answer_is_what_the_document_says(session: Session, client: FlaskClient) -> None:
    code, found = makers.certified().code, []
    assert snapshots.make("2026-11", at=NOW)
    for one in OPERATIONS:
        if one.method != "get":
            continue
        for media in {media for said in one.answers if said.status == 200 for media in said.contents}:
            answer = client.get(tried(one, code), headers={"Accept": media}, buffered=True)
            partial = one.id in ("entries", "tile")  # no tile is full yet
            assert answer.status_code == (404 if partial else 200), one.id
            found += unfit(answer)
        for bad in ("00000000000", "%00", "a" * 400, "é"):
            path = tried(one, code).replace(code, bad)
            for accept in ("*/*", "application/json"):
                found += unfit(client.get(path, headers={"Accept": accept}, buffered=True))
    assert sorted(set(found)) == []


def test_a_row_of_the_register_that_cannot_be_checked_is_documented_and_no_search_for_it(
    session: Session, client: FlaskClient, described: dict[str, Any]
) -> None:
    searched = next(one["schema"] for one in described["paths"]["/register.csv"]["get"]["parameters"] if one["name"] == "state")
    eight = ["VALID", "NOT_YET_VALID", "SUSPENDED", "EXPIRED", "SCHEME_LAPSED", "SUPERSEDED", "SURRENDERED", "WITHDRAWN"]
    assert sorted(searched["enum"]) == sorted(eight)
    assert sorted(SCHEMAS["RegisterRow"]["properties"]["state"]["enum"]) == sorted([*eight, "CANNOT_CHECK"])
    makers.certified()
    keep_outside(sign_checkpoint(Checkpoint("localhost/log", 900, b"x" * 32), signing_key().private).encode())
    (row,) = fits(client.get("/register.json"))["certificates"]
    assert row["state"] == "CANNOT_CHECK"
    assert not validator("RegisterRow").is_valid(row | {"state": "NOT_FOUND"})  # the control
    refused = client.get("/register.json?state=CANNOT_CHECK")
    assert (refused.status_code, fits(refused)["error"]["code"]) == (422, "bad_state")


def test_a_label_whose_record_was_lost_is_no_unknown_code(session: Session, client: FlaskClient) -> None:
    makers.certified()
    granted = parse_leaf(session.scalars(select(LogLeaf.entry).where(LogLeaf.act == "granted")).one())
    with unit_of_work():
        append(replace(granted, certificate=CertificateRef("7QK4M2XD9FQ", 1), at=NOW))
    for past in ("", "?as_of=2026-05-01"):
        answer = client.get(f"/api/v1/certificates/7QK4M2XD9FQ{past}")
        assert (answer.status_code, fits(answer)["state"], fits(answer)["code"]) == (503, "CANNOT_CHECK", "record_lost")
    found = fits(client.post("/api/v1/verify", json={"codes": ["7QK4M2XD9FQ", "00000000000"]}))["results"]
    assert [(one["state"], one["reason"]) for one in found] == [("CANNOT_CHECK", "record_lost"), ("NOT_FOUND", "unknown_code")]


def test_every_code_of_a_failure_is_explained(app: Flask, client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").text
    codes = [code for code, _status, _words in PROBLEMS]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert f'id="{code}"' in page


def test_what_is_not_documented_is_seen(session: Session, client: FlaskClient) -> None:
    """The negative control of `unfit`: another member, a lacking one, another state, another status, another type."""
    said = client.get(f"/api/v1/certificates/{makers.certified().code}").get_json()
    assert list(validator("Certificate").iter_errors(said)) == []
    for changed in ({**said, "more": 1}, {**said, "state": "FINE"}, {name: said[name] for name in said if name != "state"}):
        assert list(validator("Certificate").iter_errors(changed)) != []
    answer = client.get("/api/v1/certificates/abc")
    answer.status_code = 418
    assert unfit(answer) == ["verify_one: 418 is not documented"]
    answer.status_code, answer.headers["Content-Type"] = 404, "text/html"
    assert unfit(answer) == ["verify_one: 404 as text/html is not documented"]
    with pytest.raises(LookupError):
        operation_of("GET", "/account/")


def test_the_page_for_people_shows_real_answers(session: Session, client: FlaskClient) -> None:
    assert "aquí estará la respuesta del primero" in client.get("/api/v1/docs").text
    code = makers.certified().code
    for lang, word in (("es", "Solo «VALID» es vigente."), ("en", "Only “VALID” is valid.")):
        page = client.get(f"/api/v1/docs?lang={lang}")
        assert (page.status_code, word in page.text, f"&#34;code&#34;: &#34;{code}&#34;" in page.text) == (200, True, True)
        assert f'href="/api/v1/certificates/{code}"' in page.text
    assert 'href="/api/v1/docs"' in client.get("/").text


def test_the_document_is_made_for_the_site_that_serves_it(app: Flask) -> None:
    with app.test_request_context():
        said = document("https://labels.example", "Sellos")
    assert (said["servers"], said["info"]["title"][:6]) == ([{"url": "https://labels.example"}], "Sellos")
