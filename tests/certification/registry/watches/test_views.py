"""The pages of a watch: the same answer for every address, one button behind each link, one click out."""

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from certification.core import clock
from certification.core.db import unit_of_work
from certification.registry.models import Certificate
from certification.registry.watches.models import Watch
from tests.certification.registry.watches.watched import ANA, mails, path_in, watches
from tests.certification.registry.watches.watched import label as label  # noqa: PLC0414 - a fixture
from tests.certification.registry.watches.watched import watch as watch  # noqa: PLC0414 - a fixture
from tests.conftest import NOW


def asked(client: FlaskClient, label: Certificate, lang: str = "es") -> str:
    answer = client.post(f"/c/{label.code}/watch?lang={lang}", data={"email": f" {ANA.upper()} "})
    assert (answer.status_code, answer.location) == (303, f"/c/{label.code}/watch/sent")
    return path_in(mails()[-1].text, "confirm")


def leaving(client: FlaskClient, watch: Watch) -> str:
    client.post(f"/c/{watch.certificate.code}/watch", data={"email": ANA})
    return path_in(mails()[-1].text, "leave")


def test_the_way_from_the_verify_page_to_a_confirmed_watch(client: FlaskClient, label: Certificate) -> None:
    assert f'href="/c/{label.code}/watch"' in client.get(f"/v/{label.code}").text
    assert "<form" not in client.get(f"/v/{label.code}").text
    assert f'href="/c/{label.code}/watch"' in client.get(f"/c/{label.code}").text
    assert 'name="email"' in client.get(f"/c/{label.code}/watch").text
    path = asked(client, label)
    page = client.get(path)
    assert "Sí, avísenme" in page.text
    assert watches()[0].confirmed_at is None  # following the link is not enough: mail programs do that too
    assert (page.headers["Referrer-Policy"], page.headers["X-Robots-Tag"]) == ("no-referrer", "noindex")
    assert page.headers["Cache-Control"] == "private, no-store"
    assert client.post(path).status_code == 303
    assert watches()[0].confirmed_at is not None
    assert "Su correo está confirmado" in client.get(path).text
    assert client.post(path).status_code == 303  # again changes nothing


def test_mail_speaks_the_reader_s_language(client: FlaskClient, label: Certificate) -> None:
    asked(client, label, "en")
    assert "Yes, tell me" in (mails()[-1].html or "")
    assert "Somebody asked us" in mails()[-1].text


def test_a_wrong_address_is_said_beside_the_field_and_kept(client: FlaskClient, label: Certificate) -> None:
    for typed, said in (("ana@", "no se ve completo"), ("", "Falta este dato"), ("a" * 300, "254 letras")):
        page = client.post(f"/c/{label.code}/watch", data={"email": typed})
        assert (page.status_code, said in page.text, f'value="{typed}"' in page.text) == (422, True, True)
    assert watches() == []


def test_the_page_never_says_whether_an_address_watches(client: FlaskClient, watch: Watch) -> None:
    def words(email: str) -> str:
        answer = client.post(f"/c/{watch.certificate.code}/watch", data={"email": email})
        return f"{answer.status_code} {answer.headers} {client.get(answer.location).text}"

    assert words(ANA) == words("nadie@example.org")


def test_too_many_from_one_place_are_refused_on_the_form(client: FlaskClient, label: Certificate) -> None:
    for number in range(20):
        client.post(f"/c/{label.code}/watch", data={"email": f"a{number}@example.org"})
    page = client.post(f"/c/{label.code}/watch", data={"email": ANA})
    assert (page.status_code, "demasiados intentos" in page.text, f'value="{ANA}"' in page.text) == (422, True, True)


@pytest.mark.parametrize("key", ["wrong", "a" * 40, "é", "%00"])
def test_a_wrong_link_opens_nothing(client: FlaskClient, watch: Watch, key: str) -> None:
    for end in ("confirm", "leave"):
        for method in ("GET", "POST"):
            assert client.open(f"/watches/{watch.public_id}/{key}/{end}", method=method).status_code in (400, 404)
    assert len(watches()) == 1


def test_an_old_link_says_what_to_do(client: FlaskClient, label: Certificate, at: datetime) -> None:
    path = asked(client, label)
    with clock.standing_at(at + timedelta(hours=48)):
        for method in ("GET", "POST"):
            page = client.open(path, method=method)
            assert (page.status_code, "El enlace ya no sirve" in page.text) == (404, True)
    assert watches()[0].confirmed_at is None


def test_one_click_ends_it_without_session_or_token(
    app: Flask, client: FlaskClient, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, code = leaving(client, watch), watch.certificate.code
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", value=True)
    assert "Dejar los avisos" in client.get(path).text
    assert len(watches()) == 1  # following the link is not enough
    answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, "Borramos su correo" in answer.text) == (200, True)  # RFC 8058: no redirect
    assert (watches(), mails()) == ([], [])
    assert ANA not in answer.text
    assert app.test_client().post(path).status_code == 404
    refused = client.post(f"/c/{code}/watch", data={"email": ANA})
    assert refused.status_code == 400  # the negative control: other forms still want their token


def test_looking_at_a_link_without_reading_it_changes_nothing(client: FlaskClient, watch: Watch) -> None:
    path, label = leaving(client, watch), watch.certificate.code
    for method in ("HEAD", "GET", "OPTIONS"):
        assert client.open(path, method=method).status_code == 200
        assert client.open(f"/c/{label}/watch", method=method).status_code == 200
        assert [one.email for one in watches()] == [ANA]
    assert client.post(path).status_code == 200
    assert watches() == []


def test_a_token_that_is_refused_keeps_what_was_typed_and_the_page_s_next_one_is_good(
    app: Flask, label: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", value=True)
    browser, path = app.test_client(), f"/c/{label.code}/watch"
    for token in (None, "", "old", "é"):
        page = browser.post(path, data={"email": "Ana+sellos@example.org"} | ({} if token is None else {"csrf_token": token}))
        assert (page.status_code, 'value="ana+sellos@example.org"' in page.text) == (400, True)
        assert "lo escrito sigue aquí" in page.text
    assert (watches(), mails("ana+sellos@example.org")) == ([], [])
    fresh = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert fresh is not None
    again = browser.post(path, data={"email": "ana+sellos@example.org", "csrf_token": fresh[1]})
    assert (again.status_code, len(mails("ana+sellos@example.org"))) == (303, 1)


def test_leaving_is_undone_by_its_own_page(client: FlaskClient, watch: Watch) -> None:
    page = client.post(leaving(client, watch))
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)
    assert sealed is not None
    answer = client.post("/watches/undo", data={"sealed": sealed[1]})
    assert answer.status_code == 303
    assert "Su correo está confirmado" in client.get(answer.location).text
    assert [one.email for one in watches()] == [ANA]
    for bad in ("", "x", "é" * 50, sealed[1][:-6], "a" * 3000):
        assert client.post("/watches/undo", data={"sealed": bad}).status_code == 422


@pytest.mark.parametrize(
    ("change", "undone"),
    [
        ({"withdrawn_at": NOW}, False),
        ({"surrendered_at": NOW}, False),
        ({"superseded_at": NOW, "successor": "YSRD0DA0G77"}, False),
        ({"suspended_at": NOW}, True),
        ({}, True),
    ],
    ids=str,
)
def test_what_is_over_for_good_is_left_for_good(
    client: FlaskClient,
    watch: Watch,
    change: dict[str, object],
    undone: bool,  # noqa: FBT001 - a column of the table
) -> None:
    path, label = leaving(client, watch), watch.certificate
    with unit_of_work():
        for name, value in change.items():
            setattr(label, name, value)
    page = client.post(path)
    assert (page.status_code, watches()) == (200, [])
    assert ("Deshacer" in page.text, 'name="sealed"' in page.text) == (undone, undone)


def test_an_address_that_never_asked_is_deleted_by_its_owner(client: FlaskClient, label: Certificate) -> None:
    asked(client, label)
    page = client.post(path_in(mails()[-1].text, "leave"))
    assert (page.status_code, "Deshacer" in page.text, watches(), mails()) == (200, False, [], [])


def test_a_label_that_is_over_offers_no_form(client: FlaskClient, label: Certificate, at: datetime) -> None:
    with unit_of_work():
        label.superseded_at, label.successor = at, "YSRD0DA0G77"
    page = client.get(f"/c/{label.code}/watch")
    assert ('name="email"' in page.text, "/c/YSRD0DA0G77/watch" in page.text) == (False, True)
    assert client.post(f"/c/{label.code}/watch", data={"email": ANA}).status_code == 409
    assert "/watch" not in client.get(f"/v/{label.code}").text
    assert "/watch" not in client.get(f"/c/{label.code}").text
