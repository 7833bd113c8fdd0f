from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from certification.applications.models import Decision
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.log import signing
from certification.log.keys import KeyProblemError
from certification.registry import credentials, issuing
from certification.registry.commitments import Disclosure, disclose
from certification.registry.credentials import token_of
from certification.registry.issuing import certify
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion, RecordedAct, VersionCredential
from certification.registry.records import is_sound
from certification.rules.canonical import jcs
from certification.rules.code import parse
from certification.rules.errors import AlreadyDecided, Conflict, Forbidden, IllegalMove
from certification.rules.multiformats import decode_base64url
from certification.rules.workflow import CertificateAct, Outcome
from tests import makers

DECIDED = datetime(2026, 3, 14, 18, tzinfo=UTC)


@contextmanager
def changes() -> Iterator[list[str]]:
    """What is changed in which table, as it happens."""
    told: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        told.append(sql.partition(" SET ")[0])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_grant_becomes_a_certificate_for_the_schemes_term(session: Session) -> None:
    made = makers.certified(at=DECIDED)
    assert parse(made.code) == made.code
    assert (made.granted_at, made.valid_from) == (DECIDED, datetime(2026, 3, 14, 6, tzinfo=UTC))
    assert made.valid_until == datetime(2028, 3, 15, 6, tzinfo=UTC)  # 14 March 2028 is its last day in Mexico City
    assert made.surveillance_due == datetime(2027, 3, 15, 6, tzinfo=UTC)
    assert made.grace_ends == datetime(2027, 5, 14, 6, tzinfo=UTC)
    assert (made.label_class, made.holder_name, made.municipality, made.state_code) == (
        "artesania",
        "Taller Hilo de Luna",
        "Oaxaca de Juárez",
        "20",
    )


def test_what_is_signed_verifies_and_freezes_the_subject(session: Session) -> None:
    made = makers.certified(at=DECIDED)
    said = made.versions[0].statement
    assert is_sound(made, DECIDED)
    assert said["certificate"] == {"code": made.code, "version": 1}
    assert said["subject"]["goods"] == ["Rebozos de algodón teñidos con añil"]
    assert said["subject"]["refs"] == ["prod1", "prod2"]
    assert said["validity"] == {
        "from": "2026-03-14", "until": "2028-03-14", "time_zone": "America/Mexico_City", "days_end": "end_of_day_in_time_zone", "surveillance_due": "2027-03-14",
    }  # fmt: skip
    refs = db.session.scalars(select(CertificateSubject.subject_ref).where(CertificateSubject.certificate_id == made.id))
    assert sorted(refs) == ["prod1", "prod2"]


def test_with_the_key_at_hand_what_is_signed_is_written_once(session: Session) -> None:
    makers.certified()  # tells the log of the key
    with changes() as told:
        made = makers.certified()
    assert not {"UPDATE certificate_versions", "UPDATE version_credentials"} & set(told)
    assert told.count("UPDATE certificates") == 1
    assert is_sound(made, makers.THEN)


def test_where_no_key_is_at_hand_it_is_signed_at_the_end(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "ring_at_hand", lambda _session: None)
    with changes() as told:
        made = makers.certified()
    assert {"UPDATE certificate_versions", "UPDATE version_credentials"} <= set(told)
    assert is_sound(made, makers.THEN)


def test_a_token_is_kept_without_its_payload_and_one_of_before_as_it_was(session: Session) -> None:
    version = makers.certified().versions[0]
    stored, whole = version.credential, token_of(version)
    assert stored is not None
    header, payload, signature = str(whole).split(".")
    assert (stored.token, decode_base64url(payload)) == (f"{header}..{signature}", jcs(stored.document))
    before = VersionCredential(document=stored.document, token=whole)
    assert token_of(CertificateVersion(credential=before)) == whole
    assert token_of(CertificateVersion(credential=VersionCredential(document=stored.document))) is None
    assert token_of(CertificateVersion()) is None
    damaged = VersionCredential(document={"id": "\ud800"}, token=stored.token)
    assert token_of(CertificateVersion(credential=damaged)) == stored.token


def test_no_makers_name_is_in_what_is_signed_only_its_commitment(session: Session) -> None:
    made = makers.certified(at=DECIDED)
    said = made.versions[0].statement
    assert "Martina" not in str(said)
    disclosed = Disclosure(**made.page["makers"][0])
    assert (disclosed.name, said["personal"]["makers"]) == ("Martina Luna", [disclosed.commitment])


def test_two_makers_of_one_name_have_commitments_of_their_own() -> None:
    one, two = disclose(["Martina Luna", "Martina Luna"])
    assert one.commitment != two.commitment


def test_changing_one_letter_of_what_was_signed_is_seen(session: Session) -> None:
    made = makers.certified(at=DECIDED)
    version = made.versions[0]
    version.statement = version.statement | {"holder": "Taller Hilo de Lana"}
    with db.session.no_autoflush:
        assert not is_sound(made, DECIDED)
    db.session.rollback()


def test_the_act_the_audit_and_the_mail_are_written_with_it(session: Session) -> None:
    made = makers.certified(at=DECIDED)
    act = db.session.scalars(select(RecordedAct)).one()
    assert (act.kind, act.at, act.certificate_id) == (CertificateAct.GRANTED, DECIDED, made.id)
    assert act.details["term"]["valid_until"] == "2028-03-15T06:00:00+00:00"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "certificate.grant")).one()
    assert entry.subject_id == made.code
    mail = db.session.scalars(select(OutboxMessage)).one()
    assert mail.name == "certificate-granted"
    assert made.page["proof"]["signature"] == made.versions[0].signature
    assert "14 mar 2028" in mail.text


def test_one_decision_makes_one_certificate(session: Session) -> None:
    made = makers.certified(at=DECIDED)
    decision = db.session.scalars(select(Decision)).one()
    with pytest.raises(AlreadyDecided), unit_of_work():
        certify(decision.application, decision, by=decision.decided_by, at=DECIDED)
    assert [one.id for one in db.session.scalars(select(Certificate))] == [made.id]


def test_only_who_decided_issues(session: Session) -> None:
    decision, other = makers.granted(), makers.user()
    with pytest.raises(Forbidden), unit_of_work():
        certify(decision.application, decision, by=other, at=DECIDED)
    assert db.session.scalar(select(Certificate)) is None


def test_a_refusal_makes_no_certificate(session: Session) -> None:
    decision = makers.granted()
    with unit_of_work():
        decision.outcome = Outcome.REFUSED
    with pytest.raises(IllegalMove), unit_of_work():
        certify(decision.application, decision, by=decision.decided_by, at=DECIDED)


def test_a_scheme_that_lapsed_grants_nothing(session: Session) -> None:
    decision = makers.granted()
    with unit_of_work():
        decision.application.scheme_version.lapsed_at = DECIDED
    with pytest.raises(IllegalMove), unit_of_work():
        certify(decision.application, decision, by=decision.decided_by, at=DECIDED)


def test_a_code_already_taken_is_drawn_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    first = makers.certified()
    drawn = iter([first.code, first.code, "YSRD0DA0G77"])
    monkeypatch.setattr(issuing, "new_code", lambda: next(drawn))
    assert makers.certified().code == "YSRD0DA0G77"


def test_a_broken_source_of_codes_is_a_failure_and_no_loop(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    first = makers.certified()
    monkeypatch.setattr(issuing, "new_code", lambda: first.code)
    with pytest.raises(Conflict):
        makers.certified()


def test_without_a_key_nothing_is_granted(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = makers.granted()

    def missing() -> None:
        raise KeyProblemError("no key")

    monkeypatch.setattr(signing, "signing_key", missing)
    with pytest.raises(KeyProblemError, match="no key"), unit_of_work():
        certify(decision.application, decision, by=decision.decided_by, at=DECIDED)
    assert db.session.scalar(select(Certificate)) is None
    assert db.session.scalar(select(OutboxMessage)) is None


@pytest.mark.parametrize("begins", [None, date(2026, 6, 13)])
def test_the_day_of_the_decision_is_signed_whenever_the_label_begins(session: Session, begins: date | None) -> None:
    by = makers.user("Celia Decide")
    decision = makers.granted(by, at=datetime(2026, 3, 15, 5, 30, tzinfo=UTC))  # still the 14th in Mexico City
    with unit_of_work():
        made = certify(decision.application, decision, by=by, at=datetime(2026, 3, 15, 5, 30, tzinfo=UTC), begins=begins)
    said = made.versions[0].statement
    assert (said["decision"]["on"], said["validity"]["from"]) == ("2026-03-14", (begins or date(2026, 3, 14)).isoformat())
