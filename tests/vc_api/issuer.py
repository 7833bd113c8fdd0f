"""A throwaway issuer and holder for the adapter: a key that lives as long as the process."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm

from certification.rules.contexts import CREDENTIALS, DID, JWK, MULTIKEY
from certification.rules.errors import DomainError
from certification.rules.jose import MEDIA_TYPE, issuer_of, sign_token
from certification.rules.multiformats import decode_multikey, encode_multikey
from certification.rules.proofs import add_proof
from certification.rules.statuslist import SMALLEST, StatusBits, unsecured_list
from tests.vc_api.model import DATA_INTEGRITY, ENVELOPED, ENVELOPED_PRESENTATION, is_of_first_version, listed

KEY_DID = "did:key:"
AUTHENTICATION = "authentication"
TOKENS = "-jwk"
PURPOSES = ("revocation", "suspension")
TTL = timedelta(minutes=5)
NOTHING: Mapping[str, object] = MappingProxyType({})


class Issuer:
    """A throwaway key under its did:key, and under a did:web where the adapter is reached."""

    def __init__(self, origin: str, now: Callable[[], datetime]) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.origin, self.now = origin, now
        self.multikey = encode_multikey(self.key.public_key())
        self.did = f"{KEY_DID}{self.multikey}"
        self.web = "did:web:" + origin.partition("://")[2].replace(":", "%3A")
        self.bits = {purpose: StatusBits() for purpose in PURPOSES}

    def method(self, did: str) -> str:
        return f"{did}#{self.multikey}"

    def resolve(self, method: str) -> Ed25519PublicKey | None:
        """Keys of did:key out of their own names, and ours."""
        did, _, fragment = method.partition("#")
        if did == self.web:
            return self.key.public_key() if fragment.removesuffix(TOKENS) == self.multikey else None
        if not did.startswith(KEY_DID) or did.removeprefix(KEY_DID) != fragment:
            return None
        try:
            return decode_multikey(fragment)
        except DomainError:
            return None

    def named(self, credential: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The credential in this issuer's name, and under which DID; nobody else's is signed for."""
        wanted = issuer_of(credential)
        did = self.web if wanted == self.web else self.did
        issuer = credential["issuer"]
        return {**credential, "issuer": {**issuer, "id": did} if isinstance(issuer, Mapping) else did}, did

    def secured(self, credential: Mapping[str, Any], options: Mapping[str, object] = NOTHING) -> dict[str, Any]:
        """With a Data Integrity proof, beside those that were there; `options` may have its domain and challenge.

        The context of version 1.1 doesn't map such a proof, so that of Data Integrity is set behind it.
        """
        bare, did = self.named(_without_proof(credential))
        if is_of_first_version(bare) and DATA_INTEGRITY not in bare["@context"]:
            bare["@context"] = [*bare["@context"], DATA_INTEGRITY]
        return _beside(credential, add_proof(bare, self.key, method=self.method(did), created=self.now(), more=_bound(options)))

    def enveloped(self, credential: Mapping[str, Any]) -> dict[str, Any]:
        bare, did = self.named(_without_proof(credential))
        method = self.method(did) + (TOKENS if did == self.web else "")  # a did:key has one method
        token = sign_token(bare, self.key, method=method, signed=self.now())
        return {"@context": [CREDENTIALS], "type": ENVELOPED, "id": f"data:{MEDIA_TYPE},{token}"}

    def presented(self, presentation: Mapping[str, Any], options: Mapping[str, object]) -> dict[str, Any]:
        """A presentation in the name of this holder, with a proof that answers a challenge."""
        bare = {**_without_proof(presentation), "holder": self.did}
        more = {"proofPurpose": AUTHENTICATION, **_bound(options)}
        return _beside(presentation, add_proof(bare, self.key, method=self.method(self.did), created=self.now(), more=more))

    def enveloped_presentation(self, presentation: Mapping[str, Any], options: Mapping[str, object]) -> dict[str, Any]:
        """vc-jose-cose §3.1.2, by another library; the credentials in it come enveloped."""
        payload = {**_without_proof(presentation), "holder": self.did}
        payload |= {claim: options[name] for name, claim in (("domain", "aud"), ("challenge", "nonce")) if options.get(name)}
        header = {"typ": "vp+jwt", "cty": "vp", "kid": self.method(self.did), "iat": int(self.now().timestamp())}
        token = jwt.encode(payload, self.key, algorithm="EdDSA", headers=header)
        return {"@context": [CREDENTIALS], "type": ENVELOPED_PRESENTATION, "id": f"data:application/vp+jwt,{token}"}

    def with_status(self, credential: Mapping[str, Any]) -> dict[str, Any]:
        entries = [
            {
                "id": f"{self.origin}/status/{purpose}#{place}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": str(place),
                "statusListCredential": f"{self.origin}/status/{purpose}",
            }
            for purpose, place in ((purpose, secrets.randbelow(SMALLEST)) for purpose in PURPOSES)
        ]
        return {**credential, "credentialStatus": entries}

    def status_list(self, purpose: str) -> dict[str, Any]:
        at = self.now()
        document = unsecured_list(
            f"{self.origin}/status/{purpose}",
            purpose,
            self.bits[purpose],
            issuer=self.did,
            valid_from=at,
            valid_until=at + timedelta(days=1),
            ttl=TTL,
        )
        return self.secured(document)


def _without_proof(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def _beside(before: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """The new proof beside those that were there."""
    others = listed(before["proof"]) if "proof" in before else []
    return {**made, "proof": [*others, made["proof"]] if others else made["proof"]}


def _bound(options: Mapping[str, object]) -> dict[str, object]:
    return {name: options[name] for name in ("domain", "challenge") if options.get(name) is not None}


def did_document(issuer: Issuer) -> dict[str, Any]:
    """Of its did:web."""
    method = issuer.method(issuer.web)
    key = {"id": method, "type": "Multikey", "controller": issuer.web, "publicKeyMultibase": issuer.multikey}
    jwk = OKPAlgorithm.to_jwk(issuer.key.public_key(), as_dict=True)
    token = {"id": f"{method}{TOKENS}", "type": "JsonWebKey", "controller": issuer.web, "publicKeyJwk": jwk}
    return {
        "@context": [DID, MULTIKEY, JWK],
        "id": issuer.web,
        "verificationMethod": [key, token],
        "assertionMethod": [method, token["id"]],
        "authentication": [method],
    }
