import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from certification.accounts.models import User
from certification.parties.models import Belonging, MemberRole, PartyKind
from marketplace.producers.models import Maker
from marketplace.visiting import queries
from marketplace.visiting.queries import Filter
from tests import makers

ClientOf = Callable[[User], FlaskClient]


def test_open_stalls_are_listed_by_name_accents_aside(session: Session, client: FlaskClient) -> None:
    for name in ("Zacate", "Óleo", "nube"):
        makers.producer(makers.party(name), line=f"Somos {name}")
    makers.producer(makers.party("Cerrado"), published_at=None)
    text = client.get("/producers").get_data(as_text=True)
    assert re.findall(r"Somos (\w+)", text) == ["nube", "Óleo", "Zacate"]
    assert "3 puestos" in text
    assert "Cerrado" not in text


def test_stalls_are_found_by_state_name_and_place(session: Session, client: FlaskClient) -> None:
    makers.producer(makers.party("Barro Quieto", municipality="San Bartolo Coyotepec"))
    makers.producer(makers.party("Nueve Cerros", state_code="07", municipality="Chenalhó"))
    found = {
        query: sorted(
            re.findall(r'href="/producers/taller-\d+">([^<]+)', client.get(f"/producers?{query}").get_data(as_text=True))
        )
        for query in ("state=07", "q=CHENALHO", "q=barro+coyotepec", "q=barro&state=07", "state=99")
    }
    assert found == {
        "state=07": ["Nueve Cerros"],
        "q=CHENALHO": ["Nueve Cerros"],
        "q=barro+coyotepec": ["Barro Quieto"],
        "q=barro&state=07": [],
        "state=99": ["Barro Quieto", "Nueve Cerros"],
    }
    assert "No encontramos a nadie así" in client.get("/producers?q=nadie").get_data(as_text=True)


def test_a_market_without_stalls_says_what_to_do(app: object, client: FlaskClient) -> None:
    assert "Todavía no hay puestos abiertos" in client.get("/producers").get_data(as_text=True)
    assert "El mapa todavía está en blanco" in client.get("/map").get_data(as_text=True)


def test_pages_of_stalls_meet_without_gap_or_repeat(session: Session) -> None:
    for number in range(50):
        makers.producer(makers.party(f"Taller {number % 7}"))
    seen, after = [], None
    while True:
        found = queries.page(Filter(), after=after)
        seen += [one.id for one in found.stalls]
        if found.next is None:
            break
        after = [found.next]
    assert len(seen) == len(set(seen)) == 50


@pytest.mark.parametrize("after", [[], [1, 2], ["1"], [999_999]])
def test_a_place_in_the_list_that_is_none_is_refused(session: Session, after: list[object]) -> None:
    with pytest.raises(BadRequest):
        queries.page(Filter(), after=after)


def test_a_stall_tells_its_story_and_where_it_is(session: Session, client: FlaskClient) -> None:
    made = makers.producer(
        line="Cinco mujeres tejen",
        story="Uno.\n\n<b>Dos.</b>",
        story_en="One.",
        languages=["español", "mixteco"],
        visits="Sábados",
    )
    makers.product(made)
    text = client.get(f"/producers/{made.slug}").get_data(as_text=True)
    for wanted in (
        "Taller Hilo de Luna",
        "Oaxaca de Juárez, Oaxaca",
        "<p>Uno.</p>",
        "&lt;b&gt;Dos.",
        "español, mixteco",
        "Sábados",
        "Rebozo de algodón",
    ):
        assert wanted in text
    english = client.get(f"/producers/{made.slug}?lang=en").get_data(as_text=True)
    assert "<p>One.</p>" in english
    assert "Uno." not in english
    assert '<p class="lead" lang="es-MX">Cinco mujeres tejen</p>' in english


def test_a_closed_stall_is_seen_by_its_keeper_alone(session: Session, client: FlaskClient, client_of: ClientOf) -> None:
    made = makers.producer(published_at=None)
    rosa = makers.user()
    makers.member(rosa, made.party, MemberRole.CATALOGUE)
    assert client.get(f"/producers/{made.slug}").status_code == 404
    assert client_of(makers.user("N")).get(f"/producers/{made.slug}").status_code == 404
    assert "Vista previa" in client_of(rosa).get(f"/producers/{made.slug}").get_data(as_text=True)


def test_a_number_is_linked_only_where_it_is_shown(session: Session, client: FlaskClient) -> None:
    shown = makers.producer(whatsapp="+529515161234", whatsapp_shown=True)
    kept = makers.producer(makers.party("Otro"), whatsapp="+529515169999", whatsapp_shown=False)
    makers.product(kept)
    assert "https://wa.me/529515161234?text=" in client.get(f"/producers/{shown.slug}").get_data(as_text=True)
    text = client.get(f"/producers/{kept.slug}").get_data(as_text=True)
    assert "9515169999" not in text
    assert "Preguntar por una pieza" in text


def test_labels_show_their_true_state_and_a_paused_one_stays(session: Session, client: FlaskClient, at: datetime) -> None:
    made, version = makers.producer(), makers.scheme_version()
    other = makers.party("Otro")
    states: dict[str, dict[str, Any]] = {
        "Vigente": {},
        "En pausa": {"suspended_at": at - timedelta(days=3)},
        "Vencido": {"valid_until": at},
        "Retirado": {"withdrawn_at": at},
    }
    codes = {word: makers.certificate(made.party, version, **given).code for word, given in states.items()}
    replaced = makers.certificate(made.party, version, superseded_at=at, successor=codes["Vigente"]).code
    foreign = makers.certificate(other, version).code
    text = client.get(f"/producers/{made.slug}").get_data(as_text=True)
    held, ended = text.split("Los que ya terminaron")
    assert [codes[word] in held for word in states] == [True, True, False, False]
    assert [f"/v/{codes[word]}" in ended for word in states] == [False, False, True, True]
    assert all(word in text for word in states)
    assert "En pausa desde el 18 nov 2026" in held
    assert replaced not in text
    assert foreign not in text


def test_a_stall_without_labels_is_not_thought_worse_of(session: Session, client: FlaskClient) -> None:
    page = client.get(f"/producers/{makers.producer().slug}").text
    assert "No tener sello no dice nada malo" in page
    assert "Ninguno vigente" not in page


def test_a_stall_whose_labels_ended_says_plainly_that_none_is_in_force(
    session: Session, client: FlaskClient, at: datetime
) -> None:
    made = makers.producer()
    makers.certificate(made.party, makers.scheme_version(), withdrawn_at=at)
    page = client.get(f"/producers/{made.slug}").text
    assert "Ninguno vigente." in page
    assert "nadie lo ha revisado" not in page


def test_makers_who_took_back_their_consent_are_gone_and_members_are_linked(
    session: Session, client: FlaskClient, at: datetime
) -> None:
    coop = makers.party("Nueve Cerros", kind=PartyKind.COOPERATIVE)
    made, inside, waiting = (
        makers.producer(coop),
        makers.party("Taller Dentro"),
        makers.party("Sin comprobar", vetting="none", vetted_at=None),
    )
    own = makers.producer(inside)
    for member in (inside, waiting):
        makers.save(Belonging(member_id=member.id, organization_id=coop.id, since=makers.THEN))
    for name, gone in (("Petra", None), ("Elvira", at)):
        makers.save(Maker(producer_id=made.id, public_name=name, consented_at=makers.THEN, consent_how="x", withdrawn_at=gone))
    text = client.get(f"/producers/{made.slug}").get_data(as_text=True)
    assert ("Petra" in text, "Elvira" in text) == (True, False)
    assert f'href="/producers/{own.slug}">Taller Dentro' in text
    assert "Sin comprobar" not in text


def test_a_holiday_is_told(session: Session, client: FlaskClient) -> None:
    away, back = makers.producer(away_until=date(2026, 12, 1)), makers.producer(makers.party("B"), away_until=date(2026, 11, 21))
    assert "De descanso hasta el 1 dic 2026." in client.get(f"/producers/{away.slug}").get_data(as_text=True)
    assert "De descanso" not in client.get(f"/producers/{back.slug}").get_data(as_text=True)


def test_machines_and_shared_links_read_what_the_page_shows(session: Session, client: FlaskClient) -> None:
    made = makers.producer(makers.party("</script><b>Luna"), line="Tejemos")
    text = client.get(f"/producers/{made.slug}").get_data(as_text=True)
    found = json.loads(re.findall(r'ld\+json">(.+?)</script>', text)[0])
    assert (found["@type"], found["name"], found["description"]) == ("Organization", "</script><b>Luna", "Tejemos")
    assert found["url"] == f"http://localhost/producers/{made.slug}"
    assert '<meta property="og:description" content="Tejemos">' in text


def test_goods_of_a_stall_have_further_pages(session: Session, client: FlaskClient) -> None:
    made = makers.producer()
    for number in range(26):
        makers.product(made, name=f"Jarro {number:02}", published_at=makers.THEN + timedelta(days=number // 3))
    first = client.get(f"/producers/{made.slug}").get_data(as_text=True)
    second = client.get(first.split('rel="next" href="')[1].split('"')[0]).get_data(as_text=True)
    names = [f"Jarro {number:02}" for number in range(26)]
    assert sum(name in first for name in names) == 24
    assert [name for name in names if name in second] == ["Jarro 00", "Jarro 01"]
    assert client.get(f"/producers/{made.slug}?after=WzFd").status_code == 400


def test_the_map_counts_in_words_what_is_on_show_in_each_state(session: Session, client: FlaskClient) -> None:
    oaxaca, chiapas = makers.producer(), makers.producer(makers.party("C", state_code="07"))
    for _ in range(2):
        makers.product(oaxaca)
    makers.product(chiapas)
    makers.product(makers.producer(makers.party("H", state_code="13"), published_at=None))
    text = client.get("/map").get_data(as_text=True)
    assert re.findall(r'<a href="/products\?state=(\d+)" aria-label="([^"]+)"', text) == [
        ("07", "Chiapas: 1 producto de 1 puesto"),
        ("20", "Oaxaca: 2 productos de 1 puesto"),
    ]
    assert "Victor Cazanave / svg-maps, CC BY 4.0" in text
    assert text.count("<path") >= 32


def test_producers_are_found_by_the_name_of_their_state(session: Session, client: FlaskClient) -> None:
    stall = makers.producer()
    assert stall.party.name in client.get("/producers?q=oaxaca").text
    assert stall.party.name not in client.get("/producers?q=puebla").text
