"""What strangers may send to every address that is read from outside: an answer each time, and a 503 only where it is declared."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Response

from certification.core.db import unit_of_work
from certification.log.appending import append
from certification.log.models import LogLeaf
from certification.registry import snapshots
from certification.rules.leaves import CertificateRef, parse_leaf
from tests import makers
from tests.conftest import NOW

LOST = "7QK4M2XD9FQ"
KEPT = ("/register", "/register.csv", "/register.json", "/register.jsonl", "/register.atom", "/register/snapshots")
BY_CODE = (
    *("/v/{}", "/V/{}", "/c/{}", "/c/{}/versions/1", "/c/{}/proof", "/c/{}/proof.json", "/c/{}/feed.atom", "/c/{}/qr.svg"),
    *("/c/{}/qr.png", "/c/{}/watch", "/c/{}/watch/sent", "/weave/{}.svg", "/api/v1/certificates/{}"),
)
OTHERS = (
    *("/register/snapshots/2026-11.json", "/api/v1/openapi.json", "/api/v1/docs", "/v", "/log", "/log/checkpoint", "/log/vkey"),
    *("/log/handover", "/log/tile/0/000.p/2", "/log/tile/entries/000.p/2", "/status/revocation/1", "/status/suspension/1"),
    *("/.well-known/did.json", "/contexts/tianguis/v1", "/schemes/origen-local/1.0"),
)
NUMBERED = (
    *("/c/CODE/versions/{}", "/log/tile/{}/000", "/log/tile/0/{}", "/log/tile/entries/{}", "/log/tile/0/000.p/{}"),
    *("/log/tile/entries/000.p/{}", "/status/revocation/{}", "/status/{}/1", "/register/snapshots/{}", "/register.{}"),
    *("/schemes/origen-local/{}", "/schemes/{}/1.0"),
)
ARGUMENTS = ("q", "scheme", "version", "place", "municipality", "state", "from", "to", "on", "as_of", "lang", "after", "before")
ALONE = ("/register", "/register.json", "/register.atom")
ENDS = ("", "%00", "%ff%fe", "%ed%a0%80", "9" * 5_000, "9999-12-31", "0001-01-01", "WzFd", "%F0%9F%A7%B5", "%zz")
PARTS = {
    "nothing": "",
    "NUL": "%00",
    "bytes that are no UTF-8": "%ff%fe%c0%80",
    "a lone surrogate": "%ed%a0%80",
    "a line feed": "a%0d%0aX: y",
    "dots": "..%2f..%2fetc",
    "long": "a" * 20_000,
    "digits": "9" * 5_000,
    "2^31": str(2**31),
    "2^63": str(2**63),
    "-1": "-1",
    "zero": "0",
    "a fraction": "1.5",
    "an exponent": "1e400",
    "other digits": "%D9%A2%C2%B3",
    "emoji": "%F0%9F%A7%B5%E2%80%8D",
    "right to left": "%E2%80%AE%E2%81%A6",
    "marks": "%22'%3E%3Cb%3E",
    "a template": "%7B%7B7*7%7D%7D%25(x)s%25n",
    "SQL": "'%20OR%201=1;--",
    "LIKE": "%25_%5C%25",
    "a list": "[1,2]",
    "an object": "%7B%22a%22:1%7D",
    "a day that is none": "2026-02-30",
    "the last day": "9999-12-31",
    "the first day": "0001-01-01",
    "far from UTC": "0001-01-01T00:00:00%2B23:59",
    "no offset": "2026-11-01T10:00:00",
    "a position": "WzFd",
    "a position of words": "WyJhIiwiYiJd",
    "a position too far": "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwgMV0",
    "half a percent": "%",
    "a bad percent": "%zz",
    "plus": "+++",
    "combining": "e" + "%CC%81" * 500,
}
HEADERS: dict[str, dict[str, str]] = {
    "no accept": {"Accept": ""},
    "an accept of noise": {"Accept": ";;q=x,,/;q=1e999,text/html;q=nan"},
    "a long accept": {"Accept": ",".join(f"a/b{number}" for number in range(5_000))},
    "an accept that refuses all": {"Accept": "*/*;q=0"},
    "a token": {"Accept": "application/vc+jwt"},
    "a language of noise": {"Accept-Language": "x" * 9_000 + ";q=,"},
    "a mark of noise": {"If-None-Match": 'W/"' + "a" * 9_000, "If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT"},
    "any mark": {"If-None-Match": "*"},
    "a date beyond time": {"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT", "If-Unmodified-Since": "0"},
    "a range": {"Range": "bytes=0-1,5-2,-9999999999999999999999"},
    "half a range": {"Range": "bytes=", "If-Range": '"x"'},
    "cookies of noise": {"Cookie": "lang=" + "\xff" * 3_000 + "; session=.eJx; ;;=;a"},
    "another method": {"X-HTTP-Method-Override": "DELETE", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "\xff"},
    "an origin of noise": {
        "Origin": "null",
        "Access-Control-Request-Method": "\xff",
        "Access-Control-Request-Headers": "a" * 9_000,
    },
    "a length that is none": {"Content-Length": "-5"},
    "a length in words": {"Content-Length": "ten"},
    "a type of noise": {"Content-Type": "\xff/;charset=\xfe;boundary="},
}
METHODS = ("HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW", "get")


class Stranger:
    """Sends what no browser would, straight to the application, and counts."""

    def __init__(self, app: Flask, code: str) -> None:
        self.client, self.code, self.sent = Client(app, Response, use_cookies=False), code, 0
        self.told: dict[int, int] = {}

    def ask(
        self, path: str, query: str = "", method: str = "GET", headers: dict[str, str] | None = None, **more: Any
    ) -> Response:
        """``path`` and ``query`` as they stand in an address; raises when the answer is a fault, or says nothing."""
        environ = EnvironBuilder(path="/", method=method, headers=Headers(headers or {}), **more).get_environ()
        raw = unquoted(path.replace("CODE", self.code))
        environ.update(PATH_INFO=raw, QUERY_STRING=query, REQUEST_URI=path, RAW_URI=path)
        answer = self.client.open(environ, buffered=True)
        self.sent += 1
        self.told[answer.status_code] = self.told.get(answer.status_code, 0) + 1
        where = f"{method} {path[:120]}?{query[:120]} {str(headers)[:120]}"
        declared = answer.status_code == 503 and LOST in path
        assert answer.status_code < 500 or declared, f"{where}: {answer.status_code}"
        if path.startswith("/api/") and answer.status_code >= 400 and method != "HEAD":
            said = json.loads(answer.data)
            assert {"type", "title", "status", "code", "detail"} <= said.keys(), where
        return answer


def unquoted(path: str) -> str:
    """What a server puts into PATH_INFO: bytes as Latin-1 (PEP 3333); a percent sign that begins nothing stays."""
    return unquote_to_bytes(path).decode("latin-1")


@pytest.fixture
def stranger(app: Flask, session: Session) -> Stranger:
    made = makers.certified()
    append_lost(session)
    snapshots.make("2026-11", at=NOW)  # a file, which an earlier test may have left
    return Stranger(app, made.code)


def append_lost(session: Session) -> None:
    """A label that only the log still tells of."""
    granted = parse_leaf(session.scalars(select(LogLeaf.entry).where(LogLeaf.act == "granted")).one())
    with unit_of_work():
        append(replace(granted, certificate=CertificateRef(LOST, 1), at=NOW))


def every(code: str) -> list[str]:
    return [*KEPT, *(one.format(code) for one in BY_CODE), *OTHERS]


def test_the_addresses_are_there(stranger: Stranger) -> None:
    """The negative control: else everything here would be refused by its address alone."""
    assert {path: stranger.ask(path).status_code for path in every(stranger.code)} == dict.fromkeys(every(stranger.code), 200)


def test_no_part_of_an_address_breaks_it(stranger: Stranger) -> None:
    for part in PARTS.values():
        for shape in (*BY_CODE, *NUMBERED):
            stranger.ask(shape.replace("{}", part))
    assert stranger.sent > 800


def test_no_argument_breaks_it_once_twice_or_a_hundred_times(stranger: Stranger) -> None:
    for path in every(stranger.code):
        for part in ENDS:
            stranger.ask(path, "&".join(f"{name}={part}" for name in ARGUMENTS))
            for name in ARGUMENTS if path in ALONE else ():  # where one is refused, none is applied
                stranger.ask(path, f"{name}={part}")
        stranger.ask(path, "&".join(f"{name}=a&{name}=2026-05-01" for name in ARGUMENTS))
        stranger.ask(path, "&".join(["q=a"] * 100 + ["on=2026-05-01"] * 100))
        stranger.ask(path, "&&&=&=a&%00=%00&" + "x" * 9_000)


def test_each_argument_of_the_register_takes_each_word(stranger: Stranger) -> None:
    for path in ("/register", "/register.json", "/register.atom", "/api/v1/certificates/CODE", "/c/CODE", "/log"):
        for part in PARTS.values():
            stranger.ask(path, "&".join(f"{name}={part}" for name in ARGUMENTS))
            stranger.ask(path, f"{'as_of' if path.startswith('/api') else 'on'}={part}")
            stranger.ask(path, f"after={part}&from={part}")


def test_no_header_breaks_it(stranger: Stranger) -> None:
    for path in every(stranger.code):
        for headers in HEADERS.values():
            stranger.ask(path, headers=headers)


def test_no_method_breaks_it_and_head_says_what_get_says(stranger: Stranger) -> None:
    for path in every(stranger.code):
        found = {method: stranger.ask(path, method=method) for method in METHODS}
        if path.startswith("/V/"):
            continue  # the edge answers a GET, and anything else is sent to /v/
        got = stranger.ask(path)
        assert (found["HEAD"].status_code, found["HEAD"].data) == (got.status_code, b""), path
        assert found["HEAD"].headers.get("Content-Type") == got.headers.get("Content-Type"), path
        assert found["OPTIONS"].status_code in (200, 204), path
        for method in ("PUT", "DELETE", "PATCH", "PROPFIND", "BREW"):
            assert found[method].status_code == 405, (method, path)
            assert "GET" in found[method].headers["Allow"], path


def test_a_lost_record_is_a_503_that_is_declared_and_nothing_else(stranger: Stranger) -> None:
    found = {path: stranger.ask(path).status_code for path in (one.format(LOST) for one in BY_CODE if "V" not in one)}
    assert set(found.values()) <= {200, 404, 503}
    assert found[f"/api/v1/certificates/{LOST}"] == 503


BODIES: dict[str, tuple[bytes | str, str]] = {
    "nothing": (b"", "application/json"),
    "null": (b"null", "application/json"),
    "a number": (b"7", "application/json"),
    "a word": (b'"codes"', "application/json"),
    "a list": (b"[]", "application/json"),
    "deep": (b"[" * 30_000, "application/json"),
    "deep objects": (b'{"codes":' * 5_000, "application/json"),
    "a long number": (b'{"codes": [' + b"9" * 60_000 + b"]}", "application/json"),
    "an exponent": (b'{"codes": [1e999]}', "application/json"),
    "twice the same": (b'{"codes": ["a"], "codes": 1}', "application/json"),
    "a surrogate": (b'{"codes": ["\\ud800"]}', "application/json"),
    "a surrogate as day": (b'{"codes": ["a"], "as_of": "\\ud800"}', "application/json"),
    "NUL": (b'{"codes": ["\\u0000"], "as_of": "\\u0000"}', "application/json"),
    "no UTF-8": (b'{"codes": ["\xff\xfe"]}', "application/json"),
    "UTF-16": ('{"codes": ["a"]}'.encode("utf-16"), "application/json; charset=utf-16"),
    "another charset": (b'{"codes": ["a"]}', "application/json; charset=nonsense"),
    "a mark in front": (b'\xef\xbb\xbf{"codes": ["a"]}', "application/json"),
    "too much": (b'{"codes": ["' + b"a" * 70_000 + b'"]}', "application/json"),
    "a form": (b"codes=a", "application/x-www-form-urlencoded"),
    "parts": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    "a problem": (b'{"codes": ["a"]}', "application/problem+json"),
    "emoji": ('{"codes": ["🧵", "\u202e", "' + "e\u0301" * 140 + '"]}', "application/json"),
}


def test_no_body_breaks_a_question(stranger: Stranger) -> None:
    elsewhere = (
        "/register",
        "/c/CODE/watch",
        "/c/CODE/proof",
        "/status/revocation/1",
        "/.well-known/did.json",
        "/log/checkpoint",
    )
    for data, kind in BODIES.values():
        for query in ("", "lang=en", "lang=%00", "lang=es&lang=xx"):
            stranger.ask("/api/v1/verify", query, method="POST", data=data, content_type=kind)
        for path in elsewhere:
            stranger.ask(path, method="POST", data=data, content_type=kind)
