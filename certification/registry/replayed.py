"""The columns of a certificate as its recorded acts lead to them: what a restored record is set to, and what fsck expects."""

from collections.abc import Iterable
from datetime import datetime

from certification.registry.models import Certificate
from certification.registry.models import RecordedAct as Row
from certification.rules.facts import Facts, RecordedAct, Term, history_facts
from certification.rules.workflow import CertificateAct

ISSUING = (CertificateAct.GRANTED, CertificateAct.RENEWED)
TERM = ("valid_from", "valid_until", "surveillance_due", "grace_ends")


def facts_by_acts(certificate: Certificate, rows: Iterable[Row], as_of: datetime) -> Facts | None:
    """The facts that held at ``as_of``; None without acts. Raises ValueError or KeyError for rows that no service writes."""
    return history_facts([_recorded(certificate, row) for row in rows], as_of)


def term_said(row: Row) -> Term | None:
    """The term that an act gave, where its row says one; certificates of before the log have none there."""
    said = row.details.get("term")
    if not said:
        return None
    instants = {name: datetime.fromisoformat(said[name]) for name in TERM if name in said}
    return Term(**instants)


def _recorded(certificate: Certificate, row: Row) -> RecordedAct:
    until = row.details.get("suspension_until")
    term = None
    if row.kind in ISSUING:
        term = term_said(row) or Term(*(getattr(certificate, name) for name in TERM))
    return RecordedAct(
        row.kind,
        row.at,
        term,
        suspension_until=datetime.fromisoformat(until) if until else None,
        successor=row.details.get("successor"),
    )
