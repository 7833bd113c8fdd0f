"""Certificates and applications as frozen records; days are counted as in ``records``."""

from dataclasses import dataclass

from marketplace.demonstration.content.records import DemoArt


@dataclass(frozen=True, slots=True)
class DemoAct:
    """``by`` are keys of people; ``ends_by`` is the last day a suspension may last, ``appeal_until`` that of an appeal."""

    kind: str
    on: int
    by: tuple[str, ...]
    reason_code: str
    public_summary: str
    criterion: str | None = None
    appeal_until: int | None = None
    ends_by: int | None = None


@dataclass(frozen=True, slots=True)
class DemoCondition:
    criterion: str
    text: str
    due_in_days: int
    met_on: int | None = None


@dataclass(frozen=True, slots=True)
class DemoCertificate:
    """``expires`` and ``surveillance_due`` are the last days that count; ``state`` is the public state on day 0.

    ``renewed`` is the day of the decision that renewed it, ``seen`` what visits found on the days of ``surveillance_passed``.
    """

    key: str
    scheme: str
    holder: str
    subject_kind: str
    label_class: str
    scope: str
    products: tuple[str, ...]
    granted: int
    valid_from: int
    expires: int
    surveillance_due: int
    evaluators: tuple[str, ...]
    deciders: tuple[str, ...]
    state: str
    summary: str
    scores: dict[str, int]
    version: str = "1.0"
    surveillance_passed: tuple[int, ...] = ()
    seen: str = ""
    renewed: int | None = None
    capacity_per_month: int | None = None
    application: str | None = None
    successor: str | None = None
    superseded: int | None = None
    subject_words: str | None = None
    art: DemoArt | None = None
    acts: tuple[DemoAct, ...] = ()
    outcome: str = "granted"
    conditions: tuple[DemoCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """A move of ``rules.workflow.APPLICATION``; besides those, ``start`` opens the draft and ``assign`` names an evaluator."""

    action: str
    on: int
    by: str
    text: str | None = None
    person: str | None = None
    reason_code: str | None = None
    criterion: str | None = None


@dataclass(frozen=True, slots=True)
class DemoEvidence:
    """Something shown for a criterion. Where a criterion asks for a statement and none is here, its answer is the statement."""

    criterion: str
    kind: str
    caption: str
    on: int
    art: DemoArt | None = None


@dataclass(frozen=True, slots=True)
class DemoFinding:
    finding: str
    note: str
    score: int | None = None
    plan: str | None = None
    due_in_days: int | None = None


@dataclass(frozen=True, slots=True)
class DemoEvaluation:
    """``signed``, ``recommendation`` (a ``rules.workflow.Outcome``) and ``summary`` come together, when it is finished."""

    evaluator: str
    visited: int
    findings: dict[str, DemoFinding]
    signed: int | None = None
    recommendation: str | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class DemoDecision:
    outcome: str
    on: int
    by: tuple[str, ...]
    reasons: str
    public_summary: str
    label_class: str | None = None
    reason_code: str | None = None
    criterion: str | None = None
    appeal_until: int | None = None
    conditions: tuple[DemoCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoApplication:
    """``applies`` names the conditional criteria (``applies_if.key``) that hold for this applicant."""

    key: str
    scheme: str
    applicant: str
    signed_by: str
    subject_kind: str
    scope: str
    goods: tuple[str, ...]
    state: str
    events: tuple[DemoEvent, ...]
    evidence: tuple[DemoEvidence, ...]
    answers: dict[str, str]
    version: str = "1.0"
    filled_by: str | None = None
    capacity_per_month: int | None = None
    renewal_of: str | None = None
    applies: tuple[str, ...] = ()
    evaluations: tuple[DemoEvaluation, ...] = ()
    decision: DemoDecision | None = None
