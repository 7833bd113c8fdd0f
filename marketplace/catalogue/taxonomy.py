"""What is for sale: the 20 craft branches of the registry, and 21 categories of food and other goods on top."""

import csv
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

from certification.parties.branches import branches

_FILE = Path(__file__).parent / "data" / "categories.csv"


class Shelf(StrEnum):
    """The two halves of the catalogue."""

    CRAFT = "craft"
    FOOD_AND_MORE = "food_and_more"


class Category(NamedTuple):
    """``protected_names`` are denominations a person may come to claim here; the claims guard asks for their document."""

    id: str
    name: str
    name_en: str
    shelf: Shelf
    materials: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    protected_names: tuple[str, ...] = ()
    adults_only: bool = False
    sold_online: bool = True

    def label(self, lang: str = "es") -> str:
        """The category's name in Spanish, or in English for ``en``."""
        return self.name_en if lang == "en" else self.name


def _crafts() -> list[Category]:
    return [
        Category(b.id, b.name, b.name_en, Shelf.CRAFT, materials=b.materials, techniques=b.techniques, sold_online=b.sold_online)
        for b in branches()
    ]


def _foods() -> list[Category]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return [
            Category(
                r["id"],
                r["name"],
                r["name_en"],
                Shelf.FOOD_AND_MORE,
                protected_names=tuple(w.strip() for w in r["protected_names"].split(";") if w.strip()),
                adults_only=r["adults_only"] == "yes",
            )
            for r in csv.DictReader(file)
        ]


@cache
def categories() -> tuple[Category, ...]:
    """All 41: crafts first, then food and other goods."""
    return (*_crafts(), *_foods())


@cache
def _by_id() -> dict[str, Category]:
    return {c.id: c for c in categories()}


def category(category_id: str) -> Category | None:
    """The category of this id, or None."""
    return _by_id().get(category_id)


def sellable() -> tuple[Category, ...]:
    """Those a listing may choose; fireworks are not sent."""
    return tuple(c for c in categories() if c.sold_online)
