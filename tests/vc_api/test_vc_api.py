"""The known right and wrong cases of W3C's suites, played against the adapter: vc-data-model-2.0, vc-di-eddsa (eddsa-jcs-2022),
vc-jose-cose and bitstring-status-list."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from certification.rules.proofs import add_proof
from tests.vc_api.__main__ import asked, implementation
from tests.vc_api.adapter import create_adapter
from tests.vc_api.cases import BASE, CHANGES, EXAMPLES, GOOD, NOW, RIGHT, WRONG, but
from tests.vc_api.issuer import Issuer
from tests.vc_api.model import DATA_INTEGRITY, FIRST_VERSION
from tests.vc_api.opening import MODEL


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


def test_a_signed_credential_with_another_digest_than_its_resource_has_is_refused(client: FlaskClient) -> None:
    """vc-data-model-2.0 §5.3"""
    issuer: Issuer = client.application.extensions["issuer"]
    signed = [
        issuer.secured(but(issuer=issuer.did, relatedResource=BASE | changed))
        for changed in ({}, {"digestSRI": "sha384-" + "A" * 64}, {"digestMultibase": "u" + "A" * 43})
    ]
    assert [verified(client, one) for one in signed] == [200, 400, 400]


def test_what_the_model_refuses_is_not_believed_though_its_proof_holds(client: FlaskClient) -> None:
    """So W3C's suite asks it: what nothing maps was there when the credential was signed."""
    held = client.application.extensions["issuer"]
    for name, credential in WRONG.items():
        if "@context" not in credential or "proof" in credential:
            continue
        made = add_proof(credential, held.key, method=held.method(held.did), created=NOW)
        answer = client.post("/credentials/verify", json={"verifiableCredential": made})
        assert (answer.status_code, said(answer)["errors"][0]["type"].rpartition("#")[0]) == (400, MODEL.rstrip("#")), name


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


def test_a_changed_credential_does_not_verify(client: FlaskClient) -> None:
    for name, change in CHANGES.items():
        made = issued(client, GOOD)
        change(made)
        assert verified(client, made) == 400, name


def test_domain_challenge_and_purpose_are_those_that_were_expected(client: FlaskClient) -> None:
    made = issued(client, GOOD)
    assert verified(client, made, domain="example.org") == 400
    assert verified(client, made, challenge="1235") == 400
    assert verified(client, made, expectedProofPurpose="authentication") == 400
    assert verified(client, made, domain=None, challenge=None, expectedProofPurpose="assertionMethod") == 200
    answer = client.post("/credentials/issue", json={"credential": GOOD, "options": {"domain": ["a", "b"], "challenge": "1"}})
    bound = said(answer)["verifiableCredential"]
    assert (bound["proof"]["domain"], bound["proof"]["challenge"]) == (["a", "b"], "1")
    assert verified(client, bound, domain=["b", "a"], challenge="1") == 200
    for domain in ("a", ["a"], ["a", "b", "c"], []):
        assert verified(client, bound, domain=domain) == 400


def test_a_proof_of_version_1_1_comes_with_the_context_that_maps_it(client: FlaskClient) -> None:
    made = issued(client, RIGHT["of version 1.1"])
    assert made["@context"] == made["proof"]["@context"] == [FIRST_VERSION, DATA_INTEGRITY]
    assert issued(client, made)["@context"] == made["@context"]
    assert DATA_INTEGRITY not in issued(client, GOOD)["@context"]


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
        ("statusListIndex", "99999999"),
        ("statusPurpose", "message"),
    ],
)
def test_an_entry_that_leads_to_no_answer_is_refused(client: FlaskClient, name: str, value: object) -> None:
    entry = issued(client, GOOD, "/status-lists")["credentialStatus"][0]
    made = issued(client, but(credentialStatus={**entry, name: value}))
    assert verified(client, made, checks=["proof", "credentialStatus"]) == 400
    assert verified(client, made, checks=["proof"]) == 200
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


def test_the_did_document_names_the_key_for_proofs_and_for_tokens(client: FlaskClient) -> None:
    document = said(client.get("/.well-known/did.json"))
    assert document["id"] == "did:web:localhost%3A8400"
    made, enveloped = (issued(client, but(issuer=document["id"]), under) for under in ("", "/jwt"))
    named = jwt.get_unverified_header(enveloped["id"].partition(",")[2])["kid"]
    assert [one["id"] for one in document["verificationMethod"]] == [made["proof"]["verificationMethod"], named]
    assert [verified(client, one) for one in (made, enveloped)] == [200, 200]


def test_over_tls_all_that_is_told_has_its_address() -> None:
    assert asked(["--port", "8443"]) == (8443, "http://localhost:8443")
    port, origin = asked(["--port", "8443", "--tls"])
    assert (port, origin) == (8443, "https://localhost:8443")
    secure = create_adapter(origin, lambda: NOW).test_client()
    made = issued(secure, GOOD, "/status-lists")
    assert [one["statusListCredential"].removesuffix(one["statusPurpose"]) for one in made["credentialStatus"]] == [
        "https://localhost:8443/status/"
    ] * 2
    assert verified(secure, made) == 200
    assert said(secure.get("/status/revocation"))["id"] == "https://localhost:8443/status/revocation"
    assert (
        implementation(origin, "did:key:z")["issuers"][2]["endpoint"] == "https://localhost:8443/status-lists/credentials/issue"
    )


def test_every_endpoint_that_the_suites_are_told_of_is_there(client: FlaskClient) -> None:
    told = implementation("http://localhost:8400", "did:key:z")
    ends = [one["endpoint"] for role in ("issuers", "verifiers", "vpVerifiers") for one in told[role]]
    assert len(ends) == len(set(ends)) == 8
    for end in ends:
        assert client.post(end.removeprefix("http://localhost:8400"), json={}).status_code == 400
    assert client.post("/elsewhere/credentials/issue", json={}).status_code == 404
