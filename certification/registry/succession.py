"""The next version of a certificate made lasting: stated, revoking the one before, on the record, and told to its holder."""

from collections.abc import Mapping
from datetime import datetime

from certification.accounts.models import User
from certification.applications.models import Application
from certification.audit.record import record
from certification.core.db import hold, writing
from certification.registry.acts import standing_of
from certification.registry.commitments import Disclosure
from certification.registry.credentials import issue_credential, scheme_behind
from certification.registry.lost import standing_statement
from certification.registry.models import Certificate, CertificateVersion
from certification.registry.projection import with_proof
from certification.registry.recording import add_act, told_of
from certification.registry.telling import last_day, tell_holder
from certification.registry.validity import facts_of
from certification.registry.versions import Stated, calendar_of, state_version, stated_by, take_term, term_said
from certification.rules.errors import IllegalMove
from certification.rules.facts import renewed
from certification.rules.statement import read_statement
from certification.rules.terms import CalendarTerm
from certification.rules.text import N_
from certification.rules.workflow import CERTIFICATE, CertificateAct, RenewalCause
from certification.schemes.texts import lapsed_at, zone_of


def hold_versions(certificate: Certificate) -> None:
    """Keep others from making a version, and see those that are there."""
    hold(certificate)
    writing().expire(certificate, ["versions", "acts", "lost"])


def no_further(certificate: Certificate, action: str, at: datetime) -> IllegalMove | None:
    """Why there is no further version by whatever way: the label is lost for good, or its scheme has ended."""
    if action not in CERTIFICATE.actions_from(standing_of(certificate)):
        return IllegalMove("not_renewable", N_("Este sello se perdió y no vuelve. Para tener uno hay que solicitarlo de nuevo."))
    end = lapsed_at(certificate.scheme_version)
    if end is not None and end <= at:
        return IllegalMove("scheme_lapsed", N_("El esquema terminó y ya no puede otorgar sellos."))
    return None


def running(certificate: Certificate) -> CalendarTerm:
    """The days of the version that stands."""
    return calendar_of(standing_statement(certificate), certificate.scheme_version)


def issue_version(
    certificate: Certificate, stated: Stated, *, application: Application | None, at: datetime
) -> CertificateVersion:
    """Record the next version with its credential, and let dates and page follow it. What it states stands on the row already."""
    instants = stated.term.instants(zone_of(stated.scheme))
    signed = state_version(certificate, stated, application=application, at=at)
    take_term(certificate, renewed(facts_of(certificate, None), instants, at))
    issue_credential(signed, at=at)
    certificate.page = with_proof(certificate.page, signed)
    return signed


def issue_again(certificate: Certificate, term: CalendarTerm, *, at: datetime) -> CertificateVersion:
    """What the standing version states, with the names that may still be seen, as the next one with a term of its own."""
    makers = [Disclosure(one["name"], one["salt"]) for one in certificate.page["makers"]]
    stated = stated_by(standing_statement(certificate), certificate.scheme_version, makers, term)
    return issue_version(certificate, stated, application=None, at=at)


def tell_renewed(  # noqa: PLR0913 - the parts of one record
    certificate: Certificate,
    signed: CertificateVersion,
    cause: RenewalCause,
    *,
    by: User,
    at: datetime,
    details: Mapping[str, object],
    summary: str = "",
) -> None:
    """Put a next version on the record: the act with its leaf, the audit and the mail to the holder."""
    scheme = scheme_behind(signed)
    term = calendar_of(read_statement(signed.statement), scheme).instants(zone_of(scheme))
    said = {"term": term_said(term), **details}
    act = add_act(certificate, CertificateAct.RENEWED, by=by, at=at, details=said, summary=summary)
    case = signed.application.public_id if signed.application else None
    facts = {"cause": cause.value, "version": signed.number, "application": case, **told_of(act)}
    record("certificate.renew", "certificate", certificate.code, by=by, at=at, **facts)
    due = certificate.surveillance_due
    visit = last_day(due, zone_of(scheme)) if due else None
    told = signed.application.applicant_id if signed.application else None  # by the mail of the decision, with its reasons
    tell_holder(certificate, "certificate-renewed", at=at, told=told, cause=cause.value, next_visit=visit)
    writing().flush()
