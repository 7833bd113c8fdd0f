"""What the worker does for credentials: makes and signs those that wait, and signs lists anew before they are stale."""

from datetime import datetime

import structlog
from sqlalchemy import or_, select

from certification.core.db import db, hold, unit_of_work
from certification.log import reading
from certification.log.checkpoints import require_carried_on
from certification.log.signing import let_sign
from certification.registry import status
from certification.registry.credentials import issue_credential
from certification.registry.models import CertificateVersion, VersionCredential
from certification.registry.recording import forget_pages
from certification.registry.verifying import faults_of

AT_ONCE = 100
log = structlog.get_logger()


def complete_credentials(at: datetime) -> int:
    """Make the credentials of versions issued before there were any, and sign what waits; how many. Runs again safely.

    A version whose stored signature does not hold gets none, and the log says so.

    Raises:
        LogConflict: the database does not carry on from what the log had signed: nothing is signed of rows that may be old.
        CannotSign, NotConfirmed: when it can't be signed; what was done before stays done.

    """
    require_carried_on(reading.head())
    done, after = 0, 0
    while waiting := _waiting(after):
        for version in waiting:
            with unit_of_work():  # one at a time: whoever acts on a certificate holds it first and the lists after it
                done += _complete(version, at)
        after = waiting[-1].id
    if done:
        forget_pages()
    return done


def renew_lists(at: datetime) -> int:
    """Sign the lists that need it, each in a unit of work of its own; how many.

    Raises:
        LogConflict: as :func:`complete_credentials`: an old row would clear a bit that had been set.
        CannotSign, NotConfirmed: when it can't be signed.

    """
    require_carried_on(reading.head())
    found = status.due(at)
    for number in found:
        with unit_of_work():
            status.renew(number, at=at)
    return len(found)


def has_waiting() -> bool:
    """Whether a version has no signed credential yet."""
    return bool(_waiting(0))


def _waiting(after: int) -> list[CertificateVersion]:
    rows = (
        select(CertificateVersion)
        .outerjoin(VersionCredential, VersionCredential.version_id == CertificateVersion.id)
        .where(CertificateVersion.id > after, or_(VersionCredential.version_id.is_(None), VersionCredential.token.is_(None)))
    )
    return list(db.session.scalars(rows.order_by(CertificateVersion.id).limit(AT_ONCE)))


def _complete(version: CertificateVersion, at: datetime) -> bool:
    """Also follows a label that was paused or lost already: no credential is ever served before its bit is set."""
    hold(version.certificate)
    faults = faults_of(version, at)
    if faults:
        log.error("version without credential", code=version.certificate.code, version=version.number, faults=faults)
        return False
    if version.credential is None:
        issue_credential(version, at=at)
    else:
        let_sign(at)
    certificate = version.certificate
    if any(status.bit_of(version, purpose, at) for purpose in status.PURPOSES):
        status.follow(certificate, at=at)
    return True
