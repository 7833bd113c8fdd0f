"""Changes of state that dates alone brought, without an act: told from recorded acts by the one rule, and stored nowhere."""

from dataclasses import dataclass
from datetime import datetime

from certification.registry.histories import as_rules, verdict_at
from certification.registry.models import Certificate
from certification.registry.moments import TICK
from certification.rules.verdict import Verdict
from certification.schemes.texts import lapsed_at


@dataclass(frozen=True, slots=True)
class Turn:
    """At this instant a certificate came into a state by itself."""

    at: datetime
    verdict: Verdict


def turns(certificate: Certificate, now: datetime) -> list[Turn]:
    """Every such change up to now, the oldest first: begun, overdue, expired, the scheme over."""
    acted = {act.at for act in certificate.acts}
    found = []
    for instant in sorted(_dates(certificate) - acted):
        if certificate.granted_at < instant <= now:
            before, after = verdict_at(certificate, instant - TICK), verdict_at(certificate, instant)
            if before.state is not after.state:
                found.append(Turn(instant, after))
    return found


def _dates(certificate: Certificate) -> set[datetime]:
    """All instants at which dates of its terms, of its pauses or of its scheme could change something."""
    terms = [act.term for act in as_rules(certificate.acts, certificate) if act.term]
    dates: list[datetime | None] = [certificate.valid_from, certificate.valid_until, certificate.grace_ends]
    for term in terms:
        dates += [term.valid_from, term.valid_until, term.grace_ends]
    dates += [lapsed_at(one) for one in certificate.scheme_version.scheme.versions]
    return {instant for instant in dates if instant is not None}
