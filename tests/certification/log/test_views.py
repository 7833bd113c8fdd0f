"""The log as an outsider sees it: nothing but its addresses is used here."""

import base64
import gzip
import hashlib
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.log.appending import append_all
from certification.log.models import LogHead, LogLeaf
from certification.log.reading import consistency, head, inclusion
from certification.rules.checkpoint import Checkpoint
from certification.rules.leaves import parse_leaf
from certification.rules.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from certification.rules.monitoring import Standing, compare_by_nodes
from certification.rules.note_keys import parse_vkey
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.tiles import Tile, decode_bundle, tile_reader, tiles_of
from tests import makers
from tests.certification.log.acts import act, appended, behind_our_back

CACHED = "public, max-age=31536000, immutable"


def many(count: int) -> None:
    with unit_of_work():
        append_all([act(number) for number in range(count)], at=act().at)


def seen(client: FlaskClient) -> Checkpoint:
    key = parse_vkey(client.get("/log/vkey").text.splitlines()[0])
    return open_checkpoint(client.get("/log/checkpoint").data, key.name, [key]).checkpoint


def fetch(client: FlaskClient, tile: Tile) -> bytes:
    answer = client.get(f"/log/{tile.path}")
    assert answer.status_code == 200, tile.path
    return bytes(answer.data)


def entries(client: FlaskClient, size: int) -> list[bytes]:
    bundles = (tile for tile in tiles_of(size) if tile.level is None)
    return [entry for tile in bundles for entry in decode_bundle(fetch(client, tile), tile.width)]


@pytest.mark.parametrize("count", [1, 6, 255, 300, 600])
def test_an_outsider_rebuilds_the_tree_and_gets_the_signed_root(client: FlaskClient, session: Session, count: int) -> None:
    many(count)
    told = seen(client)
    found = entries(client, told.size)
    assert len(found) == told.size == count + 1
    assert root_of(map(leaf_hash, found)) == told.root
    assert [parse_leaf(entry) for entry in found[1:]] == [act(number) for number in range(count)]


def test_one_byte_of_one_entry_leads_to_another_root(client: FlaskClient, session: Session) -> None:
    many(6)
    told = seen(client)
    found = entries(client, told.size)
    assert root_of(map(leaf_hash, [*found[:-1], found[-1][:-1] + b"]"])) != told.root


def test_by_hand_with_nothing_but_a_hash_function(client: FlaskClient, session: Session) -> None:
    """As docs/log.md tells it."""
    many(2)
    bundle = client.get("/log/tile/entries/000.p/3").data
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    one, two, three = (hashlib.sha256(b"\0" + entry).digest() for entry in found)
    root = hashlib.sha256(b"\1" + hashlib.sha256(b"\1" + one + two).digest() + three).digest()
    assert client.get("/log/checkpoint").text.splitlines()[2] == base64.b64encode(root).decode()


def test_a_monitor_follows_the_log_by_its_hash_tiles(client: FlaskClient, session: Session) -> None:
    many(300)
    earlier = seen(client)
    many(400)
    newer = seen(client)
    read = tile_reader(newer.size, lambda tile: fetch(client, tile))
    assert compare_by_nodes(earlier, newer, read).standing is Standing.CONSISTENT
    verify_consistency(earlier.size, earlier.root, newer.size, newer.root, consistency(earlier.size, newer.size))


def test_every_leaf_has_its_inclusion_proof(session: Session) -> None:
    many(20)
    for index in range(21):
        found = inclusion(index)
        assert found is not None
        verify_inclusion(found.hash, index, 21, found.proof, head().root)
        assert found.hash == leaf_hash(found.entry)
    assert inclusion(21) is None


def test_the_answers_are_for_machines_and_leave_nothing_in_the_browser(client: FlaskClient, session: Session) -> None:
    many(300)
    kinds = {
        "/log/checkpoint": ("text/plain; charset=utf-8", "no-cache"),
        "/log/vkey": ("text/plain; charset=utf-8", "no-cache"),
        "/log/tile/0/000": ("application/octet-stream", CACHED),
        "/log/tile/entries/000": ("application/octet-stream", CACHED),
        "/log/tile/1/000.p/1": ("application/octet-stream", CACHED),
    }
    for path, (kind, cache) in kinds.items():
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, kind, cache)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
    assert len(client.get("/log/tile/0/000").data) == 256 * 32


def test_entries_travel_packed_to_whoever_accepts_it_and_hashes_as_they_are(client: FlaskClient, session: Session) -> None:
    many(20)
    for path, packed in {"/log/tile/entries/000.p/21": True, "/log/tile/0/000.p/21": False}.items():
        plain, told = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip"})
        assert ("Content-Encoding" in told.headers, "Accept-Encoding" in told.headers.get("Vary", "")) == (packed, packed)
        assert (gzip.decompress(told.data) if packed else told.data) == plain.data


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/000.p/8",
        "0/000.p/0",
        "0/000.p/007",
        "0/1",
        "1/000.p/1",
        "entries/001",
        "9/000",
        "x/000",
        "0/-01",
        "0/x000/000",
    ],
)
def test_what_the_log_does_not_hold_is_not_found(client: FlaskClient, session: Session, path: str) -> None:
    many(6)
    answer = client.get(f"/log/tile/{path}")
    assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (404, b"not found\n", "no-cache")


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/vkey", "/log/tile/0/000.p/1"])
def test_before_the_first_act_there_is_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_says_it_in_words_in_both_languages(client: FlaskClient, session: Session) -> None:
    certificate = makers.certified()
    for lang, words in (("es", ("Bitácora pública", "Sello otorgado")), ("en", ("Public log", "Label granted"))):
        page = client.get(f"/log?lang={lang}").text
        for word in (*words, head().root.hex(), certificate.code[:4]):
            assert word in page
    assert "Martina" not in page


def test_the_page_is_paged_by_the_last_number_shown(client: FlaskClient, session: Session) -> None:
    appended(1)
    many(30)
    first = client.get("/log").text
    assert re.findall(r'<li class="row between" value="(\d+)">', first) == [str(number) for number in range(32, 8, -1)]
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = client.get(following[1]).text
    assert re.findall(r'<li class="row between" value="(\d+)">', second) == [str(number) for number in range(8, 0, -1)]


def test_an_entry_that_cannot_be_read_takes_no_page_away(client: FlaskClient, session: Session) -> None:
    certificate = makers.certified()
    with behind_our_back():
        session.execute(update(LogLeaf).where(LogLeaf.certificate_code == certificate.code).values(entry=b"{}"))
    assert "Esta entrada no se puede leer." in client.get("/log").text
    assert client.get(f"/c/{certificate.code}").status_code == 200
    assert client.get(f"/c/{certificate.code}/proof").status_code == 200


@pytest.mark.parametrize("path", ["/log", "/log/tile/0/000", "/c/{code}/proof", "/c/{code}/proof.json"])
def test_a_head_that_is_damaged_is_our_fault_and_nobody_elses(client: FlaskClient, session: Session, path: str) -> None:
    code = makers.certified().code
    with unit_of_work():
        session.execute(update(LogHead).values(note=b"no note"))
    answer = client.get(path.format(code=code))
    assert (answer.status_code, "La nota firmada de la bitácora pública no se puede leer." in answer.text) == (503, True)


def test_an_empty_log_has_a_page_too(client: FlaskClient) -> None:
    page = client.get("/log")
    assert (page.status_code, "Todavía no hay ningún acto" in page.text) == (200, True)
    assert client.get("/log?after=%7B").status_code == 400
