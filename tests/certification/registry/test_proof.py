import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.db import unit_of_work
from certification.log import quickly
from certification.log.reading import head
from certification.registry.acts import Why, suspend
from certification.registry.models import Certificate
from certification.rules.errors import BadProof
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.merkle import inclusion_ranges, leaf_hash, node_hash, verify_inclusion
from certification.rules.note_keys import parse_vkey
from certification.rules.signed_checkpoint import open_checkpoint
from tests import makers
from tests.conftest import NOW


def pause(certificate: Certificate, decider: User) -> None:
    with unit_of_work():
        suspend(certificate, Why("UNDER_INVESTIGATION", "Se revisa."), until=date(2026, 12, 31), by=decider, at=NOW)


def acts_proved(told: dict[str, Any]) -> list[Act]:
    """The acts told, once the proof of each leads to the root that is signed."""
    keys = [parse_vkey(one) for one in told["vkeys"]]
    signed = open_checkpoint(told["checkpoint"].encode(), told["log"], keys).checkpoint
    assert (signed.size, signed.root.hex()) == (told["size"], told["root"])
    for one in told["entries"]:
        proof = [bytes.fromhex(hash_) for hash_ in one["proof"]]
        verify_inclusion(leaf_hash(one["entry"].encode()), one["index"], signed.size, proof, signed.root)
    return [parse_leaf(one["entry"].encode()) for one in told["entries"]]


def test_the_proof_of_each_act_leads_to_the_signed_root(client: FlaskClient, decider: User, made: Certificate) -> None:
    pause(made, decider)
    makers.certified()
    told = client.get(f"/c/{made.code}/proof").get_json()
    acts = acts_proved(told)
    assert [act.act for act in acts] == [LogAct.GRANTED, LogAct.SUSPENDED]
    assert {act.certificate.code for act in acts if act.certificate} == {made.code}
    assert "Martina" not in str(told)
    assert "Se revisa" not in str(told)


@pytest.mark.parametrize("part", ["entry", "index", "proof"])
def test_a_proof_of_something_else_is_seen(client: FlaskClient, decider: User, made: Certificate, part: str) -> None:
    """The negative control of `acts_proved`."""
    pause(made, decider)
    told = client.get(f"/c/{made.code}/proof").get_json()
    first, second = told["entries"]
    first[part] = second[part]
    with pytest.raises(BadProof):
        acts_proved(told)


def test_every_proof_is_under_the_one_checkpoint_that_is_told(
    client: FlaskClient, decider: User, made: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody acts between the reading of one proof and the next."""
    pause(made, decider)
    heads = [quickly.head()]
    makers.certified(decider)
    heads.append(quickly.head())
    monkeypatch.setattr(quickly, "head", lambda: heads.pop(0) if len(heads) > 1 else heads[0])
    assert len(acts_proved(client.get(f"/c/{made.code}/proof").get_json())) == 2


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_people_read_each_step_to_the_signed_root_with_the_proof_itself_behind_it(
    client: FlaskClient, decider: User, made: Certificate
) -> None:
    pause(made, decider)
    makers.certified()
    path = f"/c/{made.code}/proof"
    told = client.get(path).get_json()
    page = client.get(path, headers=BROWSER)
    assert (page.status_code, page.mimetype, "Accept" in page.headers["Vary"]) == (200, "text/html", True)
    assert "Estos 2 actos están en la bitácora pública" in page.text
    assert ("Sello otorgado" in page.text, "Sello en pausa" in page.text) == (True, True)
    for one in told["entries"]:
        total, size = bytes.fromhex(one["hash"]), told["size"]
        for (start, _), beside in zip(inclusion_ranges(one["index"], size), map(bytes.fromhex, one["proof"]), strict=True):
            total = node_hash(total, beside) if start > one["index"] else node_hash(beside, total)
            words = "Detrás se pone" if start > one["index"] else "Delante se pone"
            assert re.search(
                rf"{words} <code>{beside.hex()}</code><br>y las dos juntas dan[^<]* <code>{total.hex()}</code>", page.text
            )
        assert total.hex() == told["root"]
        assert str(escape(one["entry"])) in page.text
    assert page.text.count("juntas dan la raíz <code>") == 2
    assert told["root"] in page.text
    assert all(key in page.text for key in told["vkeys"])
    assert f'href="{path}.json"' in page.text
    kept = client.get(f"{path}.json", headers=BROWSER)
    assert kept.get_json() == told
    assert kept.headers["Content-Disposition"] == f'attachment; filename="proof-{made.code}.json"'
    assert "These 2 acts are in the public log" in client.get(f"{path}?lang=en", headers=BROWSER).text


@pytest.mark.parametrize(("demonstration", "more"), [(False, ""), (True, " --demonstration")], ids=["registry", "demonstration"])
def test_the_command_that_the_page_proposes_is_the_one_that_answers(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch, *, demonstration: bool, more: str
) -> None:
    """Without that word a demonstration's signature is worth nothing, from wherever it is asked."""
    code = makers.certified().code
    monkeypatch.setitem(app.jinja_env.globals, "demonstration", demonstration)
    page = client.get(f"/c/{code}/proof", headers=BROWSER)
    assert re.findall("tianguis verify [^<]*", page.text) == [f"tianguis verify http://localhost/v/{code}{more}"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.9", "", "image/png"])
def test_programs_get_the_proof_and_not_its_page(client: FlaskClient, session: Session, accept: str) -> None:
    certificate = makers.certified()
    answer = client.get(f"/c/{certificate.code}/proof", headers={"Accept": accept} if accept else {})
    assert (answer.mimetype, answer.get_json()["code"]) == ("application/json", certificate.code)
    assert (answer.headers["Access-Control-Allow-Origin"], "Accept" in answer.headers["Vary"].split(", ")) == ("*", True)


def test_what_is_no_code_or_unlogged_has_neither_page_nor_file(client: FlaskClient, session: Session) -> None:
    for code in ("7QK4M2XD9FQ", "x", makers.certificate(leaves=False).code):
        for end in ("", ".json"):
            assert client.get(f"/c/{code}/proof{end}", headers=BROWSER).status_code == 404


def test_the_record_says_its_number_and_leads_to_the_proof(client: FlaskClient, session: Session) -> None:
    certificate = makers.certified()
    page = client.get(f"/c/{certificate.code}").text
    assert f"Está en la bitácora pública con el número {head().size} de {head().size}." in page
    assert f'href="/c/{certificate.code}/proof"' in page
    told = client.get(f"/c/{certificate.code}", headers={"Accept": "application/json"}).get_json()
    assert told["log_proof"] == f"http://localhost/c/{certificate.code}/proof"


def test_several_acts_are_told_with_all_their_numbers(client: FlaskClient, decider: User, made: Certificate) -> None:
    granted = head().size
    pause(made, decider)
    assert f"con los números {granted}, {granted + 1} de {granted + 1}." in client.get(f"/c/{made.code}").text


def test_the_verify_page_names_the_leaf_and_no_size(client: FlaskClient, session: Session) -> None:
    certificate = makers.certified()
    number = head().size
    makers.certified()
    page = client.get(f"/v/{certificate.code}").text
    assert re.findall(r"bitácora pública con el número (\d+)\.", page) == [str(number)]


@pytest.mark.parametrize(("path", "status"), [("/c/{}/proof", 404), ("/v/{}", 503)])
def test_a_certificate_without_leaves_promises_none(client: FlaskClient, session: Session, path: str, status: int) -> None:
    certificate = makers.certificate(leaves=False)
    answer = client.get(path.format(certificate.code))
    assert answer.status_code == status
    assert "bitácora pública con" not in answer.text
