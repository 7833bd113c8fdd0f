"""Our own words in credentials and DID documents, as a JSON-LD 1.1 context. A published version never changes.

The contexts of W3C and UNTP define every other word that we use. Ours are protected, and none of them is also one of theirs.
"""

from collections.abc import Mapping
from types import MappingProxyType

VERSION = "v1"
PATH = f"/contexts/tianguis/{VERSION}"

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
UNTP_DCC = "https://test.uncefact.org/vocabulary/untp/dcc/working/"
DID = "https://www.w3.org/ns/did/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"
JWK = "https://w3id.org/security/jwk/v1"

_XSD = "http://www.w3.org/2001/XMLSchema#"
_TEXT: Mapping[str, str] = MappingProxyType({"@type": f"{_XSD}string"})
_TEXTS: Mapping[str, str] = MappingProxyType({"@type": f"{_XSD}string", "@container": "@set"})
_NUMBER: Mapping[str, str] = MappingProxyType({"@type": f"{_XSD}integer"})
_DAY: Mapping[str, str] = MappingProxyType({"@type": f"{_XSD}date"})
_INSTANT: Mapping[str, str] = MappingProxyType({"@type": f"{_XSD}dateTime"})
_NODE: Mapping[str, str] = MappingProxyType({"@type": "@id"})
_NODES: Mapping[str, str] = MappingProxyType({"@type": "@id", "@container": "@set"})

TERMS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "certificateCode": _TEXT,
        "certificateVersion": _NUMBER,
        "certifiedPlace": _NODE,
        "commitmentDigest": _TEXT,
        "commitmentPath": _TEXT,
        "decidedOn": _DAY,
        "decisionMode": _TEXT,
        "graceEnds": _INSTANT,
        "keyInUseFrom": _INSTANT,
        "keyRetiredAt": _INSTANT,
        "labelClass": _TEXT,
        "localityCode": _TEXT,
        "localityName": _TEXT,
        "municipalityCode": _TEXT,
        "municipalityName": _TEXT,
        "nameCommitment": _NODES,
        "photoDigest": _TEXTS,
        "schemeDigest": _TEXT,
        "schemeKey": _TEXT,
        "stateCode": _TEXT,
        "stateName": _TEXT,
        "subjectKind": _TEXT,
        "subjectRef": _TEXTS,
        "surveillanceDue": _INSTANT,
        "technique": _TEXTS,
        "termEnds": _INSTANT,
        "validityTimeZone": _TEXT,
    }
)


def context_address(origin: str) -> str:
    """Where a registry at `origin` (scheme and host) serves this version."""
    return origin + PATH


def context_document(vocabulary: str) -> dict[str, object]:
    """The context itself. `vocabulary` is what stands before each word in its IRI; it ends in `#` or `/`."""
    words = {name: {"@id": vocabulary + name, **kind} for name, kind in TERMS.items()}
    return {"@context": {"@version": 1.1, "@protected": True, **words}}
