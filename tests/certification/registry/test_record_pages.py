import base64
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.registry import issuer, scope
from certification.registry.acts import Why, withdraw
from certification.registry.models import Certificate
from certification.registry.tagart import Tag, tag_svg
from certification.registry.weighing import standing
from certification.rules.canonical import canonical_json
from certification.rules.verdict import PublicState
from certification.schemes.texts import text_of
from tests import makers

JSON = {"Accept": "application/json"}


def weaver_of(made: Certificate) -> User:
    weaver = makers.user("Rosa Teje")
    makers.member(weaver, made.holder)
    return weaver


def read(png: bytes, shrunk: int = 1) -> list[str]:
    image = Image.open(io.BytesIO(png)).convert("L")
    small = image.resize((image.width // shrunk, image.height // shrunk), Image.Resampling.BILINEAR)
    return [found.text for found in zxingcpp.read_barcodes(small)]


def test_the_record_shows_what_was_signed_and_how_to_check(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    page = client.get(f"/c/{made.code}")
    assert page.status_code == 200
    for said in (str(made.versions[0].kid), str(made.versions[0].signature), "Otorgado", "RFC 8032"):
        assert said in page.text


def test_anyone_can_check_the_json_with_a_library_of_their_own(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    answer = client.get(f"/c/{made.code}", headers=JSON)
    assert "Accept" in answer.headers["Vary"]
    found = json.loads(answer.text)
    version = found["versions"][0]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(found["keys"][version["kid"]]))
    key.verify(base64.urlsafe_b64decode(version["signature"] + "=="), canonical_json(version["statement"]))
    assert (found["state"], found["code"], found["acts"][0]["kind"]) == ("VALID", made.code, "granted")
    assert found["disclosures"]["makers"][0]["commitment"] in version["statement"]["personal"]["makers"]


def test_a_bad_signature_is_neither_yes_nor_no(session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = makers.certified()
    monkeypatch.setattr(issuer, "verifying_keys", dict)
    page = client.get(f"/c/{made.code}")
    assert (page.status_code, "No pudimos revisar" in page.text, "Vigente" in page.text) == (503, True, False)
    answer = client.get(f"/c/{made.code}", headers=JSON)
    assert (answer.status_code, answer.json) == (503, {"code": made.code, "state": "CANNOT_CHECK"})


def test_no_certificate_no_page(session: Session, client: FlaskClient) -> None:
    for path in ("/c/7QK4M2XD9FQ", "/c/nada", "/c/7QK4M2XD9FQ/qr.svg", "/c/nada/tag"):
        assert client.get(path).status_code in {404, 303}


def test_the_qr_leads_to_the_verify_page(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    answer = client.get(f"/c/{made.code}/qr.png")
    assert read(answer.data) == [f"HTTP://LOCALHOST/V/{made.code}"]
    assert client.get(read(answer.data)[0].removeprefix("HTTP://LOCALHOST")).status_code == 200
    drawn = client.get(f"/c/{made.code}/qr.svg").text
    assert drawn.count("<path") == 2


@pytest.mark.parametrize("query", ["", "?ink=black"])
def test_the_tag_is_read_whole_and_at_half_size(session: Session, client_of: Callable[[User], FlaskClient], query: str) -> None:
    made = makers.certified(goods="Rebozos de algodón teñidos con añil y grana cochinilla, con fleco anudado a mano " * 2)
    browser = client_of(weaver_of(made))
    png = browser.get(f"/c/{made.code}/tag.png{query}").data
    for shrunk in (1, 2, 4):
        assert read(png, shrunk) == [f"HTTP://LOCALHOST/V/{made.code}"]


@pytest.mark.parametrize(("query", "shown"), [("", 'class="sheet"'), ("?paper=a4", 'class="sheet a4"'), ("?ink=black", "mono=1")])
def test_twelve_tags_on_a_sheet(session: Session, client_of: Callable[[User], FlaskClient], query: str, shown: str) -> None:
    made = makers.certified()
    page = client_of(weaver_of(made)).get(f"/c/{made.code}/tag{query}").text
    assert page.count('<li class="tag">') == 12
    assert shown in page
    assert page.count('<path id="qr"') == 1


def test_a_tag_names_its_label_and_the_host_in_one_line(session: Session, client_of: Callable[[User], FlaskClient]) -> None:
    made = makers.certified()
    label = text_of(made.scheme_version).name.in_("es")
    page = client_of(weaver_of(made)).get(f"/c/{made.code}/tag").text
    assert page.count(f"<span>{label}</span>") == 12
    assert ">localhost</text>" in page
    assert "hidden data-print" in page
    drawn = tag_svg(Tag(made.code, "7QK4", "HTTP://LOCALHOST/V/7QK4", "localhost", label, "Rebozo", "Rosa", "Teotitlán", "En"))
    assert f">{label}</text>" in drawn


def test_tags_are_the_holders_alone(session: Session, client: FlaskClient, client_of: Callable[[User], FlaskClient]) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    for path in (f"/c/{made.code}/tag", f"/c/{made.code}/tag.png"):
        assert client.get(path).status_code == 303
        assert client_of(makers.user()).get(path).status_code == 403
        assert client_of(decider).get(path).status_code == 403


@pytest.mark.parametrize(
    "change", [{"withdrawn_at": makers.THEN}, {"suspended_at": makers.THEN}, {"valid_until": makers.THEN + timedelta(days=2)}]
)
def test_nobody_prints_tags_that_say_nothing_true(
    session: Session, client_of: Callable[[User], FlaskClient], change: dict[str, object]
) -> None:
    made = makers.certified()
    with unit_of_work():
        for name, value in change.items():
            setattr(made, name, value)
    browser = client_of(weaver_of(made))
    assert browser.get(f"/c/{made.code}/tag.png").status_code == 409
    assert "/tag" not in browser.get(f"/c/{made.code}").text


def test_an_act_is_asked_twice_and_then_done(session: Session, client_of: Callable[[User], FlaskClient], at: object) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    browser, path = client_of(decider), f"/c/{made.code}/act/suspend"
    assert f"/c/{made.code}/act/withdraw" in browser.get(f"/c/{made.code}").text
    assert browser.get(path).status_code == 200
    asked = {"reason_code": "CRITICAL_NOT_MET", "criterion": "OL-1", "public_summary": "Se compró hecha.", "until": "2027-01-31"}
    asked |= {"version": "1"}
    led = browser.post(path, data=asked)
    assert (led.status_code, led.location.startswith(f"{path}?said="), "hecha" in led.location) == (303, True, False)
    question = browser.get(led.location)  # a page of its own, that can be opened again
    assert browser.get(led.location).text.count("Se compró hecha.") == question.text.count("Se compró hecha.")
    assert (question.status_code, "¿Poner este sello en pausa?" in question.text, "Se compró hecha." in question.text) == (
        200,
        True,
        True,
    )
    assert state_of(made) is PublicState.VALID
    answer = browser.post(path, data=asked | {"confirmed": "yes"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/c/{made.code}")
    assert state_of(made) is PublicState.SUSPENDED
    again = browser.post(path, data=asked | {"confirmed": "yes"})
    assert (again.status_code, "Este sello ya está en pausa. No se guardó nada nuevo." in again.text) == (409, True)
    assert browser.get(led.location).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"reason_code": ""}, "Falta este dato."),
        ({"public_summary": ""}, "Falta este dato."),
        ({"criterion": ""}, "Este motivo pide decir qué criterio"),
        ({"until": "2027-12-31"}, "Una suspensión dura seis meses como máximo."),
        ({"until": "2020-01-01"}, "Ese día ya pasó."),
        ({"until": " "}, "Falta este dato."),
        ({"until": "31/01/2027"}, "Escriba la fecha como año-mes-día, por ejemplo 2026-05-01."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_kept(
    session: Session, client_of: Callable[[User], FlaskClient], wrong: dict[str, str], sentence: str
) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    asked = {
        "reason_code": "CRITICAL_NOT_MET",
        "criterion": "OL-1",
        "public_summary": "Se compró hecha.",
        "until": "2027-01-31",
        "confirmed": "yes",
        "version": "1",
    }
    answer = client_of(decider).post(f"/c/{made.code}/act/suspend", data=asked | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert ("Falta este dato." in answer.text) is (sentence == "Falta este dato.")
    assert ("Se compró hecha." in answer.text) is ("public_summary" not in wrong)
    assert state_of(made) is PublicState.VALID


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("withdraw", {"reason_code": "ACCESS_REFUSED", "public_summary": "x"}),
        ("restore", {}),
        ("surrender", {"reason_code": "HOLDER_REQUEST"}),
    ],
)
def test_the_other_acts(
    session: Session, client_of: Callable[[User], FlaskClient], act: str, data: dict[str, str], at: object
) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    if act == "restore":
        with unit_of_work():
            made.suspended_at = makers.THEN
    who = weaver_of(made) if act == "surrender" else decider
    browser, path = client_of(who), f"/c/{made.code}/act/{act}"
    assert browser.get(path).status_code == 200
    data |= {"version": "1"}
    assert browser.post(path, data=data, follow_redirects=True).status_code == 200
    assert browser.post(path, data=data | {"confirmed": "yes"}).status_code == 303
    ended = {"withdraw": PublicState.WITHDRAWN, "restore": PublicState.VALID, "surrender": PublicState.SURRENDERED}
    assert state_of(made) is ended[act]


def test_who_may_not_act_is_told_so(session: Session, client: FlaskClient, client_of: Callable[[User], FlaskClient]) -> None:
    made = makers.certified()
    owner, operator = makers.user(), makers.user()
    makers.role(owner, Role.SCHEME_OWNER, made.scheme_version.scheme.key)
    makers.role(operator, Role.OPERATOR)
    for act in ("suspend", "withdraw", "surrender"):
        path = f"/c/{made.code}/act/{act}"
        assert client.get(path).status_code == 303
        for person in (owner, operator):
            assert client_of(person).get(path).status_code == 403
            assert client_of(person).post(path).status_code == 403


def test_the_acts_of_a_lost_certificate_stay_in_its_record(session: Session, client: FlaskClient, at: object) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    with unit_of_work():
        withdraw(made, Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas."), by=decider, at=makers.THEN)
    found = json.loads(client.get(f"/c/{made.code}", headers=JSON).text)
    assert [(one["kind"], one["public_summary"]) for one in found["acts"]] == [
        ("granted", ""),
        ("withdrawn", "Se usó en otras piezas."),
    ]


def state_of(made: Certificate) -> PublicState:
    db.session.expire_all()
    return standing(made, clock.now()).state


def test_the_committee_finds_goods_that_changed_on_the_record_and_hooks_them_again(
    session: Session, client: FlaskClient, client_of: Callable[[User], FlaskClient]
) -> None:
    decider = makers.user("Celia Decide")
    made = makers.certified(decider)
    weaver = weaver_of(made)
    with unit_of_work():
        assert scope.unhook(["prod1"], by=weaver, at=clock.now(), why="Algodón → <Lana>") == [made.code]
    path, sent = f"/c/{made.code}", {"ref": "prod1", "seen": clock.now().isoformat()}
    assert "Algodón" not in client.get(path).text
    assert client.post(f"{path}/rehook", data=sent).status_code == 303
    browser = client_of(decider)
    page = browser.get(path).text
    assert "Algodón → &lt;Lana&gt;" in page
    assert f'value="{sent["seen"]}"' in page
    assert client_of(makers.user("Ajena")).post(f"{path}/rehook", data=sent).status_code == 403
    assert browser.post(f"{path}/rehook", data=sent | {"ref": "other"}).status_code == 404
    assert browser.post(f"{path}/rehook", data=sent | {"seen": "ayer"}).status_code == 409
    assert len(scope.unhooked(made)) == 1
    assert browser.post(f"{path}/rehook", data=sent).status_code == 303
    assert scope.unhooked(made) == []
    assert "Algodón" not in browser.get(path).text


def test_tags_of_a_paused_label_say_that_none_are_printed_meanwhile(
    session: Session, client_of: Callable[[User], FlaskClient]
) -> None:
    made = makers.certified()
    with unit_of_work():
        made.suspended_at = makers.THEN
    browser = client_of(weaver_of(made))
    for path in ("tag", "tag.png"):
        answer = browser.get(f"/c/{made.code}/{path}")
        assert answer.status_code == 409
        assert "está en pausa: mientras dure no se imprimen etiquetas." in answer.text
        assert f'href="/c/{made.code}"' in answer.text
        assert "Alguien cambió esto" not in answer.text


def test_a_stale_act_leads_back_to_its_certificate(
    session: Session, client_of: Callable[[User], FlaskClient], at: object
) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    with unit_of_work():
        made.suspended_at = makers.THEN
    browser = client_of(decider)
    stale = [browser.get(f"/c/{made.code}/act/suspend"), browser.post(f"/c/{made.code}/act/suspend", data={"confirmed": "yes"})]
    stale.append(browser.post(f"/c/{made.code}/rehook", data={"ref": "none", "seen": "1"}))
    for answer in stale:
        assert answer.status_code in {404, 409}
        if answer.status_code == 409:
            assert f'href="/c/{made.code}"' in answer.text
    assert stale[0].status_code == stale[1].status_code == 409


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"criterion": ""}, "Este motivo pide decir qué criterio"),
        ({"until": "2027-12-31"}, "Una suspensión dura seis meses como máximo."),
        ({"until": "2020-01-01"}, "Ese día ya pasó."),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_asked_whether_to_do_it(
    session: Session, client_of: Callable[[User], FlaskClient], wrong: dict[str, str], sentence: str
) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    asked = {"reason_code": "CRITICAL_NOT_MET", "criterion": "OL-1", "public_summary": "Se compró hecha.", "until": "2027-01-31"}
    asked |= {"version": "1"}
    answer = client_of(decider).post(f"/c/{made.code}/act/suspend", data=asked | wrong)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert "¿Poner este sello en pausa?" not in answer.text
