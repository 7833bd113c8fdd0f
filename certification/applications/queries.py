"""Lists that the applicant's pages show."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certification.accounts.models import User
from certification.applications.case import ConditionView
from certification.applications.caseview import place_of
from certification.applications.conditions import conditions_of
from certification.applications.models import Application, Decision, Evidence
from certification.core.db import db
from certification.core.web import PER_PAGE
from certification.parties.belonging import parties_of
from certification.parties.models import Power
from certification.schemes.queries import open_versions
from certification.schemes.reasons import reason_codes
from certification.schemes.texts import text_of


class ApplicationRow(NamedTuple):
    """One of my applications. ``asked`` is how many requests wait for an answer."""

    number: int
    public_id: str
    scheme: str
    party: str
    goods: str
    state: str
    outcome: str
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    answer_until: date | None
    asked: int


class PartyChoice(NamedTuple):
    public_id: str
    name: str
    place: str


class SchemeChoice(NamedTuple):
    """A scheme that one may apply for, with who may ask for it in plain words."""

    key: str
    version: str
    name: str
    purpose: str
    eligibility: tuple[str, ...]
    subject_kinds: tuple[str, ...]
    criteria: int


class DecisionView(NamedTuple):
    """What the applicant is told of the decision. ``reason`` and ``criterion`` are words; ``owner`` is whose the scheme is."""

    outcome: str
    reasons: str
    reason: str
    criterion: str
    decided_at: datetime
    conditions: tuple[ConditionView, ...]
    appeal_until: date | None
    appeal: str
    owner: str


def my_applications(person: User, lang: str, *, before: int | None = None) -> tuple[list[ApplicationRow], int | None]:
    """The applications of the parties I may apply for, newest first, and where the next page begins."""
    mine = [party.id for party in parties_of(person, Power.APPLY)]
    wanted = select(Application).where(Application.party_id.in_(mine)).order_by(Application.id.desc()).limit(PER_PAGE + 1)
    if before is not None:
        wanted = wanted.where(Application.id < before)
    found = db.session.scalars(wanted.options(joinedload(Application.party))).all()
    rows = [_row(one, lang) for one in found[:PER_PAGE]]
    return rows, rows[-1].number if len(found) > PER_PAGE else None


def my_parties(person: User, lang: str) -> list[PartyChoice]:
    """The parties I may apply for."""
    return [PartyChoice(party.public_id, party.name, place_of(party, lang)) for party in parties_of(person, Power.APPLY)]


def scheme_choices(lang: str, at: datetime) -> list[SchemeChoice]:
    """The schemes that take applications now."""
    found = []
    for version in open_versions(at):
        text = text_of(version)
        found.append(
            SchemeChoice(
                key=version.scheme.key,
                version=version.version,
                name=text.name.in_(lang),
                purpose=text.purpose.in_(lang),
                eligibility=tuple(one.in_(lang) for one in text.eligibility),
                subject_kinds=tuple(kind.value for kind in text.subject_kinds),
                criteria=len(text.criteria),
            )
        )
    return found


def find_application(public_id: str) -> Application | None:
    return db.session.scalar(select(Application).where(Application.public_id == public_id))


def find_evidence(public_id: str) -> Evidence | None:
    return db.session.scalar(select(Evidence).where(Evidence.public_id == public_id))


def decision_of(application: Application, lang: str, at: datetime) -> DecisionView | None:
    """The decision on an application, once there is one."""
    wanted = select(Decision).where(Decision.application_id == application.id).order_by(Decision.id.desc()).limit(1)
    one = db.session.scalar(wanted)
    if one is None:
        return None
    text, scheme = text_of(application.scheme_version), application.scheme_version.scheme
    return DecisionView(
        outcome=one.outcome.value,
        reasons=one.reasons,
        reason=reason_codes()[one.reason_code].text.in_(lang) if one.reason_code else "",
        criterion=text.criterion(one.criterion).title.in_(lang) if one.criterion else "",
        decided_at=one.decided_at,
        conditions=conditions_of(one, lang, at),
        appeal_until=one.appeal_until,
        appeal=text.timing.appeal.in_(lang),
        owner=scheme.owner.name if scheme.owner else "",
    )


def _row(application: Application, lang: str) -> ApplicationRow:
    return ApplicationRow(
        number=application.id,
        public_id=application.public_id,
        scheme=text_of(application.scheme_version).name.in_(lang),
        party=application.party.name,
        goods=application.goods,
        state=application.state.value,
        outcome=application.outcome.value if application.outcome else "",
        created_at=application.created_at,
        submitted_at=application.submitted_at,
        decided_at=application.decided_at,
        answer_until=application.answer_until,
        asked=sum(one.answered_at is None for one in application.returns),
    )
