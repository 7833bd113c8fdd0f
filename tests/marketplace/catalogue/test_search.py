"""What is asked is found, on both engines alike."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from marketplace.catalogue.models import Product
from marketplace.catalogue.search import finds, index_text
from marketplace.catalogue.words import asked, stems
from tests import makers


def found(session: Session, words: str) -> list[str]:
    condition = finds(words, session)
    assert condition is not None
    return list(session.scalars(select(Product.name).where(condition).order_by(Product.name)))


@pytest.fixture
def market(session: Session) -> None:
    seller = makers.producer()
    for name, more in (
        ("Rebozo de algodón", "Teotitlán"),
        ("Jarrón de barro", "Oaxaca"),
        ("Piña de barro vidriado", "Michoacán"),
    ):
        makers.product(seller, name=name, search_text=index_text(name, more))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("rebozo", ["Rebozo de algodón"]),
        ("REBOZOS", ["Rebozo de algodón"]),
        ("reb", ["Rebozo de algodón"]),
        ("algodon", ["Rebozo de algodón"]),
        ("teotitlan", ["Rebozo de algodón"]),
        ("barro", ["Jarrón de barro", "Piña de barro vidriado"]),
        ("barro jarrones", ["Jarrón de barro"]),
        ("pina", ["Piña de barro vidriado"]),
        ("piña", ["Piña de barro vidriado"]),
        ("rebozo barro", []),
        ("vidrio soplado", []),
    ],
)
def test_words_find_goods(session: Session, market: None, words: str, names: list[str]) -> None:
    assert found(session, words) == names


@pytest.mark.parametrize("words", ['"', "' OR 1=1 --", "NEAR(a b)", "rebozo AND", "a:b", "*", "() & | !"])
def test_what_looks_like_a_query_is_only_words(session: Session, market: None, words: str) -> None:
    condition = finds(words, session)
    if condition is not None:
        session.scalars(select(Product.name).where(condition)).all()


def test_a_changed_text_is_found_anew_and_no_longer_under_the_old(session: Session, market: None) -> None:
    with unit_of_work():
        session.scalars(select(Product).where(Product.name == "Jarrón de barro")).one().search_text = index_text("Florero")
    assert found(session, "florero") == ["Jarrón de barro"]
    assert found(session, "jarron") == []


def test_nothing_asked_is_no_condition(session: Session) -> None:
    assert finds("  ¿? ", session) is None


def test_plurals_meet_their_singulars() -> None:
    assert stems("Rebozos teñidos, nueces, jabones y mieles") == ["rebozo", "tenido", "nuez", "jabon", "y", "miel"]


def test_a_search_has_a_bounded_number_of_words() -> None:
    assert len(asked(" ".join(f"palabra{n}" for n in range(500)))) == 12
