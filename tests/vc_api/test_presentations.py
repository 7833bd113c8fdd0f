"""Presentations by the interface of W3C's suites: the cases of vc-data-model-2.0 §4.13 and of vc-jose-cose, and the names of problems."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient

from certification.rules.contexts import CREDENTIALS
from certification.rules.proofs import add_proof
from tests.vc_api.adapter import create_adapter
from tests.vc_api.cases import GOOD, NOW
from tests.vc_api.issuer import Issuer
from tests.vc_api.model import FIRST_VERSION
from tests.vc_api.test_vc_api import issued, said, verified

PLAIN: dict[str, Any] = {"@context": [CREDENTIALS], "type": ["VerifiablePresentation"]}
OPTIONS = {"challenge": "u1", "domain": "shop.example"}


@pytest.fixture
def client() -> FlaskClient:
    return create_adapter("http://localhost:8400", lambda: NOW).test_client()


def holder_of(client: FlaskClient) -> Issuer:
    found: Issuer = client.application.extensions["issuer"]
    return found


def proved(client: FlaskClient, presentation: dict[str, Any], under: str = "") -> dict[str, Any]:
    answer = client.post(f"{under}/presentations/prove", json={"presentation": presentation, "options": OPTIONS})
    assert answer.status_code == 201, said(answer)
    made: dict[str, Any] = said(answer)["verifiablePresentation"]
    return made


def shown(client: FlaskClient, secured: object, **options: Any) -> tuple[int, str]:
    answer = client.post("/presentations/verify", json={"verifiablePresentation": secured, "options": options})
    assert said(answer)["verified"] is (answer.status_code == 200)
    return answer.status_code, "".join(one["type"] for one in said(answer)["errors"])


def by_hand(client: FlaskClient, presentation: dict[str, Any]) -> dict[str, Any]:
    """By the same key, whatever it says."""
    held = holder_of(client)
    return add_proof(
        presentation, held.key, method=held.method(held.did), created=NOW, more={"proofPurpose": "authentication", **OPTIONS}
    )


@pytest.mark.parametrize("under", ["", "/holders/any", "/jwt"])
def test_what_a_holder_presents_verifies_with_each_credential_in_it(client: FlaskClient, under: str) -> None:
    enveloped = issued(client, GOOD, "/jwt")
    for credentials in ({}, {"verifiableCredential": enveloped}, {"verifiableCredential": [enveloped] * 2}):
        made = proved(client, PLAIN | {"id": "urn:x"} | credentials, under)
        assert shown(client, made, **OPTIONS) == (200, "")
        assert shown(client, made) == (200, "")


def test_a_credential_with_its_own_proof_may_stand_in_a_presentation_that_has_one(client: FlaskClient) -> None:
    made = proved(client, PLAIN | {"verifiableCredential": [issued(client, GOOD)]})
    assert made["proof"]["proofPurpose"] == "authentication"
    assert shown(client, made) == (200, "")
    changed = deepcopy(made)
    changed["verifiableCredential"][0]["credentialSubject"]["name"] = "x"
    assert shown(client, changed)[0] == 400
    assert shown(client, by_hand(client, {name: value for name, value in changed.items() if name != "proof"}))[0] == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"@context": None},
        {"@context": ["https://www.w3.org/ns/credentials/examples/v2"]},
        {"@context": CREDENTIALS},
        {"type": None},
        {"type": ["VerifiableCredential"]},
        {"type": ["VerifiablePresentation", "Unmapped"]},
        {"@context": [CREDENTIALS, {"@vocab": None}], "type": ["VerifiablePresentation", "Unmapped"]},
        {"@context": [FIRST_VERSION], "type": ["VerifiablePresentation", "Unmapped"]},
        {"id": "not-an-address"},
        {"id": ["urn:a", "urn:b"]},
        {"holder": {"name": "x"}},
        {"holder": "x"},
        {"verifiableCredential": ["https://example.org/credential"]},
        {"verifiableCredential": 7},
        {"termsOfUse": {"id": "urn:x"}},
    ],
    ids=str,
)
def test_what_the_model_refuses_is_neither_presented_nor_believed(client: FlaskClient, wrong: dict[str, object]) -> None:
    presentation = PLAIN | wrong
    assert client.post("/presentations/prove", json={"presentation": presentation}).status_code == 400
    assert shown(client, by_hand(client, presentation))[0] == 400
    assert shown(client, presentation)[0] == 400


@pytest.mark.parametrize("wrong", [{"type": ["Other"]}, {"issuer": None}, {"proof": None}], ids=str)
def test_a_credential_that_is_none_is_refused_in_a_presentation_that_holds(client: FlaskClient, wrong: dict[str, object]) -> None:
    bad = {name: value for name, value in (issued(client, GOOD) | wrong).items() if value is not None}
    assert shown(client, by_hand(client, PLAIN | {"holder": holder_of(client).did, "verifiableCredential": [bad]}))[0] == 400


def test_what_a_holder_says_of_itself_names_it(client: FlaskClient) -> None:
    """§4.13.4"""
    own, held = PLAIN | {"verifiableCredential": [issued(client, GOOD)]}, holder_of(client)
    assert shown(client, by_hand(client, own))[0] == 400
    assert shown(client, by_hand(client, own | {"holder": held.did}))[0] == 200
    assert shown(client, by_hand(client, own | {"holder": {"id": held.did}}))[0] == 200
    assert shown(client, by_hand(client, own | {"holder": "did:example:acme"}))[0] == 400
    assert shown(client, by_hand(client, PLAIN | {"holder": "did:example:acme"}))[0] == 400


def test_problems_of_data_integrity_have_their_numbers(client: FlaskClient) -> None:
    """vc-data-integrity §4.7"""
    made = proved(client, PLAIN)

    def number(path: str, **body: object) -> object:
        answer = said(client.post(path, json=body))
        return answer.get("errors", [answer])[0].get("code")

    def shown_with(**options: str) -> object:
        return number("/presentations/verify", verifiablePresentation=made, options=options)

    assert number("/credentials/issue", credential=GOOD | {"credentialSubject": {"a": 2**53 + 1}}) == -16
    assert [shown_with(expectedProofPurpose="assertionMethod"), shown_with(domain="x"), shown_with(challenge="x")] == [
        -17,
        -19,
        -20,
    ]
    assert number("/credentials/verify", verifiableCredential=GOOD) is None


def test_an_answer_to_another_challenge_or_for_another_domain_is_refused(client: FlaskClient) -> None:
    security = "https://w3id.org/security#"
    for under in ("", "/jwt"):
        made = proved(client, PLAIN, under)
        assert shown(client, made, challenge="u2") == (400, security + "INVALID_CHALLENGE_ERROR")
        assert shown(client, made, domain="other.example") == (400, security + "INVALID_DOMAIN_ERROR")
    made = proved(client, PLAIN)
    assert shown(client, made, expectedProofPurpose="assertionMethod") == (400, security + "PROOF_VERIFICATION_ERROR")


ENVELOPES: dict[str, Callable[[dict[str, Any]], object]] = {
    "no context": lambda one: one.update({"@context": []}),
    "another context": lambda one: one.update({"@context": ["https://www.w3.org/ns/credentials/examples/v2"]}),
    "no data: URL": lambda one: one.update(id=one["id"].partition(",")[2]),
    "another type": lambda one: one.update(type=["VerifiablePresentation"]),
    "no type": lambda one: one.pop("type"),
    "a changed token": lambda one: one.update(id=one["id"][:-10] + "A" * 10),
    "no signature": lambda one: one.update(id=one["id"].rpartition(".")[0] + "."),
    "a token of a credential": lambda one: one.update(id=one["id"].replace("vp+jwt", "vc+jwt")),
}


def test_an_envelope_of_a_presentation_says_what_it_is(client: FlaskClient) -> None:
    made = proved(client, PLAIN, "/jwt")
    assert (made["type"], made["id"].partition(",")[0]) == ("EnvelopedVerifiablePresentation", "data:application/vp+jwt")
    for name, change in ENVELOPES.items():
        wrong = deepcopy(made)
        change(wrong)
        assert shown(client, wrong)[0] == 400, name


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": "vc+jwt"}, {}),
        ({"cty": "vc"}, {}),
        ({"kid": "did:key:other"}, {}),
        ({"iat": 1795278721}, {}),
        ({}, {"exp": 1795278719}),
        ({}, {"nbf": 1795278721}),
        ({}, {"vp": {}}),
        ({}, {"verifiableCredential": [GOOD]}),
    ],
    ids=str,
)
def test_a_signed_token_that_is_no_presentation_is_refused(
    client: FlaskClient, header: dict[str, object], claims: dict[str, object]
) -> None:
    held = holder_of(client)

    def token(header: dict[str, object], claims: dict[str, object], key: Ed25519PrivateKey = held.key) -> dict[str, Any]:
        said_first = {"typ": "vp+jwt", "cty": "vp", "kid": held.method(held.did), "more": 1, **header}
        made = jwt.encode({**PLAIN, "holder": held.did, **claims}, key, algorithm="EdDSA", headers=said_first)
        return {"@context": [CREDENTIALS], "type": "EnvelopedVerifiablePresentation", "id": f"data:application/vp+jwt,{made}"}

    assert shown(client, token({}, {}))[0] == 200
    assert shown(client, token({}, {}, Ed25519PrivateKey.generate()))[0] == 400
    assert shown(client, token(header, claims))[0] == 400


OLD_VC = {**GOOD, "@context": ["https://www.w3.org/2018/credentials/v1"]}
OLD_VP = {"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"]}


@pytest.mark.parametrize(
    ("claims", "named"),
    [({"vc": OLD_VC}, "vc"), ({"vp": OLD_VP}, "vp"), ({"vp": OLD_VP, "vc": OLD_VC}, "vc and vp"), ({"vc": None}, "vc")],
    ids=["vc", "vp", "both", "an empty one"],
)
@pytest.mark.parametrize("kind", ["vc", "vp"])
def test_a_token_in_the_shape_of_version_1_1_is_refused_by_name(
    client: FlaskClient, kind: str, claims: dict[str, object], named: str
) -> None:
    """vc-jose-cose §3: the claims vc and vp must not be there, whatever else the token says."""
    held = holder_of(client)
    document = {"vc": GOOD | {"issuer": held.did}, "vp": PLAIN | {"holder": held.did}}[kind]
    envelope = {"vc": "EnvelopedVerifiableCredential", "vp": "EnvelopedVerifiablePresentation"}[kind]
    path, name = {
        "vc": ("/credentials/verify", "verifiableCredential"),
        "vp": ("/presentations/verify", "verifiablePresentation"),
    }[kind]

    def told(payload: dict[str, object], data: str) -> tuple[int, list[str]]:
        token = jwt.encode(payload, held.key, algorithm="EdDSA", headers={"typ": f"{kind}+jwt", "kid": held.method(held.did)})
        secured = {"@context": [CREDENTIALS], "type": envelope, "id": f"data:application/{data},{token}"}
        answer = client.post(path, json={name: secured, "options": {}})
        return answer.status_code, [one["detail"] for one in said(answer)["errors"]]

    for data in (f"{kind}+jwt", "jwt"):
        assert told(document, data) == (200, [])
        for beside in ({"iss": held.did}, document):
            assert told(beside | claims, data) == (400, [f"the payload of the token has the claim {named}"])


def test_problems_have_the_names_of_their_standards(client: FlaskClient) -> None:
    def problem(body: object, path: str = "/credentials/verify") -> str:
        answer = client.post(path, json=body)
        found: str = said(answer)["errors"][0]["type"]
        assert answer.status_code == 400
        return found

    listed = issued(client, GOOD, "/status-lists")
    entry = listed["credentialStatus"][0]
    changed = {**listed, "name": "x"}
    elsewhere = issued(client, {**GOOD, "credentialStatus": {**entry, "statusListCredential": "urn:nowhere"}})
    beyond = issued(client, {**GOOD, "credentialStatus": {**entry, "statusListIndex": "99999999"}})
    model, security = "https://www.w3.org/TR/vc-data-model#", "https://w3id.org/security#"
    status = "https://www.w3.org/ns/credentials/status-list#"
    assert problem({"verifiableCredential": GOOD}) == model + "PARSING_ERROR"
    assert problem({}, "/presentations/verify") == model + "MALFORMED_VALUE_ERROR"
    assert problem({"verifiableCredential": listed | {"type": []}}) == model + "MALFORMED_VALUE_ERROR"
    assert problem({"verifiableCredential": changed}) == security + "PROOF_VERIFICATION_ERROR"
    assert problem({"verifiableCredential": elsewhere}) == status + "STATUS_RETRIEVAL_ERROR"
    assert problem({"verifiableCredential": beyond}) == status + "RANGE_ERROR"
    client.post("/credentials/status", json={**entry, "status": True})
    assert problem({"verifiableCredential": listed}) == status + "STATUS_VERIFICATION_ERROR"
    assert verified(client, listed, checks=["proof"]) == 200
