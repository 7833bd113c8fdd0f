"""Renewing a label under its code, or changing what it covers: an application of its holder, evaluated and decided as any.

A grant makes the next version, good from the day of the decision. A refusal changes nothing: the label goes on to its date. A
renewal is asked for between the opening of the scheme's window and the end of the term. What was sent by then may be decided
later, because the time that a committee takes is not the holder's fault; after the end the schemes know no renewal, only a new
application with a new code.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications import drafts
from certification.applications.drafts import Description, Given, Renews
from certification.applications.models import Application, Decision
from certification.applications.sending import UNDER_WAY, declare_check
from certification.applications.subjects import subjects_of
from certification.core.db import db, hold, writing
from certification.log.appending import hold_log
from certification.log.signing import require_key
from certification.registry.acts import standing_of
from certification.registry.commitments import disclose
from certification.registry.issuing import stands
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion
from certification.registry.permissions import Permission
from certification.registry.projection import next_page
from certification.registry.succession import hold_versions, issue_version, no_further, running, tell_renewed
from certification.registry.telling import last_day
from certification.registry.versions import Stated, subject_of
from certification.rules.criteria import Stage, SubjectKind
from certification.rules.days import day_of
from certification.rules.errors import Conflict, DomainError, Forbidden, IllegalMove, NotFound
from certification.rules.fold import fold
from certification.rules.terms import CalendarTerm, changed_term, renewed_term
from certification.rules.text import N_
from certification.rules.workflow import CERTIFICATE, ApplicationState, RenewalCause
from certification.schemes.queries import current_version
from certification.schemes.texts import text_of, zone_of

OPEN = (ApplicationState.DRAFT, *UNDER_WAY)
OVER = N_("Este sello ya venció y su plazo para renovarlo terminó con él. Solicite uno nuevo.")
OVER_FOR_SCOPE = N_("El plazo del sello terminó antes de la decisión: ya no se puede cambiar lo que ampara.")
EARLY = N_("Todavía no se puede renovar: el plazo abre %(days)d días antes de su fin.")


class Ways(NamedTuple):
    """What the holder may ask for now. ``opens_on`` is the first day to ask for a renewal, ``apply_by`` the day until which it is
    decided in time; ``under_way`` the public id of what they have asked for already. ``ended`` says that the term is over: only
    the renewal under way, asked for in time, can bring the label back.
    """

    opens_on: date
    apply_by: date
    may_renew: bool
    may_change: bool
    under_way: str | None
    ended: bool


class Foreseen(NamedTuple):
    """What a grant will do: to which label, from when and until when. ``refusal`` says why it can't, None where it can;
    ``ended`` whether the running term is over, so that without a grant the label stays so.
    """

    code: str
    cause: RenewalCause
    begins: date
    ends: date
    refusal: DomainError | None
    ended: bool


def ways(certificate: Certificate, at: datetime) -> Ways | None:
    """What the holder may ask for; None where the label is over and nothing can be asked nor is being decided."""
    return _ways(certificate, _open([certificate.code]).get(certificate.code), at)


def ways_of_all(codes: Collection[str], at: datetime) -> dict[str, Ways]:
    """The same of many labels by their codes, in two queries; those over are absent."""
    waiting = _open(codes)
    rows = db.session.scalars(select(Certificate).where(Certificate.code.in_(codes))) if codes else ()
    found = {one.code: _ways(one, waiting.get(one.code), at) for one in rows}
    return {code: one for code, one in found.items() if one is not None}


def _ways(certificate: Certificate, waits: Application | None, at: datetime) -> Ways | None:
    if _bar(certificate, RenewalCause.SCOPE, at) is not None and not _may_be_renewed(certificate, waits, at):
        return None
    timing, end = text_of(certificate.scheme_version).timing, _last_day(certificate)
    return Ways(
        opens_on=end - timedelta(days=timing.renewal_opens_days),
        apply_by=end - timedelta(days=timing.renewal_apply_days),
        may_renew=waits is None and _bar(certificate, RenewalCause.RENEWAL, at) is None,
        may_change=waits is None,
        under_way=waits.public_id if waits else None,
        ended=at >= certificate.valid_until,
    )


def renewal_under_way(certificate: Certificate, at: datetime) -> bool:
    """Whether a renewal that can still be granted is being asked for."""
    return _may_be_renewed(certificate, _open([certificate.code]).get(certificate.code), at)


def _may_be_renewed(certificate: Certificate, waits: Application | None, at: datetime) -> bool:
    """Whether what waits is a renewal that a grant may still follow. A draft that nobody sent by the end is none."""
    if waits is None or waits.cause is not RenewalCause.RENEWAL:
        return False
    return _bar(certificate, RenewalCause.RENEWAL, at, sent_at=waits.submitted_at) is None


def ask(certificate: Certificate, cause: RenewalCause, *, by: User, at: datetime) -> Application:
    """Open a draft that renews a label or changes its scope, filled with what stands. Asking again returns the same draft.

    Raises:
        IllegalMove: the label is lost or over, it is too early, or the scheme takes no applications.
        Conflict: something else was asked for this label and is not decided.

    """
    check(by, Permission.RENEW, certificate)
    hold(certificate.holder)  # as ``drafts.start`` does: of two who ask at once the second finds the draft of the first
    waits, bar = _open([certificate.code]).get(certificate.code), _bar(certificate, cause, at)
    if waits is not None and (bar is None or waits.state is not ApplicationState.DRAFT):  # a draft left at the end is none
        if (waits.cause, waits.state) == (cause, ApplicationState.DRAFT):
            return waits
        raise Conflict("renewal_under_way", N_("Ya hay una solicitud en curso para este sello."))
    if bar is not None:
        raise bar
    version = current_version(certificate.scheme_version.scheme)
    if version is None:
        raise IllegalMove("scheme_closed", N_("Este sello no recibe solicitudes ahora."))
    stage = Stage.RENEWAL if cause is RenewalCause.RENEWAL else Stage(certificate.case.stage)
    made = drafts.start(
        certificate.holder,
        version,
        subject_kind=SubjectKind(certificate.subject_kind),
        by=by,
        at=at,
        renews=Renews(certificate.code, cause, stage),
    )
    _fill(made, certificate, by, at)
    return made


def _fill(made: Application, certificate: Certificate, by: User, at: datetime) -> None:
    """What stands, and the words on each criterion that both texts know; what proves them is shown anew."""
    page, offered = certificate.page, {one.ref for one in subjects_of([certificate.holder_id])}
    rows = select(CertificateSubject.subject_ref).where(CertificateSubject.certificate_id == certificate.id)
    refs = sorted(offered & set(writing().scalars(rows)))
    makers = tuple(one["name"] for one in page["makers"])
    said = Description(certificate.goods, page["techniques"], page["marks"], makers, tuple(refs), certificate.photo)
    drafts.describe(made, said, by=by, at=at)
    known = {one.code for one in text_of(made.scheme_version).criteria}
    for answer in certificate.case.answers:
        if answer.criterion in known:
            drafts.answer(made, answer.criterion, Given(answer.text, answer.applies), by=by, at=at)


def renewed_by(application: Application) -> Certificate | None:
    """The label that an application would renew."""
    if application.renews is None:
        return None
    return db.session.scalar(select(Certificate).where(Certificate.code == application.renews))


def foresee(application: Application, at: datetime) -> Foreseen | None:
    """What a grant of this application would do now; None for an application that asks for a new label."""
    certificate = renewed_by(application)
    if certificate is None or application.cause is None:
        return None
    bar = _bar(certificate, application.cause, at, sent_at=application.submitted_at)
    term = _term(certificate, application, day_of(at, zone_of(application.scheme_version)))
    ended = at >= certificate.valid_until
    return Foreseen(certificate.code, application.cause, term.valid_from, term.valid_until, bar, ended)


def renew(application: Application, decision: Decision, *, by: User, at: datetime) -> Certificate:
    """Issue the next version that a decision grants; in the unit of work of that decision.

    Raises:
        Forbidden, IllegalMove, AlreadyDecided: as ``issuing.certify``.
        NotFound: there is no such label of this holder under this scheme.
        IllegalMove: the label was lost meanwhile, or ended before a renewal was asked for.
        KeyProblemError: the registry's key can't be used.

    """
    require_key()
    certificate, cause = renewed_by(application), application.cause
    if certificate is None or cause is None:
        raise NotFound
    hold_versions(certificate)  # before it is asked whether the decision was used: of two at once the second sees that it was
    stands(application, decision, by)
    if (certificate.holder_id, certificate.scheme_version.scheme_id) != (
        application.party_id,
        application.scheme_version.scheme_id,
    ):
        raise Forbidden("other_holder", N_("El sello nuevo debe ser de la misma persona titular."))
    CERTIFICATE.next_state(standing_of(certificate), "renew")
    bar = _bar(certificate, cause, at, sent_at=application.submitted_at)
    if bar is not None:
        raise bar
    hold_log()
    signed = _issue(certificate, application, decision, at)
    details: dict[str, object] = {"cause": cause.value, "version": signed.number, "outcome": decision.outcome.value}
    tell_renewed(certificate, signed, cause, by=by, at=at, details=details)
    return certificate


def _issue(certificate: Certificate, application: Application, decision: Decision, at: datetime) -> CertificateVersion:
    version = application.scheme_version
    decided_on = day_of(decision.decided_at, zone_of(version))
    term, makers = _term(certificate, application, decided_on), disclose(str(name) for name in application.makers)
    _take_scope(certificate, application, decision)
    certificate.page = next_page(certificate.page, application, decision, makers)
    stated = Stated(version, certificate.label_class, subject_of(application, makers), decided_on, term)
    return issue_version(certificate, stated, application=application, at=at)


def _take_scope(certificate: Certificate, application: Application, decision: Decision) -> None:
    """What the application asked for, as it was granted."""
    holder = application.party
    certificate.scheme_version = application.scheme_version
    certificate.holder_name, certificate.municipality = holder.name, holder.municipality
    certificate.state_code, certificate.municipality_code = holder.state_code, holder.municipality_code
    certificate.label_class = decision.label_class or ""
    certificate.goods, certificate.photo_id = application.goods, application.photo_id
    certificate.search_text = fold(f"{holder.name} {application.goods} {holder.municipality}")
    hook(certificate, {str(ref) for ref in application.subject_refs}, application.submitted_at)


def hook(certificate: Certificate, refs: Collection[str], seen_at: datetime | None) -> None:
    """Goods of the new scope wear the label. Those that changed after the case was sent were not looked at, and still wait."""
    session, one = writing(), CertificateSubject
    session.execute(delete(one).where(one.certificate_id == certificate.id, one.subject_ref.not_in(refs)))
    kept = {row.subject_ref: row for row in session.scalars(select(one).where(one.certificate_id == certificate.id))}
    for row in kept.values():
        if row.unhooked_at is not None and seen_at is not None and row.unhooked_at <= seen_at:
            row.unhooked_at = row.unhooked_why = None
    session.add_all(one(certificate_id=certificate.id, subject_ref=ref) for ref in sorted(set(refs) - set(kept)))


def _term(certificate: Certificate, application: Application, decided_on: date) -> CalendarTerm:
    timing = text_of(application.scheme_version).timing
    if application.cause is RenewalCause.RENEWAL:
        return renewed_term(timing, _last_day(certificate), decided_on)
    return changed_term(timing, running(certificate), begins=decided_on)


def _bar(certificate: Certificate, cause: RenewalCause, at: datetime, *, sent_at: datetime | None = None) -> DomainError | None:
    """Why a label may not be renewed or changed, or None. ``sent_at`` is when it was asked for, if it was."""
    over = no_further(certificate, "renew", at)
    if over is not None:
        return over
    if cause is RenewalCause.SCOPE:
        return IllegalMove("term_over", OVER_FOR_SCOPE if sent_at else OVER) if at >= certificate.valid_until else None
    if (sent_at or at) >= certificate.valid_until:
        return IllegalMove("term_over", OVER)
    opens_days = text_of(certificate.scheme_version).timing.renewal_opens_days
    if _today(certificate, sent_at or at) < _last_day(certificate) - timedelta(days=opens_days):
        return IllegalMove("too_early", EARLY, days=opens_days)
    return None


def _today(certificate: Certificate, at: datetime) -> date:
    return day_of(at, zone_of(certificate.scheme_version))


def _last_day(certificate: Certificate) -> date:
    return last_day(certificate.valid_until, zone_of(certificate.scheme_version))


def _open(codes: Collection[str]) -> dict[str, Application]:
    """What was asked for these labels and is neither decided nor closed."""
    asked = select(Application).where(Application.renews.in_(codes), Application.state.in_(OPEN)).order_by(Application.id)
    return {one.renews: one for one in db.session.scalars(asked) if one.renews is not None} if codes else {}


def _may_be_sent(application: Application, at: datetime) -> None:
    certificate = renewed_by(application)
    if certificate is None or application.cause is None:
        return
    bar = _bar(certificate, application.cause, at, sent_at=application.submitted_at)
    if bar is not None:
        raise bar


declare_check("renewals", _may_be_sent)
