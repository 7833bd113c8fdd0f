"""Our rules behind the interface that W3C's test suites speak (VC-API), with a key that lives as long as the process.

``POST …/credentials/issue`` and ``…/credentials/verify`` under the root, ``/issuers/x`` and ``/verifiers/x``;
``…/presentations/prove`` and ``…/presentations/verify`` likewise, under ``/holders/x`` too. Under ``/jwt`` what is issued comes
enveloped, as ``application/vc+jwt``; under ``/status-lists`` with two entries in lists of our own. For tests alone.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from certification.rules.errors import DomainError, NotFound
from certification.rules.jsontext import read_object
from certification.rules.statuslist import SMALLEST
from tests.vc_api.issuer import PURPOSES, Issuer, did_document
from tests.vc_api.model import faults, faults_of_presentation
from tests.vc_api.opening import MODEL, Refused, check_status, opened, presented, refuse_faults

Answer = tuple[Response, int]
ROUTES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("credentials/issue", ("", "/issuers/<name>", "/jwt", "/status-lists")),
    ("credentials/verify", ("", "/verifiers/<name>", "/jwt", "/status-lists")),
    ("presentations/prove", ("", "/holders/<name>", "/jwt")),
    ("presentations/verify", ("", "/verifiers/<name>", "/holders/<name>", "/jwt")),
)


def _body(*wanted: str) -> dict[str, Any]:
    """The JSON object of a request, with all that it must have."""
    try:
        found = read_object(request.get_data(), fractions=True)
    except DomainError as error:
        raise Refused("PARSING_ERROR", "the body is no JSON object that can be read", MODEL) from error
    options = found.get("options", {})
    if not all(isinstance(found.get(name), Mapping) for name in wanted) or not isinstance(options, Mapping):
        raise Refused("MALFORMED_VALUE_ERROR", f"{', '.join(wanted)}: missing, or no object", MODEL)
    return {**found, "options": options}


def issue(issuer: Issuer, **_named: str) -> Answer:
    """``{credential, options}``: secured, in this issuer's name."""
    body = _body("credential")
    credential = body["credential"]
    refuse_faults(faults(credential))
    if request.path.startswith("/status-lists"):
        credential = issuer.with_status(credential)
    try:
        made = issuer.enveloped(credential) if request.path.startswith("/jwt") else issuer.secured(credential, body["options"])
    except DomainError as error:
        raise Refused("PROOF_GENERATION_ERROR", error.code) from error
    return jsonify(verifiableCredential=made), 201


def prove(issuer: Issuer, **_named: str) -> Answer:
    """``{presentation, options}``: secured, in the name of this holder."""
    body = _body("presentation")
    refuse_faults(faults_of_presentation(body["presentation"]))
    make = issuer.enveloped_presentation if request.path.startswith("/jwt") else issuer.presented
    try:
        made = make(body["presentation"], body["options"])
    except DomainError as error:
        raise Refused("PROOF_GENERATION_ERROR", error.code) from error
    return jsonify(verifiablePresentation=made), 201


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
        return _failed(checks, refused)
    return jsonify(verified=True, checks=checks, warnings=[], errors=[], verifiableCredential=found), 200


def verify_presentation(issuer: Issuer, **_named: str) -> Answer:
    """``{verifiablePresentation, options}``, in the same way; the credentials in it are verified too."""
    try:
        body = _body("verifiablePresentation")
        found = presented(body["verifiablePresentation"], issuer.resolve, body["options"], issuer.now())
    except Refused as refused:
        return _failed(["proof"], refused)
    return jsonify(verified=True, checks=["proof"], warnings=[], errors=[], verifiablePresentation=found), 200


def _failed(checks: list[str], refused: Refused) -> Answer:
    problem = refused.problem
    return jsonify(verified=False, checks=[{"check": checks, "error": problem}], warnings=[], errors=[problem]), 400


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
    for (act, prefixes), view in zip(ROUTES, (issue, verify, prove, verify_presentation), strict=True):
        for prefix in prefixes:
            app.add_url_rule(f"{prefix}/{act}", f"{act} {prefix}", partial(view, issuer), methods=["POST"])
    app.add_url_rule("/credentials/status", "status", partial(set_status, issuer), methods=["POST"])
    app.add_url_rule(
        "/status/<any(revocation, suspension):purpose>", "list", lambda purpose: jsonify(issuer.status_list(purpose))
    )
    app.add_url_rule("/.well-known/did.json", "did", lambda: jsonify(did_document(issuer)))
    app.register_error_handler(Refused, lambda error: (jsonify(error.problem), 400))
    app.register_error_handler(NotFound, lambda _error: (jsonify(title="Not found"), 404))
    return app
