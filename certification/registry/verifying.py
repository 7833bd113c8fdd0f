"""What is stored, checked as an outsider would check it: the record page asks before it shows anything, and so does fsck.

Two questions. What is this version worth by its credential and lists alone (:func:`check`)? And does everything that is stored
hold together (:func:`faults_of`): both signatures, both lists and their bits, the names beside it? Reads only.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from certification.log import reading
from certification.log.keys import KeyProblemError, verifying_keys
from certification.registry.commitments import Disclosure as Salted
from certification.registry.credentials import MAKERS, describe, disclosures_of, document_of, path_of, token_of
from certification.registry.issuer import compromises, demonstration, keys_behind, registry_keys
from certification.registry.models import CertificateVersion, StatusList, VersionCredential
from certification.registry.status import bit_of, slots_of
from certification.registry.status_bits import address_of
from certification.rules.canonical import digest
from certification.rules.checking import Checked, check_credential
from certification.rules.credential import credential_address, unsecured_credential
from certification.rules.did import COMPROMISED_KEY, RegistryKeys
from certification.rules.disclosures import Commitment, disclosed
from certification.rules.errors import DomainError
from certification.rules.jose import issuer_of
from certification.rules.leaves import LogAct
from certification.rules.secured import KeysAt, Secured, open_secured
from certification.rules.signing import Signed, verify
from certification.rules.statuslist import read_status


def check(version: CertificateVersion, at: datetime) -> Checked | None:
    """What the stored credential is worth at ``at`` by the stored lists; ``None`` while it waits to be made or signed.

    Raises:
        KeyProblemError: when the keys can't be read.

    """
    document, ends = document_of(version), compromises()
    if document is None:
        return None
    return check_credential(
        document,
        lists_of(version),
        keys_behind(document),
        at=at,
        compromised=ends,
        index=leaf_index_of(version) if ends else None,
        allow_demonstration=demonstration(),
    )


def leaf_index_of(version: CertificateVersion) -> int | None:
    """Where the log tells of the act that issued a version; None where it does not."""
    told = _leaf_of(version)
    return told.index if told else None


def logged_digest(version: CertificateVersion) -> str | None:
    """The digest of a version's credential as the log tells it; None where it does not."""
    told = _leaf_of(version)
    return told.act.credential if told else None


def _leaf_of(version: CertificateVersion) -> reading.Told | None:
    for told in reading.of_certificate(version.certificate.code):
        named = told.act.certificate
        if told.act.act in (LogAct.GRANTED, LogAct.RENEWED) and named and named.version == version.number:
            return told
    return None


def lists_of(version: CertificateVersion) -> dict[str, Secured | None]:
    """The signed lists that tell of a version, by their address."""
    return {address_of(listed): secured_list(listed) for listed, _place in _places(version)}


def secured_list(listed: StatusList) -> dict[str, object] | None:
    """A list with its Data Integrity proof as it was last signed; None before it ever was."""
    return None if listed.document is None else {**listed.document, "proof": listed.proof}


def faults_of(version: CertificateVersion, at: datetime) -> tuple[str, ...]:
    """Codes of all that does not hold; what still waits to be signed is no fault.

    Codes are those of the DomainErrors of ``rules``; and ``other_certificate``, ``other_document``, ``other_place``,
    ``wrong_bit``, ``unknown_name``, ``no_keys``.
    """
    try:
        return tuple(_faults(version, at))
    except KeyProblemError:
        return ("no_keys",)


def faults_of_version(
    version: CertificateVersion, at: datetime, keys: RegistryKeys | None = None, ends: Mapping[str, int] | None = None
) -> Iterator[str]:
    """As :func:`faults_of` without the lists, for whoever looks at each list once. Raises KeyProblemError.

    ``keys`` are this registry's, ``ends`` those of ``issuer.compromises``; both are read where they are not given.
    """
    keys, ends = keys or registry_keys(), compromises() if ends is None else ends
    yield from _statement_faults(version)
    credential, document, token = version.credential, document_of(version), token_of(version)
    if credential is None or document is None or token is None:
        return
    index = leaf_index_of(version) if ends else None
    counted = partial(keys_behind(credential.document, keys).at, compromised=ends, index=index)
    for secured in (document, token):
        try:
            opened = open_secured(secured, counted, at=at)
        except DomainError as error:
            yield error.code
        else:
            if opened.document != credential.document:
                yield "other_document"
    yield from _content_faults(version, credential)


def damages_of(version: CertificateVersion, at: datetime) -> tuple[str, ...]:
    """As :func:`faults_of` for a version that is history: see :func:`damages_of_version`."""
    try:
        return (*damages_of_version(version, at), *_faults_in_lists(version))
    except KeyProblemError:
        return ("no_keys",)


def damages_of_version(
    version: CertificateVersion, at: datetime, keys: RegistryKeys | None = None, ends: Mapping[str, int] | None = None
) -> Iterator[str]:
    """As :func:`faults_of_version`, where a key that fell into other hands afterwards is none of itself.

    Whoever has that key could sign anything anew. So its signatures must hold and the credential must be the one that its leaf
    names by its digest, and what the statement makes; else, and where a leaf of before the log names none, it stays a fault.
    """
    found = tuple(faults_of_version(version, at, keys, ends))
    if COMPROMISED_KEY not in found:
        yield from found
        return
    yield from faults_of_version(version, at, keys, {})
    if not is_logged_as_stated(version):
        yield COMPROMISED_KEY


def is_logged_as_stated(version: CertificateVersion) -> bool:
    """Whether its credential is the one that its leaf names by its digest, and is what its statement makes."""
    credential = version.credential
    if credential is None or logged_digest(version) != digest(credential.document):
        return False
    said = credential.document
    origin, name = str(said["id"]).partition("/c/")[0], str(said["issuer"]["name"])
    return _stated(unsecured_credential(describe(version, slots_of(version), origin=origin, issuer_name=name))) == _stated(said)


def _stated(document: Mapping[str, Any]) -> dict[str, Any]:
    """A credential without what is no part of a statement: names may be taken out, and a scheme's owner renamed."""
    subject = {name: value for name, value in document["credentialSubject"].items() if name != "nameCommitment"}
    scope = {name: value for name, value in subject["scope"].items() if name != "owner"}
    return {**document, "credentialSubject": {**subject, "scope": scope}}


def _faults(version: CertificateVersion, at: datetime) -> Iterator[str]:
    yield from faults_of_version(version, at)
    yield from _faults_in_lists(version)


def _faults_in_lists(version: CertificateVersion) -> Iterator[str]:
    if version.credential is None or version.credential.token is None:
        return
    keys, ends = registry_keys(), compromises()
    for listed, place in _places(version):
        if listed.document is not None:
            yield from _list_faults(version, listed, place, partial(keys_behind(listed.document, keys).at, compromised=ends))


def _statement_faults(version: CertificateVersion) -> Iterator[str]:
    try:
        if version.kid is not None and version.signature is not None:
            signed = Signed(version.kid, version.signature, version.statement)
            verify(signed, verifying_keys(), allow_demonstration=demonstration())
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


def _list_faults(version: CertificateVersion, listed: StatusList, place: int, keys_at: KeysAt) -> Iterator[str]:
    """The list as of its own signing, so that one which is only late is no fault: whoever reads it from outside says so."""
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": listed.purpose,
        "statusListIndex": str(place),
        "statusListCredential": address_of(listed),
    }
    at, document, secured = listed.signed_at, listed.document, secured_list(listed)
    if at is None or document is None or secured is None or listed.token is None:
        return
    issuer = str(issuer_of(document))
    try:
        told = read_status(entry, secured, keys_at, issuer=issuer, purpose=listed.purpose, at=at)
        opened = open_secured(listed.token, keys_at, at=at)
    except DomainError as error:
        yield error.code
        return
    if opened.document != document:
        yield "other_document"
    if version.credential is None or issuer_of(version.credential.document) != issuer:
        yield "wrong_issuer"
    if listed.waits_since is None and told is not bit_of(version, listed.purpose, at):
        yield "wrong_bit"


def _places(version: CertificateVersion) -> list[tuple[StatusList, int]]:
    return [(one.listed, one.place) for one in version.places]
