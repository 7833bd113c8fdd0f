"""The full catalogue of municipalities and localities, and an operator's own list of postal codes, in the database.

Empty on a fresh machine: then our own list (``places.py``) answers. Nothing here is ever deleted by an import, since
parties may point at a code that a newer catalogue no longer has.
"""

from collections import Counter

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from certification.core.orm import Base, Name
from certification.parties.places import places
from certification.parties.places.places import Municipality, closeness, hint_at_end, split_hint
from certification.rules.fold import fold

MOST_CANDIDATES = 200


class CataloguedMunicipality(Base):
    """``seat`` is the cabecera; ``apart`` tells it from a namesake in its state; ``folded`` is the name for searching."""

    __tablename__ = "place_municipalities"
    __table_args__ = (Index("ix_place_municipalities_state", "state_code", "folded"),)

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    state_code: Mapped[str] = mapped_column(String(2))
    name: Mapped[Name]
    seat: Mapped[Name] = mapped_column(default="")
    apart: Mapped[Name] = mapped_column(default="")
    folded: Mapped[Name]


class CataloguedLocality(Base):
    """``code`` is the nine-digit CVEGEO of a locality."""

    __tablename__ = "place_localities"
    __table_args__ = (Index("ix_place_localities_municipality", "municipality_code", "folded"),)

    code: Mapped[str] = mapped_column(String(9), primary_key=True)
    municipality_code: Mapped[str] = mapped_column(ForeignKey("place_municipalities.code"))
    name: Mapped[Name]
    folded: Mapped[Name]


class CataloguedPostalCode(Base):
    """One postal code in one municipality; a few codes serve two."""

    __tablename__ = "place_postal_codes"

    postal_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    municipality_code: Mapped[str] = mapped_column(ForeignKey("place_municipalities.code"), primary_key=True)


def _seen(row: CataloguedMunicipality) -> Municipality:
    own = places.municipality(row.code)
    return Municipality(row.code, row.name, row.state_code, row.apart, own.known_for if own else ())


def telling_apart(rows: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Code → what tells it from its namesakes, for the municipalities (name, seat) of one state; others are left out."""
    count = Counter(fold(name) for name, _ in rows.values())
    told = {}
    for code, (name, seat) in rows.items():
        if count[fold(name)] > 1:
            own = places.municipality(code)
            rest = seat[len(name) :].strip() if fold(seat).startswith(fold(name)) else seat
            told[code] = (own.apart if own else "") or rest or code
    return told


def known_municipality(session: Session, code: str) -> Municipality | None:
    """The municipality of a CVEGEO: from the full catalogue, else from our own list, else None."""
    row = session.get(CataloguedMunicipality, code)
    return _seen(row) if row else places.municipality(code)


def municipalities(session: Session, state_code: str) -> tuple[Municipality, ...]:
    """All of a state by name; our own short list where the full catalogue was not brought."""
    rows = session.scalars(
        select(CataloguedMunicipality)
        .where(CataloguedMunicipality.state_code == state_code)
        .order_by(CataloguedMunicipality.folded, CataloguedMunicipality.code)
    )
    return tuple(_seen(row) for row in rows) or places.municipalities(state_code)


def find(session: Session, text: str, state_code: str | None = None, limit: int = 10) -> tuple[Municipality, ...]:
    """As :func:`places.find`, over the full catalogue; over our own list when that finds nothing.

    Many people call a municipality by its seat ("Jaltenango" for Ángel Albino Corzo): seats count where no name agrees.
    """
    name, hinted = split_hint(text)
    wanted, code = " ".join(fold(name).split()), state_code or hinted
    if not wanted:
        return ()
    rows = _named(session, wanted, code)
    if not rows and not code:
        wanted, code = hint_at_end(wanted)
        rows = _named(session, wanted, code) if code and wanted else []
    rows = rows or _seated(session, wanted, code)
    return tuple(_seen(row) for row in rows[:limit]) or places.find(text, state_code, limit)


def _named(session: Session, wanted: str, code: str | None) -> list[CataloguedMunicipality]:
    folded = CataloguedMunicipality.folded
    query = select(CataloguedMunicipality).where(folded.contains(wanted, autoescape=True))
    if code:
        query = query.where(CataloguedMunicipality.state_code == code)
    best = (folded == wanted).desc(), folded.startswith(wanted, autoescape=True).desc()
    rows = session.scalars(query.order_by(*best, folded, CataloguedMunicipality.code).limit(MOST_CANDIDATES))
    return sorted(rows, key=lambda row: (closeness(wanted, row.folded) or 0, row.folded, row.code))


def _seated(session: Session, wanted: str, code: str | None) -> list[CataloguedMunicipality]:
    """Seats are kept as they are written, so they are folded here: at most those of the country."""
    query = select(CataloguedMunicipality).where(CataloguedMunicipality.seat.not_in(["", CataloguedMunicipality.name]))
    if code:
        query = query.where(CataloguedMunicipality.state_code == code)
    found = [(rank, row) for row in session.scalars(query) if (rank := closeness(wanted, fold(row.seat))) is not None]
    return [row for _, row in sorted(found, key=lambda one: (one[0], one[1].folded, one[1].code))]


def localities(session: Session, municipality_code: str, text: str = "", limit: int = 50) -> tuple[str, ...]:
    """Names of localities in a municipality that contain ``text``, by name; empty where none is known."""
    query = select(CataloguedLocality.name).where(CataloguedLocality.municipality_code == municipality_code)
    if text.strip():
        query = query.where(CataloguedLocality.folded.contains(fold(text.strip()), autoescape=True))
    return tuple(session.scalars(query.order_by(CataloguedLocality.folded, CataloguedLocality.code).limit(limit)))


def at_postal_code(session: Session, postal_code: str) -> tuple[Municipality, ...]:
    """The municipalities of a postal code; empty when the operator imported no list, or it does not know the code."""
    rows = session.scalars(
        select(CataloguedMunicipality)
        .join(CataloguedPostalCode, CataloguedPostalCode.municipality_code == CataloguedMunicipality.code)
        .where(CataloguedPostalCode.postal_code == postal_code)
        .order_by(CataloguedMunicipality.code)
    )
    return tuple(_seen(row) for row in rows)
