"""What W3C's suites hold right and wrong: credentials, and changes to one that was issued."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from certification.rules.contexts import CREDENTIALS
from tests.vc_api.model import FIRST_VERSION

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
SCHEMA = {"id": "https://example.org/s.json", "type": "JsonSchema"}
GOOD: dict[str, Any] = {
    "@context": [CREDENTIALS, EXAMPLES],
    "id": "urn:uuid:86294362-4254-4f36-854f-3952fe42555d",
    "type": ["VerifiableCredential"],
    "issuer": "https://example.org/issuer",
    "credentialSubject": {"id": "did:example:ebfeb1f712ebc6f1c276e12ec21", "name": "Añil"},
}
ENTRY = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "http://localhost:8400/status/revocation",
}
FIRST = {
    "@context": [FIRST_VERSION],
    "issuanceDate": "2026-11-21T16:32:00Z",
    "credentialSubject": {"id": "did:example:ebfeb1f712ebc6f1c276e12ec21"},
}
BASE = {  # what W3C says of its base context
    "id": CREDENTIALS,
    "digestSRI": "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU",
    "digestMultibase": "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ",
}
FIRST_EXAMPLES = "https://www.w3.org/2018/credentials/examples/v1"
GONE = object()


def but(**changes: Any) -> dict[str, Any]:
    made = deepcopy(GOOD) | changes
    return {name: value for name, value in made.items() if value is not GONE}


RIGHT: dict[str, dict[str, Any]] = {
    "plain": GOOD,
    "no id": but(id=GONE),
    "a type as text": but(type="VerifiableCredential"),
    "an address as type": but(**{"@context": [CREDENTIALS]}, type=["VerifiableCredential", "https://example.org/T"]),
    "a mapped type": but(**{"@context": [CREDENTIALS, {"T": "https://example.org/T"}]}, type=["VerifiableCredential", "T"]),
    "a type in a vocabulary": but(
        **{"@context": [CREDENTIALS, {"@vocab": None}, {"@vocab": "https://example.org/#"}]}, type=["VerifiableCredential", "T"]
    ),
    "an issuer as object": but(issuer={"id": "did:example:1", "name": {"@value": "Taller", "@language": "es"}}),
    "two subjects": but(credentialSubject=[{"id": "did:example:1", "a": "b"}, {"a": "c"}]),
    "milliseconds": but(validFrom="2026-11-21T16:32:00.123Z"),
    "nanoseconds": but(validFrom="2026-11-21T16:32:00.123456789Z"),
    "another zone": but(validFrom="2026-11-21T10:32:00-06:00", validUntil="2036-11-21T10:32:00+01:00"),
    "valid only later": but(validFrom="2056-11-21T10:32:00Z"),
    "name and description": but(name="Sello", description=[{"@value": "de origen", "@language": "es", "@direction": "ltr"}]),
    "a schema": but(credentialSchema=SCHEMA),
    "schemas": but(credentialSchema=[SCHEMA, {**SCHEMA, "id": "https://example.org/t.json"}]),
    "terms of use without an id": but(termsOfUse={"type": "Terms"}),
    "evidence": but(evidence=[{"id": "https://example.org/e", "type": ["Evidence"]}]),
    "numbers of every kind": but(credentialSubject={"a": [1, 1.5, -0.0, 1e-7, 1e21, 9007199254740992]}),
    "text as somebody typed it": but(name="An\u0303il"),
    "a context of its own": but(
        **{"@context": [CREDENTIALS, {"T": {"@id": "https://example.org/T", "@context": {"w": "https://example.org/w"}}}]},
        type=["VerifiableCredential", "T"],
        credentialSubject={"type": "T", "w": {"https://example.org/x": 1}},
    ),
    "a protected term, told twice alike": but(
        **{"@context": [CREDENTIALS, *[{"@protected": True, "T": "https://example.org/T"}] * 2]},
        type=["VerifiableCredential", "T"],
    ),
    "of version 1.1": but(**FIRST),
    "of version 1.1 with an end": but(**FIRST, expirationDate="2036-11-21T16:32:00Z"),
    "of version 1.1 with a context that isn't read": but(
        **FIRST | {"@context": [FIRST_VERSION, FIRST_EXAMPLES], "credentialSubject": {"name": "Añil"}}
    ),
    "of version 1.1 with terms of its own": but(
        **FIRST
        | {
            "@context": [FIRST_VERSION, {"T": "https://example.org/T", "name": "https://example.org/name"}],
            "credentialSubject": {"type": "T", "name": "Añil"},
        }
    ),
    "a related resource": but(relatedResource=[{"id": "https://example.org/r", "digestSRI": "sha384-x"}]),
    "the base context as related resource": but(relatedResource=BASE),
    "the base context by a multihash": but(
        relatedResource={"id": CREDENTIALS, "digestMultibase": "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"}
    ),
}
WRONG: dict[str, dict[str, Any]] = {
    "no context": but(**{"@context": GONE}),
    "the base context is not there": but(**{"@context": [EXAMPLES]}),
    "the base context is not first": but(**{"@context": [EXAMPLES, CREDENTIALS]}),
    "a number as context": but(**{"@context": [CREDENTIALS, 7]}),
    "a protected term anew": but(**{"@context": [CREDENTIALS, {"type": "https://example.org/t"}]}),
    "a term of their own protection anew": but(
        **{"@context": [CREDENTIALS, {"@protected": True, "T": "https://example.org/T"}, {"T": "https://example.org/U"}]},
        type=["VerifiableCredential", "T"],
    ),
    "an unmapped term": but(**{"@context": [CREDENTIALS]}, more={"type": "BitstringStatusListEntry", "statusListIndex": True}),
    "an unmapped term of the subject": but(
        **{"@context": [CREDENTIALS]}, credentialSubject={"id": "urn:x", "undefinedTerm": "x"}
    ),
    "an unmapped type of the subject": but(**{"@context": [CREDENTIALS]}, credentialSubject={"type": "Unmapped"}),
    "a base for relative types": but(
        **{"@context": [CREDENTIALS, {"@base": "https://example.org/"}]}, type=["VerifiableCredential", "Unmapped"]
    ),
    "an unmapped term of version 1.1": but(**FIRST | {"credentialSubject": {"id": "urn:x", "name": "Añil"}}),
    "an unmapped type of version 1.1": but(**FIRST, type=["VerifiableCredential", "Unmapped"]),
    "a base for relative types of version 1.1": but(
        **FIRST | {"@context": [FIRST_VERSION, {"@base": "https://example.org/"}]}, type=["VerifiableCredential", "Unmapped"]
    ),
    "a type of version 2 in version 1.1": but(**FIRST, credentialStatus=ENTRY),
    "of version 1.1 without a date": but(**FIRST | {"issuanceDate": GONE}),
    "of version 1.1 whose date is a day": but(**FIRST | {"issuanceDate": "2026-11-21"}),
    "of version 1.1 that ended before it began": but(**FIRST, expirationDate="2026-11-20T16:32:00Z"),
    "no type": but(type=GONE),
    "another type": but(type=["Other"]),
    "an unmapped type": but(**{"@context": [CREDENTIALS]}, type=["VerifiableCredential", "Unmapped"]),
    "a type in no vocabulary": but(**{"@context": [CREDENTIALS, {"@vocab": None}]}, type=["VerifiableCredential", "T"]),
    "a type in a vocabulary that was taken back": but(
        **{"@context": [CREDENTIALS, {"@vocab": "https://example.org/#"}, {"@vocab": None}]}, type=["VerifiableCredential", "T"]
    ),
    "a type that leads nowhere": but(**{"@context": [CREDENTIALS, {"T": "t"}]}, type=["VerifiableCredential", "T"]),
    "an id without a scheme": but(id="not-a-url"),
    "two ids": but(id=["https://example.org/1", "https://example.org/2"]),
    "no issuer": but(issuer=GONE),
    "an empty issuer": but(issuer=None),
    "an issuer without a scheme": but(issuer="issuer"),
    "an issuer without an id": but(issuer={"name": "x"}),
    "no subject": but(credentialSubject=GONE),
    "an empty subject": but(credentialSubject={}),
    "an empty subject among others": but(credentialSubject=[{"a": "b"}, {}]),
    "a subject whose id is no address": but(credentialSubject={"id": "x", "a": "b"}),
    "a day as date": but(validFrom="2026-11-21"),
    "a date without a zone": but(validUntil="2026-11-21T10:32:00"),
    "an end before the beginning": but(validFrom="2026-11-21T10:32:00Z", validUntil="2026-11-20T10:32:00Z"),
    "a name that is a number": but(name=7),
    "a language value with more": but(name={"@value": "x", "@language": "es", "other": "x"}),
    "a status without a type": but(credentialStatus={"id": "https://example.org/1"}),
    "a status whose id is no address": but(credentialStatus={"id": "x", "type": "BitstringStatusListEntry"}),
    "a status without a purpose": but(credentialStatus={**ENTRY, "statusPurpose": None}),
    "a status whose place is a number": but(credentialStatus={**ENTRY, "statusListIndex": 7}),
    "a status whose place is below nought": but(credentialStatus={**ENTRY, "statusListIndex": "-1"}),
    "a status whose list is no address": but(credentialStatus={**ENTRY, "statusListCredential": "no-address"}),
    "a status of no size": but(credentialStatus={**ENTRY, "statusSize": 0}),
    "a status of two bits without messages": but(credentialStatus={**ENTRY, "statusSize": 2}),
    "a status whose type is a number": but(credentialStatus={"type": 2}),
    "a schema without an id": but(credentialSchema={"type": "JsonSchema"}),
    "a schema without a type": but(credentialSchema={"id": "https://example.org/s.json"}),
    "terms of use without a type": but(termsOfUse={"id": "https://example.org/1"}),
    "evidence without a type": but(evidence={"id": "https://example.org/1"}),
    "a refresh service without a type": but(refreshService={"id": "https://example.org/1"}),
    "a proof without a type": but(proof={"cryptosuite": "x"}),
    "a related resource without a digest": but(relatedResource=[{"id": "https://example.org/r"}]),
    "a related resource with an empty set of digests": but(relatedResource=[{"id": "https://example.org/r", "digestSRI": []}]),
    "the base context with another SRI": but(relatedResource=BASE | {"digestSRI": BASE["digestSRI"].replace("l/H", "m/H")}),
    "the base context with a second SRI that is another": but(
        relatedResource=BASE | {"digestSRI": BASE["digestSRI"] + " sha384-x"}
    ),
    "the base context with another multibase": but(relatedResource=BASE | {"digestMultibase": "u" + "A" * 43}),
    "the base context with a number as digest": but(relatedResource=BASE | {"digestMultibase": 7}),
    "a related resource twice": but(relatedResource=[{"id": "https://example.org/r", "digestSRI": "x"}] * 2),
}

CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another word": lambda one: one["credentialSubject"].update(name="Anil"),
    "a word more": lambda one: one["credentialSubject"].update(more="x"),
    "another issuer": lambda one: one.update(issuer="did:key:z6MkfXG2ePJ3bmJ2aBz9q6yYkz4tCLdiu3kgYB5ZQcEuiBgX"),
    "no proof": lambda one: one.pop("proof"),
    "another type of proof": lambda one: one["proof"].update(type="Ed25519Signature2020"),
    "another suite": lambda one: one["proof"].update(cryptosuite="eddsa-rdfc-2022"),
    "no suite": lambda one: one["proof"].pop("cryptosuite"),
    "another purpose": lambda one: one["proof"].update(proofPurpose="authentication"),
    "no purpose": lambda one: one["proof"].pop("proofPurpose"),
    "no method": lambda one: one["proof"].pop("verificationMethod"),
    "an unknown method": lambda one: one["proof"].update(verificationMethod="did:web:example.org#1"),
    "no value": lambda one: one["proof"].pop("proofValue"),
    "a value in another base": lambda one: one["proof"].update(proofValue="u" + one["proof"]["proofValue"][1:]),
    "a value cut short": lambda one: one["proof"].update(proofValue=one["proof"]["proofValue"][:-1]),
    "another creation": lambda one: one["proof"].update(created="2026-11-21T16:31:59Z"),
    "a creation without its zone": lambda one: one["proof"].update(created="2026-11-21T16:32:00"),
    "an end that is no date": lambda one: one["proof"].update(expires="invalidDate"),
    "a value that is nothing": lambda one: one["proof"].update(proofValue=None),
    "a value without its base": lambda one: one["proof"].update(proofValue=one["proof"]["proofValue"][1:]),
    "a value that is too long": lambda one: one["proof"].update(proofValue=one["proof"]["proofValue"] + "2" * 43),
    "a method that is no key": lambda one: one["proof"].update(verificationMethod="did:key:invalidVm"),
    "a proof that is nothing": lambda one: one.update(proof=None),
    "an undefined term": lambda one: one["credentialSubject"].update(undefinedTerm="x"),
    "an undefined type": lambda one: one["type"].append("UndefinedType"),
    "a creation that is no date": lambda one: one["proof"].update(created="yesterday"),
    "an end behind": lambda one: one["proof"].update(expires="2026-11-21T16:00:00Z"),
    "another context in the proof": lambda one: one["proof"].update({"@context": [CREDENTIALS]}),
    "another context before": lambda one: one.update({"@context": [CREDENTIALS, "https://example.org/x", EXAMPLES]}),
    "a chain of proofs": lambda one: one["proof"].update(previousProof="urn:uuid:1"),
    "one wrong proof beside a right one": lambda one: one.update(
        proof=[one["proof"], {**one["proof"], "proofValue": one["proof"]["proofValue"][:-1] + "1"}]
    ),
    "an empty set of proofs": lambda one: one.update(proof=[]),
}
