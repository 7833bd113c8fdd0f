import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.criteria import CriterionType, SchemeText, Stage, parse_scheme
from certification.rules.errors import Disagreement, InvalidInput
from certification.rules.scoring import BLOCKS, Assessment, Block, Finding, Grade, agreed, assess, check_classes
from certification.rules.workflow import Outcome

STANDARDS = json.loads((Path(__file__).parents[3] / "certification/schemes/standards.json").read_text(encoding="utf-8"))
SCHEMES = {scheme["id"]: parse_scheme(scheme) for scheme in STANDARDS["schemes"]}
ORIGIN, FAIR, FARM = SCHEMES["origen-local"], SCHEMES["comercio-justo-local"], SCHEMES["agroecologico-participativo"]
FIRST, RENEWAL = Stage.FIRST, Stage.RENEWAL
GRANTED, CONDITIONS, REFUSED = Outcome.GRANTED, Outcome.GRANTED_WITH_CONDITIONS, Outcome.REFUSED


def findings(scheme: SchemeText, scores: list[int | None], **changed: Any) -> list[Finding]:
    """Everything conforms; scored criteria get `scores` in order, None = not applicable; then the changes by code."""
    points = iter(scores)
    made = {}
    for criterion in scheme.criteria:
        value = criterion.findings[0].id if criterion.findings else "conform"
        score = next(points) if criterion.type is CriterionType.SCORED else None
        if criterion.type is CriterionType.SCORED and score is None:
            value = "not_applicable"
        made[criterion.code] = Finding(criterion.code, value, score)
    for code, change in changed.items():
        key = code.replace("_", "-")
        made[key] = replace(made[key], **change)
    return list(made.values())


RUNNING = {"AG_4": {"value": "running"}}

ROWS: list[tuple[str, SchemeText, list[int | None], dict[str, Any], Stage, str, Outcome, Fraction]] = [
    ("ten points without zero", ORIGIN, [2, 2, 2, 2, 2], {}, FIRST, "artesania", GRANTED, Fraction(10)),
    ("nine points", ORIGIN, [2, 2, 2, 2, 1], {}, FIRST, "hibrido", REFUSED, Fraction(9)),
    ("six points", ORIGIN, [1, 1, 1, 1, 2], {}, FIRST, "hibrido", REFUSED, Fraction(6)),
    ("five points", ORIGIN, [1, 1, 1, 1, 1], {}, FIRST, "manualidad", REFUSED, Fraction(5)),
    ("twelve points with a zero", ORIGIN, [3, 3, 3, 3, 0], {}, FIRST, "hibrido_con_cero", REFUSED, Fraction(12)),
    (
        "a critical criterion fails at full points",
        ORIGIN,
        [3, 3, 3, 3, 3],
        {"OL_1": {"value": "major"}},
        FIRST,
        "critico_incumplido",
        REFUSED,
        Fraction(15),
    ),
    (
        "the same once it is corrected",
        ORIGIN,
        [3, 3, 3, 3, 3],
        {"OL_1": {"value": "major", "open_grades": frozenset()}},
        FIRST,
        "artesania",
        GRANTED,
        Fraction(15),
    ),
    (
        "a minor on a critical criterion still conforms",
        ORIGIN,
        [2, 2, 2, 2, 2],
        {"OL_1": {"value": "minor"}},
        FIRST,
        "artesania",
        CONDITIONS,
        Fraction(10),
    ),
    ("sixty per cent exactly", FAIR, [2, 2, 2, 2, 1, None], {}, FIRST, "cumple", GRANTED, Fraction(60)),
    ("eleven of eighteen is over sixty", FAIR, [2, 2, 2, 2, 2, 1], {}, FIRST, "cumple", GRANTED, Fraction(550, 9)),
    ("ten of eighteen is under sixty", FAIR, [2, 2, 2, 2, 1, 1], {}, FIRST, "insuficiente", REFUSED, Fraction(500, 9)),
    ("a zero the first time", FAIR, [3, 3, 3, 2, 0, 0], {}, FIRST, "cumple_con_mejoras", CONDITIONS, Fraction(550, 9)),
    ("a renewal needs seventy-five", FAIR, [2, 2, 2, 2, 2, 2], {}, RENEWAL, "no_renueva", REFUSED, Fraction(200, 3)),
    ("a renewal with seventy-five and more", FAIR, [3, 3, 2, 2, 2, 2], {}, RENEWAL, "renueva", GRANTED, Fraction(700, 9)),
    ("a renewal bears no zero", FAIR, [3, 3, 3, 3, 2, 0], {}, RENEWAL, "no_renueva_por_cero", REFUSED, Fraction(700, 9)),
    (
        "a plot without animals is scored out of nine",
        FARM,
        [2, 2, 2, None],
        {},
        FIRST,
        "agroecologico",
        GRANTED,
        Fraction(200, 3),
    ),
    ("a zero brings dated agreements", FARM, [3, 3, 2, 0], {}, FIRST, "agroecologico_con_acuerdos", CONDITIONS, Fraction(200, 3)),
    ("under sixty with the period finished", FARM, [2, 2, 2, 1], {}, FIRST, "por_fortalecer", REFUSED, Fraction(175, 3)),
    ("forty and over on the way", FARM, [2, 2, 1, 0], RUNNING, FIRST, "en_transicion", CONDITIONS, Fraction(125, 3)),
    ("under forty on the way", FARM, [1, 1, 1, 1], RUNNING, FIRST, "transicion_sin_avance", REFUSED, Fraction(100, 3)),
    (
        "full points on the way are still in transition",
        FARM,
        [3, 3, 3, 3],
        RUNNING,
        RENEWAL,
        "en_transicion",
        CONDITIONS,
        Fraction(100),
    ),
    (
        "a broken transition",
        FARM,
        [3, 3, 3, 3],
        {"AG_4": {"value": "broken"}},
        FIRST,
        "critico_incumplido",
        REFUSED,
        Fraction(100),
    ),
]


@pytest.mark.parametrize(
    ("scheme", "scores", "changed", "stage", "class_id", "outcome", "measure"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_class(
    scheme: SchemeText,
    scores: list[int | None],
    changed: dict[str, Any],
    stage: Stage,
    class_id: str,
    outcome: Outcome,
    measure: Fraction,
) -> None:
    result = assess(scheme, findings(scheme, scores, **changed), stage)
    assert (result.score_class.id, result.leads_to, result.measure) == (class_id, outcome, measure)


def origin(**changed: Any) -> Assessment:
    return assess(ORIGIN, findings(ORIGIN, [2, 2, 2, 2, 2], **changed), FIRST)


def test_an_open_major_anywhere_blocks() -> None:
    result = origin(OL_5={"open_grades": frozenset({Grade.MAJOR})})
    assert (result.leads_to, result.open_major, result.blocks) == (GRANTED, ("OL-5",), (Block("OPEN_MAJOR", "OL-5"),))


def test_an_open_minor_without_plan_blocks_and_with_a_plan_does_not() -> None:
    assert origin(OL_9={"value": "minor"}).blocks == (Block("PLAN_MISSING", "OL-9"),)
    planned = origin(OL_9={"value": "minor", "plan_accepted": True})
    assert (planned.blocks, planned.leads_to, planned.conditions) == ((), CONDITIONS, ("OL-9",))


def test_an_open_improvement_criterion_counts_like_a_minor() -> None:
    result = assess(FARM, findings(FARM, [2, 2, 2, 2], AG_12={"value": "minor", "plan_accepted": True}), FIRST)
    assert (result.score_class.id, result.leads_to, result.conditions) == ("agroecologico", CONDITIONS, ("AG-12",))


def test_an_observation_changes_nothing() -> None:
    result = origin(OL_5={"open_grades": frozenset({Grade.OBSERVATION})})
    assert (result.leads_to, result.blocks) == (GRANTED, ())


def test_a_zero_becomes_a_condition_where_the_scheme_grants_with_it() -> None:
    assert assess(FARM, findings(FARM, [3, 3, 2, 0]), FIRST).conditions == ("AG-9",)


def test_what_is_missing_counts_as_failed_and_blocks() -> None:
    result = assess(ORIGIN, findings(ORIGIN, [2, 2, 2, 2, 2])[1:], FIRST)
    assert (result.score_class.id, result.unassessed) == ("critico_incumplido", ("OL-1",))
    assert result.blocks == (Block("FINDING_MISSING", "OL-1"),)


def test_a_scored_criterion_without_score_counts_as_zero_and_blocks() -> None:
    result = origin(OL_4={"score": None})
    assert (result.zeros, result.blocks) == (("OL-4",), (Block("SCORE_MISSING", "OL-4"),))


@pytest.mark.parametrize(
    ("scores", "changed", "reasons"),
    [
        (
            [3, 3, 3, 3, 3],
            {"OL_1": {"value": "major"}, "OL_9": {"value": "major"}},
            (("CRITICAL_NOT_MET", "OL-1"), ("CRITICAL_NOT_MET", "OL-9")),
        ),
        ([3, 3, 3, 0, 3], {}, (("SCORED_ZERO", "OL-7"),)),
        ([3, 3, 1, 1, 1], {}, (("POINTS_NOT_REACHED", "OL-6"), ("POINTS_NOT_REACHED", "OL-7"), ("POINTS_NOT_REACHED", "OL-8"))),
        ([2, 2, 2, 2, 2], {}, ()),
    ],
)
def test_a_refusal_names_its_reason_and_criteria(
    scores: list[int | None], changed: dict[str, Any], reasons: tuple[tuple[str, str], ...]
) -> None:
    assert assess(ORIGIN, findings(ORIGIN, scores, **changed), FIRST).reasons == reasons


def test_every_reason_of_a_class_is_a_reason_code_of_the_standards() -> None:
    known = {entry["code"] for entry in STANDARDS["reason_codes"] if "refuse" in entry["acts"]}
    assert {entry.reason_code for scheme in SCHEMES.values() for entry in scheme.scoring.classes if entry.reason_code} <= known


@pytest.mark.parametrize(
    "wrong",
    [
        Finding("XX-1", "conform"),
        Finding("OL-1", "fine"),
        Finding("OL-1", "complete"),
        Finding("OL-1", "not_applicable"),
        Finding("OL-1", "conform", 2),
        Finding("OL-4", "conform", 4),
        Finding("OL-4", "conform", -1),
    ],
    ids=[
        "another criterion",
        "another value",
        "another's own value",
        "always applies",
        "no points here",
        "four points",
        "less than none",
    ],
)
def test_a_finding_the_scheme_does_not_know_is_refused(wrong: Finding) -> None:
    others = [finding for finding in findings(ORIGIN, [2, 2, 2, 2, 2]) if finding.criterion != wrong.criterion]
    with pytest.raises(InvalidInput) as caught:
        assess(ORIGIN, [*others, wrong], FIRST)
    assert caught.value.params["criterion"] == wrong.criterion


def test_two_findings_on_one_criterion_are_refused() -> None:
    with pytest.raises(InvalidInput):
        assess(ORIGIN, [Finding("OL-1", "conform"), Finding("OL-1", "conform")], FIRST)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_classes_are_exclusive_and_exhaustive(scheme: SchemeText) -> None:
    check_classes(scheme)


@pytest.mark.parametrize("drop", range(len(ORIGIN.scoring.classes)))
def test_a_missing_class_is_noticed(drop: int) -> None:
    kept = tuple(entry for at, entry in enumerate(ORIGIN.scoring.classes) if at != drop)
    with pytest.raises(InvalidInput) as caught:
        check_classes(replace(ORIGIN, scoring=replace(ORIGIN.scoring, classes=kept)))
    assert caught.value.params == {"count": 0}


def test_an_overlapping_class_is_noticed() -> None:
    doubled = (*ORIGIN.scoring.classes, ORIGIN.scoring.classes[-1])
    with pytest.raises(InvalidInput) as caught:
        check_classes(replace(ORIGIN, scoring=replace(ORIGIN.scoring, classes=doubled)))
    assert caught.value.params == {"count": 2}


@st.composite
def cases(draw: st.DrawFn) -> tuple[SchemeText, list[Finding], Stage]:
    scheme = draw(st.sampled_from(list(SCHEMES.values())))
    made = []
    for criterion in scheme.criteria:
        values = [own.id for own in criterion.findings] or ["conform", "minor", "major"]
        values += ["not_applicable"] if criterion.applies_if else []
        value = draw(st.sampled_from(values))
        scored = criterion.type is CriterionType.SCORED and value != "not_applicable"
        made.append(Finding(criterion.code, value, draw(st.integers(0, 3)) if scored else None))
    dropped = draw(st.sets(st.integers(0, len(made) - 1), max_size=2))
    return scheme, [finding for at, finding in enumerate(made) if at not in dropped], draw(st.sampled_from(Stage))


@given(cases())
def test_any_case_falls_into_exactly_one_class(case: tuple[SchemeText, list[Finding], Stage]) -> None:
    scheme, made, stage = case
    result = assess(scheme, made, stage)
    assert 0 <= result.measure <= 100
    if result.critical_failed:
        assert result.leads_to is REFUSED
    if result.leads_to.grants:
        assert result.label_class
    assert all(block.code in BLOCKS for block in result.blocks)


@given(cases(), st.data())
def test_a_better_score_never_lowers_the_measure(case: tuple[SchemeText, list[Finding], Stage], data: st.DataObject) -> None:
    scheme, made, stage = case
    scored = [at for at, finding in enumerate(made) if finding.score is not None and finding.score < 3]
    if scored:
        at = data.draw(st.sampled_from(scored))
        better = [*made[:at], replace(made[at], score=(made[at].score or 0) + 1), *made[at + 1 :]]
        assert assess(scheme, better, stage).measure > assess(scheme, made, stage).measure


@pytest.mark.parametrize(
    ("scores", "settled", "reason", "result"),
    [
        ([2, 2], None, "", 2),
        ([2, 3], None, "", 2),
        ([2, 3], 3, "Vimos el telar juntas.", 3),
        ([0, 3], 2, "Vimos el telar juntas.", 2),
        ([1], None, "", 1),
        ([1, 2, 2], None, "", 1),
    ],
)
def test_scores_come_to_one(scores: list[int], settled: int | None, reason: str, result: int) -> None:
    assert agreed("OL-4", scores, agreed_score=settled, reason=reason) == result


@pytest.mark.parametrize(("settled", "reason"), [(None, ""), (None, "Sí."), (2, ""), (2, "  ")])
def test_more_than_one_point_apart_needs_an_agreed_score_and_its_reason(settled: int | None, reason: str) -> None:
    with pytest.raises(Disagreement) as caught:
        agreed("OL-4", [1, 3], agreed_score=settled, reason=reason)
    assert caught.value.params == {"criterion": "OL-4", "low": 1, "high": 3}


@pytest.mark.parametrize(("scores", "settled"), [([0, 2], 3), ([2, 3], 1), ([], None), ([4], None), ([-1], None)])
def test_a_score_nobody_gave_is_refused(scores: list[int], settled: int | None) -> None:
    with pytest.raises(InvalidInput):
        agreed("OL-4", scores, agreed_score=settled, reason="Porque sí.")
