"""Cases on the review desk for tests and drills: one applicant, a desk, a panel without ties and a committee, written as rows."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from certification.accounts.models import Role, User
from certification.applications.models import Application, Capacity, Evaluation, FindingRow
from certification.applications.sent import keep_sent
from certification.core.db import db, unit_of_work
from certification.parties.models import Party
from certification.rules.criteria import CriterionType
from certification.rules.workflow import ApplicationState, Outcome
from certification.schemes.texts import text_of
from tests import makers

SENT = datetime(2026, 10, 1, 15, 0, tzinfo=UTC)
VISITED = datetime(2026, 10, 20, 15, 0, tzinfo=UTC)
BRANCH = "textiles"
Changes = dict[str, dict[str, Any]]


@dataclass
class Case:
    """``owner`` looks after the scheme, ``deciders`` sit on its committee; ``panel`` are its evaluators, peers first."""

    key: str
    applicant: User
    party: Party
    application: Application
    owner: User
    deciders: list[User]
    panel: list[User]
    workshops: list[Party] = field(default_factory=list)

    @property
    def seats(self) -> list[Evaluation]:
        return sorted(self.application.evaluations, key=lambda one: one.id)


def sent(key: str = "origen-local", *, deciders: int = 2, spare: int = 0, **given: Any) -> Case:
    """A complete application that waits for the desk; with ``spare`` outsiders more than its scheme asks for."""
    rosa, workshop = makers.user("Rosa Luna"), makers.party("Taller Hilo de Luna", branch=BRANCH)
    makers.member(rosa, workshop)
    values = {"state": ApplicationState.SUBMITTED, "submitted_at": SENT} | given
    application = makers.application(rosa, workshop, key=key, **values)
    makers.complete(application)
    with unit_of_work():
        keep_sent(application)
    owner = _holder("Olga Dueña", Role.SCHEME_OWNER, key)
    committee = [_holder(f"Celia Decide {n}", Role.DECIDER, key) for n in range(1, deciders + 1)]
    rule = text_of(application.scheme_version).decision.evaluators
    panel = [_holder(f"Petra Par {n}", Role.EVALUATOR, key) for n in range(1, max(rule.min - rule.outsiders_min, 1) + 1)]
    workshops = [makers.party(f"Telar {n}", branch=BRANCH) for n in range(1, len(panel) + 1)]
    for person, place in zip(panel, workshops, strict=True):
        makers.member(person, place)
    panel += [_holder(f"Ema Externa {n}", Role.EVALUATOR, key) for n in range(1, rule.outsiders_min + spare + 1)]
    return Case(key, rosa, workshop, application, owner, committee, panel, workshops)


def assigned(key: str = "origen-local", *, declared: bool = True, **given: Any) -> Case:
    """The same with a whole panel seated, at work when they have said that they have no tie."""
    state = ApplicationState.EVALUATING if declared else ApplicationState.ACCEPTED
    values: dict[str, Any] = {"state": state, "accepted_at": SENT} | given
    case = sent(key, **values)
    for number, person in enumerate(case.panel):
        peer = number < len(case.workshops)
        makers.save(
            Evaluation(
                application_id=case.application.id,
                evaluator_id=person.id,
                capacity=Capacity.PEER if peer else Capacity.OUTSIDER,
                workshop_id=case.workshops[number].id if peer else None,
                assigned_by_id=case.owner.id,
                assigned_at=SENT,
                no_tie_declared_at=SENT if declared else None,
            )
        )
    db.session.expire_all()
    return case


def in_review(key: str = "origen-local", *, found: Changes | None = None, second: Changes | None = None, **given: Any) -> Case:
    """The same with every recommendation in. ``found`` changes all evaluators' findings by criterion, ``second`` the last one's."""
    case = assigned(key, **({"state": ApplicationState.IN_REVIEW} | given))
    for seat in case.seats:
        changes = (found or {}) | ((second or {}) if seat.evaluator_id == case.panel[-1].id else {})
        makers.save(*findings(seat, changes))
    with unit_of_work():
        for seat in case.seats:
            seat.recommendation, seat.summary = Outcome.GRANTED, "Lo vimos y así es."
            seat.submitted_at, seat.visited_on, seat.named = VISITED, VISITED.date(), True
    return case


def findings(seat: Evaluation, changes: Changes | None = None) -> list[FindingRow]:
    """One evaluator's findings: all conform, with full score, but for the changes by criterion."""
    rows = []
    for criterion in text_of(seat.application.scheme_version).criteria:
        value = criterion.findings[0].id if criterion.findings else "conform"
        score = 3 if criterion.type is CriterionType.SCORED else None
        values: dict[str, Any] = {"value": value, "score": score, "note": "Lo vi.", "saved_at": VISITED}
        values |= (changes or {}).get(criterion.code, {})
        rows.append(FindingRow(evaluation_id=seat.id, criterion=criterion.code, **values))
    return rows


def _holder(name: str, held: Role, key: str) -> User:
    made = makers.user(name)
    makers.role(made, held, key)
    return made
