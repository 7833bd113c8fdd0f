"""The labels that a committee looks after, in lists for those who sit on it. Queries only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload, selectinload

from certification.accounts.models import Role, User
from certification.applications.models import Application, Evaluation
from certification.registry.models import Certificate, CertificateVersion
from certification.registry.validity import lapsed_versions
from certification.schemes.models import Scheme, SchemeVersion


def living(person: User, at: datetime) -> list[ColumnElement[bool]]:
    """Labels of this person's committees that live, also paused ones."""
    one = Certificate
    backed = select(SchemeVersion.id).join(Scheme).where(Scheme.key.in_(_committees_of(person)))
    lost = (one.withdrawn_at, one.surrendered_at, one.superseded_at)
    return [
        one.scheme_version_id.in_(backed),
        one.scheme_version_id.not_in(lapsed_versions(at)),
        one.valid_from <= at,
        one.valid_until > at,
        *(mark.is_(None) for mark in lost),
    ]


def with_cases(wanted: Select[Any]) -> Select[Any]:
    """With what guard 1 asks of each, see ``applications.cases.bars_to_deciding``."""
    panel = selectinload(Application.evaluations).selectinload(Evaluation.findings)
    case = (joinedload(Application.party), panel)
    return wanted.options(
        selectinload(Certificate.versions).selectinload(CertificateVersion.application).options(*case),
        selectinload(Certificate.application).options(*case),
    )


def _committees_of(person: User) -> Collection[str]:
    """Keys of the schemes on whose committee somebody sits."""
    return {held.scope for held in person.current_roles if held.role is Role.DECIDER}
