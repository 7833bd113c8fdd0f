import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from certification.rules.canonical import canonical_json
from certification.rules.contexts import TERMS
from certification.rules.credential import CertificateVersion, certificate_address, credential_address, unsecured_credential
from certification.rules.criteria import DecisionMode, SubjectKind
from certification.rules.disclosures import Commitment, disclosed
from certification.rules.errors import InvalidInput
from certification.rules.proofs import add_proof
from tests.certification.rules.credentials import AT, GRANT, MAKERS, METHOD, PAIR, VERSION

CREDENTIAL: dict[str, Any] = unsecured_credential(VERSION)
PLAIN = replace(
    VERSION,
    grant=replace(
        GRANT,
        mode=DecisionMode.THIRD_PARTY,
        surveillance_due=None,
        subject=replace(
            GRANT.subject,
            kind=SubjectKind.ORGANIZATION,
            techniques=(),
            photo_digests=(),
            refs=(),
            place=replace(GRANT.subject.place, locality=None, locality_code=None),
        ),
    ),
    grace_ends=None,
    commitments=(),
)
VARIANTS = [VERSION, PLAIN]


@pytest.fixture
def schema(shared_data: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((shared_data / "untp" / "untp-dcc-schema.json").read_text(encoding="utf-8"))
    return read


def undefined(value: object, schema: Mapping[str, Any], root: Mapping[str, Any], where: str = "$") -> Iterator[str]:
    """Keys that neither the UNTP schema at this place nor our own context defines."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        for inner in value:
            yield from undefined(inner, schema.get("items", {}), root, where)
    elif isinstance(value, dict):
        known = schema.get("properties", {})
        for name, inner in value.items():
            if name not in known and name not in TERMS:
                yield f"{where}.{name}"
            yield from undefined(inner, known.get(name, {}), root, f"{where}.{name}")


def test_the_credential_says_exactly_this() -> None:
    origin = "https://tianguis.example"
    one = f"{origin}/c/A1B2C3D4E59/versions/1"
    assert {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://test.uncefact.org/vocabulary/untp/dcc/working/",
            f"{origin}/contexts/tianguis/v1",
        ],
        "id": one,
        "type": ["VerifiableCredential", "DigitalConformityCredential"],
        "issuer": {"type": ["CredentialIssuer"], "id": "did:web:tianguis.example", "name": "Registro Tianguis de prueba"},
        "validFrom": "2026-11-21T06:00:00Z",
        "validUntil": "2028-01-20T06:00:00Z",
        "credentialSubject": {
            "type": ["ConformityAttestation", "Attestation"],
            "id": f"{origin}/c/A1B2C3D4E59",
            "name": "Origen local",
            "assessorLevel": "Membership",
            "assessmentLevel": "Unspecified",
            "attestationType": "certification",
            "issuedToParty": {"id": f"{origin}/c/A1B2C3D4E59#holder", "name": "Taller Nube Roja"},
            "scope": {
                "type": ["ConformityScheme"],
                "id": f"{origin}/schemes/origen-local/1.0",
                "name": "Origen local",
                "description": "Hecho a mano donde se dice.",
                "version": "1.0",
                "validFrom": "2026-01-01",
                "owner": {"id": f"{origin}/owners/1", "name": "Asamblea ficticia"},
                "schemeKey": "origen-local",
                "schemeDigest": "cd" * 32,
            },
            "assessment": [
                {
                    "type": ["ConformityAssessment", "Declaration"],
                    "id": f"{one}#assessment",
                    "assessmentDate": "2026-11-20",
                    "conformityTopic": "social.community",
                    "conformance": True,
                    "assessedProduct": [
                        {"product": {"id": f"{one}#goods-1", "name": "Tapete de lana"}},
                        {"product": {"id": f"{one}#goods-2", "name": "Cojín de lana"}},
                    ],
                    "assessedFacility": [
                        {
                            "facility": {
                                "id": f"{one}#place",
                                "name": "Teotitlán del Valle, Oaxaca",
                                "certifiedPlace": {
                                    "stateCode": "20",
                                    "stateName": "Oaxaca",
                                    "municipalityCode": "546",
                                    "municipalityName": "Teotitlán del Valle",
                                    "localityName": "Teotitlán del Valle",
                                    "localityCode": "0001",
                                },
                            }
                        }
                    ],
                }
            ],
            "certificateCode": "A1B2C3D4E59",
            "certificateVersion": 1,
            "labelClass": "artesania",
            "decisionMode": "participatory",
            "decidedOn": "2026-11-20",
            "subjectKind": "product_line",
            "termEnds": "2028-11-21T06:00:00Z",
            "validityTimeZone": "America/Mexico_City",
            "surveillanceDue": "2027-11-21T06:00:00Z",
            "graceEnds": "2028-01-20T06:00:00Z",
            "technique": ["telar de pedal"],
            "photoDigest": ["ab" * 32],
            "subjectRef": ["01J0000000"],
            "nameCommitment": [
                {"commitmentPath": one.path, "commitmentDigest": one.digest} for one in VERSION.commitments
            ],
        },
        "credentialStatus": [
            {
                "id": f"{origin}/status/revocation/1#94567",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "94567",
                "statusListCredential": f"{origin}/status/revocation/1",
            },
            {
                "id": f"{origin}/status/suspension/1#23452",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "suspension",
                "statusListIndex": "23452",
                "statusListCredential": f"{origin}/status/suspension/1",
            },
        ],
    } == CREDENTIAL  # fmt: skip


def test_addresses_are_those_of_certificate_and_version() -> None:
    assert certificate_address("https://a.example", "A1B2C3D4E59") == "https://a.example/c/A1B2C3D4E59"
    assert credential_address("https://a.example", "A1B2C3D4E59", 2) == "https://a.example/c/A1B2C3D4E59/versions/2"


def test_a_third_party_says_so_and_nobody_is_ever_accredited() -> None:
    said = [unsecured_credential(one)["credentialSubject"] for one in VARIANTS]
    assert [(one["assessorLevel"], one["assessmentLevel"]) for one in said] == [  # type: ignore[index]  # a mapping
        ("Membership", "Unspecified"),
        ("3rdParty", "Unspecified"),
    ]


def test_what_is_absent_has_no_key() -> None:
    said = unsecured_credential(PLAIN)
    text = canonical_json(said).decode()
    absent = ["technique", "photoDigest", "subjectRef", "nameCommitment", "surveillanceDue", "graceEnds", "localityName"]
    assert [name for name in absent if f'"{name}"' in text] == []
    assert "null" not in text


@pytest.mark.parametrize(
    ("grace_ends", "ends"),
    [
        (date(2028, 1, 19), "2028-01-20T06:00:00Z"),
        (date(2028, 11, 19), "2028-11-20T06:00:00Z"),
        (date(2028, 11, 20), "2028-11-21T06:00:00Z"),
        (date(2029, 1, 1), "2028-11-21T06:00:00Z"),
    ],
)
def test_the_credential_ends_with_the_earlier_of_term_and_grace(grace_ends: date, ends: str) -> None:
    assert unsecured_credential(replace(VERSION, grace_ends=grace_ends))["validUntil"] == ends


def test_surveillance_and_grace_come_together() -> None:
    with pytest.raises(ValueError, match="together"):
        unsecured_credential(replace(VERSION, grace_ends=None))


def test_no_personal_name_is_in_it_and_removing_a_disclosure_changes_nothing_signed() -> None:
    secured = add_proof(CREDENTIAL, PAIR.private, method=METHOD, created=AT)
    text = canonical_json(secured).decode()
    assert [one.value for one in MAKERS if one.value in text or one.salt in text] == []
    said: Any = secured["credentialSubject"]
    signed = [Commitment(one["commitmentPath"], one["commitmentDigest"]) for one in said["nameCommitment"]]
    assert disclosed(signed, MAKERS[1:]) == {"makers/1": "Benito Ficticio"}


def test_an_origin_that_is_no_host_is_refused() -> None:
    with pytest.raises(InvalidInput):
        unsecured_credential(replace(VERSION, origin="https://tianguis.example/shop"))


@pytest.mark.parametrize("version", VARIANTS, ids=["full", "plain"])
def test_untps_schema_accepts_it(version: CertificateVersion, schema: dict[str, Any]) -> None:
    checker = Draft202012Validator(schema, format_checker=FormatChecker())
    said = unsecured_credential(version)
    assert [error.message for error in checker.iter_errors(said)] == []
    assert [error.message for error in checker.iter_errors(add_proof(said, PAIR.private, method=METHOD, created=AT))] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["@context"].reverse(),
        lambda d: d["issuer"].pop("name"),
        lambda d: d["issuer"].update(more="x"),
        lambda d: d["credentialSubject"].update(assessorLevel="4thParty"),
        lambda d: d["credentialSubject"].pop("issuedToParty"),
        lambda d: d["credentialSubject"]["scope"].pop("owner"),
        lambda d: d["credentialSubject"]["assessment"][0].update(conformityTopic="wool"),
        lambda d: d["credentialSubject"]["assessment"][0]["assessedProduct"][0]["product"].pop("name"),
        lambda d: d.update(validUntil="2028-01-20"),
    ],
)
def test_untps_schema_would_refuse_another(change: Callable[[dict[str, Any]], object], schema: dict[str, Any]) -> None:
    changed = deepcopy(CREDENTIAL)
    change(changed)
    assert not Draft202012Validator(schema).is_valid(changed)


@pytest.mark.parametrize("version", VARIANTS, ids=["full", "plain"])
def test_every_word_in_it_is_defined(version: CertificateVersion, schema: dict[str, Any]) -> None:
    w3c = json.loads(files("openvc.proof").joinpath("contexts/credentials-v2.json").read_text(encoding="utf-8"))["@context"]
    said: Any = unsecured_credential(version)
    entry = set(w3c["BitstringStatusListEntry"]["@context"])
    assert [name for one in said.pop("credentialStatus") for name in one if name not in entry] == []
    assert set(said) - {"@context"} <= set(w3c["VerifiableCredential"]["@context"])
    assert list(undefined(said, schema, schema)) == []
    assert list(undefined({**said, "weave": 1}, schema, schema)) == ["$.weave"]
