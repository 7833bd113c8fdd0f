import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.core.paging import Position
from certification.core.web import cursor
from certification.log import rotating
from certification.log.keys import signing_key
from certification.registry import register, searching
from certification.registry.acts import Why, suspend
from certification.registry.counting import label_counts
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate
from certification.registry.moments import Moment
from certification.registry.rows import Row
from certification.registry.searching import Filter
from certification.registry.verifying import leaf_index_of
from certification.rules.fold import fold
from certification.rules.verdict import PublicState
from certification.rules.workflow import SchemeVersionState
from certification.schemes.counting import LabelCounts
from tests import makers
from tests.certification.log.signers import keys_put_back

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


def test_municipality_scheme_version_and_days_of_grant_narrow(session: Session, at: datetime) -> None:
    version = makers.scheme_version()
    early = makers.certificate(
        granted_at=datetime(2026, 3, 1, 6, 0, tzinfo=UTC), municipality_code="20067"
    )  # midnight in Mexico City
    late = makers.certificate(granted_at=datetime(2026, 3, 3, 5, 59, tzinfo=UTC), municipality_code="20553")
    first, last = date(2026, 3, 1), date(2026, 3, 2)
    for wanted, found in (
        (Filter(municipality="20553"), [late]),
        (Filter(municipality="20553", place="20"), [late]),
        (Filter(municipality="20553", place="07"), []),
        (Filter(scheme=version.scheme.key, version=version.version), [late, early]),
        (Filter(scheme=version.scheme.key, version="99"), []),
        (Filter(scheme="nada"), []),
        (Filter(granted_from=first, granted_to=last), [late, early]),
        (Filter(granted_to=first), [early]),
        (Filter(granted_from=last), [late]),
        (Filter(granted_from=date(2026, 3, 3)), []),
        (Filter(granted_to=date(2026, 2, 28)), []),
        (Filter(granted_from=last, state=PublicState.VALID, text="rebozos", place="20"), [late]),
    ):
        assert codes(register.page(wanted, Moment(at), lang="es", limit=9)) == [one.code for one in found], wanted


def test_a_code_is_found_whatever_else_it_might_say(session: Session, at: datetime) -> None:
    made = makers.certificate()
    makers.certificate(search_text=f"dice {made.code.lower()}")
    assert codes(register.page(Filter(text=made.code), Moment(at), lang="es", limit=9)) == [made.code]


def test_a_sifted_search_says_how_far_it_came_and_goes_on(
    session: Session, client: FlaskClient, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "CHUNKS", (2, 3))
    oldest = makers.certificate(search_text="jarros")
    for _ in range(9):
        makers.certificate()
    first = register.page(Filter(text="jarros"), Moment(at), lang="es", limit=5)
    assert (first.rows, first.stopped) == ([], True)
    assert first.after is not None
    second = register.page(Filter(text="jarros"), Moment(at), lang="es", start=Position(first.after), limit=5)
    assert (codes(second), second.stopped, second.after) == ([oldest.code], False, None)
    assert [row.code for row in register.every(Filter(text="jarros"), Moment(at), lang="es")] == [oldest.code]
    page = client.get("/register?q=jarros").text
    assert "Seguir buscando" in page
    assert "Ningún sello coincide" not in page
    back = register.page(Filter(text="jarros"), Moment(at), lang="es", start=Position((makers.THEN, 0), back=True), limit=5)
    assert (codes(back), back.stopped) == ([oldest.code], True)
    whole = register.page(Filter(), Moment(at), lang="es", limit=9)
    assert (len(whole.rows), whole.stopped) == (9, False)  # what an index serves has no such end


def test_back_by_the_links(session: Session, client: FlaskClient) -> None:
    for _ in range(60):
        makers.certificate()

    def follow(page: str, relation: str) -> str:
        return client.get(page.split(f'rel="{relation}" href="')[1].split('"', maxsplit=1)[0].replace("&amp;", "&")).text

    def shown(page: str) -> list[str]:
        return re.findall(r'class="strong" href="/v/(\w{11})', page)

    first = client.get("/register?state=VALID").text
    second = follow(first, "next")
    third = follow(second, "next")
    assert shown(follow(third, "prev")) == shown(second)
    assert shown(follow(follow(third, "prev"), "prev")) == shown(first)
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in third
    assert "state=VALID" in second.split('rel="prev" href="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("on=ayer", "Escriba la fecha como año-mes-día"),
        ("on=2999-01-01", "Ese día todavía no llega"),
        ("from=31/12/2026", "Escriba la fecha como año-mes-día"),
        ("from=2026-05-02&to=2026-05-01", "Esta fecha es anterior a la primera"),
        ("state=BUENO", "Elija un estado de la lista"),
        ("state=CANNOT_CHECK", "Ese estado es del momento y no se puede buscar"),
    ],
)
def test_a_bad_date_is_said_beside_its_field_and_loses_nothing(
    session: Session, client: FlaskClient, query: str, said: str
) -> None:
    makers.certificate()
    answer = client.get(f"/register?q=rebozo&place=20&{query}")
    assert answer.status_code == 422
    assert answer.text.count(said) == 2  # beside the field and on top
    for pair in (*query.split("&"), "q=rebozo", "place=20"):
        name, _, value = pair.partition("=")
        assert f'value="{value}"' in answer.text or name == "state"
    assert 'class="strong" href="/v/' not in answer.text  # nothing pretends to be the answer
    assert "Se busca" not in answer.text
    file = client.get(f"/register.csv?{query}")
    assert (file.status_code, file.get_json()["error"]["sentence"].startswith(said)) == (422, True)


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("scheme=nada", "scheme", "Elija un sello de la lista."),
        ("scheme=nada&version=1.0", "scheme", "Elija un sello de la lista."),
        ("scheme=origen-local&version=99", "version", "Elija una versión de la lista."),
        ("place=99", "place", "Elija una entidad de la lista."),
        ("place=200", "place", "Elija una entidad de la lista."),
        ("municipality=99001", "place", "Elija una entidad de la lista."),
        ("place=20&municipality=20999", "municipality", "Elija un municipio de la lista."),
    ],
)
def test_a_condition_that_names_nothing_there_is_is_said_beside_its_field(
    session: Session, client: FlaskClient, query: str, field: str, said: str
) -> None:
    makers.certificate()
    answer = client.get(f"/register?q=rebozo&{query}")
    assert (answer.status_code, answer.text.count(said)) == (422, 2)  # beside the field and on top
    assert re.search(rf'<span class="error" id="{field}-error">.*?<span>{said}</span>', answer.text)
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}" name="{field}" aria-invalid="true"' in answer.text
    assert ("Ningún sello coincide" in answer.text, 'class="strong" href="/v/' in answer.text) == (False, False)
    for kind in ("csv", "json", "jsonl"):
        file = client.get(f"/register.{kind}?{query}")
        assert (file.status_code, file.get_json()["error"]) == (422, {"code": f"bad_{field}", "sentence": said})
    feed = client.get(f"/register.atom?{query}")  # it has no field to say it beside, and never widens
    assert (feed.status_code, "<entry>" in feed.text) == (200, False)


@pytest.mark.parametrize(
    "query",
    [
        "scheme=origen-local",
        "scheme=origen-local&version=1.0",
        "version=99",  # without a scheme it asks for nothing
        "place=20&municipality=20067",
        "place=07&municipality=20999",  # of another state it asks for nothing
        "municipality=20998",  # in no list, but a label of there is
        "place=07",  # no label is from there
        "q=nadie+con+este+nombre",
    ],
)
def test_what_is_known_is_asked_whether_or_not_a_label_fits(session: Session, client: FlaskClient, query: str) -> None:
    """The negative control."""
    makers.certificate(municipality_code="20998")
    assert client.get(f"/register?{query}").status_code == 200
    assert client.get(f"/register.json?{query}").status_code == 200


def test_a_scheme_that_is_only_a_draft_is_not_there_yet(session: Session, client: FlaskClient) -> None:
    version = makers.scheme_version()
    key = version.scheme.key
    assert client.get(f"/register?scheme={key}").status_code == 200
    with unit_of_work():
        version.state = SchemeVersionState.DRAFT
    assert client.get(f"/register?scheme={key}").status_code == 422


def test_a_past_day_shows_the_states_of_then_and_says_so(session: Session, client: FlaskClient) -> None:
    made = makers.certificate(withdrawn_at=datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
    page = client.get("/register?on=2026-05-01&state=VALID").text
    assert "El estado es el que tenían al terminar el 1 may 2026." in page
    assert f'href="/c/{made.code}?on=2026-05-01"' in page
    assert "Se aplican 2 condiciones." in page
    assert 'href="/register.csv?state=VALID&amp;on=2026-05-01"' in page or 'on=2026-05-01&amp;state=VALID"' in page
    rows = client.get("/register.json?on=2026-05-01T12:00:00Z").get_json()["certificates"]
    assert [(row["code"], row["state"]) for row in rows] == [(made.code, "VALID")]
    assert client.get("/register.json").get_json()["certificates"][0]["state"] == "WITHDRAWN"
    assert client.get("/register.json?on=2025-12-31").get_json()["certificates"] == []


def test_a_municipality_brings_its_state_and_its_neighbours(session: Session, client: FlaskClient) -> None:
    page = client.get("/register?municipality=20067").text
    assert '<option value="20" selected>Oaxaca</option>' in page
    assert '<option value="20067" selected>' in page
    assert 'id="municipality"' not in client.get("/register").text
    assert '<option value="20067"' not in client.get("/register?place=07&municipality=20067").text


def test_how_much_applies_is_said_in_words(session: Session, client: FlaskClient) -> None:
    page = client.get("/register?q=uno+dos+tres+cuatro+cinco+seis+siete&place=20").text
    assert "Se buscan 6 palabras con 1 condición. No se buscan más de 6." in page
    assert "Se busca 1 palabra." in client.get("/register?q=uno").text
    english = client.get("/register?q=uno&place=20&lang=en").text
    assert "/register.csv?q=uno&amp;place=20&amp;lang=en" in english


def test_the_files_are_open_to_other_sites_and_set_no_cookie(session: Session, client: FlaskClient) -> None:
    makers.certificate()
    for kind in ("csv", "json", "jsonl"):
        answer = client.get(f"/register.{kind}?lang=en")
        assert (answer.headers["Access-Control-Allow-Origin"], "Set-Cookie" in answer.headers) == ("*", False)
        assert answer.text
        assert answer.headers["Link"] == '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'


def test_what_a_file_says_of_a_signed_certificate(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    row = client.get("/register.json").get_json()["certificates"][0]
    address = f"http://localhost/c/{made.code}/versions/1"
    leaf = db.session.scalar(select(ActLeaf.leaf_index))
    assert (row["version"], row["last_act"], row["last_act_on"], row["credential"]) == (1, "granted", "2026-01-02", address)
    assert (row["log_index"], row["municipality_code"], row["holder_ref"]) == (leaf, "20067", made.holder_ref)


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


def test_the_migration_reads_the_code_from_what_was_signed(session: Session) -> None:
    known, typed, unsigned = makers.certified(), makers.certified(of=makers.party(municipality_code=None)), makers.certificate()
    with unit_of_work() as work:
        work.execute(update(Certificate).values(municipality_code=None))
    step = import_module("marketplace.migrations.versions.0008_the_register_is_searched_by_place_and_past")
    with db.engine.begin() as connection:
        connection.exec_driver_sql(step.signed_codes(connection.dialect.name))
    assert [makers.fresh(session, one).municipality_code for one in (known, typed, unsigned)] == ["20067", None, None]


def test_the_last_day_of_time_is_a_day(session: Session, client: FlaskClient) -> None:
    code = makers.certified().code
    found = {
        asked: [one["code"] for one in client.get(f"/register.json?{asked}").get_json()["certificates"]]
        for asked in ("to=9999-12-31", "to=9999-12-30", "from=9999-12-31", "from=9999-12-31&to=9999-12-31")
    }
    assert list(found.values()) == [[code], [code], [], []]
    assert client.get("/register?to=9999-12-31").status_code == 200


# What cannot be checked


@pytest.fixture
def stolen(app: Flask, session: Session, at: datetime) -> Iterator[tuple[str, str, str]]:
    """Codes: below the entry from which the key counts no more, the one there, and a suspended one after it."""
    with keys_put_back(app):
        by = makers.user("Celia Decide")
        below, there, paused = (makers.certified(by, at=at - 3 * DAY) for _ in range(3))
        with unit_of_work():
            suspend(paused, Why("UNDER_INVESTIGATION", "Se revisa."), until=date(2026, 12, 31), by=by, at=at - 2 * DAY)
        found = below.code, there.code, paused.code
        index = leaf_index_of(there.versions[0])
        assert index is not None
        rotating.compromise(signing_key().kid, index, now=lambda: at - DAY)
        yield found


def states(found: Iterable[Row]) -> dict[str, str]:
    return {row.code: row.state for row in found}


def test_a_row_whose_key_fell_into_other_hands_cannot_be_checked(at: datetime, stolen: tuple[str, str, str]) -> None:
    below, there, paused = stolen
    said = {below: "VALID", there: "CANNOT_CHECK", paused: "SUSPENDED"}
    assert states(register.page(Filter(), Moment(at), lang="es", limit=20).rows) == said
    assert states(register.every(Filter(), Moment(at), lang="es")) == said
    assert states(register.every(Filter(), Moment(at, instant=at), lang="es")) == said


def test_the_past_before_it_was_told_is_judged_by_what_is_known_now(at: datetime, stolen: tuple[str, str, str]) -> None:
    below, there, paused = stolen
    then = Moment(at, instant=at - 2 * DAY - timedelta(hours=1))
    assert states(register.every(Filter(), then, lang="es")) == {below: "VALID", there: "CANNOT_CHECK", paused: "CANNOT_CHECK"}


def test_who_looks_for_valid_labels_is_shown_none_that_cannot_be_checked(at: datetime, stolen: tuple[str, str, str]) -> None:
    below, _there, paused = stolen
    for state, wanted in ((PublicState.VALID, [below]), (PublicState.SUSPENDED, [paused])):
        assert codes(register.page(Filter(state=state), Moment(at), lang="es", limit=20)) == wanted


def test_files_say_it_as_the_page_does(client: FlaskClient, stolen: tuple[str, str, str]) -> None:
    _below, there, _paused = stolen
    rows = {row["code"]: row["state"] for row in csv.DictReader(io.StringIO(client.get("/register.csv").text))}
    assert rows[there] == "CANNOT_CHECK"
    assert list(rows.values()).count("VALID") == 1


def test_it_is_said_that_they_cannot_be_searched_for_and_the_whole_file_has_them(
    client: FlaskClient, stolen: tuple[str, str, str]
) -> None:
    below, there, paused = stolen
    refused = client.get("/register.json?state=CANNOT_CHECK&lang=en", headers={"Accept-Language": "en"})
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (422, "bad_state")
    assert "That state is of the moment and can&#39;t be searched for" in client.get("/register?state=CANNOT_CHECK&lang=en").text
    rows = [json.loads(line) for line in client.get("/register.jsonl").text.splitlines()]
    assert {row["code"]: row["state"] for row in rows} == {below: "VALID", there: "CANNOT_CHECK", paused: "SUSPENDED"}
    found = [
        json.loads(line)["code"]
        for state in register.STATES
        for line in client.get(f"/register.jsonl?state={state}").text.splitlines()
    ]
    assert sorted(found) == sorted([below, paused])  # all searches together, as docs/register.md says


def test_a_version_that_another_key_signed_makes_it_good_again(at: datetime, stolen: tuple[str, str, str]) -> None:
    """The control."""
    _below, there, _paused = stolen
    one = db.session.scalars(select(Certificate).where(Certificate.code == there)).one()
    makers.renewed(one, makers.user("Celia Otra"), at=at, cause="scope", goods="Chales")
    assert states(register.every(Filter(), Moment(at), lang="es"))[there] == "VALID"
