"""A person says what ties them to a party, and when it ended; what was said stays on the record."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.audit.record import record
from certification.core.db import db, writing
from certification.parties.models import Party, Tie, Vetting
from certification.parties.permissions import Permission
from certification.parties.ties import ZONE
from certification.rules.days import day_of, start_of_day
from certification.rules.errors import AlreadyExists, InvalidInput
from certification.rules.fold import fold
from certification.rules.text import N_

DECLARABLE = ("declared_kin", "trade", "employer", "consultancy", "same_workshop", "same_cooperative", "same_assembly")
"""Kinds of the table of ties that a person declares; the others are proved by what is on record."""
FOUND_AT_ONCE = 12


@dataclass(frozen=True)
class TieValues:
    """``since`` is ``None`` for "always", ``until`` while it lasts; days of the scheme zone."""

    kind: str
    since: date | None = None
    until: date | None = None


def declare(party: Party, values: TieValues, *, by: User, at: datetime) -> Tie:
    """Declare one's own tie to a party.

    Raises:
        InvalidInput: for a kind that nobody declares, or days that come too late or the wrong way round.
        AlreadyExists: when the same tie is declared and has not ended.

    """
    check(by, Permission.DECLARE_TIE)
    if values.kind not in DECLARABLE:
        raise InvalidInput(sentence=N_("Elija una relación de la lista."), field="kind")
    _in_order(values, day_of(at, ZONE))
    session = writing()
    same = select(Tie.id).where(Tie.user_id == by.id, Tie.party_id == party.id, Tie.kind == values.kind, Tie.ended_at.is_(None))
    if session.scalar(same.limit(1)) is not None:
        raise AlreadyExists(sentence=N_("Esa relación ya está declarada."), field="kind")
    made = Tie(
        user_id=by.id,
        party_id=party.id,
        kind=values.kind,
        since=start_of_day(values.since, ZONE) if values.since else None,
        ended_at=start_of_day(values.until, ZONE) if values.until else None,
        declared_by_id=by.id,
        declared_at=at,
    )
    session.add(made)
    session.flush()
    record("tie.declared", "tie", made.public_id, by=by, at=at, party=party.public_id, kind=values.kind)
    return made


def end(tie: Tie, *, by: User, at: datetime) -> None:
    """Say that a tie ended today; it goes on counting for as long as the rules say. Again changes nothing."""
    check(by, Permission.END_TIE, tie)
    if tie.ended_at is None:
        tie.ended_at = at
        record("tie.ended", "tie", tie.public_id, by=by, at=at, party=tie.party.public_id, kind=tie.kind)


def declared_by(person: User) -> list[Tie]:
    """The ties that a person declared, those that last first."""
    rows = select(Tie).where(Tie.user_id == person.id).order_by(Tie.ended_at.is_not(None), Tie.id.desc())
    return list(db.session.scalars(rows))


def parties_named(words: str) -> list[Party]:
    """Vetted parties whose name or place has all the words, accents and case aside; at most :data:`FOUND_AT_ONCE`."""
    wanted = fold(words).split()[:6]
    if not wanted:
        return []
    holding = [Party.search_text.contains(word, autoescape=True) for word in wanted]
    rows = select(Party).where(Party.vetting == Vetting.VETTED, *holding).order_by(Party.search_text, Party.id)
    return list(db.session.scalars(rows.limit(FOUND_AT_ONCE)))


def _in_order(values: TieValues, today: date) -> None:
    for field, chosen in (("since", values.since), ("until", values.until)):
        if chosen is not None and chosen > today:
            raise InvalidInput(sentence=N_("Elija un día que ya pasó."), field=field)
    if values.since is not None and values.until is not None and values.until < values.since:
        raise InvalidInput(sentence=N_("Terminó antes de empezar: revise los días."), field="until")
