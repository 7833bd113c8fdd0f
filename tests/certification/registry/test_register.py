import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from certification.core.db import db
from certification.core.paging import Position
from certification.core.web import cursor
from certification.registry import register
from certification.registry.counting import label_counts
from certification.registry.moments import Moment
from certification.registry.searching import Filter
from certification.rules.fold import fold
from certification.rules.verdict import PublicState
from certification.schemes.counting import LabelCounts
from tests import makers

DAY = timedelta(days=1)


def codes(found: register.Page) -> list[str]:
    return [row.code for row in found.rows]


def paged(at: datetime, wanted: Filter, limit: int) -> list[str]:
    found, after = [], None
    while True:
        page = register.page(wanted, Moment(at), lang="es", start=after, limit=limit)
        found += codes(page)
        if page.after is None:
            return found
        after = Position(page.after)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20])
def test_every_page_size_gives_every_row_once_newest_first(session: Session, at: datetime, limit: int) -> None:
    made = [makers.certificate(granted_at=makers.THEN + (number // 3) * DAY) for number in range(7)]
    wanted = [one.code for one in sorted(made, key=lambda one: (one.granted_at, one.id), reverse=True)]
    assert paged(at, Filter(), limit) == wanted


def test_each_state_is_found_by_its_word(session: Session, at: datetime) -> None:
    past = at - DAY
    made = {
        PublicState.VALID: makers.certificate(),
        PublicState.NOT_YET_VALID: makers.certificate(valid_from=at + DAY),
        PublicState.SUSPENDED: makers.certificate(suspended_at=past, suspension_until=at + DAY),
        PublicState.EXPIRED: makers.certificate(valid_until=past),
        PublicState.SUPERSEDED: makers.certificate(superseded_at=past, successor="7QK4M2XD9FQ"),
        PublicState.SURRENDERED: makers.certificate(surrendered_at=past),
        PublicState.WITHDRAWN: makers.certificate(withdrawn_at=past),
    }
    for state, one in made.items():
        page = register.page(Filter(state=state), Moment(at), lang="es", limit=20)
        assert [(row.code, row.state) for row in page.rows] == [(one.code, state.value)]


def test_words_are_found_without_accents_in_holder_goods_and_municipality(session: Session, at: datetime) -> None:
    made = makers.certificate(search_text="taller hilo de luna rebozos de algodon oaxaca de juarez")
    makers.certificate(search_text="cafe de altura")
    for text in (
        "JUÁREZ rebozo",
        "hilo luna",
        "algodón",
        made.code.lower(),
        f"{made.code[:4]}-{made.code[4:8]}-{made.code[8:10]}-{made.code[10]}",
        f"{made.code[:4]} {made.code[4:8]} {made.code[8:10]} {made.code[10]}",
        f"https://tianguis.example/v/{made.code}?lang=en",
    ):
        assert codes(register.page(Filter(text=text), Moment(at), lang="es", limit=9)) == [made.code]
    for text in ("100%", "_", "x' OR 1=1 --"):
        assert codes(register.page(Filter(text=text), Moment(at), lang="es", limit=9)) == []


def test_scheme_and_place_narrow(session: Session, at: datetime) -> None:
    here = makers.certificate()
    there = makers.certificate(
        makers.party("Otro", state_code="07"), makers.scheme_version("comercio-justo-local"), subject_kind="workshop"
    )
    assert codes(register.page(Filter(scheme="comercio-justo-local"), Moment(at), lang="es", limit=9)) == [there.code]
    assert codes(register.page(Filter(place="20"), Moment(at), lang="es", limit=9)) == [here.code]


def test_the_choices_are_the_schemes_and_all_states_and_no_certificate_is_asked(session: Session) -> None:
    makers.scheme_version()
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(db.engine, "before_cursor_execute", note)
    assert ("origen-local", "Sello de Origen Local — Hecho a Mano") in register.schemes("es")
    assert [name for _, name in register.schemes("es")] == sorted((name for _, name in register.schemes("es")), key=fold)
    found = register.places("es")
    assert (len(found), found[0], ("20", "Oaxaca") in found) == (32, ("01", "Aguascalientes"), True)
    event.remove(db.engine, "before_cursor_execute", note)
    assert asked
    assert not [sql for sql in asked if "certificates" in sql]


def test_six_words_are_searched_and_no_more(session: Session, at: datetime) -> None:
    made = makers.certificate(search_text="uno dos tres cuatro cinco seis")
    for text, there in (("uno dos tres cuatro cinco seis siete", [made.code]), ("uno dos tres cuatro cinco siete", [])):
        assert codes(register.page(Filter(text=text), Moment(at), lang="es", limit=9)) == there


def test_the_page_keeps_its_filter_and_links_to_verify(session: Session, client: FlaskClient) -> None:
    made = makers.certificate()
    page = client.get("/register?state=VALID&q=algodon").text
    assert f'href="/v/{made.code}"' in page
    assert 'value="algodon"' in page
    assert '<option value="VALID" selected>' in page
    assert 'href="/register.csv?state=VALID&amp;q=algodon"' in page
    assert "Ningún sello coincide" in client.get("/register?q=nada").text


def test_an_empty_register_says_what_comes_next(session: Session, client: FlaskClient) -> None:
    assert "Todavía no hay sellos" in client.get("/register").text


def test_paging_by_the_links(session: Session, client: FlaskClient) -> None:
    for _ in range(30):
        makers.certificate()
    first = client.get("/register").text
    link = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(link).text
    assert (first.count('href="/v/'), second.count('href="/v/')) == (24 + first.count('href="/v/"'), 6)


@pytest.mark.parametrize("instant", ["2026-01-01", "2026-01-01Tgarbage", "0001-01-01T00:00:00+23:59", "2026-01-01T00:00:00"])
def test_an_instant_that_is_none_of_ours_is_a_bad_request(session: Session, client: FlaskClient, instant: str) -> None:
    assert client.get(f"/register?after={cursor(instant, 5)}").status_code == 400


@pytest.mark.parametrize(
    "word",
    ["xx", "WzEsMl0", "W10", "eyJhIjoxfQ", "WyJ4Iiwx", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTldXQ"],
)
def test_a_position_that_is_none_of_ours_is_a_bad_request(session: Session, client: FlaskClient, word: str) -> None:
    assert client.get(f"/register?after={word}").status_code == 400


def test_the_files_hold_the_same_rows(session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "BATCH", 2)
    made = [makers.certificate().code for _ in range(5)]
    rows = list(csv.DictReader(io.StringIO(client.get("/register.csv").text)))
    lines = [json.loads(line) for line in client.get("/register.jsonl").text.splitlines()]
    whole = json.loads(client.get("/register.json").text)["certificates"]
    assert (
        [row["code"] for row in rows] == [one["code"] for one in lines] == [one["code"] for one in whole] == list(reversed(made))
    )
    assert set(rows[0]) == set(lines[0]) == set(whole[0])
    assert rows[0]["verify"] == f"http://localhost/v/{made[-1]}"
    assert (rows[0]["valid_from"], rows[0]["last_day"], rows[0]["state"]) == ("2026-01-02", "2028-01-02", "VALID")
    assert client.get("/register.xml").status_code == 404


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_taken_for_a_formula(session: Session, client: FlaskClient, start: str) -> None:
    makers.certificate(goods=f"{start}HYPERLINK(1)")
    row = next(csv.DictReader(io.StringIO(client.get("/register.csv").text)))
    assert row["goods"] == f"'{start}HYPERLINK(1)"


def test_no_makers_name_leaves_in_a_file(session: Session, client: FlaskClient) -> None:
    makers.certified()
    for kind in ("csv", "json", "jsonl"):
        assert "Martina" not in client.get(f"/register.{kind}").text


def test_the_columns_are_those_of_the_document(session: Session, client: FlaskClient) -> None:
    makers.certificate()
    document = (Path(__file__).parents[3] / "docs" / "register.md").read_text(encoding="utf-8")
    for column in client.get("/register.csv").text.splitlines()[0].split(","):
        assert f"`{column}`" in document


def test_how_many_hold_a_label(session: Session, at: datetime) -> None:
    holder, version = makers.party(), makers.scheme_version()
    makers.certificate(holder)
    makers.certificate(holder)
    makers.certificate(withdrawn_at=makers.THEN)
    makers.certificate(suspended_at=makers.THEN)
    assert label_counts([version.scheme_id], at) == {version.scheme_id: LabelCounts(valid=2, holders=1, suspended=1, withdrawn=1)}
    assert label_counts([999], at) == {999: LabelCounts()}


def test_the_name_of_a_state_finds_what_is_from_there(session: Session, at: datetime) -> None:
    made = makers.certificate(search_text="rebozos tejidos")
    for text, there in (("oaxaca", [made.code]), ("rebozos Oaxaca", [made.code]), ("puebla", []), ("oax", [])):
        assert codes(register.page(Filter(text=text), Moment(at), lang="es", limit=9)) == there
