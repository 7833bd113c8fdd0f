import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.log.reading import head
from certification.registry.acts import Why, suspend
from certification.rules.leaves import LogAct, parse_leaf
from certification.rules.merkle import leaf_hash, verify_inclusion
from certification.rules.note_keys import parse_vkey
from certification.rules.signed_checkpoint import open_checkpoint
from tests import makers
from tests.conftest import NOW


def test_the_proof_of_each_act_leads_to_the_signed_root(client: FlaskClient, session: Session) -> None:
    decider = makers.user("Celia Decide")
    certificate = makers.certified(decider)
    with unit_of_work():
        suspend(certificate, Why("UNDER_INVESTIGATION", "Se revisa."), until=date(2026, 12, 31), by=decider, at=NOW)
    makers.certified()
    told = client.get(f"/c/{certificate.code}/proof").get_json()
    keys = [parse_vkey(one) for one in told["vkeys"]]
    signed = open_checkpoint(told["checkpoint"].encode(), told["log"], keys).checkpoint
    assert (signed.size, signed.root.hex()) == (told["size"], told["root"])
    acts = []
    for one in told["entries"]:
        proof = [bytes.fromhex(hash_) for hash_ in one["proof"]]
        verify_inclusion(leaf_hash(one["entry"].encode()), one["index"], signed.size, proof, signed.root)
        acts.append(parse_leaf(one["entry"].encode()))
    assert [act.act for act in acts] == [LogAct.GRANTED, LogAct.SUSPENDED]
    assert {act.certificate.code for act in acts if act.certificate} == {certificate.code}
    assert "Martina" not in str(told)
    assert "Se revisa" not in str(told)


def test_the_record_says_its_number_and_leads_to_the_proof(client: FlaskClient, session: Session) -> None:
    certificate = makers.certified()
    page = client.get(f"/c/{certificate.code}").text
    assert f"Está en la bitácora pública con el número {head().size} de {head().size}." in page
    assert f'href="/c/{certificate.code}/proof"' in page
    told = client.get(f"/c/{certificate.code}", headers={"Accept": "application/json"}).get_json()
    assert told["log_proof"] == f"http://localhost/c/{certificate.code}/proof"


def test_several_acts_are_told_with_all_their_numbers(client: FlaskClient, session: Session) -> None:
    decider = makers.user("Celia Decide")
    certificate = makers.certified(decider)
    granted = head().size
    with unit_of_work():
        suspend(certificate, Why("UNDER_INVESTIGATION", "Se revisa."), until=date(2026, 12, 31), by=decider, at=NOW)
    assert f"con los números {granted}, {granted + 1} de {granted + 1}." in client.get(f"/c/{certificate.code}").text


def test_the_verify_page_names_the_leaf_and_no_size(client: FlaskClient, session: Session) -> None:
    certificate = makers.certified()
    number = head().size
    makers.certified()
    page = client.get(f"/v/{certificate.code}").text
    assert re.findall(r"bitácora pública con el número (\d+)\.", page) == [str(number)]


@pytest.mark.parametrize("path", ["/c/{}/proof", "/v/{}"])
def test_a_certificate_without_leaves_promises_none(client: FlaskClient, session: Session, path: str) -> None:
    certificate = makers.certificate()
    answer = client.get(path.format(certificate.code))
    assert answer.status_code == (404 if "proof" in path else 200)
    assert "bitácora pública con" not in answer.text
