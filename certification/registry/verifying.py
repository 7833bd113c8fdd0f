"""What is stored, checked as an outsider would check it: the record page asks before it shows anything, and so does fsck.

Two questions. What is this version worth by its credential and lists alone (:func:`check`)? And does everything that is stored
hold together (:func:`faults_of`): both signatures, both lists and their bits, the names beside it? Reads only.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certification.core.db import db
from certification.log.keys import KeyProblemError
from certification.registry.commitments import Disclosure as Salted
from certification.registry.credentials import MAKERS, disclosures_of, document_of, path_of
from certification.registry.issuer import demonstration, keys_behind
from certification.registry.models import CertificateVersion, StatusList, StatusPlace, VersionCredential
from certification.registry.status import address_of, bit_of
from certification.rules.checking import Checked, check_credential
from certification.rules.credential import credential_address
from certification.rules.disclosures import Commitment, disclosed
from certification.rules.errors import DomainError
from certification.rules.proofs import Document
from certification.rules.secured import Secured, open_secured
from certification.rules.signing import Signed, verify
from certification.rules.statuslist import read_status


def check(version: CertificateVersion, at: datetime) -> Checked | None:
    """What the stored credential is worth at ``at`` by the stored lists; ``None`` while it waits to be made or signed.

    Raises:
        KeyProblemError: when the keys can't be read.

    """
    document = document_of(version)
    if document is None:
        return None
    return check_credential(document, lists_of(version), keys_behind(document), at=at, allow_demonstration=demonstration())


def lists_of(version: CertificateVersion) -> dict[str, Secured | None]:
    """The signed lists that tell of a version, by their address."""
    return {address_of(listed): secured_list(listed) for listed, _place in _places(version)}


def secured_list(listed: StatusList) -> dict[str, object]:
    """A list with its Data Integrity proof."""
    return {**listed.document, "proof": listed.proof}


def faults_of(version: CertificateVersion, at: datetime) -> tuple[str, ...]:
    """Codes of all that does not hold; a credential that still waits to be signed is no fault.

    Codes are those of the DomainErrors of ``rules``; and ``other_certificate``, ``other_document``, ``other_place``,
    ``wrong_bit``, ``unknown_name``, ``no_keys``.
    """
    try:
        return tuple(_faults(version, at))
    except KeyProblemError:
        return ("no_keys",)


def _faults(version: CertificateVersion, at: datetime) -> Iterator[str]:
    yield from _statement_faults(version)
    credential, document = version.credential, document_of(version)
    if credential is None or document is None or credential.token is None:
        return
    for secured in (document, credential.token):
        try:
            opened = open_secured(secured, keys_behind(credential.document).at, at=at)
        except DomainError as error:
            yield error.code
        else:
            if opened.document != credential.document:
                yield "other_document"
    yield from _content_faults(version, credential)
    for listed, place in _places(version):
        yield from _list_faults(version, credential.document, listed, place)


def _statement_faults(version: CertificateVersion) -> Iterator[str]:
    keys = keys_behind({"issuer": ""}).keys
    public = {kid: one.public for kid, one in keys.items()}
    try:
        verify(Signed(version.kid, version.signature, version.statement), public, allow_demonstration=demonstration())
    except DomainError as error:
        yield error.code
        return
    if version.statement["certificate"] != {"code": version.certificate.code, "version": version.number}:
        yield "other_certificate"


def _content_faults(version: CertificateVersion, credential: VersionCredential) -> Iterator[str]:
    document, code = credential.document, version.certificate.code
    origin = str(document["id"]).partition("/c/")[0]
    subject = document["credentialSubject"]
    said = (document["id"], subject["certificateCode"], subject["certificateVersion"])
    if said != (credential_address(origin, code, version.number), code, version.number):
        yield "other_certificate"
    entries = {
        (one["statusPurpose"], one["statusListCredential"], one["statusListIndex"]) for one in document["credentialStatus"]
    }
    if entries != {(listed.purpose, address_of(listed), str(place)) for listed, place in _places(version)}:
        yield "other_place"
    yield from _name_faults(version, subject)


def _name_faults(version: CertificateVersion, subject: Mapping[str, Any]) -> Iterator[str]:
    """Every name that is shown was committed to: in the statement, and in the credential under the same field."""
    page = version.certificate.page
    shown = [Salted(one["name"], one["salt"]) for one in page.get(MAKERS, ())]
    if page["proof"]["number"] == version.number and any(path_of(version.statement, one) is None for one in shown):
        yield "unknown_name"
    signed = [Commitment(one["commitmentPath"], one["commitmentDigest"]) for one in subject.get("nameCommitment", ())]
    try:
        disclosed(signed, disclosures_of(version))
    except DomainError as error:
        yield error.code


def _list_faults(version: CertificateVersion, document: Document, listed: StatusList, place: int) -> Iterator[str]:
    """The list as of its own signing, so that one which is only late is no fault: whoever reads it from outside says so."""
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": listed.purpose,
        "statusListIndex": str(place),
        "statusListCredential": address_of(listed),
    }
    keys = keys_behind(listed.document)
    at, issuer = listed.signed_at, keys.did
    try:
        told = read_status(entry, secured_list(listed), keys.at, issuer=issuer, purpose=listed.purpose, at=at)
        opened = open_secured(listed.token, keys.at, at=at)
    except DomainError as error:
        yield error.code
        return
    if opened.document != listed.document:
        yield "other_document"
    if issuer != keys_behind(document).did:
        yield "wrong_issuer"
    if told is not bit_of(version, listed.purpose, listed.signed_at):
        yield "wrong_bit"


def _places(version: CertificateVersion) -> list[tuple[StatusList, int]]:
    rows = select(StatusPlace).where(StatusPlace.version_id == version.id).order_by(StatusPlace.list_id)
    return [(one.listed, one.place) for one in db.session.scalars(rows)]
