from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.media.models import FileKind, StoredFile
from marketplace.catalogue.models import ProductPhoto
from marketplace.home import queries
from marketplace.home.queries import Counts
from tests import makers


def stored_photo(mark: str) -> StoredFile:
    digest = mark * 64
    made = StoredFile(
        kind=FileKind.PHOTO,
        private=False,
        digest=digest,
        content_type="image/jpeg",
        size=1,
        width=640,
        height=800,
        renditions=[{"width": 640, "height": 800, "jpeg": digest, "webp": digest}],
        made_at=makers.THEN,
    )
    makers.save(made)
    return made


def test_an_empty_market_says_so_and_claims_nothing(session: Session, client: FlaskClient, at: datetime) -> None:
    text = client.get("/").get_data(as_text=True)
    assert queries.counts(session, at) == Counts(0, 0, 0)
    assert "Todavía no hay sellos otorgados" in text
    assert "Venta directa" not in text


def test_counts_are_of_what_is_on_show_and_valid_now(session: Session, at: datetime) -> None:
    one, two = makers.producer(), makers.producer(makers.party("C", state_code="07"))
    closed = makers.producer(makers.party("X", state_code="13"), published_at=None)
    goods = [makers.product(stall) for stall in (one, one, two, closed)]
    version = makers.scheme_version()
    for product in goods:
        makers.certificate(product.producer.party, version, subject_refs=(product.subject_ref,))
    makers.certificate(one.party, version, subject_refs=(goods[0].subject_ref,))
    assert queries.counts(session, at) == Counts(producers=2, states=2, labelled=3)
    assert queries.counts(session, at + timedelta(days=2000)).labelled == 0


def test_what_is_labelled_is_shown_newest_first_and_varied(session: Session, at: datetime) -> None:
    version = makers.scheme_version()
    stalls = [makers.producer(makers.party(f"Taller {number}")) for number in range(3)]
    made = []
    for number in range(9):
        product = makers.product(
            stalls[number % 3],
            name=f"Pieza {number}",
            published_at=makers.THEN + timedelta(days=number),
            category=f"c{number % 3}",
        )
        makers.certificate(stalls[number % 3].party, version, subject_refs=(product.subject_ref,))
        made.append(product)
    makers.product(stalls[0], name="Sin sello", published_at=makers.THEN + timedelta(days=99))
    shown = [one.name for one in queries.newest_labelled(session, at)]
    assert shown[:3] == ["Pieza 8", "Pieza 7", "Pieza 6"]
    assert len(shown) == 8
    assert "Sin sello" not in shown


def test_a_label_that_lapsed_leaves_the_first_page_at_once(session: Session, client: FlaskClient, at: datetime) -> None:
    product = makers.product(name="Rebozo pausado")
    makers.certificate(product.producer.party, subject_refs=(product.subject_ref,), suspended_at=at)
    assert "Rebozo pausado" not in client.get("/").get_data(as_text=True).split("Por oficio")[0]


def test_faces_have_a_story_a_picture_and_goods(session: Session) -> None:
    cover = stored_photo("a").id
    whole = makers.producer(makers.party("Completo"), story="Uno", cover_id=cover)
    for name, given in (("Mudo", {"cover_id": cover}), ("Sin foto", {"story": "x"})):
        makers.product(makers.producer(makers.party(name), **given))
    makers.producer(makers.party("Sin piezas"), story="x", cover_id=cover)
    makers.product(whole)
    assert queries.faces(session) == [whole]


def test_the_page_shows_faces_crafts_and_a_picture_to_share(session: Session, client: FlaskClient) -> None:
    stall = makers.producer(makers.party("Completo"), story="Uno", line="Tejemos", cover_id=stored_photo("a").id)
    product = makers.product(stall, name="Rebozo azul")
    makers.save(ProductPhoto(product_id=product.id, file_id=stored_photo("b").id, position=0))
    makers.certificate(stall.party, subject_refs=(product.subject_ref,))
    text = client.get("/").get_data(as_text=True)
    for wanted in (
        "Quién está detrás",
        "Completo",
        "Tejemos",
        "Por oficio",
        "Textiles",
        "Rebozo azul",
        "1 productor de 1 estado",
    ):
        assert wanted in text
    assert f'<meta property="og:image" content="http://localhost/media/{"b" * 64}.jpg">' in text
