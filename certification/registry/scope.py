"""Goods in a certificate's scope that changed: their label waits until the committee looks at them again (guard 9)."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, exists, or_, select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications.cases import check_decider
from certification.applications.models import Application
from certification.applications.sending import UNDER_WAY
from certification.applications.subjects import subjects_of
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.registry.logged import log_rehook
from certification.registry.models import Certificate, CertificateSubject
from certification.registry.permissions import Permission
from certification.registry.telling import tell_holder
from certification.rules.errors import Conflict, NotFound
from certification.rules.text import N_
from certification.rules.workflow import RenewalCause

LONGEST_WHY = 2000
HOOKED = and_(CertificateSubject.certificate_id == Certificate.id, CertificateSubject.unhooked_at.is_(None))  # a join's condition


class Unhooked(NamedTuple):
    """Goods that wait. ``seen`` is what :func:`rehook` asks back: which change the committee looked at."""

    ref: str
    name: str
    why: list[str]
    at: datetime

    @property
    def seen(self) -> str:
        return self.at.isoformat()


def hooked(subject_ref: str, at: datetime) -> list[str]:
    """Codes of the certificates that a change of these goods would unhook, paused ones too."""
    return list(
        db.session.scalars(_in_scope(Certificate.code, [subject_ref], at).where(CertificateSubject.unhooked_at.is_(None)))
    )


def granted_at(subject_ref: str, at: datetime) -> datetime | None:
    """When it was last decided what these goods wear: a grant, or a renewal since; None when no label hangs on them."""
    rows = _in_scope(Certificate, [subject_ref], at).where(CertificateSubject.unhooked_at.is_(None))
    return max((decided_at(one) for one in db.session.scalars(rows)), default=None)


def decided_at(certificate: Certificate) -> datetime:
    """When its scope was last decided."""
    return max([certificate.granted_at, *(one.signed_at for one in certificate.versions if one.application_id is not None)])


def waiting(subject_ref: str, at: datetime) -> list[str]:
    """Codes of the certificates that do not show on these goods until they are looked at."""
    wanted = _in_scope(Certificate.code, [subject_ref], at).where(CertificateSubject.unhooked_at.is_not(None))
    return list(db.session.scalars(wanted))


def unhook(subject_refs: Collection[str], *, by: User, at: datetime, why: str) -> list[str]:
    """Take these goods out of sight of every certificate that lives; returns the codes. ``why`` says what changed.

    Goods that wait already are told anew, so that nobody hooks them again for what they have not seen. The holder gets one
    mail for each certificate. No permission is asked: it follows from a change that was allowed.
    """
    wanted = _in_scope(CertificateSubject, subject_refs, at).add_columns(Certificate)
    found = writing().execute(wanted.with_for_update(of=CertificateSubject)).all()
    touched: dict[Certificate, list[str]] = {}
    for row, certificate in found:
        row.unhooked_at = at
        row.unhooked_why = "\n".join(part for part in (row.unhooked_why, why) if part)[-LONGEST_WHY:]
        record("certificate.unhook", "certificate", certificate.code, by=by, at=at, subject=row.subject_ref)
        touched.setdefault(certificate, []).append(row.subject_ref)
    for certificate, refs in touched.items():
        tell_holder(certificate, "certificate-unhooked", at=at, pieces=_named(certificate, refs))
    return [certificate.code for certificate in touched]


def rehook(certificate: Certificate, subject_ref: str, *, seen: str, by: User, at: datetime) -> None:
    """The committee looked at the goods as they are now: they wear the label again. Twice is once.

    Raises:
        NotFound: the certificate never named these goods.
        Conflict: they changed once more since ``seen``, the instant of the change that was looked at (ISO 8601).
        TieBars, EvaluatorDecides, Forbidden: not for this person.
        LogConflict, CannotSign: the public log can't be told.

    """
    check(by, Permission.REHOOK, certificate)
    check_decider(by, certificate.case, at)
    hold(certificate)  # a renewal holds it too, before the log and before the goods that it takes in or out
    row = writing().get(CertificateSubject, (certificate.id, subject_ref))
    if row is None:
        raise NotFound
    hold(row)
    if row.unhooked_at is None:
        return
    if row.unhooked_at.isoformat() != seen:
        raise Conflict("changed_meanwhile", N_("Esta pieza cambió otra vez mientras usted la revisaba. Véala de nuevo."))
    row.unhooked_at = row.unhooked_why = None
    log_rehook(certificate, at)
    record("certificate.rehook", "certificate", certificate.code, by=by, at=at, subject=subject_ref)
    tell_holder(certificate, "certificate-rehooked", at=at, pieces=_named(certificate, [subject_ref]))


def _named(certificate: Certificate, refs: Iterable[str]) -> list[str]:
    names = {one.ref: one.name for one in subjects_of([certificate.holder_id])}
    return [names.get(ref, ref) for ref in refs]


def unhooked(certificate: Certificate) -> list[Unhooked]:
    """The goods of this certificate that wait, the longest first."""
    rows = select(CertificateSubject).where(
        CertificateSubject.certificate_id == certificate.id, CertificateSubject.unhooked_at.is_not(None)
    )
    found = list(db.session.scalars(rows.order_by(CertificateSubject.unhooked_at, CertificateSubject.subject_ref)))
    names = {one.ref: one.name for one in subjects_of([certificate.holder_id])} if found else {}
    return [
        Unhooked(one.subject_ref, names.get(one.subject_ref, one.subject_ref), (one.unhooked_why or "").split("\n"), when)
        for one in found
        if (when := one.unhooked_at) is not None
    ]


def _in_scope(what: Any, subject_refs: Collection[str], at: datetime) -> Select[Any]:
    """Of the certificates that name these goods and may still be valid one day: neither over nor given up. What ended while its
    renewal is decided may be back tomorrow, and nobody will have seen what changed until then.
    """
    sent = Application.state.in_(UNDER_WAY), Application.cause == RenewalCause.RENEWAL
    renewing = exists().where(Application.renews == Certificate.code, *sent)
    return (
        select(what)
        .select_from(CertificateSubject)
        .join(Certificate, Certificate.id == CertificateSubject.certificate_id)
        .where(
            CertificateSubject.subject_ref.in_(subject_refs),
            or_(Certificate.valid_until > at, renewing),
            Certificate.withdrawn_at.is_(None),
            Certificate.surrendered_at.is_(None),
            Certificate.superseded_at.is_(None),
        )
        .order_by(Certificate.id, CertificateSubject.subject_ref)
    )
