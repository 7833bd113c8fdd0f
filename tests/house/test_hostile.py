"""Whatever is sent: an answer below 500, nothing that runs, nobody led elsewhere, and the headers in their place."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from certification.applications.desk import Work
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.settings import read_settings
from certification.parties.models import Party
from marketplace.app import create_app
from marketplace.models import METADATA
from tests import makers
from tests.conftest import NOW
from tests.house import access_table
from tests.house.access_table import Row, expected
from tests.house.hostile import (
    BODIES,
    CURSORS,
    FORM,
    IN_ARGUMENTS,
    MARKUP,
    NEXTS,
    NOT_UTF8,
    READ_DIFFERENTLY,
    SHOULD_NOT_RUN,
    UNREADABLE,
    WORDS,
    WRITTEN,
    Field,
    Forms,
    arguments_read,
    attacks_on,
)
from tests.house.populate import populate
from tests.house.world import ROLES, World, build

ROWS = access_table.rows()
STRANGE_METHODS = ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "POST", "GET")
LIKELY = ("admin", "decider", "evaluator", "vetter", "operator", "buyer", "visitor")
ONE_OF_EACH = list({(row.method, row.route): row for row in reversed(ROWS) if "+" in access_table.DOORS[row.door]}.values())
PAGES = [row for row in ONE_OF_EACH if row.method == "GET"]
POSTS = [row for row in ONE_OF_EACH if row.method == "POST"]


def insider(row: Row) -> str:
    """Somebody who reaches it, so that what is sent gets past the door."""
    meets = expected(row.door, ROLES)
    return next((role for role in LIKELY if meets[role][0] == "+"), "operator")


def address(world: World, row: Row) -> str:
    return world.path(row.route, row.thing, "own", insider(row))


def faults(answer: TestResponse, what: str) -> list[str]:
    """What is wrong with an answer to something hostile."""
    found = []
    if answer.status_code >= 500 and answer.request.path != "/readyz":
        found.append(f"{what}: {answer.status_code}")
    if answer.mimetype == "text/html" and any(word in answer.text for word in SHOULD_NOT_RUN):
        found.append(f"{what}: it runs")
    if "owned" in str(answer.headers.getlist("Set-Cookie")) or any("owned" in name.lower() for name, _value in answer.headers):
        found.append(f"{what}: a header of theirs")
    if answer.location and not stays(answer.location):
        found.append(f"{what}: leads to {answer.location}")
    return found


def stays(location: str) -> bool:
    """Whether a browser on this site stays on it."""
    parts = urlsplit(urljoin("http://localhost/account/sign-in", location))
    plain = all(ord(letter) > 32 and letter != "\\" for letter in location)
    return parts.scheme == "http" and parts.netloc == "localhost" and plain and not location.startswith("//")


def attempt(world: World, role: str, method: str, path: str, what: str, **given: Any) -> list[str]:
    try:
        return faults(world.ask(role, method, path, **given), what)
    except Exception as error:  # noqa: BLE001 - whatever it is, it would have been a 500
        return [f"{what}: {error!r}"[:400]]
    finally:
        world.restore()


@pytest.mark.parametrize("row", [row for row in ROWS if row.thing and row in ONE_OF_EACH], ids=str)
def test_no_word_in_an_address_breaks_a_page(world: World, row: Row) -> None:
    role, found = insider(row), []
    good = dict(world.things[row.thing]["own"](role))
    for name in [part.partition(">")[0].rpartition(":")[2] for part in row.route.split("<")[1:]]:
        for what, word in [*WORDS.items(), ("no UTF-8", NOT_UTF8)]:
            sent = NOT_UTF8 if word == NOT_UTF8 else quote(word, safe="")
            parts = {key: quote(str(value), safe="") for key, value in good.items()} | {name: sent}
            path = row.route.replace("int(max=2147483647):", "")
            for key, value in parts.items():
                path = path.replace(f"<{key}>", value)
            found += attempt(world, role, row.method, path, f"{name} = {what}")
            found += attempt(world, "visitor", row.method, path, f"{name} = {what} from a visitor")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_no_argument_breaks_a_page(world: World, row: Row) -> None:
    role, path, found = insider(row), address(world, row), []
    names = [name for name in arguments_read() if name not in ("after", "from")]
    for what in IN_ARGUMENTS:
        found += attempt(world, role, "GET", f"{path}?{urlencode(dict.fromkeys(names, WORDS[what]))}", what)
    found += attempt(world, role, "GET", f"{path}?" + "&".join(f"{name}={NOT_UTF8}&{name}=a&lang=xx" for name in names), "twice")
    assert not found, "\n".join(found)


def test_a_list_is_found_though_everything_is_said_a_hundred_times(world: World) -> None:
    query = "&".join(f"{name}=a" for name in arguments_read() if name not in ("after", "from")) + "&"
    for path in ("/products", "/register", "/producers", "/schemes"):
        assert attempt(world, "visitor", "GET", f"{path}?{query * 100}", path) == []


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_no_made_up_position_breaks_a_list(world: World, row: Row) -> None:
    role, path, found = insider(row), address(world, row), []
    for show in Work if row.route == "/review" else ("",):
        if world.ask(role, "GET", f"{path}?after=!&from=!&show={show}").status_code == 400:  # it reads positions
            for word in CURSORS:
                found += attempt(
                    world, role, "GET", f"{path}?{urlencode({'after': word, 'from': word, 'show': show})}", word[:60]
                )
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "route", ["/apply", "/desk/enquiries", "/desk/listings", "/products", "/producers", "/register", "/account/people"]
)
def test_a_list_refuses_a_position_that_is_none(world: World, route: str) -> None:
    """The negative control of the test above: these do read positions."""
    assert world.ask("operator", "GET", f"{route}?after=!&from=!").status_code == 400


@pytest.mark.parametrize("row", POSTS, ids=str)
def test_no_body_breaks_a_form(world: World, row: Row) -> None:
    role, path, found = insider(row), address(world, row), []
    for what, kind, body in [*BODIES, *(UNREADABLE if row.route in READ_DIFFERENTLY else ())]:
        found += attempt(world, role, "POST", path, what, data=body, content_type=kind)
        if kind != FORM:
            found += attempt(world, role, "POST", path, f"{what}, by script", data=body, content_type=kind, headers=SCRIPT)
    assert not found, "\n".join(found)


SCRIPT = {"X-Requested-With": "fetch", "X-Autosave": "1"}


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_no_word_in_a_field_breaks_what_a_form_does(world: World, row: Row) -> None:
    """Each form of each page as a person would send it, with one field after the other filled by somebody else."""
    role, path, found = insider(row), address(world, row), []
    answer = world.ask(role, "GET", path)
    for action, fields in Forms(answer.text if answer.mimetype == "text/html" else "").found:
        target = urljoin(path, action) if action else path
        if target == "/account/sign-out":  # stands on every page
            continue
        for number, one in enumerate(fields):
            for what in attacks_on(one):
                found += attempt(
                    world, role, "POST", target, f"{target} {one.name} = {what}", **_sent(fields, number, WORDS[what])
                )
    assert not found, "\n".join(found)


def _sent(fields: list[Field], number: int, word: str) -> dict[str, Any]:
    data = {one.name: one.value for one in fields}
    return {"data": urlencode(data | {fields[number].name: word}), "content_type": FORM}


@pytest.fixture(scope="module")
def poisoned(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world with markup in everything that people write, and in what was signed of it."""
    with clock.standing_at(NOW), build(database_url, tmp_path_factory.mktemp("poisoned"), populate) as made:
        with made.app.app_context():
            workshop = db.session.scalars(select(Party).where(Party.name == "Taller own")).one()
            with unit_of_work() as session:
                session.merge(workshop).name = MARKUP
            given = makers.certified(at=NOW, of=workshop, goods=MARKUP, makers=[MARKUP], techniques=MARKUP, marks=MARKUP)
            made.add("certificate", "own", code=given.code)
            for table, columns in (line.split(":") for line in WRITTEN.strip().splitlines()):
                db.session.execute(update(METADATA.tables[table]).values(dict.fromkeys(columns.split(), MARKUP)))
            db.session.commit()
        made.keep()
        yield made


@pytest.mark.http
@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=str)
def test_what_people_write_is_never_markup(poisoned: World, row: Row) -> None:
    for role in {insider(row), "visitor", "operator"}:
        for query in ("", "?lang=en"):
            assert attempt(poisoned, role, "GET", address(poisoned, row) + query, role) == []


def test_the_poison_is_really_in_the_pages(poisoned: World) -> None:
    """The negative control: it stands there, written so that it does nothing."""
    for route in ("/products/<public_id>/<slug>", "/v/<code>", "/c/<code>", "/register", "/producers/<slug>", "/desk/enquiries"):
        row = next(row for row in PAGES if row.route == route)
        page = poisoned.ask(insider(row), "GET", address(poisoned, row))
        assert "&lt;script&gt;alert(1)" in page.text


@pytest.mark.http
@pytest.mark.parametrize("row", ONE_OF_EACH, ids=str)
def test_what_a_route_does_not_take_is_refused(world: World, row: Row) -> None:
    path = address(world, row)
    taken = {method for one in world.app.url_map.iter_rules() if one.rule == row.route for method in one.methods or ()}
    for method in set(STRANGE_METHODS) - taken:
        answer = world.ask(insider(row), method, path)
        assert (method, answer.status_code) in ((method, 405), (method, 404))  # another route may have that method
        assert world.written == []


@pytest.mark.http
@pytest.mark.parametrize("wish", NEXTS)
def test_signing_in_never_leads_elsewhere(world: World, wish: str) -> None:
    for base in ("/account/sign-in", "/account/passkeys", "/account/register", "/account/code"):
        for query in (urlencode({"next": wish}), f"next={quote(wish, safe='%')}"):
            for role in ("visitor", "buyer"):
                assert attempt(world, role, "GET", f"{base}?{query}", base) == []
                assert (
                    attempt(
                        world, role, "POST", f"{base}?{query}", base, data="current=none&login=a&password=b", content_type=FORM
                    )
                    == []
                )


@pytest.mark.http
@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/about",
        "//evil.example",
        "/products//evil.example",
        "/account",
        "/%2fevil.example/",
        "/..//evil.example",
        "/v//evil.example",
        "/\\evil.example",
    ],
)
def test_a_doubled_slash_leads_nowhere_else(world: World, path: str) -> None:
    answer = world.ask("visitor", "GET", "/", environ_overrides={"PATH_INFO": path, "RAW_URI": path})
    assert not answer.location or urlsplit(urljoin("http://localhost/", answer.location)).netloc == "localhost"


@pytest.mark.http
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:80",
        "localhost@evil.example",
        "a b",
        "",
        "[::1]",
        "localhost:99999",
    ],
)
def test_another_host_is_refused_everywhere(world: World, host: str) -> None:
    for path in (
        "/",
        "/v",
        world.path("/v/<code>", "certificate", "own", ""),
        "/account/sign-in",
        "/account/forgot",
        "/nothing",
        "/register.csv",
    ):
        answer = world.ask("visitor", "GET", path, headers={"Host": host})
        if host != "localhost:99999":  # our name on a port that is none: served, as any port of ours
            assert answer.status_code == 400
        assert "evil" not in answer.text.replace("evil.example", "evil") or answer.status_code == 400
        assert "evil" not in (answer.location or "")


FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-For": "203.0.113.9, 127.0.0.1",
    "X-Forwarded-Port": "444",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "X-Original-URL": "/account/people",
    "X-Rewrite-URL": "/account/people",
    "X-HTTP-Method-Override": "POST",
    "X-Real-IP": "203.0.113.9",
}


@pytest.mark.http
@pytest.mark.parametrize("row", PAGES, ids=str)
def test_forged_forwarding_changes_no_page(world: World, row: Row) -> None:
    role, path = insider(row), address(world, row)
    plain, forged = world.ask(role, "GET", path), world.ask(role, "GET", path, headers=FORGED)
    assert plain.status_code == forged.status_code
    assert b"evil.example" not in forged.get_data()
    assert plain.location == forged.location


@pytest.fixture(scope="module")
def guarded(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same world over https, with its forms' tokens asked for as on a server."""
    with clock.standing_at(NOW), build(database_url, tmp_path_factory.mktemp("guarded"), populate, WTF_CSRF_ENABLED=True) as made:
        made.app.config["SESSION_COOKIE_SECURE"] = True
        yield made


# no form: nobody is signed in there, and what is sent holds all that it may do (the API's reading; the key in a mail's link, RFC 8058)
WITHOUT_TOKEN = {"/api/v1/verify", "/watches/<public_id>/<key>/leave"}


@pytest.mark.http
@pytest.mark.parametrize("row", [row for row in POSTS if row.route not in WITHOUT_TOKEN], ids=str)
def test_nothing_is_done_without_the_form_s_own_token(guarded: World, row: Row) -> None:
    role, path = insider(row), address(guarded, row)
    foreign = guarded.ask("rival", "GET", "/desk/parties/new").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert foreign
    for data in ("", "csrf_token=", "csrf_token=a.b.c", f"csrf_token={foreign}"):
        answer = guarded.ask(role, "POST", path, data=data, content_type=FORM)
        assert (data, answer.status_code) == (data, 400)
        assert guarded.written == []
    by_script = guarded.ask(
        role, "POST", path, data=b"{}", content_type="application/json", headers=SCRIPT | {"X-CSRFToken": "a"}
    )
    assert by_script.status_code == 400


def test_with_its_token_a_form_is_taken(guarded: World) -> None:
    """The negative control of the test above."""
    path = "/desk/parties/new"
    page = guarded.ask("buyer", "GET", path)
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    answer = guarded.ask("buyer", "POST", path, data=f"csrf_token={quote(token)}", content_type=FORM, headers={"Cookie": cookie})
    assert answer.status_code == 422


PUBLIC_FILES = {"/c/<code>/qr.png", "/c/<code>/qr.svg", "/weave/<code>.svg"}


@pytest.mark.http
@pytest.mark.parametrize("row", PAGES, ids=str)
@pytest.mark.parametrize("who", ["insider", "visitor", "stranger"])
def test_every_answer_is_dressed(guarded: World, row: Row, who: str) -> None:
    role = {"insider": insider(row), "visitor": "visitor", "stranger": "buyer"}[who]
    answer = guarded.ask(role, "GET", address(guarded, row))
    policy = {part.strip().partition(" ")[0]: part.strip() for part in answer.headers["Content-Security-Policy"].split(";")}
    assert policy["default-src"] == "default-src 'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "*" not in answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy or {"base-uri", "form-action", "frame-ancestors"} <= set(policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] in ("strict-origin-when-cross-origin", "no-referrer")
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers
    kept = answer.headers["Cache-Control"]
    if row.route not in PUBLIC_FILES and role != "visitor" and _personal(answer, guarded, row):
        assert "private" in kept or "no-store" in kept
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain=" not in cookie


def _personal(answer: TestResponse, world: World, row: Row) -> bool:
    """Whether the page is the reader's own: it looked at who is signed in."""
    return "Cookie" in answer.headers.get("Vary", "") and answer.status_code == 200


COOKIELESS = ("/v", "/v/<code>", "/V/<code>", "/weave/<code>.svg", "/healthz", "/readyz", "/api/v1/certificates/<code>")


@pytest.mark.http
@pytest.mark.parametrize("route", COOKIELESS)
@pytest.mark.parametrize("query", ["", "?lang=en", "?lang=xx", "?code=nothing"])
def test_a_page_that_anybody_scans_sets_and_reads_no_cookie(guarded: World, route: str, query: str) -> None:
    row = next(row for row in PAGES if row.route == route)
    for role in ("visitor", "admin"):
        answer = guarded.ask(role, "GET", address(guarded, row) + query)
        assert answer.headers.getlist("Set-Cookie") == []
        assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.http
def test_evidence_and_documents_are_sealed_off(guarded: World) -> None:
    for row in (row for row in PAGES if row.route in ("/evidence/<public_id>", "/vetting/<public_id>/document")):
        answer = guarded.ask(insider(row), "GET", address(guarded, row))
        assert answer.status_code == 200
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_session_of_a_site_over_https_travels_only_there() -> None:
    settings = read_settings({}, SECRET_KEY="x" * 32, ORIGIN="https://tianguis.example")
    app: Flask = create_app(settings)
    wanted = ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE")
    assert [app.config[name] for name in wanted] == [True, True, "Lax"]
    assert app.config["SESSION_COOKIE_DOMAIN"] is None
    assert app.config["TRUSTED_HOSTS"] == ["tianguis.example"]
    assert app.config["DEBUG"] is False


def test_a_fault_of_ours_would_be_seen(world: World) -> None:
    """The negative control: what breaks, runs or leads elsewhere is said."""

    def answered(**given: Any) -> list[str]:
        with world.app.test_request_context("/x"):
            made = world.app.make_response(given.pop("body", ""))
        made.headers.update(given.pop("headers", {}))
        made.status_code = given.pop("status", 200)
        found: Callable[..., Any] = TestResponse
        return faults(found(made.response, made.status, made.headers, _Asked()), "it")

    assert answered() == []
    assert answered(status=503) == ["it: 503"]
    assert answered(body="<script>alert(1)</script>") == ["it: it runs"]
    assert answered(headers={"Location": "//evil.example"}) == ["it: leads to //evil.example"]
    assert answered(headers={"Location": "/ok"}) == []
    assert attempt(world, "visitor", "GET", "/", "it", environ_overrides={"wsgi.errors": None, "PATH_INFO": None}) != []


class _Asked:
    path, method = "/x", "GET"
