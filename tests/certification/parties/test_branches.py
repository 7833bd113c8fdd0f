import csv
from pathlib import Path

from certification.parties.branches import branch, branches


def test_there_are_twenty_branches_named_in_both_languages() -> None:
    assert len({b.id for b in branches()}) == 20
    assert all(b.name and b.name_en and b.materials and b.techniques for b in branches())


def test_fireworks_are_a_branch_that_is_not_sold_online() -> None:
    assert [b.id for b in branches() if not b.sold_online] == ["pirotecnia"]


def test_a_branch_is_found_by_its_id() -> None:
    textiles = branch("textiles")
    assert textiles is not None
    assert (textiles.label(), textiles.label("en")) == ("Textiles", "Textiles")
    assert branch("cafe") is None


def test_the_branches_are_those_of_the_list_we_started_from(shared_data: Path) -> None:
    with (shared_data / "ramas_artesanales.csv").open(encoding="utf-8", newline="") as file:
        assert [b.id for b in branches()] == [row["id"] for row in csv.DictReader(file)]
