"""The versions of certificates that wait for their signatures: the statement, and the credential in both its forms."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select, union

from certification.core.db import db, writing
from certification.log.keys import verifying_keys
from certification.log.waiting import Kind, Ring, Waiting, declare_kind
from certification.registry.credentials import describe, secure, show_signed, sign_version
from certification.registry.issuer import demonstration
from certification.registry.models import Certificate, CertificateVersion, VersionCredential
from certification.registry.status import slots_of
from certification.registry.verifying import leaf_index_of, logged_digest
from certification.rules.canonical import digest
from certification.rules.credential import unsecured_credential
from certification.rules.errors import DomainError
from certification.rules.signing import Signed, verify

log = structlog.get_logger()
UNSIGNED = select(CertificateVersion.id).where(CertificateVersion.signature.is_(None))
UNSECURED = select(VersionCredential.version_id).where(VersionCredential.token.is_(None))


def waiting_versions(ring: Ring, at: datetime) -> Iterator[Waiting]:
    """What waits of each version, in their order; nothing of one whose statement was signed otherwise than it stands."""
    rows = select(CertificateVersion).where(CertificateVersion.id.in_(union(UNSIGNED, UNSECURED)))
    for version in writing().scalars(rows.order_by(CertificateVersion.id)).all():
        if version.signature is not None and not _is_sound(version):
            log.error("version not signed", code=version.certificate.code, version=version.number)
            continue
        named = f"{version.certificate.code}/{version.number}"
        if version.signature is None:
            yield Waiting(f"statement {named}", version.statement, partial(_sign, version, ring), partial(_is_own, version))
        credential = version.credential
        if credential is not None and credential.token is None:
            secured = partial(_secure, version, credential, ring, at)
            yield Waiting(f"credential {named}", credential.document, secured, partial(_is_of, version, credential))


def hold_certificates() -> None:
    """Hold the certificates whose versions wait: whoever acts on one holds it before the log."""
    held = select(CertificateVersion.certificate_id).where(CertificateVersion.id.in_(union(UNSIGNED, UNSECURED)))
    rows = select(Certificate.id).where(Certificate.id.in_(held)).order_by(Certificate.id)
    writing().execute(rows.with_for_update()).all()


def versions_wait() -> bool:
    """Whether any version has no signature yet."""
    return db.session.scalar(union(UNSIGNED, UNSECURED).limit(1)) is not None


declare_kind("versions", Kind(waiting_versions, versions_wait, hold=hold_certificates))


def _sign(version: CertificateVersion, ring: Ring) -> None:
    sign_version(version, ring)
    show_signed(version)


def _secure(version: CertificateVersion, credential: VersionCredential, ring: Ring, at: datetime) -> None:
    secure(credential, ring, at=at)
    show_signed(version)


def _is_sound(version: CertificateVersion) -> bool:
    try:
        signed = Signed(str(version.kid), str(version.signature), version.statement)
        verify(signed, verifying_keys(), allow_demonstration=demonstration())
    except DomainError:
        return False
    return True


def _is_own(version: CertificateVersion) -> bool:
    """Whether the statement names the version that it is stored with, and an act of the log issued that one."""
    named = version.statement.get("certificate") == {"code": version.certificate.code, "version": version.number}
    return named and leaf_index_of(version) is not None


def _is_of(version: CertificateVersion, credential: VersionCredential) -> bool:
    """Whether the document is what the version's rows make, under the address and the name that it says, and what its leaf tells.

    A leaf of before the log tells no digest, but there must be one: rows alone are no act. Names may have been taken out
    meanwhile; their commitments are held by the leaf alone.
    """
    if leaf_index_of(version) is None:
        return False
    said = credential.document
    origin, issuer = str(said["id"]).partition("/c/")[0], said["issuer"]
    made = unsecured_credential(describe(version, slots_of(version), origin=origin, issuer_name=str(issuer["name"])))
    return _nameless(made) == _nameless(said) and logged_digest(version) in (None, digest(said))


def _nameless(document: Mapping[str, Any]) -> dict[str, Any]:
    subject = {name: value for name, value in document["credentialSubject"].items() if name != "nameCommitment"}
    return {**document, "credentialSubject": subject}
