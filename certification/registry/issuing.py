"""The grant made lasting: a decision becomes a certificate with its code and its signed statement, in one unit of work."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications.models import Application, Decision
from certification.audit.record import record
from certification.core.db import writing
from certification.log.appending import hold_log
from certification.log.keys import signing_key
from certification.registry.commitments import Disclosure, disclose
from certification.registry.credentials import issue_credential
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion
from certification.registry.projection import first_page, place_of, with_proof
from certification.registry.recording import add_act
from certification.registry.telling import tell_holder
from certification.rules.code import new_code
from certification.rules.criteria import SchemeText, SubjectKind
from certification.rules.days import add_months, day_of, end_of_day, start_of_day
from certification.rules.errors import AlreadyDecided, Conflict, Forbidden, IllegalMove, InvalidInput
from certification.rules.fold import fold
from certification.rules.signing import sign
from certification.rules.statement import GrantStatement, Place, Subject, statement
from certification.rules.text import N_
from certification.rules.workflow import ApplicationState, CertificateAct
from certification.schemes.texts import lapsed_at, text_of, zone_of

TRIES = 8
LATEST_BEGINNING = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Days:
    """Days of validity, each included, in the scheme's zone. ``surveillance_due`` is None where the term is over first."""

    begins: date
    ends: date
    surveillance_due: date | None
    grace_ends: date | None


def days_of(text: SchemeText, decided_on: date) -> Days:
    """The term that a scheme gives from the day of its decision."""
    ends = add_months(decided_on, text.timing.validity_months)
    due = add_months(decided_on, text.timing.surveillance_months)
    if due >= ends:
        return Days(decided_on, ends, None, None)
    return Days(decided_on, ends, due, due + timedelta(days=text.timing.grace_days))


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
    _stands(application, decision, by)
    hold_log()
    session, version = writing(), application.scheme_version
    end = lapsed_at(version)
    if end is not None and end <= at:
        raise IllegalMove("scheme_lapsed", N_("El esquema terminó y ya no puede otorgar sellos."))
    decided_on = day_of(decision.decided_at, zone_of(version))
    days = days_of(text_of(version), _first_day(decided_on, begins))
    makers = disclose(str(name) for name in application.makers)
    certificate = _certificate(application, decision, days, _free_code(session), at)
    session.add(certificate)
    session.flush()
    signed = _sign(application, days, certificate, makers, at, decided_on)
    session.add(signed)
    session.add_all(CertificateSubject(certificate_id=certificate.id, subject_ref=ref) for ref in set(application.subject_refs))
    certificate.page = first_page(application, decision, makers)
    issue_credential(signed, at=at)
    certificate.page = with_proof(certificate.page, signed)
    term = {name: value.isoformat() for name in TERM if (value := getattr(certificate, name)) is not None}
    add_act(certificate, CertificateAct.GRANTED, by=by, at=at, details={"term": term, "outcome": decision.outcome.value})
    record("certificate.grant", "certificate", certificate.code, by=by, at=at, application=application.public_id, kid=signed.kid)
    tell_holder(certificate, "certificate-granted", at=at)
    session.flush()
    return certificate


def _first_day(decided: date, begins: date | None) -> date:
    if begins is not None and not decided <= begins <= decided + LATEST_BEGINNING:
        raise InvalidInput("begins_wrong", N_("El sello empieza el día de la decisión o a más tardar tres meses después."))
    return begins or decided


TERM = ("valid_from", "valid_until", "surveillance_due", "grace_ends")


def _stands(application: Application, decision: Decision, by: User) -> None:
    if decision.application_id != application.id or decision.decided_by_id != by.id:
        raise Forbidden("not_your_decision", N_("El sello se expide con la decisión de quien la tomó."))
    if application.state is not ApplicationState.DECIDED or not decision.outcome.grants:
        raise IllegalMove(state=application.state.value, action="certify")
    if writing().scalar(select(Certificate.id).where(Certificate.application_id == application.id)) is not None:
        raise AlreadyDecided


def _certificate(application: Application, decision: Decision, days: Days, code: str, at: datetime) -> Certificate:
    version, holder = application.scheme_version, application.party
    zone = zone_of(version)
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
        valid_from=start_of_day(days.begins, zone),
        valid_until=end_of_day(days.ends, zone),
        surveillance_due=end_of_day(days.surveillance_due, zone) if days.surveillance_due else None,
        grace_ends=end_of_day(days.grace_ends, zone) if days.grace_ends else None,
        page={},
    )


def _sign(  # noqa: PLR0913 - what one statement is made of
    application: Application,
    days: Days,
    certificate: Certificate,
    makers: tuple[Disclosure, ...],
    at: datetime,
    decided_on: date,
) -> CertificateVersion:
    version, text = application.scheme_version, text_of(application.scheme_version)
    said = statement(
        GrantStatement(
            issuer=str(current_app.config["SETTINGS"]["ORIGIN"]),
            code=certificate.code,
            version=1,
            scheme_id=version.scheme.key,
            scheme_version=version.version,
            scheme_digest=version.digest,
            label_class=certificate.label_class,
            mode=text.decision.mode,
            subject=_subject(application, makers),
            decided_on=decided_on,
            valid_from=days.begins,
            valid_until=days.ends,
            surveillance_due=days.surveillance_due,
            time_zone=zone_of(version).key,
        )
    )
    signed = sign(said, signing_key())
    return CertificateVersion(
        certificate=certificate, number=1, statement=said, kid=signed.kid, signature=signed.signature, signed_at=at
    )


def _subject(application: Application, makers: tuple[Disclosure, ...]) -> Subject:
    party, shown = application.party, application.photo
    return Subject(
        kind=SubjectKind(application.subject_kind),
        holder=party.name,
        goods=(application.goods,),
        place=Place(
            state_code=party.state_code,
            state=place_of(party).rpartition(", ")[2],
            municipality_code=(party.municipality_code or "")[2:],
            municipality=party.municipality,
            locality=party.locality,
        ),
        techniques=(application.techniques,) if application.techniques else (),
        photo_digests=(shown.digest,) if shown else (),
        refs=tuple(sorted(set(application.subject_refs))),
        makers=tuple(one.commitment for one in makers),
    )


def _free_code(session: Session) -> str:
    """A code that no certificate has; that fifty random bits meet eight times in a row is a broken source, not chance."""
    for _ in range(TRIES):
        code = new_code()
        if session.scalar(select(Certificate.id).where(Certificate.code == code)) is None:
            return code
    raise Conflict("no_free_code", N_("No se pudo crear un código nuevo. Intente de nuevo."))
