"""What the review desk shows of a case besides the application itself: the panel, the findings, how they weigh."""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from certification.accounts.models import User
from certification.applications.cases import counted, handed_in, seated, shortfalls, standing
from certification.applications.models import Application, Evaluation, FindingRow
from certification.applications.weighing import WORDS, Agreed, Counted, Weighed, disputed, rows_of, scores, weigh
from certification.rules.criteria import Criterion, Measure, SchemeText, Stage
from certification.rules.workflow import ApplicationState
from certification.schemes.texts import text_of

OPEN_TO_COMPARE = (ApplicationState.IN_REVIEW, ApplicationState.DECIDED)


class SeatView(NamedTuple):
    """One evaluator of the case. What they recommend is empty for whoever may not know yet.

    ``counts`` is false where it was handed in and a tie has come up since.
    """

    public_id: str
    name: str
    capacity: str
    workshop: str
    mine: bool
    left: bool
    declared: bool
    sent_at: datetime | None
    done: int
    recommendation: str
    summary: str
    visited_on: date | None
    named: bool
    counts: bool


class ShortfallView(NamedTuple):
    """One rule of the panel that is not met; ``people`` are names."""

    rule: str
    needed: int
    there: int
    people: tuple[str, ...]


class FoundView(NamedTuple):
    """What one evaluator found on one criterion. ``words`` is the criterion's own text where it has findings of its own."""

    evaluator: str
    value: str
    words: str
    score: int | None
    note: str
    plan: str
    plan_due: date | None


class ComparedView(NamedTuple):
    """One criterion as all evaluators found it. ``low`` and ``high`` bound an agreement where ``disputed``."""

    code: str
    title: str
    type: str
    found: tuple[FoundView, ...]
    disputed: bool
    low: int
    high: int


class BlockView(NamedTuple):
    """What stands against a grant: words to translate, and the criterion."""

    words: str
    code: str
    title: str


class WeightView(NamedTuple):
    """Points or percent reached, what was needed and the class they lead to; ``provisional`` while scores are disputed."""

    points: int
    most: int
    percent: int | None
    threshold: int
    class_text: str
    leads_to: str
    blocks: tuple[BlockView, ...]
    conditions: tuple[str, ...]
    provisional: bool


def may_compare(application: Application, person: User) -> bool:
    """Findings of others are seen once all are handed in; an evaluator's only by those whose own is among them."""
    if application.state not in OPEN_TO_COMPARE:
        return False
    own = [one for one in seated(application) if one.evaluator_id == person.id]
    return all(one.submitted_at is not None for one in own)


def seats_of(application: Application, person: User, at: datetime) -> tuple[SeatView, ...]:
    """The panel, those who left it last."""
    open_to_see = may_compare(application, person)
    count = counted(application, at) if open_to_see else handed_in(application)
    rows = sorted(application.evaluations, key=lambda one: (one.recused_at is not None, one.id))
    return tuple(_seat(one, person, open_to_see=open_to_see, counts=one.submitted_at is None or one in count) for one in rows)


def shortfalls_of(application: Application, at: datetime) -> tuple[ShortfallView, ...]:
    """What the panel lacks as it is seated, without those whose work does not count."""
    names = {one.evaluator.public_id: one.evaluator.name for one in application.evaluations}
    found = shortfalls(application, standing(application, at), at)
    return tuple(
        ShortfallView(one.rule.value, one.needed, one.there, tuple(names.get(person, "") for person in one.people))
        for one in found
    )


def compared(application: Application, evaluations: Counted, lang: str) -> tuple[ComparedView, ...]:
    """Every criterion with all findings side by side. For whoever :func:`may_compare`."""
    rows = rows_of(application, evaluations)
    apart = disputed(rows)
    return tuple(
        _compared(one, rows[one.code], lang, apart=one.code in apart) for one in text_of(application.scheme_version).criteria
    )


def weight_of(application: Application, evaluations: Counted, lang: str) -> WeightView:
    """How the findings weigh; with disputed scores at their lowest until they are agreed on."""
    text, rows = text_of(application.scheme_version), rows_of(application, evaluations)
    apart = disputed(rows)
    weighed = weigh(application, evaluations, {code: Agreed(min(scores(rows[code])), "-") for code in apart})
    return _weight(text, weighed, Stage(application.stage), lang, provisional=bool(apart))


def found_view(row: FindingRow, criterion: Criterion, lang: str) -> FoundView:
    own = {one.id: one.text.in_(lang) for one in criterion.findings}
    name = row.evaluation.evaluator.name
    return FoundView(name, row.value, own.get(row.value, ""), row.score, row.note, row.plan, row.plan_due)


def _weight(text: SchemeText, weighed: Weighed, stage: Stage, lang: str, *, provisional: bool) -> WeightView:
    one = weighed.assessment
    percent = text.scoring.measure is Measure.PERCENT
    return WeightView(
        points=one.points,
        most=3 * one.applicable,
        percent=_whole(one.measure) if percent else None,
        threshold=text.scoring.threshold[stage],
        class_text=one.score_class.text.in_(lang),
        leads_to=one.leads_to.value,
        blocks=tuple(_block(text, block.code, block.criterion, lang) for block in weighed.blocks),
        conditions=tuple(text.criterion(code).title.in_(lang) for code in one.conditions),
        provisional=provisional,
    )


def _whole(measure: Fraction) -> int:
    """Rounded down, so that a share that does not reach its threshold never looks as if it did."""
    return measure.numerator // measure.denominator


def _block(text: SchemeText, code: str, criterion: str | None, lang: str) -> BlockView:
    return BlockView(WORDS[code], criterion or "", text.criterion(criterion).title.in_(lang) if criterion else "")


def _compared(criterion: Criterion, rows: Sequence[FindingRow], lang: str, *, apart: bool) -> ComparedView:
    numbers = scores(rows) or [0]
    return ComparedView(
        code=criterion.code,
        title=criterion.title.in_(lang),
        type=criterion.type.value,
        found=tuple(found_view(row, criterion, lang) for row in rows),
        disputed=apart,
        low=min(numbers),
        high=max(numbers),
    )


def _seat(one: Evaluation, person: User, *, open_to_see: bool, counts: bool) -> SeatView:
    shown = open_to_see or one.evaluator_id == person.id
    return SeatView(
        public_id=one.public_id,
        name=one.evaluator.name,
        capacity=one.capacity.value,
        workshop=one.workshop.name if one.workshop else "",
        mine=one.evaluator_id == person.id,
        left=one.recused_at is not None,
        declared=one.no_tie_declared_at is not None,
        sent_at=one.submitted_at,
        done=len(one.findings),
        recommendation=one.recommendation.value if shown and one.recommendation else "",
        summary=one.summary if shown and one.submitted_at else "",
        visited_on=one.visited_on if shown else None,
        named=one.named if shown else False,
        counts=counts,
    )
