"""Craft branches: the families of craft by raw material and technique, as Mexico's fund for crafts names them.

The registry needs them to tell whether a peer works in the same branch; what is for sale is the shop's business.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parent / "data" / "branches.csv"


class CraftBranch(NamedTuple):
    """``sold_online`` is false where the law or plain sense forbids sending the goods."""

    id: str
    name: str
    name_en: str
    materials: tuple[str, ...]
    techniques: tuple[str, ...]
    sold_online: bool

    def label(self, lang: str = "es") -> str:
        """The branch's name in Spanish, or in English for ``en``."""
        return self.name_en if lang == "en" else self.name


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split(";") if word.strip())


@cache
def branches() -> tuple[CraftBranch, ...]:
    """All 20, in the order of the file."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            CraftBranch(
                r["id"], r["name"], r["name_en"], _listed(r["materials"]), _listed(r["techniques"]), r["sold_online"] == "yes"
            )
            for r in csv.DictReader(file)
        )


@cache
def _by_id() -> dict[str, CraftBranch]:
    return {branch.id: branch for branch in branches()}


def branch(branch_id: str) -> CraftBranch | None:
    """The branch of this id, or None."""
    return _by_id().get(branch_id)
