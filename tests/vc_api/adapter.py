"""Our rules behind the interface that W3C's test suites speak (VC-API), with a key that lives as long as the process.

``POST …/credentials/issue`` and ``…/credentials/verify`` under the root, ``/issuers/x`` and ``/verifiers/x``. Under ``/jwt`` what is
issued comes enveloped, as ``application/vc+jwt``; under ``/status-lists`` with two entries in lists of our own. For tests alone.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import Flask, Response, jsonify, request

from certification.outside.sources import Site
from certification.rules.contexts import CREDENTIALS, DID, MULTIKEY
from certification.rules.errors import CannotCheck, DomainError, NotFound
from certification.rules.jose import MEDIA_TYPE, issuer_of, sign_token, verify_token
from certification.rules.jsontext import read_object
from certification.rules.multiformats import decode_multikey, encode_multikey
from certification.rules.proofs import Resolver, add_proof, one_by_one, verify_proofs
from certification.rules.statuslist import SMALLEST, StatusBits, read_status, unsecured_list
from tests.vc_api.model import ENVELOPED, faults, listed

KEY_DID = "did:key:"
ERRORS = "https://w3id.org/security#"
MODEL_ERRORS = "https://www.w3.org/TR/vc-data-model#"
DATA = tuple(f"data:{kind}," for kind in (MEDIA_TYPE, "application/jwt"))
PURPOSES = ("revocation", "suspension")
TTL = timedelta(minutes=5)
Answer = tuple[Response, int]


class Refused(Exception):
    """A request that the interface answers with 400; ``kind`` is the name of the problem."""

    def __init__(self, kind: str, detail: str, base: str = ERRORS) -> None:
        super().__init__(detail)
        self.problem = {"type": base + kind, "title": kind.replace("_", " ").capitalize(), "detail": detail}


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
            return self.key.public_key() if fragment == self.multikey else None
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

    def secured(self, credential: Mapping[str, Any]) -> dict[str, Any]:
        """With a Data Integrity proof, beside those that were there."""
        before = listed(credential["proof"]) if "proof" in credential else []
        bare, did = self.named({name: value for name, value in credential.items() if name != "proof"})
        made = add_proof(bare, self.key, method=self.method(did), created=self.now())
        return {**made, "proof": [*before, made["proof"]] if before else made["proof"]}

    def enveloped(self, credential: Mapping[str, Any]) -> dict[str, Any]:
        bare, did = self.named({name: value for name, value in credential.items() if name != "proof"})
        token = sign_token(bare, self.key, method=self.method(did), signed=self.now())
        return {"@context": [CREDENTIALS], "type": ENVELOPED, "id": f"data:{MEDIA_TYPE},{token}"}

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


def _body(*wanted: str) -> dict[str, Any]:
    """The JSON object of a request, with all that it must have."""
    try:
        found = read_object(request.get_data())
    except DomainError as error:
        raise Refused("MALFORMED_VALUE_ERROR", "the body is no JSON object that can be read", MODEL_ERRORS) from error
    options = found.get("options", {})
    if not all(isinstance(found.get(name), Mapping) for name in wanted) or not isinstance(options, Mapping):
        raise Refused("MALFORMED_VALUE_ERROR", f"{', '.join(wanted)}: missing, or no object", MODEL_ERRORS)
    return {**found, "options": options}


def _modelled(credential: object) -> None:
    found = faults(credential)
    if found:
        raise Refused("MALFORMED_VALUE_ERROR", "; ".join(found), MODEL_ERRORS)


def opened(secured: Mapping[str, Any], resolve: Resolver, options: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """The credential that was signed, by keys of who issued it."""
    try:
        if ENVELOPED in listed(secured.get("type")):
            found, methods = _unwrapped(secured, resolve, at)
        elif "type" in secured and "proof" in secured:
            _modelled(secured)
            proved = [verify_proofs(one, resolve, at=at) for one in one_by_one(secured)]
            found, methods = dict(proved[0].document), [one.proofs[0].method for one in proved]
            _bound(listed(secured["proof"]), options)
        else:
            raise Refused("PARSING_ERROR", "there is neither a proof nor an envelope", ERRORS)
    except DomainError as error:
        raise Refused("PROOF_VERIFICATION_ERROR", error.code) from error
    if any(method.partition("#")[0] != issuer_of(found) for method in methods):
        raise Refused("PROOF_VERIFICATION_ERROR", "signed by somebody else than the issuer")
    _modelled(found)
    return found


def _unwrapped(secured: Mapping[str, Any], resolve: Resolver, at: datetime) -> tuple[dict[str, Any], list[str]]:
    contexts, address = secured.get("@context"), secured.get("id")
    if CREDENTIALS not in listed(contexts) or not isinstance(address, str) or not address.startswith(DATA):
        raise Refused("MALFORMED_VALUE_ERROR", "the envelope has no base context, or no data: URL of a token", MODEL_ERRORS)
    token = verify_token(address.partition(",")[2], resolve, at=at)
    return dict(token.document), [token.method]


def _bound(proofs: list[Any], options: Mapping[str, Any]) -> None:
    """vc-data-integrity §4.4: domain and challenge are those that were expected."""
    for proof in proofs:
        if "domain" in options and not {*listed(options["domain"])} & {*listed(proof.get("domain"))}:
            raise Refused("INVALID_DOMAIN_ERROR", "the proof is for another domain")
        if "challenge" in options and proof.get("challenge") != options["challenge"]:
            raise Refused("INVALID_CHALLENGE_ERROR", "the proof answers another challenge")


def check_status(credential: Mapping[str, Any], issuer: Issuer, at: datetime) -> None:
    """Every entry's list says that its bit is not set; whatever keeps us from knowing is a refusal."""
    for entry in listed(credential.get("credentialStatus", [])):
        if not isinstance(entry, Mapping):
            raise Refused("STATUS_RETRIEVAL_ERROR", "an entry is no object", MODEL_ERRORS)
        address, purpose = str(entry.get("statusListCredential")), str(entry.get("statusPurpose"))
        try:
            secured = _fetched(address, issuer)
            if read_status(entry, secured, lambda _at: issuer.resolve, issuer=str(issuer_of(credential)), purpose=purpose, at=at):
                raise Refused("STATUS_VERIFICATION_ERROR", f"the bit of {purpose} is set", MODEL_ERRORS)
        except DomainError as error:
            raise Refused("STATUS_RETRIEVAL_ERROR", error.code, MODEL_ERRORS) from error


def _fetched(address: str, issuer: Issuer) -> Mapping[str, object]:
    own = address.removeprefix(f"{issuer.origin}/status/")
    if own in PURPOSES:
        return issuer.status_list(own)
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    if scheme not in ("http", "https") or not host:
        raise CannotCheck("unreachable")
    return read_object(Site(f"{scheme}://{host}", 5.0).get(f"/{path}", "application/vc"))


def issue(issuer: Issuer, **_named: str) -> Answer:
    """``{credential, options}``: secured, in this issuer's name."""
    credential = _body("credential")["credential"]
    _modelled(credential)
    if request.path.startswith("/status-lists"):
        credential = issuer.with_status(credential)
    try:
        made = issuer.enveloped(credential) if request.path.startswith("/jwt") else issuer.secured(credential)
    except DomainError as error:
        raise Refused("PROOF_GENERATION_ERROR", error.code) from error
    return jsonify(verifiableCredential=made), 201


def verify(issuer: Issuer, **_named: str) -> Answer:
    """``{verifiableCredential, options}``: 200 when all holds, else 400 with what does not."""
    checks, at = ["proof"], issuer.now()
    try:
        body = _body("verifiableCredential")
        found = opened(body["verifiableCredential"], issuer.resolve, body["options"], at)
        if "credentialStatus" in found and "credentialStatus" in body["options"].get("checks", ["credentialStatus"]):
            checks.append("credentialStatus")
            check_status(found, issuer, at)
    except Refused as refused:
        problem = refused.problem
        return jsonify(verified=False, checks=[{"check": checks, "error": problem}], warnings=[], errors=[problem]), 400
    return jsonify(verified=True, checks=checks, warnings=[], errors=[], verifiableCredential=found), 200


def set_status(issuer: Issuer) -> Answer:
    """``{statusPurpose, statusListIndex, status}``, as an issuer's own desk would."""
    body = _body()
    purpose, place = body.get("statusPurpose"), body.get("statusListIndex")
    if purpose not in PURPOSES or not isinstance(place, str) or not place.isdecimal() or int(place) >= SMALLEST:
        raise NotFound
    issuer.bits[purpose][int(place)] = body.get("status") is not False
    return jsonify(), 200


def create_adapter(origin: str, now: Callable[[], datetime] = lambda: datetime.now(UTC).replace(microsecond=0)) -> Flask:
    """The application; ``origin`` is where it is reached, ``now`` its clock."""
    app, issuer = Flask("vc_api"), Issuer(origin, now)
    app.extensions["issuer"] = issuer
    for role, act, view in (("issuers", "issue", issue), ("verifiers", "verify", verify)):
        for prefix in ("", f"/{role}/<name>", "/jwt", "/status-lists"):
            app.add_url_rule(f"{prefix}/credentials/{act}", f"{act} {prefix}", partial(view, issuer), methods=["POST"])
    app.add_url_rule("/credentials/status", "status", partial(set_status, issuer), methods=["POST"])
    app.add_url_rule(
        "/status/<any(revocation, suspension):purpose>", "list", lambda purpose: jsonify(issuer.status_list(purpose))
    )
    app.add_url_rule("/.well-known/did.json", "did", lambda: jsonify(_did(issuer)))
    app.register_error_handler(Refused, lambda error: (jsonify(error.problem), 400))
    app.register_error_handler(NotFound, lambda _error: (jsonify(title="Not found"), 404))
    return app


def _did(issuer: Issuer) -> dict[str, Any]:
    method = issuer.method(issuer.web)
    key = {"id": method, "type": "Multikey", "controller": issuer.web, "publicKeyMultibase": issuer.multikey}
    return {"@context": [DID, MULTIKEY], "id": issuer.web, "verificationMethod": [key], "assertionMethod": [method]}
