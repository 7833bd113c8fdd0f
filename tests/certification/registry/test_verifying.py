"""Everything stored is held against everything else: one change anywhere is found, and the record page then shows nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from certification.core.db import db, unit_of_work
from certification.log.keys import KeyProblemError
from certification.registry import issuer, tending
from certification.registry.models import CertificateVersion, StatusList
from certification.registry.verifying import check, faults_of
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.registry.test_truth import EACH
from tests.certification.registry.truth import Case
from tests.conftest import NOW


@EACH
def test_nothing_is_wrong_with_what_the_services_wrote(session: Session, case: Case) -> None:
    made = case.make(makers.user("Celia Decide"))
    tending.renew_lists(case.at)
    assert faults_of(made.versions[0], case.at) == ()
    found = check(made.versions[-1], case.at)
    assert found is not None
    assert found.state is case.told


def test_both_versions_of_a_renewed_certificate_hold(session: Session) -> None:
    by = makers.user("Celia Decide")
    made = makers.renewed(makers.certified(by), by, at=NOW, cause="scope")
    session.expire_all()
    assert [faults_of(one, NOW) for one in made.versions] == [(), ()]


def test_a_list_that_is_only_late_is_no_fault(session: Session) -> None:
    version = makers.certified().versions[0]
    assert faults_of(version, NOW) == ()
    found = check(version, NOW)
    assert found is not None
    assert (found.state, [one.code for one in found.reasons]) == (PublicState.CANNOT_CHECK, ["stale", "stale"])


def other_holder(version: CertificateVersion, _listed: StatusList) -> None:
    assert version.credential is not None
    version.credential.document["credentialSubject"]["issuedToParty"]["name"] = "Taller Hilo de Lana"


def other_code(version: CertificateVersion, _listed: StatusList) -> None:
    assert version.credential is not None
    version.credential.document["credentialSubject"]["certificateCode"] = "7QK4M2XD9FQ"


def other_place(version: CertificateVersion, _listed: StatusList) -> None:
    assert version.credential is not None
    version.credential.document["credentialStatus"][0]["statusListIndex"] = "1"


def other_token(version: CertificateVersion, _listed: StatusList) -> None:
    assert version.credential is not None
    assert version.credential.token is not None
    head, payload, signature = version.credential.token.split(".")
    version.credential.token = f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def other_proof(version: CertificateVersion, _listed: StatusList) -> None:
    assert version.credential is not None
    assert version.credential.proof is not None
    version.credential.proof["created"] = "2026-01-03T12:00:00Z"


def other_list(_version: CertificateVersion, listed: StatusList) -> None:
    assert listed.document is not None
    listed.document["validUntil"] = "2099-01-01T00:00:00Z"


def other_list_token(_version: CertificateVersion, listed: StatusList) -> None:
    assert listed.token is not None
    listed.token = listed.token[:-8] + ("AAAAAAAA" if listed.token[-8:] != "AAAAAAAA" else "BBBBBBBB")


def quietly_withdrawn(version: CertificateVersion, _listed: StatusList) -> None:
    version.certificate.withdrawn_at = NOW


def other_name(version: CertificateVersion, _listed: StatusList) -> None:
    version.certificate.page["makers"][0]["name"] = "Nadie"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (other_holder, "bad_signature"),
        (other_code, "other_certificate"),
        (other_place, "other_place"),
        (other_token, "bad_signature"),
        (other_proof, "bad_signature"),
        (other_list, "bad_list_signature"),
        (other_list_token, "bad_signature"),
        (quietly_withdrawn, "wrong_bit"),
        (other_name, "unknown_name"),
    ],
)
def test_one_change_is_found(session: Session, spoil: Callable[[Any, Any], None], code: str) -> None:
    version = makers.certified().versions[0]
    listed = db.session.get_one(StatusList, 1)
    assert faults_of(version, NOW) == ()
    with db.session.no_autoflush:
        spoil(version, listed)
        assert code in faults_of(version, NOW)
    db.session.rollback()


def test_a_faulty_credential_is_neither_yes_nor_no_on_the_record_page(session: Session, client: FlaskClient) -> None:
    made = makers.certified()
    code = made.code
    with unit_of_work() as writing:
        listed = writing.get_one(StatusList, 1)
        assert listed.document is not None
        listed.document["credentialSubject"]["encodedList"] = "uH4sIAAAAAAAA_w"
        flag_modified(listed, "document")
    for path in (f"/c/{code}", f"/c/{code}/versions/1"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert (page.status_code, "No pudimos revisar" in page.text, "Vigente" in page.text) == (503, True, False)
    assert client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()["state"] == "CANNOT_CHECK"


def test_without_keys_nothing_can_be_said(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> dict[str, Any]:
        raise KeyProblemError

    version = makers.certified().versions[0]
    monkeypatch.setattr(issuer, "verifying_keys", missing)
    assert faults_of(version, NOW) == ("no_keys",)


def test_a_secured_credential_can_neither_be_changed_nor_removed(session: Session) -> None:
    makers.certified()
    for change in (
        "UPDATE version_credentials SET token = 'x'",
        "UPDATE version_credentials SET proof = NULL, token = NULL",
        "DELETE FROM version_credentials",
    ):
        with pytest.raises(DBAPIError, match="secured once"), unit_of_work() as writing:
            writing.execute(text(change))
