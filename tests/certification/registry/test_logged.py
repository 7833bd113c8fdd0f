from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.log import fsck
from certification.log.checkpoints import place
from certification.log.models import LogLeaf
from certification.log.reading import of_certificate
from certification.registry import logged
from certification.registry.acts import Why, restore, supersede, suspend, withdraw
from certification.registry.logged import ActLeaf, dossier_digest
from certification.registry.models import Certificate, RecordedAct
from certification.registry.scope import rehook, unhook
from certification.rules.canonical import digest
from certification.rules.errors import LogConflict
from certification.rules.leaves import Act, CertificateRef, LogAct, SchemeRef, leaf_bytes
from tests import makers
from tests.conftest import NOW

WHY = Why("UNDER_INVESTIGATION", "Se revisa lo que nos dijeron.")


@pytest.fixture
def certificate(decider: User) -> Certificate:
    return makers.certified(decider)


def last(certificate: Certificate) -> Act:
    return of_certificate(certificate.code)[-1].act


def salt_of(session: Session, kind: str) -> str:
    return session.scalars(select(ActLeaf.salt).join(RecordedAct).where(RecordedAct.kind == kind)).one()


def test_a_grant_is_told_with_its_scheme_and_its_term(session: Session, certificate: Certificate) -> None:
    version = certificate.scheme_version
    told = last(certificate)
    assert told == Act(
        LogAct.GRANTED,
        makers.THEN,
        certificate=CertificateRef(certificate.code, 1),
        scheme=SchemeRef("origen-local", "1.0", version.digest),
        credential=told.credential,
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
        dossier=dossier_digest(salt_of(session, "granted"), certificate.application.public_id, ""),
    )


def test_a_grant_is_told_with_the_digest_of_its_credential(session: Session, certificate: Certificate) -> None:
    credential = certificate.versions[0].credential
    assert credential is not None
    assert credential.document
    assert "proof" not in credential.document
    assert last(certificate).credential == digest(credential.document)


def test_a_grant_takes_its_turn_at_the_log_before_it_touches_status_lists(session: Session) -> None:
    """The order in which a pause locks them too: otherwise the two could wait for each other for ever."""
    makers.certified()
    said: list[str] = []

    def note(*given: Any) -> None:
        said.append(given[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        makers.certified()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    turn = next(number for number, one in enumerate(said) if "FROM log_heads" in one)
    lists = next(number for number, one in enumerate(said) if "INSERT INTO status_slots" in one)
    assert turn < lists


def test_a_pause_is_told_with_its_reason_and_its_end(session: Session, certificate: Certificate, decider: User) -> None:
    with unit_of_work():
        suspend(certificate, WHY, until=date(2026, 12, 31), by=decider, at=NOW)
    assert last(certificate) == Act(
        LogAct.SUSPENDED,
        NOW,
        certificate=CertificateRef(certificate.code, 1),
        until=datetime(2027, 1, 1, 6, tzinfo=UTC),
        reason_code="UNDER_INVESTIGATION",
        dossier=dossier_digest(salt_of(session, "suspended"), certificate.application.public_id, WHY.public_summary),
    )


def test_a_loss_is_told_with_its_criterion(certificate: Certificate, decider: User) -> None:
    with unit_of_work():
        withdraw(certificate, Why("CRITICAL_NOT_MET", "No es hecho a mano.", "OL-1"), by=decider, at=NOW)
    told = last(certificate)
    assert (told.act, told.reason_code, told.criterion) == (LogAct.WITHDRAWN, "CRITICAL_NOT_MET", "OL-1")


def test_a_successor_is_named(certificate: Certificate, decider: User) -> None:
    other = makers.certified(decider, of=certificate.holder)
    with unit_of_work():
        supersede(certificate, other, by=decider, at=NOW)
    assert (last(certificate).act, last(certificate).successor) == (LogAct.SUPERSEDED, other.code)


def test_goods_that_wear_the_label_again_have_a_leaf_and_those_that_wait_have_none(
    certificate: Certificate, decider: User
) -> None:
    with unit_of_work():
        unhook(["prod1"], by=decider, at=NOW, why="Otra lana")
    assert last(certificate).act is LogAct.GRANTED
    with unit_of_work():
        rehook(certificate, "prod1", seen=NOW.isoformat(), by=decider, at=NOW + timedelta(hours=1))
    assert last(certificate) == Act(LogAct.REHOOKED, NOW + timedelta(hours=1), certificate=CertificateRef(certificate.code, 1))
    assert fsck.check() == []


def test_a_leaf_has_no_more_than_its_alphabet_lets_it_say(session: Session, certificate: Certificate, decider: User) -> None:
    with unit_of_work():
        suspend(certificate, WHY, until=date(2026, 12, 31), by=decider, at=NOW)
    for entry in session.scalars(select(LogLeaf.entry)):
        for word in ("Martina", "Celia", "Rebozo", "Taller", "Oaxaca", "revisa", certificate.application.public_id):
            assert word.encode() not in entry


def test_microseconds_are_cut_so_that_the_row_still_gives_its_leaf(certificate: Certificate, decider: User) -> None:
    with unit_of_work():
        suspend(certificate, WHY, until=date(2026, 12, 31), by=decider, at=NOW + timedelta(microseconds=123_999))
    assert last(certificate).at == NOW + timedelta(milliseconds=123)
    assert fsck.check() == []


def test_the_salt_is_new_for_each_act_and_never_in_the_log(session: Session, certificate: Certificate, decider: User) -> None:
    with unit_of_work():
        suspend(certificate, WHY, until=date(2026, 12, 31), by=decider, at=NOW)
    salts = session.scalars(select(ActLeaf.salt)).all()
    assert [len(salt) for salt in set(salts)] == [43, 43]
    entries = b"".join(session.scalars(select(LogLeaf.entry)))
    assert not any(salt.encode() in entries for salt in salts)


def test_the_dossier_is_the_digest_of_three_words() -> None:
    said = {"application": "abc", "salt": "s", "summary": "Algo."}
    assert dossier_digest("s", "abc", "Algo.") == digest(said)
    assert dossier_digest("t", "abc", "Algo.") != digest(said)


def test_a_leaf_of_an_act_can_be_written_again_from_its_row(session: Session, certificate: Certificate) -> None:
    act, leaf = session.execute(select(RecordedAct, ActLeaf).join(ActLeaf)).one()
    entry = session.scalars(select(LogLeaf.entry).where(LogLeaf.index == leaf.leaf_index)).one()
    assert leaf_bytes(logged.leaf_of(act, leaf.salt)) == entry


def test_what_the_log_cannot_be_told_does_not_happen_at_all(session: Session, certificate: Certificate, decider: User) -> None:
    counts = [session.query(one).count() for one in (RecordedAct, LogLeaf, AuditEntry, OutboxMessage)]
    place().write_bytes(b"damaged")
    with pytest.raises(LogConflict), unit_of_work():
        suspend(certificate, WHY, until=date(2026, 12, 31), by=decider, at=NOW)
    session.expire_all()
    assert certificate.suspended_at is None
    assert [session.query(one).count() for one in (RecordedAct, LogLeaf, AuditEntry, OutboxMessage)] == counts


def test_a_restored_label_is_told(certificate: Certificate, decider: User) -> None:
    with unit_of_work():
        suspend(certificate, WHY, until=date(2026, 12, 31), by=decider, at=NOW)
    with unit_of_work():
        restore(certificate, by=decider, at=NOW + timedelta(days=1))
    assert [one.act.act.value for one in of_certificate(certificate.code)] == ["granted", "suspended", "restored"]
    assert certificate.page["leaf"] == of_certificate(certificate.code)[-1].index


def test_the_database_keeps_which_leaf_is_whose(session: Session, certificate: Certificate) -> None:
    leaf = session.scalars(select(ActLeaf)).one()
    leaf.salt = "x"
    with pytest.raises(DBAPIError):
        session.flush()
    session.rollback()
