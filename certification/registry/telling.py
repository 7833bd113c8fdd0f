"""Telling the holder: a mail to each of its people who has an address."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from certification.accounts.models import User, UserState
from certification.core import outbox
from certification.core.db import db
from certification.core.web import outside
from certification.parties.belonging import keepers_of
from certification.parties.models import Membership, Power
from certification.registry.models import Certificate
from certification.rules.code import display
from certification.rules.days import day_of
from certification.schemes.texts import text_of, zone_of


def tell_holder(certificate: Certificate, name: str, *, at: datetime, told: int | None = None, **more: object) -> int:
    """Put the mail ``name`` into the outbox for everyone who acts in the holder's name; returns how many. ``told`` is the id of
    whoever another mail tells the same.

    ``more`` are values of this mail alone. Whoever filled the application in is told too. Whoever has no mail finds the same
    words on the verify page.
    """
    version, pause = certificate.scheme_version, certificate.suspension_until
    people = [one for one in _people(certificate, at) if one.id != told]
    for person in people:
        outbox.send(
            person.email or "",
            name,
            language=person.language,
            person=person.name,
            holder=certificate.holder_name,
            goods=certificate.goods,
            code=display(certificate.code),
            label=text_of(version).name.in_(person.language),
            last_day=last_day(certificate.valid_until, zone_of(version)),
            pause_ends=last_day(pause, zone_of(version)) if pause else None,
            why=_why(certificate, person.language),
            verify_url=outside(f"/v/{certificate.code}"),
            record_url=outside(f"/c/{certificate.code}"),
            **more,
        )
    return len(people)


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day of a term; its end is the first instant that no longer belongs to it."""
    return day_of(end - timedelta(microseconds=1), zone)


def _why(certificate: Certificate, language: str) -> dict[str, object] | None:
    why = certificate.page.get("why")
    if why is None:
        return None
    until = datetime.fromisoformat(why["appeal_until"]) if why["appeal_until"] else None
    last = last_day(until, zone_of(certificate.scheme_version)) if until else None
    return {"reason": why["reason"][language], "summary": why["summary"], "appeal_until": last}


def _people(certificate: Certificate, at: datetime) -> list[User]:
    members = (
        select(Membership.user_id)
        .where(Membership.party_id == certificate.holder_id, Membership.since <= at)
        .where(Membership.ended_at.is_(None) | (Membership.ended_at > at))
    )
    keepers = [one.id for one in keepers_of(certificate.holder_id, Power.APPLY)]
    wanted = (
        select(User)
        .where(User.id.in_(members) | User.id.in_(keepers) | (User.id == certificate.case.applicant_id))
        .where(User.email_confirmed_at.is_not(None), User.state == UserState.ACTIVE)
        .order_by(User.id)
    )
    return list(db.session.scalars(wanted))
