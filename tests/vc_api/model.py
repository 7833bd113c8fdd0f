"""What the W3C Verifiable Credentials Data Model 2.0 asks of any credential, as far as it can be told without JSON-LD.

Of version 1.1, with which the suite of Data Integrity is run too, what it asks elsewise: the base context and the dates.

Each fault is a sentence that begins with the property. Terms and types are taken as mapped when a context that isn't read here
could map them; where all contexts are the base, that of Data Integrity or inline, what none of them maps is refused.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from certification.rules.contexts import CREDENTIALS
from certification.rules.errors import InvalidInput
from certification.rules.instants import read_instant
from tests.vc_api.resources import differs

FIRST_VERSION = "https://www.w3.org/2018/credentials/v1"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
VERIFIABLE = "VerifiableCredential"
ENVELOPED = "EnvelopedVerifiableCredential"
PRESENTATION = "VerifiablePresentation"
ENVELOPED_PRESENTATION = "EnvelopedVerifiablePresentation"
TYPES = {
    VERIFIABLE,
    ENVELOPED,
    PRESENTATION,
    ENVELOPED_PRESENTATION,
    "BitstringStatusList",
    "BitstringStatusListCredential",
    "BitstringStatusListEntry",
    "DataIntegrityProof",
    "JsonSchema",
    "JsonSchemaCredential",
}
PROTECTED = TYPES | {
    "id",
    "type",
    "issuer",
    "credentialSubject",
    "credentialStatus",
    "proof",
    "validFrom",
    "validUntil",
    "evidence",
}
OTHERS = """
    ... _sd _sd_alg assertionMethod aud authentication capabilityDelegation capabilityInvocation challenge cnf confidenceMethod
    created credentialSchema cryptosuite description digestMultibase digestSRI domain encodedList exp expires holder iat iss jku
    jsonSchema jwk keyAgreement kid mediaType message name nbf nonce previousProof proofPurpose proofValue refreshService
    relatedResource renderMethod status statusListCredential statusListIndex statusMessage statusPurpose statusReference statusSize
    sub termsOfUse ttl verifiableCredential verificationMethod x5u
"""
TERMS = PROTECTED | {*OTHERS.split()}  # all of the base context, in whichever of its scopes
FIRST_TYPES = {
    VERIFIABLE,
    PRESENTATION,
    "DataIntegrityProof",
    "EcdsaSecp256k1Signature2019",
    "EcdsaSecp256r1Signature2019",
    "Ed25519Signature2018",
    "JsonSchemaValidator2018",
    "ManualRefreshService2018",
    "RsaSignature2018",
}
FIRST_OTHERS = """
    assertionMethod authentication capabilityDelegation capabilityInvocation challenge created cred credentialSchema
    credentialStatus credentialSubject cryptosuite domain evidence expirationDate expires holder id issuanceDate issued issuer jws
    keyAgreement nonce previousProof proof proofPurpose proofValue refreshService sec termsOfUse type validFrom validUntil
    verifiableCredential verificationMethod xsd
"""
FIRST_TERMS = FIRST_TYPES | {*FIRST_OTHERS.split()}  # of the base context of 1.1, with that of Data Integrity
READ = (CREDENTIALS, FIRST_VERSION, DATA_INTEGRITY)
LITERAL = {"jsonSchema"}  # of the type @json: what is inside is no JSON-LD
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
LANGUAGE = {"@value", "@language", "@direction"}
TYPED = ("credentialStatus", "credentialSchema", "termsOfUse", "evidence", "refreshService", "proof")
WITH_ID = ("credentialSchema",)
DIGESTS = ("digestSRI", "digestMultibase")


def faults(credential: object) -> list[str]:
    """Everything that the model refuses of a credential, secured or not."""
    if not isinstance(credential, Mapping):
        return ["credential: not an object"]
    checks = (_context, _type, _identifier, _issuer, _subject, _validity, _words, _parts, _entries, _resources, _terms)
    return [fault for check in checks for fault in check(credential)]


def faults_of_presentation(presentation: object) -> list[str]:
    """Everything that the model (§4.13) refuses of a presentation; what its credentials are is another question."""
    if not isinstance(presentation, Mapping):
        return ["presentation: not an object"]
    checks = (_context, _presentation_type, _identifier, _holder, _presented, _parts)
    return [fault for check in checks for fault in check(presentation)]


def is_of_first_version(one: Mapping[str, object]) -> bool:
    """Whether its base context is that of 1.1."""
    return listed(one.get("@context"))[:1] == [FIRST_VERSION]


def is_url(value: object) -> bool:
    """An absolute URL or another URI with its scheme, such as a DID or a URN."""
    if not isinstance(value, str) or not SCHEME.fullmatch(value):
        return False
    parts = urlsplit(value)
    return bool(parts.netloc or parts.path) and (parts.scheme not in ("http", "https") or bool(parts.netloc))


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _context(one: Mapping[str, object]) -> Iterator[str]:
    contexts = one.get("@context")
    if not isinstance(contexts, list) or contexts[:1] not in ([CREDENTIALS], [FIRST_VERSION]):
        yield "@context: its first item is not the base context"
        return
    protected: dict[str, object] = dict.fromkeys(PROTECTED)
    for item in contexts:
        if isinstance(item, Mapping):
            terms = {name: said for name, said in item.items() if not name.startswith("@")}
            if any(name in protected and protected[name] != said for name, said in terms.items()):
                yield "@context: defines a protected term anew"
            protected |= terms if item.get("@protected") is True else {}
        elif not is_url(item):
            yield "@context: an item is neither an address nor an object"


def _type(one: Mapping[str, object]) -> Iterator[str]:
    types = listed(one.get("type"))
    if not all(isinstance(name, str) for name in types) or VERIFIABLE not in types:
        yield "type: not that of a verifiable credential"


def _presentation_type(one: Mapping[str, object]) -> Iterator[str]:
    types, known, (_, base) = listed(one.get("type")), _known(one), _base(one)
    if not all(isinstance(name, str) for name in types) or PRESENTATION not in types:
        yield "type: not that of a verifiable presentation"
    elif known is not None:
        yield from (f"type: nothing maps {name}" for name in types if not _mapped(name, base | known.keys()))


def _known(one: Mapping[str, object]) -> dict[str, object] | None:
    """The terms that inline contexts define; None when a context that isn't read here could define any."""
    contexts = one.get("@context")
    items = contexts if isinstance(contexts, list) else []
    inline = [item for item in items if isinstance(item, Mapping)]
    vocabularies = [item["@vocab"] for item in inline if "@vocab" in item]  # the last one rules; null takes it back
    if vocabularies[-1:] not in ([], [None]) or any(isinstance(item, str) and item not in READ for item in items):
        return None
    return {name: said for item in inline for name, said in item.items() if _maps(said)}


def _terms(one: Mapping[str, object]) -> Iterator[str]:
    """JSON-LD in safe mode: nothing is dropped because nothing maps it."""
    known, (terms, types) = _known(one), _base(one)
    if known is not None:
        yield from _unmapped(one, terms | known.keys() | _scoped(known), types | known.keys())


def _base(one: Mapping[str, object]) -> tuple[set[str], set[str]]:
    """The terms and the types of its base context."""
    return (FIRST_TERMS, FIRST_TYPES) if is_of_first_version(one) else (TERMS, TYPES)


def _scoped(known: Mapping[str, object]) -> set[str]:
    """The names that scoped contexts of inline terms define."""
    found: set[str] = set()
    for said in known.values():
        inner = said.get("@context") if isinstance(said, Mapping) else None
        if isinstance(inner, Mapping):
            found |= {name for name in inner if not name.startswith("@")} | _scoped(inner)
    return found


def _unmapped(value: object, names: set[str], types: set[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _unmapped(item, names, types)
    if not isinstance(value, Mapping):
        return
    for name, inside in value.items():
        if name.startswith("@"):
            continue
        if name == "type":
            yield from (f"type: nothing maps {kind}" for kind in listed(inside) if not _mapped(kind, types | names))
        elif not _mapped(name, names):
            yield f"{name}: nothing maps it"
        elif name not in LITERAL:
            yield from _unmapped(inside, names, types)


def _mapped(name: object, names: set[str]) -> bool:
    return name in names or is_url(name) if isinstance(name, str) else False


def _maps(value: object) -> bool:
    return is_url(value["@id"] if isinstance(value, Mapping) and "@id" in value else value)


def _holder(one: Mapping[str, object]) -> Iterator[str]:
    holder = one.get("holder", "urn:nobody")
    if not is_url(holder.get("id") if isinstance(holder, Mapping) else holder):
        yield "holder: not an address"


def _presented(one: Mapping[str, object]) -> Iterator[str]:
    if not all(isinstance(credential, Mapping) for credential in listed(one.get("verifiableCredential", []))):
        yield "verifiableCredential: one is no object"


def _entries(one: Mapping[str, object]) -> Iterator[str]:
    """vc-bitstring-status-list §2.1, as far as it says MUST."""
    for entry in listed(one.get("credentialStatus", [])):
        if not isinstance(entry, Mapping) or entry.get("type") != "BitstringStatusListEntry":
            continue
        index, size = entry.get("statusListIndex"), entry.get("statusSize", 1)
        if not isinstance(index, str) or not index.isascii() or not index.isdecimal():
            yield "statusListIndex: not a number written as text"
        if not isinstance(entry.get("statusPurpose"), str) or not is_url(entry.get("statusListCredential")):
            yield "credentialStatus: has no purpose, or no address of its list"
        if type(size) is not int or size < 1 or (size > 1 and "statusMessage" not in entry):
            yield "statusSize: not a positive number, or without its messages"


def _identifier(one: Mapping[str, object]) -> Iterator[str]:
    if "id" in one and not is_url(one["id"]):
        yield "id: not an address"


def _issuer(one: Mapping[str, object]) -> Iterator[str]:
    issuer = one.get("issuer")
    if not is_url(issuer.get("id") if isinstance(issuer, Mapping) else issuer):
        yield "issuer: not an address"
    if isinstance(issuer, Mapping):
        yield from _words(issuer)


def _subject(one: Mapping[str, object]) -> Iterator[str]:
    subjects = listed(one.get("credentialSubject"))
    if not subjects:
        yield "credentialSubject: nobody"
    for subject in subjects:
        if not isinstance(subject, Mapping) or not subject:
            yield "credentialSubject: says nothing"
        elif "id" in subject and not is_url(subject["id"]):
            yield "credentialSubject: its id is not an address"


def _validity(one: Mapping[str, object]) -> Iterator[str]:
    first = is_of_first_version(one)
    begins, ends = ("issuanceDate", "expirationDate") if first else ("validFrom", "validUntil")
    found: dict[str, datetime] = {}
    for name in (begins, ends):
        if name in one or (first and name == begins):
            try:
                found[name] = read_instant(one.get(name))
            except InvalidInput:
                yield f"{name}: not a dateTimeStamp"
    if len(found) == 2 and found[begins] > found[ends]:
        yield f"{ends}: before {begins}"


def _words(one: Mapping[str, object]) -> Iterator[str]:
    for name in ("name", "description"):
        for word in listed(one.get(name, "")):
            plain = isinstance(word, Mapping) and isinstance(word.get("@value"), str) and word.keys() <= LANGUAGE
            if not isinstance(word, str) and not plain:
                yield f"{name}: neither text nor a language value"


def _parts(one: Mapping[str, object]) -> Iterator[str]:
    """What carries a type of its own."""
    for name in TYPED:
        for part in listed(one.get(name, [])):
            types = listed(part.get("type")) if isinstance(part, Mapping) else [None]
            if not isinstance(part, Mapping) or not types or not all(isinstance(kind, str) and kind for kind in types):
                yield f"{name}: has no type"
            elif ("id" in part or name in WITH_ID) and not is_url(part.get("id")):
                yield f"{name}: its id is not an address"


def _resources(one: Mapping[str, object]) -> Iterator[str]:
    seen = set()
    for part in listed(one.get("relatedResource", [])):
        if not isinstance(part, Mapping) or not is_url(part.get("id")) or part["id"] in seen:
            yield "relatedResource: its id is missing, no address, or there twice"
            continue
        seen.add(part["id"])
        told = [digest for name in DIGESTS for digest in listed(part.get(name, []))]
        if not told:
            yield "relatedResource: no digest"
        if any(differs(part["id"], digest) for digest in told):
            yield "relatedResource: the resource has another digest"
