"""Keys have their times, as the log tells them; what one signed in its time holds after it went."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import unit_of_work
from certification.log import asking, keys, rotating, signing
from certification.log.appending import append
from certification.log.checkpoints import outside_copy, place, require_carried_on
from certification.log.fsck import check
from certification.log.keys import PRIVATE, KeyProblemError, signing_key, verifying_keys
from certification.log.lives import key_lives, key_ref
from certification.log.models import LogLeaf
from certification.log.reading import head
from certification.log.waiting import Ring
from certification.registry import issuer, status, tending, verifying
from certification.registry.models import StatusList
from certification.registry.verifying import faults_of
from certification.rules.checkpoint import parse_checkpoint
from certification.rules.errors import InvalidInput, LogConflict, NotConfirmed
from certification.rules.leaves import Act, LogAct
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import open_checkpoint, sign_checkpoint
from certification.rules.signing import Keypair
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.log.signers import keys_put_back, signing_apart
from tests.certification.registry.outsider import DID, Outsider
from tests.conftest import NOW

HOUR = timedelta(hours=1)
LATER = NOW + HOUR
P = PublicState


@pytest.fixture(autouse=True)
def own_keys(app: Flask) -> Iterator[None]:
    with keys_put_back(app):
        yield


def rotate() -> tuple[str, str]:
    return rotating.rotate(now=lambda: LATER)


def signers(note: bytes, *held: Keypair) -> list[bool]:
    """Which of these keys alone are enough to believe a checkpoint."""
    origin = parse_checkpoint(parse_note(note).text).origin
    found = []
    for key in held:
        try:
            found.append(bool(open_checkpoint(note, origin, [VerifierKey.of(origin, key.public)])))
        except Exception:  # noqa: BLE001 - whichever way it says no
            found.append(False)
    return found


def test_the_did_document_has_every_key_from_its_first_signature_on(session: Session, client: FlaskClient) -> None:
    outsider = Outsider(client)
    assert outsider.did()["verificationMethod"] == []
    makers.certified()
    found = [(one["id"], one["keyInUseFrom"]) for one in outsider.did()["verificationMethod"]]
    kid, begun = signing_key().kid, "2026-01-02T12:00:00Z"
    assert found == [(f"{DID}#{kid}", begun), (f"{DID}#{kid}-jwk", begun)]


def test_after_a_rotation_old_labels_hold_and_lists_are_signed_by_the_new_key(client: FlaskClient, session: Session) -> None:
    old, outsider = signing_key(), Outsider(client)
    made = makers.certified(at=NOW)
    assert rotate() == (old.kid, signing_key().kid)
    newer = makers.certified(at=LATER + HOUR)
    with clock.standing_at(LATER + HOUR):
        for one in (made, newer):
            assert outsider.check(one.code, LATER + HOUR).state is P.VALID
            assert faults_of(one.versions[0], LATER + HOUR) == ()
    first, second, _first, token = outsider.did()["verificationMethod"]
    assert (first["id"], first["keyRetiredAt"]) == (f"{DID}#{old.kid}", "2026-11-21T17:32:00.001Z")
    assert (second["id"], "keyRetiredAt" in second) == (f"{DID}#{signing_key().kid}", False)
    assert outsider.credential(newer.code)["proof"]["verificationMethod"] == second["id"]
    assert jwt.get_unverified_header(outsider.token(newer.code))["kid"] == token["id"]
    assert [status._kid(one) for one in session.query(StatusList)] == [signing_key().kid] * 2
    assert check() == []


def test_the_checkpoint_of_a_rotation_is_signed_by_both_and_the_next_by_the_new_key(session: Session) -> None:
    old = signing_key()
    makers.certified(at=NOW)
    rotate()
    note = head().note
    assert note is not None
    assert signers(note, old, signing_key()) == [True, True]
    assert [act.value for act in session.scalars(select(LogLeaf.act).order_by(LogLeaf.index))][-2:] == [
        "key_added",
        "key_retired",
    ]
    makers.certified(at=LATER)
    newer = head().note
    assert newer is not None
    assert signers(newer, old, signing_key()) == [False, True]


def test_the_present_key_is_named_first(session: Session, client: FlaskClient) -> None:
    makers.certified(at=NOW)
    old = signing_key()
    rotate()
    listed = client.get("/log/vkey").text.splitlines()
    assert listed == [VerifierKey.of("localhost/log", one.public).text for one in (signing_key(), old)]


def test_of_several_keys_the_present_one_is_first_and_then_the_newest(app: Flask, session: Session, client: FlaskClient) -> None:
    made = [signing_key()]
    makers.certified(at=NOW)
    for _ in range(2):
        rotate()
        made.append(signing_key())
    coming = keys.create_next(app.config["SETTINGS"].keys, demonstration=False)  # listed and not told: it signs nothing yet
    first, second, present = made
    wanted = [VerifierKey.of("localhost/log", one.public).text for one in (present, coming, second, first)]
    assert client.get("/log/vkey").text.splitlines() == wanted
    rotating.compromise(second.kid, 0, now=lambda: LATER)
    assert client.get("/log/vkey").text.splitlines() == [wanted[0], wanted[1], wanted[3]]


# Interrupted


class Cut(Exception):  # noqa: N818 - what happens, not a failure
    """The process ends here."""


@dataclass(frozen=True)
class Where:
    module: object
    name: str


CUTS = {
    "before the next key is written": Where(Keypair, "generate"),
    "before it is listed": Where(keys, "_publish"),
    "before the log is held": Where(rotating, "held_head"),
    "before the leaves": Where(rotating, "append_all"),
    "before the commit": Where(rotating, "record"),
    "before the copy outside": Where(signing, "keep_outside"),
    "before the file is replaced": Where(rotating, "_replace"),
}


@pytest.mark.parametrize("where", CUTS.values(), ids=CUTS.keys())
def test_a_rotation_that_is_cut_short_is_run_again_and_ends_the_same(
    session: Session, monkeypatch: pytest.MonkeyPatch, where: Where
) -> None:
    old = signing_key()
    made = makers.certified(at=NOW)

    def ends(*_given: object, **_named: object) -> None:
        raise Cut

    with monkeypatch.context() as cut:
        cut.setattr(where.module, where.name, ends)
        with pytest.raises(Cut):
            rotate()
    between = makers.certified(at=LATER)  # whatever stands, the registry goes on
    assert faults_of(between.versions[0], LATER) == ()
    if signing_key().kid == old.kid:
        assert rotate() == (old.kid, signing_key().kid)
    lives = key_lives()
    assert [kid for kid, one in lives.items() if not one.over] == [signing_key().kid]
    assert list(lives) == [old.kid, signing_key().kid] == list(verifying_keys())
    assert keys.following_key() is None
    assert [faults_of(one.versions[0], LATER) for one in (made, between, makers.certified(at=LATER))] == [()] * 3
    assert check() == []


def test_a_rotation_that_is_run_again_brings_the_copy_outside_up_to_date(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is recorded meanwhile, which would write it too."""
    old = signing_key()
    makers.certified(at=NOW)

    def ends(_note: bytes) -> None:
        raise Cut

    with monkeypatch.context() as cut:
        cut.setattr(signing, "keep_outside", ends)
        with pytest.raises(Cut):
            rotate()
    assert copied() == head().size - 2
    assert rotate() == (old.kid, signing_key().kid)
    assert copied() == head().size
    assert check() == []


def copied() -> int:
    copy = outside_copy(None)
    assert copy is not None
    return copy.size


def test_of_two_who_rotate_at_once_one_does(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second began with the key of before, and comes when the first is through."""
    old = signing_key()
    makers.certified(at=NOW)
    rotate()
    with pytest.raises(KeyProblemError, match="ended meanwhile"):
        rotating._follow(old, LogAct.KEY_RETIRED, lambda: LATER)
    assert [kid for kid, one in key_lives().items() if not one.over] == [signing_key().kid]
    assert faults_of(makers.certified(at=LATER).versions[0], LATER + HOUR) == ()
    assert keys.following_key() is None
    rotate()
    assert [one.over for one in key_lives().values()] == [True, True, False]
    assert check() == []


def test_a_signer_that_is_told_of_a_rotation_signs_with_both(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = signing_key()
    with signing_apart(app, monkeypatch):
        made = makers.certified(at=NOW)
        rotate()
        note = head().note
        assert note is not None
        assert signers(note, old, signing_key()) == [True, True]
        assert faults_of(made.versions[0], LATER) == ()
        assert faults_of(makers.certified(at=LATER).versions[0], LATER) == ()
        assert check() == []


def test_the_old_key_stays_until_both_have_signed(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    old = signing_key()
    with signing_apart(app, monkeypatch):
        makers.certified(at=NOW)
        with monkeypatch.context() as away:

            def nobody(_path: str, **_named: float) -> int:
                raise ConnectionRefusedError

            away.setattr(asking, "ask", nobody)
            for _ in range(2):
                with pytest.raises(NotConfirmed):
                    rotate()
            assert signing_key().kid == old.kid
        assert rotate() == (old.kid, signing_key().kid)
        note = head().note
        assert note is not None
        assert signers(note, old, signing_key()) == [True, True]
        assert len(key_lives()) == 2


# Ended


def test_the_key_that_signs_is_not_retired_without_another(session: Session) -> None:
    makers.certified(at=NOW)
    with pytest.raises(KeyProblemError, match="keys rotate"):
        rotating.retire(signing_key().kid, now=lambda: LATER)
    assert not key_lives()[signing_key().kid].over


def test_a_key_that_was_lost_is_retired_by_its_successor(app: Flask, session: Session) -> None:
    old, made = signing_key(), makers.certified(at=NOW)
    settings = app.config["SETTINGS"]
    (settings.keys / PRIVATE).unlink()
    fresh = keys.create_keys(settings.keys, demonstration=False)
    rotating.retire(old.kid, now=lambda: LATER)
    assert [(kid, one.over) for kid, one in key_lives().items()] == [(old.kid, True), (fresh.kid, False)]
    with pytest.raises(KeyProblemError, match="ended already"):
        rotating.retire(old.kid, now=lambda: LATER)
    with pytest.raises(KeyProblemError, match="knows no key"):
        rotating.retire("aaaaaaaaaaaaaaaa", now=lambda: LATER)
    tending.renew_lists(LATER)
    assert faults_of(made.versions[0], LATER) == ()
    assert check() == []


def tell(kind: LogAct, key: Keypair, **facts: int) -> int:
    with unit_of_work():
        return append(Act(kind, LATER, key=key_ref(key.kid, key.public), **facts))  # type: ignore[arg-type]  # only from_index is given


@pytest.mark.parametrize("kind", [LogAct.KEY_RETIRED, LogAct.KEY_COMPROMISED])
def test_a_key_that_went_signs_no_more(session: Session, kind: LogAct) -> None:
    makers.certified(at=NOW)
    with pytest.raises(KeyProblemError):
        tell(kind, signing_key(), **({"from_index": 1} if kind is LogAct.KEY_COMPROMISED else {}))
    assert not key_lives()[signing_key().kid].over


def test_a_key_that_is_not_listed_signs_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Keypair.generate(demonstration=False)
    monkeypatch.setattr("certification.log.signing.signing_key", lambda: stranger)
    with pytest.raises(KeyProblemError):
        makers.certified()


@pytest.mark.parametrize("value", [1.5, 2**53, "Teotitla\u0301n"])
def test_what_readers_could_disagree_on_is_not_signed_by_us(value: object) -> None:
    ring = Ring(Keypair.generate(demonstration=False), NOW)
    document = {"@context": ["urn:x"], "issuer": DID}
    assert issuer.seal({**document, "more": "Teotitl\u00e1n"}, ring, at=NOW).signed_at == NOW
    with pytest.raises(InvalidInput) as caught:
        issuer.seal({**document, "more": value}, ring, at=NOW)
    assert caught.value.code == "not_canonical"


# In other hands


def compromised(index: int) -> str:
    return rotating.compromise(signing_key().kid, index, now=lambda: LATER)


@pytest.mark.parametrize(
    ("offset", "states"),
    [
        (-1, [P.CANNOT_CHECK, P.CANNOT_CHECK]),
        (0, [P.CANNOT_CHECK, P.CANNOT_CHECK]),
        (1, [P.VALID, P.CANNOT_CHECK]),
        (2, [P.VALID, P.VALID]),
    ],
    ids=["before both", "at the first", "at the second", "after both"],
)
def test_what_a_compromised_key_signed_counts_only_below_the_index_that_is_told(
    session: Session, client: FlaskClient, offset: int, states: list[PublicState]
) -> None:
    both = [makers.certified(at=NOW) for _ in range(2)]
    index = verifying.leaf_index_of(both[0].versions[0])
    assert index is not None
    old = signing_key()
    assert compromised(index + offset) == signing_key().kid != old.kid
    found = [verifying.check(one.versions[0], LATER + HOUR) for one in both]
    assert [one.state for one in found if one] == states
    sound = [faults_of(one.versions[0], LATER + HOUR) == () for one in both]
    assert sound == [state is P.VALID for state in states]
    with clock.standing_at(LATER + HOUR):
        for one, state in zip(both, states, strict=True):
            record = client.get(f"/c/{one.code}", headers={"Accept": "application/json"}).get_json()
            assert record["state"] == state.value
        newer = makers.certified(at=LATER)
        assert Outsider(client).check(newer.code, LATER + HOUR).state is P.VALID
    methods = Outsider(client).did()["verificationMethod"]
    assert ["revoked" in one for one in methods] == [True, False, True, False]
    assert check() == []


def test_nothing_that_a_compromised_key_signs_from_then_on_is_a_checkpoint(session: Session, client: FlaskClient) -> None:
    old = signing_key()
    makers.certified(at=NOW)
    compromised(2)
    note = head().note
    assert note is not None
    assert signers(note, old, signing_key()) == [False, True]
    assert client.get("/log/vkey").text.splitlines() == [VerifierKey.of("localhost/log", signing_key().public).text]
    forged = sign_checkpoint(parse_checkpoint(parse_note(note).text), old.private).encode()
    place().write_bytes(forged)
    with pytest.raises(LogConflict) as refused:
        require_carried_on(head())
    assert refused.value.code == "log_outside_unreadable"
    place().write_bytes(note)
    require_carried_on(head())


def test_a_key_that_was_followed_before_is_told_of_without_another_rotation(session: Session) -> None:
    old = signing_key()
    made = makers.certified(at=NOW)
    _, new = rotate()
    assert rotating.compromise(old.kid, 2, now=lambda: LATER) == new
    assert issuer.compromises() == {old.kid: 2}
    assert "compromised_key" in faults_of(made.versions[0], LATER)
    with pytest.raises(KeyProblemError, match="only an earlier"):
        rotating.compromise(old.kid, 3, now=lambda: LATER)
    rotating.compromise(old.kid, 1, now=lambda: LATER)
    assert issuer.compromises() == {old.kid: 1}
    assert check() == []


@pytest.mark.parametrize("index", [-1, 99])
def test_an_index_that_the_log_has_not_is_refused_and_changes_nothing(session: Session, index: int) -> None:
    makers.certified(at=NOW)
    before = signing_key().kid
    with pytest.raises(KeyProblemError, match="no index"):
        compromised(index)
    assert (signing_key().kid, list(verifying_keys())) == (before, [before])
