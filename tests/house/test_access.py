"""No one where they don't belong: every route × method × role × own/other is decided (``access_table``), and held."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from certification.accounts.permissions import RULES, Permission
from certification.core import clock
from certification.core.settings import read_settings
from marketplace.app import create_app
from tests.conftest import NOW, SHORT
from tests.house import access_table
from tests.house.access_table import DOORS, FOR_EVERYBODY, Row, expected, missing, permission_of
from tests.house.populate import populate
from tests.house.world import ROLES, SIDES, World, build

ROWS = access_table.rows()
FORM = "application/x-www-form-urlencoded"
PASSKEY = "/account/passkeys"
# what only people with a role on this site may do: never without a passkey where the instance asks for it
STRONG = {
    "instance.appoint",
    "party.vet",
    "party.vet_queue",
    "certificate.suspend",
    "certificate.restore",
    "certificate.withdraw",
    "certificate.rehook",
    "certificate.reissue",
    "certificate.survey",
    "certificate.visits",
    "certificate.doubts",
    "scheme.install",
    "scheme.edit",
    "scheme.activate",
    "scheme.lapse",
    "scheme.withdraw",
    "review.open",
    "review.see",
    "application.accept",
    "application.assign",
    "application.return",
    "application.evaluate",
    "application.decide",
}


def outcome(answer: TestResponse) -> str:
    """The letter of the table for an answer; whatever fits none is said as its status."""
    if answer.status_code in (403, 404):
        return "x" if answer.status_code == 403 else "-"
    if answer.status_code == 303 and urlsplit(answer.location).path == "/account/sign-in":
        return "s"
    if answer.status_code == 422 and answer.request.method == "GET":
        return "0"
    return "+" if answer.status_code < 400 or answer.status_code in (409, 415, 422, 429) else str(answer.status_code)


def tried(world: World, row: Row, role: str) -> tuple[str, list[str]]:
    """What one role meets, for each side; and what was written though they were turned away."""
    met, traces = "", []
    for side in SIDES if row.thing else SIDES[:1]:
        params = world.things[row.thing][side](role) if row.thing else {}
        path = world.path(row.route, row.thing, side, role)
        data = row.sends.format(**params) or None
        answer = world.ask(role, row.method, path, data=data, content_type=FORM if data else None)
        letter = outcome(answer)
        met += letter
        if letter in "xs-" and world.written:
            traces.append(f"{role} was turned away from {path} and wrote: {world.written[0]}")
        world.restore()
    return met, traces


def violations(world: World, row: Row) -> list[str]:
    """Where the application and the table differ."""
    found = []
    for role, wanted in expected(row.door, ROLES).items():
        if SHORT and "+" not in wanted and role not in ("visitor", "buyer"):
            continue  # who is turned away is turned away by the same code; what is read and written differs
        met, traces = tried(world, row, role)
        if met != wanted:
            found.append(f"{row}: {role} ({ROLES[role]}) should meet {wanted} and meets {met}")
        found += traces
    return found


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_role_meets_what_the_table_says_and_who_is_turned_away_leaves_no_trace(world: World, row: Row) -> None:
    assert violations(world, row) == []


def test_no_route_is_without_its_row(standing_world: World) -> None:
    lacking = missing(standing_world.app, ROWS)
    assert lacking == [], "write these rows in tests/house/access_table.py:\n" + "\n".join(lacking)


def test_no_row_is_without_its_route(standing_world: World) -> None:
    there = {(method, rule.rule) for rule in standing_world.app.url_map.iter_rules() for method in rule.methods or ()}
    assert [str(row) for row in ROWS if (row.method, row.route) not in there] == []


def test_each_route_about_a_thing_is_tried_with_one(standing_world: World) -> None:
    assert [str(row) for row in ROWS if bool(row.thing) != ("<" in row.route)] == []


@pytest.mark.parametrize("door", DOORS)
def test_each_door_says_what_every_role_meets(door: str) -> None:
    letters = {letter for outcomes in expected(door, ROLES).values() for letter in outcomes}
    assert letters <= set("+sx-0")


def test_each_door_is_used() -> None:
    assert set(DOORS) - {row.door for row in ROWS} == set()


def test_what_roles_of_the_site_may_do_asks_for_a_passkey() -> None:
    assert {name for name, rule in RULES.items() if rule.strong} == STRONG


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET" or not row.sends], ids=str)
def test_a_password_alone_never_opens_what_asks_for_a_passkey(world: World, row: Row) -> None:
    rule = next(one for one in world.app.url_map.iter_rules() if one.rule == row.route)
    if permission_of(world.app, rule.endpoint) not in STRONG:
        return
    for role, wanted in expected(row.door, ROLES).items():
        for side, letter in zip(SIDES, wanted, strict=False):
            if letter == "+":
                answer = world.ask(role, row.method, world.path(row.route, row.thing, side, role), strong=False)
                assert (answer.status_code, urlsplit(answer.location or "").path) == (303, PASSKEY)
                assert world.written == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=str)
def test_asking_for_the_headers_alone_opens_nothing_more(world: World, row: Row) -> None:
    for role in ("visitor", "buyer"):
        path = world.path(row.route, row.thing, "own", role)
        asked, headers = outcome(world.ask(role, "GET", path)), world.ask(role, "HEAD", path)
        assert (outcome(headers) if asked != "0" else "0", headers.data) == (asked, b"")
        world.restore()


def test_an_unguarded_route_is_caught(database_url: str, tmp_path: Path) -> None:
    """The negative control: a route that forgot its door has no row; and a row copied from its neighbours does not hold."""
    with clock.standing_at(NOW), build(database_url, tmp_path, populate) as world:
        before = missing(world.app, ROWS)
        world.app._got_first_request = False
        world.app.add_url_rule("/desk/listings/<public_id>/leak", "leak", lambda public_id: f"all about {public_id}")
        assert set(missing(world.app, ROWS)) - set(before) == {"GET | /desk/listings/<public_id>/leak | public_id | UNGUARDED"}
        copied = Row("GET", "/desk/listings/<public_id>/leak", "draft product", "catalogue", "")
        found = violations(world, copied)
        assert [any(f": {role} (" in one for one in found) for role in ("visitor", "buyer", "admin")] == [True, True, True]


def test_a_door_that_opens_too_wide_is_caught(database_url: str, tmp_path: Path) -> None:
    """The negative control: a route that asks only for an account, where the thing has an owner."""
    with clock.standing_at(NOW), build(database_url, tmp_path, populate) as world:
        row = next(row for row in ROWS if row.door == "manage" and row.method == "GET")
        endpoint = next(one.endpoint for one in world.app.url_map.iter_rules() if one.rule == row.route)
        inner = world.app.view_functions[endpoint]
        world.app.view_functions[endpoint] = lambda **_address: "whatever"
        assert any("buyer" in one for one in violations(world, row))
        world.app.view_functions[endpoint] = inner
        assert violations(world, row) == []


def test_files_for_everybody_are_named_by_what_nobody_can_guess() -> None:
    app: Flask = create_app(read_settings({}, SECRET_KEY="x" * 32), TESTING=True)
    routes = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in FOR_EVERYBODY}
    assert routes == {"static_asset": "/static/<mark>/<path:name>", "media": "/media/<digest>.<ending>"}
    assert str(Permission.BROWSE) in RULES
