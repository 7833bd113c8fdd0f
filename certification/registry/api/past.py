"""Certificates as of a past instant, from their recorded acts and versions. Queries only."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certification.core.db import db
from certification.registry.models import Certificate, CertificateVersion
from certification.registry.models import RecordedAct as Stored
from certification.rules.facts import Facts, RecordedAct, Term, history_facts
from certification.rules.workflow import CertificateAct

TERM = ("valid_from", "valid_until", "surveillance_due", "grace_ends")
ISSUING = (CertificateAct.GRANTED, CertificateAct.RENEWED)


@dataclass(frozen=True, slots=True)
class Act:
    """A recorded act with its public reason."""

    told: RecordedAct
    reason_code: str | None
    criterion: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The acts of one certificate in the order of their record, and its versions by the instant of their signature."""

    acts: tuple[Act, ...]
    versions: tuple[tuple[datetime, int, Mapping[str, Any]], ...]

    def facts(self, as_of: datetime, scheme_lapsed_at: datetime | None) -> Facts | None:
        """What held then; None before the grant."""
        return history_facts((one.told for one in self.acts), as_of, scheme_lapsed_at=scheme_lapsed_at)

    def last_act(self, as_of: datetime) -> Act | None:
        return next((one for one in reversed(self.acts) if one.told.at <= as_of), None)

    def version(self, as_of: datetime) -> tuple[int, Mapping[str, Any]] | None:
        """Number and signed statement of the version that stood then."""
        signed = [(number, said) for at, number, said in self.versions if at <= as_of]
        return max(signed, key=lambda one: one[0], default=None)


def histories(codes: Collection[str]) -> dict[str, History]:
    """The histories of those codes that exist, in three queries however many they are."""
    found = select(Certificate.id, Certificate.code, *(getattr(Certificate, name) for name in TERM))
    rows = {row.id: row for row in db.session.execute(found.where(Certificate.code.in_(codes)))}
    acts = select(Stored).where(Stored.certificate_id.in_(rows)).order_by(Stored.id)
    one = CertificateVersion
    versions = select(one.certificate_id, one.signed_at, one.number, one.statement).where(one.certificate_id.in_(rows))
    by_act = _grouped((act.certificate_id, _act(act, rows[act.certificate_id])) for act in db.session.scalars(acts))
    by_version = _grouped((id_, (at, number, said)) for id_, at, number, said in db.session.execute(versions))
    return {row.code: History(tuple(by_act.get(id_, ())), tuple(by_version.get(id_, ()))) for id_, row in rows.items()}


def _grouped(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    made: dict[int, list[Any]] = {}
    for id_, thing in pairs:
        made.setdefault(id_, []).append(thing)
    return made


def _act(stored: Stored, row: Any) -> Act:
    until = stored.details.get("suspension_until")
    told = RecordedAct(
        kind=stored.kind,
        at=stored.at,
        term=_term(stored, row) if stored.kind in ISSUING else None,
        suspension_until=datetime.fromisoformat(until) if until else None,
        successor=stored.details.get("successor"),
    )
    return Act(told, stored.reason_code, stored.criterion)


def _term(stored: Stored, row: Any) -> Term:
    """As the act gave it; the certificate's own where an early act did not say."""
    given = stored.details.get("term")
    if given is None:
        return Term(*(getattr(row, name) for name in TERM))
    return Term(**{name: datetime.fromisoformat(given[name]) for name in TERM if name in given})
