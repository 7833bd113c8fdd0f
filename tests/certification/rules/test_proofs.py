import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from openvc.keys import Ed25519SigningKey
from openvc.proof.di_jcs import EddsaJcsProofSuite
from openvc.proof.errors import ProofError

from certification.rules.errors import BadSignature, DomainError, InvalidInput, UnknownKey
from certification.rules.jsontext import read_object
from certification.rules.multiformats import decode_base58btc, decode_multikey, encode_base58btc, encode_base64url
from certification.rules.proofs import Proof, Proved, add_proof, proof_created, verify_proofs

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
METHOD = "did:web:tianguis.example#kzdvvj2umnduyauf"
AT = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
V2 = "https://www.w3.org/ns/credentials/v2"
DOCUMENT: dict[str, object] = {
    "@context": [V2],
    "id": "https://tianguis.example/c/A1B2C3D4E59/versions/1",
    "type": ["VerifiableCredential"],
    "issuer": "did:web:tianguis.example",
    "validFrom": "2026-11-21T06:00:00Z",
    "credentialSubject": {"id": "https://tianguis.example/c/A1B2C3D4E59", "name": "Tapete de lana, Teotitlán"},
}
SECURED: dict[str, Any] = add_proof(DOCUMENT, KEY, method=METHOD, created=AT)


def held(method: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if method == METHOD else None


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    copy = deepcopy(SECURED)
    change(copy)
    return copy


def resigned(change: Callable[[dict[str, Any]], object], document: dict[str, object] = DOCUMENT) -> dict[str, Any]:
    """A proof of ours over other options: what only whoever holds the key can make."""
    import certification.rules.proofs as module  # noqa: PLC0415 - what is hashed is the module's own business

    options = {name: value for name, value in SECURED["proof"].items() if name != "proofValue"}
    change(options)
    value = encode_base58btc(KEY.sign(module._hash_data(document, options)))
    return {**document, "proof": {**options, "proofValue": value}}


def test_what_was_proved_verifies_and_comes_back_without_its_proof() -> None:
    assert verify_proofs(SECURED, held, at=AT) == Proved(DOCUMENT, (Proof(METHOD, AT, None),))
    assert "proof" not in DOCUMENT


def test_the_proof_says_exactly_this() -> None:
    assert SECURED["proof"] == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2026-11-21T16:32:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "@context": [V2],
        "proofValue": SECURED["proof"]["proofValue"],
    }
    assert len(decode_base58btc(SECURED["proof"]["proofValue"])) == 64


def test_the_same_statement_key_and_instant_give_the_same_proof() -> None:
    assert add_proof(dict(reversed(DOCUMENT.items())), KEY, method=METHOD, created=AT)["proof"] == SECURED["proof"]


def test_the_w3c_vector_verifies(shared_data: Path) -> None:
    secured = read_object((shared_data / "vectors" / "signedJCS.json").read_bytes())
    public = decode_multikey(read_object((shared_data / "vectors" / "publicKey.json").read_bytes())["publicKeyMultibase"])
    proved = verify_proofs(secured, lambda _method: public, at=AT)
    assert proved.proofs[0].created == datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
    assert proved.document == {name: value for name, value in secured.items() if name != "proof"}


def test_the_w3c_vector_is_reproduced_from_its_published_key(shared_data: Path) -> None:
    secured = read_object((shared_data / "vectors" / "signedJCS.json").read_bytes())
    published = decode_base58btc("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
    assert published[:2] == b"\x80\x26"  # the multikey header of an Ed25519 secret key
    key = Ed25519PrivateKey.from_private_bytes(published[2:])
    document = {name: value for name, value in secured.items() if name != "proof"}
    method = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    assert add_proof(document, key, method=method, created=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)) == secured


def test_every_changed_character_of_the_w3c_vector_is_refused(shared_data: Path) -> None:
    whole = (shared_data / "vectors" / "signedJCS.json").read_text(encoding="utf-8")
    public = decode_multikey(read_object((shared_data / "vectors" / "publicKey.json").read_bytes())["publicKeyMultibase"])
    text = json.dumps(json.loads(whole), separators=(",", ":"))
    for at in range(len(text)):
        other = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
        with pytest.raises(DomainError):
            verify_proofs(read_object(other.encode()), lambda _method: public, at=AT)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(validFrom="2026-11-21T06:00:01Z"), "bad_signature"),
        (lambda d: d["credentialSubject"].update(name="Tapete de lana, Teotitlan"), "bad_signature"),
        (lambda d: d.update(more=None), "bad_signature"),
        (lambda d: d.pop("type"), "bad_signature"),
        (lambda d: d["proof"].update(created="2026-11-21T16:31:59Z"), "bad_signature"),
        (lambda d: d["proof"].pop("created"), "bad_signature"),
        (lambda d: d["proof"].update(id="urn:x"), "bad_signature"),
        (lambda d: d["proof"].pop("@context"), "bad_signature"),
        (lambda d: d["proof"].update(expires="2027-01-01T00:00:00Z"), "bad_signature"),
        (lambda d: d["proof"].update(created="today"), "bad_proof"),
        (lambda d: d["proof"].update(created=None), "bad_proof"),
        (lambda d: d["proof"].update(verificationMethod=7), "bad_proof"),
        (lambda d: d["proof"].update(verificationMethod=METHOD + "x"), "unknown_key"),
        (lambda d: d["proof"].update(type="Ed25519Signature2020"), "other_suite"),
        (lambda d: d["proof"].update(cryptosuite="eddsa-rdfc-2022"), "other_suite"),
        (lambda d: d["proof"].update(proofPurpose="authentication"), "other_purpose"),
        (lambda d: d["proof"].update(previousProof="urn:x"), "proof_chain"),
        (lambda d: d["proof"].update(proofValue=d["proof"]["proofValue"][1:]), "bad_multibase"),
        (lambda d: d["proof"].update(proofValue=encode_base58btc(bytes(63))), "bad_proof"),
        (lambda d: d["proof"].update(proofValue=encode_base58btc(bytes(64))), "bad_signature"),
        (lambda d: d["proof"].pop("proofValue"), "bad_multibase"),
        (lambda d: d["proof"].update({"@context": [V2, "urn:x"]}), "other_context"),
        (lambda d: d.update({"@context": ["urn:x", V2]}), "other_context"),
        (lambda d: d.pop("@context"), "bad_document"),
        (lambda d: d.pop("proof"), "no_proof"),
        (lambda d: d.update(proof=[]), "no_proof"),
        (lambda d: d.update(proof="x"), "bad_proof"),
        (lambda d: d.update(proof=[d["proof"], None]), "bad_proof"),
        (lambda d: d.update(proof=[d["proof"]] * 9), "bad_proof"),
        (lambda d: d.update(more=1.5), "bad_signature"),
        (lambda d: d.update(more=float("nan")), "not_canonical"),
        (lambda d: d["proof"].update(created="2026-11-21"), "bad_proof"),
        (lambda d: d["proof"].update(created="2026-11-21T16:32"), "bad_proof"),
        (lambda d: d["proof"].update(created="2026-11-21T16:32:00"), "bad_signature"),
    ],
)
def test_any_other_document_or_proof_is_refused_with_its_reason(change: Callable[[dict[str, Any]], object], code: str) -> None:
    with pytest.raises(DomainError) as caught:
        verify_proofs(changed(change), held, at=AT)
    assert caught.value.code == code


def test_another_key_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify_proofs(SECURED, lambda _method: OTHER.public_key(), at=AT)
    with pytest.raises(UnknownKey):
        verify_proofs(SECURED, lambda _method: None, at=AT)


def test_a_context_added_behind_those_signed_is_left_out_of_what_was_proved() -> None:
    longer = changed(lambda d: d["@context"].append("https://elsewhere.example/v1"))
    assert verify_proofs(longer, held, at=AT).document == DOCUMENT


def test_a_proof_of_the_future_and_an_expired_one_are_refused() -> None:
    with pytest.raises(BadSignature) as caught:
        verify_proofs(SECURED, held, at=AT - timedelta(seconds=1))
    assert caught.value.code == "proof_from_future"
    ends = resigned(lambda options: options.update(expires="2026-11-22T00:00:00Z"))
    end = datetime(2026, 11, 22, tzinfo=UTC)
    assert verify_proofs(ends, held, at=end - timedelta(seconds=1)).proofs == (Proof(METHOD, AT, end),)
    with pytest.raises(BadSignature) as caught:
        verify_proofs(ends, held, at=end)
    assert caught.value.code == "proof_expired"


def test_a_time_without_its_offset_is_one_in_utc() -> None:
    bare = resigned(lambda options: options.update(created="2026-11-21T16:32:00", expires="2026-11-22T00:00:00"))
    assert verify_proofs(bare, held, at=AT).proofs == (Proof(METHOD, AT, datetime(2026, 11, 22, tzinfo=UTC)),)
    with pytest.raises(BadSignature):
        verify_proofs(bare, held, at=AT - timedelta(seconds=1))


def test_what_others_sign_may_have_fractions_and_text_outside_nfc() -> None:
    theirs = add_proof({**DOCUMENT, "weight": 1.25, "name": "Teotitla\u0301n"}, KEY, method=METHOD, created=AT)
    assert verify_proofs(read_object(json.dumps(theirs).encode(), fractions=True), held, at=AT).document["weight"] == 1.25
    for other in ({"weight": 1.250001}, {"name": "Teotitl\u00e1n"}):
        with pytest.raises(BadSignature):
            verify_proofs({**theirs, **other}, held, at=AT)


def test_further_options_of_a_proof_are_signed_with_it() -> None:
    made = add_proof(
        DOCUMENT, KEY, method=METHOD, created=AT, more={"proofPurpose": "authentication", "challenge": "1", "domain": ["x"]}
    )
    assert verify_proofs(made, held, at=AT, purpose="authentication").document == DOCUMENT
    with pytest.raises(InvalidInput):
        verify_proofs(made, held, at=AT)
    with pytest.raises(BadSignature):
        verify_proofs({**made, "proof": {**made["proof"], "challenge": "2"}}, held, at=AT, purpose="authentication")  # type: ignore[dict-item]


def test_each_proof_of_a_set_must_hold() -> None:
    second = add_proof(DOCUMENT, OTHER, method="did:web:witness.example#1", created=AT + timedelta(hours=1))["proof"]
    both = {**DOCUMENT, "proof": [SECURED["proof"], second]}
    keys = {METHOD: KEY.public_key(), "did:web:witness.example#1": OTHER.public_key()}
    later = AT + timedelta(hours=1)
    assert [proof.method for proof in verify_proofs(both, keys.get, at=later).proofs] == list(keys)
    assert proof_created(both) == later
    with pytest.raises(UnknownKey):
        verify_proofs(both, held, at=later)


def test_proofs_of_a_set_over_different_contexts_are_refused() -> None:
    short = resigned(lambda options: options.update({"@context": []}))["proof"]
    with pytest.raises(InvalidInput) as caught:
        verify_proofs({**DOCUMENT, "proof": [SECURED["proof"], short]}, held, at=AT)
    assert caught.value.code == "other_context"


def test_a_proof_without_a_date_verifies_but_names_no_instant_for_its_key() -> None:
    undated = resigned(lambda options: options.pop("created"))
    assert verify_proofs(undated, held, at=AT).proofs == (Proof(METHOD, None, None),)
    with pytest.raises(InvalidInput) as caught:
        proof_created(undated)
    assert caught.value.code == "bad_proof"


@pytest.mark.parametrize(("document", "code"), [(SECURED, "proved"), ({"id": "urn:x"}, "bad_document")])
def test_what_is_proved_or_has_no_context_gets_no_proof(document: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        add_proof(document, KEY, method=METHOD, created=AT)
    assert caught.value.code == code


def test_another_implementation_accepts_ours_and_we_accept_theirs() -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(KEY.public_key().public_bytes_raw())}
    suite = EddsaJcsProofSuite()
    assert suite.verify(SECURED, public_key_jwk=jwk, now=AT).issuer == "did:web:tianguis.example"
    theirs = suite.add_proof(
        dict(DOCUMENT), signing_key=Ed25519SigningKey(KEY, kid=METHOD), verification_method=METHOD, created=AT
    )
    theirs["proof"]["@context"] = theirs["@context"]  # they sign it and leave it out of what they show
    assert theirs == SECURED
    assert verify_proofs(theirs, held, at=AT).document == DOCUMENT
    with pytest.raises(ProofError):
        suite.verify(changed(lambda d: d.update(id="urn:x")), public_key_jwk=jwk, now=AT)
