"""Atom feeds, held against RFC 4287 by a parser and its rules written out here."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.core.web import cursor
from certification.registry import searching, views_feeds
from certification.registry.acts import Why, withdraw
from certification.registry.changes import latest, of_certificate
from certification.registry.searching import Filter
from certification.rules.workflow import CertificateAct
from tests import makers
from tests.certification.registry.histories import DAY, past, term

A = "{http://www.w3.org/2005/Atom}"
ONCE = {"id", "title", "updated"}
INSTANT = "%Y-%m-%dT%H:%M:%SZ"
BEGAN = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


def parsed(text: bytes | str) -> ET.Element:
    """The feed, and every rule of RFC 4287 §4.1 and §4.2 that concerns what we write."""
    root = ET.fromstring(text)  # noqa: S314 - our own text
    assert root.tag == f"{A}feed"
    assert root.attrib["{http://www.w3.org/XML/1998/namespace}lang"] in {"es-MX", "en"}
    assert len(root.findall(f"{A}author")) == 1  # so that entries need none (§4.1.2)
    assert text_at(root, "author", "name")
    ids = [one.text for one in root.iter(f"{A}id")]
    assert len(set(ids)) == len(ids)
    for thing in (root, *root.findall(f"{A}entry")):
        for name in ONCE:
            assert len(thing.findall(f"{A}{name}")) == 1, name
        assert text_at(thing, "id").startswith("urn:uuid:")
        for name in ("updated", "published"):
            for instant in thing.findall(f"{A}{name}"):
                datetime.strptime((instant.text or "").split(".")[0].rstrip("Z") + "Z", INSTANT).replace(tzinfo=UTC)
        links = [(link.attrib["rel"], link.attrib.get("type"), link.attrib.get("hreflang")) for link in thing.findall(f"{A}link")]
        assert len(set(links)) == len(links)  # no two alternates of one kind (§4.1.1, §4.1.2)
        assert "alternate" in [relation for relation, _, _ in links]
        for link in thing.findall(f"{A}link"):
            assert urlsplit(link.attrib["href"]).scheme in {"http", "https"}
        for text_construct in (*thing.findall(f"{A}title"), *thing.findall(f"{A}summary"), *thing.findall(f"{A}rights")):
            assert text_construct.attrib.get("type", "text") == "text"
            assert len(text_construct) == 0
    assert "self" in [link.attrib["rel"] for link in root.findall(f"{A}link")]
    known = ["id", "title", "updated", "author", "rights", "link", "entry", "name", "published", "category", "summary", "feed"]
    assert {one.tag.removeprefix(A) for one in root.iter()} <= set(known)
    assert text_at(root, "updated") == max(
        (text_at(e, "updated") for e in root.findall(f"{A}entry")), default="1970-01-01T00:00:00Z"
    )
    return root


def text_at(thing: ET.Element, *path: str) -> str:
    return thing.findtext("/".join(f"{A}{name}" for name in path)) or ""


def entries(root: ET.Element) -> list[ET.Element]:
    return root.findall(f"{A}entry")


def kinds(root: ET.Element) -> list[str]:
    return [one.attrib["term"] for one in root.iter(f"{A}category")]


def link(root: ET.Element, relation: str) -> str | None:
    found = [one.attrib["href"] for one in root.findall(f"{A}link") if one.attrib["rel"] == relation]
    return found[0] if found else None


def test_acts_stand_newest_first_with_their_reason(session: Session, client: FlaskClient, at: datetime) -> None:
    decider = makers.user("Celia Decide")
    made = makers.certified(decider)
    with unit_of_work():
        withdraw(made, Why("CRITICAL_NOT_MET", "Se hace en otro lugar", "OL-1"), by=decider, at=at)
    for path in ("/register.atom", f"/c/{made.code}/feed.atom"):
        root = parsed(client.get(path).data)
        assert kinds(root) == ["withdrawn", "granted"]
        first = entries(root)[0]
        assert text_at(first, "title").startswith("Retirado: Taller Hilo de Luna · ")
        assert "Se hace en otro lugar" in text_at(first, "summary")
        assert "OL-1" in text_at(first, "summary")
        assert {(one.attrib["rel"], one.attrib["href"]) for one in first.findall(f"{A}link")} == {
            ("alternate", f"http://localhost/c/{made.code}"),
            ("related", f"http://localhost/v/{made.code}"),
            ("via", f"http://localhost/c/{made.code}/proof"),
        }
        said = client.get(path).text
        assert not [name for name in ("Martina", "Celia") if name in said]


def test_ids_stay_in_every_language_and_every_feed(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    feeds = ("/register.atom", "/register.atom?lang=en", "/register.atom?q=rebozos", f"/c/{made.code}/feed.atom")
    roots = [parsed(client.get(path).data) for path in feeds]
    assert len({text_at(root, "entry", "id") for root in roots}) == 1
    assert len({text_at(root, "id") for root in roots}) == 3  # another language is the same feed
    assert text_at(roots[1], "entry", "title").startswith("Granted: ")


@pytest.mark.parametrize(
    ("goods", "summary", "said"),
    [
        ("Rebozos", "Se hace en otro lugar", "Rebozos. Oaxaca de Juárez. {} Se hace en otro lugar. "),
        ("Rebozos.", "Se hace en otro lugar.", "Rebozos. Oaxaca de Juárez. {} Se hace en otro lugar. "),
        ("Rebozos, etc. ", "¿Quién lo hizo?", "Rebozos, etc. Oaxaca de Juárez. {} ¿Quién lo hizo? "),
        ("Rebozos", "Dijo «no es de aquí.»", "Rebozos. Oaxaca de Juárez. {} Dijo «no es de aquí.» "),
    ],
)
def test_a_summary_is_sentences_with_one_end_each(
    session: Session, client: FlaskClient, at: datetime, goods: str, summary: str, said: str
) -> None:
    decider = makers.user("Celia Decide")
    made = makers.certified(decider)
    with unit_of_work():
        made.goods = goods
        withdraw(made, Why("CRITICAL_NOT_MET", summary, "OL-1"), by=decider, at=at)
    found = text_at(entries(parsed(client.get("/register.atom").data))[0], "summary")
    reason = "No se cumple un criterio crítico. Criterio OL-1, Se hace en el lugar que dice."
    assert found.startswith(said.format(reason))
    assert found.removeprefix(said.format(reason)).startswith("Número ")
    assert found.endswith(" de la bitácora pública.")
    assert ".." not in found


def test_what_was_told_once_is_told_the_same_ever_after(session: Session, client: FlaskClient, at: datetime) -> None:
    decider = makers.user("Celia Decide")
    made = makers.certified(decider)
    paths = ("/register.atom", f"/c/{made.code}/feed.atom")

    def told() -> dict[str, tuple[str, dict[str, tuple[str, ...]]]]:
        roots = {path: parsed(client.get(path).data) for path in paths}
        shown = ("updated", "published", "title", "summary")
        return {
            path: (
                text_at(root, "updated"),
                {text_at(one, "id"): tuple(text_at(one, name) for name in shown) for one in entries(root)},
            )
            for path, root in roots.items()
        }

    before = told()
    with unit_of_work():
        withdraw(made, Why("CRITICAL_NOT_MET", "Se hace en otro lugar", "OL-1"), by=decider, at=at)
    after = told()
    for path in paths:
        assert after[path][0] > before[path][0]
        assert before[path][1].items() < after[path][1].items()


@pytest.mark.parametrize("typed", ["%20{}%20", "{}%20", "{}\u2013", "%C2%A0{}"])
def test_a_feed_s_own_address_is_one_however_it_was_typed(session: Session, client: FlaskClient, typed: str) -> None:
    code = makers.certified().code
    for wish, lang in (("", ""), ("?lang=en&x=%3C", "?lang=en"), ("?lang=xx", "")):
        root = parsed(client.get(f"/c/{typed.format(code.lower())}/feed.atom{wish}").data)
        assert link(root, "self") == f"http://localhost/c/{code}/feed.atom{lang}"


def test_a_cookie_chooses_no_language_and_none_is_set(session: Session, client: FlaskClient) -> None:
    makers.certified()
    client.set_cookie("lang", "en")
    answer = client.get("/register.atom")
    assert "Otorgado" in answer.text
    assert "Set-Cookie" not in client.get("/register.atom?lang=en").headers
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "hostile", ["<script>&\"'", "]]><x/>", "&lt;b&gt;", "a\x01b\x0bc\ufffed", "\u202eodariter", "<![CDATA[", "ʉɨꞌñ 𐐷"]
)
def test_a_hostile_name_is_a_text_and_nothing_else(session: Session, client: FlaskClient, hostile: str) -> None:
    made = makers.certified()
    with unit_of_work():
        made.holder_name = hostile
    root = parsed(client.get("/register.atom").data)
    shown = text_at(root, "entry", "title")
    assert shown.removeprefix("Otorgado: ").rpartition(" · ")[0] == "".join(c for c in hostile if c not in "\x01\x0b\ufffe")


def test_what_dates_brought_is_told_where_it_changed_the_state(session: Session, client: FlaskClient, at: datetime) -> None:
    ended = past(BEGAN, term(BEGAN, 20))
    overdue = past(BEGAN, term(BEGAN, 700, due=100))
    lost = past(BEGAN, term(BEGAN, 30), (CertificateAct.WITHDRAWN, BEGAN + DAY, None))
    past(BEGAN, term(BEGAN, 700))
    told = {one.code: kinds(parsed(client.get(f"/c/{one.code}/feed.atom").data)) for one in (ended, overdue, lost)}
    assert told == {
        ended.code: ["term_over", "granted"],
        overdue.code: ["surveillance_overdue", "granted"],
        lost.code: ["withdrawn", "granted"],
    }
    whole = parsed(client.get("/register.atom").data)
    assert kinds(whole) == ["surveillance_overdue", "term_over", "withdrawn", *["granted"] * 4]
    same = {one.text for path in told for one in parsed(client.get(f"/c/{path}/feed.atom").data).findall(f"{A}entry/{A}id")}
    assert same < {one.text for one in whole.findall(f"{A}entry/{A}id")}


def test_what_is_still_to_come_is_not_told(session: Session, at: datetime) -> None:
    made = past(BEGAN, term(BEGAN, 20))
    for when, number in ((BEGAN + 20 * DAY - timedelta(microseconds=1), 1), (BEGAN + 20 * DAY, 2)):
        assert len(of_certificate(made, when, "es")) == number
        assert len(latest(Filter(), when, "es", after=None, limit=9).found) == number


def test_a_label_renewed_after_its_end_keeps_that_end_in_its_own_feed(session: Session, client: FlaskClient) -> None:
    again = BEGAN + 30 * DAY
    made = past(BEGAN, term(BEGAN, 20), (CertificateAct.RENEWED, again, term(again, 700)))
    assert kinds(parsed(client.get(f"/c/{made.code}/feed.atom").data)) == ["renewed", "term_over", "granted"]
    assert kinds(parsed(client.get("/register.atom").data)) == ["renewed", "granted"]


def test_a_scheme_that_is_over_is_one_change_for_all(session: Session, client: FlaskClient, at: datetime) -> None:
    made = past(BEGAN, term(BEGAN, 700))
    past(BEGAN, term(BEGAN, 700))
    with unit_of_work():
        made.scheme_version.lapsed_at = BEGAN + 9 * DAY
    root = parsed(client.get("/register.atom").data)
    assert kinds(root) == ["scheme_lapsed", "granted", "granted"]
    assert kinds(parsed(client.get(f"/c/{made.code}/feed.atom").data)) == ["scheme_lapsed", "granted"]
    assert kinds(parsed(client.get("/register.atom?scheme=comercio-justo-local").data)) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 50])
def test_every_page_size_gives_every_change_once(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(views_feeds, "ENTRIES", limit)
    for number in range(4):
        begins = BEGAN + number % 2 * DAY
        past(
            begins,
            term(begins, 20 + number),
            (CertificateAct.SUSPENDED, begins + 3 * DAY, begins + 9 * DAY),
            (CertificateAct.RESTORED, begins + 3 * DAY, None),
        )
    found, instants, path = [], [], "/register.atom"
    while path:
        root = parsed(client.get(path).data)
        found += [one.text for one in root.findall(f"{A}entry/{A}id")]
        instants += [one.text or "" for one in root.findall(f"{A}entry/{A}updated")]
        assert (link(root, "first") is None) == (path == "/register.atom")
        path = (link(root, "next") or "").removeprefix("http://localhost")
    assert len(found) == len(set(found)) == 16
    assert instants == sorted(instants, reverse=True)


def test_a_narrow_feed_reads_so_much_at_a_time_and_goes_on(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "CHUNKS", (2, 3))
    wanted = past(BEGAN, term(BEGAN, 700), search_text="jarros")
    for _ in range(12):
        past(BEGAN + DAY, term(BEGAN + DAY, 700))
    pages, path, found = 0, "/register.atom?q=jarros", []
    while path:
        root = parsed(client.get(path).data)
        found += [one.attrib["href"] for one in root.findall(f"{A}entry/{A}link") if one.attrib["rel"] == "alternate"]
        path = (link(root, "next") or "").removeprefix("http://localhost")
        pages += 1
    assert (found, pages) == ([f"http://localhost/c/{wanted.code}"], 3)


def test_it_is_asked_again_by_its_mark_and_its_date(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    for path in ("/register.atom", f"/c/{made.code}/feed.atom"):
        first = client.get(path)
        assert first.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        assert first.headers["Last-Modified"] == "Fri, 02 Jan 2026 12:00:00 GMT"
        for header, value in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
            assert client.get(path, headers={header: first.headers[value]}).status_code == 304
    makers.certified(at=makers.THEN + DAY)
    again = client.get("/register.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


def test_an_empty_feed_is_a_feed(session: Session, client: FlaskClient) -> None:
    assert kinds(parsed(client.get("/register.atom").data)) == []


def test_pages_name_their_feeds(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    assert (
        'type="application/atom+xml" title="Cambios en el registro de sellos" href="/register.atom?q=rebozo"'
        in client.get("/register?q=rebozo&state=VALID").text
    )
    assert f'href="/c/{made.code}/feed.atom"' in client.get(f"/c/{made.code}").text
    assert f'href="/c/{made.code}/feed.atom?lang=en"' in client.get(f"/c/{made.code}?lang=en").text


@pytest.mark.parametrize(
    "keys", [[], ["2026-01-01T00:00:00+00:00", 1], ["2026-01-01T00:00:00+00:00", 9, 1], ["x", 1, 1], [1, 1, 1]]
)
def test_a_position_that_is_none_is_a_bad_request(session: Session, client: FlaskClient, keys: list[object]) -> None:
    assert client.get(f"/register.atom?after={cursor(*keys)}").status_code == 400


def test_no_such_certificate_no_feed(session: Session, client: FlaskClient) -> None:
    assert client.get("/c/7QK4M2XD9FQ/feed.atom").status_code == 404


def test_a_feed_asks_no_question_of_each_label_by_itself(client: FlaskClient, session: Session) -> None:
    decider = makers.user("Celia Decide")
    for _ in range(4):
        makers.certified(decider)
    db.session.remove()
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_rest: asked.append(" ".join(sql.split())))
    assert len(parsed(client.get("/register.atom").data).findall(f"{A}entry")) == 4
    tables = ("certificate_acts", "certificate_act_leaves", "certificate_versions", "lost_versions")
    assert [sum(f"FROM {name} " in sql for sql in asked) for name in tables] == [2, 1, 1, 0]  # the last by a join
