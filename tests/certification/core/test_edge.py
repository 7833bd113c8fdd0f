from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from certification.core.edge import Answer, Edge


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Front:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, rest: str, lang: str | None) -> Answer | None:
        self.asked.append((rest, lang))
        return None if rest == "unknown" else Answer(f"page {rest} {len(self.asked)}".encode(), f'"{rest}"')


@pytest.fixture
def world() -> tuple[FlaskClient, Front, Clock, Edge]:
    app = Flask("behind")
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    app.add_url_rule("/v/<rest>", view_func=lambda rest: f"flask {rest}", endpoint="v", methods=["GET", "POST"])
    ticking, front = Clock(), Front()
    edge = Edge(app, seconds=1.0, timer=ticking)
    edge.add("v", front)
    app.wsgi_app = edge  # type: ignore[method-assign]  # as init_app does
    return app.test_client(), front, ticking, edge


World = tuple[FlaskClient, Front, Clock, Edge]


def test_an_answer_is_kept_for_one_second_and_no_longer(world: World) -> None:
    client, front, ticking, _ = world
    assert client.get("/v/a").text == "page a 1"
    ticking.now += 0.999
    assert client.get("/v/a").text == "page a 1"
    ticking.now += 0.001
    assert client.get("/v/a").text == "page a 2"
    assert len(front.asked) == 2


def test_languages_are_kept_apart(world: World) -> None:
    client, front, *_ = world
    for query in ("", "?lang=es", "?lang=en"):
        client.get(f"/v/a{query}")
    assert front.asked == [("a", None), ("a", "es"), ("a", "en")]


def test_forgetting_asks_anew(world: World) -> None:
    client, _, _, edge = world
    client.get("/v/a")
    edge.forget()
    assert client.get("/v/a").text == "page a 2"


def test_what_the_front_does_not_know_goes_on_to_flask(world: World) -> None:
    client, *_ = world
    assert client.get("/v/unknown").text == "flask unknown"


@pytest.mark.parametrize("asked", [{"method": "POST"}, {"query_string": "lang=xx"}, {"query_string": "utm=1"}])
def test_odd_requests_go_on_to_flask(world: World, asked: dict[str, Any]) -> None:
    client, front, *_ = world
    assert client.open("/v/a", **asked).text == "flask a"
    assert front.asked == []


def test_a_forged_host_gets_nothing_from_the_edge(world: World) -> None:
    client, front, *_ = world
    client.get("/v/a")
    assert client.get("/v/a", base_url="http://evil.example").status_code == 400
    assert len(front.asked) == 1


def test_a_known_mark_gets_304_without_a_body(world: World) -> None:
    client, *_ = world
    answer = client.get("/v/a", headers={"If-None-Match": '"a"'})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Content-Security-Policy"]


def test_head_has_headers_and_no_body(world: World) -> None:
    client, *_ = world
    answer = client.head("/v/a")
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", "8")


def test_memory_stays_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _, _, edge = world
    monkeypatch.setattr("certification.core.edge.MOST_KEPT", 3)
    for number in range(10):
        client.get(f"/v/{number}")
    assert len(edge._kept) <= 3


def test_whoever_sends_a_cookie_is_left_to_flask_where_the_front_is_for_visitors(world: World) -> None:
    client, front, _, edge = world
    edge.add("v", front, visitors_only=True)
    assert client.get("/v/a").text == "page a 1"
    client.set_cookie("tianguis", "somebody")
    assert client.get("/v/a").text == "flask a"
    assert front.asked == [("a", None)]
