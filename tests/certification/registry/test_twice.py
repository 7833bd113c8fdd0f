"""The forms and questions of acts on a label: what was written is asked once more, at an address that can be opened again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core import clock
from certification.core.db import db
from certification.parties.models import Tie
from certification.registry import acts, twice
from certification.registry.models import Certificate
from tests import makers


def test_a_question_that_was_sealed_for_another_person_or_act_leads_to_the_empty_form(
    session: Session, client_of: Callable[[User], FlaskClient], at: datetime
) -> None:
    decider, other = makers.user(), makers.user()
    made = makers.certified(decider)
    makers.role(other, Role.DECIDER, "origen-local")
    asked = SAID["suspend"] | {"criterion": "", "version": "1"}
    led = client_of(decider).post(f"/c/{made.code}/act/suspend", data=asked).location
    word = led.partition("?said=")[2]
    wrong = [
        (decider, f"/c/{made.code}/act/withdraw?said={word}"),
        (other, led),
        (decider, led[:-1] + ("A" if led[-1] != "A" else "B")),
        (decider, f"/c/{made.code}/act/suspend?said=ñ"),
    ]
    for who, address in wrong:
        answer = client_of(who).get(address)
        assert (answer.status_code, answer.location) == (303, address.partition("?")[0])
    with clock.standing_at(at + timedelta(days=1, seconds=1)):
        assert client_of(decider).get(led).status_code == 303
    assert client_of(decider).get(led).status_code == 200


def test_a_text_too_long_for_an_address_is_asked_on_the_answer_itself(
    session: Session, client_of: Callable[[User], FlaskClient]
) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    chance = Random(5)
    long = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(1200))
    asked = SAID["suspend"] | {"criterion": "", "public_summary": long, "version": "1"}
    question = client_of(decider).post(f"/c/{made.code}/act/suspend", data=asked)
    assert (question.status_code, "¿Poner este sello en pausa?" in question.text, long in question.text) == (200, True, True)


def test_what_was_written_comes_back_after_the_session_ended(session: Session, app: Flask, at: datetime) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    makers.save(made)
    asked = {"reason_code": "ACCESS_REFUSED", "criterion": "", "public_summary": "No abrieron.", "until": "2027-01-31"}
    path, visitor = f"/c/{made.code}/act/suspend", app.test_client()
    word = twice.seal(asked, path, decider.public_id, at)
    led = visitor.get(f"{path}?said={word}")
    assert (led.status_code, unquote(led.location).endswith(f"next={path}?said={word}")) == (303, True)
    sent = visitor.post(path, data=asked, headers={"Referer": f"http://localhost{path}?said={word}"})
    assert (sent.status_code, unquote(sent.location).endswith(f"next={path}?said={word}")) == (303, True)


def test_forms_of_acts_keep_what_is_typed_on_the_device(session: Session, client_of: Callable[[User], FlaskClient]) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    for act in ("suspend", "withdraw", "visit"):
        page = client_of(decider).get(f"/c/{made.code}/act/{act}").text
        assert (f'action="/c/{made.code}/act/{act}" data-autosave="phone"' in page, "autosave.js" in page) == (True, True)
        assert ('name="version" value="1"' in page, "data-autosave-status" in page) == (True, True)


def test_a_criterion_is_called_neither_optional_nor_forgotten(session: Session, client_of: Callable[[User], FlaskClient]) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    browser, path = client_of(decider), f"/c/{made.code}/act/suspend"
    page = browser.get(path).text
    assert ("(opcional)" in page, "Hace falta con los motivos que lo piden." in page) == (False, True)
    needing, free = page.index("Piden decir el criterio"), page.index("No piden un criterio")
    assert needing < page.index('value="CRITICAL_NOT_MET"') < free < page.index('value="ACCESS_REFUSED"')
    all_missing = browser.post(path, data={"reason_code": "CRITICAL_NOT_MET"}).text
    assert (all_missing.count("Este motivo pide decir qué criterio") > 0, all_missing.count("Falta este dato.") > 0) == (
        True,
        True,
    )
    free_of_it = SAID["suspend"] | {"criterion": "", "public_summary": "x", "version": "1"}
    assert browser.post(path, data=free_of_it).status_code == 303


def test_whom_a_tie_bars_is_told_why_before_they_write(session: Session, client_of: Callable[[User], FlaskClient]) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    makers.save(
        Tie(user_id=decider.id, party_id=made.holder_id, kind="trade", declared_by_id=decider.id, declared_at=makers.THEN)
    )
    for act in ("suspend", "withdraw", "visit"):
        page = client_of(decider).get(f"/c/{made.code}/act/{act}")
        assert (page.status_code, "Usted tiene un vínculo con quien solicita" in page.text) == (403, True)


DONE_ALREADY = {
    "suspend": "Este sello ya está en pausa. No se guardó nada nuevo.",
    "restore": "Este sello no está en pausa por un acto del comité: no hay nada que restablecer. No se guardó nada nuevo.",
    "withdraw": "Este sello se retiró para siempre y ya no cambia. No se guardó nada nuevo.",
    "surrender": "Quien tenía este sello renunció a él, y ya no vuelve. No se guardó nada nuevo.",
}
SAID = {
    "suspend": {"reason_code": "ACCESS_REFUSED", "public_summary": "No abrieron.", "until": "2027-01-31"},
    "restore": {"public_summary": "Ya abrieron."},
    "withdraw": {"reason_code": "ACCESS_REFUSED", "public_summary": "No abrieron."},
    "surrender": {"reason_code": "HOLDER_REQUEST"},
}


@pytest.mark.parametrize("looked", ["after the first was done", "before, and both come at once"])
@pytest.mark.parametrize("act", DONE_ALREADY)
def test_what_is_sent_again_is_told_how_the_label_stands_and_is_no_second_act(
    session: Session, client_of: Callable[[User], FlaskClient], monkeypatch: pytest.MonkeyPatch, act: str, looked: str
) -> None:
    decider, weaver = makers.user(), makers.user()
    made = makers.certified(decider)
    makers.member(weaver, made.holder)
    browser, path = client_of(weaver if act == "surrender" else decider), f"/c/{made.code}/act/{act}"
    if act == "restore":
        browser.post(f"/c/{made.code}/act/suspend", data=SAID["suspend"] | {"confirmed": "yes", "version": "1"})
    sent = SAID[act] | {"confirmed": "yes", "version": str(len(kinds_of(made)))}
    assert browser.post(path, data=sent).status_code == 303
    acts_before = kinds_of(made)
    if looked.startswith("before"):
        monkeypatch.setattr(acts, "require_possible", lambda *_given, **_named: None)
    again = browser.post(path, data=sent)
    assert (again.status_code, DONE_ALREADY[act] in again.text) == (409, True)
    assert "Este paso no es posible en el estado actual" not in again.text
    assert f'href="/c/{made.code}"' in again.text  # the way back to it
    assert kinds_of(made) == acts_before


CHANGED = "El sello cambió desde que abrió esta página. Revíselo otra vez; lo escrito sigue aquí."


def form_of(browser: FlaskClient, path: str, act: str) -> dict[str, str]:
    """What the question would send, of what somebody writes on the page as it is now."""
    page = browser.get(path).text
    seen = page.partition('name="version"')[2].partition('value="')[2].partition('"')[0]
    asked = browser.get(browser.post(path, data=SAID[act] | {"version": seen}).location)
    assert f'name="version" value="{seen}"' in asked.text
    return SAID[act] | {"version": seen, "confirmed": "yes"}


def test_an_old_button_pauses_nothing_a_second_time(session: Session, client_of: Callable[[User], FlaskClient]) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    browser, path = client_of(decider), f"/c/{made.code}/act/"
    pressed = form_of(browser, f"{path}suspend", "suspend")
    assert browser.post(f"{path}suspend", data=pressed).status_code == 303
    assert browser.post(f"{path}restore", data=form_of(browser, f"{path}restore", "restore")).status_code == 303
    again = browser.post(f"{path}suspend", data=pressed)
    assert (again.status_code, CHANGED in again.text, "No abrieron." in again.text) == (409, True, True)
    assert kinds_of(made) == ["granted", "suspended", "restored"]
    assert 'value="3"' in again.text.partition('name="version"')[2][:40]  # whoever looked may go on
    assert browser.post(f"{path}suspend", data=pressed | {"version": "3"}).status_code == 303
    assert kinds_of(made)[-1] == "suspended"


def test_nobody_ends_a_pause_that_they_did_not_see(session: Session, client_of: Callable[[User], FlaskClient]) -> None:
    first, second = makers.user(), makers.user()
    made = makers.certified(first)
    makers.role(second, Role.DECIDER, "origen-local")
    slow, quick, path = client_of(first), client_of(second), f"/c/{made.code}/act/"
    quick.post(f"{path}suspend", data=form_of(quick, f"{path}suspend", "suspend"))
    waiting = form_of(slow, f"{path}restore", "restore")
    question = slow.post(f"{path}restore", data=SAID["restore"] | {"version": "2"}).location
    for act in ("restore", "suspend"):
        assert quick.post(f"{path}{act}", data=form_of(quick, f"{path}{act}", act)).status_code == 303
    before = kinds_of(made)
    for answer in (
        slow.get(question),
        slow.post(f"{path}restore", data=waiting),
        slow.post(f"{path}restore", data=waiting | {"confirmed": ""}),
        slow.post(f"{path}restore", data=SAID["restore"] | {"confirmed": "yes"}),  # a page that says nothing of what it showed
    ):
        assert (answer.status_code, CHANGED in answer.text, "Ya abrieron." in answer.text) == (409, True, True)
    assert kinds_of(made) == before == ["granted", "suspended", "restored", "suspended"]
    assert slow.post(f"{path}restore", data=form_of(slow, f"{path}restore", "restore")).status_code == 303


@pytest.mark.parametrize("confirmed", ["", "yes"])
def test_a_slip_does_not_make_an_old_page_a_new_one(
    session: Session, client_of: Callable[[User], FlaskClient], confirmed: str
) -> None:
    """Whoever mends the field beside which something was said hears then that the label changed."""
    first, second = makers.user(), makers.user()
    made = makers.certified(first)
    makers.role(second, Role.DECIDER, "origen-local")
    slow, quick, path = client_of(first), client_of(second), f"/c/{made.code}/act/"
    assert quick.post(f"{path}suspend", data=form_of(quick, f"{path}suspend", "suspend")).status_code == 303
    sent = SAID["withdraw"] | {"version": "1", "confirmed": confirmed}
    slip = slow.post(f"{path}withdraw", data=sent | {"public_summary": ""})
    assert (slip.status_code, 'name="version" value="1"' in slip.text) == (422, True)
    mended = slow.post(f"{path}withdraw", data=sent)
    assert (mended.status_code, CHANGED in mended.text, 'name="version" value="2"' in mended.text) == (409, True, True)
    assert kinds_of(made) == ["granted", "suspended"]


@pytest.mark.parametrize("seen", ["x", "1.5", "9" * 30, "-1"])
def test_what_was_seen_is_a_number_that_fits(session: Session, client_of: Callable[[User], FlaskClient], seen: str) -> None:
    decider = makers.user()
    made = makers.certified(decider)
    answer = client_of(decider).post(f"/c/{made.code}/act/suspend", data=SAID["suspend"] | {"confirmed": "yes", "version": seen})
    assert answer.status_code in (409, 422)
    assert kinds_of(made) == ["granted"]


def kinds_of(certificate: Certificate) -> list[str]:
    db.session.expire_all()
    return [one.kind.value for one in certificate.acts]
