"""The review desk's queue: what waits for whom, oldest first, and what one may not touch, with why."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import joinedload

from certification.accounts.models import Role, User
from certification.applications.cases import (
    Check,
    bar,
    check_decider,
    check_desk,
    check_evaluator,
    evaluation_of,
    falls_short,
    handed_in,
    shortfalls,
    standing,
    today_of,
)
from certification.applications.models import Application, Evaluation
from certification.core.db import db
from certification.core.web import PER_PAGE
from certification.rules.errors import DomainError, TieBars
from certification.rules.workflow import ApplicationState
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.reasons import tie_rules
from certification.schemes.texts import text_of

Place = tuple[datetime, int]


class Work(StrEnum):
    """What one is wanted for."""

    EVALUATE = "evaluate"
    DECIDE = "decide"
    ASSIGN = "assign"


DAYS = {Work.EVALUATE: 30, Work.DECIDE: 15, Work.ASSIGN: 10}  # the house's own pace; no scheme sets one


class Bar(NamedTuple):
    """Why one may not: the failure's code, and the tie's name where it is one."""

    code: str
    tie: str


class Item(NamedTuple):
    """One case in a queue. ``days_left`` is negative when it is late; ``done`` of ``total`` criteria for an evaluator.

    ``again`` says that it came back from its applicant.
    """

    public_id: str
    work: Work
    party: str
    scheme: str
    state: ApplicationState
    since: datetime
    days_left: int
    done: int
    total: int
    again: bool
    bar: Bar | None


class Queue(NamedTuple):
    """One page of one kind of work; ``following`` is where the next begins."""

    work: Work
    items: tuple[Item, ...]
    following: tuple[str, int] | None


def queues(person: User, lang: str, at: datetime, *, only: Work | None = None, after: Place | None = None) -> tuple[Queue, ...]:
    """What waits for this person, by kind of work; kinds for which they hold no role are left out."""
    kinds = {Work.EVALUATE: (Role.EVALUATOR,), Work.DECIDE: (Role.DECIDER,), Work.ASSIGN: (Role.DECIDER, Role.SCHEME_OWNER)}
    found = []
    for work, roles in kinds.items():
        scopes = {held.scope for held in person.current_roles if held.role in roles}
        if scopes and only in (None, work):
            found.append(_queue(person, work, scopes, lang, at, after))
    return tuple(found)


def bar_of(error: DomainError | None, lang: str) -> Bar | None:
    """A guard's refusal as the pages say it."""
    if error is None:
        return None
    rule = tie_rules().get(str(error.params.get("tie"))) if isinstance(error, TieBars) else None
    return Bar(error.code, rule.name.in_(lang) if rule else "")


def item_of(application: Application, person: User, work: Work, lang: str, at: datetime) -> Item:
    """One case as this person's queue shows it."""
    mine = evaluation_of(application, person)
    since = _since(application, work, mine)
    return Item(
        public_id=application.public_id,
        work=work,
        party=application.party.name,
        scheme=text_of(application.scheme_version).name.in_(lang),
        state=application.state,
        since=since,
        days_left=(today_of(application, since + timedelta(days=DAYS[work])) - today_of(application, at)).days,
        done=len(mine.findings) if mine else 0,
        total=len(text_of(application.scheme_version).criteria),
        again=any(one.answered_at for one in application.returns),
        bar=bar_of(bar(CHECKS[work], person, application, at), lang),
    )


CHECKS: dict[Work, Check] = {Work.EVALUATE: check_evaluator, Work.DECIDE: check_decider, Work.ASSIGN: check_desk}


def _queue(person: User, work: Work, scopes: set[str], lang: str, at: datetime, after: Place | None) -> Queue:
    wanted = _waiting(person, work, scopes)
    found: list[Application] = []
    for one in _in_pages(wanted, after):
        if work is not Work.ASSIGN or wants_desk(one, at):
            found.append(one)
        if len(found) > PER_PAGE:
            break
    shown = found[:PER_PAGE]
    last = shown[-1] if len(found) > PER_PAGE else None
    following = (last.submitted_at.isoformat(), last.id) if last and last.submitted_at else None
    return Queue(work, tuple(item_of(one, person, work, lang, at) for one in shown), following)


def wants_desk(application: Application, at: datetime) -> bool:
    """Whether the desk has something to do: look whether it is complete, or find evaluators, also where some no longer count."""
    if application.state is ApplicationState.SUBMITTED:
        return True
    if application.state is ApplicationState.IN_REVIEW:
        return falls_short(application, standing(application, at), at)
    return bool(shortfalls(application, standing(application, at), at))


def _waiting(person: User, work: Work, scopes: set[str]) -> Select[Application]:
    wanted = (
        select(Application)
        .join(Application.scheme_version)
        .join(SchemeVersion.scheme)
        .where(Scheme.key.in_(scopes))
        .order_by(Application.submitted_at, Application.id)
        .options(joinedload(Application.party))
    )
    if work is Work.DECIDE:
        return wanted.where(Application.state == ApplicationState.IN_REVIEW)
    at_work = (ApplicationState.ACCEPTED, ApplicationState.EVALUATING)
    if work is Work.ASSIGN:
        return wanted.where(Application.state.in_((ApplicationState.SUBMITTED, *at_work, ApplicationState.IN_REVIEW)))
    mine = select(Evaluation.application_id).where(
        Evaluation.evaluator_id == person.id, Evaluation.submitted_at.is_(None), Evaluation.recused_at.is_(None)
    )
    return wanted.where(Application.state.in_(at_work), Application.id.in_(mine))


def _in_pages(wanted: Select[Application], after: Place | None) -> Iterator[Application]:
    """Every row, read a page at a time by its place and never by its number."""
    while True:
        page = wanted if after is None else wanted.where(tuple_(Application.submitted_at, Application.id) > tuple_(*after))
        rows: Sequence[Application] = db.session.scalars(page.limit(PER_PAGE + 1)).all()
        yield from rows
        if len(rows) <= PER_PAGE or rows[-1].submitted_at is None:
            return
        after = (rows[-1].submitted_at, rows[-1].id)


def _since(application: Application, work: Work, mine: Evaluation | None) -> datetime:
    """When it began to wait for this work."""
    begun = application.submitted_at or application.created_at
    back = [one.answered_at for one in application.returns if one.answered_at is not None]
    begun = max([begun, *back])
    if work is Work.EVALUATE and mine is not None:
        return max(begun, mine.assigned_at)
    if work is Work.DECIDE:
        return max([begun, *(one.submitted_at for one in handed_in(application) if one.submitted_at is not None)])
    return begun


def read_place(place: list[Any] | None) -> Place | None:
    """The place that a page's address names; None for one that is none."""
    match place:
        case [str() as moment, int() as number]:
            try:
                found = datetime.fromisoformat(moment)
            except ValueError:
                return None
            return (found, number) if found.tzinfo else None
        case _:
            return None
