"""The known right and wrong cases of W3C's suites, played against the adapter: vc-data-model-2.0, vc-di-eddsa (eddsa-jcs-2022),
vc-jose-cose and bitstring-status-list."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from certification.rules.contexts import CREDENTIALS
from tests.vc_api.adapter import create_adapter

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
SCHEMA = {"id": "https://example.org/s.json", "type": "JsonSchema"}
GOOD: dict[str, Any] = {
    "@context": [CREDENTIALS, EXAMPLES],
    "id": "urn:uuid:86294362-4254-4f36-854f-3952fe42555d",
    "type": ["VerifiableCredential"],
    "issuer": "https://example.org/issuer",
    "credentialSubject": {"id": "did:example:ebfeb1f712ebc6f1c276e12ec21", "name": "Añil"},
}
GONE = object()


def but(**changes: Any) -> dict[str, Any]:
    made = deepcopy(GOOD) | changes
    return {name: value for name, value in made.items() if value is not GONE}


RIGHT: dict[str, dict[str, Any]] = {
    "plain": GOOD,
    "no id": but(id=GONE),
    "a type as text": but(type="VerifiableCredential"),
    "an address as type": but(**{"@context": [CREDENTIALS]}, type=["VerifiableCredential", "https://example.org/T"]),
    "a mapped type": but(**{"@context": [CREDENTIALS, {"T": "https://example.org/T"}]}, type=["VerifiableCredential", "T"]),
    "an issuer as object": but(issuer={"id": "did:example:1", "name": {"@value": "Taller", "@language": "es"}}),
    "two subjects": but(credentialSubject=[{"id": "did:example:1", "a": "b"}, {"a": "c"}]),
    "milliseconds": but(validFrom="2026-11-21T16:32:00.123Z"),
    "nanoseconds": but(validFrom="2026-11-21T16:32:00.123456789Z"),
    "another zone": but(validFrom="2026-11-21T10:32:00-06:00", validUntil="2036-11-21T10:32:00+01:00"),
    "valid only later": but(validFrom="2056-11-21T10:32:00Z"),
    "name and description": but(name="Sello", description=[{"@value": "de origen", "@language": "es", "@direction": "ltr"}]),
    "a schema": but(credentialSchema=SCHEMA),
    "schemas": but(credentialSchema=[SCHEMA, {**SCHEMA, "id": "https://example.org/t.json"}]),
    "terms of use without an id": but(termsOfUse={"type": "Terms"}),
    "evidence": but(evidence=[{"id": "https://example.org/e", "type": ["Evidence"]}]),
    "a related resource": but(relatedResource=[{"id": "https://example.org/r", "digestSRI": "sha384-x"}]),
}
WRONG: dict[str, dict[str, Any]] = {
    "no context": but(**{"@context": GONE}),
    "the base context is not there": but(**{"@context": [EXAMPLES]}),
    "the base context is not first": but(**{"@context": [EXAMPLES, CREDENTIALS]}),
    "a number as context": but(**{"@context": [CREDENTIALS, 7]}),
    "a protected term anew": but(**{"@context": [CREDENTIALS, {"type": "https://example.org/t"}]}),
    "no type": but(type=GONE),
    "another type": but(type=["Other"]),
    "an unmapped type": but(**{"@context": [CREDENTIALS]}, type=["VerifiableCredential", "Unmapped"]),
    "a type that leads nowhere": but(**{"@context": [CREDENTIALS, {"T": "t"}]}, type=["VerifiableCredential", "T"]),
    "an id without a scheme": but(id="not-a-url"),
    "two ids": but(id=["https://example.org/1", "https://example.org/2"]),
    "no issuer": but(issuer=GONE),
    "an empty issuer": but(issuer=None),
    "an issuer without a scheme": but(issuer="issuer"),
    "an issuer without an id": but(issuer={"name": "x"}),
    "no subject": but(credentialSubject=GONE),
    "an empty subject": but(credentialSubject={}),
    "an empty subject among others": but(credentialSubject=[{"a": "b"}, {}]),
    "a subject whose id is no address": but(credentialSubject={"id": "x", "a": "b"}),
    "a day as date": but(validFrom="2026-11-21"),
    "a date without a zone": but(validUntil="2026-11-21T10:32:00"),
    "an end before the beginning": but(validFrom="2026-11-21T10:32:00Z", validUntil="2026-11-20T10:32:00Z"),
    "a name that is a number": but(name=7),
    "a language value with more": but(name={"@value": "x", "@language": "es", "other": "x"}),
    "a status without a type": but(credentialStatus={"id": "https://example.org/1"}),
    "a status whose id is no address": but(credentialStatus={"id": "x", "type": "BitstringStatusListEntry"}),
    "a schema without an id": but(credentialSchema={"type": "JsonSchema"}),
    "a schema without a type": but(credentialSchema={"id": "https://example.org/s.json"}),
    "terms of use without a type": but(termsOfUse={"id": "https://example.org/1"}),
    "evidence without a type": but(evidence={"id": "https://example.org/1"}),
    "a refresh service without a type": but(refreshService={"id": "https://example.org/1"}),
    "a proof without a type": but(proof={"cryptosuite": "x"}),
    "a related resource without a digest": but(relatedResource=[{"id": "https://example.org/r"}]),
    "a related resource twice": but(relatedResource=[{"id": "https://example.org/r", "digestSRI": "x"}] * 2),
}


@pytest.fixture
def client() -> FlaskClient:
    return create_adapter("http://localhost:8400", lambda: NOW).test_client()


def said(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json()
    return found


def issued(client: FlaskClient, credential: dict[str, Any], under: str = "") -> dict[str, Any]:
    answer = client.post(f"{under}/credentials/issue", json={"credential": credential, "options": {}})
    assert answer.status_code == 201, said(answer)
    made: dict[str, Any] = said(answer)["verifiableCredential"]
    return made


def verified(client: FlaskClient, secured: Any, **options: Any) -> int:
    answer = client.post("/verifiers/any/credentials/verify", json={"verifiableCredential": secured, "options": options})
    assert said(answer)["verified"] is (answer.status_code == 200)
    assert bool(said(answer)["errors"]) is (answer.status_code != 200)
    return answer.status_code


@pytest.mark.parametrize("under", ["", "/issuers/any", "/jwt"])
def test_what_the_model_allows_is_issued_and_verifies(client: FlaskClient, under: str) -> None:
    for name, credential in RIGHT.items():
        assert verified(client, issued(client, credential, under)) == 200, name


def test_what_the_model_refuses_is_not_issued(client: FlaskClient) -> None:
    for name, credential in WRONG.items():
        answer = client.post("/credentials/issue", json={"credential": credential})
        assert (answer.status_code, said(answer)["type"].rpartition("#")[2][-6:]) == (400, "_ERROR"), name


def test_a_number_with_a_fraction_is_refused_by_choice(client: FlaskClient) -> None:
    """The model allows it; programs write it in too many ways to be worth a signature."""
    assert client.post("/credentials/issue", json={"credential": but(credentialSubject={"a": 1.5})}).status_code == 400


def test_a_proof_is_that_of_the_suite(client: FlaskClient) -> None:
    made = issued(client, GOOD)
    proof = made["proof"]
    assert (proof["type"], proof["cryptosuite"], proof["proofPurpose"]) == (
        "DataIntegrityProof",
        "eddsa-jcs-2022",
        "assertionMethod",
    )
    assert proof["proofValue"].startswith("z")
    assert proof["verificationMethod"].startswith(f"{made['issuer']}#z6Mk")
    assert made["issuer"].startswith("did:key:z6Mk")


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another word": lambda one: one["credentialSubject"].update(name="Anil"),
    "a word more": lambda one: one["credentialSubject"].update(more="x"),
    "another issuer": lambda one: one.update(issuer="did:key:z6MkfXG2ePJ3bmJ2aBz9q6yYkz4tCLdiu3kgYB5ZQcEuiBgX"),
    "no proof": lambda one: one.pop("proof"),
    "another type of proof": lambda one: one["proof"].update(type="Ed25519Signature2020"),
    "another suite": lambda one: one["proof"].update(cryptosuite="eddsa-rdfc-2022"),
    "no suite": lambda one: one["proof"].pop("cryptosuite"),
    "another purpose": lambda one: one["proof"].update(proofPurpose="authentication"),
    "no purpose": lambda one: one["proof"].pop("proofPurpose"),
    "no method": lambda one: one["proof"].pop("verificationMethod"),
    "an unknown method": lambda one: one["proof"].update(verificationMethod="did:web:example.org#1"),
    "no value": lambda one: one["proof"].pop("proofValue"),
    "a value in another base": lambda one: one["proof"].update(proofValue="u" + one["proof"]["proofValue"][1:]),
    "a value cut short": lambda one: one["proof"].update(proofValue=one["proof"]["proofValue"][:-1]),
    "another creation": lambda one: one["proof"].update(created="2026-11-21T16:31:59Z"),
    "a creation that is no date": lambda one: one["proof"].update(created="yesterday"),
    "an end behind": lambda one: one["proof"].update(expires="2026-11-21T16:00:00Z"),
    "another context in the proof": lambda one: one["proof"].update({"@context": [CREDENTIALS]}),
    "another context before": lambda one: one.update({"@context": [CREDENTIALS, "https://example.org/x", EXAMPLES]}),
    "a chain of proofs": lambda one: one["proof"].update(previousProof="urn:uuid:1"),
    "one wrong proof beside a right one": lambda one: one.update(
        proof=[one["proof"], {**one["proof"], "proofValue": one["proof"]["proofValue"][:-1] + "1"}]
    ),
    "an empty set of proofs": lambda one: one.update(proof=[]),
}


def test_a_changed_credential_does_not_verify(client: FlaskClient) -> None:
    for name, change in CHANGES.items():
        made = issued(client, GOOD)
        change(made)
        assert verified(client, made) == 400, name


def test_domain_and_challenge_are_those_that_were_expected(client: FlaskClient) -> None:
    made = issued(client, GOOD)
    assert verified(client, made, domain="example.org") == 400
    assert verified(client, made, challenge="1235") == 400


def test_two_proofs_of_one_issuer_both_count(client: FlaskClient) -> None:
    made = issued(client, issued(client, GOOD))
    assert len(made["proof"]) == 2
    assert verified(client, made) == 200


def test_an_envelope_says_what_it_is(client: FlaskClient) -> None:
    made = issued(client, GOOD, "/jwt")
    assert (made["type"], made["id"].partition(",")[0]) == ("EnvelopedVerifiableCredential", "data:application/vc+jwt")
    token = made["id"].partition(",")[2]
    wrong: dict[str, dict[str, Any]] = {
        "no context": {**made, "@context": []},
        "another context": {**made, "@context": EXAMPLES},
        "no data URL": {**made, "id": token},
        "no type": {name: value for name, value in made.items() if name != "type"},
        "another type": {**made, "type": "VerifiableCredential"},
        "a changed token": {**made, "id": made["id"][:-2] + ("AA" if made["id"][-2:] != "AA" else "BA")},
        "no signature": {**made, "id": f"data:application/vc+jwt,{token.rpartition('.')[0]}."},
    }
    for name, envelope in wrong.items():
        assert verified(client, envelope) == 400, name


def test_a_status_is_told_by_its_list_until_the_bit_is_set(client: FlaskClient) -> None:
    made = issued(client, GOOD, "/status-lists")
    assert [one["statusPurpose"] for one in made["credentialStatus"]] == ["revocation", "suspension"]
    assert verified(client, made, checks=["proof", "credentialStatus"]) == 200
    listed = said(client.get("/status/revocation"))
    assert verified(client, listed) == 200
    assert listed["credentialSubject"]["type"] == "BitstringStatusList"
    client.post("/credentials/status", json={**made["credentialStatus"][0], "status": True})
    assert verified(client, made, checks=["proof", "credentialStatus"]) == 400
    assert verified(client, made, checks=["proof"]) == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "StatusList2021Entry"),
        ("statusListCredential", "http://localhost:8400/status/nothing"),
        ("statusListCredential", "no-address"),
        ("statusListIndex", "-1"),
        ("statusListIndex", "99999999"),
        ("statusListIndex", 7),
        ("statusPurpose", "message"),
    ],
)
def test_an_entry_that_leads_to_no_answer_is_refused(client: FlaskClient, name: str, value: object) -> None:
    entry = issued(client, GOOD, "/status-lists")["credentialStatus"][0]
    made = issued(client, but(credentialStatus={**entry, name: value}))
    assert verified(client, made, checks=["proof", "credentialStatus"]) == 400
    assert verified(client, issued(client, but(credentialStatus=entry)), checks=["proof", "credentialStatus"]) == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"verifiableCredential": 7}', b'{"verifiableCredential": {}, "options": 7}', b"\xff"]
)
def test_what_is_no_request_is_answered_as_one_that_is_refused(client: FlaskClient, body: bytes) -> None:
    for path in ("/credentials/verify", "/credentials/issue"):
        assert client.post(path, data=body, content_type="application/json").status_code == 400


def test_a_proof_of_tomorrow_is_refused() -> None:
    times = iter([NOW + timedelta(days=1), NOW, NOW])
    client = create_adapter("http://localhost:8400", lambda: next(times)).test_client()
    assert verified(client, issued(client, GOOD)) == 400


def test_the_did_document_names_the_key(client: FlaskClient) -> None:
    document = said(client.get("/.well-known/did.json"))
    assert document["id"] == "did:web:localhost%3A8400"
    made = issued(client, but(issuer=document["id"]))
    assert made["proof"]["verificationMethod"] == document["verificationMethod"][0]["id"]
    assert verified(client, made) == 200
