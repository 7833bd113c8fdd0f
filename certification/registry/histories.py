"""What certificates were worth at any instant: recorded acts led back to the facts of then, and judged by the one rule.

Their columns know only how they stand now. For which rows those answer for the past as well is said here once more, as SQL, so
that a search need not lead every certificate back. Property tests hold columns, acts and SQL equal. Queries only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, exists, or_

from certification.log.lagging import lags
from certification.registry.credentials import scheme_behind
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.registry.moments import InSql
from certification.registry.validity import Dated, facts_of, judge
from certification.registry.versions import TERM, calendar_of
from certification.rules import facts as rules
from certification.rules.facts import Facts, Term, history_facts
from certification.rules.periods import Change, changes, truly_since, turning_dates
from certification.rules.statement import read_statement
from certification.rules.verdict import Verdict, unless_behind, verdict
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at, zone_of

ISSUING = (CertificateAct.GRANTED, CertificateAct.RENEWED)
RETURNING = (CertificateAct.RESTORED, CertificateAct.RENEWED)


class Granted(Dated, Protocol):
    """A certificate, or a row with its columns of the same names."""

    @property
    def granted_at(self) -> Any: ...


class Act(Protocol):
    """A recorded act, or a row with its columns of the same names."""

    @property
    def kind(self) -> Any: ...

    @property
    def at(self) -> Any: ...

    @property
    def details(self) -> Any: ...


def facts_at(certificate: Certificate, at: datetime) -> Facts | None:
    """The facts that held for a certificate at ``at``; None before its grant."""
    acts = certificate.acts
    signed = signed_terms(certificate) if any(_lacks_term(act) for act in acts) else ()
    return facts_by(certificate, acts, at, lapsed_at(scheme_at(certificate, at)), signed)


def verdict_at(certificate: Certificate, at: datetime) -> Verdict:
    """What a certificate was worth at an instant, and since when; NOT_FOUND before its grant."""
    return unless_behind(
        truly_since(lambda one: verdict(facts_at(certificate, one), one), dates_of(certificate), at), behind=lags()
    )


def turned(certificate: Certificate, until: datetime) -> list[Change]:
    """Every change of its state up to an instant, by an act or by a date alone."""
    return changes(lambda one: judge(facts_at(certificate, one), one), dates_of(certificate), until)


def dates_of(certificate: Certificate) -> frozenset[datetime]:
    """All instants at which an act, a date of its terms or the end of its scheme could turn its state."""
    now: list[datetime | None] = [certificate.valid_from, certificate.valid_until, certificate.grace_ends]
    lapses = [lapsed_at(one) for one in certificate.scheme_version.scheme.versions]
    return turning_dates(as_rules(certificate.acts, certificate), [*now, *lapses])


def last_act(certificate: Certificate, at: datetime) -> RecordedAct | None:
    """The last act recorded until an instant."""
    return next((one for one in reversed(certificate.acts) if one.at <= at), None)


def version_at(certificate: Certificate, at: datetime) -> CertificateVersion | None:
    """The version that stood at an instant."""
    return max((one for one in certificate.versions if one.signed_at <= at), key=lambda one: one.number, default=None)


def scheme_at(certificate: Certificate, at: datetime) -> SchemeVersion:
    """The version of its scheme that it stood under; a renewal may have moved it to a newer one, also one that was taken back."""
    now, version = certificate.scheme_version, version_at(certificate, at)
    issued = next((one for one in reversed(certificate.acts) if one.kind in ISSUING and one.at <= at), None)
    said = (issued.details.get("scheme") if issued else None) or (version.statement["scheme"] if version else {})
    name = said.get("version", now.version)
    return now if name == now.version else next((one for one in now.scheme.versions if one.version == name), now)


def facts_by(
    row: Granted, acts: Sequence[Act], at: datetime, lapse: datetime | None, signed: Sequence[Term] = ()
) -> Facts | None:
    """The same from rows: all acts in the order of their record, the end of the scheme it stood under, and the terms of its
    versions for acts that were kept without theirs; where there are none, those have the term of the columns.
    """
    if not acts:  # nothing was ever recorded of it: its columns are all that is known
        return facts_of(row, lapse) if row.granted_at <= at else None
    return history_facts(as_rules(acts, row, signed), at, scheme_lapsed_at=lapse)


def as_rules(acts: Iterable[Act], row: Dated, signed: Sequence[Term] = ()) -> Iterator[rules.RecordedAct]:
    """Stored acts as the rule reads them; for ``signed`` see :func:`facts_by`."""
    issued = 0
    for act in acts:
        term = None
        if act.kind in ISSUING:
            kept = signed[issued] if issued < len(signed) else Term(**{name: getattr(row, name) for name in TERM})
            term, issued = _term(act.details.get("term")) or kept, issued + (not act.details.get("taken_back"))
        until = act.details.get("suspension_until")
        ends = datetime.fromisoformat(until) if until else None
        yield rules.RecordedAct(act.kind, act.at, term, ends, act.details.get("successor"))


def signed_terms(certificate: Certificate) -> list[Term]:
    """What was signed of the term of each version, in their order."""
    found = []
    for version in certificate.versions:
        scheme = scheme_behind(version)
        found.append(calendar_of(read_statement(version.statement), scheme).instants(zone_of(scheme)))
    return found


def moved_since(at: InSql) -> ColumnElement[bool]:
    """Whether the columns of today may tell something else of ``at`` than the acts do.

    A pause that ended since has left no mark in them, and a renewal has put its term in the place of the older one; a renewal
    whose term has not begun leaves the running one in force. Loss for good stays where it was written.
    """
    act = RecordedAct
    since = and_(act.kind.in_(RETURNING), act.at > at)
    ahead = and_(act.kind == CertificateAct.RENEWED, Certificate.valid_from > at)
    return exists().where(act.certificate_id == Certificate.id, or_(since, ahead))


def _lacks_term(act: Act) -> bool:
    return act.kind in ISSUING and "term" not in act.details


def _term(said: Mapping[str, str] | None) -> Term | None:
    return Term(**{name: datetime.fromisoformat(said[name]) for name in TERM if name in said}) if said else None
