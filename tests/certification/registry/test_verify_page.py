import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.quick import QuickSelect, UnreachableError
from certification.registry.acts import Why, suspend, withdraw
from certification.registry.models import Certificate
from certification.rules.code import check_character
from tests import makers
from tests.certification.registry.truth import AFTER_THE_END, CASES, DAY, OVERDUE
from tests.conftest import NOW


@pytest.fixture
def plain_flask(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser whose requests go past the edge."""
    monkeypatch.setattr(app, "wsgi_app", app.extensions["edge"]._inner)
    return app.test_client()


def certified(**changes: Any) -> Certificate:
    made = makers.certified()
    with unit_of_work():
        for name, value in changes.items():
            setattr(made, name, value)
    return made


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


LATE = makers.THEN + timedelta(days=200)
STATES = [
    ({}, "Vigente", "existe y vale hoy"),
    ({"surveillance_due": LATE, "grace_ends": LATE + timedelta(days=300)}, "Vigente", "su visita de seguimiento está pendiente"),
    ({"suspended_at": LATE, "suspension_until": LATE + timedelta(days=170)}, "En pausa", "Puede volver a valer si se arregla"),
    ({"suspended_at": LATE, "suspension_until": LATE + timedelta(days=9)}, "En pausa", "llegó a su plazo máximo"),
    ({"surveillance_due": LATE, "grace_ends": LATE}, "En pausa", "No se hizo a tiempo la visita de seguimiento"),
    ({"valid_until": LATE}, "Vencido", "Valió hasta el"),
    ({"superseded_at": LATE, "successor": "YSRD0DA0G77"}, "Reemplazado", "otro lo reemplaza"),
    ({"surrendered_at": LATE}, "Renunciado", "por decisión propia"),
    ({"withdrawn_at": LATE}, "Retirado", "no volverá a valer"),
]


@pytest.mark.parametrize(("changes", "word", "sentence"), STATES)
def test_every_state_says_its_word_and_its_sentence(
    session: Session, client: FlaskClient, changes: dict[str, Any], word: str, sentence: str
) -> None:
    made = certified(**changes)
    answer = client.get(f"/v/{made.code}")
    assert answer.status_code == 200
    assert f'<h1 class="word">{word}</h1>' in answer.text
    assert sentence in words(answer.text)
    assert "Revisado ahora mismo, 21 nov 2026, 10:32" in answer.text


def test_a_label_that_begins_later_says_when(session: Session, client: FlaskClient) -> None:
    page = client.get(f"/v/{CASES['to come'].make(makers.user('Celia Decide')).code}").text
    assert '<h1 class="word">Aún no vigente</h1>' in page
    assert "empieza a valer el 1 dic 2026. Hoy todavía no vale" in words(page)


@pytest.mark.parametrize(
    ("lapsed_at", "word", "now", "then"),
    [
        (None, "Vigente", ["Vale hasta", "Próxima visita"], ["Valía hasta"]),
        (LATE, "El esquema terminó", ["Valía hasta"], ["Vale hasta", "Próxima visita"]),
    ],
    ids=["in force", "lapsed"],
)
def test_a_lapsed_scheme_says_so_and_promises_no_day_and_no_visit(
    session: Session, client: FlaskClient, lapsed_at: datetime | None, word: str, now: list[str], then: list[str]
) -> None:
    made = certified(surveillance_due=NOW + timedelta(days=60), grace_ends=NOW + timedelta(days=90))
    with unit_of_work():
        made.scheme_version.lapsed_at = lapsed_at
    page = client.get(f"/v/{made.code}").text
    assert f'<h1 class="word">{word}</h1>' in page
    assert [said for said in (*now, *then) if said in words(page)] == now


@pytest.mark.parametrize(("changes", "_word", "_sentence"), STATES)
@pytest.mark.parametrize("lang", ["", "?lang=es", "?lang=en"])
def test_the_edge_and_flask_say_the_same(
    session: Session,
    client: FlaskClient,
    plain_flask: FlaskClient,
    app: Flask,
    changes: dict[str, Any],
    _word: str,
    _sentence: str,
    lang: str,
) -> None:
    made = certified(**changes)
    through_flask = plain_flask.get(f"/v/{made.code}{lang}")
    app.wsgi_app = app.extensions["edge"]  # type: ignore[method-assign]  # the fixture puts it back
    at_the_edge = app.test_client().get(f"/v/{made.code}{lang}")
    assert at_the_edge.data == through_flask.data
    del through_flask.headers["Date"]  # a server adds its own
    assert dict(at_the_edge.headers) == dict(through_flask.headers)


def test_the_sections_stand_in_their_order(session: Session, client: FlaskClient) -> None:
    made = certified()
    page = words(client.get(f"/v/{made.code}").text)
    heads = [
        "Vigente",
        "Quién lo hizo",
        "Qué promete este sello",
        "No promete",
        "Quién lo decidió",
        "Compare con la pieza",
        "Historia",
        "La prueba técnica",
    ]
    places = [page.index(f"{head} ") for head in heads[1:]]
    assert places == sorted(places)
    for said in (
        "Martina Luna",
        "Taller Hilo de Luna",
        "Oaxaca de Juárez, Oaxaca",
        "Sello comunitario, no oficial.",
        "2 ene 2028",
        str(made.versions[0].kid),
        str(made.versions[0].signature),
    ):
        assert said in page


@pytest.mark.parametrize("spelled", ["{0}", "{1}", "{2}"])
def test_any_spelling_leads_there_without_a_redirect(session: Session, client: FlaskClient, spelled: str) -> None:
    made = certified()
    code = made.code
    dashed = f"{code[:4]}-{code[4:8]}-{code[8:10]}-{code[10:]}"
    written = spelled.format(code.lower(), dashed, dashed.lower().replace("0", "o").replace("1", "i"))
    for door in ("/v/", "/V/"):
        assert client.get(door + written).status_code == 200


def test_it_sets_no_cookie_and_heeds_none(session: Session, client: FlaskClient) -> None:
    made = certified()
    client.set_cookie("lang", "en")
    for path in (f"/v/{made.code}", f"/v/{made.code}?lang=en", "/v", "/v?lang=en", "/v/nada"):
        answer = client.get(path)
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
    assert '<html lang="es-MX"' in client.get(f"/v/{made.code}").text
    assert '<html lang="en"' in client.get(f"/v/{made.code}?lang=en").text


def test_it_is_small_and_needs_no_script(session: Session, client: FlaskClient) -> None:
    made = certified()
    answer = client.get(f"/v/{made.code}")
    style = re.search(r'href="(/static/[^"]+\.css)"', answer.text)
    assert style is not None
    assert len(answer.data) + len(client.get(style[1]).data) + len(client.get(f"/weave/{made.code}.svg").data) < 40_000
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_a_page_that_did_not_change_is_not_sent_again(session: Session, client: FlaskClient, at: datetime) -> None:
    made = certified()
    first = client.get(f"/v/{made.code}")
    assert first.headers["Cache-Control"] == "max-age=0, must-revalidate"
    again = client.get(f"/v/{made.code}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with clock.standing_at(at + timedelta(minutes=1)):
        assert client.get(f"/v/{made.code}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_act_shows_at_once_with_why_before_the_photograph(session: Session, client: FlaskClient, at: datetime) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    before = client.get(f"/v/{made.code}").headers["ETag"]
    with unit_of_work():
        suspend(made, Why("CRITICAL_NOT_MET", "Se <b>compró</b> hecha.", "OL-1"), until=date(2027, 1, 31), by=decider, at=at)
    answer = client.get(f"/v/{made.code}", headers={"If-None-Match": before})
    page = words(answer.text)
    assert answer.status_code == 200
    assert page.index("Por qué") < page.index("Quién lo hizo")
    assert "Se &lt;b&gt;compró&lt;/b&gt; hecha." in answer.text
    for said in (
        "OL-1, Se hace en el lugar que dice",
        "Se puede presentar hasta el 21 dic 2026",
        "a más tardar el 31 ene 2027",
        "no significa que la pieza sea copia",
    ):
        assert said in page
    with clock.standing_at(at + timedelta(days=60)):
        assert "El plazo terminó el 21 dic 2026" in words(client.get(f"/v/{made.code}").text)


def test_a_withdrawn_label_leads_to_no_shop_and_accuses_nobody(session: Session, client: FlaskClient, at: datetime) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    with unit_of_work():
        withdraw(made, Why("USE_OUTSIDE_SCOPE", "Se usó fuera."), by=decider, at=at)
    page = client.get(f"/v/{made.code}").text
    assert "/products" not in page
    assert "/producers" not in page
    assert "fals" not in page.lower()


def test_a_superseded_label_leads_to_its_successor(session: Session, client: FlaskClient) -> None:
    made = certified(superseded_at=LATE, successor="YSRD0DA0G77")
    assert 'href="/v/YSRD0DA0G77"' in client.get(f"/v/{made.code}").text


def test_names_of_people_are_escaped(session: Session, client: FlaskClient) -> None:
    made = certified()
    with unit_of_work():
        made.page = made.page | {"makers": [{"name": "<script>x</script>", "salt": "0"}], "marks": '"><img src=x>'}
    page = client.get(f"/v/{made.code}").text
    assert "<script" not in page
    assert "<img src=x>" not in page


def test_an_unknown_code_is_not_found_and_helps_to_retype(session: Session, client: FlaskClient) -> None:
    unknown = "7QK4M2XD9F" + check_character("7QK4M2XD9F")
    answer = client.get(f"/v/{unknown}")
    assert answer.status_code == 404
    assert "No lo encontramos" in answer.text
    assert 'value="7QK4-M2XD-9F-Q"' in answer.text


def test_a_mistyped_code_says_where_to_look_and_never_which_code_would_fit(session: Session, client: FlaskClient) -> None:
    made = certified()
    at = next(place for place in range(7) if made.code[place] != made.code[place + 1])
    typed = made.code[:at] + made.code[at + 1] + made.code[at] + made.code[at + 2 :]
    answer = client.get(f"/v/{typed}")
    assert answer.status_code == 404
    assert made.code not in answer.text
    assert made.code[:4] + "-" + made.code[4:8] not in answer.text


@pytest.mark.parametrize("typed", ["", "x", "🙂", "7QK4-M2XD-9F-A", "a" * 300, "%2500", "..%2f..%2fetc", "<b>"])
def test_whatever_is_typed_gets_a_page(session: Session, client: FlaskClient, typed: str) -> None:
    for path in (f"/v/{typed}", f"/V/{typed}"):
        assert client.get(path).status_code in {404, 308}
    answer = client.get("/v", query_string={"code": typed})
    assert answer.status_code in {200, 404}
    assert "<b>" not in answer.text.partition("<main")[2].replace("<b>Sello", "") or typed != "<b>"


def test_a_typed_code_leads_to_its_page(session: Session, client: FlaskClient) -> None:
    made = certified()
    answer = client.get("/v", query_string={"code": f" {made.code.lower()} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/v/{made.code}")
    english = client.get("/v", query_string={"code": made.code, "lang": "en"})
    assert english.headers["Location"] == f"/v/{made.code}?lang=en"


def test_when_the_database_is_silent_it_says_neither_yes_nor_no(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certified()
    code = made.code
    client.get(f"/v/{code}")

    def silent(*_: object, **__: object) -> None:
        raise UnreachableError

    monkeypatch.setattr(QuickSelect, "first", silent)
    answer = client.get(f"/v/{code}")
    assert answer.status_code == 503
    assert '<h1 class="word">No pudimos revisar</h1>' in answer.text
    assert "Vigente" not in answer.text
    assert answer.headers["Cache-Control"] == "max-age=0, must-revalidate"


def test_the_weave_is_kept_for_ever_and_only_for_codes(session: Session, client: FlaskClient) -> None:
    answer = client.get("/weave/7QK4M2XD9FQ.svg")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/svg+xml", "public, max-age=31536000, immutable")
    assert client.get("/weave/7QK4M2XD9FQ.svg?shape=seal").data != answer.data
    assert client.get("/weave/7QK4M2XD9FQ.svg?mono=1").data != answer.data
    assert client.get("/weave/7QK4M2XD9FA.svg").status_code == 404
    db.session.rollback()


def test_links_to_it_and_from_it_keep_the_readers_language(session: Session, client: FlaskClient) -> None:
    made = certified()
    assert f'href="/v/{made.code}?lang=en"' in client.get("/register?lang=en").text
    english = client.get(f"/v/{made.code}?lang=en").text
    assert f'href="/c/{made.code}?lang=en"' in english
    assert 'href="/v?lang=en"' in english
    assert f'href="/v/{made.code}"' in client.get("/register?lang=es").text
    assert "lang=es" not in re.sub(r"<link[^>]*>", "", client.get(f"/v/{made.code}").text)


def history(page: str) -> list[str]:
    """Each step of the history: title, day and note."""
    part = page.partition('<ol class="steps">')[2].partition("</ol>")[0]
    return [" ".join(words(one).split()) for one in part.split("<li")[1:]]


def told_at(client: FlaskClient, at: datetime, code: str, lang: str = "") -> str:
    with clock.standing_at(at):
        answer = client.get(f"/v/{code}{lang}")
    assert answer.status_code == 200
    return answer.text


def test_a_visit_that_came_late_shows_the_period_before_it_and_what_was_seen(session: Session, client: FlaskClient) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    before = made.page["decided"]
    makers.visited(made, by, at=OVERDUE, on=date(2027, 5, 8))
    page, seen = told_at(client, OVERDUE + DAY, made.code), "2 personas del mismo oficio, 1 persona de fuera"
    assert [one.partition(">")[2].strip() for one in history(page)] == [
        "Otorgado 2 ene 2026",
        "Pasó la fecha de la visita de seguimiento 4 mar 2027 Hasta el 10 may 2027",
        f"Pasó su visita de seguimiento 10 may 2027 Visita del 8 may 2027: {seen}. El proceso sigue igual.",
    ]
    assert made.page["decided"] == before  # who evaluated, and when, stays that of the decision
    assert "Última visita de seguimiento 8 may 2027" in words(page)
    english = told_at(client, OVERDUE + DAY, made.code, "?lang=en")
    assert "Until May 10, 2027" in words(english)
    assert '<span lang="es-MX">El proceso sigue igual.</span>' in english


def test_a_page_of_before_does_not_call_a_later_visit_that_of_the_evaluators(session: Session, client: FlaskClient) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    makers.visited(made, by, at=OVERDUE, on=date(2027, 5, 8))
    with unit_of_work():
        made.page = made.page | {"decided": made.page["decided"] | {"visited_on": "2027-05-08"}}
    page = words(told_at(client, OVERDUE + DAY, made.code))
    assert ("Última visita de seguimiento 8 may 2027" in page, " Visita 8 may 2027" in page) == (True, False)


def test_a_label_renewed_after_its_end_shows_that_it_had_expired(session: Session, client: FlaskClient) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    makers.visited(made, by, at=datetime(2026, 12, 15, 18, tzinfo=UTC))
    makers.renewed(made, by, at=AFTER_THE_END, submitted_at=datetime(2027, 11, 15, 18, tzinfo=UTC))
    steps = [one.partition(">")[2].strip() for one in history(told_at(client, AFTER_THE_END + DAY, made.code))]
    assert steps[0] == "Otorgado 2 ene 2026"
    assert steps[2:] == ["Venció 3 ene 2028 Hasta el 20 ene 2028", "Renovado 20 ene 2028"]


@pytest.mark.parametrize(
    ("at", "last"), [(datetime(2027, 6, 1, tzinfo=UTC), "Pasó la fecha de la visita de seguimiento 4 mar 2027")]
)
def test_a_period_that_goes_on_has_no_end(session: Session, client: FlaskClient, at: datetime, last: str) -> None:
    made = makers.certified()
    assert history(told_at(client, at, made.code))[-1].partition(">")[2].strip() == last


def test_an_ordinary_label_has_its_grant_alone(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    assert [one.partition(">")[2].strip() for one in history(client.get(f"/v/{made.code}").text)] == ["Otorgado 2 ene 2026"]
