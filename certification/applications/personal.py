"""What applications hold of a person. It stays when the account ends: others rely on it, and it names nobody. Only a seat whose
work was not handed in is free again, and a maker's name goes with the consent.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.mydata import declare_erasure, declare_export, iso
from certification.applications.models import Application, Decision, Evaluation, Evidence, Return
from certification.audit.record import Actor, record
from certification.core.db import db, writing
from certification.rules.fold import fold
from certification.rules.workflow import ApplicationState

PANEL_OPEN = (ApplicationState.ACCEPTED, ApplicationState.EVALUATING)


def export(user: User) -> dict[str, Any]:
    """Applications filled in, evidence added, evaluations, returns and decisions."""
    return {
        "applications": [_application(one) for one in _rows(Application, Application.applicant_id == user.id)],
        "evidence": [
            _of(one)
            | {"criterion": one.criterion, "kind": one.kind, "caption": one.caption, "text": one.text}
            | {"dated_on": one.dated_on.isoformat(), "added_at": iso(one.added_at), "removed_at": iso(one.removed_at)}
            for one in _rows(Evidence, Evidence.added_by_id == user.id)
        ],
        "evaluations": [_evaluation(one) for one in _rows(Evaluation, Evaluation.evaluator_id == user.id)],
        "returns": [
            _of(one) | {"reason_code": one.reason_code, "request": one.request, "at": iso(one.at)}
            for one in _rows(Return, Return.by_id == user.id)
        ],
        "decisions": [
            _of(one)
            | {"outcome": one.outcome.value, "reasons": one.reasons, "public_summary": one.public_summary}
            | {"decided_at": iso(one.decided_at)}
            for one in _rows(Decision, Decision.decided_by_id == user.id)
        ],
    }


def erase(user: User, at: datetime) -> None:
    """Leave the panels of cases that wait for this person, so that the desk may ask somebody else. Their findings stay."""
    waiting = (
        select(Evaluation)
        .join(Evaluation.application)
        .where(Evaluation.evaluator_id == user.id, Evaluation.submitted_at.is_(None), Evaluation.recused_at.is_(None))
        .where(Application.state.in_(PANEL_OPEN))
    )
    for seat in list(writing().scalars(waiting.order_by(Evaluation.id))):
        seat.recused_at = at
        record("evaluation.recuse", "evaluation", seat.public_id, by=None, at=at, application=seat.application.public_id)


def forget_maker(name: str, party_ids: Collection[int], *, by: Actor | None, at: datetime) -> None:
    """Take a maker's name out of what these parties applied with, so that no further decision makes it public again."""
    asked, gone = select(Application).where(Application.party_id.in_(party_ids)).order_by(Application.id), fold(name)
    for one in list(writing().scalars(asked)):
        kept = _without(one.makers, gone)
        sent = _without(one.sent["makers"], gone) if one.sent else []
        if kept == one.makers and (not one.sent or sent == one.sent["makers"]):
            continue
        one.makers = kept
        one.sent = one.sent | {"makers": sent} if one.sent else None
        record("application.name_removed", "application", one.public_id, by=by, at=at)


def _without(makers: list[Any], gone: str) -> list[Any]:
    return [name for name in makers if fold(str(name)) != gone]


def _application(one: Application) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "party": one.party.public_id,
        "scheme": one.scheme_version.scheme.key,
        "state": one.state.value,
        "goods": one.goods,
        "techniques": one.techniques,
        "marks": one.marks,
        "makers": one.makers,
        "created_at": iso(one.created_at),
        "submitted_at": iso(one.submitted_at),
        "answers": [{"criterion": row.criterion, "text": row.text, "applies": row.applies} for row in one.answers],
    }


def _evaluation(one: Evaluation) -> dict[str, Any]:
    findings = [{"criterion": row.criterion, "value": row.value, "score": row.score, "note": row.note} for row in one.findings]
    return _of(one) | {
        "capacity": one.capacity.value,
        "assigned_at": iso(one.assigned_at),
        "visited_on": one.visited_on.isoformat() if one.visited_on else None,
        "recommendation": one.recommendation.value if one.recommendation else None,
        "summary": one.summary,
        "named": one.named,
        "findings": findings,
    }


def _of(part: Any) -> dict[str, Any]:
    return {"application": part.application.public_id}


def _rows(model: Any, which: Any) -> list[Any]:
    return list(db.session.scalars(select(model).where(which).order_by(model.id)))


declare_export("applications", export)
declare_erasure("applications", erase)
