"""What strangers read at our addresses, by our own verifier and by libraries that nobody here wrote."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy.orm import Session

from certification.registry import credentials, fsck, tending
from certification.rules.instants import instant_text, read_instant
from tests import makers
from tests.certification.registry.outsider import DID, ORIGIN, VC_JWT, Outsider
from tests.conftest import NOW

LD = "application/ld+json"
STATUS_ERRORS = "https://www.w3.org/ns/credentials/status-list#"


@pytest.fixture
def outsider(client: FlaskClient) -> Outsider:
    return Outsider(client)


def test_the_newest_credential_is_served_in_each_form_and_says_the_same(session: Session, outsider: Outsider) -> None:
    made = makers.certified()
    document = outsider.credential(made.code)
    assert document.pop("proof")["cryptosuite"] == "eddsa-jcs-2022"
    assert outsider.jwt_payload(outsider.token(made.code)) == document
    assert json.loads(outsider.get(f"/c/{made.code}", "application/ld+json").text)["id"] == document["id"]
    assert document["id"] == f"{ORIGIN}/c/{made.code}/versions/1"
    assert json.loads(outsider.get(document["id"]).text)["credentialSubject"] == document["credentialSubject"]
    assert document["issuer"]["id"] == DID


def test_a_token_of_before_that_lies_whole_is_served_and_is_sound(
    session: Session, outsider: Outsider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "detached", lambda token: token)
    made = makers.certified()
    stored = made.versions[0].credential
    assert stored is not None
    assert outsider.token(made.code) == stored.token
    assert outsider.jwt_payload(str(stored.token)) == stored.document
    assert list(fsck.check(makers.THEN)) == []


@pytest.mark.parametrize(
    ("on", "code", "number"),
    [
        ("", 200, 2),
        ("2026-01-02T11:59:59Z", 404, None),
        ("2026-01-02", 200, 1),
        ("2026-02-28", 200, 1),
        ("2026-03-01T11:59:59Z", 200, 1),
        ("2026-03-01T12:00:00Z", 200, 2),
        ("2026-03-01", 200, 2),
        ("2999-01-01", 422, None),
        ("ayer", 422, None),
    ],
)
def test_asked_for_a_day_it_is_the_credential_that_was_the_newest_then(
    session: Session, outsider: Outsider, on: str, code: int, number: int | None
) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    makers.visited(made, by, at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    for form in ("application/vc", VC_JWT):
        answer = outsider.get(f"/c/{made.code}?on={on}", form)
        assert answer.status_code == code
        if number is not None:
            document = outsider.jwt_payload(answer.text) if form == VC_JWT else json.loads(answer.text)
            assert document["id"] == f"{ORIGIN}/c/{made.code}/versions/{number}"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/vc", "application/vc"),
        ("application/vc+jwt", "application/vc+jwt"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/json"),
        ("text/html", "text/html; charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("application/vc+jwt, application/vc;q=0.5", "application/vc+jwt"),
        ("image/png", "text/html; charset=utf-8"),
        ("application/vc+ld+json", "application/vc"),
        ("application/vc+ld+json, text/html;q=0.9, */*;q=0.1", "application/vc"),
        ("application/vc+ld+json+jwt", "application/vc+jwt"),
        ("application/vc+ld+jwt, application/vc;q=0.5", "application/vc+jwt"),
        ("application/vc+ld+jwt;q=0.5, application/vc+ld+json", "application/vc"),
        ("application/vc+sd-jwt", "text/html; charset=utf-8"),
        ("application/vc; charset=utf-8", "application/vc"),
        ("Application/VC;Charset=UTF-8", "application/vc"),
        ('application/ld+json;profile="https://www.w3.org/ns/credentials/v2"', "application/ld+json"),
        ('application/ld+json;profile="a, b;q=0";q=0.9, text/html;q=0.8', "application/ld+json"),
        ("application/vc+ld+json;v=2, text/html;q=0.9", "application/vc"),
        ("application/vc;v=2;q=0.5, application/vc+jwt;v=2;q=0.7", "application/vc+jwt"),
        ("application/vc;v=2;q=0.5, text/html;level=1", "text/html; charset=utf-8"),
        ("text/html, application/vc;charset=utf-8;q=0.9", "text/html; charset=utf-8"),
        ("application/vc;q=0", "text/html; charset=utf-8"),
        ("application/vc;charset=utf-8;q=0, application/json;q=0.1", "application/json"),
        ("application/vc;q=0, application/vc;v=2, application/json;q=0.1", "application/json"),
        ("application/vc+ld+json, */*;q=0", "application/vc"),
        ("*/*, application/vc;charset=utf-8;q=0", "text/html; charset=utf-8"),
    ],
)
def test_each_asks_for_the_form_it_reads(session: Session, outsider: Outsider, accept: str, kind: str) -> None:
    made = makers.certified()
    for path in (f"/c/{made.code}", "/c/7QK4M2XD9FQ"):
        answer = outsider.get(path, accept)
        known = path.endswith(made.code)
        error = "application/json" if "html" not in kind else kind
        assert (answer.status_code, answer.content_type) == ((200, kind) if known else (404, error))
    assert "Accept" in outsider.get(f"/c/{made.code}", accept).headers["Vary"]


@pytest.mark.parametrize(
    ("older", "today"),
    [("vc+ld+json", "vc"), ("vc+ld+json+jwt", "vc+jwt"), ("vc+ld+jwt", "vc+jwt")],
)
def test_by_an_older_name_the_same_is_answered_under_todays(session: Session, outsider: Outsider, older: str, today: str) -> None:
    code = makers.certified().code
    for path in (f"/c/{code}", f"/c/{code}/versions/1", "/status/revocation/1", "/status/suspension/1"):
        first, then = (outsider.get(path, f"application/{name}") for name in (today, older))
        assert (then.status_code, then.content_type, then.data) == (200, f"application/{today}", first.data)


def test_a_version_is_data_unless_a_browser_asks(session: Session, outsider: Outsider) -> None:
    path = f"/c/{makers.certified().code}/versions/1"
    assert outsider.get(path, "*/*").content_type == "application/vc"
    assert outsider.get(path, VC_JWT).content_type == VC_JWT
    assert outsider.get(path, 'application/ld+json;profile="https://www.w3.org/ns/credentials/v2"').content_type == LD
    assert outsider.get(path, "APPLICATION/VC+JWT;Charset=utf-8, text/html;q=0.9").content_type == VC_JWT
    refused = ("application/vc;q=0", "application/vc;charset=utf-8;q=0", "application/vc;q=0, */*;q=0.1")
    assert {outsider.get(path, accept).mimetype for accept in refused} == {"text/html"}
    assert outsider.get(path, "text/html, application/vc+ld+json").content_type == "application/vc"
    page = outsider.get(path, "text/html,*/*;q=0.8")
    assert (page.status_code, page.mimetype, "eddsa-jcs-2022" in page.text) == (200, "text/html", True)
    for missing in (f"{path[:-1]}2", "/c/7QK4M2XD9FQ/versions/1", "/c/nada/versions/1"):
        assert (outsider.get(missing).status_code, outsider.get(missing, "text/html").status_code) == (404, 404)
        assert outsider.get(missing).content_type == "application/json"


def test_public_documents_may_be_read_by_any_site_and_set_no_cookie(session: Session, outsider: Outsider) -> None:
    made = makers.certified()
    lists = [one["statusListCredential"] for one in outsider.credential(made.code)["credentialStatus"]]
    kept = {f"/c/{made.code}": "public, max-age=300", f"/c/{made.code}/versions/1": "public, max-age=86400"}
    kept |= {"/.well-known/did.json": "public, max-age=3600", **dict.fromkeys(lists, "public, max-age=300")}
    kept |= {"/contexts/tianguis/v1": "public, max-age=31536000, immutable"}
    for path, cache in kept.items():
        answer = outsider.get(path)
        said = answer.headers
        assert (answer.status_code, said["Access-Control-Allow-Origin"], said["Cache-Control"]) == (200, "*", cache)
        assert "Set-Cookie" not in said
        assert "Cookie" not in said.get("Vary", "")
        again = outsider.client.get(
            path.removeprefix(ORIGIN), headers={"Accept": "application/vc", "If-None-Match": said["ETag"]}
        )
        assert again.status_code == 304
    assert "Access-Control-Allow-Origin" not in outsider.get(f"/c/{made.code}", "text/html").headers


def test_the_time_a_list_may_be_kept_is_the_ttl_that_it_says(session: Session, outsider: Outsider) -> None:
    document = outsider.credential(makers.certified().code)
    for one in outsider.lists(document).values():
        assert isinstance(one, dict)
        assert one["credentialSubject"]["ttl"] == 300_000
        assert outsider.get(one["id"]).headers["Cache-Control"] == "public, max-age=300"


def test_a_list_of_an_earlier_instant_is_not_given_as_that_of_now(session: Session, outsider: Outsider) -> None:
    makers.certified()
    path, tick = "/status/revocation/1", timedelta(seconds=1)
    present = outsider.get(path)
    signed = read_instant(json.loads(present.text)["proof"]["created"])
    for same in (instant_text(signed), instant_text(NOW), "2026-11-21T10:32:00-06:00", "2026-11-21T17:32:00+01:00"):
        assert outsider.get(f"{path}?timestamp={same}").data == present.data
    for other in (instant_text(signed - tick), instant_text(NOW + tick), "2020-01-01T00:00:00Z", "yesterday", ""):
        refused = outsider.get(f"{path}?timestamp={other}")
        said = json.loads(refused.text)
        assert (refused.status_code, said.get("type")) == (404, f"{STATUS_ERRORS}STATUS_RETRIEVAL_ERROR"), other
        assert "credentialSubject" not in said


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/did+ld+json"),
        ("text/html", "application/did+ld+json"),
        ("application/did+json", "application/did+json"),
        ("application/did", "application/did"),
        ("application/json", "application/json"),
        ("application/ld+json, application/json;q=0.9", "application/ld+json"),
    ],
)
def test_the_keys_come_in_the_form_that_a_resolver_asks_for(session: Session, outsider: Outsider, accept: str, kind: str) -> None:
    makers.certified()
    answer = outsider.get("/.well-known/did.json", accept)
    assert (answer.status_code, answer.content_type) == (200, kind)
    assert answer.data == outsider.get("/.well-known/did.json", "application/json").data


def test_untps_schema_accepts_what_is_served(session: Session, outsider: Outsider, shared_data: Path) -> None:
    document = outsider.credential(makers.certified().code)
    del document["proof"]
    schema = json.loads((shared_data / "untp" / "untp-dcc-schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)
    assert not Draft202012Validator(schema).is_valid({**document, "validUntil": "mañana"})


def test_every_word_of_ours_stands_in_the_context_that_is_served(session: Session, outsider: Outsider) -> None:
    document = outsider.credential(makers.certified().code)
    served = json.loads(outsider.get(document["@context"][2], "application/ld+json").text)["@context"]
    assert {"certificateCode", "nameCommitment", "termEnds"} <= served.keys()
    assert served["certificateCode"]["@id"] == f"{document['@context'][2]}#certificateCode"


def test_one_changed_character_is_refused_by_everybody(session: Session, outsider: Outsider) -> None:
    code = makers.certified().code
    tending.renew_lists(NOW)
    document, token = outsider.credential(code), outsider.token(code)
    assert outsider.openvc_accepts(document, NOW)
    changed = json.loads(json.dumps(document).replace("Taller Hilo de Luna", "Taller Hilo de Lana"))
    assert not outsider.openvc_accepts(changed, NOW)
    head, payload, signature = token.split(".")
    other = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    with pytest.raises(jwt.InvalidTokenError):
        outsider.jwt_payload(f"{head}.{other}.{signature}")
