"""Telling holders in time: that a label can be renewed, and that a visit falls due. Each date is told once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from certification.applications.models import Application
from certification.core.db import db, writing
from certification.registry.models import Certificate, Reminder
from certification.registry.renewals import OPEN, ways
from certification.registry.telling import last_day, tell_holder
from certification.registry.validity import lapsed_versions
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import text_of, zone_of

ENDING, VISIT = "ending", "visit"
BEFORE_A_VISIT = timedelta(days=60)
AT_ONCE = 100


def remind(at: datetime) -> int:
    """Put a mail into the outbox for each date that comes near, and note it; how many dates. For the worker; repeats are safe."""
    return _remind(ENDING, Certificate.valid_until, _ending(at), at) + _remind(VISIT, Certificate.surveillance_due, _due(at), at)


def _remind(
    kind: str,
    date: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    near: ColumnElement[bool],
    at: datetime,
) -> int:
    told = exists().where(Reminder.certificate_id == Certificate.id, Reminder.kind == kind, Reminder.due == date)
    rows = select(Certificate).where(_living(at), near, ~told).order_by(Certificate.id).limit(AT_ONCE)
    count = 0
    for certificate in writing().scalars(rows.with_for_update(skip_locked=True, of=Certificate)).all():
        count += _tell(certificate, kind, at)
    return count


def _tell(certificate: Certificate, kind: str, at: datetime) -> bool:
    """Whoever asked for a renewal already, or holds what nothing can renew, is not reminded of it."""
    zone, found = zone_of(certificate.scheme_version), ways(certificate, at)
    due = certificate.valid_until if kind == ENDING else certificate.surveillance_due
    if found is None or due is None or (kind == ENDING and not found.may_renew):
        return False
    writing().add(Reminder(certificate_id=certificate.id, kind=kind, due=due, sent_at=at))
    visit = certificate.surveillance_due
    more: dict[str, Any] = {"apply_by": found.apply_by, "next_visit": last_day(visit, zone) if visit else None}
    tell_holder(certificate, f"certificate-{kind}", at=at, **more)
    return True


def _living(at: datetime) -> ColumnElement[bool]:
    """Those that nothing can be asked for are left out here: a hundred of them would keep all others waiting."""
    lost = (Certificate.withdrawn_at, Certificate.surrendered_at, Certificate.superseded_at)
    backed = Certificate.scheme_version_id.not_in(lapsed_versions(at))
    return and_(Certificate.valid_until > at, backed, *(mark.is_(None) for mark in lost))


def _ending(at: datetime) -> ColumnElement[bool]:
    """Within the window that its scheme's text opens for renewals, and nothing is asked for yet. Versions are few."""
    asked = exists().where(Application.renews == Certificate.code, Application.state.in_(OPEN))
    near = (and_(Certificate.scheme_version_id == id_, Certificate.valid_until <= at + opens) for id_, opens in _windows())
    return and_(or_(false(), *near), ~asked)


def _windows() -> Iterator[tuple[int, timedelta]]:
    for version in db.session.scalars(select(SchemeVersion).where(SchemeVersion.activated_at.is_not(None))).unique():
        yield version.id, timedelta(days=text_of(version).timing.renewal_opens_days)


def _due(at: datetime) -> ColumnElement[bool]:
    return and_(Certificate.surveillance_due <= at + BEFORE_A_VISIT, Certificate.grace_ends > at)
