import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certification.rules.errors import BadSignature, DomainError, InvalidInput, UnknownKey
from certification.rules.jose import Token, attached, detached, peek_token, sign_token, verify_token
from certification.rules.jsontext import LONGEST
from certification.rules.multiformats import encode_base64url

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ISSUER = "did:web:tianguis.example"
METHOD = ISSUER + "#kzdvvj2umnduyauf"
AT = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
CREDENTIAL: dict[str, object] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "https://tianguis.example/c/A1B2C3D4E59/versions/1",
    "type": ["VerifiableCredential"],
    "issuer": {"id": ISSUER, "name": "Tianguis de prueba"},
    "validFrom": "2026-11-21T06:00:00Z",
    "credentialSubject": {"id": "https://tianguis.example/c/A1B2C3D4E59", "name": "Tapete de lana, Teotitlán"},
}
HEADER = {"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": METHOD, "iss": ISSUER, "iat": 1795278720}
TOKEN = sign_token(CREDENTIAL, KEY, method=METHOD, signed=AT)
JWK = {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(KEY.public_key().public_bytes_raw())}


def held(method: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if method == METHOD else None


def signed(header: object, payload: object = CREDENTIAL) -> str:
    text = ".".join(encode_base64url(json.dumps(part).encode()) for part in (header, payload))
    return f"{text}.{encode_base64url(KEY.sign(text.encode()))}"


def test_what_was_signed_verifies_and_comes_back_as_the_credential() -> None:
    assert verify_token(TOKEN, held, at=AT) == Token(CREDENTIAL, METHOD, AT, None)
    assert peek_token(TOKEN) == Token(CREDENTIAL, METHOD, AT, None)


def test_the_header_says_exactly_this() -> None:
    assert jwt.get_unverified_header(TOKEN) == HEADER


def test_the_same_credential_key_and_instant_give_the_same_token() -> None:
    assert sign_token(dict(reversed(CREDENTIAL.items())), KEY, method=METHOD, signed=AT) == TOKEN


def test_without_its_payload_it_comes_back_from_the_same_credential_alone() -> None:
    header, _payload, signature = TOKEN.split(".")
    kept = detached(TOKEN)
    assert kept == f"{header}..{signature}"
    assert attached(kept, json.loads(json.dumps(CREDENTIAL))) == TOKEN
    with pytest.raises(BadSignature):
        verify_token(attached(kept, CREDENTIAL | {"id": "https://tianguis.example/c/A1B2C3D4E59/versions/2"}), held, at=AT)
    with pytest.raises(InvalidInput):
        verify_token(kept, held, at=AT)


@pytest.mark.parametrize("whole", [TOKEN, "", "no.token", "a.b.c.d"])
def test_what_has_its_payload_or_is_no_token_stays_as_it_is(whole: str) -> None:
    assert attached(whole, CREDENTIAL) == whole


def test_every_changed_character_is_refused() -> None:
    for at in range(len(TOKEN)):
        changed = TOKEN[:at] + ("A" if TOKEN[at] != "A" else "B") + TOKEN[at + 1 :]
        with pytest.raises(DomainError):
            verify_token(changed, held, at=AT)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({**HEADER, "alg": "none"}, "other_algorithm"),
        ({**HEADER, "alg": "None"}, "other_algorithm"),
        ({**HEADER, "alg": ["EdDSA"]}, "other_algorithm"),
        ({**HEADER, "alg": "HS256"}, "other_algorithm"),
        ({**HEADER, "alg": "ES256"}, "other_algorithm"),
        ({name: value for name, value in HEADER.items() if name != "alg"}, "other_algorithm"),
        ({**HEADER, "crit": ["b64"], "b64": False}, "critical_header"),
        ({**HEADER, "crit": []}, "critical_header"),
        ({**HEADER, "typ": "JWT"}, "bad_token"),
        ({**HEADER, "typ": "vc+sd-jwt"}, "bad_token"),
        ({**HEADER, "cty": "vp"}, "bad_token"),
        ({**HEADER, "kid": 7}, "bad_token"),
        ({name: value for name, value in HEADER.items() if name != "kid"}, "bad_token"),
        ({**HEADER, "iss": "did:web:elsewhere.example"}, "bad_token"),
        ({**HEADER, "kid": ""}, "bad_token"),
        ({**{name: value for name, value in HEADER.items() if name != "iss"}, "kid": "#kzdvvj2umnduyauf"}, "bad_token"),
        ({**HEADER, "kid": "#other"}, "unknown_key"),
        ({**HEADER, "iat": "1795278720"}, "bad_token"),
        ({**HEADER, "iat": True}, "bad_token"),
        ({**HEADER, "iat": -1}, "bad_token"),
        ({**HEADER, "iat": 10**12}, "bad_token"),
        ({**HEADER, "iat": 1795278721}, "proof_from_future"),
        ({**HEADER, "iat": 1795278720.5}, "proof_from_future"),
        ({**HEADER, "nbf": 1795278721}, "proof_from_future"),
        ({**HEADER, "exp": 1795278720}, "proof_expired"),
        ({**HEADER, "kid": METHOD + "x"}, "unknown_key"),
        ([HEADER], "bad_json"),
    ],
)
def test_another_header_is_refused_even_if_it_is_signed(header: object, code: str) -> None:
    with pytest.raises(DomainError) as caught:
        verify_token(signed(header), held, at=AT)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"vc": CREDENTIAL, "iss": ISSUER}, "bad_document"),
        ({**CREDENTIAL, "vc": {}}, "bad_document"),
        ({**CREDENTIAL, "vp": {}}, "bad_document"),
        ({**CREDENTIAL, "proof": {}}, "bad_document"),
        ({"issuer": ISSUER}, "bad_document"),
        ({**CREDENTIAL, "issuer": "did:web:elsewhere.example"}, "bad_token"),
        ({**CREDENTIAL, "iss": "did:web:elsewhere.example"}, "bad_token"),
        ({**CREDENTIAL, "iat": 1795278719}, "bad_token"),
        ({**CREDENTIAL, "exp": "never"}, "bad_token"),
        ({**CREDENTIAL, "exp": 1795278720}, "proof_expired"),
        ({**CREDENTIAL, "nbf": 1795278721}, "proof_from_future"),
        ([CREDENTIAL], "bad_json"),
    ],
)
def test_a_payload_that_is_no_credential_of_the_signer_is_refused(payload: object, code: str) -> None:
    with pytest.raises(DomainError) as caught:
        verify_token(signed(HEADER, payload), held, at=AT)
    assert caught.value.code == code


def test_the_newer_name_of_the_algorithm_verifies() -> None:
    assert verify_token(signed({**HEADER, "alg": "Ed25519"}), held, at=AT).document == CREDENTIAL


@pytest.mark.parametrize(
    "changes",
    [
        {"jku": "https://elsewhere.example/keys"},
        {"jwk": {**JWK, "x": encode_base64url(OTHER.public_key().public_bytes_raw())}},
        {"http://example.com/extension": True},
        {"typ": "application/vc+jwt", "cty": "application/vc"},
        {"typ": "VC+JWT"},
        {"kid": "#kzdvvj2umnduyauf"},
        {"kid": "kzdvvj2umnduyauf"},
    ],
)
def test_what_a_header_says_beyond_is_ignored_and_its_types_and_key_have_other_spellings(changes: dict[str, object]) -> None:
    assert verify_token(signed({**HEADER, **changes}), held, at=AT) == Token(CREDENTIAL, METHOD, AT, None)
    with pytest.raises(BadSignature):
        verify_token(signed({**HEADER, **changes}), lambda _method: OTHER.public_key(), at=AT)


def test_times_may_stand_in_the_payload_and_are_no_part_of_the_credential() -> None:
    bare = {name: value for name, value in HEADER.items() if name not in {"iat", "iss"}}
    claims = {"iss": ISSUER, "iat": 1795278720, "nbf": 1795278719.5, "exp": 1795278721, "sub": "urn:x"}
    found = verify_token(signed(bare, {**CREDENTIAL, **claims}), held, at=AT)
    half = timedelta(seconds=0.5)
    assert found == Token({**CREDENTIAL, "sub": "urn:x"}, METHOD, AT, AT + 2 * half, AT - half)


def test_a_credential_with_a_fraction_verifies() -> None:
    heavy = {**CREDENTIAL, "credentialSubject": {"weight": 1.25}}
    assert verify_token(sign_token(heavy, KEY, method=METHOD, signed=AT), held, at=AT).document == heavy


def test_a_token_without_a_date_verifies_and_says_so() -> None:
    undated = {name: value for name, value in HEADER.items() if name not in {"iat", "iss", "cty"}}
    assert verify_token(signed(undated), held, at=AT) == Token(CREDENTIAL, METHOD, None, None)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "bad_token"),
        ("..", "bad_json"),
        (TOKEN + ".x", "bad_token"),
        (TOKEN.rpartition(".")[0], "bad_token"),
        (TOKEN.rpartition(".")[0] + ".", "bad_token"),
        (TOKEN + "=", "bad_base64url"),
        (TOKEN + "\n", "bad_base64url"),
        (" " + TOKEN, "bad_base64url"),
        (TOKEN[:-1], "bad_base64url"),
        ("a" * (LONGEST + 1), "too_long"),
    ],
)
def test_a_token_has_one_spelling(token: str, code: str) -> None:
    with pytest.raises(DomainError) as caught:
        verify_token(token, held, at=AT)
    assert caught.value.code == code


def test_another_key_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify_token(TOKEN, lambda _method: OTHER.public_key(), at=AT)
    with pytest.raises(UnknownKey):
        verify_token(TOKEN, lambda _method: None, at=AT)


def test_a_token_counts_from_its_instant_until_it_expires() -> None:
    with pytest.raises(BadSignature):
        verify_token(TOKEN, held, at=AT - timedelta(seconds=1))
    ends = signed({**HEADER, "exp": 1795278721})
    assert verify_token(ends, held, at=AT).expires == AT + timedelta(seconds=1)
    with pytest.raises(BadSignature) as caught:
        verify_token(ends, held, at=AT + timedelta(seconds=1))
    assert caught.value.code == "proof_expired"


@pytest.mark.parametrize(
    ("credential", "method", "code"),
    [
        ({**CREDENTIAL, "proof": {}}, METHOD, "bad_document"),
        ({**CREDENTIAL, "vc": {}}, METHOD, "bad_document"),
        ({**CREDENTIAL, "iss": ISSUER}, METHOD, "bad_document"),
        (CREDENTIAL, ISSUER, "bad_token"),
        (CREDENTIAL, "did:web:elsewhere.example#1", "bad_token"),
    ],
)
def test_we_sign_no_token_that_we_would_refuse(credential: dict[str, object], method: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        sign_token(credential, KEY, method=method, signed=AT)
    assert caught.value.code == code


def test_a_jwt_library_accepts_ours_and_refuses_one_changed_character() -> None:
    assert jwt.decode(TOKEN, KEY.public_key(), algorithms=["EdDSA"]) == CREDENTIAL
    header, payload, signature = TOKEN.split(".")
    changed = f"{header}.{payload[:-2] + ('A' if payload[-2] != 'A' else 'B') + payload[-1]}.{signature}"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(changed, KEY.public_key(), algorithms=["EdDSA"])


def test_we_accept_the_token_of_a_jwt_library_with_the_issuer_beside_the_credential_or_without() -> None:
    header = {"typ": "vc+jwt", "cty": "vc", "kid": METHOD}
    for payload in (CREDENTIAL, {**CREDENTIAL, "iss": ISSUER}):
        theirs = jwt.encode(payload, KEY, algorithm="EdDSA", headers=header)
        assert verify_token(theirs, held, at=AT) == Token(CREDENTIAL, METHOD, None, None)
