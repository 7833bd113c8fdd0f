"""The real coffee lots of the shared data, read as they were written: what can't be read is ``None``, never a guess."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from certification.parties.places import catalogue
from certification.parties.places.catalogue import CataloguedMunicipality
from certification.parties.places.places import COUNTRY, Municipality, Place, closeness, hint_at_end, placed, split_hint
from certification.rules.fold import fold

FILE = "samples/cafe_mexico_cqi.csv"
GRAMS = {"kg": 1000, "lbs": 453.59237}
METRES = re.compile(r"(\d{3,4})(?: ?(?:-|a|to) ?(\d{3,4}))? ?(?:m|masl|mtr|meters?)?", re.IGNORECASE)
WEIGHT = re.compile(r"(\d+) (kg|lbs)")
ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th)\b")
LEADS = ("en ", "municipio de ", "finca ", "comunidad de ")
WIDE = {"sierra"}  # landscapes, which municipalities are named after but are not
OMITTED = "(omitido)"


@dataclass(frozen=True, slots=True)
class CoffeeLot:
    """One lot; ``number`` is its line in the file, ``owner`` a pseudonym. Texts are as written, ``""`` where nothing was."""

    number: int
    owner: str
    farm: str
    mill: str
    company: str
    region: str
    altitude: str
    variety: str
    method: str
    harvest: str
    bags: int
    bag_weight: str
    graded: date
    expires: date
    body: str
    points: str

    @property
    def metres(self) -> tuple[int, int] | None:
        """Lowest and highest altitude of ``1400 masl``, ``1200 a 1400``, ``900-1200mtr``; feet do not occur."""
        found = METRES.fullmatch(self.altitude)
        return (int(found[1]), int(found[2] or found[1])) if found else None

    @property
    def grams(self) -> int | None:
        """The weight of one bag; a number without a unit is none."""
        found = WEIGHT.fullmatch(self.bag_weight)
        return round(int(found[1]) * GRAMS[found[2]]) if found else None

    @property
    def years(self) -> tuple[int, ...]:
        """The years of harvest in ``2012`` and ``2010-2011``; ``08/09 crop`` names none in full."""
        return tuple(int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", self.harvest))


def lots(shared_data: Path) -> list[CoffeeLot]:
    """All of them, in the order of their grading."""
    with (shared_data / FILE).open(encoding="utf-8", newline="") as file:
        read = [_lot(number, row) for number, row in enumerate(csv.DictReader(file), 2)]
    return sorted(read, key=lambda lot: (lot.graded, lot.number))


def _lot(number: int, row: dict[str, str]) -> CoffeeLot:
    texts = {name: "" if row[column].strip() == OMITTED else row[column].strip() for name, column in COLUMNS.items()}
    return CoffeeLot(
        number=number,
        bags=int(row["Number.of.Bags"]),
        graded=_day(row["Grading.Date"]),
        expires=_day(row["Expiration"]),
        **texts,
    )


COLUMNS = {
    "owner": "owner_pseudo",
    "farm": "Farm.Name",
    "mill": "Mill",
    "company": "Company",
    "region": "Region",
    "altitude": "Altitude",
    "variety": "Variety",
    "method": "Processing.Method",
    "harvest": "Harvest.Year",
    "bag_weight": "Bag.Weight",
    "body": "Certification.Body",
    "points": "Total.Cup.Points",
}


def _day(text: str) -> date:
    return datetime.strptime(ORDINAL.sub(r"\1", text), "%B %d, %Y").date()  # noqa: DTZ007 - a day, without hour or zone


def place_of(lot: CoffeeLot, session: Session) -> Place:
    """Where the lot comes from, by what its region says, and by mill and farm where that leaves the place open.

    Raises:
        InvalidInput: naming what is missing: the state, or the municipality in it.

    """
    texts = (lot.region, lot.mill, lot.farm)
    state_code = next((code for text in texts if (code := _state_in(text))), None)
    tries = [(lot.region, _state_in(lot.region)), *((text, state_code) for text in texts)]
    for text, code in tries:
        for name in _names(text):
            found = _only(fold(name), code, session)
            if found is not None:
                return placed(found.state_code, found.name, municipality_code=found.code, locality=_locality(lot, name, found))
    return placed(state_code or "", next(_names(lot.region), ""))


def _state_in(text: str) -> str | None:
    """The state that a part of the text names, or that ends it; ``mexico`` alone is the country."""
    for part in reversed(text.split(",")):
        word = " ".join(fold(part).split())
        code = split_hint(f"-,{part}")[1] or hint_at_end(word)[1]
        if code and not word.endswith(COUNTRY):
            return code
    return None


def _names(text: str) -> Iterator[str]:
    """The parts of a text that may name a municipality, without the states among them, the likelier first."""
    parts = [" ".join(part.split()) for part in text.split(",")]
    parts = [part for part in parts if part and not split_hint(f"-,{part}")[1]]
    for part in sorted(parts, key=lambda part: not fold(part).startswith("municipio de ")):
        name = part[: len(hint_at_end(fold(part))[0])]
        for lead in LEADS:
            name = name.removeprefix(lead)
        yield name


def _only(name: str, state_code: str | None, session: Session) -> Municipality | None:
    """The one municipality of that name or with that seat; one whose name only contains it counts where the state is known."""
    found = catalogue.find(session, name, state_code, limit=20)
    same = [one for one in found if fold(one.name) == name or _seat_of(one, session).startswith(name)]
    if len(same) == 1:
        return same[0]
    near = [one for one in found if closeness(name, fold(one.name)) in (1, 2)]
    return near[0] if state_code and not same and len(near) == 1 and name not in WIDE else None


def _seat_of(one: Municipality, session: Session) -> str:
    row = session.get(CataloguedMunicipality, one.code)
    return fold(row.seat) if row else ""


def _locality(lot: CoffeeLot, name: str, found: Municipality) -> str | None:
    """What the region says beside the municipality."""
    rest = [part for part in _names(lot.region) if part != name and fold(part) != fold(found.name)]
    return rest[0] if rest else None
