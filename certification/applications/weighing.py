"""What the findings of several evaluators amount to: one finding a criterion, the assessment, and what stands against a grant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from certification.applications.completeness import given
from certification.applications.evaluating import conforms, wants_visit
from certification.applications.models import Application, Evaluation, FindingRow
from certification.rules.criteria import Criterion, EvidenceKind, SchemeText, Stage, missing_evidence
from certification.rules.guards import EvidenceItem, grant_blocks
from certification.rules.scoring import BLOCKS, Assessment, Block, Finding, Value, agreed, assess
from certification.rules.text import N_
from certification.rules.workflow import Outcome
from certification.schemes.texts import text_of

EVIDENCE_MISSING = "EVIDENCE_MISSING"
WORDS: Mapping[str, str] = {**BLOCKS, EVIDENCE_MISSING: N_("Falta una prueba o una visita que el criterio pide.")}
GRAVITY = tuple(one.value for one in (Value.CONFORM, Value.MINOR, Value.MAJOR))

Counted = Sequence[Evaluation]  # as ``cases.counted`` gives them
Rows = Mapping[str, Sequence[FindingRow]]


class Agreed(NamedTuple):
    """The one score that was agreed where evaluators differ, and why."""

    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """``blocks`` stand against a grant; ``disputed`` are criteria whose scores lie more than one point apart."""

    assessment: Assessment
    blocks: tuple[Block, ...]

    @property
    def grants(self) -> Outcome | None:
        """The one grant that is possible, with or without conditions; None where none is."""
        return None if self.blocks else self.assessment.leads_to


def rows_of(application: Application, evaluations: Counted) -> Rows:
    """Findings by criterion, of every evaluation that counts."""
    rows = [row for one in evaluations for row in one.findings]
    codes = [criterion.code for criterion in text_of(application.scheme_version).criteria]
    return {code: [row for row in rows if row.criterion == code] for code in codes}


def disputed(rows: Rows) -> tuple[str, ...]:
    """Criteria on which the scores lie more than one point apart."""
    return tuple(code for code, found in rows.items() if (given := scores(found)) and max(given) - min(given) > 1)


def scores(found: Iterable[FindingRow]) -> list[int]:
    return [row.score for row in found if row.score is not None]


def weigh(application: Application, evaluations: Counted, agreements: Mapping[str, Agreed]) -> Weighed:
    """Weigh a case with these agreed scores.

    Raises:
        Disagreement: a disputed score without its agreement (param ``criterion``).
        InvalidInput: an agreed score that lies outside of theirs.

    """
    text, rows = text_of(application.scheme_version), rows_of(application, evaluations)
    findings = [_one(criterion, found, agreements) for criterion in text.criteria if (found := rows[criterion.code])]
    assessment = assess(text, findings, Stage(application.stage))
    blocks = grant_blocks(text, assessment, _evidence(application, evaluations, text))
    blocks += [Block("PLAN_MISSING", code) for code in _planless(rows, assessment)]
    undated = {block.criterion for block in blocks if block.code == "EVIDENCE_UNDATED"}
    blocks += [
        Block(EVIDENCE_MISSING, code) for code in _unproved(application, evaluations, text, assessment) if code not in undated
    ]
    return Weighed(assessment, tuple(dict.fromkeys(blocks)))


def possible(application: Application, evaluations: Counted) -> frozenset[Outcome]:
    """Every outcome that some agreement among the evaluators' scores may lead to. A refusal is always possible."""
    rows = rows_of(application, evaluations)
    found = {Outcome.REFUSED}
    for pick in (min, max):
        agreements = {code: Agreed(pick(scores(rows[code])), "-") for code in disputed(rows)}
        grant = weigh(application, evaluations, agreements).grants
        found |= {grant} if grant else set()
    return frozenset(found)


def _one(criterion: Criterion, rows: Sequence[FindingRow], agreements: Mapping[str, Agreed]) -> Finding:
    """The gravest of what was found: the label promises no more than all of them saw."""
    order = [own.id for own in criterion.findings] or list(GRAVITY)
    said = {row.value for row in rows}
    applicable = said - {Value.NOT_APPLICABLE.value} or said
    value = max(applicable, key=lambda one: (not conforms(criterion, one), order.index(one) if one in order else -1))
    numbers, settled = scores(rows), agreements.get(criterion.code)
    score = None
    if numbers and value != Value.NOT_APPLICABLE:
        score = agreed(
            criterion.code,
            numbers,
            agreed_score=settled.score if settled else None,
            reason=settled.reason if settled else "",
        )
    return Finding(criterion.code, value, score, plan_accepted=any(row.plan and row.plan_due for row in rows))


def _evidence(application: Application, evaluations: Counted, text: SchemeText) -> Iterable[EvidenceItem]:
    """What the applicant showed, and the visits that were made; that a visit was wished for proves nothing."""
    for one in application.evidence:
        if one.removed_at is None and one.kind != EvidenceKind.VISIT:
            yield EvidenceItem(one.criterion, EvidenceKind(one.kind), one.dated_on)
    for evaluation in evaluations:
        for criterion in text.criteria:
            if evaluation.visited_on and wants_visit(criterion):
                yield EvidenceItem(criterion.code, EvidenceKind.VISIT, evaluation.visited_on)


def _planless(rows: Rows, assessment: Assessment) -> list[str]:
    """Zeros that a grant with conditions rests on need their agreement as minor nonconformities do."""
    zeros = [code for code in assessment.conditions if code in assessment.zeros]
    return [code for code in zeros if not any(row.plan and row.plan_due for row in rows[code])]


def _unproved(application: Application, evaluations: Counted, text: SchemeText, assessment: Assessment) -> list[str]:
    visited = any(one.visited_on for one in evaluations)
    found = []
    for criterion in text.criteria:
        if criterion.code in assessment.not_applicable:
            continue
        kinds: list[EvidenceKind] = [kind for kind in given(application, criterion.code) if kind is not EvidenceKind.VISIT]
        if visited:
            kinds.append(EvidenceKind.VISIT)
        if missing_evidence(criterion, kinds):
            found.append(criterion.code)
    return found
