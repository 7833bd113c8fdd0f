"""The whole public record of one certificate: what was signed, by which key, and every act since. Queries only."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from certification.core.db import db
from certification.core.i18n import language
from certification.core.web import outside
from certification.log.keys import KeyProblemError, verifying_keys
from certification.registry.credentials import names_beside, path_of
from certification.registry.issuer import compromises
from certification.registry.models import Certificate, CertificateVersion
from certification.registry.moments import Moment
from certification.registry.told import Told, told
from certification.registry.verifying import damages_of, faults_of
from certification.registry.weighing import standing, stood
from certification.rules.code import parse
from certification.rules.errors import BadCode
from certification.rules.verdict import Verdict
from certification.schemes.texts import zone_of


class Record(NamedTuple):
    """``sound`` is false when a signature on file does not verify: then nobody may take the rest for true.

    ``at`` is the instant that the verdict is about.
    """

    code: str
    verdict: Verdict
    sound: bool
    document: dict[str, Any]
    acts: tuple[Told, ...]
    at: datetime


def find(code: str) -> Certificate | None:
    """The certificate of a code as people write it, or ``None``."""
    try:
        plain = parse(code)
    except BadCode:
        return None
    whole = (selectinload(Certificate.versions), selectinload(Certificate.acts))
    return db.session.scalar(select(Certificate).where(Certificate.code == plain).options(*whole))


def record_of(certificate: Certificate, when: Moment) -> Record:
    """The record as it is published in JSON, whole, with the state of a moment."""
    scheme = certificate.scheme_version
    at = when.at(zone_of(scheme))
    found = stood(certificate, at) if when.is_past else standing(certificate, at)
    keys, acts = _keys_in_hex(), told(certificate, language())
    issuing = {act.version: act for act in acts if act.begins}
    document: dict[str, Any] = {
        "code": certificate.code,
        "state": found.state.value,
        "reason": found.reason.value,
        "since": _iso(found.since),
        "as_of": _iso(at),
        "successor": found.successor,
        "verify": outside(f"/v/{certificate.code}"),
        "log_proof": outside(f"/c/{certificate.code}/proof"),
        "versions": [_version(one, issuing.get(one.number)) for one in certificate.versions],
        "keys": {one.kid: keys.get(one.kid) for one in certificate.versions if one.kid is not None},
        "disclosures": _disclosures(certificate.versions[-1]) if certificate.versions else {"makers": []},
        "acts": [_act(one) for one in acts],
    }
    return Record(certificate.code, found, is_sound(certificate, when.now), document, tuple(acts), at)


def is_sound(certificate: Certificate, at: datetime) -> bool:
    """Whether all that is stored of every version holds together (see ``verifying``), and there is one.

    That its key fell into other hands is no damage of a version before the one that stands, nor of this one where its verdict
    says so.
    """
    if not certificate.versions:
        return False
    *before, last = certificate.versions
    faults = damages_of(last, at) if last.kid in compromises() else faults_of(last, at)
    return not faults and not any(damages_of(one, at) for one in before)


def _act(one: Told) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "at": _iso(one.at),
        "version": one.version,
        **one.details,
        "log_index": one.index,
        "reason_code": one.reason_code,
        "criterion": one.criterion_code,
        "public_summary": one.summary,
        "appeal_until": _iso(one.appeal_until),
        "suspension_until": _iso(one.pause_until),
        "successor": one.successor,
    }


def _version(one: CertificateVersion, issued: Told | None) -> dict[str, Any]:
    """With its first and last day, both included, in the scheme's zone."""
    return {
        "number": one.number,
        "valid_from": issued.begins.isoformat() if issued and issued.begins else None,
        "last_day": issued.ends.isoformat() if issued and issued.ends else None,
        "statement": one.statement,
        "algorithm": "Ed25519 over RFC 8785",
        "kid": one.kid,
        "signature": one.signature,
        "signed_at": _iso(one.signed_at),
        "credential": one.credential.document["id"] if one.credential and one.credential.token else None,
        "disclosures": _disclosures(one),
    }


def _disclosures(version: CertificateVersion) -> dict[str, list[dict[str, str | None]]]:
    """``commitment`` stands in the statement; in the credential it is that of ``path`` (see ``rules.disclosures``)."""
    return {
        "makers": [
            {"name": one.name, "salt": one.salt, "commitment": one.commitment, "path": path_of(version.statement, one)}
            for one in names_beside(version)
        ]
    }


def _keys_in_hex() -> dict[str, str]:
    try:
        return {kid: key.public_bytes_raw().hex() for kid, key in verifying_keys().items()}
    except KeyProblemError:
        return {}


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
