"""Proofs of the suite eddsa-rdfc-2022 (vc-di-eddsa 1.0 §3.2), by which W3C's suite of the data model signs what it presents.

The canonical RDF is PyLD's work. Contexts are those that lie here; no other is fetched.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from cryptography.exceptions import InvalidSignature
from pyld import jsonld

from certification.rules.contexts import CREDENTIALS
from certification.rules.errors import BadSignature, InvalidInput, UnknownKey
from certification.rules.instants import read_instant
from certification.rules.multiformats import decode_base58btc
from certification.rules.proofs import TYPE, Proof, Proved, Resolver

SUITE = "eddsa-rdfc-2022"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
SIMPLE = {EXAMPLES: {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}}


def is_of_suite(secured: Mapping[str, Any]) -> bool:
    """Whether its one proof is of this suite."""
    return bool(secured["proof"].get("cryptosuite") == SUITE)


def verify_proof(secured: Mapping[str, Any], resolve: Resolver, *, at: datetime, purpose: str) -> Proved:
    """The document with one proof, as `rules.proofs.verify_proofs` does it for its suite.

    Raises InvalidInput (`other_suite`, `other_purpose`, `other_context`, `proof_chain`, `bad_document`, `bad_instant`,
    `bad_multibase`), BadSignature (also `proof_from_future`, `proof_expired`) and UnknownKey.
    """
    proof = secured["proof"]
    unsecured = {name: value for name, value in secured.items() if name != "proof"}
    method, times = str(proof.get("verificationMethod")), _times(proof)
    for wrong, code in (
        (proof.get("type") != TYPE, "other_suite"),
        (proof.get("proofPurpose") != purpose, "other_purpose"),
        ("previousProof" in proof, "proof_chain"),
        (proof.get("@context", unsecured.get("@context")) != unsecured.get("@context"), "other_context"),
    ):
        if wrong:
            raise InvalidInput(code)
    if times.get("created", at) > at:
        raise BadSignature("proof_from_future")
    if "expires" in times and times["expires"] <= at:
        raise BadSignature("proof_expired")
    public = resolve(method)
    if public is None:
        raise UnknownKey(method=method)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        public.verify(decode_base58btc(proof.get("proofValue")), hash_data(unsecured, options))
    except InvalidSignature as error:
        raise BadSignature(method=method) from error
    return Proved(unsecured, (Proof(method, times.get("created"), times.get("expires")),))


def _times(proof: Mapping[str, Any]) -> dict[str, datetime]:
    return {name: read_instant(proof[name]) for name in ("created", "expires") if name in proof}


def hash_data(unsecured: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """vc-di-eddsa §3.2.4: the digest of the options stands first; they have the contexts of the document (§3.2.5)."""
    parts = ({**options, "@context": unsecured.get("@context")}, unsecured)
    return b"".join(hashlib.sha256(canonical(part).encode()).digest() for part in parts)


def canonical(document: Mapping[str, Any]) -> str:
    """RDFC-1.0 as N-Quads. What nothing maps would be left out of it, and so be signed by nobody.

    Raises InvalidInput (`bad_document`) for that, for what is no JSON-LD, and for a context that is not here.
    """
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _context}
    try:
        return str(jsonld.JsonLdProcessor(on_property_dropped=_refuse).normalize(document, options))
    except jsonld.JsonLdError as error:
        raise InvalidInput("bad_document") from error


def _refuse(_name: object) -> None:
    raise InvalidInput("bad_document")


def _context(address: str, _options: object) -> dict[str, Any]:
    found = _base() if address == CREDENTIALS else SIMPLE.get(address)
    if found is None:
        raise jsonld.JsonLdError("that context is not here", "jsonld.LoadDocumentError")
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": address, "document": found}


@cache
def _base() -> Any:
    return json.loads(files("openvc.proof").joinpath("contexts/credentials-v2.json").read_bytes())
