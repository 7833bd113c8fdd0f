"""Schemes and their criteria: the door to their values and parser, and what evidence is still missing."""

from collections.abc import Iterable

from certification.rules.reading import Both
from certification.rules.scheme_parser import parse_scheme
from certification.rules.scheme_text import (
    FULL_SCORE,
    Comparison,
    Condition,
    Criterion,
    CriterionType,
    DeciderRule,
    DecisionMode,
    DecisionRule,
    Display,
    EvaluatorRule,
    EvidenceAsk,
    EvidenceKind,
    Fees,
    Measure,
    Owner,
    OwnFinding,
    SchemeText,
    ScoreClass,
    Scoring,
    Share,
    Stage,
    SubjectKind,
    Timing,
    Transition,
)

__all__ = [
    "FULL_SCORE",
    "Both",
    "Comparison",
    "Condition",
    "Criterion",
    "CriterionType",
    "DeciderRule",
    "DecisionMode",
    "DecisionRule",
    "Display",
    "EvaluatorRule",
    "EvidenceAsk",
    "EvidenceKind",
    "Fees",
    "Measure",
    "OwnFinding",
    "Owner",
    "SchemeText",
    "ScoreClass",
    "Scoring",
    "Share",
    "Stage",
    "SubjectKind",
    "Timing",
    "Transition",
    "missing_evidence",
    "parse_scheme",
]


def missing_evidence(
    criterion: Criterion, given: Iterable[EvidenceKind], *, visit_comes_later: bool = False
) -> list[tuple[EvidenceAsk, ...]]:
    """What is still to be given: one entry per unmet demand, holding its alternatives.

    Every item given counts for one demand only: two required documents need two. `visit_comes_later` leaves out the
    demands that nothing but a visit can meet, for the moment in which the applicant hands in.
    """
    demands = _demands(criterion)
    if visit_comes_later:
        demands = [asks for asks in demands if any(ask.kind is not EvidenceKind.VISIT for ask in asks)]
    items = list(given)
    taken: dict[int, int] = {}  # item → the demand it serves
    return [asks for number, asks in enumerate(demands) if not _serve(number, demands, items, taken, set())]


def _demands(criterion: Criterion) -> list[tuple[EvidenceAsk, ...]]:
    groups: dict[str, list[EvidenceAsk]] = {}
    for at, ask in enumerate(criterion.evidence):
        if ask.group is not None:
            groups.setdefault(f"group {ask.group}", []).append(ask)
        elif ask.required:
            groups[f"ask {at}"] = [ask]
    return [tuple(asks) for asks in groups.values()]


def _serve(
    demand: int,
    demands: list[tuple[EvidenceAsk, ...]],
    items: list[EvidenceKind],
    taken: dict[int, int],
    tried: set[int],
) -> bool:
    """Give the demand an item, moving others to another item where that frees one (a matching in a small graph)."""
    for item, kind in enumerate(items):
        if item in tried or not any(ask.met_by(kind) for ask in demands[demand]):
            continue
        tried.add(item)
        if item not in taken or _serve(taken[item], demands, items, taken, tried):
            taken[item] = demand
            return True
    return False
