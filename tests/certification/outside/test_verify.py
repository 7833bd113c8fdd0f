"""`tianguis verify` as people type it: every way to name a label, and everything that strangers may hand over."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from certification.core import clock
from certification.outside.sources import Site
from certification.outside.targets import instant_of, target_of
from certification.outside.verify import _names, in_words, plain, verify
from certification.registry import tending
from certification.registry.exporting import export
from certification.rules.attested import Evidence
from certification.rules.errors import CannotCheck, DomainError, InvalidInput
from marketplace.cli import main
from tests import makers
from tests.certification.registry.truth import acted, paused, taken
from tests.conftest import NOW

LABEL = "Sello de Origen Local — Hecho a Mano"


def said(*arguments: str, app: Flask | None = None) -> Result:
    """As typed in a terminal; `app` stands for the instance that the settings name."""
    runner = CliRunner()
    if app is None:
        return runner.invoke(main, ["verify", *arguments])
    command = main.commands["verify"]
    return runner.invoke(command, arguments, obj=lambda: app)


@pytest.fixture
def labels(app: Flask) -> dict[str, str]:
    with app.app_context():
        made = {"valid": acted()(makers.user("A")).code, "paused": acted(paused)(makers.user("B")).code}
        made["taken"] = acted(taken)(makers.user("C")).code
        tending.renew_lists(NOW)
        return made


def test_a_code_is_looked_up_in_this_instances_own_database(app: Flask, labels: dict[str, str]) -> None:
    ends = {name: said(code, app=app).exit_code for name, code in labels.items()}
    assert ends == {"valid": 0, "paused": 1, "taken": 1}
    assert said("7QK4M2XD9FQ", app=app).exit_code == 2
    past = said(labels["taken"], "--as-of", "2026-06-30", "--json", app=app)
    assert (past.exit_code, json.loads(past.output)["state"]) == (0, "VALID")
    words = said(labels["paused"], app=app).output
    assert "En pausa" in words
    assert "Lo pausó quien decide sobre él." in words
    assert "Taller Hilo de Luna" in words


def test_a_label_is_called_by_its_name_in_the_language_that_was_asked_for(
    app: Flask, labels: dict[str, str], tmp_path: Path
) -> None:
    with app.app_context():
        export(tmp_path, at=NOW)

    def label(*words: str) -> str:
        lines = said(labels["valid"], *words, "--export", str(tmp_path)).output.splitlines()
        return next(line for line in lines if line.startswith(("Label", "Sello")))

    assert (label(), label("--lang", "en")) == (f"Sello: {LABEL}", "Label: Local Origin Label — Made by Hand")
    of_programs = json.loads(said(labels["valid"], "--lang", "en", "--json", "--export", str(tmp_path)).output)
    assert of_programs["says"]["label"] == LABEL  # as the credential says it


def test_a_name_that_the_credential_did_not_sign_is_not_shown(app: Flask, labels: dict[str, str], tmp_path: Path) -> None:
    with app.app_context():
        export(tmp_path, at=NOW)
    found = verify(labels["valid"], now=NOW, export=tmp_path)
    document: Any = found.attested.document
    text = json.loads(
        app.test_client().get(document["credentialSubject"]["scope"]["id"], headers={"Accept": "application/json"}).data
    )
    key = f"{text['key']}/{text['version']}"

    def named(schemes: dict[str, Any]) -> dict[str, object]:
        return dict(_names(document, Evidence(found.code, {}, None, {}, None, schemes)))

    changed = text | {"document": text["document"] | {"name": {"es": "Otro", "en": "Other"}}}
    assert named({key: text}) == found.names == text["document"]["name"]
    for none in ({}, {key: changed}, {key: text | {"document": 7}}, {"other/1.0": text}):
        assert named(none) == {}
    assert f"Label: {LABEL}" in in_words(replace(found, names={}), lambda word: {"Sello": "Label"}.get(word, word), "en")


def test_both_forms_of_a_credential_are_read_from_a_file_and_checked_against_an_export(
    app: Flask, labels: dict[str, str], tmp_path: Path
) -> None:

    with app.app_context():
        export(tmp_path / "export", at=NOW)
    where = ["--export", str(tmp_path / "export")]
    client = app.test_client()
    for number, kind in enumerate(("application/vc", "application/vc+jwt")):
        for name, ends in (("valid", 0), ("paused", 1), ("taken", 1)):
            file = tmp_path / f"{name}{number}"
            file.write_bytes(client.get(f"/c/{labels[name]}/versions/1", headers={"Accept": kind}).data)
            assert said(str(file), *where).exit_code == ends, (kind, name)
    changed = tmp_path / "changed"
    changed.write_text((tmp_path / "valid0").read_text().replace("Hilo de Luna", "Hilo de Lana"))
    found = said(str(changed), "--json", *where)
    assert (found.exit_code, json.loads(found.output)["reasons"][0]["code"]) == (3, "bad_signature")
    assert json.loads(found.output)["says"] is None


class Quiet(WSGIRequestHandler):
    def log(self, *_given: Any) -> None: ...


@pytest.fixture
def served(app: Flask, labels: dict[str, str]) -> Iterator[str]:
    """The application on a port of this machine; its own address is another, so it is asked by hand."""

    def fixed(environ: dict[str, Any], start: Any) -> Any:
        environ["HTTP_HOST"] = "localhost"
        with app.app_context(), clock.standing_at(NOW):
            return list(app(environ, start))

    server = make_server("127.0.0.1", 0, fixed, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_registry_is_asked_over_the_network_by_code_page_or_file(
    app: Flask, labels: dict[str, str], served: str, tmp_path: Path
) -> None:
    assert said(labels["valid"], "--registry", served).exit_code == 0
    assert said(labels["taken"], "--registry", served).exit_code == 1
    found = said(labels["valid"], "--registry", served, "--lang", "en", "--as-of", "2026-06-30")
    assert (found.exit_code, "Valid" in found.output, "Tianguis (did:web:localhost)" in found.output) == (0, True, True)
    page = said(f"{served}/v/{labels['valid']}", "--json")
    told = json.loads(page.output)
    assert (page.exit_code, told["reasons"][0]["code"]) == (
        3,
        "keys_missing",
    )  # its keys are those of localhost, not of this address
    assert said(f"{served}/v/{labels['valid']}", "--registry", served).exit_code == 0
    assert said(f"{served}/C/{labels['valid']}/versions/1", "--registry", served).exit_code == 0


def test_nobody_answers_and_that_is_no_yes() -> None:
    found = said("7QK4M2XD9FQ", "--registry", "http://127.0.0.1:9", "--json")
    assert (found.exit_code, json.loads(found.output)["state"]) == (3, "CANNOT_CHECK")


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)) * 50,
    "deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep in a credential": b'{"credentialSubject":{"certificateCode":"7QK4M2XD9FQ"},"issuer":"did:web:localhost","a":'
    + b"[" * 900
    + b"]" * 900
    + b"}",
    "huge": b"{" + b" " * (5 * 2**20) + b"}",
    "list": b"[]",
    "half": b'{"credentialSubject": {"certificateCode": "7QK4',
    "other people's": b'{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": "did:example:1"}',
    "no code": b'{"credentialSubject": {"certificateCode": 5}}',
    "no issuer": b'{"credentialSubject": {"certificateCode": "7QK4M2XD9FQ"}}',
    "a path as issuer": b'{"credentialSubject": {"certificateCode": "7QK4M2XD9FQ"}, "issuer": "did:web:x.example:user:alice"}',
    "a file as issuer": b'{"credentialSubject": {"certificateCode": "7QK4M2XD9FQ"}, "issuer": "file:///etc/passwd"}',
    "token of noise": b"eyJhbGciOiJub25lIn0.e30.",
    "null token": b"eyJhbGciOiJFZERTQSJ9..",
    "surrogate": b'{"credentialSubject": {"certificateCode": "7QK4M2XD9FQ"}, "issuer": "did:web:127.0.0.1%3A9", "x": "\\ud800"}',
    "loopback": b'{"id": "http://127.0.0.1:9/c/7QK4M2XD9FQ/versions/1", "credentialSubject": {"certificateCode": "7QK4M2XD9FQ"}, "issuer": "did:web:127.0.0.1%3A9", "credentialStatus": [{"statusListCredential": "http://169.254.169.254/latest"}]}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_file_holds_there_is_an_answer_and_it_is_never_yes(tmp_path: Path, name: str) -> None:
    file = tmp_path / "given"
    file.write_bytes(HOSTILE[name])
    for more in ([], ["--export", str(tmp_path)], ["--registry", "http://127.0.0.1:9"]):
        found = said(str(file), "--as-of", "2026-11-20", *more)
        assert found.exit_code in (2, 3), (more, found.output)
        assert found.exception is None or isinstance(found.exception, SystemExit)
        assert found.output.strip()


@pytest.mark.parametrize(
    "given",
    [
        "x" * 10_000,
        "7QK4-M2XD",
        "\0",
        "https://",
        "https://x.example/",
        "https://x.example/v/nothing",
        "https://user:word@x.example/v/7QK4M2XD9FQ",
        "https://[::1/v/7QK4M2XD9FQ",
        "http://x.example/v/7QK4M2XD9FQ",
        "http://localhost.evil.example/v/7QK4M2XD9FQ",
        "ftp://x.example/v/7QK4M2XD9FQ",
        "file:///etc/passwd",
        "/etc",
    ],
)
def test_what_names_no_label_is_a_wrong_question(given: str, app: Flask) -> None:
    found = said(given, app=app)
    assert (found.exit_code, bool(found.output.strip())) == (2, True)
    assert isinstance(found.exception, SystemExit)


@pytest.mark.parametrize(
    "as_of", ["yesterday", "2026-02-30", "9999-12-31", "0000-01-01", "2026-11-21T10:00:00", "2026-11-21T99:00:00Z", ""]
)
def test_a_date_that_is_none_is_a_wrong_question(as_of: str, app: Flask) -> None:
    found = said("7QK4M2XD9FQ", "--as-of", as_of, app=app)
    assert (found.exit_code, found.output) == (
        2,
        "Escriba la fecha como 2026-11-21, o con su hora y zona, como 2026-11-21T16:32:00Z.\n",
    )
    assert isinstance(found.exception, SystemExit)


def test_a_day_counts_to_its_end_and_today_until_now() -> None:
    zone = "America/Mexico_City"
    assert instant_of("2026-11-20", now=NOW, zone=zone).isoformat() == "2026-11-21T05:59:59.999000+00:00"
    assert instant_of("2026-11-21", now=NOW, zone=zone) == NOW
    assert instant_of(None, now=NOW, zone=zone) == NOW
    assert instant_of("2026-11-22", now=NOW, zone="No/Where") > NOW


def test_a_document_is_asked_of_its_issuers_own_host_and_of_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "given"

    def asked(issuer: str, id_: str) -> Any:
        file.write_text(json.dumps({"id": id_, "issuer": issuer, "credentialSubject": {"certificateCode": "7QK4M2XD9FQ"}}))
        found = target_of(str(file), registry=None, export=None, own=None)
        return getattr(found.source, "address", None), found.did, getattr(found.source, "stays", None)

    assert asked("did:web:a.example", "https://b.example/c/1") == ("https://a.example", "did:web:a.example", True)
    assert asked("did:web:a.example", "http://a.example/c/1")[0] == "https://a.example"
    assert asked("did:web:localhost%3A5000", "http://localhost:5000/c/1")[0] == "http://localhost:5000"
    with pytest.raises(InvalidInput):
        asked("did:web:a.example%2F@b.example", "https://a.example/c/1")


def test_a_redirect_to_another_place_is_not_followed() -> None:
    seen: list[str] = []

    def moving(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        port = environ["SERVER_PORT"]
        targets = {
            "/away": f"http://localhost:{port}/here",
            "/near": f"http://127.0.0.1:{port}/here",
            "/odd": "file:///etc/passwd",
        }
        if environ["PATH_INFO"] in targets:
            start("302 Found", [("Location", targets[environ["PATH_INFO"]])])
            return [b""]
        start("200 OK", [])
        return [b"here"]

    server = make_server("127.0.0.1", 0, moving, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        site = Site(f"http://127.0.0.1:{server.server_port}", seconds=5, stays=True)
        assert site.get("/near") == b"here"
        for path in ("/away", "/odd"):
            with pytest.raises(CannotCheck) as caught:
                site.get(path)
            assert caught.value.code in ("other_host", "unreachable")
        assert seen == ["/near", "/here", "/away", "/odd"]
        with pytest.raises(CannotCheck):
            Site(site.address, seconds=5, most_bytes=3).get("/here")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_words_of_strangers_command_no_terminal() -> None:
    assert (
        plain("\x1b[2JTaller\n\u202eLuna")
        == "\N{REPLACEMENT CHARACTER}[2JTaller\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}Luna"
    )
    assert len(plain("x" * 5000)) == 300


def test_two_places_to_look_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(DomainError):
        target_of("7QK4M2XD9FQ", registry="https://x.example", export=tmp_path, own=None)
