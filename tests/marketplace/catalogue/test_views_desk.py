"""The desk's pages: who reaches them, what the form keeps, and the contract of autosave and upload."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.media.models import StoredFile
from certification.parties.models import MemberRole, Vetting
from certification.rules.workflow import ListingState
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.producers.models import Producer
from tests import makers, photographs

ClientOf = Callable[[User], FlaskClient]
AddPhoto = Callable[..., ProductPhoto]
FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def browser(client_of: ClientOf, keeper: User) -> FlaskClient:
    return client_of(keeper)


@pytest.fixture
def draft(stall: Producer, session: Session) -> Product:
    return makers.product(stall, state="draft", published_at=None)


def here(product: Product, rest: str = "") -> str:
    return f"/desk/listings/{product.public_id}{rest}"


def fields(product: Product, **given: Any) -> dict[str, Any]:
    values = {
        "version": product.version_id,
        "name": "Olla",
        "price": "680",
        "stock": "3",
        "category": "textiles",
        "unit": "pieza",
        "maker": "",
    }
    return values | given


def photo_file(name: str = "olla.jpg", seed: int = 1) -> tuple[io.BytesIO, str]:
    return io.BytesIO(photographs.encoded(photographs.scene(400, 500, seed=seed))), name


def test_a_visitor_is_asked_to_sign_in_and_a_stranger_finds_nothing(
    client: FlaskClient, client_of: ClientOf, draft: Product
) -> None:
    stranger = client_of(makers.user())
    for rest in ("", "/variants", "/photos"):
        assert client.get(here(draft, rest)).status_code == 303
        assert stranger.get(here(draft, rest)).status_code == 404
    for rest in ("", "/photos", "/photos/arrange", "/pause", "/resume", "/archive", "/restore", "/copy", "/variants"):
        assert client.post(here(draft, rest)).status_code == 303
        assert stranger.post(here(draft, rest)).status_code == 404


def test_a_reader_of_the_workshop_may_not_change_it(client_of: ClientOf, stall: Producer, draft: Product) -> None:
    reader = makers.user()
    makers.member(reader, stall.party, MemberRole.READ)
    assert client_of(reader).get(here(draft)).status_code == 403
    assert client_of(reader).post(here(draft, "/archive"), data={"confirmed": "1"}).status_code == 403


def test_nobody_lists_for_a_stall_that_is_not_theirs(browser: FlaskClient) -> None:
    other = makers.producer(makers.party("Otro"))
    assert browser.post(f"/desk/listings/new/{other.public_id}").status_code == 404


def test_new_leads_to_the_form_of_a_draft(browser: FlaskClient, stall: Producer, session: Session) -> None:
    answer = browser.post(f"/desk/listings/new/{stall.public_id}")
    product = session.scalars(select(Product)).one()
    assert (answer.status_code, answer.location) == (303, here(product))
    page = browser.get(answer.location)
    assert page.status_code == 200
    assert 'data-autosave-key="listing:' in page.text


@pytest.mark.parametrize("state", ["draft", "published", "paused", "archived"])
def test_my_listings_by_state(browser: FlaskClient, stall: Producer, session: Session, state: str) -> None:
    makers.product(stall, name="Jarra azul", state=state)
    makers.product(makers.producer(makers.party("Otro")), name="Ajena", state=state)
    page = browser.get(f"/desk/listings?state={state}")
    assert page.status_code == 200
    assert "Jarra azul" in page.text
    assert "Ajena" not in page.text


def test_an_unknown_state_is_no_page(browser: FlaskClient) -> None:
    assert browser.get("/desk/listings?state=rotten").status_code == 404


def test_long_lists_go_on_from_a_position(browser: FlaskClient, stall: Producer, session: Session) -> None:
    for number in range(21):
        makers.product(stall, name=f"Jarra {number:02}")
    page = browser.get("/desk/listings").text
    assert ("Jarra 20" in page, "Jarra 01" in page, "Jarra 00" in page) == (True, True, False)
    more = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    page = browser.get(more).text
    assert ("Jarra 01" in page, "Jarra 00" in page) == (False, True)


def test_saving_goes_back_to_the_form(browser: FlaskClient, draft: Product, session: Session) -> None:
    answer = browser.post(here(draft), data=fields(draft, price="$1,234.50"))
    assert (answer.status_code, answer.location) == (303, here(draft))
    product = makers.fresh(session, draft)
    assert (product.name, product.price_centavos, product.variants[0].on_hand) == ("Olla", 123_450, 3)


def test_nonsense_keeps_what_was_typed_and_says_so_beside_the_field(
    browser: FlaskClient, draft: Product, session: Session
) -> None:
    answer = browser.post(here(draft), data=fields(draft, price="68o", stock="muchas", name="Olla <b>"))
    assert answer.status_code == 422
    assert 'value="68o"' in answer.text
    assert 'value="muchas"' in answer.text
    assert "Escriba solo números, por ejemplo 680 o 1,234.50." in answer.text
    assert 'id="price-error"' in answer.text
    assert "Olla &lt;b&gt;" in answer.text
    assert makers.fresh(session, draft).name == "Rebozo de algodón"


def test_autosave_answers_with_the_time_and_the_next_version(browser: FlaskClient, draft: Product, session: Session) -> None:
    answer = browser.post(here(draft), data=fields(draft, name="", price=""), headers=FETCH | {"X-Autosave": "1"})
    assert answer.status_code == 200
    version = makers.fresh(session, draft).version_id
    assert answer.json == {"time": "10:32", "fields": {"version": str(version)}}


def test_a_stale_autosave_is_a_conflict(browser: FlaskClient, draft: Product, session: Session) -> None:
    opened = fields(draft)
    browser.post(here(draft), data=opened)
    answer = browser.post(here(draft), data=opened | {"name": "Otra"}, headers=FETCH | {"X-Autosave": "1"})
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["error"]["code"] == "changed_meanwhile"
    assert makers.fresh(session, draft).name == "Olla"


def test_a_stale_form_shows_both_texts_and_can_be_sent_again(browser: FlaskClient, draft: Product, session: Session) -> None:
    opened = fields(draft)
    browser.post(here(draft), data=opened)
    answer = browser.post(here(draft), data=opened | {"name": "La mía"})
    assert answer.status_code == 409
    assert 'value="La mía"' in answer.text
    assert "<dt>Nombre</dt><dd>Olla</dd>" in answer.text
    version = makers.fresh(session, draft).version_id
    assert f'name="version" type="hidden" value="{version}"' in answer.text
    assert browser.post(here(draft), data=opened | {"name": "La mía", "version": version}).status_code == 303


@pytest.mark.parametrize("version", ["", "x", "-1", "²", "9" * 30])
def test_a_version_that_is_none_is_a_stale_form(browser: FlaskClient, draft: Product, version: str) -> None:
    assert browser.post(here(draft), data=fields(draft, version=version)).status_code == 409


def test_publishing_saves_first_and_names_what_is_missing(browser: FlaskClient, draft: Product, session: Session) -> None:
    answer = browser.post(here(draft), data=fields(draft, price="", act="publish"))
    assert answer.status_code == 422
    for words in ("Falta al menos una foto.", "Falta el precio."):
        assert words in answer.text
    product = makers.fresh(session, draft)
    assert (product.name, product.state) == ("Olla", ListingState.DRAFT)


def test_publishing_puts_it_on_sale(browser: FlaskClient, draft: Product, with_photo: AddPhoto, session: Session) -> None:
    with_photo(draft)
    assert browser.post(here(draft), data=fields(draft, act="publish")).status_code == 303
    product = makers.fresh(session, draft)
    assert product.state is ListingState.PUBLISHED
    assert 'data-autosave="phone"' in browser.get(here(draft)).text, "half a sentence must not go live"


def test_who_is_not_vetted_reads_why(client_of: ClientOf, session: Session, with_photo: AddPhoto) -> None:
    stall, keeper = makers.producer(makers.party(vetting=Vetting.ASKED, vetted_at=None)), makers.user()
    makers.member(keeper, stall.party)
    product = makers.product(stall, state="draft", published_at=None)
    with_photo(product)
    answer = client_of(keeper).post(here(product), data=fields(product, act="publish"))
    assert answer.status_code == 422
    assert "Falta que una persona revise que usted puede hablar por Taller Hilo de Luna." in answer.text


def test_protected_words_are_told_while_drafting_and_stop_publishing(
    browser: FlaskClient, draft: Product, with_photo: AddPhoto
) -> None:
    with_photo(draft)
    assert browser.post(here(draft), data=fields(draft, name="Miel orgánica", category="miel-abeja")).status_code == 303
    assert 'id="name-claims"' in browser.get(here(draft)).text
    page = browser.post(here(draft), data=fields(draft, version=2, name="Miel orgánica", category="miel-abeja", act="publish"))
    assert page.status_code == 422
    assert "«orgánica»: Esa palabra está protegida por la ley" in page.text


def test_steps_ask_first_where_no_script_asked(browser: FlaskClient, stall: Producer, session: Session) -> None:
    product = makers.product(stall)
    for act, question, after in (
        ("pause", "¿Ponerla en pausa?", ListingState.PAUSED),
        ("archive", "¿Archivarla?", ListingState.ARCHIVED),
    ):
        asked = browser.post(here(product, f"/{act}"))
        assert (asked.status_code, question in asked.text) == (200, True)
        assert browser.post(here(product, f"/{act}"), data={"confirmed": "1"}).status_code == 303
        assert makers.fresh(session, product).state is after
    assert browser.post(here(product, "/restore")).status_code == 303
    assert browser.post(here(product, "/pause"), data={"confirmed": "1"}).status_code == 409


def test_resuming_what_lost_its_price_says_why(browser: FlaskClient, stall: Producer, session: Session) -> None:
    product = makers.product(stall, state="paused")
    answer = browser.post(here(product, "/resume"), follow_redirects=True)
    assert "Falta al menos una foto." in answer.text
    assert makers.fresh(session, product).state is ListingState.PAUSED


def test_a_copy_opens_as_a_draft(browser: FlaskClient, stall: Producer, session: Session) -> None:
    product = makers.product(stall)
    answer = browser.post(here(product, "/copy"))
    made = session.scalars(select(Product).where(Product.id != product.id)).one()
    assert (answer.location, made.state) == (here(made), ListingState.DRAFT)


def test_variants_from_their_own_page(browser: FlaskClient, draft: Product, session: Session) -> None:
    page = browser.get(here(draft, "/variants"))
    assert page.text.count("<fieldset") == 4
    only = draft.variants[0].public_id
    lines = {"lines-0-public_id": only, "lines-0-name": "Chica", "lines-0-price": "200", "lines-0-stock": "1"}
    lines |= {
        "lines-1-public_id": "",
        "lines-1-name": "Grande",
        "lines-1-price": "1 300",
        "lines-1-stock": "",
        "lines-2-name": "",
    }
    missing = browser.post(here(draft, "/variants"), data=lines | {"version": draft.version_id, "lines-1-price": ""})
    assert (missing.status_code, "Falta el precio." in missing.text) == (422, True)
    stale = browser.post(here(draft, "/variants"), data=lines | {"version": "77"})
    assert stale.status_code == 409
    assert browser.post(here(draft, "/variants"), data=lines | {"version": draft.version_id}).status_code == 303
    product = makers.fresh(session, draft)
    assert [(one.name, one.price_centavos, one.on_hand) for one in product.variants] == [
        ("Chica", 20_000, 1),
        ("Grande", 130_000, None),
    ]
    assert (product.variants[0].public_id, product.price_centavos) == (only, 20_000)
    assert "Chica" in browser.get(here(draft)).text


def test_an_upload_by_script_answers_as_its_contract_says(browser: FlaskClient, draft: Product, session: Session) -> None:
    answer = browser.post(here(draft, "/photos"), data={"photo": photo_file()}, headers=FETCH)
    photo = makers.fresh(session, draft).photos[0]
    assert answer.status_code == 201
    assert answer.json is not None
    assert (answer.json["id"], answer.json["position"], answer.json["alt"]) == (photo.public_id, 0, "")
    assert browser.get(answer.json["src"]).status_code == 200


def test_a_retried_upload_is_there_once(browser: FlaskClient, draft: Product, session: Session) -> None:
    first, second = (browser.post(here(draft, "/photos"), data={"photo": photo_file()}, headers=FETCH) for _ in range(2))
    assert first.json == second.json
    assert session.scalar(select(func.count(StoredFile.id))) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg onload=alert(1)>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0" + b"\0" * 500,
        photographs.encoded(photographs.scene(300, 300))[:900],
    ],
    ids=["empty", "stub of a gif", "svg", "pdf called jpg", "broken", "truncated"],
)
def test_a_bad_file_gets_a_sentence_and_leaves_nothing(
    browser: FlaskClient, draft: Product, session: Session, content: bytes
) -> None:
    answer = browser.post(here(draft, "/photos"), data={"photo": (io.BytesIO(content), "olla.jpg")}, headers=FETCH)
    assert answer.status_code == 422
    assert answer.json is not None
    assert len(answer.json["error"]["sentence"]) > 20
    assert session.scalar(select(func.count(StoredFile.id))) == 0
    assert session.scalar(select(func.count(ProductPhoto.id))) == 0


def test_a_huge_upload_gets_a_sentence(browser: FlaskClient, draft: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(browser.application.config, "MAX_CONTENT_LENGTH", 1000)
    answer = browser.post(here(draft, "/photos"), data={"photo": (io.BytesIO(b"x" * 5000), "olla.jpg")}, headers=FETCH)
    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["error"]["sentence"] == "La foto pesa demasiado. Tómela de menor tamaño y envíela otra vez."


def test_without_script_several_files_come_at_once_and_a_bad_one_is_named(
    browser: FlaskClient, draft: Product, session: Session
) -> None:
    files = [photo_file("a.jpg", 1), (io.BytesIO(b"nada"), "mala.jpg"), photo_file("b.jpg", 2)]
    answer = browser.post(here(draft, "/photos"), data={"photo": files}, follow_redirects=True)
    assert "mala.jpg: " in answer.text
    assert len(makers.fresh(session, draft).photos) == 2


def test_without_script_photos_and_what_was_typed_are_saved_together(
    browser: FlaskClient, draft: Product, session: Session
) -> None:
    sent = fields(draft, name="Olla azul", act="photos", photo=[photo_file("a.jpg", 1), photo_file("otra.jpg", 1)])
    answer = browser.post(here(draft), data=sent, follow_redirects=True)
    assert "otra.jpg ya está entre las fotos de esta pieza." in answer.text
    saved = makers.fresh(session, draft)
    assert (saved.name, len(saved.photos)) == ("Olla azul", 1)
    refused = browser.post(here(draft), data=fields(saved, name="Olla roja", price="68o", photo=photo_file("b.jpg", 2)))
    assert refused.status_code == 422
    assert 'value="Olla roja"' in refused.text
    assert len(makers.fresh(session, draft).photos) == 2


def test_an_autosave_names_the_field_that_is_refused(browser: FlaskClient, draft: Product) -> None:
    answer = browser.post(here(draft), data=fields(draft, price="68o"), headers=FETCH | {"X-Autosave": "1"})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["sentence"] == "Precio: Escriba solo números, por ejemplo 680 o 1,234.50."


def test_photos_are_arranged_described_removed_and_put_back(
    browser: FlaskClient, draft: Product, with_photo: AddPhoto, session: Session
) -> None:
    a, b = with_photo(draft), with_photo(draft)
    draft_page = here(draft, "/photos/arrange")
    assert browser.post(draft_page, data={"up": b.public_id}, headers=FETCH).status_code == 204
    assert [one.id for one in makers.fresh(session, draft).photos] == [b.id, a.id]
    assert browser.post(draft_page, data={"remove": b.public_id}).status_code == 303
    assert "Ponerla de nuevo" in browser.get(here(draft)).text
    browser.post(draft_page, data={"back": b.public_id})
    assert [one.id for one in makers.fresh(session, draft).photos] == [a.id, b.id]
    session.rollback()
    browser.post(here(draft), data=fields(draft, **{f"alt-{a.public_id}": "Olla negra", "alt-nadie": "x"}))
    assert [one.alt for one in makers.fresh(session, draft).photos] == ["Olla negra", ""]


def test_another_products_photo_cannot_be_touched_from_here(
    browser: FlaskClient, draft: Product, with_photo: AddPhoto, session: Session
) -> None:
    foreign = with_photo(makers.product(makers.producer(makers.party("Otro"))))
    for act in ("up", "down", "remove", "back"):
        assert browser.post(here(draft, "/photos/arrange"), data={act: foreign.public_id}).status_code == 404
    assert browser.post(here(draft, "/photos/arrange")).status_code == 404
    assert makers.fresh(session, foreign).removed_at is None
