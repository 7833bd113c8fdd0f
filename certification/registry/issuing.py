"""The grant made lasting: a decision becomes a certificate with its code and its signed statement, in one unit of work."""

from dataclasses import asdict
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications.models import Application, Decision
from certification.audit.record import record
from certification.core.db import writing
from certification.log.appending import hold_log
from certification.log.signing import require_key
from certification.registry.commitments import disclose
from certification.registry.credentials import issue_credential
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion
from certification.registry.projection import first_page, with_proof
from certification.registry.recording import add_act, told_of
from certification.registry.telling import tell_holder
from certification.registry.versions import Stated, state_version, subject_of, term_said
from certification.rules.code import new_code
from certification.rules.days import day_of
from certification.rules.errors import AlreadyDecided, Conflict, Forbidden, IllegalMove, InvalidInput
from certification.rules.facts import Term
from certification.rules.fold import fold
from certification.rules.terms import term_of
from certification.rules.text import N_
from certification.rules.workflow import ApplicationState, CertificateAct
from certification.schemes.texts import lapsed_at, text_of, zone_of

TRIES = 8
LATEST_BEGINNING = timedelta(days=92)


def certify(application: Application, decision: Decision, *, by: User, at: datetime, begins: date | None = None) -> Certificate:
    """Issue the certificate that a decision grants; in the unit of work of that decision. It ``begins`` that day or later.

    Whoever decided has passed the guards there: this asks only that the decision is theirs, grants, and stands alone.

    Raises:
        Forbidden: the decision is another person's.
        IllegalMove: it does not grant, or the application is not decided.
        AlreadyDecided: there is a certificate already.
        InvalidInput: it would begin before the decision, or more than :data:`LATEST_BEGINNING` after it.
        KeyProblemError: the registry's key can't be used.

    """
    stands(application, decision, by)
    if application.renews is not None:
        raise IllegalMove(state=application.state.value, action="certify")
    require_key()
    hold_log()
    session, version = writing(), application.scheme_version
    end = lapsed_at(version)
    if end is not None and end <= at:
        raise IllegalMove("scheme_lapsed", N_("El esquema terminó y ya no puede otorgar sellos."))
    decided_on = day_of(decision.decided_at, zone_of(version))
    term = term_of(text_of(version).timing, _first_day(decided_on, begins))
    makers = disclose(str(name) for name in application.makers)
    certificate = _certificate(application, decision, term.instants(zone_of(version)), _free_code(session), at)
    certificate.page = first_page(application, decision, makers)
    session.add(certificate)
    session.flush()
    stated = Stated(version, certificate.label_class, subject_of(application, makers), decided_on, term)
    first = state_version(certificate, stated, application=application, at=at)
    session.add_all(CertificateSubject(certificate_id=certificate.id, subject_ref=ref) for ref in set(application.subject_refs))
    issue_credential(first, at=at)
    said = {"term": term_said(certificate), "outcome": decision.outcome.value}
    act = add_act(certificate, CertificateAct.GRANTED, by=by, at=at, details=said)
    certificate.page = with_proof(certificate.page, first)
    told = {"application": application.public_id, **told_of(act)}
    record("certificate.grant", "certificate", certificate.code, by=by, at=at, **told)
    tell_holder(certificate, "certificate-granted", at=at)
    session.flush()
    return certificate


def _first_day(decided: date, begins: date | None) -> date:
    if begins is not None and not decided <= begins <= decided + LATEST_BEGINNING:
        raise InvalidInput("begins_wrong", N_("El sello empieza el día de la decisión o a más tardar tres meses después."))
    return begins or decided


def stands(application: Application, decision: Decision, by: User) -> None:
    """Insist that a decision grants, is of whoever issues by it, and was used for nothing yet; raises as :func:`certify`."""
    if decision.application_id != application.id or decision.decided_by_id != by.id:
        raise Forbidden("not_your_decision", N_("El sello se expide con la decisión de quien la tomó."))
    if application.state is not ApplicationState.DECIDED or not decision.outcome.grants:
        raise IllegalMove(state=application.state.value, action="certify")
    used = select(CertificateVersion.id).where(CertificateVersion.application_id == application.id)
    first = select(Certificate.id).where(Certificate.application_id == application.id)
    if writing().scalar(used.union_all(first)) is not None:
        raise AlreadyDecided


def _certificate(application: Application, decision: Decision, term: Term, code: str, at: datetime) -> Certificate:
    version, holder = application.scheme_version, application.party
    return Certificate(
        code=code,
        application_id=application.id,
        scheme_version=version,
        holder=holder,
        holder_ref=holder.public_id,
        holder_name=holder.name,
        subject_kind=application.subject_kind,
        label_class=decision.label_class or "",
        goods=application.goods,
        search_text=fold(f"{holder.name} {application.goods} {holder.municipality}"),
        state_code=holder.state_code,
        municipality=holder.municipality,
        municipality_code=holder.municipality_code,
        photo_id=application.photo_id,
        granted_at=at,
        **asdict(term),
    )


def _free_code(session: Session) -> str:
    """A code that no certificate has; that fifty random bits meet eight times in a row is a broken source, not chance."""
    for _ in range(TRIES):
        code = new_code()
        if session.scalar(select(Certificate.id).where(Certificate.code == code)) is None:
            return code
    raise Conflict("no_free_code", N_("No se pudo crear un código nuevo. Intente de nuevo."))
