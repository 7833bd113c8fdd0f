"""What the W3C Verifiable Credentials Data Model 2.0 asks of any credential, as far as it can be told without JSON-LD.

Each fault is a sentence that begins with the property. Types are taken as mapped when a context other than the two known here
could map them; with these two alone, what neither maps is refused.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from certification.rules.contexts import CREDENTIALS
from certification.rules.errors import InvalidInput
from certification.rules.instants import read_instant

VERIFIABLE = "VerifiableCredential"
ENVELOPED = "EnvelopedVerifiableCredential"
OURS = {
    VERIFIABLE,
    ENVELOPED,
    "BitstringStatusList",
    "BitstringStatusListCredential",
    "BitstringStatusListEntry",
    "DataIntegrityProof",
    "JsonSchema",
    "JsonSchemaCredential",
}
PROTECTED = OURS | {
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
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
LANGUAGE = {"@value", "@language", "@direction"}
TYPED = ("credentialStatus", "credentialSchema", "termsOfUse", "evidence", "refreshService", "proof")
WITH_ID = ("credentialSchema",)


def faults(credential: object) -> list[str]:
    """Everything that the model refuses of a credential, secured or not."""
    if not isinstance(credential, Mapping):
        return ["credential: not an object"]
    checks = (_context, _type, _identifier, _issuer, _subject, _validity, _words, _parts, _resources)
    return [fault for check in checks for fault in check(credential)]


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
    if not isinstance(contexts, list) or contexts[:1] != [CREDENTIALS]:
        yield "@context: its first item is not the base context"
        return
    for item in contexts:
        if isinstance(item, Mapping):
            if PROTECTED & item.keys():
                yield "@context: defines a protected term anew"
        elif not is_url(item):
            yield "@context: an item is neither an address nor an object"


def _type(one: Mapping[str, object]) -> Iterator[str]:
    types = listed(one.get("type"))
    if not all(isinstance(name, str) for name in types) or VERIFIABLE not in types:
        yield "type: not that of a verifiable credential"
        return
    contexts = one.get("@context")
    items = contexts if isinstance(contexts, list) else []
    inline = {name for item in items if isinstance(item, Mapping) for name in item if _maps(item[name])}
    if any(isinstance(item, Mapping) and "@vocab" in item for item in items) or any(
        isinstance(item, str) and item != CREDENTIALS for item in items
    ):
        return
    for name in types:
        if name not in OURS | inline and not is_url(name):
            yield f"type: nothing maps {name}"


def _maps(value: object) -> bool:
    return is_url(value["@id"] if isinstance(value, Mapping) and "@id" in value else value)


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
    found: dict[str, datetime] = {}
    for name in ("validFrom", "validUntil"):
        if name in one:
            try:
                found[name] = read_instant(one[name])
            except InvalidInput:
                yield f"{name}: not a dateTimeStamp"
    if len(found) == 2 and found["validFrom"] > found["validUntil"]:
        yield "validUntil: before validFrom"


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
        if not part.keys() & {"digestSRI", "digestMultibase"}:
            yield "relatedResource: no digest"
