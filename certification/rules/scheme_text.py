"""The text of a label scheme as values: what it promises, asks, weighs and who decides it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from certification.rules.reading import Both
from certification.rules.workflow import Outcome

FULL_SCORE = 3


class CriterionType(StrEnum):
    CRITICAL = "critical"
    SCORED = "scored"
    IMPROVEMENT = "improvement"


class EvidenceKind(StrEnum):
    PHOTO = "photo"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STATEMENT = "statement"
    PLACE = "place"
    VISIT = "visit"
    NUMBER = "number"


class SubjectKind(StrEnum):
    PRODUCT_LINE = "product_line"
    ORGANIZATION = "organization"
    WORKSHOP = "workshop"
    FARM = "farm"


class DecisionMode(StrEnum):
    THIRD_PARTY = "third_party"
    PARTICIPATORY = "participatory"


class Stage(StrEnum):
    FIRST = "first"
    RENEWAL = "renewal"


class Measure(StrEnum):
    POINTS = "points"
    PERCENT = "percent_of_applicable"


class Comparison(StrEnum):
    MORE_THAN = "more_than"
    AT_LEAST = "at_least"


@dataclass(frozen=True, slots=True)
class EvidenceAsk:
    """One kind of proof. Asks of one `group` are alternatives: at least one of them must be given."""

    kind: EvidenceKind
    what: Both
    required: bool
    group: str | None = None

    def met_by(self, kind: EvidenceKind) -> bool:
        """A statement may always be a sound recording."""
        return kind is self.kind or (self.kind is EvidenceKind.STATEMENT and kind is EvidenceKind.AUDIO)


@dataclass(frozen=True, slots=True)
class OwnFinding:
    """A finding particular to one criterion, in place of conform, minor, major and not applicable."""

    id: str
    conforms: bool
    text: Both


@dataclass(frozen=True, slots=True)
class Condition:
    """When a criterion applies; `key` is the applicant's answer that decides it."""

    key: str
    text: Both


@dataclass(frozen=True, slots=True)
class Criterion:
    """`rubric` holds the meaning of 0, 1, 2 and 3 points, and only a scored criterion has one."""

    code: str
    type: CriterionType
    title: Both
    text: Both
    guide: Both
    evidence: tuple[EvidenceAsk, ...]
    rubric: tuple[Both, ...] = ()
    findings: tuple[OwnFinding, ...] = ()
    applies_if: Condition | None = None

    def applies(self, answers: Mapping[str, bool]) -> bool:
        """Whether it applies to an applicant with these answers; what was not answered applies."""
        return self.applies_if is None or answers.get(self.applies_if.key, True)


@dataclass(frozen=True, slots=True)
class ScoreClass:
    """One of the classes of a scheme, of which exactly one matches. None in a bound or condition means any."""

    id: str
    critical_conform: bool | None
    stage: Stage | None
    at_least: int | None
    below: int | None
    zeros: bool | None
    conversion: str | None
    leads_to: Outcome
    label_class: str | None
    reason_code: str | None
    listing_wording: Both | None
    text: Both
    reevaluate: tuple[str, int] | None = None

    def matches(self, *, critical_conform: bool, stage: Stage, measure: Fraction, zeros: bool, conversion: str) -> bool:
        return (
            self.critical_conform in (None, critical_conform)
            and self.stage in (None, stage)
            and (self.at_least is None or measure >= self.at_least)
            and (self.below is None or measure < self.below)
            and self.zeros in (None, zeros)
            and self.conversion in (None, conversion)
        )


@dataclass(frozen=True, slots=True)
class Scoring:
    """`maximum` is in points with everything applicable; thresholds are in `measure`."""

    scored: tuple[str, ...]
    measure: Measure
    maximum: int
    threshold: Mapping[Stage, int]
    classes: tuple[ScoreClass, ...]
    conversion_criterion: str | None
    zero_due_days: int | None
    zero_rule: Both
    note: Both


@dataclass(frozen=True, slots=True)
class Share:
    """An exact fraction that a count must reach (`at_least`) or pass (`more_than`); `of` names the whole."""

    part: Fraction
    comparison: Comparison
    of: str

    def met_by(self, count: int, whole: int) -> bool:
        needed = self.part * whole
        return count > needed if self.comparison is Comparison.MORE_THAN else count >= needed


@dataclass(frozen=True, slots=True)
class EvaluatorRule:
    min: int
    peers_min: int
    outsiders_min: int
    distinct_workshops_min: int
    same_branch_min: int
    no_reciprocal_months: int
    peer: Both
    outsider: Both


@dataclass(frozen=True, slots=True)
class DeciderRule:
    kind: str
    quorum: Share
    majority: Share
    min_present: int
    rule: Both


@dataclass(frozen=True, slots=True)
class DecisionRule:
    mode: DecisionMode
    evaluators: EvaluatorRule
    decider: DeciderRule
    requires: frozenset[str]
    rule: Both


@dataclass(frozen=True, slots=True)
class Display:
    """How a certificate shows on a product: `badge_in_scope` or `holder_statement`."""

    mode: str
    wording: Both


@dataclass(frozen=True, slots=True)
class Owner:
    kind: str
    adopted_by: str | None
    adoptable_by: tuple[str, ...]
    name: Both
    text: Both


@dataclass(frozen=True, slots=True)
class Timing:
    """Validity, renewal, surveillance and appeal, in calendar months and days as named."""

    validity_months: int
    renewal_opens_days: int
    renewal_apply_days: int
    surveillance_months: int
    grace_days: int
    unannounced_on_complaint: bool
    first_visit_months: int | None
    visit_months_by_risk: Mapping[str, int]
    self_assessment_months: int | None
    surveillance: Both
    appeal_deadline_days: int
    appeal_answer_days: int
    appeal_panel_min: int
    appeal: Both


@dataclass(frozen=True, slots=True)
class Fees:
    """Centavos of MXN."""

    application: int
    yearly: int
    text: Both


@dataclass(frozen=True, slots=True)
class Transition:
    """The rules of a label class for whoever is still on the way."""

    label_class: str
    min_percent: int
    max_months: int
    conditions: tuple[Both, ...]
    wording: Both
    wording_rule: Both


@dataclass(frozen=True, slots=True)
class SchemeText:
    """One version of a scheme. What is immutable once active is the document that this was parsed from."""

    id: str
    version: str
    name: Both
    purpose: Both
    promises: tuple[Both, ...]
    does_not_promise: tuple[Both, ...]
    eligibility: tuple[Both, ...]
    subject_kinds: tuple[SubjectKind, ...]
    display: Mapping[SubjectKind, Display]
    owner: Owner
    decision: DecisionRule
    timing: Timing
    fees: Fees
    scoring: Scoring
    criteria: tuple[Criterion, ...]
    transition: Transition | None

    def criterion(self, code: str) -> Criterion:
        """Raises KeyError."""
        for criterion in self.criteria:
            if criterion.code == code:
                return criterion
        raise KeyError(code)
