import gzip
import zlib
from collections.abc import Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from certification.core import compress
from certification.core.compress import LEAST, PADDING, Compress

LONG = "Rebozos teñidos con añil. " * 200
GZIP = {"Accept-Encoding": "gzip, br"}


class Page:
    """What the application behind answers."""

    def __init__(self) -> None:
        self.body: str | Iterator[str] = LONG
        self.kind = "text/html; charset=utf-8"
        self.headers: dict[str, str] = {}
        self.status = 200


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def client(page: Page) -> FlaskClient:
    app = Flask("behind")
    app.add_url_rule("/", view_func=lambda: Response(page.body, page.status, page.headers, content_type=page.kind))
    compress.init_app(app)
    return app.test_client()


@pytest.mark.parametrize(
    "kind",
    [
        "text/html; charset=utf-8", "text/css", "text/javascript", "application/json", "image/svg+xml", "application/ld+json",
        "application/vc", "application/vc+jwt", "application/did+ld+json",
    ],
)  # fmt: skip
def test_a_long_text_is_sent_small_and_whole(client: FlaskClient, page: Page, kind: str) -> None:
    page.kind = kind
    told = client.get("/", headers=GZIP)
    assert told.headers["Content-Encoding"] == "gzip"
    assert told.headers["Content-Length"] == str(len(told.data))
    assert len(told.data) < len(LONG.encode()) // 10
    assert gzip.decompress(told.data).decode() == LONG


@pytest.mark.parametrize(
    ("offered", "packed"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("br;q=1.0, gzip; q=0.8, *;q=0.1", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
    ],
)
def test_only_whoever_accepts_it_is_sent_gzip_and_caches_are_told(client: FlaskClient, offered: str, *, packed: bool) -> None:
    told = client.get("/", headers={"Accept-Encoding": offered})
    assert ("Content-Encoding" in told.headers) is packed
    assert told.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "kind", ["image/jpeg", "image/webp", "application/pdf", "font/woff2", "application/octet-stream", "audio/mpeg"]
)
def test_what_is_no_text_is_left_alone(client: FlaskClient, page: Page, kind: str) -> None:
    page.kind = kind
    told = client.get("/", headers=GZIP)
    assert "Content-Encoding" not in told.headers
    assert "Vary" not in told.headers


def test_bytes_that_say_that_they_vary_by_it_are_packed(client: FlaskClient, page: Page) -> None:
    page.kind, page.headers = "application/octet-stream", {"Vary": "Accept-Encoding"}
    told = client.get("/", headers=GZIP)
    assert (told.headers["Content-Encoding"], told.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(told.data).decode() == LONG
    assert "Content-Encoding" not in client.get("/").headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Disposition": "attachment; filename=carta.txt"},
        {"Content-Disposition": "inline"},
        {"Content-Security-Policy": "default-src 'none'; sandbox"},
        {"Content-Encoding": "br"},
    ],
)
def test_evidence_and_files_are_left_alone(client: FlaskClient, page: Page, headers: dict[str, str]) -> None:
    page.kind, page.headers = "text/plain", headers
    assert client.get("/", headers=GZIP).data.decode() == LONG


def test_streams_errors_heads_and_short_texts_are_left_alone(client: FlaskClient, page: Page) -> None:
    assert "Content-Encoding" not in client.head("/", headers=GZIP).headers
    page.body = "x" * (LEAST - 1)
    assert "Content-Encoding" not in client.get("/", headers=GZIP).headers
    page.body = "x" * LEAST
    assert client.get("/", headers=GZIP).headers["Content-Encoding"] == "gzip"
    page.status = 404
    assert "Content-Encoding" not in client.get("/", headers=GZIP).headers
    page.status, page.body = 200, iter([LONG, LONG])
    assert client.get("/", headers=GZIP).data.decode() == LONG + LONG


def test_the_mark_of_the_bytes_becomes_one_of_the_meaning(client: FlaskClient, page: Page) -> None:
    page.headers = {"ETag": '"abc"', "Vary": "Cookie"}
    packed, plain = client.get("/", headers=GZIP), client.get("/")
    assert (packed.headers["ETag"], plain.headers["ETag"]) == ('W/"abc"', '"abc"')
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Cookie, Accept-Encoding"
    page.status, page.body = 304, ""
    assert client.get("/", headers=GZIP).headers["ETag"] == 'W/"abc"'
    assert client.get("/").headers["ETag"] == '"abc"'


def test_a_page_of_ones_own_has_a_length_that_tells_nothing(client: FlaskClient, page: Page) -> None:
    page.headers = {"Cache-Control": "private, no-store"}
    found = [client.get("/", headers=GZIP).data for _ in range(40)]
    assert {gzip.decompress(one).decode() for one in found} == {LONG}
    lengths = {len(one) for one in found}
    assert len(lengths) > 10
    assert max(lengths) - min(lengths) <= PADDING + 1
    page.headers = {}
    assert len({client.get("/", headers=GZIP).data for _ in range(5)}) == 1


@pytest.mark.parametrize("headers", [{"ETag": '"abc"'}, {"Cache-Control": "public, immutable"}])
def test_what_is_the_same_for_all_is_packed_once_and_never_mistaken(
    client: FlaskClient, page: Page, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[int] = []
    page.headers = headers
    real = compress.gzip

    def counted(plain: bytes, level: int) -> bytes:
        packed.append(level)
        return real(plain, level)

    monkeypatch.setattr(compress, "gzip", counted)
    for _ in range(3):
        client.get("/", headers=GZIP)
    assert len(packed) == 1
    page.body = LONG[::-1]  # another text that came under the same mark
    assert gzip.decompress(client.get("/", headers=GZIP).data).decode() == LONG[::-1]


def test_little_is_kept(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compress, "KEPT_BYTES", 3_000)
    layer = Compress(lambda _environ, _start: [])
    for number in range(50):
        layer._keep(("/", str(number), "m", 0), zlib.compress(b"x") + bytes(500))
    assert layer._size == sum(map(len, layer._kept.values())) <= 3_000
    assert list(layer._kept)[-1] == ("/", "49", "m", 0)


def test_the_whole_application_packs_its_style_sheet_and_no_photograph(app: Flask) -> None:
    with app.app_context():
        address = app.jinja_env.globals["asset"]("css/site.css")  # type: ignore[operator]  # a function of ours
    told = app.test_client().get(address, headers=GZIP)
    assert told.headers["Content-Encoding"] == "gzip"
    assert "immutable" in told.headers["Cache-Control"]
    assert told.headers.getlist("Vary") == ["Accept-Encoding"]
