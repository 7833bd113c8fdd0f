"""What certificates were worth at any instant, from their recorded acts: their columns know only how they stand now.

``facts_at`` and ``verdict_at`` for one certificate, ``facts_of_all`` and ``verdicts_of_all`` for many in three queries. What
they say of now is what the columns say (``validity``); a property test holds the two equal. Queries only.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certification.core.db import db
from certification.registry.models import Certificate, CertificateVersion
from certification.registry.models import RecordedAct as Row
from certification.registry.versions import calendar_of
from certification.rules.facts import Facts, RecordedAct, Term, history_facts
from certification.rules.statement import GrantStatement, read_statement
from certification.rules.verdict import Verdict, verdict
from certification.rules.workflow import CertificateAct
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.texts import lapsed_at, zone_of

ISSUING = (CertificateAct.GRANTED, CertificateAct.RENEWED)


@dataclass(frozen=True, slots=True)
class History:
    """The acts of one certificate in the order of their record, and the scheme version behind each that issued one."""

    acts: tuple[RecordedAct, ...]
    schemes: tuple[SchemeVersion, ...]

    def scheme_at(self, at: datetime) -> SchemeVersion | None:
        """The version of the scheme that the certificate stood under; None before the grant."""
        issued = (one for one in self.acts if one.kind in ISSUING)
        return next((scheme for one, scheme in reversed(list(zip(issued, self.schemes, strict=True))) if one.at <= at), None)

    def facts_at(self, at: datetime) -> Facts | None:
        """The facts that held at ``at``; None before the grant."""
        scheme = self.scheme_at(at)
        end = lapsed_at(scheme) if scheme else None
        return history_facts(self.acts, at, scheme_lapsed_at=end)


def facts_at(certificate: Certificate, at: datetime) -> Facts | None:
    """The facts that held for one certificate at ``at``; None before its grant."""
    return facts_of_all([certificate], at)[certificate.id]


def verdict_at(certificate: Certificate, at: datetime) -> Verdict:
    """What the certificate was worth at ``at``: NOT_FOUND before its grant."""
    return verdict(facts_at(certificate, at), at)


def facts_of_all(certificates: Collection[Certificate], at: datetime) -> dict[int, Facts | None]:
    """The facts of many at one instant, by ``Certificate.id``; give them in batches of some hundreds."""
    return {id_: history.facts_at(at) for id_, history in histories_of(certificates).items()}


def verdicts_of_all(certificates: Collection[Certificate], at: datetime) -> dict[int, Verdict]:
    """The verdicts on many at one instant, by ``Certificate.id``."""
    return {id_: verdict(facts, at) for id_, facts in facts_of_all(certificates, at).items()}


def histories_of(certificates: Collection[Certificate]) -> dict[int, History]:
    """The history of each certificate, by ``Certificate.id``; to ask for several instants at the price of one."""
    rows: dict[int, list[Row]] = defaultdict(list)
    ids = [one.id for one in certificates]
    for row in db.session.scalars(select(Row).where(Row.certificate_id.in_(ids)).order_by(Row.id)):
        rows[row.certificate_id].append(row)
    signed = _statements([one.id for one in certificates if _needs_statement(rows[one.id])])
    named = [row.details["scheme"]["id"] for several in rows.values() for row in several if "scheme" in row.details]
    schemes = _schemes({one.scheme_id for several in signed.values() for one in several}.union(named))
    return {one.id: _history(one, rows[one.id], signed[one.id], schemes) for one in certificates}


def _needs_statement(rows: Iterable[Row]) -> bool:
    """One grant under one scheme that says its own term tells all by itself."""
    issuing = [row for row in rows if row.kind in ISSUING]
    return len(issuing) > 1 or any("term" not in row.details for row in issuing)


def _statements(ids: Sequence[int]) -> Mapping[int, list[GrantStatement]]:
    found: dict[int, list[GrantStatement]] = defaultdict(list)
    wanted = select(CertificateVersion.certificate_id, CertificateVersion.statement)
    rows = wanted.where(CertificateVersion.certificate_id.in_(ids)).order_by(CertificateVersion.number) if ids else None
    for id_, statement in db.session.execute(rows) if rows is not None else ():
        found[id_].append(read_statement(statement))
    return found


def _schemes(keys: Collection[str]) -> dict[tuple[str, str], SchemeVersion]:
    """The versions of schemes by their keys, by key and version. They are few."""
    if not keys:
        return {}
    rows = select(SchemeVersion).join(Scheme, Scheme.id == SchemeVersion.scheme_id).where(Scheme.key.in_(keys))
    return {(one.scheme.key, one.version): one for one in db.session.scalars(rows).unique()}


def _history(
    certificate: Certificate,
    rows: Sequence[Row],
    signed: Sequence[GrantStatement],
    schemes: Mapping[tuple[str, str], SchemeVersion],
) -> History:
    issuing = [row for row in rows if row.kind in ISSUING]
    own = iter(signed)
    said = [None if row.details.get("taken_back") else next(own, None) for row in issuing]
    behind = [_scheme(certificate, row, one, schemes) for row, one in zip(issuing, said, strict=True)]
    terms = {row.id: _term(row, one, scheme) for row, one, scheme in zip(issuing, said, behind, strict=True)}
    acts = tuple(_recorded(row, terms.get(row.id)) for row in rows)
    return History(acts, tuple(behind))


def _scheme(
    certificate: Certificate, row: Row, said: GrantStatement | None, schemes: Mapping[tuple[str, str], SchemeVersion]
) -> SchemeVersion:
    """As the statement names it, or the leaf of an act that was taken back; the present one for want of both."""
    if said is not None:
        return schemes[said.scheme_id, said.scheme_version]
    named = row.details.get("scheme")
    return schemes.get((named["id"], named["version"]), certificate.scheme_version) if named else certificate.scheme_version


def _recorded(row: Row, term: Term | None) -> RecordedAct:
    until = row.details.get("suspension_until")
    return RecordedAct(row.kind, row.at, term, datetime.fromisoformat(until) if until else None, row.details.get("successor"))


def _term(row: Row, said: GrantStatement | None, scheme: SchemeVersion) -> Term:
    """As the act says it; what was granted before acts said their term has it in what was signed."""
    told: dict[str, Any] | None = row.details.get("term")
    if told is not None:
        return Term(**{name: datetime.fromisoformat(instant) for name, instant in told.items()})
    if said is None:
        raise ValueError(f"no term of act {row.id}")
    return calendar_of(said, scheme).instants(zone_of(scheme))
