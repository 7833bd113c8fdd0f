"""What a certificate is worth: its columns, held against the acts that should have led to them and against the log.

Columns are quick to search and easy to alter; acts and leaves are only ever added. Where the columns say that a label holds and
what was recorded says otherwise, nobody is told that it holds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from certification.core.quick import UnreachableError
from certification.log.lagging import BEHIND, lags
from certification.registry.histories import ISSUING, as_rules, verdict_at
from certification.registry.models import Certificate
from certification.registry.recorded import Act, Recorded, Row, recorded_of
from certification.registry.validity import facts_of
from certification.registry.versions import TERM
from certification.rules.periods import history_verdict
from certification.rules.text import N_
from certification.rules.verdict import (
    HOLDING,
    Reason,
    Verdict,
    as_recorded,
    unless_behind,
    unless_compromised,
    unless_waiting,
    verdict,
)
from certification.schemes.texts import lapsed_at

EVENTS = ("suspended_at", "suspension_until", "withdrawn_at", "surrendered_at", "superseded_at")
NO_EVENT = (None,) * len(EVENTS)
_events, _term = attrgetter(*EVENTS), attrgetter(*TERM)
UNSURE: Mapping[Reason, str] = {
    Reason.REGISTRY_BEHIND: BEHIND,
    Reason.RECORD_DIFFERS: N_(
        "Lo que este registro tiene anotado del sello no es lo que dicen sus actos registrados. Mientras no se aclare, no puede "
        "decir si vale."
    ),
    Reason.COMPROMISED_KEY: N_(
        "La llave que firmó este sello cayó en otras manos y ya no cuenta. Mientras no se firme de nuevo, no se puede decir si "
        "vale."
    ),
    Reason.NOT_SIGNED_YET: N_(
        "Lo último que se registró de este sello no tiene todavía una firma de este registro en la bitácora. Mientras no la "
        "tenga, no se puede decir si vale."
    ),
}


class UnsureError(UnreachableError):
    """The database answers, and what it says may not be told; ``reason`` is that of the verdict."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

    @property
    def sentence(self) -> str:
        """Why, for everybody; marked, and not translated."""
        return UNSURE[self.reason]


def standing(certificate: Certificate, at: datetime) -> Verdict:
    """What the certificate is worth now or later, if nothing else happens: columns forget. Of the past, ask ``histories``."""
    found = recorded_of([certificate])[certificate.id]
    return weigh(certificate, found, lapsed_at(certificate.scheme_version), at, behind=lags())


def weigh(row: Row, recorded: Recorded, lapse: datetime | None, at: datetime, *, behind: bool) -> Verdict:
    """The verdict of now as this registry may tell it: of the columns, where nothing that was recorded contradicts them."""
    found = unless_behind(verdict(facts_of(row, lapse), at), behind=behind)
    if recorded.acts and not _is_as_granted(row, recorded.acts):
        found = as_recorded(found, _led_to(row, recorded.acts, lapse, at))
    return weigh_then(found, row, recorded, at)


def _led_to(row: Row, recorded: Sequence[Act], lapse: datetime | None, at: datetime) -> Verdict | None:
    """What acts lead to at ``at``, or at a grant whose own clock was a little ahead; None for acts that no registry records."""
    if not recorded:
        return None
    try:
        acts = tuple(as_rules(recorded, row))
        return history_verdict(acts, max(at, acts[0].at), scheme_lapsed_at=lapse)
    except ValueError:
        return None


def _is_as_granted(row: Row, acts: Sequence[Act]) -> bool:
    """Whether there is but a grant, and the columns say just what it gave: then it leads nowhere else. So it is with most
    labels, and every view asks.
    """
    term = acts[0].details.get("term") if len(acts) == 1 else None
    if not term or _events(row) != NO_EVENT:
        return False
    given = map(term.get, TERM)
    return [one and datetime.fromisoformat(one) for one in given] == [*_term(row)]


def _rests_on_unsigned(row: Row, recorded: Recorded, at: datetime) -> bool:
    """Whether what is shown, or that it holds, rests on acts that the log has not signed: nobody else can know it yet.

    What a version says is shown, so one that waits is enough. Of other acts only what they lead to counts.
    """
    waiting = recorded.waiting(at)
    if not waiting or any(one.kind in ISSUING for one in waiting):
        return bool(waiting)
    led = _led_to(row, recorded.signed_acts(), None, at)
    return led is None or led.state not in HOLDING


def weigh_then(found: Verdict, row: Row, recorded: Recorded, at: datetime) -> Verdict:
    """What acts lead to at an instant, as this registry may tell it."""
    if not recorded.is_whole():
        found = as_recorded(found, None)
    found = unless_waiting(found, waiting=_rests_on_unsigned(row, recorded, at))
    return unless_compromised(found, compromised=bool(recorded.ends) and recorded.is_dead(at))


def stood(certificate: Certificate, at: datetime) -> Verdict:
    """What the certificate was worth at an instant of the past."""
    return weigh_then(verdict_at(certificate, at), certificate, recorded_of([certificate])[certificate.id], at)
