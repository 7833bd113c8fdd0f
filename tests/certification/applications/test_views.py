"""The wizard in a browser without script, and with the headers that the scripts send."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.applications.models import Answer, Application, Evidence, Return
from certification.applications.subjects import EXTENSION, SubjectChoice
from certification.core.db import unit_of_work
from certification.core.media.models import StoredFile
from certification.rules.workflow import ApplicationState
from tests import makers
from tests.certification.applications.conftest import PDF, Case
from tests.conftest import NOW

Browser = Callable[[User], FlaskClient]


@pytest.fixture
def browser(case: Case, client_of: Browser) -> FlaskClient:
    return client_of(case.rosa)


def address(case: Case, rest: str = "") -> str:
    return f"/apply/{case.application.public_id}{rest}"


def count(session: Session, what: type[object]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(what)) or 0


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, case: Case) -> None:
    for page in ("/apply", "/apply/new", address(case), address(case, "/goods"), address(case, "/criteria/OL-1")):
        answer = client.get(page)
        assert answer.status_code == 303
        assert "/account" in answer.location or "sign" in answer.location


def test_a_stranger_finds_nothing(case: Case, client_of: Browser) -> None:
    stranger = client_of(makers.user())
    for page in (address(case), address(case, "/goods"), address(case, "/criteria/OL-1"), address(case, "/withdraw")):
        assert stranger.get(page).status_code == 404
    for page in (address(case, "/submit"), address(case, "/withdraw"), address(case, "/criteria/OL-1"), address(case, "/goods")):
        assert stranger.post(page, data={"pledge": "y", "reason": "x"}).status_code == 404


def test_the_list_says_state_and_next_step(session: Session, case: Case, browser: FlaskClient) -> None:
    page = browser.get("/apply").text
    assert "Borrador" in page
    assert "Siga llenándola cuando quiera" in page
    assert "Taller Hilo de Luna" in page


def test_the_list_pages_by_key(session: Session, case: Case, browser: FlaskClient) -> None:
    for _ in range(24):
        makers.application(case.rosa, case.workshop)
    page = browser.get("/apply").text
    assert page.count("Empezada el") == 24
    assert "from=" in page
    assert browser.get("/apply?from=zzz").status_code == 400


def test_the_list_holds_only_my_parties(case: Case, client_of: Browser) -> None:
    assert "Primero diga quién produce" in client_of(makers.user()).get("/apply").text


def test_starting_asks_for_the_label_with_its_eligibility_in_words(case: Case, browser: FlaskClient) -> None:
    page = browser.get("/apply/new").text
    assert page.count("Quién puede pedirlo") == 3
    assert "Quien solo revende no puede pedirlo" in page


def test_with_two_parties_it_asks_for_whom_first(case: Case, browser: FlaskClient) -> None:
    makers.member(case.rosa, makers.party("Cooperativa Telar de Nube"))
    page = browser.get("/apply/new").text
    assert "¿Para quién es el sello?" in page
    assert "Cooperativa Telar de Nube" in page


def test_a_retried_start_opens_one_draft(session: Session, case: Case, browser: FlaskClient) -> None:
    data = {"party": case.workshop.public_id, "scheme": "origen-local", "subject_kind": "product_line", "request_key": "k1"}
    before = count(session, Application)
    first, again = browser.post("/apply/new", data=data), browser.post("/apply/new", data=data)
    assert (first.status_code, first.location) == (303, again.location)
    assert first.location.endswith("/goods")
    assert count(session, Application) == before + 1


@pytest.mark.parametrize("change", [{"party": "no-es-mia"}, {"scheme": "no-hay"}, {"subject_kind": "farm"}, {"subject_kind": ""}])
def test_a_wrong_choice_opens_nothing(session: Session, case: Case, browser: FlaskClient, change: dict[str, str]) -> None:
    data = {"party": case.workshop.public_id, "scheme": "origen-local", "subject_kind": "product_line"} | change
    before = count(session, Application)
    assert browser.post("/apply/new", data=data).status_code == 422
    assert count(session, Application) == before


def test_goods_are_saved_with_names_as_they_wish_and_a_public_photograph(
    session: Session, case: Case, browser: FlaskClient, jpeg: bytes
) -> None:
    data = {"goods": " Rebozos ", "makers": "Rosa Luna\n\nPetra N.\nRosa Luna", "photo": (BytesIO(jpeg), "rebozo.jpg")}
    answer = browser.post(address(case, "/goods"), data=data)
    assert (answer.status_code, answer.location) == (303, address(case, "/criteria/OL-1"))
    found = makers.fresh(session, case.application)
    assert (found.goods, found.makers) == ("Rebozos", ["Rosa Luna", "Petra N."])
    assert (found.photo.private, found.photo.name) == (False, "rebozo.jpg")


SCREENS = [("/goods", "goods", "Rebozos"), ("/criteria/OL-1", "text", "Todo se hace aquí.")]


def opened_at(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="([0-9a-f]{16})"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(("screen", "field", "words"), SCREENS)
def test_a_form_opened_before_somebody_saved_is_refused_with_both_texts_and_then_saves(
    session: Session, case: Case, browser: FlaskClient, screen: str, field: str, words: str
) -> None:
    version = opened_at(browser.get(address(case, screen)).text)
    assert browser.post(address(case, screen), data={field: words, "version": version}).status_code == 303
    stale = browser.post(address(case, screen), data={field: "Lo de otra ventana", "version": version})
    assert stale.status_code == 409
    assert "Alguien más guardó cambios" in stale.text
    assert "Lo de otra ventana" in stale.text
    assert words in stale.text.partition("Lo que está guardado ahora")[2]
    assert words in browser.get(address(case, screen)).text
    data = {field: "Lo de otra ventana", "version": opened_at(stale.text)}
    assert browser.post(address(case, screen), data=data).status_code == 303
    assert "Lo de otra ventana" in browser.get(address(case, screen)).text


@pytest.mark.parametrize(("screen", "field", "words"), SCREENS)
def test_the_same_words_sent_again_are_no_conflict_though_their_answer_was_lost(
    case: Case, browser: FlaskClient, screen: str, field: str, words: str
) -> None:
    version = opened_at(browser.get(address(case, screen)).text)
    for _ in range(2):
        assert browser.post(address(case, screen), data={field: words, "version": version}).status_code == 303


@pytest.mark.parametrize(("screen", "field", "words"), SCREENS)
def test_autosave_goes_on_from_what_it_saved_and_stops_when_stale(
    case: Case, browser: FlaskClient, screen: str, field: str, words: str
) -> None:
    headers = {"X-Autosave": "1", "X-Requested-With": "fetch"}
    version = opened_at(browser.get(address(case, screen)).text)
    first = browser.post(address(case, screen), data={field: words, "version": version}, headers=headers)
    assert first.status_code == 200
    onward = {field: f"{words} Y más.", "version": first.get_json()["fields"]["version"]}
    assert browser.post(address(case, screen), data=onward, headers=headers).status_code == 200
    stale = browser.post(address(case, screen), data={field: "Otra cosa", "version": version}, headers=headers)
    assert (stale.status_code, stale.get_json()["error"]["code"]) == (409, "changed_meanwhile")
    assert f"{words} Y más." in browser.get(address(case, screen)).text


def test_goods_that_are_no_picture_keep_what_was_written(case: Case, browser: FlaskClient) -> None:
    answer = browser.post(address(case, "/goods"), data={"goods": "Rebozos finos", "photo": (BytesIO(b"no"), "x.jpg")})
    assert answer.status_code == 422
    assert "Rebozos finos" in answer.text
    assert "photo-error" in answer.text


def test_goods_offer_what_the_shop_declares(
    app: Flask, case: Case, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, EXTENSION, lambda _ids: [SubjectChoice("p7", "Rebozo añil", "/media/x.jpg")])
    assert 'value="p7"' in browser.get(address(case, "/goods")).text
    assert browser.post(address(case, "/goods"), data={"goods": "R", "subject_refs": "p7"}).status_code == 303
    assert browser.post(address(case, "/goods"), data={"goods": "R", "subject_refs": "ajeno"}).status_code == 422


def test_a_screen_shows_its_asks_its_guide_and_where_one_stands(case: Case, browser: FlaskClient) -> None:
    page = browser.get(address(case, "/criteria/OL-1")).text
    assert "Criterio 1 de 11" in page
    assert "Basta una de estas:" in page
    assert "Aquí no se sube nada" in page
    assert "Basta una de las pruebas del lugar" in page
    assert 'value="Oaxaca de Juárez, Oaxaca"' in page  # the party's own place, to begin with
    assert 'value="2026-11-21"' in page


def test_one_submit_saves_words_files_and_goes_on(session: Session, case: Case, browser: FlaskClient, jpeg: bytes) -> None:
    data = {
        "words_0": "Santa María Xochiapan",
        "text": "Todo se hace aquí.",
        "file_1": (BytesIO(PDF), "constancia.pdf"),
        "dated_1": "2026-09-04",
        "caption_1": "Constancia de la agencia",
        "file_2": (BytesIO(jpeg), "taller.jpg"),
        "request_key": "k",
        "act": "next",
    }
    answer = browser.post(address(case, "/criteria/OL-1"), data=data)
    assert (answer.status_code, answer.location) == (303, address(case, "/criteria/OL-2"))
    rows = session.execute(
        select(Evidence.ask, Evidence.kind, Evidence.text, Evidence.caption, Evidence.dated_on).order_by(Evidence.ask)
    )
    assert [(ask, kind, text, caption, day.isoformat()) for ask, kind, text, caption, day in rows] == [
        (0, "place", "Santa María Xochiapan", "", "2026-11-21"),
        (1, "document", "", "Constancia de la agencia", "2026-09-04"),
        (2, "photo", "", "", "2026-11-21"),
    ]
    assert all(session.scalars(select(StoredFile.private)))
    page = browser.get(address(case, "/criteria/OL-1")).text
    assert "Constancia de la agencia" in page
    assert "4 sep 2026" in page


def test_a_retried_submit_adds_its_files_once(session: Session, case: Case, browser: FlaskClient) -> None:
    for _ in range(2):
        data = {"file_1": (BytesIO(PDF), "c.pdf"), "request_key": "igual", "act": "upload"}
        assert browser.post(address(case, "/criteria/OL-1"), data=data).status_code == 303
    assert count(session, Evidence) == 1


def test_a_bad_file_is_said_beside_its_field_and_the_rest_is_saved(
    session: Session, case: Case, browser: FlaskClient, jpeg: bytes
) -> None:
    data = {"text": "Aquí todo.", "file_2": [(BytesIO(jpeg), "bien.jpg"), (BytesIO(b"nada"), "mal.jpg")], "request_key": "k"}
    answer = browser.post(address(case, "/criteria/OL-1"), data=data)
    assert answer.status_code == 422
    assert "mal.jpg: Este archivo no es una foto." in answer.text
    assert "Aquí todo." in answer.text
    assert count(session, Evidence) == count(session, StoredFile) == count(session, Answer) == 1


def test_a_paper_where_a_photograph_belongs_is_refused(session: Session, case: Case, browser: FlaskClient, jpeg: bytes) -> None:
    data = {"file_3": (BytesIO(jpeg), "foto.jpg")}
    answer = browser.post(address(case, "/criteria/OL-1"), data=data)
    assert answer.status_code == 422
    assert "Aquí va un video." in answer.text
    assert count(session, Evidence) == 0


def test_taking_out_keeps_what_was_typed_and_can_be_undone(session: Session, case: Case, browser: FlaskClient) -> None:
    browser.post(address(case, "/criteria/OL-1"), data={"file_1": (BytesIO(PDF), "c.pdf"), "act": "upload"})
    item = session.scalars(select(Evidence)).one().public_id
    answer = browser.post(address(case, "/criteria/OL-1"), data={"text": "Sigo escribiendo", "remove": item})
    assert (answer.status_code, answer.location) == (303, address(case, "/criteria/OL-1#evidence"))
    page = browser.get(address(case, "/criteria/OL-1")).text
    assert "Sigo escribiendo" in page
    assert f'name="restore" value="{item}"' in page
    assert f'name="remove" value="{item}"' not in page
    browser.post(address(case, "/criteria/OL-1"), data={"restore": item})
    assert f'name="remove" value="{item}"' in browser.get(address(case, "/criteria/OL-1")).text


def test_an_item_of_another_application_is_not_touched(session: Session, case: Case, browser: FlaskClient) -> None:
    other = Case(case.rosa, case.workshop, makers.application(case.rosa, case.workshop))
    browser.post(address(other, "/criteria/OL-1"), data={"file_1": (BytesIO(PDF), "c.pdf")})
    item = session.scalars(select(Evidence)).one()
    assert browser.post(address(case, "/criteria/OL-1"), data={"remove": item.public_id}).status_code == 404
    assert makers.fresh(session, item).removed_at is None


def test_autosave_keeps_words_and_takes_no_files(session: Session, case: Case, browser: FlaskClient) -> None:
    headers = {"X-Autosave": "1", "X-Requested-With": "fetch"}
    answer = browser.post(
        address(case, "/criteria/OL-1"), data={"words_0": "Xochia", "file_1": (BytesIO(PDF), "c.pdf")}, headers=headers
    )
    assert (answer.status_code, answer.get_json()["time"], list(answer.get_json()["fields"])) == (200, "10:32", ["version"])
    assert [one.text for one in session.scalars(select(Evidence))] == ["Xochia"]


def test_autosave_of_what_is_too_long_is_422_and_of_what_was_sent_409(case: Case, browser: FlaskClient) -> None:
    headers = {"X-Autosave": "1", "X-Requested-With": "fetch"}
    assert browser.post(address(case, "/criteria/OL-1"), data={"text": "a" * 5001}, headers=headers).status_code == 422
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.SUBMITTED, NOW
    answer = browser.post(address(case, "/criteria/OL-1"), data={"text": "a"}, headers=headers)
    assert answer.status_code == 409
    assert answer.json is not None
    assert "ya se envió" in answer.json["error"]["sentence"]


def test_an_upload_by_script_answers_in_json(case: Case, browser: FlaskClient) -> None:
    headers = {"X-Requested-With": "fetch"}
    good = browser.post(
        address(case, "/criteria/OL-1"), data={"file_1": (BytesIO(PDF), "c.pdf"), "act": "upload"}, headers=headers
    )
    bad = browser.post(
        address(case, "/criteria/OL-1"), data={"file_1": (BytesIO(b""), "c.pdf"), "act": "upload"}, headers=headers
    )
    assert (good.status_code, bad.status_code) == (200, 422)
    assert bad.json is not None
    assert bad.json["error"]["sentence"].startswith("c.pdf: ")


def test_a_condition_is_asked_and_kept(session: Session, case: Case, client_of: Browser) -> None:
    farm = Case(case.rosa, case.workshop, makers.application(case.rosa, case.workshop, key="agroecologico-participativo"))
    browser = client_of(case.rosa)
    assert "¿Aplica en su caso?" in browser.get(address(farm, "/criteria/AG-9")).text
    assert "¿Aplica en su caso?" not in browser.get(address(farm, "/criteria/AG-8")).text
    browser.post(address(farm, "/criteria/AG-9"), data={"applies": "no"})
    assert [one.applies for one in session.scalars(select(Answer))] == [False]
    assert "no aplica" in browser.get(address(farm)).text


def test_an_unknown_criterion_or_application_is_404(case: Case, browser: FlaskClient) -> None:
    assert browser.get(address(case, "/criteria/OL-99")).status_code == 404
    assert browser.get("/apply/000000000000").status_code == 404


def test_the_summary_links_what_is_missing_to_its_screen(case: Case, browser: FlaskClient) -> None:
    browser.post(address(case, "/criteria/OL-1"), data={"text": "Aquí."})
    page = browser.get(address(case)).text
    assert "Faltan 19 cosas antes de enviar." in page
    assert page.count("Sin empezar.") == 10
    assert f'href="{address(case, "/criteria/OL-11")}"' in page
    assert "Falta una de estas:" in page


def test_sending_what_is_incomplete_says_so_and_sends_nothing(session: Session, case: Case, browser: FlaskClient) -> None:
    answer = browser.post(address(case, "/submit"), data={"pledge": "y"})
    assert answer.status_code == 422
    assert "Faltan 19 cosas antes de enviar. Abajo dice cuáles." in answer.text
    assert makers.fresh(session, case.application).state is ApplicationState.DRAFT


def test_sending_what_lacks_one_thing_counts_one(session: Session, case: Case, browser: FlaskClient) -> None:
    makers.complete(case.application)
    case.application.goods = ""
    session.commit()
    answer = browser.post(address(case, "/submit"), data={"pledge": "y"})
    assert answer.status_code == 422
    assert "Falta una cosa antes de enviar. Abajo dice cuál." in answer.text
    assert "Falta corregir" not in answer.text


def test_sending_needs_the_pledge_and_a_retry_has_one_effect(session: Session, case: Case, browser: FlaskClient) -> None:
    makers.complete(case.application)
    refused = browser.post(address(case, "/submit"), data={})
    assert refused.status_code == 422
    assert "pledge-error" in refused.text
    for _ in range(2):
        assert browser.post(address(case, "/submit"), data={"pledge": "y"}).status_code == 303
    assert makers.fresh(session, case.application).state is ApplicationState.SUBMITTED
    assert "Alguien va a revisar que esté completa" in browser.get(address(case)).text


def test_what_was_sent_is_read_only(case: Case, browser: FlaskClient) -> None:
    makers.complete(case.application)
    browser.post(address(case, "/submit"), data={"pledge": "y"})
    page = browser.get(address(case)).text
    assert "/criteria/" not in page
    assert "Así lo hacemos." in page
    assert browser.post(address(case, "/goods"), data={"goods": "otra"}).status_code == 409


def test_a_request_stands_on_top_of_its_criterion_until_it_is_sent_again(
    session: Session, case: Case, browser: FlaskClient
) -> None:
    makers.complete(case.application)
    makers.save(
        Return(
            application_id=case.application.id,
            reason_code="EVIDENCE_INCOMPLETE",
            criterion="OL-3",
            request="Una foto de los pedales.",
            by_id=case.rosa.id,
            at=NOW,
        )
    )
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.RETURNED, NOW
    assert "Una foto de los pedales." in browser.get(address(case, "/criteria/OL-3")).text
    assert "Una foto de los pedales." not in browser.get(address(case, "/criteria/OL-2")).text
    assert "Una foto de los pedales." in browser.get(address(case)).text
    browser.post(address(case, "/submit"), data={"pledge": "y"})
    assert "Una foto de los pedales." not in browser.get(address(case)).text


def test_taking_back_asks_why_and_ends(session: Session, case: Case, browser: FlaskClient) -> None:
    makers.complete(case.application)
    browser.post(address(case, "/submit"), data={"pledge": "y"})
    assert "¿Retirar la solicitud?" in browser.get(address(case, "/withdraw")).text
    assert browser.post(address(case, "/withdraw"), data={"reason": " "}).status_code == 422
    assert browser.post(address(case, "/withdraw"), data={"reason": "Cambiamos de planes"}).status_code == 303
    assert makers.fresh(session, case.application).state is ApplicationState.WITHDRAWN_BY_APPLICANT
    assert browser.get(address(case, "/withdraw")).status_code == 302


def test_a_photograph_is_shown_inline_and_a_paper_only_as_an_attachment(
    session: Session, case: Case, browser: FlaskClient, jpeg: bytes
) -> None:
    browser.post(address(case, "/criteria/OL-1"), data={"file_1": (BytesIO(PDF), "c.pdf"), "file_2": (BytesIO(jpeg), "t.jpg")})
    paper, photo = (item.public_id for item in session.scalars(select(Evidence).order_by(Evidence.ask)))
    shown, small, handed = (browser.get(f"/evidence/{one}") for one in (photo, f"{photo}?size=small", paper))
    assert shown.status_code == small.status_code == handed.status_code == 200
    assert shown.mimetype == "image/jpeg"
    assert "attachment" not in shown.headers.get("Content-Disposition", "")
    assert handed.headers["Content-Disposition"].startswith("attachment")
    for answer in (shown, small, handed):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_evidence_is_not_there_for_anybody_else(
    session: Session, case: Case, browser: FlaskClient, client: FlaskClient, client_of: Browser
) -> None:
    browser.post(address(case, "/criteria/OL-1"), data={"file_1": (BytesIO(PDF), "c.pdf"), "words_0": "Xochiapan"})
    words, paper = (item.public_id for item in session.scalars(select(Evidence).order_by(Evidence.ask)))
    decider, operator = makers.user(), makers.user()
    makers.role(decider, Role.DECIDER, "origen-local")
    makers.role(operator, Role.OPERATOR)
    for person in (makers.user(), operator, decider):  # a draft: not even the committee
        assert client_of(person).get(f"/evidence/{paper}").status_code == 404
    assert client.get(f"/evidence/{paper}").status_code == 303
    assert browser.get(f"/evidence/{words}").status_code == 404  # words have no file
    assert browser.get("/evidence/000000000000").status_code == 404
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.SUBMITTED, NOW
    assert client_of(decider).get(f"/evidence/{paper}").status_code == 200
    assert client_of(operator).get(f"/evidence/{paper}").status_code == 404


@pytest.mark.parametrize("screen", ["/goods", "/criteria/OL-1"])
def test_what_was_sent_is_read_and_not_written_on(session: Session, case: Case, browser: FlaskClient, screen: str) -> None:
    with unit_of_work():
        case.application.state, case.application.submitted_at = ApplicationState.SUBMITTED, NOW
    opened = browser.get(address(case, screen))
    assert (opened.status_code, opened.location) == (303, address(case))
    assert browser.post(address(case, screen), data={"text": "otra", "goods": "otra"}).status_code == 409
