"""What applications hold of a person. It stays when the account ends: others rely on it, and it names nobody."""

from typing import Any

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.mydata import declare_export, iso
from certification.applications.models import Application, Decision, Evaluation, Evidence, Return
from certification.core.db import db


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
