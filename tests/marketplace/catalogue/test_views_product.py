"""The product page: who may open it, what it shows and to whom, and that no page leaks into the next."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import db, unit_of_work
from marketplace import labels
from marketplace.catalogue.cards import cards, for_cards
from marketplace.catalogue.models import Product, ProductPhoto, Variant
from marketplace.catalogue.page import ProductPages
from marketplace.catalogue.showing import Reader
from marketplace.producers.models import Maker, Producer
from tests import makers

ClientOf = Callable[[User], FlaskClient]
AddPhoto = Callable[..., ProductPhoto]


@pytest.fixture
def product(stall: Producer) -> Product:
    return makers.product(stall)


def page(product: Product) -> str:
    return f"/products/{product.public_id}/{product.slug}"


def machine(text: str) -> dict[str, Any]:
    """The JSON-LD of a page."""
    found: dict[str, Any] = json.loads(text.split('<script type="application/ld+json">')[1].split("</script>", maxsplit=1)[0])
    return found


def test_anyone_reads_who_made_it_and_what_it_costs(client: FlaskClient, product: Product, with_photo: AddPhoto) -> None:
    with_photo(product, "Rebozo azul")
    answer = client.get(page(product))
    assert answer.status_code == 200
    for words in (
        "<h1>Rebozo de algodón</h1>",
        "Taller Hilo de Luna",
        "Oaxaca de Juárez, Oaxaca",
        "<b>$2,450.00</b> MXN",
        "Queda 1",
        "Lo quiero",
    ):
        assert words in answer.text
    assert f'href="/products/{product.public_id}/ask"' in answer.text
    assert 'alt="Rebozo azul"' in answer.text


def test_a_wrong_or_missing_slug_leads_to_the_right_one(client: FlaskClient, product: Product) -> None:
    for wrong in (f"/products/{product.public_id}", f"/products/{product.public_id}/otra-cosa"):
        answer = client.get(wrong + "?lang=en")
        assert (answer.status_code, answer.location) == (301, page(product) + "?lang=en")


@pytest.mark.parametrize("unknown", ["nada", "x" * 400, "'; DROP TABLE products; --"])
def test_what_does_not_exist_is_not_found(client: FlaskClient, app: Flask, unknown: str) -> None:
    assert client.get(f"/products/{unknown}/x").status_code == 404


@pytest.mark.parametrize(
    ("given", "visitor", "keeper_sees"),
    [
        ({"state": "draft", "published_at": None}, 404, 200),
        ({"state": "draft"}, 404, 200),
        ({"state": "archived", "published_at": None}, 404, 200),
        ({"state": "archived"}, 200, 200),
        ({"state": "paused"}, 200, 200),
        ({"state": "published"}, 200, 200),
    ],
)
def test_who_may_open_it(
    client: FlaskClient, client_of: ClientOf, stall: Producer, keeper: User, given: dict[str, Any], visitor: int, keeper_sees: int
) -> None:
    product = makers.product(stall, **given)
    assert client.get(page(product)).status_code == visitor
    assert client_of(makers.user()).get(page(product)).status_code == visitor
    assert client_of(keeper).get(page(product)).status_code == keeper_sees


def test_a_closed_stall_shows_nothing(client: FlaskClient, session: Session) -> None:
    assert client.get(page(makers.product(makers.producer(published_at=None)))).status_code == 404


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_what_is_no_longer_on_sale_says_so_and_shows_others(client: FlaskClient, stall: Producer, state: str) -> None:
    product = makers.product(stall, state=state)
    makers.product(stall, name="Chalina morada", slug="chalina-morada")
    answer = client.get(page(product))
    assert "Esta pieza ya no está a la venta por ahora." in answer.text
    assert "Chalina morada" in answer.text
    assert "Lo quiero" not in answer.text
    assert "ld+json" not in answer.text
    assert "$2,450.00</b>" not in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text


def test_a_label_is_worn_while_it_is_valid_and_not_a_second_longer(client: FlaskClient, product: Product, at: datetime) -> None:
    made = makers.certificate(product.producer.party, subject_refs=(product.public_id,))
    shown = client.get(page(product)).text
    assert f"/weave/{made.code}.svg" in shown
    assert "Sello comunitario, no oficial." in shown
    assert machine(shown)["hasCertification"][0]["url"] == f"http://localhost/v/{made.code}"
    with clock.standing_at(made.valid_until):
        gone = client.get(page(product)).text
    assert made.code not in gone
    assert "hasCertification" not in machine(gone)
    with unit_of_work():
        made.withdrawn_at = at
    assert made.code not in client.get(page(product)).text


def test_a_label_of_other_goods_is_not_worn(client: FlaskClient, product: Product, stall: Producer) -> None:
    other = makers.product(stall, name="Otra", slug="otra")
    made = makers.certificate(stall.party, subject_refs=(other.public_id,))
    text = client.get(page(product)).text
    assert "hasCertification" not in machine(text)
    assert text.count(made.code) == 1, "only on the card of the other"


def test_no_page_leaks_into_the_next(
    app: Flask, client: FlaskClient, client_of: ClientOf, product: Product, keeper: User, with_photo: AddPhoto
) -> None:
    with_photo(product)
    other = makers.product(
        makers.producer(makers.party("Cooperativa Nueve Cerros")), name="Jarra", slug="jarra", price_centavos=100
    )
    with_photo(other)
    browsers = [client, client_of(keeper), client_of(makers.user("Otilia Zeta"))]
    cold = {}
    for number, browser in enumerate(browsers):
        for one in (product, other):
            for lang in ("es", "en"):
                app.extensions.pop("product_pages", None)
                cold[number, one.public_id, lang] = browser.get(f"{page(one)}?lang={lang}&q=canario{number}").text
    for (number, public_id, lang), text in cold.items():
        one = product if public_id == product.public_id else other
        assert browsers[number].get(f"{page(one)}?lang={lang}&q=canario{number}").text == text
        assert ("Rosa Luna" in text, "Otilia Zeta" in text) == (number == 1, number == 2)
        assert ("Nueve Cerros" in text) == (one is other)
        assert "\ue000" not in text
        assert f'href="{page(one)}?lang={"en" if lang == "es" else "es"}&amp;q=canario{number}"' in text


def test_visitors_may_keep_a_page_and_ask_anew_and_others_keep_nothing(
    client: FlaskClient, client_of: ClientOf, product: Product
) -> None:
    first = client.get(page(product))
    assert first.headers["Cache-Control"] == "max-age=0, must-revalidate"
    assert client.get(page(product), headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    other = client.get(page(product) + "?lang=en")
    assert other.headers["Cache-Control"] == "private, no-cache"
    assert client.get(page(product) + "?lang=en", headers={"If-None-Match": other.headers["ETag"]}).status_code == 304
    assert client_of(makers.user()).get(page(product)).headers["Cache-Control"] == "private, no-store"


def test_a_site_of_another_name_draws_its_pages_too(
    app: Flask, product: Product, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", [".tianguis.example"])
    answer = ProductPages(app, db.engine).answer(f"{product.public_id}/{product.slug}", "es", at)
    assert answer is not None
    assert b"Rebozo de algod" in answer.body


def test_words_of_people_stay_words(client: FlaskClient, stall: Producer) -> None:
    evil = "</script><script>alert(1)</script> \u2028 & \"'"
    product = makers.product(stall, name=evil, description=evil + "\n\nsegundo párrafo", materials=evil)
    text = client.get(page(product)).text
    assert "<script>alert" not in text
    assert "<p>segundo párrafo</p>" in text
    assert machine(text)["name"] == evil


def test_shared_links_show_the_largest_jpeg_and_true_words(client: FlaskClient, product: Product, with_photo: AddPhoto) -> None:
    photo = with_photo(product)
    text = client.get(page(product)).text
    assert f'<meta property="og:image" content="http://localhost/media/{photo.file.digest}.jpg">' in text
    assert f'<meta property="og:url" content="http://localhost{page(product)}">' in text
    assert '<meta property="og:title" content="Rebozo de algodón">' in text
    assert "https://wa.me/?text=Rebozo%20de%20algod%C3%B3n%20http%3A%2F%2Flocalhost%2Fproducts%2F" in text


def test_a_drawing_says_that_it_is_one(client: FlaskClient, product: Product, with_photo: AddPhoto) -> None:
    assert "Ilustración:" not in client.get(page(product)).text
    with_photo(product, illustration=True)
    assert "Ilustración:" in client.get(page(product)).text


def test_the_maker_is_credited_while_they_consent(client: FlaskClient, stall: Producer, session: Session, at: datetime) -> None:
    maker = Maker(producer_id=stall.id, public_name="Martina X.", consented_at=at, consent_how="de palabra")
    makers.save(maker)
    product = makers.product(stall, maker_id=maker.id)
    assert "Martina X." in client.get(page(product)).text
    with unit_of_work():
        maker.withdrawn_at = at
    assert "Martina X." not in client.get(page(product)).text
    assert [one.maker for one in cards([product], at)] == ["Taller Hilo de Luna"]


def test_text_in_the_other_language_says_which(client: FlaskClient, stall: Producer) -> None:
    product = makers.product(stall, description="Tejido a mano.", name_en="Cotton shawl", materials="Algodón")
    label = makers.certificate(stall.party, subject_refs=(product.public_id,))
    text = client.get(page(product) + "?lang=en").text
    assert "<h1>Cotton shawl</h1>" in text
    assert '<div class="prose" lang="es-MX"><p>Tejido a mano.</p></div>' in text
    assert f'href="/v/{label.code}?lang=en"' in text
    assert '<dd><span lang="es-MX">Algodón</span></dd>' in text
    plain = client.get(page(product) + "?lang=es").text
    assert f'href="/v/{label.code}"' in plain
    assert "<dd>Algodón</dd>" in plain
    assert "<h1>Rebozo de algodón</h1>" in plain
    assert "</h2><p>Tejido a mano.</p>" in plain


@pytest.mark.parametrize(
    ("given", "on_hand", "words"),
    [
        ({}, 5, "Quedan 5"),
        ({"one_of_a_kind": True}, 1, "Pieza única"),
        ({}, 0, "Agotada por ahora"),
        ({"made_to_order": True, "lead_days": 15}, 0, "Se hace sobre pedido, en unos 15 días"),
        ({"one_of_a_kind": True, "made_to_order": True}, None, "Pieza única, se hace sobre pedido"),
        ({"made_to_order": True, "lead_days": 15}, 2, "Quedan 2"),
        ({"made_to_order": True}, None, "Se hace sobre pedido"),
    ],
)
def test_availability_in_plain_words(
    client: FlaskClient, stall: Producer, given: dict[str, Any], on_hand: int | None, words: str
) -> None:
    text = client.get(page(makers.product(stall, on_hand=on_hand, **given))).text
    assert f"· {words}</span>" in text
    assert ("Preguntar si habrá otra" in text) == (words == "Agotada por ahora")


def test_a_stall_at_rest_says_until_when(client: FlaskClient, session: Session) -> None:
    for until, told in ((date(2026, 11, 22), True), (date(2026, 11, 21), False)):
        product = makers.product(makers.producer(makers.party(), away_until=until))
        assert ("en descanso hasta el" in client.get(page(product)).text) is told


def test_variants_show_each_price(client: FlaskClient, product: Product) -> None:
    makers.save(Variant(product_id=product.id, name="Grande", price_centavos=300_000, on_hand=0, position=1))
    text = client.get(page(product)).text
    assert "$3,000.00 <small>MXN</small>" in text
    assert "Queda 1" in text


def statements(act: Callable[[], Any]) -> int:
    """How many queries ``act`` sends, SQLAlchemy's and our own."""
    sent: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    act()
    return len(sent)


def test_cards_cost_one_query_for_labels_however_many_they_are(
    session: Session, stall: Producer, with_photo: AddPhoto, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "lags", lambda: False)  # looked at once a second, and in tests each time
    counts = []
    for number in (2, 10):
        for _ in range(number):
            with_photo(makers.product(stall))
        session.expire_all()
        found = list(session.scalars(db.select(Product).options(*for_cards())))
        counts.append(statements(lambda found=found: cards(found, at)))  # type: ignore[misc]  # mypy can't see a default's type
    assert counts == [1, 1]


def test_the_page_of_a_product_with_everything_reads_three_times_and_twice_for_labels(
    app: Flask, session: Session, product: Product, with_photo: AddPhoto, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers.save(Variant(product_id=product.id, name="Grande", price_centavos=300_000, on_hand=0, position=1))
    for _ in range(6):
        with_photo(makers.product(product.producer))
        with_photo(product)
    reader = Reader(app, db.engine)
    row = reader.find(product.public_id)
    assert row is not None
    asked: list[str] = []

    def noting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*given: Any, **more: Any) -> Any:
            asked.append(name)
            return real(*given, **more)

        return ask

    for name in ("_choices", "_more"):
        monkeypatch.setattr(getattr(reader, name), "all", noting(name, getattr(reader, name).all))
    shown = reader.fill(row, at)
    assert asked == ["_choices", "_more"]
    assert (len(shown.row.pictures), len(shown.choices), len(shown.more)) == (6, 2, 4)


def test_a_new_certificate_shows_at_once_on_the_cards_of_others(
    client: FlaskClient, product: Product, stall: Producer, at: datetime
) -> None:
    other = makers.product(stall, name="Chalina", slug="chalina")
    client.get(page(product))
    made = makers.certificate(stall.party, subject_refs=(other.public_id,), valid_from=at - timedelta(days=1))
    assert made.code in client.get(page(product)).text
