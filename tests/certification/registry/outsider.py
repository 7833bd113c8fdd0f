"""Somebody who checks our certificates from outside: knows the addresses that documents name, and nothing of our database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt
from flask.testing import FlaskClient
from openvc.did.did_web import DidWebResolver
from openvc.verify import VerificationPolicy, verify_credential
from werkzeug.test import TestResponse

from certification.rules.checking import Checked, check_credential
from certification.rules.did import read_did
from certification.rules.secured import Secured

VC, VC_JWT = "application/vc", "application/vc+jwt"
ORIGIN = "http://localhost"
DID = "did:web:localhost"


@dataclass
class Outsider:
    """Fetches by address, as a stranger's browser or program would."""

    client: FlaskClient

    def get(self, address: str, accept: str = VC) -> TestResponse:
        parts = urlsplit(address)
        assert parts.netloc in ("", "localhost")
        return self.client.get(parts.path, query_string=parts.query, headers={"Accept": accept})

    def credential(self, code: str) -> dict[str, Any]:
        return dict(json.loads(self.get(f"/c/{code}").text))

    def token(self, code: str) -> str:
        return self.get(f"/c/{code}", VC_JWT).text

    def did(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/.well-known/did.json", "application/json").text))

    def lists(self, document: Mapping[str, Any], accept: str = VC) -> dict[str, Secured | None]:
        addresses = [one["statusListCredential"] for one in document["credentialStatus"]]
        found = {address: self.get(address, accept).text for address in addresses}
        return {address: text if accept == VC_JWT else json.loads(text) for address, text in found.items()}

    def check(self, code: str, at: datetime, *, accept: str = VC) -> Checked:
        """By our own pure verifier."""
        document = self.credential(code)
        secured: Secured = document if accept == VC else self.token(code)
        return check_credential(secured, self.lists(document, accept), read_did(self.did(), DID), at=at)

    def openvc_accepts(self, document: Mapping[str, Any], at: datetime, listed: Mapping[str, Any] | None = None) -> bool:
        """By a library that nobody here wrote."""
        found = self.lists(document) if listed is None else listed
        try:
            verify_credential(
                document,
                policy=VerificationPolicy(now=at),
                resolver=DidWebResolver(fetch=lambda _url: self.did()),
                resolve_status_list=lambda address: found[address],
            )
        except Exception:  # noqa: BLE001 - whichever way it says no
            return False
        return True

    def jwt_payload(self, token: str) -> dict[str, Any]:
        """By a JWT library, with the key that `kid` names, as vc-jose-cose §4 has it. Raises jwt.InvalidTokenError."""
        kid, did = jwt.get_unverified_header(token)["kid"], self.did()
        (method,) = (one for one in did["verificationMethod"] if one["id"] == kid)
        assert (method["type"], kid in did["assertionMethod"]) == ("JsonWebKey", True)
        key = jwt.PyJWK(method["publicKeyJwk"], algorithm="EdDSA")
        return dict(jwt.decode(token, key, algorithms=["EdDSA"], options={"verify_iat": False}))
