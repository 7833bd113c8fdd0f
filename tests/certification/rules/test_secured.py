from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.credential import unsecured_credential
from certification.rules.did import KeyPeriod, RegistryKeys, method_of
from certification.rules.errors import BadSignature, DomainError, InvalidInput, UnknownKey
from certification.rules.jose import sign_token
from certification.rules.proofs import add_proof
from certification.rules.secured import Opened, Secured, open_secured
from certification.rules.signing import Keypair
from tests.certification.rules.credentials import AT, DID, KEYS, METHOD, PAIR, VERSION

CREDENTIAL = unsecured_credential(VERSION)
PROVED = add_proof(CREDENTIAL, PAIR.private, method=METHOD, created=AT)
TOKEN = sign_token(CREDENTIAL, PAIR.private, method=METHOD, signed=AT)
FORMS = pytest.mark.parametrize("secured", [PROVED, TOKEN], ids=["proof", "token"])


@FORMS
def test_both_forms_open_to_the_same(secured: Secured) -> None:
    assert open_secured(secured, KEYS.at, at=AT) == Opened(CREDENTIAL, DID, (METHOD,), AT)


@FORMS
def test_a_key_that_did_not_count_when_it_was_signed_is_unknown(secured: Secured) -> None:
    late = RegistryKeys(DID, {PAIR.kid: replace(KEYS.keys[PAIR.kid], begun=AT + timedelta(seconds=1))})
    gone = RegistryKeys(DID, {PAIR.kid: replace(KEYS.keys[PAIR.kid], retired=AT)})
    for keys in (late, gone):
        with pytest.raises(UnknownKey):
            open_secured(secured, keys.at, at=AT)
    still = RegistryKeys(DID, {PAIR.kid: replace(KEYS.keys[PAIR.kid], retired=AT + timedelta(seconds=1))})
    assert open_secured(secured, still.at, at=AT + timedelta(days=900)).signed == AT


def test_proofs_before_and_after_a_rotation_hold_together_each_by_the_key_of_its_time() -> None:
    later = AT + timedelta(days=30)
    new = Keypair(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))), demonstration=False)
    old = replace(KEYS.keys[PAIR.kid], retired=later)
    keys = RegistryKeys(DID, {old.kid: old, new.kid: KeyPeriod(new.kid, new.public, later)})
    second = add_proof(CREDENTIAL, new.private, method=method_of(DID, new.kid), created=later)["proof"]
    both = {**CREDENTIAL, "proof": [PROVED["proof"], second]}
    assert open_secured(both, keys.at, at=later) == Opened(CREDENTIAL, DID, (METHOD, method_of(DID, new.kid)), later)
    late = add_proof(CREDENTIAL, PAIR.private, method=METHOD, created=later)["proof"]
    with pytest.raises(UnknownKey):
        open_secured({**CREDENTIAL, "proof": [late, second]}, keys.at, at=later)


def test_proofs_over_different_contexts_are_refused() -> None:
    longer = {**CREDENTIAL, "@context": [*CREDENTIAL["@context"], "urn:x"]}  # type: ignore[misc]  # a list of contexts
    second = add_proof(longer, PAIR.private, method=METHOD, created=AT)["proof"]
    with pytest.raises(InvalidInput) as caught:
        open_secured({**longer, "proof": [PROVED["proof"], second]}, KEYS.at, at=AT)
    assert caught.value.code == "other_context"


def test_a_credential_in_anothers_name_is_refused() -> None:
    forged = add_proof({**CREDENTIAL, "issuer": "did:web:elsewhere.example"}, PAIR.private, method=METHOD, created=AT)
    with pytest.raises(BadSignature) as caught:
        open_secured(forged, KEYS.at, at=AT)
    assert caught.value.code == "other_issuer"


def test_a_credential_nested_without_end_is_refused() -> None:
    deep: dict[str, object] = {}
    for _ in range(10_000):
        deep = {"more": deep}
    with pytest.raises(InvalidInput) as caught:
        open_secured({**PROVED, "credentialSubject": deep}, KEYS.at, at=AT)
    assert caught.value.code == "too_deep"


@pytest.mark.parametrize("secured", ["", "a.b.c", {}, {"proof": {}}, {**PROVED, "proof": {**PROVED["proof"], "created": None}}])  # type: ignore[dict-item]  # a proof is a mapping
def test_what_is_no_secured_credential_is_refused(secured: Secured) -> None:
    with pytest.raises(DomainError):
        open_secured(secured, KEYS.at, at=AT)
