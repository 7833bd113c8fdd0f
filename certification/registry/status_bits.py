"""The bits of status lists, as rows say them and, for versions that were lost, as leaves of the log do."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from certification.core.db import db
from certification.registry.lost import acts_of, facts_of_lost, newest_number
from certification.registry.models import (
    Certificate,
    CertificateVersion,
    LostPlace,
    LostVersion,
    RecordedAct,
    StatusList,
    StatusPlace,
)
from certification.rules.credential import REVOCATION, SUSPENSION
from certification.rules.facts import FOR_GOOD
from certification.rules.statuslist import SMALLEST, StatusBits
from certification.rules.workflow import CertificateAct


def address_of(listed: StatusList) -> str:
    """Where a list is served, which is also its ``id``."""
    return f"{listed.origin}/status/{listed.purpose}/{listed.number}"


def is_revoked() -> ColumnElement[bool]:
    """Of a version and its certificate, as SQL: the bit of revocation. Of columns and acts, the worse counts."""
    newer = aliased(CertificateVersion)
    later = exists().where(newer.certificate_id == CertificateVersion.certificate_id, newer.number > CertificateVersion.number)
    found = exists().where(
        LostVersion.code == Certificate.code,
        LostVersion.number > CertificateVersion.number,
        LostVersion.document.is_not(None),
    )
    lost = (Certificate.withdrawn_at, Certificate.surrendered_at, Certificate.superseded_at)
    acted = exists().where(RecordedAct.certificate_id == Certificate.id, RecordedAct.kind.in_(FOR_GOOD))
    return or_(*(mark.is_not(None) for mark in lost), later, found, acted)


def is_suspended(lapsed: Iterable[int]) -> ColumnElement[bool]:
    """Of a certificate, as SQL: the bit of suspension; ``lapsed`` is ``validity.lapsed_versions``."""
    paused, ended = aliased(RecordedAct), aliased(RecordedAct)
    over = exists().where(ended.certificate_id == Certificate.id, ended.kind == CertificateAct.RESTORED, ended.id > paused.id)
    acted = exists().where(paused.certificate_id == Certificate.id, paused.kind == CertificateAct.SUSPENDED, ~over)
    return or_(Certificate.suspended_at.is_not(None), Certificate.scheme_version_id.in_(lapsed), acted)


def bits_of(listed: StatusList, lapsed: Iterable[int], at: datetime) -> StatusBits:
    """The bits of a list as rows say them, and leaves for lost versions; ``lapsed`` is ``validity.lapsed_versions`` of ``at``."""
    rows = (
        select(StatusPlace.place)
        .join(CertificateVersion, CertificateVersion.id == StatusPlace.version_id)
        .join(Certificate, Certificate.id == CertificateVersion.certificate_id)
        .where(StatusPlace.list_id == listed.id, is_revoked() if listed.purpose == REVOCATION else is_suspended(lapsed))
    )
    bits = StatusBits(bytes(SMALLEST // 8))
    for place in db.session.scalars(rows):
        bits[place] = True
    for one in db.session.scalars(select(LostPlace).where(LostPlace.list_id == listed.id)):
        bits[one.place] = one.code is None or _lost_bit(one.code, one.number or 0, listed.purpose, lapsed, at)
    return bits


def _lost_bit(code: str, number: int, purpose: str, lapsed: Iterable[int], at: datetime) -> bool:
    """By the record where there is one, for a version of it was lost; else by the leaves. What leads nowhere is set."""
    record = db.session.scalar(select(Certificate).where(Certificate.code == code))
    if record is not None and purpose == SUSPENSION:
        return record.suspended_at is not None or record.scheme_version_id in set(lapsed)
    told = acts_of(code)
    facts = record or facts_of_lost(code, told, max([at, *(act.at for act in told)]))  # a list follows acts, not dates
    if facts is None:
        return True
    if purpose == SUSPENSION:
        ended = getattr(facts, "scheme_lapsed_at", None)
        return facts.suspended_at is not None or (ended is not None and ended <= at)
    over = any(mark is not None for mark in (facts.withdrawn_at, facts.surrendered_at, facts.superseded_at))
    return over or number < max([newest_number(code), *(each.number for each in (record.versions if record else ()))])
