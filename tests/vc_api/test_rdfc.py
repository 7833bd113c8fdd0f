"""eddsa-rdfc-2022, in which W3C's suite of the data model signs what it presents; the known answer is that of vc-di-eddsa 1.0 §B.1."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from certification.rules.contexts import CREDENTIALS
from certification.rules.errors import DomainError
from certification.rules.instants import instant_text, read_instant
from certification.rules.multiformats import decode_multikey, encode_base58btc
from certification.rules.proofs import PURPOSE, TYPE
from tests.vc_api.adapter import create_adapter
from tests.vc_api.cases import GOOD, NOW, but
from tests.vc_api.issuer import AUTHENTICATION, Issuer
from tests.vc_api.rdfc import EXAMPLES, SUITE, hash_data, verify_proof
from tests.vc_api.test_vc_api import issued, said, verified

MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
ALUMNI: dict[str, Any] = {
    "@context": [CREDENTIALS, EXAMPLES],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"did:key:{MULTIKEY}#{MULTIKEY}",
        "proofPurpose": PURPOSE,
        "proofValue": "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme",
    },
}
SIGNED_AT = read_instant("2023-02-24T23:36:38Z")
PLAIN: dict[str, Any] = {"@context": [CREDENTIALS], "type": ["VerifiablePresentation"]}


@pytest.fixture
def client() -> FlaskClient:
    return create_adapter("http://localhost:8400", lambda: NOW).test_client()


def signed(issuer: Issuer, document: dict[str, Any], purpose: str = AUTHENTICATION, **more: str) -> dict[str, Any]:
    """By the key of the adapter's own issuer."""
    method = issuer.method(issuer.did)
    options = {"type": TYPE, "cryptosuite": SUITE, "created": instant_text(NOW), "verificationMethod": method}
    options |= {"proofPurpose": purpose} | more
    return {**document, "proof": options | {"proofValue": encode_base58btc(issuer.key.sign(hash_data(document, options)))}}


def shown(client: FlaskClient, presentation: object) -> int:
    answer = client.post("/presentations/verify", json={"verifiablePresentation": presentation})
    assert said(answer)["verified"] is (answer.status_code == 200)
    return answer.status_code


def test_the_known_answer_of_the_specification_holds() -> None:
    found = verify_proof(ALUMNI, lambda _method: decode_multikey(MULTIKEY), at=SIGNED_AT, purpose=PURPOSE)
    assert found.document == {name: value for name, value in ALUMNI.items() if name != "proof"}
    assert (found.proofs[0].method, found.proofs[0].created) == (f"did:key:{MULTIKEY}#{MULTIKEY}", SIGNED_AT)


@pytest.mark.parametrize(
    ("changed", "of_proof", "code"),
    [
        ({"name": "Alumni credential"}, {}, "bad_signature"),
        ({"validFrom": "2023-01-01T00:00:01Z"}, {}, "bad_signature"),
        ({}, {"created": "2023-02-24T23:36:37Z"}, "bad_signature"),
        ({}, {"created": "2023-02-24T23:36:39Z"}, "proof_from_future"),
        ({}, {"expires": "2023-02-24T23:36:38Z"}, "proof_expired"),
        ({}, {"created": "yesterday"}, "bad_instant"),
        ({}, {"type": "Ed25519Signature2020"}, "other_suite"),
        ({}, {"proofPurpose": "authentication"}, "other_purpose"),
        ({}, {"previousProof": "urn:x"}, "proof_chain"),
        ({}, {"@context": [CREDENTIALS]}, "other_context"),
        ({}, {"proofValue": "z3"}, "bad_signature"),
        ({}, {"verificationMethod": "did:key:z#z"}, "unknown_key"),
        ({"@context": [CREDENTIALS, "https://example.org/none"]}, {}, "bad_document"),
        ({"@context": [CREDENTIALS]}, {}, "bad_document"),
    ],
)
def test_one_change_and_it_holds_no_more(changed: dict[str, Any], of_proof: dict[str, Any], code: str) -> None:
    given = ALUMNI | changed | {"proof": ALUMNI["proof"] | of_proof}

    def resolve(method: str) -> Any:
        return decode_multikey(MULTIKEY) if MULTIKEY in method else None

    with pytest.raises(DomainError) as refused:
        verify_proof(given, resolve, at=SIGNED_AT, purpose=PURPOSE)
    assert refused.value.code == code


def test_a_presentation_so_signed_is_taken_with_credentials_of_either_suite(client: FlaskClient) -> None:
    held: Issuer = client.application.extensions["issuer"]
    theirs = signed(held, but(issuer=held.did), PURPOSE)
    for credentials in ([], [issued(client, GOOD)], [theirs], [issued(client, GOOD, "/jwt"), theirs]):
        made = signed(held, PLAIN | {"holder": held.did} | ({"verifiableCredential": credentials} if credentials else {}))
        assert shown(client, made) == 200
        assert shown(client, made | {"id": "urn:x"}) == 400
        for added in ({"foo": "bar"}, {"nested": {"a": 1}}, {"proof": made["proof"] | {"foo": "bar"}}):
            assert shown(client, made | added) == 400  # nothing maps it, so nobody signed it
    later = signed(held, PLAIN, created=instant_text(NOW + timedelta(seconds=1)))
    assert shown(client, later) == 400


def test_a_false_credential_within_is_refused(client: FlaskClient) -> None:
    held: Issuer = client.application.extensions["issuer"]
    false = signed(held, but(issuer=held.did), PURPOSE) | {"validFrom": "2020-01-01T00:00:00Z"}
    assert shown(client, signed(held, PLAIN | {"holder": held.did, "verifiableCredential": [false]})) == 400


def test_a_credential_by_itself_is_taken_in_our_own_suite_alone(client: FlaskClient) -> None:
    held: Issuer = client.application.extensions["issuer"]
    assert verified(client, signed(held, but(issuer=held.did), PURPOSE)) == 400
    assert verified(client, issued(client, GOOD)) == 200
