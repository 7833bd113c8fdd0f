"""The desk of a scheme: it finds an application complete, and finds who will evaluate it."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from certification.accounts.models import Role, RoleHolding, User, UserState
from certification.accounts.permissions import check
from certification.applications import review_notices
from certification.applications.acting import lock
from certification.applications.cases import (
    bar,
    check_desk,
    check_evaluator,
    evaluation_of,
    falls_short,
    mode_of,
    places_of,
    standing,
    workshops_of,
)
from certification.applications.models import Application, Capacity, Evaluation
from certification.applications.review_permissions import Permission
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.parties.models import Party
from certification.rules.criteria import DecisionMode
from certification.rules.errors import AlreadyExists, DomainError, IllegalMove, InvalidInput
from certification.rules.text import N_
from certification.rules.workflow import APPLICATION, ApplicationState
from certification.schemes.permissions import scope_of

WANTS_PANEL = (ApplicationState.ACCEPTED, ApplicationState.EVALUATING)


class Candidate(NamedTuple):
    """Somebody who evaluates for the scheme. ``bar`` says why not; ``workshops`` are those they could come from as a peer."""

    user: User
    workshops: tuple[Party, ...]
    may_be_outsider: bool
    open_cases: int
    bar: DomainError | None


def accept(application: Application, *, by: User, at: datetime) -> None:
    """Find a sent application complete; accepting it twice is once. It keeps the first day on which it was.

    Raises:
        TieBars: the person is tied to the applicant.
        IllegalMove: it is in another state.

    """
    check(by, Permission.ACCEPT, application)
    lock(application)
    check_desk(by, application, at)
    if application.state is ApplicationState.ACCEPTED:
        return
    application.state = APPLICATION.next_state(application.state, "accept")
    application.accepted_at = application.accepted_at or at
    record("application.accept", "application", application.public_id, by=by, at=at)


def assign(
    application: Application, person: User, *, capacity: Capacity, workshop: Party | None = None, by: User, at: datetime
) -> Evaluation:
    """Give a person a seat on the panel: as a peer from one of their own workshops, or as an outsider.

    A case that waits for its decision with a panel that falls short, for somebody's work no longer counts, is evaluated again.

    Raises:
        TieBars: they, or whoever assigns, are tied to the applicant (param ``tie``).
        InvalidInput: they do not evaluate for the scheme, or may not take that seat.
        AlreadyExists: they have a seat.
        IllegalMove: the application is in no state to be evaluated.

    """
    check(by, Permission.ASSIGN, application)
    lock(application)
    check_desk(by, application, at)
    if application.state is ApplicationState.IN_REVIEW and may_seat(application, at):
        application.state = APPLICATION.next_state(application.state, "reopen")
        record("application.reopen", "application", application.public_id, by=by, at=at)
    _wants_panel(application)
    _check_seat(application, person, capacity, workshop)
    check_evaluator(person, application, at)
    made = _seat(application, person)
    made.capacity, made.workshop = capacity, workshop
    made.assigned_by_id, made.assigned_at = by.id, at
    made.recused_at = made.no_tie_declared_at = None
    writing().add(made)
    writing().flush()
    where = workshop.public_id if workshop else None
    _note("evaluation.assign", made, by=by, at=at, capacity=capacity.value, workshop=where)
    review_notices.assigned(made)
    return made


def may_seat(application: Application, at: datetime) -> bool:
    """Whether somebody may be given a seat now; while a decision waits, only where those whose work counts are too few."""
    if application.state is ApplicationState.IN_REVIEW:
        return falls_short(application, standing(application, at), at)
    return application.state in WANTS_PANEL


def release(evaluation: Evaluation, *, reason: str, by: User, at: datetime) -> None:
    """Take a person off the panel who does not answer or can't go on, so that another may be assigned.

    Raises:
        InvalidInput: without a reason.
        IllegalMove: their evaluation is handed in, or they left already.

    """
    application = evaluation.application
    check(by, Permission.ASSIGN, application)
    lock(application)
    check_desk(by, application, at)
    _wants_panel(application)
    hold(evaluation)
    if evaluation.submitted_at is not None or evaluation.recused_at is not None:
        raise IllegalMove
    if not reason:
        raise InvalidInput("reason_missing", N_("Diga por qué se cambia a esta persona."), field="reason")
    evaluation.recused_at = at
    _note("evaluation.release", evaluation, by=by, at=at, reason=reason)


def candidates(application: Application, at: datetime) -> list[Candidate]:
    """Everyone who evaluates for the scheme and has no seat yet, with why not: first who may, of the same branch, by name."""
    held = select(RoleHolding.user_id).where(
        RoleHolding.role == Role.EVALUATOR,
        RoleHolding.scope == scope_of(application.scheme_version.scheme),
        RoleHolding.ended_at.is_(None),
    )
    taken = {one.evaluator_id for one in application.evaluations if one.recused_at is None}
    people = db.session.scalars(select(User).where(User.id.in_(held), User.state == UserState.ACTIVE).order_by(User.name)).all()
    busy = _open_cases([one.id for one in people])
    found = [
        Candidate(
            one,
            tuple(workshops_of(one, application)),
            may_be_outsider(one, application),
            busy.get(one.id, 0),
            bar(check_evaluator, one, application, at),
        )
        for one in people
        if one.id not in taken
    ]
    branch = application.party.branch
    return sorted(found, key=lambda one: (one.bar is not None, all(place.branch != branch for place in one.workshops)))


def may_be_outsider(person: User, application: Application) -> bool:
    """An outsider does not produce in the applicant's own trade; where peers decide among themselves, in none at all."""
    places = places_of(person, application)
    if mode_of(application) is DecisionMode.PARTICIPATORY:
        return not places
    return application.party.branch not in {party.branch for party in places}


def _check_seat(application: Application, person: User, capacity: Capacity, workshop: Party | None) -> None:
    if not person.holds(Role.EVALUATOR, scope_of(application.scheme_version.scheme)) or not person.is_active:
        raise InvalidInput("no_evaluator", N_("Esa persona no evalúa para este sello."), field="seat")
    if capacity is Capacity.PEER:
        if workshop is None or workshop not in workshops_of(person, application):
            raise InvalidInput("no_workshop", N_("Elija el taller o la parcela donde trabaja esa persona."), field="seat")
    elif workshop is not None or not may_be_outsider(person, application):
        same = N_("Esa persona produce en la misma rama que quien solicita: no puede ir como persona externa.")
        any_trade = N_("Esa persona produce: en este sello la persona externa no tiene taller ni parcela.")
        participatory = mode_of(application) is DecisionMode.PARTICIPATORY
        raise InvalidInput("no_outsider", any_trade if participatory else same, field="seat")


def _seat(application: Application, person: User) -> Evaluation:
    found = evaluation_of(application, person)
    if found is None:
        return Evaluation(application=application, evaluator=person)
    if found.recused_at is None:
        raise AlreadyExists("has_seat", N_("Esa persona ya evalúa este caso."), field="seat")
    return found


def _wants_panel(application: Application) -> None:
    if application.state not in WANTS_PANEL:
        raise IllegalMove(state=application.state.value, action="assign")


def _open_cases(people: list[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Evaluation.evaluator_id, func.count())
        .join(Evaluation.application)
        .where(Evaluation.evaluator_id.in_(people), Evaluation.submitted_at.is_(None), Evaluation.recused_at.is_(None))
        .where(Application.state.in_(WANTS_PANEL))
        .group_by(Evaluation.evaluator_id)
    )
    return {row[0]: row[1] for row in rows}


def _note(act: str, evaluation: Evaluation, *, by: User, at: datetime, **details: str | None) -> None:
    facts = {"application": evaluation.application.public_id, "evaluator": evaluation.evaluator.public_id} | details
    record(act, "evaluation", evaluation.public_id, by=by, at=at, **facts)
