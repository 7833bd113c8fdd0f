"""Every public state on every surface: nobody is told VALID of what is not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import db
from certification.core.quick import QuickSelect, UnreachableError
from certification.log import rotating
from certification.log.keys import signing_key
from certification.registry import tending
from certification.registry.models import Certificate, CertificateSubject
from certification.registry.verifying import leaf_index_of
from certification.rules.checking import check_credential
from certification.rules.did import method_of, read_did
from certification.rules.proofs import add_proof
from certification.rules.secured import open_secured
from certification.rules.verdict import PRECEDENCE, PublicState
from tests import makers
from tests.certification.log.signers import keys_put_back
from tests.certification.registry.outsider import DID, VC, VC_JWT, Outsider
from tests.certification.registry.truth import ALTERED, CASES, Altered, Case
from tests.conftest import NOW
from tests.marketplace.surfaces import SURFACES, Seen, Surface, lies, whether_valid

P = PublicState
Browser = Callable[[User], FlaskClient]


Look = Callable[..., Seen]
TOLD_BY_ACTS = {"what it was worth before", "API, as of the past", "bits of the status lists", "feed of the certificate"}
COUNTED_IN_SQL = {"facet", "search by label", "counts of the scheme"}  # see docs/promises.md


@pytest.fixture(autouse=True)
def own_keys(app: Flask) -> Iterator[None]:
    with keys_put_back(app):
        yield


@pytest.fixture
def look(session: Session, client: FlaskClient, client_of: Browser) -> Look:
    """Bring a case about, with goods that it names and somebody who looks after it."""

    def made(case: Case, altered: Altered | None = None) -> Seen:
        label = (altered or case).make(makers.user("Celia Decide"))
        goods, holder = makers.product(makers.producer(label.holder)), makers.user("Petra Cuida")
        makers.member(holder, label.holder)
        makers.save(CertificateSubject(certificate_id=label.id, subject_ref=goods.public_id))
        scheme = label.scheme_version.scheme.key
        tending.renew_lists(case.at)
        return Seen(case, label.code, goods.public_id, goods.slug, scheme, client_of(holder), client)

    return made


def test_every_state_comes_about() -> None:
    assert {case.state for case in CASES.values()} == set(PRECEDENCE)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_surface_tells_the_state(look: Look, case: Case) -> None:
    with clock.standing_at(case.at):
        assert lies(look(case), SURFACES) == {}


def _told_as_valid(seen: Seen) -> set[str]:
    """The surfaces that say of a label what they say of one that is valid."""
    good = replace(CASES["in force"], at=seen.case.at)
    return {one.name for one in SURFACES if one.name not in TOLD_BY_ACTS and one.read(seen) == one.told(good)}


@pytest.mark.parametrize("altered", ALTERED.values(), ids=ALTERED.keys())
def test_columns_altered_by_hand_make_no_label_valid(look: Look, altered: Altered) -> None:
    with clock.standing_at(altered.case.at):
        assert _told_as_valid(look(altered.case, altered)) <= COUNTED_IN_SQL


@pytest.mark.parametrize(("offset", "fooled"), [(0, COUNTED_IN_SQL), (1, None)], ids=["at its leaf", "after its leaf"])
def test_a_label_of_a_compromised_key_is_valid_nowhere(look: Look, offset: int, fooled: set[str] | None) -> None:
    """The control: a key that counts no more from the next leaf on leaves the label as it was."""
    with clock.standing_at(NOW):
        seen = look(CASES["in force"])
        version = db.session.query(Certificate).filter_by(code=seen.code).one().versions[0]
        index, kid = leaf_index_of(version), str(version.kid)
        assert index is not None
        db.session.rollback()
        rotating.compromise(kid, index + offset, now=lambda: NOW)
        tending.renew_lists(NOW)
        everywhere = {one.name for one in SURFACES if not one.name.startswith("credential")} - TOLD_BY_ACTS
        told = {name for name in _told_as_valid(seen) if not name.startswith("credential")}  # lists of that instant have no key
        assert told == (everywhere if fooled is None else fooled)


def test_a_reader_that_takes_a_signature_for_validity_is_caught(look: Look) -> None:
    """The control: it opens the credential, and looks at no date and no list."""

    def believes(seen: Seen) -> object:
        keys = read_did(seen.outsider.did(), DID)
        return bool(open_secured(seen.outsider.credential(seen.code), keys.at, at=seen.case.at))

    wrong = [Surface("whoever only checks the signature", believes, whether_valid)]
    caught = {}
    for name in ("in force", "paused", "withdrawn"):
        with clock.standing_at(CASES[name].at):
            caught[name] = lies(look(CASES[name]), wrong)
    assert {name: bool(found) for name, found in caught.items()} == {"in force": False, "paused": True, "withdrawn": True}


@pytest.mark.parametrize("code", ["7QK4M2XD9FQ", "7QK4M2XD9FC"], ids=["a code", "a slip of the hand"])
def test_a_code_that_nobody_has_is_found_nowhere(session: Session, client: FlaskClient, code: str) -> None:
    answers = {
        (address, accept): client.get(address, headers={"Accept": accept})
        for address, accept in (
            (f"/v/{code}", "text/html"),
            (f"/v/{code}?lang=en", "text/html"),
            (f"/c/{code}", "text/html"),
            (f"/c/{code}", "application/json"),
            (f"/c/{code}", VC),
            (f"/c/{code}", VC_JWT),
            (f"/c/{code}/proof", "application/json"),
        )
    }
    assert {answer.status_code for answer in answers.values()} == {404}
    assert not any("Vigente" in answer.text or "VALID" in answer.text for answer in answers.values())
    assert client.get(f"/register.csv?q={code}").text.count("\n") == 1


def _signature_changed(secured: Any) -> Any:
    if isinstance(secured, str):
        return secured[:-6] + ("A" if secured[-6] != "A" else "B") + secured[-5:]
    proof = secured["proof"]
    value = proof["proofValue"]
    return secured | {"proof": proof | {"proofValue": value[:-6] + ("2" if value[-6] != "2" else "3") + value[-5:]}}


FAULTS: dict[str, Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]] = {
    "unreachable": lambda lists, _other: dict.fromkeys(lists),
    "one unreachable": lambda lists, _other: lists | {next(iter(lists)): None},
    "absent": lambda _lists, _other: {},
    "badly signed": lambda lists, _other: {address: _signature_changed(one) for address, one in lists.items()},
    "no list": lambda lists, _other: {address: {"type": "nothing"} for address in lists},
    "of the other purpose": lambda lists, _other: dict(zip(lists, reversed(list(lists.values())), strict=True)),
    "of another registry": lambda _lists, other: other,
}


@pytest.mark.parametrize("form", [VC, VC_JWT])
@pytest.mark.parametrize("fault", FAULTS)
def test_with_a_faulty_list_readers_say_that_they_cannot_check(
    session: Session, client: FlaskClient, fault: str, form: str
) -> None:
    outsider, code = Outsider(client), makers.certified().code
    tending.renew_lists(NOW)
    document = outsider.credential(code)
    lists: dict[str, Any] = dict(outsider.lists(document, form))
    stranger = {address: outsider.token(code) if form == VC_JWT else document for address in lists}
    secured = document if form == VC else outsider.token(code)
    keys = read_did(outsider.did(), DID)
    faulty = FAULTS[fault](lists, stranger)
    assert check_credential(secured, lists, keys, at=NOW).state is P.VALID
    assert check_credential(secured, faulty, keys, at=NOW).state is P.CANNOT_CHECK
    if form == VC and fault != "badly signed":  # that library leaves the proof of a list to whoever fetches it
        assert not outsider.openvc_accepts(document, NOW, faulty)


def test_a_place_outside_of_the_list_cannot_be_checked(session: Session, client: FlaskClient) -> None:
    outsider, code = Outsider(client), makers.certified().code
    document, keys = outsider.credential(code), read_did(outsider.did(), DID)
    entries = [one | {"statusListIndex": "131072"} for one in document["credentialStatus"]]
    unsigned = {name: value for name, value in document.items() if name != "proof"} | {"credentialStatus": entries}
    key = signing_key()
    forged = add_proof(unsigned, key.private, method=method_of(DID, key.kid), created=NOW)
    assert check_credential(forged, outsider.lists(document), keys, at=NOW).state is P.CANNOT_CHECK


def test_when_the_database_is_away_pages_say_so_and_no_goods_wear_a_label(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.standing_at(NOW):
        seen = look(CASES["in force"])

        def away(*_given: object, **_named: object) -> None:
            raise UnreachableError

        monkeypatch.setattr(QuickSelect, "first", away)
        monkeypatch.setattr(QuickSelect, "all", away)
        for language in ("", "?lang=en"):
            page = seen.visitor.get(f"/v/{seen.code}{language}")
            assert (page.status_code, "Vigente" in page.text, ">Valid<" in page.text) == (503, False, False)
        goods = seen.visitor.get(f"/products/{seen.ref}/{seen.slug}")
    assert (goods.status_code >= 500, "CertificationActive" in goods.text, f"/v/{seen.code}" in goods.text) == (
        True,
        False,
        False,
    )
