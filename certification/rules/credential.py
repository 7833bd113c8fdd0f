"""A version of a certificate as an unsecured credential: W3C VC Data Model 2.0, shaped as a UNTP 0.6 conformity credential.

Personal names stand in it only as commitments (see `disclosures`). What is no term of W3C or UNTP is a term of `contexts`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from certification.rules.contexts import CREDENTIALS, UNTP_DCC, context_address
from certification.rules.criteria import DecisionMode, SubjectKind
from certification.rules.days import end_of_day, start_of_day
from certification.rules.did import did_of
from certification.rules.disclosures import Commitment
from certification.rules.instants import instant_text
from certification.rules.statement import GrantStatement, Place

TYPES = ("VerifiableCredential", "DigitalConformityCredential")
TOPIC = "social.community"  # of UNTP's topics the one that every label of origin, handwork or commons is about
REVOCATION, SUSPENSION = "revocation", "suspension"

_ASSESSOR = {DecisionMode.THIRD_PARTY: "3rdParty", DecisionMode.PARTICIPATORY: "Membership"}


@dataclass(frozen=True, slots=True)
class SchemeWords:
    """What the public reads of a scheme version; `owner_id` is a URI."""

    name: str
    description: str
    active_from: date
    owner_id: str
    owner_name: str


@dataclass(frozen=True, slots=True)
class StatusSlot:
    """A bit of a status list: the address of the list and the index of the bit."""

    address: str
    index: int


@dataclass(frozen=True, slots=True)
class CertificateVersion:
    """All that one version of a certificate states.

    `origin` is the registry's scheme and host; `grant.issuer` and `grant.subject.makers` are not read: the issuer is the DID of
    `origin`, and names come as `commitments`. `grace_ends` is the last day of grace, included; it comes with `surveillance_due`.
    `holder_id` is a URI.
    """

    origin: str
    issuer_name: str
    grant: GrantStatement
    scheme: SchemeWords
    holder_id: str
    revocation: StatusSlot
    suspension: StatusSlot
    grace_ends: date | None = None
    commitments: tuple[Commitment, ...] = ()
    topic: str = TOPIC


@dataclass(frozen=True, slots=True)
class _Instants:
    begins: datetime
    term_ends: datetime
    surveillance_due: datetime | None
    grace_ends: datetime | None

    @property
    def ends(self) -> datetime:
        return self.term_ends if self.grace_ends is None else min(self.term_ends, self.grace_ends)


def credential_address(origin: str, code: str, version: int) -> str:
    """The `id` of a credential; `code` in its canonical spelling."""
    return f"{certificate_address(origin, code)}/versions/{version}"


def certificate_address(origin: str, code: str) -> str:
    """The address of the certificate itself, which its credentials speak about."""
    return f"{origin}/c/{code}"


def unsecured_credential(version: CertificateVersion) -> dict[str, object]:
    """The credential without any proof; `validUntil` is the earlier of the end of the term and the end of grace.

    Raises ValueError when only one of surveillance and grace is given; InvalidInput (`bad_did`) for an origin that is no host.
    """
    grant, instants = version.grant, _instants(version)
    return {
        "@context": [CREDENTIALS, UNTP_DCC, context_address(version.origin)],
        "id": credential_address(version.origin, grant.code, grant.version),
        "type": list(TYPES),
        "issuer": {"type": ["CredentialIssuer"], "id": did_of(version.origin), "name": version.issuer_name},
        "validFrom": instant_text(instants.begins),
        "validUntil": instant_text(instants.ends),
        "credentialSubject": _attestation(version, instants),
        "credentialStatus": [_entry(REVOCATION, version.revocation), _entry(SUSPENSION, version.suspension)],
    }


def _instants(version: CertificateVersion) -> _Instants:
    grant = version.grant
    if (grant.surveillance_due is None) != (version.grace_ends is None):
        raise ValueError("surveillance_due and grace_ends come together")
    zone = ZoneInfo(grant.time_zone)
    due, grace = (end_of_day(day, zone) if day else None for day in (grant.surveillance_due, version.grace_ends))
    return _Instants(start_of_day(grant.valid_from, zone), end_of_day(grant.valid_until, zone), due, grace)


def _attestation(version: CertificateVersion, instants: _Instants) -> dict[str, object]:
    grant = version.grant
    said: dict[str, object] = {
        "type": ["ConformityAttestation", "Attestation"],
        "id": certificate_address(version.origin, grant.code),
        "name": version.scheme.name,
        "assessorLevel": _ASSESSOR[grant.mode],
        "assessmentLevel": "Unspecified",
        "attestationType": "certification",
        "issuedToParty": {"id": version.holder_id, "name": grant.subject.holder},
        "scope": _scheme(version),
        "assessment": [_assessment(version)],
        "certificateCode": grant.code,
        "certificateVersion": grant.version,
        "labelClass": grant.label_class,
        "decisionMode": grant.mode.value,
        "decidedOn": grant.decided_on.isoformat(),
        "subjectKind": grant.subject.kind.value,
        "termEnds": instant_text(instants.term_ends),
        "validityTimeZone": grant.time_zone,
    }
    if instants.surveillance_due is not None and instants.grace_ends is not None:
        said["surveillanceDue"] = instant_text(instants.surveillance_due)
        said["graceEnds"] = instant_text(instants.grace_ends)
    lists: dict[str, list[object]] = {
        "technique": list(grant.subject.techniques),
        "photoDigest": list(grant.subject.photo_digests),
        "subjectRef": list(grant.subject.refs),
        "nameCommitment": [{"commitmentPath": one.path, "commitmentDigest": one.digest} for one in version.commitments],
    }
    return said | {name: values for name, values in lists.items() if values}


def _scheme(version: CertificateVersion) -> dict[str, object]:
    grant, scheme = version.grant, version.scheme
    return {
        "type": ["ConformityScheme"],
        "id": f"{version.origin}/schemes/{grant.scheme_id}/{grant.scheme_version}",
        "name": scheme.name,
        "description": scheme.description,
        "version": grant.scheme_version,
        "validFrom": scheme.active_from.isoformat(),
        "owner": {"id": scheme.owner_id, "name": scheme.owner_name},
        "schemeKey": grant.scheme_id,
        "schemeDigest": grant.scheme_digest,
    }


def _assessment(version: CertificateVersion) -> dict[str, object]:
    grant = version.grant
    base = credential_address(version.origin, grant.code, grant.version)
    said: dict[str, object] = {
        "type": ["ConformityAssessment", "Declaration"],
        "id": f"{base}#assessment",
        "assessmentDate": grant.decided_on.isoformat(),
        "conformityTopic": version.topic,
        "conformance": True,
        "assessedProduct": [
            {"product": {"id": f"{base}#goods-{at}", "name": name}} for at, name in enumerate(grant.subject.goods, start=1)
        ],
        "assessedFacility": [{"facility": _facility(f"{base}#place", grant.subject.place)}],
    }
    if grant.subject.kind is SubjectKind.ORGANIZATION:
        said["assessedOrganisation"] = {"id": version.holder_id, "name": grant.subject.holder}
    return said


def _facility(address: str, place: Place) -> dict[str, object]:
    """UNTP asks for a facility; ours is the municipality and never a house."""
    codes: dict[str, object] = {
        "stateCode": place.state_code,
        "stateName": place.state,
        "municipalityCode": place.municipality_code,
        "municipalityName": place.municipality,
    }
    if place.locality is not None:
        codes["localityName"] = place.locality
        if place.locality_code is not None:
            codes["localityCode"] = place.locality_code
    return {"id": address, "name": f"{place.municipality}, {place.state}", "certifiedPlace": codes}


def _entry(purpose: str, slot: StatusSlot) -> dict[str, object]:
    return {
        "id": f"{slot.address}#{slot.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(slot.index),
        "statusListCredential": slot.address,
    }
