"""Filters, counts and pages of the catalogue, and what hostile addresses get."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from marketplace.catalogue.browsing import Filter, Sort, facets, page, read_filter
from marketplace.catalogue.cards import cards
from marketplace.catalogue.models import Product
from marketplace.catalogue.search import index_text
from tests import makers


def made(name: str, category: str, code: str, centavos: int, **given: Any) -> Product:
    seller = makers.producer(makers.party(f"Taller {name}", state_code=code))
    return makers.product(seller, name=name, category=category, price_centavos=centavos, search_text=index_text(name), **given)


@pytest.fixture
def market(session: Session) -> dict[str, Product]:
    goods = {
        "rebozo": made("Rebozo de algodón", "textiles", "20", 245_000),
        "huipil": made("Huipil de algodón", "textiles", "07", 99_999),
        "jarro": made("Jarro de barro", "alfareria-ceramica", "20", 29_999),
        "comal": made("Comal de barro", "alfareria-ceramica", "21", 30_000),
    }
    made("Rebozo en borrador", "textiles", "20", 100, state="draft", published_at=None)
    hidden = makers.producer(makers.party("Cerrado"), published_at=None)
    makers.product(hidden, name="Rebozo escondido", search_text=index_text("Rebozo escondido"))
    return goods


def names(session: Session, wanted: Filter, at: datetime) -> list[str]:
    return sorted(one.name for one in page(session, wanted, at=at).products)


def test_only_published_goods_of_open_stalls_are_shown(session: Session, at: datetime, market: dict[str, Product]) -> None:
    assert names(session, Filter(), at) == ["Comal de barro", "Huipil de algodón", "Jarro de barro", "Rebozo de algodón"]
    assert names(session, Filter(words="rebozos"), at) == ["Rebozo de algodón"]


def test_choices_of_one_facet_are_alternatives_and_of_two_facets_conditions(
    session: Session, at: datetime, market: dict[str, Product]
) -> None:
    assert names(session, Filter(states=("20", "21")), at) == ["Comal de barro", "Jarro de barro", "Rebozo de algodón"]
    assert names(session, Filter(states=("20",), categories=("textiles",)), at) == ["Rebozo de algodón"]
    assert names(session, Filter(prices=(0, 2)), at) == ["Jarro de barro", "Rebozo de algodón"]


def test_counts_tell_what_each_choice_would_show_given_the_other_facets(
    session: Session, at: datetime, market: dict[str, Product]
) -> None:
    counted = facets(session, Filter(states=("20",), categories=("textiles",)), at=at)
    assert counted.total == 1
    assert counted.states == {"20": 1, "07": 1}
    assert counted.categories == {"textiles": 1, "alfareria-ceramica": 1}
    assert counted.prices == {2: 1}
    assert counted.labels == {}
    everything = facets(session, Filter(), at=at)
    assert (everything.total, everything.prices) == (4, {0: 1, 1: 2, 2: 1})
    assert facets(session, Filter(words="barro"), at=at).states == {"20": 1, "21": 1}


def test_every_count_is_the_number_of_goods_that_the_choice_then_shows(
    session: Session, at: datetime, market: dict[str, Product]
) -> None:
    counted = facets(session, Filter(), at=at)
    for state, number in counted.states.items():
        assert len(names(session, Filter(states=(state,)), at)) == number
    for key, number in counted.categories.items():
        assert len(names(session, Filter(categories=(key,)), at)) == number
    for band, number in counted.prices.items():
        assert len(names(session, Filter(prices=(band,)), at)) == number


def test_the_label_facet_counts_only_what_is_valid_at_the_moment(
    session: Session, at: datetime, market: dict[str, Product]
) -> None:
    version = makers.scheme_version("origen-local")
    holder = market["rebozo"].producer.party
    refs = {name: (market[name].subject_ref,) for name in market}
    makers.certificate(holder, version, subject_refs=refs["rebozo"])
    makers.certificate(holder, version, subject_refs=refs["rebozo"])  # twice labelled, once counted
    makers.certificate(holder, version, subject_refs=refs["huipil"], suspended_at=at - timedelta(days=1))
    makers.certificate(holder, version, subject_refs=refs["jarro"], valid_until=at)
    makers.certificate(holder, version, subject_refs=refs["comal"], withdrawn_at=at)
    labelled = Filter(labels=("origen-local",))
    assert facets(session, Filter(), at=at).labels == {"origen-local": 1}
    assert names(session, labelled, at) == ["Rebozo de algodón"]
    before = at - timedelta(days=2)
    assert facets(session, Filter(), at=before).labels == {"origen-local": 4}
    assert names(session, labelled, before) == sorted(one.name for one in market.values())
    assert names(session, Filter(labels=("no-such-label",)), at) == []


def walk(session: Session, wanted: Filter, at: datetime) -> Iterator[int]:
    after = None
    while True:
        found = page(session, wanted, at=at, after=after, limit=3)
        yield from (one.id for one in found.products)
        if found.next is None:
            return
        after = json.loads(json.dumps(found.next))


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_meet_without_gap_or_repeat(session: Session, at: datetime, sort: Sort) -> None:
    seller = makers.producer()
    for number in range(11):
        at_once = makers.THEN + timedelta(days=number // 4)
        makers.product(seller, name=f"Jarro {number}", price_centavos=1000 + 500 * (number % 3), published_at=at_once)
    wanted = Filter(sort=sort)
    whole = [one.id for one in page(session, wanted, at=at, limit=100).products]
    assert list(walk(session, wanted, at)) == whole
    assert len(set(whole)) == 11


def test_each_sort_has_its_order(session: Session, at: datetime, market: dict[str, Product]) -> None:
    prices = [one.price_centavos for one in page(session, Filter(sort=Sort.CHEAPEST), at=at).products]
    assert prices == [29_999, 30_000, 99_999, 245_000]
    assert [one.price_centavos for one in page(session, Filter(sort=Sort.DEAREST), at=at).products] == prices[::-1]


@pytest.mark.parametrize(
    ("sort", "after"),
    [
        (Sort.NEWEST, []),
        (Sort.NEWEST, [1]),
        (Sort.NEWEST, ["2026-01-02T12:00:00", 1]),
        (Sort.NEWEST, ["ayer", 1]),
        (Sort.NEWEST, ["2026-01-02T12:00:00+00:00", "1"]),
        (Sort.NEWEST, [None, None]),
        (Sort.CHEAPEST, ["2026-01-02T12:00:00+00:00", 1]),
        (Sort.CHEAPEST, [1.5, 1]),
        (Sort.DEAREST, [float("inf"), 1]),
        (Sort.DEAREST, [[1], 1]),
        (Sort.DEAREST, [1, 2, 3]),
    ],
)
def test_a_position_of_another_order_is_refused(session: Session, at: datetime, sort: Sort, after: list[Any]) -> None:
    with pytest.raises(BadRequest):
        page(session, Filter(sort=sort), at=at, after=after)


def test_what_an_address_asks_for_in_vain_is_left_out() -> None:
    args = [
        ("state", "20"),
        ("state", "20"),
        ("state", "99"),
        ("category", "x"),
        ("price", "9"),
        ("price", "²"),
        ("sort", "random"),
    ]
    assert read_filter(MultiDict([*args, ("label", "A\x00"), ("label", "origen-local"), ("q", " a " * 90)])) == Filter(
        words=(" a " * 90)[:100].strip(), labels=("origen-local",), states=("20",)
    )


HOSTILE = (
    "q=%00",
    "q=%22%20OR%201%3D1--",
    "q=*",
    "q=%F0%9F%92%A5",
    "q=" + "x" * 4000,
    "state=%00&category=%00&label=%00&price=%00&sort=%00",
    "label=" + "&label=".join(f"l{n}" for n in range(400)),
    "price=-1&price=99999999999999999999&price=1e3",
    "after=%00",
    "after=!!!!",
    "after=" + base64.urlsafe_b64encode(b"[1e999,1]").decode(),
    "after=" + base64.urlsafe_b64encode(b'["2026-01-02T12:00:00+00:00",99999999999999999999]').decode(),
    "after=" + base64.urlsafe_b64encode(b'["0001-01-01T00:00:00+14:00",1]').decode(),
    "after=" + base64.urlsafe_b64encode(b"[" * 3000 + b"]" * 3000).decode(),
    "after=" + base64.urlsafe_b64encode(b'{"a":1}').decode(),
    "sort=cheapest&after=" + base64.urlsafe_b64encode(b"[9223372036854775807,9223372036854775807]").decode(),
    "sort=cheapest&after=" + base64.urlsafe_b64encode(b"[true,false]").decode(),
    "lang=%00&x%00=1",
)


@pytest.mark.parametrize("path", ["/products", "/producers"])
@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_addresses_get_a_page_or_a_400(session: Session, client: FlaskClient, path: str, query: str) -> None:
    makers.product()
    assert client.get(f"{path}?{query}").status_code in (200, 400)


def test_the_page_says_what_is_asked_and_how_to_ask_for_less(
    session: Session, client: FlaskClient, market: dict[str, Product]
) -> None:
    text = client.get("/products?category=textiles&state=20").get_data(as_text=True)
    assert "<title>Textiles" in text
    assert "de Oaxaca" in text
    assert "1 producto" in text
    assert 'href="/products?state=20"' in text  # the chip that takes the category away
    assert '<link rel="canonical" href="http://localhost/products?category=textiles&amp;state=20">' in text


def test_an_empty_search_says_what_to_do(session: Session, client: FlaskClient, market: dict[str, Product]) -> None:
    text = client.get("/products?q=tren").get_data(as_text=True)
    assert "No encontramos nada así" in text


def test_a_long_list_has_further_pages(session: Session, client: FlaskClient) -> None:
    seller = makers.producer()
    for number in range(26):
        makers.product(seller, name=f"Jarro {number:02}")
    first = client.get("/products").get_data(as_text=True)
    onward = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(onward).get_data(as_text=True)
    seen = [name for name in (f"Jarro {number:02}" for number in range(26)) if name in first]
    assert len(seen) == 24
    assert [f"Jarro {number:02}" in second for number in range(26)].count(True) == 2
    assert 'rel="next"' not in second


def test_a_card_says_what_the_label_says_of_the_goods_not_the_schemes_name(session: Session, at: datetime) -> None:
    sold = makers.product()
    makers.certificate(sold.producer.party, subject_refs=(sold.subject_ref,))
    badge = cards([sold], at)[0].badge
    assert badge is not None
    assert badge.name == "Origen local, hecho a mano"
