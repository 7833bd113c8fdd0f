"""What certificates were worth in the past: recorded acts led back to the facts of an instant, and judged by the one rule.

For which rows the present columns answer as well is said here once more, as SQL, so that a search need not lead every
certificate back. A property test holds both equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, exists, or_

from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.registry.moments import InSql
from certification.registry.validity import Dated, facts_of
from certification.rules import facts as rules
from certification.rules.facts import Facts, Term, history_facts
from certification.rules.verdict import PublicState, Reason, Verdict, verdict
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at

TERM = ("valid_from", "valid_until", "surveillance_due", "grace_ends")
ISSUING = (CertificateAct.GRANTED, CertificateAct.RENEWED)
RETURNING = (CertificateAct.RESTORED, CertificateAct.RENEWED)
NOT_YET = Verdict(PublicState.NOT_FOUND, None, Reason.UNKNOWN_CODE)


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


def facts_as_of(row: Granted, acts: Sequence[Act], at: datetime, lapse: datetime | None) -> Facts | None:
    """The facts that held at ``at``, from all acts in the order of their record; ``None`` before the grant."""
    if not acts:  # nothing was ever recorded of it: its columns are all that is known
        return facts_of(row, lapse) if row.granted_at <= at else None
    return history_facts((as_rule(act, row) for act in acts), at, scheme_lapsed_at=lapse)


def as_rule(act: Act, row: Dated) -> rules.RecordedAct:
    """A stored act as the rule reads it. One that was kept without its term has that of the columns."""
    term = None
    if act.kind in ISSUING:
        term = _term(act.details.get("term") or {name: value and value.isoformat() for name, value in _columns(row).items()})
    until = act.details.get("suspension_until")
    return rules.RecordedAct(
        act.kind, act.at, term, datetime.fromisoformat(until) if until else None, act.details.get("successor")
    )


def standing_as_of(certificate: Certificate, at: datetime) -> Verdict:
    """What a certificate was worth at an instant; NOT_FOUND before its grant."""
    lapse = lapsed_at(scheme_as_of(certificate, at))
    return verdict(facts_as_of(certificate, certificate.acts, at, lapse), at)


def version_as_of(certificate: Certificate, at: datetime) -> CertificateVersion | None:
    """The version that stood at an instant."""
    return max((one for one in certificate.versions if one.signed_at <= at), key=lambda one: one.number, default=None)


def scheme_as_of(certificate: Certificate, at: datetime) -> SchemeVersion:
    """The version of its scheme that it stood under; a renewal may have moved it to a newer one."""
    now, version = certificate.scheme_version, version_as_of(certificate, at)
    name = version.statement["scheme"]["version"] if version else now.version
    return now if name == now.version else next((one for one in now.scheme.versions if one.version == name), now)


def moved_since(at: InSql) -> ColumnElement[bool]:
    """Whether the columns of today may tell something else of ``at`` than the acts do.

    A pause that ended since has left no mark in them, and a renewal has put its term in the place of the older one; a renewal
    whose term has not begun leaves the running one in force. Loss for good stays where it was written.
    """
    act = RecordedAct
    since = and_(act.kind.in_(RETURNING), act.at > at)
    ahead = and_(act.kind == CertificateAct.RENEWED, Certificate.valid_from > at)
    return exists().where(act.certificate_id == Certificate.id, or_(since, ahead))


def _columns(row: Dated) -> Mapping[str, datetime | None]:
    return {name: getattr(row, name) for name in TERM}


def _term(said: Mapping[str, str | None]) -> Term:
    read = {name: datetime.fromisoformat(text) for name in TERM if (text := said.get(name))}
    return Term(**read)


def numbered(acts: Iterable[Act], versions: Iterable[CertificateVersion]) -> list[int]:
    """Of each act the number of the version that stood when it was recorded; 1 where nothing was signed."""
    signed = sorted((one.signed_at, one.number) for one in versions)
    return [max((number for when, number in signed if when <= act.at), default=1) for act in acts]
