"""Handing an application in, taking it back, and closing what was never answered."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications import notices
from certification.applications.acting import lock, on_behalf_of
from certification.applications.claims import require_backed
from certification.applications.completeness import missing_in
from certification.applications.models import Application
from certification.applications.permissions import Permission
from certification.applications.sent import keep_sent
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.core.declared import declare
from certification.parties.founding import declare_identity_check
from certification.parties.models import Party
from certification.rules.days import end_of_day
from certification.rules.errors import EvidenceMissing, IllegalMove, InvalidInput
from certification.rules.text import N_
from certification.rules.workflow import APPLICATION, ApplicationState
from certification.schemes.texts import lapsed_at, takes_applications, text_of, zone_of

LONGEST_REASON = 2000
UNDER_WAY = (
    ApplicationState.SUBMITTED,
    ApplicationState.RETURNED,
    ApplicationState.ACCEPTED,
    ApplicationState.EVALUATING,
    ApplicationState.IN_REVIEW,
)
Check = Callable[[Application, datetime], None]
_checks: dict[str, Check] = {}


def declare_check(name: str, function: Check) -> None:
    """Have ``function(application, at)`` refuse with a DomainError what a higher floor knows may not be sent.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_checks, name, function)


ONE_GAP = N_("Falta una cosa antes de enviar. Abajo dice cuál.")
SOME_GAPS = N_("Faltan %(count)d cosas antes de enviar. Abajo dice cuáles.")


def submit(application: Application, *, pledged: bool, by: User, at: datetime) -> None:
    """Send a draft, or send a returned one again; sending what has been sent changes nothing. It keeps its first date.

    Raises:
        EvidenceMissing: something that the scheme asks for is not there (see :func:`completeness.missing_in`).
        InvalidInput: the pledge was not given (field ``pledge``).
        InvalidInput: its goods claim what waits for a document (see :mod:`claims`).
        IllegalMove: from another state, or the scheme takes no applications any more.

    """
    check(by, Permission.SUBMIT, application)
    lock(application)
    if application.state is ApplicationState.SUBMITTED:
        return
    hold(application.party)  # so that nobody renames it in the same moment
    state, again = APPLICATION.next_state(application.state, "submit"), application.state is ApplicationState.RETURNED
    _check_scheme(application, at)
    for allow in _checks.values():
        allow(application, at)
    if not pledged:
        raise InvalidInput("no_pledge", N_("Para enviar hace falta su palabra de que es verdad."), field="pledge")
    gaps = missing_in(application, text_of(application.scheme_version))
    if gaps:
        raise EvidenceMissing("incomplete", ONE_GAP if len(gaps) == 1 else SOME_GAPS, count=len(gaps))
    require_backed(application, at)
    keep_sent(application)
    application.state = state
    application.submitted_at = application.submitted_at or at
    application.answer_until = None
    for request in application.returns:
        request.answered_at = request.answered_at or at
    _note("application.submit", application, by=by, at=at, again=again, pledged=True)
    notices.submitted(application, again=again)


def withdraw(application: Application, *, reason: str, by: User, at: datetime) -> None:
    """The applicant takes the application back, for good; taking it back twice is once.

    Raises:
        InvalidInput: no reason is given for what others have begun to work on (field ``reason``).
        IllegalMove: it is decided or closed.

    """
    check(by, Permission.WITHDRAW, application)
    lock(application)
    if application.state is ApplicationState.WITHDRAWN_BY_APPLICANT:
        return
    state, seen = APPLICATION.next_state(application.state, "withdraw"), application.state is not ApplicationState.DRAFT
    if seen and not reason:
        raise InvalidInput("no_reason", N_("Diga en pocas palabras por qué la retira."), field="reason")
    application.state = state
    application.answer_until = None
    _note("application.withdraw", application, by=by, at=at, reason=reason[:LONGEST_REASON])
    if seen:
        notices.withdrawn(application, reason)


def lapse_overdue(at: datetime, *, limit: int = 100) -> int:
    """Close returned applications whose day to answer is over in their scheme's zone; returns how many. For the worker."""
    waiting = (
        select(Application)
        .where(Application.state == ApplicationState.RETURNED, Application.answer_until < at.date())
        .order_by(Application.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    closed = 0
    for application in writing().scalars(waiting).all():
        until = application.answer_until
        if until is None or at < end_of_day(until, zone_of(application.scheme_version)):
            continue
        application.state = APPLICATION.next_state(application.state, "lapse")
        record("application.lapse", "application", application.public_id, by=None, at=at, answer_until=until.isoformat())
        notices.lapsed(application, until)
        closed += 1
    return closed


def _stays_itself(party: Party) -> None:
    """Who is being looked at stays who they are until the decision: its certificate is signed with that name and place.

    Raises:
        IllegalMove: an application of the party stands between sent and decided.

    """
    asked = select(Application.id).where(Application.party_id == party.id, Application.state.in_(UNDER_WAY))
    if db.session.scalar(asked.limit(1)) is not None:
        sentence = N_(
            "Hay una solicitud de sello en curso. El nombre, el tipo y el lugar se cambian cuando se decida o se retire."
        )
        raise IllegalMove("application_under_way", sentence, field="name")


declare_identity_check("applications", _stays_itself)


def _check_scheme(application: Application, at: datetime) -> None:
    """A draft needs the version in force; one that was sent under it goes on until the scheme itself has ended."""
    version = application.scheme_version
    if application.state is ApplicationState.DRAFT:
        if not takes_applications(version, at):
            sentence = N_("Este sello ya no recibe solicitudes con estas reglas. Empiece otra solicitud con las reglas actuales.")
            raise IllegalMove("scheme_closed", sentence)
    elif (end := lapsed_at(version)) is not None and end <= at:
        raise IllegalMove("scheme_lapsed", N_("El esquema de este sello terminó y ya no se puede otorgar."))


def _note(act: str, application: Application, *, by: User, at: datetime, **details: object) -> None:
    behalf = on_behalf_of(by, application.party)
    record(act, "application", application.public_id, by=by, at=at, on_behalf_of=behalf, **details)
