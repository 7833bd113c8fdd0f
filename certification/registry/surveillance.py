"""The visit that a scheme asks for between grant and end: passed, it makes the next version with a new due date."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications.cases import check_decider
from certification.core.db import writing
from certification.log.appending import hold_log
from certification.registry.acts import MOVED
from certification.registry.lost import standing_statement
from certification.registry.models import Certificate, RecordedAct
from certification.registry.permissions import Permission
from certification.registry.renewals import renewal_under_way
from certification.registry.succession import hold_versions, issue_again, no_further, running, tell_renewed
from certification.rules.days import day_of
from certification.rules.errors import Conflict, IllegalMove, InvalidInput
from certification.rules.terms import CalendarTerm, watched_term
from certification.rules.text import N_
from certification.rules.workflow import CertificateAct, RenewalCause
from certification.schemes.texts import text_of, zone_of

ACTION = "pass_surveillance"
MOST_VISITORS = 50
WRITTEN_WITHIN = 30  # days
TOO_OLD = N_("Esa visita ya no cuenta: se anota a más tardar %(days)d días después. Hay que volver a ir.")
NOT_BEGUN = N_("Este sello todavía no empieza a valer: su visita de seguimiento se hace cuando ya vale.")
ENDED = N_("Este sello ya venció: no lleva más visitas de seguimiento.")
ENDED_RENEWING = N_(
    "Este sello ya venció y no lleva más visitas de seguimiento. Su renovación se pidió a tiempo y está en curso."
)


class Visit(NamedTuple):
    """What was seen: the day, how many visited as peers and as outsiders, and words for the public.

    ``seen`` is the number of the version on the page that it was written on: whoever sends it twice passes it once.
    """

    on: date
    peers: int
    outsiders: int
    summary: str
    seen: int


def pass_surveillance(certificate: Certificate, visit: Visit, *, by: User, at: datetime) -> RecordedAct:
    """Record that a visit found the label in order: the next is due the scheme's interval after it. The term keeps its end.

    A late one lifts the pause of an overdue visit. A pause by an act stays until it is restored.

    Raises:
        InvalidInput: the day is not one that counts (see :func:`earliest`), nobody visited, or the summary is missing.
        IllegalMove: the label is lost, over or has not begun, or no visit is due before its end.
        Conflict: the label has another version by now.
        TieBars, EvaluatorDecides, Forbidden: not for this person.

    """
    check(by, Permission.SURVEY, certificate)
    check_decider(by, certificate.case, at)
    hold_versions(certificate)
    before = _same(certificate, visit, by)
    if before is not None:
        return before
    if certificate.newest != visit.seen:
        raise Conflict("moved_meanwhile", MOVED)
    term = foresee(certificate, visit, at=at)
    hold_log()
    signed = issue_again(certificate, term, at=at)
    cause = RenewalCause.SURVEILLANCE
    seen = {"visited_on": visit.on.isoformat(), "peers": visit.peers, "outsiders": visit.outsiders}
    details: dict[str, object] = {"cause": cause.value, "version": signed.number, **seen}
    tell_renewed(certificate, signed, cause, by=by, at=at, details=details, summary=visit.summary.strip())
    writing().expire(certificate, ["acts"])
    return certificate.acts[-1]


def due(certificate: Certificate, at: datetime) -> bool:
    """Whether a visit can be recorded: one is due before the end of a term that runs."""
    return _bar(certificate, at) is None


def require_due(certificate: Certificate, at: datetime) -> None:
    """Raises IllegalMove where no visit can be recorded (:func:`due`)."""
    bar = _bar(certificate, at)
    if bar is not None:
        raise bar


def foresee(certificate: Certificate, visit: Visit, *, at: datetime) -> CalendarTerm:
    """The days of the version that it would make; refuses what the act itself would refuse of what was written."""
    require_due(certificate, at)
    today, first = day_of(at, zone_of(certificate.scheme_version)), earliest(certificate, at)
    if visit.on > today:
        raise InvalidInput("day_to_come", N_("Ese día todavía no llega."), field="visited_on")
    if visit.on <= last_look(certificate):
        raise InvalidInput("day_before_last", N_("Esa visita es anterior a la última que ya cuenta."), field="visited_on")
    if visit.on < first:
        raise InvalidInput("day_too_old", TOO_OLD, field="visited_on", days=(today - first).days)
    if not 0 < visit.peers + visit.outsiders <= MOST_VISITORS or min(visit.peers, visit.outsiders) < 0:
        raise InvalidInput("nobody_visited", N_("Diga cuántas personas fueron, al menos una."), field="peers")
    if not visit.summary.strip():
        raise InvalidInput(
            "summary_missing", N_("Escriba en pocas palabras qué pasó: lo leerá todo el público."), field="public_summary"
        )
    timing = text_of(certificate.scheme_version).timing
    return watched_term(timing, running(certificate), begins=max(today, running(certificate).valid_from), visited_on=visit.on)


def earliest(certificate: Certificate, at: datetime) -> date:
    """The first day of a visit that still counts when it is written down at ``at``.

    A scheme counts its interval from the last look and names no day from which a visit is too early: one on a complaint may come
    at any time. What it does name is how late one may be, its days of grace. As late may its writing down be, and never less
    than :data:`WRITTEN_WITHIN`, as a committee meets by the month. An older look says nothing of the work today; and without a
    limit a day of long ago would lift the pause of an overdue visit though nobody went.
    """
    within = max(text_of(certificate.scheme_version).timing.grace_days, WRITTEN_WITHIN)
    return day_of(at, zone_of(certificate.scheme_version)) - timedelta(days=within)


def last_look(certificate: Certificate) -> date:
    """The day of the last visit that passed, or of the last decision: a surveillance is counted from there."""
    visits = [one for one in certificate.acts if one.details.get("cause") == RenewalCause.SURVEILLANCE]
    decided = standing_statement(certificate).decided_on
    return max([decided - timedelta(days=1), *(date.fromisoformat(one.details["visited_on"]) for one in visits)])


def _bar(certificate: Certificate, at: datetime) -> IllegalMove | None:
    over = no_further(certificate, ACTION, at)
    if over is not None:
        return over
    if at >= certificate.valid_until:
        return IllegalMove("term_over", ENDED_RENEWING if renewal_under_way(certificate, at) else ENDED)
    if at < certificate.valid_from:
        return IllegalMove("not_begun", NOT_BEGUN)
    if certificate.surveillance_due is None:
        return IllegalMove("no_visit_due", N_("Este sello no tiene otra visita pendiente antes de su fin: toca renovarlo."))
    return None


def _same(certificate: Certificate, visit: Visit, by: User) -> RecordedAct | None:
    """The act that this very visit made, if its form was sent before."""
    last = certificate.acts[-1]
    said = last.details
    facts = (said.get("visited_on"), said.get("peers"), said.get("outsiders"), said.get("version"))
    same = facts == (visit.on.isoformat(), visit.peers, visit.outsiders, visit.seen + 1)
    words = (last.public_summary, last.by_id) == (visit.summary.strip(), by.id)  # other words would be lost in silence
    return last if last.kind is CertificateAct.RENEWED and same and words else None
