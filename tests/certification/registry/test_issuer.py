"""Keys have their times, as the log tells them; what one signed in its time holds after it went."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.log import appending, checkpoints
from certification.log.appending import append
from certification.log.keys import KeyProblemError, signing_key, verifying_keys
from certification.registry import issuer, status, tending, verifying, versions
from certification.registry.verifying import faults_of
from certification.rules.leaves import Act, KeyRef, LogAct
from certification.rules.signing import Keypair
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.registry.outsider import DID, Outsider
from tests.conftest import NOW

HOUR = timedelta(hours=1)
LATER = NOW + HOUR
Turn = Callable[[Keypair], None]


@pytest.fixture
def turn(session: Session, monkeypatch: pytest.MonkeyPatch) -> Turn:
    """Let another key sign from now on; that of before stays listed."""

    def turned(fresh: Keypair) -> None:
        held = {**verifying_keys(), fresh.kid: fresh.public}
        for module in (issuer, versions, status, appending):
            monkeypatch.setattr(module, "signing_key", lambda: fresh)
        for module in (issuer, verifying, appending, checkpoints):
            monkeypatch.setattr(module, "verifying_keys", lambda: held)

    return turned


def tell(kind: LogAct, key: Keypair, **facts: int) -> int:
    reference = KeyRef(key.kid, sha256(key.public.public_bytes_raw()).hexdigest())
    with unit_of_work():
        return append(Act(kind, LATER, key=reference, **facts))  # type: ignore[arg-type]  # only from_index is given


def test_the_did_document_has_every_key_from_its_first_signature_on(session: Session, client: FlaskClient) -> None:
    outsider = Outsider(client)
    assert outsider.did()["verificationMethod"] == []
    makers.certified()
    (method,) = outsider.did()["verificationMethod"]
    assert (method["id"], method["keyInUseFrom"]) == (f"{DID}#{signing_key().kid}", "2026-01-02T12:00:00Z")


def test_after_a_rotation_old_labels_hold_and_lists_are_signed_by_the_new_key(client: FlaskClient, turn: Turn) -> None:
    old, fresh, outsider = signing_key(), Keypair.generate(demonstration=False), Outsider(client)
    made = makers.certified(at=NOW)
    turn(fresh)
    tell(LogAct.KEY_RETIRED, old)
    assert tending.renew_lists(LATER + HOUR) == 2
    newer = makers.certified(at=LATER + HOUR)
    for one in (made, newer):
        assert outsider.check(one.code, LATER + HOUR).state is PublicState.VALID
        assert faults_of(one.versions[0], LATER + HOUR) == ()
    first, second = outsider.did()["verificationMethod"]
    assert (first["id"], first["keyRetiredAt"]) == (f"{DID}#{old.kid}", "2026-11-21T17:32:00Z")
    assert (second["id"], "keyRetiredAt" in second) == (f"{DID}#{fresh.kid}", False)
    assert outsider.credential(newer.code)["proof"]["verificationMethod"] == second["id"]


def test_what_a_compromised_key_signed_counts_only_below_the_index_that_is_told(client: FlaskClient, turn: Turn) -> None:
    old = signing_key()
    before, after = makers.certified(at=NOW), makers.certified(at=NOW)
    turn(Keypair.generate(demonstration=False))
    index = verifying.leaf_index_of(after.versions[0])
    assert index is not None
    tell(LogAct.KEY_COMPROMISED, old, from_index=index)
    tending.renew_lists(LATER)
    assert [faults_of(one.versions[0], LATER) for one in (before, after)] == [(), ("unknown_key", "unknown_key")]
    found = [verifying.check(one.versions[0], LATER) for one in (before, after)]
    assert [one.state for one in found if one] == [PublicState.VALID, PublicState.CANNOT_CHECK]
    assert "revoked" in Outsider(client).did()["verificationMethod"][0]


@pytest.mark.parametrize("kind", [LogAct.KEY_RETIRED, LogAct.KEY_COMPROMISED])
def test_a_key_that_went_signs_no_more(session: Session, kind: LogAct) -> None:
    makers.certified(at=NOW)
    tell(kind, signing_key(), **({"from_index": 1} if kind is LogAct.KEY_COMPROMISED else {}))
    with pytest.raises(KeyProblemError):
        tending.renew_lists(LATER + status.VALIDITY)


def test_a_key_that_is_not_listed_signs_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Keypair.generate(demonstration=False)
    monkeypatch.setattr(issuer, "signing_key", lambda: stranger)
    with pytest.raises(KeyProblemError):
        makers.certified()
