"""The history of one certificate, on its page and as JSON, and what it was worth on a day."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.core.web import cursor
from certification.registry import records
from certification.registry.acts import Why, restore, suspend, withdraw
from certification.rules.workflow import CertificateAct
from tests import makers
from tests.certification.registry.histories import DAY, past, term

JSON = {"Accept": "application/json"}
BEGAN = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


def test_every_act_stands_with_its_reason_and_its_place_in_the_log(session: Session, client: FlaskClient, at: datetime) -> None:
    decider = makers.user("Celia Decide")
    made = makers.certified(decider)
    why = Why("CRITICAL_NOT_MET", "Faltan <b>papeles</b>", "OL-1")
    with unit_of_work():
        suspend(made, why, until=(at + 30 * DAY).date(), by=decider, at=at - 3 * DAY)
    with unit_of_work():
        restore(made, by=decider, at=at - 2 * DAY)
    with unit_of_work():
        withdraw(made, why, by=decider, at=at - DAY)
    page = client.get(f"/c/{made.code}").text
    said = client.get(f"/c/{made.code}", headers=JSON).get_json()
    assert [(act["kind"], act["version"], act["reason_code"]) for act in said["acts"]] == [
        ("granted", 1, None),
        ("suspended", 1, "CRITICAL_NOT_MET"),
        ("restored", 1, None),
        ("withdrawn", 1, "CRITICAL_NOT_MET"),
    ]
    for act in said["acts"]:
        assert f'href="/log?after={cursor(act["log_index"] + 1)}"' in page
        entry = client.get(f"/log?after={cursor(act['log_index'] + 1)}").text
        assert f'<li class="row between" value="{act["log_index"] + 1}">' in entry.split("<ol", 1)[1].split("</li>")[0] + "</li>"
    assert page.count("Faltan &lt;b&gt;papeles&lt;/b&gt;") == 2
    assert "Criterio OL-1, " in page
    assert (said["versions"][0]["valid_from"], said["versions"][0]["last_day"]) == ("2026-01-02", "2028-01-02")


@pytest.mark.parametrize(
    ("on", "state", "words"),
    [
        ("2026-02-28", "NOT_FOUND", "todavía no existía"),
        ("2026-03-05", "VALID", "Vigente"),
        ("2026-03-11", "SUSPENDED", "En pausa"),
        ("2026-03-10T06:00:00Z", "SUSPENDED", "En pausa"),
        ("2026-03-10T05:59:59Z", "VALID", "Vigente"),
        ("2026-04-01", "VALID", "Vigente"),
        ("2026-06-01", "EXPIRED", "Vencido"),
    ],
)
def test_what_it_was_worth_on_a_day_beside_what_it_is_now(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, on: str, state: str, words: str
) -> None:
    monkeypatch.setattr(records, "is_sound", lambda *_: True)  # these rows were never signed
    paused = BEGAN + 9 * DAY
    made = past(
        BEGAN,
        term(BEGAN, 60),
        (CertificateAct.SUSPENDED, paused, paused + 90 * DAY),
        (CertificateAct.RESTORED, paused + 9 * DAY, None),
        (CertificateAct.WITHDRAWN, BEGAN + 120 * DAY, None),
    )
    page = client.get(f"/c/{made.code}?on={on}")
    shown = page.text.split('id="then"')[1].split("</div>")[0]
    assert (page.status_code, words in shown, "<b>Retirado</b>" in shown) == (200, True, True)
    said = client.get(f"/c/{made.code}?on={on}", headers=JSON).get_json()
    assert said["state"] == state
    assert client.get(f"/c/{made.code}", headers=JSON).get_json()["state"] == "WITHDRAWN"


def test_several_versions_read_apart_and_dates_speak_too(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "is_sound", lambda *_: True)
    again = BEGAN + 30 * DAY
    made = past(BEGAN, term(BEGAN, 20), (CertificateAct.RENEWED, again, term(again, 700)))
    history = client.get(f"/c/{made.code}").text.split("<ol")[1].split("</ol>")[0]
    told = [one.split("</b>")[0].split("<b>")[1] for one in history.split("<li")[1:]]
    assert told == ["Otorgado", "Venció", "Renovado"]
    assert "versión 1" in history
    assert "versión 2" in history
    assert "Vale del 31 mar 2026 al " in history
    versions = client.get(f"/c/{made.code}", headers=JSON).get_json()["versions"]
    assert [(one["number"], one["valid_from"], one["last_day"]) for one in versions] == [
        (1, "2026-03-01", "2026-03-20"),
        (2, "2026-03-31", "2028-02-28"),
    ]


@pytest.mark.parametrize("on", ["ayer", "2999-01-01", "2026-02-30", "<script>"])
def test_a_bad_day_is_said_and_kept(session: Session, client: FlaskClient, on: str) -> None:
    made = makers.certified()
    page = client.get(f"/c/{made.code}?on={on}")
    assert (page.status_code, 'id="on-error"' in page.text, "<script>" in page.text) == (422, True, False)
    answer = client.get(f"/c/{made.code}?on={on}", headers=JSON)
    assert (answer.status_code, answer.get_json()["error"]["code"] in {"bad_day", "day_ahead"}) == (422, True)
