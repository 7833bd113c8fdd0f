"""What happens to a certificate after its grant: acts are public, have a reason, and the holder is told (guards 1, 3, 4, 5)."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications.cases import check_decider
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.parties.belonging import WRITERS, has_role
from certification.parties.models import Power
from certification.registry.models import Certificate, RecordedAct
from certification.registry.permissions import Permission
from certification.registry.projection import why_of
from certification.registry.recording import add_act, told_of
from certification.registry.status import follow
from certification.registry.telling import tell_holder
from certification.rules.days import add_months, day_of, end_of_day
from certification.rules.errors import Conflict, IllegalMove, InvalidInput, SuspensionTooLong
from certification.rules.text import N_
from certification.rules.workflow import CERTIFICATE, CertificateAct, CertificateStanding
from certification.schemes.reasons import ReasonCode, check_reason
from certification.schemes.texts import text_of, zone_of

SUSPENSION_MONTHS = 6
MOVED_MEANWHILE = "moved_meanwhile"
MOVED = N_("El sello cambió desde que abrió esta página. Revíselo otra vez; lo escrito sigue aquí.")
NO_STEP = {
    CertificateStanding.IN_FORCE: N_("Este sello no está en pausa por un acto del comité: no hay nada que restablecer."),
    CertificateStanding.SUSPENDED: N_("Este sello ya está en pausa."),
    CertificateStanding.SUPERSEDED: N_("Otro sello tomó el lugar de este, que ya no cambia."),
    CertificateStanding.SURRENDERED: N_("Quien tenía este sello renunció a él, y ya no vuelve."),
    CertificateStanding.WITHDRAWN: N_("Este sello se retiró para siempre y ya no cambia."),
}


class Why(NamedTuple):
    """The public reason of an act: a code of the shared list, the criterion where it needs one, and a summary for everyone."""

    reason_code: str
    public_summary: str
    criterion: str | None = None


def foresee(certificate: Certificate, act: str, why: Why | None, *, until: date | None, at: datetime) -> None:
    """Refuse what the act itself would refuse of what was written, so that nobody is asked to confirm what can't be.

    Raises:
        SuspensionTooLong, InvalidInput: as the acts.

    """
    if until is not None:
        _check_pause(until, day_of(at, zone_of(certificate.scheme_version)))
    if why is not None:
        _check_why(certificate, act, why)


def _check_pause(until: date, today: date) -> None:
    if until > add_months(today, SUSPENSION_MONTHS):
        raise SuspensionTooLong(field="until")
    if until < today:
        raise InvalidInput("day_past", N_("Ese día ya pasó."), field="until")


def _check_why(certificate: Certificate, act: str, why: Why) -> ReasonCode:
    """A public reason that stands for the act, with its summary; nobody need explain their own wish."""
    reason = check_reason(act, why.reason_code, why.criterion, text_of(certificate.scheme_version))
    if not why.public_summary.strip() and act != ACT_WORDS[CertificateAct.SURRENDERED]:
        raise InvalidInput(
            "summary_missing", N_("Escriba en pocas palabras qué pasó: lo leerá todo el público."), field="public_summary"
        )
    return reason


def standing_of(certificate: Certificate) -> CertificateStanding:
    """What recorded acts left the certificate in; dates do not count here."""
    one = certificate
    marks = (
        (one.withdrawn_at, CertificateStanding.WITHDRAWN),
        (one.surrendered_at, CertificateStanding.SURRENDERED),
        (one.superseded_at, CertificateStanding.SUPERSEDED),
        (one.suspended_at, CertificateStanding.SUSPENDED),
    )
    return next((standing for mark, standing in marks if mark is not None), CertificateStanding.IN_FORCE)


def require_possible(certificate: Certificate, act: str, *, by: User, at: datetime) -> None:
    """Refuse an act before anybody writes for it: guard 1 bars this person, or the label stands where there is no such step.

    Raises:
        TieBars, EvaluatorDecides, Forbidden: not for this person.
        IllegalMove: with the sentence that says why.

    """
    if act != ACT_WORDS[CertificateAct.SURRENDERED]:
        check_decider(by, certificate.case, at)
    _require_step(certificate, act)


def _require_step(certificate: Certificate, act: str) -> None:
    """Raise IllegalMove with the sentence that says how the label stands; so it also tells that an act was done already."""
    found = standing_of(certificate)
    if act not in CERTIFICATE.actions_from(found):
        raise IllegalMove("no_such_step", NO_STEP[found], state=found.value, action=act)


def acts_on(certificate: Certificate) -> int:
    """How many acts are recorded on it. They are only ever added, so the number tells what a page showed."""
    count = select(func.count(RecordedAct.id)).where(RecordedAct.certificate_id == certificate.id)
    return db.session.scalar(count) or 0


def require_unchanged(certificate: Certificate, act: str, seen: int | None) -> None:
    """Hold the certificate, and refuse an act that was written when ``seen`` acts were on it, if there are others now.

    Else an old page, or one sent again, would end a pause that nobody saw there. Needs the unit of work.

    Raises:
        IllegalMove: the label stands where there is no such step.
        Conflict: the step exists, but after other acts than those that the page showed (``moved_meanwhile``).

    """
    _move(certificate, act)
    require_seen(certificate, seen)


def require_seen(certificate: Certificate, seen: int | None) -> None:
    """Raise Conflict as :func:`require_unchanged`, without holding anything: before somebody is asked."""
    if acts_on(certificate) != seen:
        raise Conflict(MOVED_MEANWHILE, MOVED)


def suspend(certificate: Certificate, why: Why, *, until: date, by: User, at: datetime) -> RecordedAct:
    """Pause the label through ``until`` at the latest; the pause ends only by an act.

    Raises:
        SuspensionTooLong: more than six months ahead.
        InvalidInput: the reason does not stand for this act, the summary is missing, or the day is past.
        IllegalMove, TieBars, EvaluatorDecides, Forbidden: it is not possible, or not for this person.

    """
    _begin(certificate, Permission.SUSPEND, "suspend", by, at)
    zone = zone_of(certificate.scheme_version)
    _check_pause(until, day_of(at, zone))
    certificate.suspended_at, certificate.suspension_until = at, end_of_day(until, zone)
    details = {"suspension_until": certificate.suspension_until.isoformat()}
    return _end(certificate, CertificateAct.SUSPENDED, why, by=by, at=at, details=details)


def restore(certificate: Certificate, *, by: User, at: datetime, public_summary: str = "") -> RecordedAct:
    """End a pause: what made it was mended. Raises as :func:`suspend`."""
    _begin(certificate, Permission.RESTORE, "restore", by, at)
    certificate.suspended_at = certificate.suspension_until = None
    return _end(certificate, CertificateAct.RESTORED, None, by=by, at=at, summary=public_summary.strip())


def withdraw(certificate: Certificate, why: Why, *, by: User, at: datetime) -> RecordedAct:
    """Take the label away for good. Raises as :func:`suspend`."""
    _begin(certificate, Permission.WITHDRAW, "withdraw", by, at)
    certificate.withdrawn_at = at
    return _end(certificate, CertificateAct.WITHDRAWN, why, by=by, at=at)


def surrender(certificate: Certificate, why: Why, *, by: User, at: datetime) -> RecordedAct:
    """The holder gives the label back, for good.

    Raises:
        InvalidInput: another reason than those for this act.
        IllegalMove: it was lost already.

    """
    check(by, Permission.SURRENDER, certificate)
    _move(certificate, "surrender")
    certificate.surrendered_at = at
    return _end(certificate, CertificateAct.SURRENDERED, why, by=by, at=at)


def supersede(certificate: Certificate, successor: Certificate, *, by: User, at: datetime) -> RecordedAct:
    """Another certificate of the same holder takes this one's place. Raises as :func:`suspend`, and Conflict for a stranger's."""
    _begin(certificate, Permission.WITHDRAW, "supersede", by, at)
    if successor.holder_id != certificate.holder_id or successor.id == certificate.id:
        raise Conflict("other_holder", N_("El sello nuevo debe ser de la misma persona titular."))
    certificate.superseded_at, certificate.successor = at, successor.code
    return _end(certificate, CertificateAct.SUPERSEDED, None, by=by, at=at, details={"successor": successor.code})


def _begin(certificate: Certificate, permission: Permission, action: str, by: User, at: datetime) -> None:
    """Permission first, then the guards, then whether the step exists."""
    check(by, permission, certificate)
    check_decider(by, certificate.case, at)  # guard 1 holds for taking away as it does for granting
    _move(certificate, action)


def _move(certificate: Certificate, action: str) -> None:
    hold(certificate)
    _require_step(certificate, action)


def _end(  # noqa: PLR0913 - the parts of one record
    certificate: Certificate,
    kind: CertificateAct,
    why: Why | None,
    *,
    by: User,
    at: datetime,
    details: dict[str, Any] | None = None,
    summary: str = "",
) -> RecordedAct:
    shown, appeal_until = _public_reason(certificate, kind, why, at) if why else (None, None)
    act = add_act(certificate, kind, by=by, at=at, details=details, why=shown, appeal_until=appeal_until, summary=summary)
    follow(certificate, at=at)
    acting_for = None if has_role(by, certificate.holder_id, WRITERS[Power.APPLY]) else certificate.holder.public_id
    surrendered = kind is CertificateAct.SURRENDERED
    reason = {"reason_code": why.reason_code, "criterion": why.criterion} if why else {}
    record(
        f"certificate.{ACT_WORDS[kind]}",
        "certificate",
        certificate.code,
        by=by,
        at=at,
        on_behalf_of=acting_for if surrendered else None,
        **reason,
        **told_of(act),
    )
    tell_holder(certificate, f"certificate-{kind.value}", at=at)
    writing().flush()
    return act


ACT_WORDS = {
    CertificateAct.SUSPENDED: "suspend",
    CertificateAct.RESTORED: "restore",
    CertificateAct.WITHDRAWN: "withdraw",
    CertificateAct.SURRENDERED: "surrender",
    CertificateAct.SUPERSEDED: "supersede",
}


def _public_reason(
    certificate: Certificate, kind: CertificateAct, why: Why, at: datetime
) -> tuple[dict[str, Any], datetime | None]:
    """The reason as it is shown, and until when the holder may appeal; nobody appeals against their own wish."""
    version = certificate.scheme_version
    reason = _check_why(certificate, ACT_WORDS[kind], why)
    shown = why_of(kind, at, reason, version, criterion=why.criterion, summary=why.public_summary)
    if kind is CertificateAct.SURRENDERED:
        return shown, None
    zone = zone_of(version)
    return shown, end_of_day(day_of(at, zone) + timedelta(days=text_of(version).timing.appeal_deadline_days), zone)
