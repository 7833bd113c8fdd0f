"""A registry that is known to lack acts, as after an old backup was restored: nothing is called valid, what was lost stays lost."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core.db import unit_of_work
from certification.log.checkpoints import keep_outside
from certification.log.keys import signing_key
from certification.registry import register, snapshots
from certification.registry.acts import Why, withdraw
from certification.registry.exporting import export
from certification.registry.histories import verdict_at
from certification.registry.models import Certificate, CertificateSubject
from certification.registry.moments import Moment
from certification.registry.searching import Filter
from certification.registry.watches.watching import tell_changes
from certification.registry.weighing import standing
from certification.rules.checking import check_credential
from certification.rules.checkpoint import Checkpoint
from certification.rules.did import read_did
from certification.rules.errors import LogConflict
from certification.rules.secured import Secured
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.verdict import PublicState, Reason
from certification.rules.workflow import CertificateAct
from marketplace.labels import badges_for, held_by
from tests import makers
from tests.certification.registry.outsider import DID, Outsider
from tests.conftest import NOW

WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")


@pytest.fixture
def two(session: Session) -> tuple[Certificate, Certificate]:
    """A label in force on a piece, and one that was withdrawn."""
    by = makers.user("Celia Decide")
    good, lost = makers.certified(by), makers.certified(by)
    makers.save(CertificateSubject(certificate_id=good.id, subject_ref="piece"))
    with unit_of_work():
        withdraw(lost, WHY, by=by, at=NOW)
    return good, lost


@pytest.fixture
def behind(two: tuple[Certificate, Certificate]) -> tuple[Certificate, Certificate]:
    """A copy outside of acts that this database does not have."""
    fall_behind()
    return two


def fall_behind() -> None:
    keep_outside(sign_checkpoint(Checkpoint("localhost/log", 900, b"x" * 32), signing_key().private).encode())


def told(client: FlaskClient, made: Certificate) -> list[object]:
    """What page, record, API and register say of a label."""
    page, api = client.get(f"/v/{made.code}"), client.get(f"/api/v1/certificates/{made.code}")
    record = client.get(f"/c/{made.code}", headers={"Accept": "application/json"}).json
    rows = {row.code: row.state for row in register.page(Filter(), Moment(NOW), lang="es", limit=5).rows}
    return [page.status_code, record["state"] if record else None, api.json["state"] if api.json else None, rows[made.code]]


def test_no_surface_calls_a_label_valid(client: FlaskClient, behind: tuple[Certificate, Certificate]) -> None:
    good, _ = behind
    assert told(client, good) == [503, "CANNOT_CHECK", "CANNOT_CHECK", "CANNOT_CHECK"]
    assert "todavía no se pone al día" in client.get(f"/v/{good.code}").text
    assert "todavía no se pone al día" in client.get(f"/api/v1/certificates/{good.code}").json["detail"]  # type: ignore[index]  # a problem
    assert badges_for(["piece"], [good.holder_ref], NOW) == {}
    assert [one.state for one in held_by([good.holder_ref], NOW)] == [PublicState.CANNOT_CHECK]
    assert standing(good, NOW).reason is Reason.REGISTRY_BEHIND
    assert verdict_at(good, NOW - timedelta(hours=1)).state is PublicState.CANNOT_CHECK


def test_what_was_lost_is_told_as_lost(client: FlaskClient, behind: tuple[Certificate, Certificate]) -> None:
    assert told(client, behind[1]) == [200, "WITHDRAWN", "WITHDRAWN", "WITHDRAWN"]


def test_who_asks_for_many_is_told_nothing_where_one_of_them_would_hold(
    client: FlaskClient, behind: tuple[Certificate, Certificate]
) -> None:
    good, lost = behind
    refused = client.post("/api/v1/verify", json={"codes": [lost.code, good.code]})
    assert (refused.status_code, refused.get_json()["code"], refused.get_json()["state"]) == (503, "cannot_check", "CANNOT_CHECK")
    told_of_one = client.post("/api/v1/verify", json={"codes": [lost.code]})  # the control
    assert [one["state"] for one in told_of_one.get_json()["results"]] == ["WITHDRAWN"]


def test_lists_that_may_lack_a_bit_are_not_served(client: FlaskClient, behind: tuple[Certificate, Certificate]) -> None:
    outsider = Outsider(client)
    lists = [one["statusListCredential"] for one in outsider.credential(behind[0].code)["credentialStatus"]]
    assert [outsider.get(address).status_code for address in lists] == [503, 503]
    unreachable: dict[str, Secured | None] = dict.fromkeys(lists)
    keys = read_did(outsider.did(), DID)
    assert check_credential(outsider.credential(behind[0].code), unreachable, keys, at=NOW).state is PublicState.CANNOT_CHECK


def test_an_act_that_cannot_be_signed_keeps_what_was_written(
    session: Session, client_of: Callable[[User], FlaskClient], two: tuple[Certificate, Certificate]
) -> None:
    good, by = two[0], makers.user("Otra del consejo")
    makers.role(by, Role.DECIDER, good.scheme_version.scheme.key)
    said = {
        "reason_code": "UNDER_INVESTIGATION",
        "criterion": "",
        "public_summary": "Se revisa una queja.",
        "until": "2027-01-31",
        "confirmed": "yes",
        "version": "1",
    }
    fall_behind()
    answer = client_of(by).post(f"/c/{good.code}/act/suspend", data=said)
    assert (answer.status_code, "Se revisa una queja." in answer.text, "restaurada de un respaldo" in answer.text) == (
        409,
        True,
        True,
    )
    assert "Alguien cambió esto antes" not in answer.text
    assert [one.kind for one in good.acts] == [CertificateAct.GRANTED]


def test_nobody_is_mailed_a_change_that_is_none(behind: tuple[Certificate, Certificate]) -> None:
    assert tell_changes(NOW) == 0


def test_nothing_that_stays_is_written_of_it(behind: tuple[Certificate, Certificate], tmp_path: Path) -> None:
    shutil.rmtree(snapshots.folder(), ignore_errors=True)  # of earlier tests
    assert snapshots.missing(NOW)
    assert snapshots.make_due(NOW) == 0
    with pytest.raises(LogConflict) as refused:
        snapshots.make(snapshots.missing(NOW)[0], at=NOW)
    assert (refused.value.code, snapshots.listed(), list(snapshots.folder().glob("*.gz"))) == ("log_behind", [], [])
    with pytest.raises(LogConflict) as refused:
        export(tmp_path / "copy", at=NOW)
    assert (refused.value.code, (tmp_path / "copy").exists()) == ("log_behind", False)


def test_a_registry_that_carries_on_says_what_it_knows(client: FlaskClient, two: tuple[Certificate, Certificate]) -> None:
    """The control: the same labels, and a copy outside that the database carries on from."""
    good, lost = two
    assert Outsider(client).check(good.code, NOW).state is PublicState.VALID
    assert Outsider(client).check(lost.code, NOW).state is PublicState.WITHDRAWN
    assert told(client, good) == [200, "VALID", "VALID", "VALID"]
    assert list(badges_for(["piece"], [], NOW)) == ["piece"]
