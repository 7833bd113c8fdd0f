"""Recorded acts as the public reads them: what, when, under which version, why, and where the log says so. Queries only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from certification.core.db import db
from certification.core.web import cursor
from certification.registry.histories import ISSUING
from certification.registry.logged import ActLeaf, number_at
from certification.registry.models import Certificate, RecordedAct
from certification.registry.telling import last_day
from certification.rules.days import day_of
from certification.schemes.reasons import reason_codes
from certification.schemes.texts import text_of, zone_of

SAID = ("cause", "visited_on", "peers", "outsiders")  # what a further version tells beside its reason, for everybody


@dataclass(frozen=True, slots=True)
class Told:
    """One act in one language. Days are in the scheme's zone and included, instants are their ends; ``begins`` and ``ends`` go
    with grants and renewals. ``index`` is the leaf in the public log, None where there is none; ``successor`` a code; ``details``
    are those of :data:`SAID`.
    """

    kind: str
    at: datetime
    on: date
    version: int
    index: int | None
    reason_code: str | None
    reason: str
    criterion: str
    criterion_code: str | None
    summary: str
    appeal_until: datetime | None
    appeal_ends: date | None
    begins: date | None = None
    ends: date | None = None
    pause_until: datetime | None = None
    pause_ends: date | None = None
    successor: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int | None:
        """As the log counts for people, from 1."""
        return None if self.index is None else self.index + 1

    @property
    def entry(self) -> str | None:
        """The page of the log that begins with its entry."""
        return None if self.index is None else f"/log?after={cursor(self.index + 1)}"


def told(certificate: Certificate, lang: str, leaves: Mapping[int, int] | None = None) -> list[Told]:
    """Every act on a certificate, in the order of their record; ``leaves`` by act, read where they are not given."""
    leaves = leaves_of([act.id for act in certificate.acts]) if leaves is None else leaves
    return [tell(act, certificate, number_at(act, leaves.get(act.id)), leaves.get(act.id), lang) for act in certificate.acts]


def leaves_of(acts: Sequence[int]) -> dict[int, int]:
    """Act → its leaf, for those that have one."""
    found = select(ActLeaf.act_id, ActLeaf.leaf_index).where(ActLeaf.act_id.in_(acts))
    return {row.act_id: row.leaf_index for row in db.session.execute(found)}


def tell(act: RecordedAct, certificate: Certificate, version: int, leaf: int | None, lang: str) -> Told:
    """One act on a certificate, which stood in that version when it was recorded."""
    scheme = certificate.scheme_version
    zone = zone_of(scheme)
    said = {name: act.details[name] for name in SAID if name in act.details}
    more: dict[str, Any] = {"successor": act.details.get("successor"), "details": said}
    if act.kind in ISSUING and (term := act.details.get("term")):
        more["begins"] = day_of(datetime.fromisoformat(term["valid_from"]), zone)
        more["ends"] = last_day(datetime.fromisoformat(term["valid_until"]), zone)
    if until := act.details.get("suspension_until"):
        more["pause_until"] = datetime.fromisoformat(until)
        more["pause_ends"] = last_day(more["pause_until"], zone)
    known = reason_codes().get(act.reason_code or "")
    return Told(
        kind=act.kind.value,
        at=act.at,
        on=day_of(act.at, zone),
        version=version,
        index=leaf,
        reason_code=act.reason_code,
        reason=known.text.in_(lang) if known else act.reason_code or "",
        criterion=_criterion(act.criterion, certificate, lang),
        criterion_code=act.criterion,
        summary=act.public_summary or act.details.get("summary", ""),  # where restorations kept theirs once
        appeal_until=act.appeal_until,
        appeal_ends=last_day(act.appeal_until, zone) if act.appeal_until else None,
        **more,
    )


def _criterion(code: str | None, certificate: Certificate, lang: str) -> str:
    """Code and title; the code alone where the rules of today no longer have it."""
    if not code:
        return ""
    titles = {one.code: one.title.in_(lang) for one in text_of(certificate.scheme_version).criteria}
    return f"{code}, {titles[code]}" if code in titles else code
