"""From findings to a class: exactly as the scheme's text says, and without rounding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from certification.rules.criteria import (
    FULL_SCORE,
    Criterion,
    CriterionType,
    Measure,
    SchemeText,
    ScoreClass,
    Scoring,
    Stage,
)
from certification.rules.errors import InvalidInput
from certification.rules.findings import Finding, Grade, Value, agreed, by_criterion
from certification.rules.text import N_
from certification.rules.workflow import Outcome

__all__ = [
    "BLOCKS",
    "Assessment",
    "Block",
    "Finding",
    "Grade",
    "Value",
    "agreed",
    "assess",
    "check_classes",
    "class_for",
]


@dataclass(frozen=True, slots=True)
class Block:
    """Something that stands against a grant, and on which criterion. Codes are those of `BLOCKS`."""

    code: str
    criterion: str | None = None


BLOCKS: Mapping[str, str] = {
    "OPEN_MAJOR": N_("Hay una no conformidad mayor abierta."),
    "PLAN_MISSING": N_("Falta un plan aceptado, con fecha, para algo que quedó abierto."),
    "FINDING_MISSING": N_("Falta el hallazgo de un criterio."),
    "SCORE_MISSING": N_("Falta la calificación de un criterio con puntos."),
    "CRITICAL_NOT_MET": N_("No se cumple un criterio crítico."),
    "SCORING_NOT_MET": N_("Los puntos no alcanzan lo que pide el esquema."),
    "EVIDENCE_UNDATED": N_("Falta evidencia con fecha de un criterio crítico."),
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """Where a case stands. `measure` is in the scheme's own measure, exact.

    `leads_to` is the outcome by class and plans; it is no decision. With `blocks`, granting is not possible.
    `reasons` pairs the class's reason code with each criterion it rests on; `conditions` names the criteria
    that a grant with conditions must set dates for. A case with something unassessed counts as if it failed there.
    """

    score_class: ScoreClass
    leads_to: Outcome
    points: int
    applicable: int
    measure: Fraction
    zeros: tuple[str, ...]
    critical_failed: tuple[str, ...]
    open_major: tuple[str, ...]
    open_minor: tuple[str, ...]
    unassessed: tuple[str, ...]
    not_applicable: tuple[str, ...]
    conditions: tuple[str, ...]
    blocks: tuple[Block, ...]
    reasons: tuple[tuple[str, str], ...]

    @property
    def label_class(self) -> str | None:
        return self.score_class.label_class


def assess(scheme: SchemeText, findings: Iterable[Finding], stage: Stage) -> Assessment:
    """Weigh a case by its scheme. Raises InvalidInput for a finding that the scheme does not know (`by_criterion`)."""
    found = by_criterion(scheme, findings)
    scored = [criterion for criterion in scheme.criteria if criterion.type is CriterionType.SCORED]
    points = {criterion.code: _points(found, criterion) for criterion in scored if not _left_out(found, criterion)}
    zeros = tuple(code for code, given in points.items() if given == 0)
    failed = tuple(criterion.code for criterion in scheme.criteria if _fails(criterion, found.get(criterion.code)))
    measure = _measure(scheme.scoring, sum(points.values()), len(points))
    conversion = found.get(scheme.scoring.conversion_criterion or "")
    score_class = class_for(
        scheme.scoring,
        critical_conform=not failed,
        stage=stage,
        measure=measure,
        zeros=bool(zeros),
        conversion=conversion.value if conversion else "",
    )
    minor = _open(found, Grade.MINOR)
    conditional = score_class.leads_to.grants and (minor or score_class.leads_to is Outcome.GRANTED_WITH_CONDITIONS)
    return Assessment(
        score_class=score_class,
        leads_to=Outcome.GRANTED_WITH_CONDITIONS if conditional else score_class.leads_to,
        points=sum(points.values()),
        applicable=len(points),
        measure=measure,
        zeros=zeros,
        critical_failed=failed,
        open_major=_open(found, Grade.MAJOR),
        open_minor=minor,
        unassessed=tuple(criterion.code for criterion in scheme.criteria if _unassessed(found, criterion)),
        not_applicable=tuple(code for code, finding in found.items() if finding.not_applicable),
        conditions=tuple(dict.fromkeys((*minor, *zeros))) if conditional else (),
        blocks=_blocks(scheme, found),
        reasons=_reasons(score_class, points, failed),
    )


def class_for(
    scoring: Scoring, *, critical_conform: bool, stage: Stage, measure: Fraction, zeros: bool, conversion: str
) -> ScoreClass:
    """The one class that matches. Raises InvalidInput where the scheme's classes leave a gap or overlap."""
    matching = [
        entry
        for entry in scoring.classes
        if entry.matches(critical_conform=critical_conform, stage=stage, measure=measure, zeros=zeros, conversion=conversion)
    ]
    if len(matching) != 1:
        raise InvalidInput(
            "classes_not_exclusive",
            N_("Las clases del esquema deben cubrir cada caso exactamente una vez; aquí coinciden %(count)d."),
            count=len(matching),
        )
    return matching[0]


def check_classes(scheme: SchemeText) -> None:
    """Show that exactly one class matches every possible case; for a scheme before it becomes active.

    Raises InvalidInput. Classes change only at their bounds, so one measure at each bound stands for all.
    """
    scoring = scheme.scoring
    bounds = {0, *(bound for entry in scoring.classes for bound in (entry.at_least, entry.below) if bound is not None)}
    conversions = {""}
    if scoring.conversion_criterion is not None:
        conversions = {own.id for own in scheme.criterion(scoring.conversion_criterion).findings if own.conforms}
    for stage in Stage:
        for bound in bounds:
            for case in range(4):
                for conversion in conversions:
                    class_for(
                        scoring,
                        critical_conform=bool(case & 1),
                        stage=stage,
                        measure=Fraction(bound),
                        zeros=bool(case & 2),
                        conversion=conversion,
                    )


def _left_out(found: Mapping[str, Finding], criterion: Criterion) -> bool:
    return criterion.code in found and found[criterion.code].not_applicable


def _reasons(score_class: ScoreClass, points: Mapping[str, int], failed: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    match score_class.reason_code:
        case None:
            return ()
        case "CRITICAL_NOT_MET" as reason:
            return tuple((reason, code) for code in failed)
        case "SCORED_ZERO" as reason:
            return tuple((reason, code) for code, given in points.items() if given == 0)
        case reason:
            return tuple((reason, code) for code, given in points.items() if given < FULL_SCORE)


def _points(found: Mapping[str, Finding], criterion: Criterion) -> int:
    finding = found.get(criterion.code)
    return (finding.score or 0) if finding else 0


def _fails(criterion: Criterion, finding: Finding | None) -> bool:
    """A critical criterion conforms when it was found so and no major nonconformity on it is open."""
    if criterion.type is not CriterionType.CRITICAL:
        return False
    if finding is None:
        return True
    own = {entry.id: entry.conforms for entry in criterion.findings}
    return not own.get(finding.value, True) or Grade.MAJOR in finding.still_open


def _measure(scoring: Scoring, points: int, applicable: int) -> Fraction:
    """With nothing applicable the share is zero: what was not weighed reaches no threshold."""
    if scoring.measure is Measure.POINTS:
        return Fraction(points)
    return Fraction(100 * points, FULL_SCORE * applicable) if applicable else Fraction(0)


def _open(found: Mapping[str, Finding], grade: Grade) -> tuple[str, ...]:
    return tuple(code for code, finding in found.items() if grade in finding.still_open)


def _unassessed(found: Mapping[str, Finding], criterion: Criterion) -> bool:
    finding = found.get(criterion.code)
    scored = criterion.type is CriterionType.SCORED
    return finding is None or (scored and finding.score is None and not finding.not_applicable)


def _blocks(scheme: SchemeText, found: Mapping[str, Finding]) -> tuple[Block, ...]:
    missing = [
        Block("SCORE_MISSING" if criterion.code in found else "FINDING_MISSING", criterion.code)
        for criterion in scheme.criteria
        if _unassessed(found, criterion)
    ]
    majors = [Block("OPEN_MAJOR", code) for code in _open(found, Grade.MAJOR)]
    planless = [Block("PLAN_MISSING", code) for code in _open(found, Grade.MINOR) if not found[code].plan_accepted]
    return (*missing, *majors, *planless)
