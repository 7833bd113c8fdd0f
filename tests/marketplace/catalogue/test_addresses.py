"""A product's address is made of its name, and the short way to it is the same as Flask's."""

import pytest
from flask import Flask, url_for

from marketplace.catalogue.addresses import product_path, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Rebozo de algodón", "rebozo-de-algodon"),
        ("  Jarrón «Ñandú», 30 cm ", "jarron-nandu-30-cm"),
        ("ꞌaʉ", "au"),
        ("", "pieza"),
        ("¡!", "pieza"),
        ("Ask", "pieza-ask"),
        ("a" * 90, "a" * 80),
        ("palabra " * 20, "palabra-palabra-palabra-palabra-palabra-palabra-palabra-palabra-palabra-palabra"),
    ],
)
def test_a_name_becomes_words_of_an_address(name: str, slug: str) -> None:
    assert slug_of(name) == slug
    assert len(slug) <= 80


def test_the_short_way_gives_what_flask_gives(app: Flask) -> None:
    with app.test_request_context():
        assert product_path("abcdefghjkmn", "rebozo") == url_for("catalogue.product", public_id="abcdefghjkmn", slug="rebozo")
