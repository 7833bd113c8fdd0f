from certification.parties.branches import branches
from certification.parties.places.places import gazetteer
from marketplace.catalogue.taxonomy import Shelf, categories, category, sellable


def test_crafts_come_first_and_are_the_registrys_branches() -> None:
    assert [c.id for c in categories()[:20]] == [b.id for b in branches()]
    assert {c.shelf for c in categories()[:20]} == {Shelf.CRAFT}


def test_food_and_more_adds_twenty_one_categories() -> None:
    assert len(categories()) == 41
    assert len({c.id for c in categories()}) == 41
    assert sum(c.shelf is Shelf.FOOD_AND_MORE for c in categories()) == 21


def test_spirits_and_fermented_drinks_are_for_adults() -> None:
    assert [c.id for c in categories() if c.adults_only] == ["mezcal-destilados", "bebidas-fermentadas"]


def test_fireworks_cannot_be_listed() -> None:
    assert {c.id for c in categories()} - {c.id for c in sellable()} == {"pirotecnia"}


def test_a_category_has_its_protected_names_and_both_languages() -> None:
    coffee = category("cafe")
    assert coffee is not None
    assert coffee.protected_names == ("Café Veracruz", "Café Chiapas", "Pluma", "Café Nayarit")
    assert (coffee.label(), coffee.label("en")) == ("Café", "Coffee")
    assert category("nada") is None


def test_what_a_municipality_is_known_for_is_a_category() -> None:
    known = {c.id for c in categories()}
    assert {word for m in gazetteer().values() for word in m.known_for} <= known
