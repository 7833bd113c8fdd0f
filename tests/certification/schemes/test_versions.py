"""A version's moves, who may make them, and its text that nothing can change."""

import copy
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.log.checkpoints import place
from certification.log.fsck import check
from certification.log.reading import latest
from certification.rules.canonical import digest
from certification.rules.errors import Forbidden, IllegalMove, InvalidInput, LogConflict
from certification.rules.workflow import SchemeVersionState
from certification.schemes import texts, versions
from certification.schemes.builtin import standards
from certification.schemes.models import SchemeVersion
from tests import makers
from tests.at_once import DONE, Act, at_once
from tests.conftest import ENGINE, NOW


def draft(version: SchemeVersion, number: str = "1.1") -> SchemeVersion:
    document = copy.deepcopy(standards()["schemes"][0]) | {"version": number}
    made = SchemeVersion(scheme_id=version.scheme_id, version=number, document=document, digest=digest(document))
    makers.save(made)
    return made


def owner(key: str = "origen-local") -> User:
    person = makers.user("Petra Nube")
    makers.role(person, Role.SCHEME_OWNER, key)
    return person


def test_a_draft_is_consulted_then_activated_and_supersedes_the_older(session: Session) -> None:
    older, person = makers.scheme_version(), owner()
    newer = draft(older)
    with unit_of_work():
        versions.open_consultation(newer, by=person, at=NOW)
        versions.activate(newer, by=person, at=NOW)
    assert (newer.state, newer.activated_at) == (SchemeVersionState.ACTIVE, NOW)
    assert (older.state, older.ended_at) == (SchemeVersionState.SUPERSEDED, NOW)


def logged() -> list[tuple[str, str, datetime]]:
    """What the public log says of this scheme since it was installed."""
    own = [one.act for one in latest(None, 50) if one.act and one.act.scheme and one.act.scheme.id == "origen-local"]
    return [(one.act.value, one.scheme.version, one.at) for one in reversed(own) if one.scheme]


def test_each_move_into_and_out_of_force_has_its_leaf(session: Session) -> None:
    older, person = makers.scheme_version(), owner()
    newer = draft(older)
    with unit_of_work():
        versions.open_consultation(newer, by=person, at=NOW)
        versions.activate(newer, by=person, at=NOW)
    with unit_of_work():
        versions.lapse(newer, by=person, at=NOW + timedelta(days=1), reason="Terminó")
    assert logged() == [
        ("scheme_activated", "1.0", makers.THEN),
        ("scheme_superseded", "1.0", NOW),
        ("scheme_activated", "1.1", NOW),
        ("scheme_lapsed", "1.1", NOW + timedelta(days=1)),
    ]
    assert check() == []


def test_a_move_that_the_log_cannot_be_told_does_not_happen(session: Session) -> None:
    version, person = makers.scheme_version(), owner()
    place().unlink()
    with pytest.raises(LogConflict), unit_of_work():
        versions.withdraw(version, by=person, at=NOW, reason="Ya no")
    session.expire_all()
    assert (version.state, len(logged())) == (SchemeVersionState.ACTIVE, 1)


def test_a_draft_cannot_skip_its_consultation(session: Session) -> None:
    newer, person = draft(makers.scheme_version()), owner()
    with pytest.raises(IllegalMove), unit_of_work():
        versions.activate(newer, by=person, at=NOW)


def test_a_text_that_contradicts_itself_is_not_put_before_anybody(session: Session) -> None:
    newer, person = draft(makers.scheme_version()), owner()
    with unit_of_work():
        newer.document = newer.document | {"criteria": []}
        newer.digest = digest(newer.document)
    with pytest.raises(InvalidInput), unit_of_work():
        versions.open_consultation(newer, by=person, at=NOW)


@pytest.mark.parametrize("verb", ["lapse", "withdraw"])
def test_ending_the_scheme_ends_all_its_versions_at_that_instant(session: Session, verb: str) -> None:
    older, person = makers.scheme_version(), owner()
    newer = draft(older)
    with unit_of_work():
        versions.open_consultation(newer, by=person, at=NOW)
        versions.activate(newer, by=person, at=NOW)
    later = NOW + timedelta(days=3)
    with unit_of_work():
        getattr(versions, verb)(newer, by=person, at=later, reason="Acta del 24 de noviembre")
    assert newer.state is {"lapse": SchemeVersionState.LAPSED, "withdraw": SchemeVersionState.WITHDRAWN}[verb]
    assert older.state is SchemeVersionState.SUPERSEDED
    assert texts.lapsed_at(newer) == texts.lapsed_at(older) == later
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.act, entry.by_id, entry.details["reason"]) == (f"scheme.{verb}", person.id, "Acta del 24 de noviembre")


@pytest.mark.skipif(ENGINE == "sqlite", reason="in memory there is one connection, and on a file one writer")
def test_of_several_who_end_it_at_once_one_does_and_the_others_are_refused(app: Flask, session: Session) -> None:
    version, person = makers.scheme_version().id, owner().id

    def ending(verb: str) -> Act:
        end = getattr(versions, verb)
        return lambda own: end(own.get_one(SchemeVersion, version), by=own.get_one(User, person), at=NOW, reason="Terminó")

    told = at_once(app, [ending(verb) for verb in ["lapse", "withdraw"] * 2])
    assert sorted(told) == [DONE, "illegal_move", "illegal_move", "illegal_move"]
    assert (len(logged()), check()) == (2, [])


@pytest.mark.parametrize("given", ["", " \n\t", "a" * 1001], ids=["none", "blank", "too long"])
@pytest.mark.parametrize("verb", ["lapse", "withdraw"])
def test_no_scheme_ends_without_a_reason_that_the_record_can_keep(session: Session, verb: str, given: str) -> None:
    version, person = makers.scheme_version(), owner()
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        getattr(versions, verb)(version, by=person, at=NOW, reason=given)
    session.expire_all()
    assert (refused.value.code, version.state, len(logged())) == ("bad_reason", SchemeVersionState.ACTIVE, 1)


@pytest.mark.parametrize("role", [Role.DECIDER, Role.EVALUATOR, None])
def test_who_does_not_answer_for_the_scheme_moves_nothing(session: Session, role: Role | None) -> None:
    version, person = makers.scheme_version(), makers.user()
    if role:
        makers.role(person, role, "origen-local")
    with pytest.raises(Forbidden), unit_of_work():
        versions.withdraw(version, by=person, at=NOW, reason="porque sí")
    assert version.state is SchemeVersionState.ACTIVE


def test_the_owner_of_another_scheme_moves_nothing(session: Session) -> None:
    version, person = makers.scheme_version(), owner("comercio-justo-local")
    with pytest.raises(Forbidden), unit_of_work():
        versions.lapse(version, by=person, at=NOW, reason="x")


def test_the_operator_stands_in_only_while_nobody_adopted_the_scheme(session: Session) -> None:
    version, operator = makers.scheme_version(), makers.user()
    makers.role(operator, Role.OPERATOR)
    community = makers.party("Asamblea de Tejedoras del Valle")
    with unit_of_work():
        version.scheme.owner_id = community.id
    with pytest.raises(Forbidden), unit_of_work():
        versions.lapse(version, by=operator, at=NOW, reason="x")
    with unit_of_work():
        version.scheme.owner_id = None
        versions.lapse(version, by=operator, at=NOW, reason="x")
    assert version.state is SchemeVersionState.LAPSED


@pytest.mark.parametrize("change", ["document = '{}'", "digest = 'x'", "version = '9'"])
def test_the_database_refuses_a_change_of_text_once_out_of_the_draft(session: Session, change: str) -> None:
    makers.scheme_version()
    with pytest.raises(DBAPIError, match="never changes"), unit_of_work() as work:
        work.execute(text(f"UPDATE scheme_versions SET {change}"))  # noqa: S608  a test's own words


def test_the_text_of_a_draft_may_change(session: Session) -> None:
    newer = draft(makers.scheme_version())
    with unit_of_work() as work:
        work.execute(text("UPDATE scheme_versions SET digest = 'x' WHERE state = 'draft'"))
    assert newer.digest == "x"


def test_dates_and_state_change_without_touching_the_text(session: Session) -> None:
    version = makers.scheme_version()
    with unit_of_work():
        version.mark, version.mark_ends_on = "Marca colectiva ficticia", date(2030, 1, 1)
    assert version.mark == "Marca colectiva ficticia"


def test_a_scheme_lapses_when_the_last_day_of_its_mark_is_over_in_mexico(session: Session) -> None:
    version = makers.scheme_version()
    with unit_of_work():
        version.mark_ends_on = date(2026, 11, 21)
    end = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)  # midnight in Mexico City
    assert texts.lapsed_at(version) == end
    assert texts.state_at(version, end - timedelta(seconds=1)) is SchemeVersionState.ACTIVE
    assert texts.state_at(version, end) is SchemeVersionState.LAPSED
    assert version.state is SchemeVersionState.ACTIVE


def test_the_earlier_of_the_recorded_end_and_the_mark_counts(session: Session) -> None:
    version = makers.scheme_version()
    with unit_of_work():
        version.mark_ends_on, version.lapsed_at = date(2027, 1, 1), NOW
    assert texts.lapsed_at(version) == NOW
    with unit_of_work():
        version.mark_ends_on = date(2026, 1, 1)
    assert texts.lapsed_at(version) == datetime(2026, 1, 2, 6, 0, tzinfo=UTC)


def test_a_scheme_without_end_has_none(session: Session) -> None:
    assert texts.lapsed_at(makers.scheme_version()) is None
