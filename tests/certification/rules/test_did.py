from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from openvc.did.did_web import DidWebResolver

from certification.rules.did import (
    KeyPeriod,
    RegistryKeys,
    address_of,
    did_document,
    did_of,
    for_tokens,
    method_of,
    read_did,
    token_method_of,
)
from certification.rules.errors import DomainError, InvalidInput, UnknownKey
from certification.rules.signing import Keypair

DID = "did:web:tianguis.example"
CONTEXT = "https://tianguis.example/contexts/tianguis/v1"
SECOND = timedelta(seconds=1)
JAN, MAR, JUN, SEP = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 6, 9))


def pair(first: int, *, demonstration: bool = False) -> Keypair:
    return Keypair(Ed25519PrivateKey.from_private_bytes(bytes(range(first, first + 32))), demonstration)


ONE, TWO, THREE = pair(0), pair(1), pair(2)
STOLEN = KeyPeriod(ONE.kid, ONE.public, JAN, retired=JUN, revoked=SEP)
RETIRED = KeyPeriod(TWO.kid, TWO.public, MAR, retired=JUN)
PRESENT = KeyPeriod(THREE.kid, THREE.public, JUN)
ASSERTING = [way(DID, one.kid) for way in (method_of, token_method_of) for one in (TWO, THREE)]
DOCUMENT: dict[str, Any] = did_document(DID, [PRESENT, STOLEN, RETIRED], context=CONTEXT)


@pytest.mark.parametrize(
    ("origin", "did", "address"),
    [
        ("https://tianguis.example", DID, "https://tianguis.example/.well-known/did.json"),
        ("https://tianguis.example:8443", f"{DID}%3A8443", "https://tianguis.example:8443/.well-known/did.json"),
        ("localhost", "did:web:localhost", "https://localhost/.well-known/did.json"),
    ],
)
def test_the_registry_is_named_after_its_host(origin: str, did: str, address: str) -> None:
    assert did_of(origin) == did
    assert address_of(did) == address


@pytest.mark.parametrize(
    "origin", ["", "https://", "https://a/b", "https://A.example", "https://ñ.example", "https://a:b", "a:0"]
)
def test_what_is_no_host_gives_no_name(origin: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        did_of(origin)
    assert caught.value.code == "bad_did"


@pytest.mark.parametrize("did", ["", "did:web:", "did:web:a:b", "did:web:a%3a1", "did:key:a", "tianguis.example", f"{DID}#1"])
def test_another_did_has_no_address(did: str) -> None:
    with pytest.raises(InvalidInput):
        address_of(did)


def test_the_document_says_exactly_this() -> None:
    assert {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            "https://w3id.org/security/jwk/v1",
            CONTEXT,
        ],
        "id": DID,
        "verificationMethod": [
            {
                "id": f"{DID}#kzdvvj2umnduyauf",
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
                "keyInUseFrom": "2026-01-01T00:00:00Z",
                "keyRetiredAt": "2026-06-01T00:00:00Z",
                "revoked": "2026-09-01T00:00:00Z",
            },
            {
                "id": method_of(DID, TWO.kid),
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": "z6MkneMkZqwqRiU5mJzSG3kDwzt9P8C59N4NGTfBLfSGE7c7",
                "keyInUseFrom": "2026-03-01T00:00:00Z",
                "keyRetiredAt": "2026-06-01T00:00:00Z",
            },
            {
                "id": method_of(DID, THREE.kid),
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": "z6Mkj1wKyqJVT26zhRLAVReP2wgeWHKjLzst1qRz68cd55Kp",
                "keyInUseFrom": "2026-06-01T00:00:00Z",
            },
            {
                "id": f"{DID}#kzdvvj2umnduyauf-jwk",
                "type": "JsonWebKey",
                "controller": DID,
                "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"},
                "keyInUseFrom": "2026-01-01T00:00:00Z",
                "keyRetiredAt": "2026-06-01T00:00:00Z",
                "revoked": "2026-09-01T00:00:00Z",
            },
            {
                "id": token_method_of(DID, TWO.kid),
                "type": "JsonWebKey",
                "controller": DID,
                "publicKeyJwk": OKPAlgorithm.to_jwk(TWO.public, as_dict=True),
                "keyInUseFrom": "2026-03-01T00:00:00Z",
                "keyRetiredAt": "2026-06-01T00:00:00Z",
            },
            {
                "id": token_method_of(DID, THREE.kid),
                "type": "JsonWebKey",
                "controller": DID,
                "publicKeyJwk": OKPAlgorithm.to_jwk(THREE.public, as_dict=True),
                "keyInUseFrom": "2026-06-01T00:00:00Z",
            },
        ],
        "assertionMethod": ASSERTING,
    } == DOCUMENT


def test_a_document_from_before_tokens_had_methods_of_their_own_is_read_the_same() -> None:
    before = {**DOCUMENT, "verificationMethod": DOCUMENT["verificationMethod"][:3], "assertionMethod": ASSERTING[:2]}
    assert read_did(before, DID).keys.keys() == read_did(DOCUMENT, DID).keys.keys()


def test_the_document_is_read_back_as_it_was() -> None:
    read = read_did(DOCUMENT, DID)
    assert {kid: (key.begun, key.retired, key.revoked) for kid, key in read.keys.items()} == {
        ONE.kid: (JAN, JUN, SEP),
        TWO.kid: (MAR, JUN, None),
        THREE.kid: (JUN, None, None),
    }
    assert all(key.public.public_bytes_raw() == other.public.public_bytes_raw() for key, other in zip(read.keys.values(), (ONE, TWO, THREE), strict=True))  # fmt: skip


def test_a_demonstration_key_keeps_its_mark() -> None:
    shown = pair(0, demonstration=True)
    document = did_document(DID, [KeyPeriod(shown.kid, shown.public, JAN)], context=CONTEXT)
    assert list(read_did(document, DID).keys) == ["demo-kzdvvj2umnduyauf"]


@pytest.mark.parametrize(
    ("key", "created", "counts"),
    [
        (PRESENT, JUN - SECOND, False),
        (PRESENT, JUN, True),
        (PRESENT, datetime(2030, 1, 1, tzinfo=UTC), True),
        (RETIRED, MAR - SECOND, False),
        (RETIRED, JUN - SECOND, True),
        (RETIRED, JUN, False),
        (STOLEN, JUN - SECOND, True),
        (STOLEN, SEP, False),
        (KeyPeriod(ONE.kid, ONE.public, JAN, revoked=SEP), SEP - SECOND, True),
        (KeyPeriod(ONE.kid, ONE.public, JAN, revoked=SEP), SEP, False),
    ],
)
def test_a_key_counts_for_what_was_signed_in_its_time(key: KeyPeriod, created: datetime, *, counts: bool) -> None:
    keys = RegistryKeys(DID, {key.kid: key})
    proofs = keys.at(created)
    tokens, either = for_tokens(proofs), (method_of(DID, key.kid), token_method_of(DID, key.kid))
    assert [proofs(one) is not None for one in either] == [counts, False]
    assert [tokens(one) is not None for one in either] == [counts, counts]


@pytest.mark.parametrize(("index", "counts"), [(None, False), (0, True), (99, True), (100, False), (101, False)])
def test_a_compromised_key_counts_only_for_leaves_before_its_compromise(index: int | None, *, counts: bool) -> None:
    resolve = RegistryKeys(DID, {TWO.kid: RETIRED}).at(MAR, compromised={TWO.kid: 100}, index=index)
    if counts:
        assert resolve(method_of(DID, TWO.kid)) is not None
        return
    with pytest.raises(UnknownKey) as refused:
        resolve(method_of(DID, TWO.kid))
    assert refused.value.code == "compromised_key"


def test_the_keys_are_those_of_former_addresses_too_and_of_no_other() -> None:
    keys = RegistryKeys(DID, {THREE.kid: PRESENT}, frozenset({"did:web:before.example"})).at(SEP)
    found = {did: keys(f"{did}#{THREE.kid}") is not None for did in (DID, "did:web:before.example", "did:web:elsewhere.example")}
    assert list(found.values()) == [True, True, False]


@pytest.mark.parametrize(
    "method",
    [
        "",
        DID,
        f"{DID}#",
        THREE.kid,
        f"did:web:elsewhere.example#{THREE.kid}",
        method_of(DID, THREE.kid) + "#x",
        method_of(DID, "-jwk"),
    ],
)
def test_another_method_has_no_key(method: str) -> None:
    assert RegistryKeys(DID, {THREE.kid: PRESENT}).at(SEP)(method) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(id="did:web:elsewhere.example"),
        lambda d: d.pop("verificationMethod"),
        lambda d: d.pop("assertionMethod"),
        lambda d: d["assertionMethod"].append(method_of(DID, ONE.kid)),
        lambda d: d["assertionMethod"].pop(),
        lambda d: d["verificationMethod"].append(None),
        lambda d: d["verificationMethod"].append(d["verificationMethod"][2]),
        lambda d: d["verificationMethod"].append(d["verificationMethod"][5]),
        lambda d: d["verificationMethod"].pop(),
        lambda d: d["verificationMethod"].reverse(),
        lambda d: d["verificationMethod"][4]["publicKeyJwk"].update(x=d["verificationMethod"][5]["publicKeyJwk"]["x"]),
        lambda d: d["verificationMethod"][4]["publicKeyJwk"].update(d="secret"),
        lambda d: d["verificationMethod"][4].update(id=TWO.kid),
        lambda d: d["verificationMethod"][3].pop("revoked"),
        lambda d: d["assertionMethod"].remove(token_method_of(DID, TWO.kid)),
        lambda d: d["verificationMethod"][0].pop("revoked"),
        lambda d: d["verificationMethod"][2].update(revoked="2026-09-01T00:00:00Z"),
        lambda d: d["verificationMethod"][1].update(expires="2026-09-01T00:00:00Z"),
        lambda d: d["verificationMethod"][1].update(type="JsonWebKey"),
        lambda d: d["verificationMethod"][1].update(controller="did:web:elsewhere.example"),
        lambda d: d["verificationMethod"][1].update(id=method_of(DID, "key-1")),
        lambda d: d["verificationMethod"][1].update(id=TWO.kid),
        lambda d: d["verificationMethod"][1].update(publicKeyMultibase=d["verificationMethod"][2]["publicKeyMultibase"]),
        lambda d: d["verificationMethod"][1].update(publicKeyMultibase="z"),
        lambda d: d["verificationMethod"][1].update(keyRetiredAt="June"),
        lambda d: d["verificationMethod"][1].pop("keyInUseFrom"),
    ],
)
def test_another_document_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    changed = deepcopy(DOCUMENT)
    change(changed)
    with pytest.raises(DomainError):
        read_did(changed, DID)


def test_another_implementation_finds_and_reads_our_document() -> None:
    asked: list[str] = []

    def fetch(address: str) -> dict[str, Any]:
        asked.append(address)
        return DOCUMENT

    read = DidWebResolver(fetch).resolve(DID)
    assert asked == [address_of(DID)]
    every = [way(DID, one.kid) for way in (method_of, token_method_of) for one in (ONE, TWO, THREE)]
    assert [key.id for key in read.verification_methods] == every
    assert read.relationships == {"assertionMethod": ASSERTING}


def test_another_registrys_document_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read_did(DOCUMENT, "did:web:elsewhere.example")
