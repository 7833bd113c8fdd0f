"""What a label is worth, said to programs: never VALID when it is not, never a bare fault, never a person's name."""

import io
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.quick import QuickSelect, UnreachableError
from certification.registry import recorded
from certification.registry.acts import restore, suspend
from certification.registry.api import views
from certification.registry.models import Certificate
from certification.rules.code import display
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.registry.api.described import fits
from tests.certification.registry.test_truth import EACH
from tests.certification.registry.truth import CASES, WHY, Case

DAY = timedelta(days=1)


@pytest.fixture
def label(session: Session) -> Certificate:
    return makers.certified()


@pytest.fixture
def past_the_edge(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser whose requests go straight to Flask."""
    monkeypatch.setattr(app, "wsgi_app", app.extensions["edge"]._inner)
    return app.test_client()


def verified(client: FlaskClient, codes: list[str], **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fits(client.post("/api/v1/verify", json={"codes": codes, **more}))["results"]
    return found


def code_of(client: FlaskClient, path: str, status: int) -> str:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    return str(fits(answer)["code"])


@EACH
def test_each_state_is_told_alone_and_among_many(session: Session, client: FlaskClient, case: Case) -> None:
    code = case.make(makers.user("Celia Decide")).code
    with clock.standing_at(case.at):
        one = fits(client.get(f"/api/v1/certificates/{code}"))
        (many,) = verified(client, [code])
    assert (one["state"], many["state"]) == (case.state.value, case.state.value)
    assert {**one, "asked": code, "checked_at": None} == {**many, "checked_at": None}


def test_the_whole_answer(client: FlaskClient, label: Certificate, at: datetime) -> None:
    code = label.code
    assert fits(client.get(f"/api/v1/certificates/{code}?lang=en")) == {
        "code": code,
        "shown_code": display(code),
        "state": "VALID",
        "since": "2026-01-02T06:00:00Z",
        "reason": "in_force",
        "sentence": "This label exists and is valid today. It remains for you to compare the piece.",
        "why": None,
        "label": {
            "name": "Local Origin Label — Made by Hand",
            "wording": "Local origin, made by hand",
            "label_class": "artesania",
            "scheme": "origen-local",
            "version": "1.0",
            "owner": "Council of this site's operator",
            "decided_by": "Council of this site's operator",
            "official": False,
            "notice": "Community label, not an official one.",
            "rules": "http://localhost/schemes/origen-local/1.0",
        },
        "holder": "Taller Hilo de Luna",
        "goods": "Rebozos de algodón teñidos con añil",
        "subject_kind": "product_line",
        "place": "Oaxaca de Juárez, Oaxaca",
        "term": {
            "first_day": "2026-01-02",
            "last_day": "2028-01-02",
            "begins": "2026-01-02T06:00:00Z",
            "ends": "2028-01-03T06:00:00Z",
            "time_zone": "America/Mexico_City",
        },
        "next_visit_by": "2027-01-02",
        "successor": None,
        "version": 1,
        "log_index": label.page["leaf"],
        "links": {
            "verify": f"http://localhost/v/{code}",
            "certificate": f"http://localhost/c/{code}",
            "credential": f"http://localhost/c/{code}/versions/1",
            "log_proof": f"http://localhost/c/{code}/proof",
            "successor": None,
        },
        "lang": "en",
        "as_of": None,
        "checked_at": "2026-11-21T16:32:00Z",
    }


def test_every_link_leads_somewhere(client: FlaskClient, label: Certificate) -> None:
    found = fits(client.get(f"/api/v1/certificates/{label.code}"))
    for address in (*found["links"].values(), found["label"]["rules"]):
        assert address is None or client.get(address.removeprefix("http://localhost")).status_code == 200


def test_no_maker_s_or_reviewer_s_name_is_said(client: FlaskClient, label: Certificate) -> None:
    with unit_of_work():
        label.page = label.page | {"decided": label.page["decided"] | {"named": ["Petra Osorio"]}}
    assert "Martina Luna" in client.get(f"/v/{label.code}").text  # the negative control
    bodies = [client.get(f"/api/v1/certificates/{label.code}{query}").text for query in ("", "?as_of=2026-11-01")]
    bodies.append(client.post("/api/v1/verify", json={"codes": [label.code]}).text)
    assert not any(name in body for body in bodies for name in ("Martina", "Petra"))


def test_the_edge_and_flask_say_the_same(app: Flask, past_the_edge: FlaskClient, label: Certificate) -> None:
    paths = [f"/api/v1/certificates/{label.code}{query}" for query in ("", "?lang=es", "?lang=en")]
    through_flask = [past_the_edge.get(path) for path in paths]
    app.wsgi_app = app.extensions["edge"]  # type: ignore[method-assign]  # the fixture puts it back
    at_the_edge = [app.test_client().get(path) for path in paths]
    for flask, edge in zip(through_flask, at_the_edge, strict=True):
        assert edge.data == flask.data
        assert dict(edge.headers) == {name: value for name, value in flask.headers.items() if name != "Date"}


def test_any_spelling_is_taken(client: FlaskClient, label: Certificate) -> None:
    code = label.code
    for typed in (code, display(code), code.lower().replace("0", "o").replace("1", "l"), f" {code} "):
        assert fits(client.get(f"/api/v1/certificates/{typed}"))["code"] == code
        assert verified(client, [typed, f"https://x.example/v/{code}?lang=en"])[1]["code"] == code


def test_it_may_be_read_from_anywhere_and_kept_nowhere(client: FlaskClient, label: Certificate) -> None:
    path = f"/api/v1/certificates/{label.code}"
    answer = client.get(path, headers={"Cookie": "lang=en", "Origin": "https://shop.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "max-age=0, must-revalidate"
    assert answer.headers.getlist("Set-Cookie") == []
    assert "Cookie" not in answer.headers["Vary"]
    assert answer.get_json()["lang"] == "es"
    head = client.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])
    for method, asked in (("GET", path), ("POST", "/api/v1/verify")):
        flight = client.options(asked, headers={"Origin": "https://shop.example", "Access-Control-Request-Method": method})
        assert flight.status_code == 200
        assert method in flight.headers["Access-Control-Allow-Methods"]
        assert flight.headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_nothing_changed_is_said_in_a_word_and_a_change_is_not(client: FlaskClient, label: Certificate, at: datetime) -> None:
    path = f"/api/v1/certificates/{label.code}"
    known = {"If-None-Match": client.get(path).headers["ETag"]}
    with clock.standing_at(at + timedelta(minutes=5)):
        assert (client.get(path, headers=known).status_code, client.get(path, headers=known).data) == (304, b"")
    with unit_of_work():
        label.suspended_at = at
    assert client.get(path, headers=known).get_json()["state"] == "SUSPENDED"
    with unit_of_work():
        label.suspended_at, label.scheme_version.lapsed_at = None, at
    assert client.get(path, headers=known).get_json()["state"] == "SCHEME_LAPSED"


def test_a_code_that_is_none_is_404_alone_and_a_result_among_many(client: FlaskClient, label: Certificate) -> None:
    code = label.code
    wrong = next(code[:at] + other + code[at + 1 :] for at in range(10) for other in "B8" if code[at] not in "B8")
    asked = {wrong: "code_check", "ABC": "code_length", "UUUUUUUUUUU": "code_letters", "00000000000": "unknown_code"}
    for typed, reason in asked.items():
        answer = client.get(f"/api/v1/certificates/{typed}")
        assert (answer.status_code, fits(answer)["code"], answer.get_json()["state"]) == (404, reason, "NOT_FOUND")
        assert code not in answer.text  # what would fit is never said
    results = verified(client, [*asked, code, code, "", *asked])
    reasons = [*asked.values(), "in_force", "in_force", "code_length", *asked.values()]
    assert [one["reason"] for one in results] == reasons
    assert [one["asked"] for one in results] == [*asked, code, code, "", *asked]


def test_where_to_look_again_is_said(client: FlaskClient, label: Certificate) -> None:
    code = label.code
    at = next(place for place in range(9) if code[place] != code[place + 1])
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    looks = fits(client.get(f"/api/v1/certificates/{swapped}"))["look_again_at"]
    assert {"slip": "swapped", "positions": [at + 1, at + 2]} in looks
    assert verified(client, [swapped])[0]["look_again_at"] == looks


def test_a_hundred_codes_are_two_queries(client: FlaskClient, label: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    fetched = QuickSelect._asked

    def counted(self: QuickSelect, *given: Any) -> Any:
        asked.append("once")
        return fetched(self, *given)

    monkeypatch.setattr(QuickSelect, "_asked", counted)
    monkeypatch.setattr(recorded, "signed_size", lambda _leaf, _read, _app: 2000)  # read once a second, and in tests each time
    results = verified(client, [label.code] * 60 + ["00000000000"] * 40)
    assert ([one["state"] for one in results], asked) == (["VALID"] * 60 + ["NOT_FOUND"] * 40, ["once"] * 2)


BODIES: list[tuple[Any, int, str]] = [
    ({}, 422, "does_not_fit"),
    ([], 422, "does_not_fit"),
    ({"codes": []}, 422, "does_not_fit"),
    ({"codes": ["a"] * 101}, 422, "does_not_fit"),
    ({"codes": "7QK4M2XD9FC"}, 422, "does_not_fit"),
    ({"codes": [1]}, 422, "does_not_fit"),
    ({"codes": [True]}, 422, "does_not_fit"),
    ({"codes": ["a" * 301]}, 422, "does_not_fit"),
    ({"codes": ["a"], "more": 1}, 422, "does_not_fit"),
    ({"codes": ["a"], "as_of": 1}, 422, "does_not_fit"),
    ({"codes": ["a"], "as_of": "yesterday"}, 422, "as_of_unreadable"),
    ({"codes": ["a"], "as_of": "2026-12-01"}, 409, "as_of_future"),
    ({"codes": ["a" * 300] * 100, "as_of": None, "x": "y" * 70_000}, 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BODIES)
def test_a_body_of_another_form_is_refused(app: Flask, client: FlaskClient, body: Any, status: int, code: str) -> None:
    answer = client.post("/api/v1/verify", json=body)
    assert (answer.status_code, fits(answer)["code"]) == (status, code)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"codes=a", "application/x-www-form-urlencoded", 415),
        (b"", "", 415),
        (b"{", "application/json", 400),
        (b"\xff\xfe{", "application/json", 400),
        (b"[" * 30_000, "application/json", 400),
        (b'{"codes": ["\\ud800", "\\u0000", "' + b"\xc3\x91" * 11 + b'"]}', "application/json; charset=utf-8", 200),
        (b"null", "application/json", 422),
        (b'{"codes": [NaN]}', "application/json", 422),
    ],
)
def test_no_bytes_break_it(app: Flask, client: FlaskClient, data: bytes, kind: str, status: int) -> None:
    answer = client.post("/api/v1/verify", data=data, content_type=kind)
    fits(answer)
    assert answer.status_code == status


def test_a_body_without_a_length_is_measured_too(app: Flask, client: FlaskClient) -> None:
    body = io.BytesIO(b'{"codes": ["a"], "as_of": "' + b"x" * 70_000 + b'"}')
    ended = {"wsgi.input_terminated": True}
    answer = client.post("/api/v1/verify", input_stream=body, content_type="application/json", environ_overrides=ended)
    assert (answer.status_code, fits(answer)["code"]) == (413, "too_large")


def test_what_was_is_told_from_acts(client: FlaskClient, session: Session, at: datetime) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    with unit_of_work():
        suspend(made, WHY, until=date(2027, 1, 31), by=by, at=at - 20 * DAY)
    with unit_of_work():
        restore(made, by=by, at=at - 10 * DAY)
    code = made.code

    def then(as_of: str) -> dict[str, Any]:
        found: dict[str, Any] = fits(client.get(f"/api/v1/certificates/{code}", query_string={"as_of": as_of}))
        (among,) = verified(client, [code], as_of=as_of)
        assert {**found, "asked": code, "checked_at": 0} == {**among, "checked_at": 0}
        return found

    paused = then("2026-11-05")
    assert (paused["state"], paused["why"]["code"]) == ("SUSPENDED", WHY.reason_code)
    assert paused["as_of"] == "2026-11-06T05:59:59.999999Z"  # the day's end where the scheme is
    assert paused["sentence"] == (
        "El 5 nov 2026, 23:59 no valía: estaba en pausa. Podía volver a valer si se arreglaba a más tardar el 31 ene 2027."
    )
    assert then("2026-10-01")["state"] == "VALID"
    assert then((at - 20 * DAY).isoformat())["state"] == "SUSPENDED"
    assert then((at - 20 * DAY - timedelta(seconds=1)).isoformat())["state"] == "VALID"
    today = then("2026-11-21")
    assert (today["state"], today["why"], today["as_of"]) == ("VALID", None, "2026-11-21T16:32:00Z")
    present = fits(client.get(f"/api/v1/certificates/{code}"))
    assert today | {"as_of": None} == present  # the same sentence too, and the same place in the log
    assert then((at - timedelta(microseconds=1)).isoformat())["sentence"] == "El 21 nov 2026, 10:31 este sello existía y valía."


SENTENCES_THEN = {
    "2026-01-02": ({}, "On Jan 2, 2026, 23:59 this label existed and was valid."),
    "2026-05-01": (
        {"suspended_at": 90, "suspension_until": 170},
        (
            "On May 1, 2026, 23:59 it was not valid: it was suspended. "
            "It could become valid again if things were put right by Jun 21, 2026 at the latest."
        ),
    ),
    "2026-05-02": ({"withdrawn_at": 90}, "On May 2, 2026, 23:59 it was no longer valid: it was withdrawn on Apr 2, 2026."),
    "2026-05-03": ({"valid_until": 90}, "On May 3, 2026, 23:59 it was no longer valid: it was valid until Apr 2, 2026."),
}


@pytest.mark.parametrize("as_of", SENTENCES_THEN)
def test_nothing_that_is_said_of_the_past_can_be_taken_for_today(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch, as_of: str
) -> None:
    monkeypatch.setattr(recorded, "signed_size", lambda _leaf, _read, _app: 2000)
    columns, sentence = SENTENCES_THEN[as_of]
    given: dict[str, Any] = {name: makers.THEN + days * DAY for name, days in columns.items()}
    made = makers.certificate(**given, leaves=False)
    makers.save_leaves(made, *made.acts, first=1000)
    said = fits(client.get(f"/api/v1/certificates/{made.code}?as_of={as_of}&lang=en"))
    assert said["sentence"] == sentence
    spanish = fits(client.get(f"/api/v1/certificates/{made.code}?as_of={as_of}"))["sentence"]
    assert not {"hoy", "vale"} & set(re.findall(r"\w+", spanish.lower()))


def test_before_its_grant_there_was_no_certificate(client: FlaskClient, label: Certificate) -> None:
    assert code_of(client, f"/api/v1/certificates/{label.code}?as_of=2025-12-31", 404) == "not_granted_then"
    assert verified(client, [label.code], as_of="2025-12-31")[0]["reason"] == "not_granted_then"
    assert code_of(client, "/api/v1/certificates/00000000000?as_of=2025-12-31", 404) == "unknown_code"


NO_INSTANTS = {
    "": "as_of_unreadable",
    "2026-02-30": "as_of_unreadable",
    "20261101": "as_of_unreadable",
    "2026-11-01T10:00:00": "as_of_unreadable",
    "0001-01-01T00:00:00+23:59": "not_granted_then",
    "0001-01-01": "not_granted_then",
    "٢٠٢٦-11-01": "as_of_unreadable",
    "2026-11-21T16:32:01Z": "as_of_future",
    "2026-11-22": "as_of_future",
    "9999-12-31": "as_of_future",
    "9999-12-31T23:59:59-23:59": "as_of_future",
    "9" * 50: "does_not_fit",
}


def test_an_instant_that_is_none_or_too_early_or_to_come_is_refused(client: FlaskClient, label: Certificate) -> None:
    code = label.code
    for as_of, reason in NO_INSTANTS.items():
        answer = client.get(f"/api/v1/certificates/{code}", query_string={"as_of": as_of})
        status = {"as_of_future": 409, "not_granted_then": 404}.get(reason, 422)
        assert (as_of, answer.status_code, fits(answer)["code"]) == (as_of, status, reason)


def test_a_plus_sign_that_became_a_space_is_read(client: FlaskClient, label: Certificate) -> None:
    answer = client.get(f"/api/v1/certificates/{label.code}?as_of=2026-11-01T10:00:00+00:00")
    assert fits(answer)["as_of"] == "2026-11-01T10:00:00Z"


def test_a_database_that_is_away_is_neither_yes_nor_no(
    app: Flask, client: FlaskClient, label: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = label.code
    client.get(f"/api/v1/certificates/{code}")

    def away(*_given: Any) -> None:
        raise UnreachableError("gone")

    def gone(*_given: Any, **_more: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(QuickSelect, "_fetched", away)
    monkeypatch.setattr(views, "ration", gone)
    for answer in (
        client.get(f"/api/v1/certificates/{code}"),
        client.get(f"/api/v1/certificates/{code}?as_of=2026-11-01"),
        client.post("/api/v1/verify", json={"codes": [code]}),
    ):
        assert (answer.status_code, fits(answer)["state"]) == (503, PublicState.CANNOT_CHECK.value)
        assert "VALID" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Retry-After"] == "10"


def test_histories_that_cannot_be_read_are_neither_yes_nor_no(
    client: FlaskClient, label: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = label.code

    def gone(*_given: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr("certification.registry.api.checks.with_histories", gone)
    answer = client.get(f"/api/v1/certificates/{code}?as_of=2026-11-01")
    assert (answer.status_code, fits(answer)["state"]) == (503, "CANNOT_CHECK")


def test_many_questions_are_rationed_and_the_answer_says_how(
    client: FlaskClient, label: Certificate, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST", 3)
    answers = [client.post("/api/v1/verify", json={"codes": ["a"]}) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert {one.headers["RateLimit-Policy"] for one in answers} == {'"many";q=60;w=300'}
    assert (fits(answers[3])["code"], answers[3].headers["Retry-After"]) == ("too_many_attempts", "300")
    assert client.post("/api/v1/verify", json={"codes": []}).status_code == 422  # what is refused is not counted
    with clock.standing_at(at + timedelta(minutes=6)):
        assert client.post("/api/v1/verify", json={"codes": ["a"]}).status_code == 200


def test_what_cannot_be_counted_is_answered_all_the_same(
    client: FlaskClient, label: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: Any, **_more: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    code = label.code
    monkeypatch.setattr(views, "ration", full)
    assert verified(client, [code])[0]["state"] == "VALID"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/x", "/api/v1/certificates", "/api/v1/certificates/a/b"])
def test_failures_below_api_are_always_problem_details(app: Flask, client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    if path != "/api":
        assert (answer.mimetype, answer.get_json()["code"]) == ("application/problem+json", "not_found")


def test_another_method_is_told_which_there_are(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/api/v1/verify")
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_every_state_of_a_certificate_is_among_the_cases() -> None:
    assert {case.state for case in CASES.values()} == {*PublicState} - {PublicState.NOT_FOUND, PublicState.CANNOT_CHECK}
