"""The schemes that ship with the house are installed once and never change under their version."""

import copy

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.rules.canonical import digest
from certification.rules.errors import Conflict, Forbidden
from certification.rules.workflow import SchemeVersionState
from certification.schemes import builtin
from certification.schemes.models import Scheme, SchemeVersion
from tests import makers
from tests.conftest import NOW


def test_the_three_schemes_come_into_force_at_the_given_instant(session: Session) -> None:
    with unit_of_work():
        versions = builtin.install_builtin(by=None, at=NOW)
    keys = [(one.scheme.key, one.version, one.state, one.activated_at) for one in versions]
    assert keys == [
        ("origen-local", "1.0", SchemeVersionState.ACTIVE, NOW),
        ("comercio-justo-local", "1.0", SchemeVersionState.ACTIVE, NOW),
        ("agroecologico-participativo", "1.0", SchemeVersionState.ACTIVE, NOW),
    ]
    assert all(one.digest == digest(one.document) for one in versions)


def test_each_step_is_on_the_record(session: Session) -> None:
    with unit_of_work():
        builtin.install_builtin(by=None, at=NOW)
    acts = session.scalars(
        select(AuditEntry.act).where(AuditEntry.subject_id == "origen-local/1.0").order_by(AuditEntry.id)
    ).all()
    assert acts == ["scheme.install", "scheme.consult", "scheme.activate"]


def test_installing_again_changes_nothing_and_records_nothing(session: Session) -> None:
    with unit_of_work():
        builtin.install_builtin(by=None, at=NOW)
    before = session.scalar(select(func.count(AuditEntry.id)))
    with unit_of_work():
        builtin.install_builtin(by=None, at=NOW)
    assert session.scalar(select(func.count(SchemeVersion.id))) == 3
    assert session.scalar(select(func.count(Scheme.id))) == 3
    assert session.scalar(select(func.count(AuditEntry.id))) == before


def test_another_text_under_the_same_version_is_refused(session: Session) -> None:
    makers.scheme_version()
    changed = copy.deepcopy(builtin.standards()["schemes"][0])
    changed["name"]["es"] = "Otro nombre"
    with pytest.raises(Conflict) as refusal, unit_of_work():
        builtin.install(changed, by=None, at=NOW)
    assert (refusal.value.code, refusal.value.params) == ("other_text", {"key": "origen-local", "version": "1.0"})


def test_a_newer_version_supersedes_the_one_in_force(session: Session) -> None:
    older = makers.scheme_version()
    newer_text = copy.deepcopy(builtin.standards()["schemes"][0]) | {"version": "1.1"}
    with unit_of_work():
        newer = builtin.install(newer_text, by=None, at=NOW)
    assert (older.state, older.ended_at, older.lapsed_at) == (SchemeVersionState.SUPERSEDED, NOW, None)
    assert newer.state is SchemeVersionState.ACTIVE


def test_only_an_operator_installs(session: Session) -> None:
    person, operator = makers.user(), makers.user()
    makers.role(operator, Role.OPERATOR)
    with pytest.raises(Forbidden), unit_of_work():
        builtin.install_builtin(by=person, at=NOW)
    with unit_of_work():
        assert len(builtin.install_builtin(by=operator, at=NOW)) == 3
