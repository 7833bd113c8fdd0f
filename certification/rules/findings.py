"""What evaluators found, criterion by criterion, and how several of them come to one finding."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from certification.rules.criteria import FULL_SCORE, Criterion, SchemeText
from certification.rules.errors import Disagreement, InvalidInput
from certification.rules.text import N_


class Grade(StrEnum):
    """How grave a nonconformity is."""

    MAJOR = "major"
    MINOR = "minor"
    OBSERVATION = "observation"


class Value(StrEnum):
    """What a finding says, unless the criterion has findings of its own."""

    CONFORM = "conform"
    MINOR = "minor"
    MAJOR = "major"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found on one criterion, after the evaluators agreed.

    `value` is a `Value` or the id of one of the criterion's own findings. `open_grades` are the nonconformities still
    open today; None means as found (a minor or major value is open until somebody says that it is closed).
    """

    criterion: str
    value: str
    score: int | None = None
    open_grades: frozenset[Grade] | None = None
    plan_accepted: bool = False

    @property
    def not_applicable(self) -> bool:
        return self.value == Value.NOT_APPLICABLE

    @property
    def still_open(self) -> frozenset[Grade]:
        if self.open_grades is not None:
            return self.open_grades
        return frozenset({Grade(self.value)}) if self.value in {Value.MINOR, Value.MAJOR} else frozenset()


def agreed(criterion: str, scores: Sequence[int], *, agreed_score: int | None = None, reason: str = "") -> int:
    """One score from those of several evaluators.

    What they agreed on with a reason counts, if it lies between their scores. Without that the lower of neighbouring
    scores counts: the label promises no more than all of them saw. Raises Disagreement when they differ by more than
    one point and gave none, InvalidInput when the agreed score lies outside theirs or there is no score.
    """
    if not scores or not all(0 <= score <= FULL_SCORE for score in scores):
        raise InvalidInput("score", N_("La calificación de %(criterion)s va de 0 a 3."), criterion=criterion)
    low, high = min(scores), max(scores)
    if agreed_score is not None and reason.strip():
        if not low <= agreed_score <= high:
            raise InvalidInput(
                "agreed_outside",
                N_("La calificación acordada de %(criterion)s debe estar entre %(low)d y %(high)d."),
                criterion=criterion,
                low=low,
                high=high,
            )
        return agreed_score
    if high - low > 1:
        sentence = N_("Difieren por más de un punto en %(criterion)s. Acuerden una calificación y escriban la razón.")
        raise Disagreement(sentence=sentence, criterion=criterion, low=low, high=high)
    return low


def by_criterion(scheme: SchemeText, findings: Iterable[Finding]) -> dict[str, Finding]:
    """Findings by criterion code.

    Raises InvalidInput for a finding that the scheme does not know: another criterion, a value or a score out of
    its list, not applicable where a criterion always applies, two findings on one criterion.
    """
    known = {criterion.code: criterion for criterion in scheme.criteria}
    found: dict[str, Finding] = {}
    for finding in findings:
        criterion = known.get(finding.criterion)
        if criterion is None or finding.criterion in found or not _possible(criterion, finding):
            raise InvalidInput(
                "finding",
                N_("El hallazgo de %(criterion)s no es de los que el esquema conoce."),
                criterion=finding.criterion,
            )
        found[finding.criterion] = finding
    return found


def _possible(criterion: Criterion, finding: Finding) -> bool:
    if finding.not_applicable:
        return criterion.applies_if is not None and finding.score is None
    if finding.score is not None and not (criterion.rubric and 0 <= finding.score <= FULL_SCORE):
        return False
    allowed = {own.id for own in criterion.findings} or set(Value)
    return finding.value in allowed
