import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.parties.models import MemberRole, Vetting
from marketplace.producers.models import Maker, Producer
from tests import makers
from tests.photographs import scene

ClientOf = Callable[[User], FlaskClient]


@pytest.fixture
def stall(session: Session) -> Producer:
    return makers.producer(published_at=None)


@pytest.fixture
def keeper(stall: Producer, client_of: ClientOf) -> FlaskClient:
    rosa = makers.user()
    makers.member(rosa, stall.party, MemberRole.CATALOGUE)
    return client_of(rosa)


def jpeg() -> io.BytesIO:
    found = io.BytesIO()
    scene(640, 360).save(found, "JPEG")
    found.seek(0)
    return found


def test_opening_a_stall_leads_to_its_form(session: Session, client_of: ClientOf) -> None:
    rosa, party = makers.user(), makers.party("Barro Quieto", vetting=Vetting.NONE, vetted_at=None)
    makers.member(rosa, party)
    browser = client_of(rosa)
    answer = browser.post(f"/desk/parties/{party.public_id}/stall")
    assert answer.headers["Location"] == "/desk/stalls/barro-quieto"
    assert "Ver qué falta" in browser.get("/desk/stalls/barro-quieto").get_data(as_text=True)
    assert browser.post(f"/desk/parties/{party.public_id}/stall").status_code == 409
    assert client_of(makers.user("N")).post(f"/desk/parties/{party.public_id}/stall").status_code == 404


def test_a_story_is_saved_and_a_wrong_number_refused_with_what_was_written(
    session: Session, stall: Producer, keeper: FlaskClient
) -> None:
    path = f"/desk/stalls/{stall.slug}"
    wrong = keeper.post(path, data={"line": "Tejemos con añil", "whatsapp": "95"})
    assert wrong.status_code == 422
    assert 'value="Tejemos con añil"' in wrong.get_data(as_text=True)
    given = {"line": "Tejemos", "whatsapp": "951 516 1234", "languages": " español,  mixteco ,español,", "story": "Uno\r\nDos"}
    assert keeper.post(path, data=given).status_code == 303
    row = makers.fresh(session, stall)
    assert (row.line, row.whatsapp, row.languages, row.story, row.whatsapp_shown) == (
        "Tejemos",
        "+529515161234",
        ["español", "mixteco"],
        "Uno\nDos",
        False,
    )


def test_only_who_keeps_it_sees_the_desk_of_a_stall(
    session: Session, stall: Producer, client: FlaskClient, client_of: ClientOf
) -> None:
    path = f"/desk/stalls/{stall.slug}"
    assert "/account/sign-in" in client.get(path).headers["Location"]
    for page in (path, f"{path}/makers"):
        assert client_of(makers.user("N")).get(page).status_code == 404
    for act in ("show", "hide", "away", "cover", "portrait"):
        assert client_of(makers.user("N")).post(f"{path}/{act}").status_code == 404


def test_photographs_are_hung_and_taken_down(session: Session, stall: Producer, keeper: FlaskClient) -> None:
    path = f"/desk/stalls/{stall.slug}"
    assert keeper.post(f"{path}/cover", data={}).status_code == 422
    lie = keeper.post(f"{path}/cover", data={"cover-photo": (io.BytesIO(b"GIF89a not a picture"), "foto.jpg")})
    assert lie.status_code == 422
    assert keeper.post(f"{path}/cover", data={"cover-photo": (jpeg(), "foto.jpg")}).status_code == 303
    assert makers.fresh(session, stall).cover_id is not None
    assert keeper.post(f"{path}/portrait", data={"portrait-photo": (jpeg(), "cara.jpg")}).status_code == 303
    assert keeper.post(f"{path}/cover", data={"act": "remove"}).status_code == 303
    row = makers.fresh(session, stall)
    assert (row.cover_id, row.portrait_id is not None) == (None, True)


def test_a_stall_is_opened_only_with_a_line_and_closed_again(session: Session, stall: Producer, keeper: FlaskClient) -> None:
    path = f"/desk/stalls/{stall.slug}"
    refused = keeper.post(f"{path}/show")
    assert refused.status_code == 422
    assert "Escriba una frase sobre quiénes son." in refused.get_data(as_text=True)
    keeper.post(path, data={"line": "Tejemos"})
    assert keeper.post(f"{path}/show").status_code == 303
    assert makers.fresh(session, stall).published_at is not None
    assert keeper.post(f"{path}/hide").status_code == 303
    assert makers.fresh(session, stall).published_at is None


def test_whichever_button_is_pressed_all_that_was_written_is_saved(
    session: Session, stall: Producer, keeper: FlaskClient
) -> None:
    path = f"/desk/stalls/{stall.slug}"
    sent = {"line": "Tejemos", "story": "Uno", "whatsapp": "", "languages": "", "visits": "", "until": ""}
    keeper.post(f"{path}/cover", data=sent | {"cover-photo": (jpeg(), "foto.jpg")})
    row = makers.fresh(session, stall)
    assert (row.story, row.cover_id is not None) == ("Uno", True)
    keeper.post(f"{path}/away", data=sent | {"story": "Dos", "until": "2026-12-01"})
    assert makers.fresh(session, stall).story == "Dos"
    keeper.post(f"{path}/show", data=sent | {"story": "Tres", "portrait-photo": (jpeg(), "cara.jpg")})
    row = makers.fresh(session, stall)
    assert (row.story, row.portrait_id is not None, row.published_at is not None) == ("Tres", True, True)
    keeper.post(path, data=sent | {"story": "Cuatro", "until": "2026-12-02"})
    row = makers.fresh(session, stall)
    assert (row.story, str(row.away_until)) == ("Cuatro", "2026-12-02")


def test_what_is_refused_takes_nothing_else_along_and_stays_written(
    session: Session, stall: Producer, keeper: FlaskClient
) -> None:
    path = f"/desk/stalls/{stall.slug}"
    sent = {"line": "Tejemos", "story": "Uno", "whatsapp": "95", "until": "2026-11-01"}
    refused = keeper.post(f"{path}/show", data=sent | {"cover-photo": (jpeg(), "foto.jpg")})
    assert refused.status_code == 422
    assert refused.text.count('id="errors"') == 1
    for words in ('value="Tejemos"', "sus diez dígitos", "un día que todavía no llega", "Lo demás quedó guardado."):
        assert words in refused.text
    row = makers.fresh(session, stall)
    assert (row.cover_id is not None, row.published_at, row.away_until) == (True, None, None)
    lie = keeper.post(f"{path}/cover", data=sent | {"whatsapp": "", "cover-photo": (io.BytesIO(b"no"), "foto.jpg"), "until": ""})
    assert lie.status_code == 422
    assert 'href="#cover-photo"' in lie.text
    assert makers.fresh(session, stall).story == "Uno"


def test_a_holiday_is_told_and_ended(session: Session, stall: Producer, keeper: FlaskClient) -> None:
    path = f"/desk/stalls/{stall.slug}/away"
    for bad in ({}, {"until": "2026-11-01"}, {"until": "mañana"}):
        assert keeper.post(path, data=bad).status_code == 422
    assert keeper.post(path, data={"until": "2026-12-01"}).status_code == 303
    assert "Ya regresamos" in keeper.get(f"/desk/stalls/{stall.slug}").get_data(as_text=True)
    assert keeper.post(path, data={"act": "back"}).status_code == 303
    assert makers.fresh(session, stall).away_until is None


def test_makers_are_added_and_taken_off_at_once(
    session: Session, stall: Producer, keeper: FlaskClient, client_of: ClientOf
) -> None:
    path = f"/desk/stalls/{stall.slug}/makers"
    assert keeper.post(path, data={"name": "Petra"}).status_code == 422
    assert keeper.post(path, data={"name": "Petra", "how": "de palabra"}).status_code == 303
    maker = session.scalars(select(Maker)).one()
    assert "Petra" in keeper.get(path).get_data(as_text=True)
    assert client_of(makers.user("N")).post(f"/desk/makers/{maker.public_id}/withdraw").status_code == 404
    assert keeper.post(f"/desk/makers/{maker.public_id}/withdraw").status_code == 303
    assert "Petra" not in keeper.get(path).get_data(as_text=True)
