"""Each version of a certificate as a W3C credential: built from what was signed at the grant, kept, and secured in two ways."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certification.core.db import db, writing
from certification.log.appending import hold_log
from certification.log.signing import let_sign, ring_at_hand
from certification.log.waiting import Ring
from certification.registry import issuer, status
from certification.registry.commitments import Disclosure as Salted
from certification.registry.models import Certificate, CertificateVersion, VersionCredential
from certification.registry.projection import with_proof
from certification.registry.versions import grace_of
from certification.rules.credential import CertificateVersion as Described
from certification.rules.credential import SchemeWords, StatusSlot, certificate_address, unsecured_credential
from certification.rules.days import day_of
from certification.rules.disclosures import Disclosure
from certification.rules.errors import InvalidInput
from certification.rules.jose import attached, detached
from certification.rules.signing import sign
from certification.rules.statement import read_statement
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.texts import text_of, zone_of

MAKERS, BEFORE = "makers", "before"  # keys of ``Certificate.page``


def issue_credential(version: CertificateVersion, *, at: datetime) -> VersionCredential:
    """Record the credential of a stored version and have both signed, in the unit of work that makes the version.

    Where this process has the key both are signed as they are first written, which spares writing them twice. That of the version
    before is revoked by it: the lists are signed anew.
    """
    session = writing()
    with session.no_autoflush:  # a version that is written before it is signed is written twice
        hold_log()
        ring = ring_at_hand(session)
    if ring is not None:
        sign_version(version, ring)
    session.flush()
    slots = status.take_places(version, at=at)
    made = VersionCredential(version=version, document=unsecured_credential(describe(version, slots)))
    if ring is not None:
        secure(made, ring, at=at)
    session.add(made)
    show_signed(version)
    session.flush()
    let_sign(at)
    if version.number > 1:
        status.follow(version.certificate, at=at)
    return made


def secure(credential: VersionCredential, ring: Ring, *, at: datetime) -> None:
    """Secure a credential in both ways, ``at`` or when its version was recorded."""
    seals = issuer.seal(credential.document, ring, at=max(at, credential.version.signed_at))
    credential.proof, credential.token = seals.proof, detached(seals.token)


def sign_version(version: CertificateVersion, ring: Ring) -> None:
    """Sign the statement of a version that has no signature yet."""
    if version.signature is None:
        signed = sign(version.statement, ring.present)
        version.kid, version.signature = signed.kid, signed.signature


def show_signed(version: CertificateVersion) -> None:
    """The page of a certificate tells of the version that stands, as far as it is signed."""
    certificate = version.certificate
    if certificate.page.get("proof", {}).get("number") == version.number:
        certificate.page = with_proof(certificate.page, version)


def document_of(version: CertificateVersion) -> dict[str, Any] | None:
    """The credential of a version with its Data Integrity proof, or ``None`` while it waits to be made or signed."""
    found = version.credential
    return None if found is None or found.proof is None else {**found.document, "proof": found.proof}


def token_of(version: CertificateVersion) -> str | None:
    """The same as a token, whole, or ``None``; of a damaged document what is stored, which verifies as nothing."""
    found = version.credential
    if found is None or found.token is None:
        return None
    try:
        return attached(found.token, found.document)
    except InvalidInput:
        return found.token


def find_version(certificate: Certificate, number: int) -> CertificateVersion | None:
    """A version of a certificate by its number."""
    wanted = CertificateVersion.certificate_id == certificate.id, CertificateVersion.number == number
    return db.session.scalar(select(CertificateVersion).where(*wanted))


def disclosures_of(version: CertificateVersion) -> tuple[Disclosure, ...]:
    """The names that stand beside a version and have not been removed, as its credential commits to them."""
    return tuple(_disclosures(version.statement, names_beside(version)))


def names_beside(version: CertificateVersion) -> list[Salted]:
    """The names that a version committed to and that were not taken away, with their salts, in the order of its statement."""
    page = version.certificate.page
    every = [Salted(one["name"], one["salt"]) for one in (*page.get(BEFORE, ()), *page.get(MAKERS, ()))]
    return [one for one in every if path_of(version.statement, one) is not None]


def path_of(said: Mapping[str, Any], given: Salted) -> str | None:
    """Which field of a signed statement a name belongs to (``makers/0``), or ``None`` when it was not signed there."""
    signed = said.get("personal", {}).get(MAKERS, ())
    return f"{MAKERS}/{signed.index(given.commitment)}" if given.commitment in signed else None


def _disclosures(said: Mapping[str, Any], given: Iterable[Salted]) -> Iterable[Disclosure]:
    for one in given:
        path = path_of(said, one)
        if path is not None:
            yield Disclosure(path, one.name, one.salt)


def describe(
    version: CertificateVersion, slots: Mapping[str, StatusSlot], *, origin: str | None = None, issuer_name: str | None = None
) -> Described:
    """What a version's credential says, of its rows; under the registry's present address and name unless others are given."""
    grant, origin = read_statement(version.statement), origin or issuer.origin()
    scheme = scheme_behind(version)
    return Described(
        origin=origin,
        issuer_name=issuer_name or issuer.name(),
        grant=grant,
        scheme=_words(scheme, origin),
        holder_id=f"{certificate_address(origin, grant.code)}#holder",
        revocation=slots["revocation"],
        suspension=slots["suspension"],
        grace_ends=grace_of(scheme, grant.surveillance_due),
        commitments=tuple(one.commitment for one in disclosures_of(version)),
    )


def scheme_behind(version: CertificateVersion) -> SchemeVersion:
    """The scheme version that a version of a certificate was granted under, which a later one may have left."""
    said, now = version.statement["scheme"], version.certificate.scheme_version
    if (said["id"], said["version"]) == (now.scheme.key, now.version):
        return now
    wanted = select(SchemeVersion).join(Scheme, Scheme.id == SchemeVersion.scheme_id)
    return db.session.scalars(wanted.where(Scheme.key == said["id"], SchemeVersion.version == said["version"])).one()


def _words(version: SchemeVersion, origin: str) -> SchemeWords:
    text, scheme = text_of(version), version.scheme
    begun = version.activated_at or scheme.created_at
    return SchemeWords(
        name=text.name.es,
        description=text.purpose.es,
        active_from=day_of(begun, zone_of(version)),
        owner_id=f"{origin}/schemes/{scheme.key}/{version.version}#owner",
        owner_name=scheme.owner.name if scheme.owner else text.owner.name.es,
    )
