"""Keeping what a catalogue says: adds and renames, deletes nothing, and changes nothing when run again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from certification.core.db import writing
from certification.parties.places.catalogue import (
    CataloguedLocality,
    CataloguedMunicipality,
    CataloguedPostalCode,
    telling_apart,
)
from certification.parties.places.importing import Entries
from certification.rules.errors import InvalidInput
from certification.rules.fold import fold
from certification.rules.text import N_

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows added, changed, and found as they were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class Report:
    """What one import did."""

    municipalities: Tally = Tally()
    localities: Tally = Tally()
    postal_codes: Tally = Tally()

    def __add__(self, other: "Report") -> "Report":
        return Report(
            self.municipalities + other.municipalities,
            self.localities + other.localities,
            self.postal_codes + other.postal_codes,
        )


def store(entries: Entries, *, session: Session | None = None) -> Report:
    """Keep all of ``entries`` within the unit of work under way.

    Raises:
        InvalidInput: ``municipalities_first``, when a locality or postal code belongs to a municipality that neither the
            database nor ``entries`` has.
        RuntimeError: outside a unit of work.

    """
    session = writing(session)
    municipalities = _store_municipalities(session, entries.municipalities)
    _demand_municipalities(session, entries)
    return Report(
        municipalities, _store_localities(session, entries.localities), _store_postal_codes(session, entries.postal_codes)
    )


def _store_municipalities(session: Session, given: Mapping[str, tuple[str, str | None]]) -> Tally:
    m = CataloguedMunicipality
    kept = {r.code: (r.name, r.seat, r.apart) for r in session.execute(select(m.code, m.name, m.seat, m.apart))}
    now = {code: (name, seat) for code, (name, seat, _) in kept.items()}
    for code, (name, seat) in given.items():
        now[code] = (name, now.get(code, ("", ""))[1] if seat is None else seat)
    told: dict[str, str] = {}
    for state_code in {code[:2] for code in given}:
        told |= telling_apart({code: pair for code, pair in now.items() if code.startswith(state_code)})
    added, changed = [], []
    # A namesake that arrives also changes the older of the two, which the source may not repeat.
    for code in sorted(set(given) | {c for c in told if c in kept}):
        name, seat = now[code]
        row = {"code": code, "name": name, "seat": seat, "apart": told.get(code, ""), "folded": fold(name)}
        if code not in kept:
            added.append(row | {"state_code": code[:2]})
        elif kept[code] != (name, seat, row["apart"]):
            changed.append(row)
    if added:
        session.execute(insert(m), added)
    if changed:
        session.execute(update(m), changed)
    return Tally(len(added), len(changed), len(set(given) - {r["code"] for r in added + changed}))


def _demand_municipalities(session: Session, entries: Entries) -> None:
    needed = {code[:5] for code in entries.localities} | {code for _, code in entries.postal_codes}
    if not needed:
        return
    missing = needed - set(session.scalars(select(CataloguedMunicipality.code)))
    if missing:
        raise InvalidInput(
            "municipalities_first",
            N_("Primero importe los municipios: falta el de clave %(municipality)s y quizá otros (%(count)d en total)."),
            field="file",
            municipality=min(missing),
            count=len(missing),
        )


def _parts(codes: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(codes), _AT_ONCE):
        yield codes[start : start + _AT_ONCE]


def _store_localities(session: Session, given: Mapping[str, str]) -> Tally:
    c = CataloguedLocality
    tally = Tally()
    for codes in _parts(sorted(given)):
        kept = {r.code: r.name for r in session.execute(select(c.code, c.name).where(c.code.in_(codes)))}
        added = [code for code in codes if code not in kept]
        changed = [code for code in codes if code in kept and kept[code] != given[code]]
        rows = {code: {"code": code, "name": given[code], "folded": fold(given[code])} for code in added + changed}
        if added:
            session.execute(insert(c), [rows[code] | {"municipality_code": code[:5]} for code in added])
        if changed:
            session.execute(update(c), [rows[code] for code in changed])
        tally += Tally(len(added), len(changed), len(codes) - len(rows))
    return tally


def _store_postal_codes(session: Session, given: set[tuple[str, str]]) -> Tally:
    c = CataloguedPostalCode
    if not given:
        return Tally()
    kept = {(r.postal_code, r.municipality_code) for r in session.execute(select(c.postal_code, c.municipality_code))}
    added = sorted(given - kept)
    if added:
        session.execute(insert(c), [{"postal_code": cp, "municipality_code": code} for cp, code in added])
    return Tally(len(added), 0, len(given) - len(added))
