import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from certification.rules.criteria import (
    Both,
    Comparison,
    CriterionType,
    DecisionMode,
    EvidenceKind,
    Share,
    Stage,
    SubjectKind,
    missing_evidence,
    parse_scheme,
)
from certification.rules.errors import InvalidInput
from certification.rules.leaves import fits

STANDARDS = json.loads((Path(__file__).parents[3] / "certification/schemes/standards.json").read_text(encoding="utf-8"))
SCHEMES = {scheme["id"]: parse_scheme(scheme) for scheme in STANDARDS["schemes"]}
ORIGIN, FAIR, FARM = SCHEMES["origen-local"], SCHEMES["comercio-justo-local"], SCHEMES["agroecologico-participativo"]
K = EvidenceKind


def test_a_text_answers_in_the_language_asked_for_and_else_in_spanish() -> None:
    both = Both("Hola", "Hello")
    assert [both.in_(lang) for lang in ("es", "en", "es-MX", "en_US", "nah", "")] == [
        "Hola",
        "Hello",
        "Hola",
        "Hello",
        "Hola",
        "Hola",
    ]


def test_the_origin_label_is_read_whole() -> None:
    assert ORIGIN.name.es == "Sello de Origen Local — Hecho a Mano"
    assert ORIGIN.subject_kinds == (SubjectKind.PRODUCT_LINE,)
    assert ORIGIN.display[SubjectKind.PRODUCT_LINE].mode == "badge_in_scope"
    assert (ORIGIN.decision.mode, ORIGIN.decision.evaluators.min) == (DecisionMode.THIRD_PARTY, 2)
    assert (ORIGIN.timing.validity_months, ORIGIN.timing.grace_days) == (24, 60)
    assert ORIGIN.scoring.threshold == {Stage.FIRST: 10, Stage.RENEWAL: 10}
    assert [c.code for c in ORIGIN.criteria if c.type is CriterionType.SCORED] == list(ORIGIN.scoring.scored)
    assert ORIGIN.criterion("OL-4").rubric[3].es.startswith("El material principal es natural y se obtiene")
    assert ORIGIN.transition is None


def test_the_farm_label_has_its_transition_and_its_own_findings() -> None:
    assert FARM.transition is not None
    assert (FARM.transition.min_percent, FARM.transition.max_months) == (40, 36)
    assert {own.id: own.conforms for own in FARM.criterion("AG-4").findings} == {
        "complete": True,
        "running": True,
        "broken": False,
    }
    assert FARM.decision.decider.majority == Share(Fraction(2, 3), Comparison.AT_LEAST, "votes_cast")


def test_the_fair_label_plans_visits_by_risk() -> None:
    assert FAIR.timing.visit_months_by_risk == {"high": 24, "medium": 36, "low": 48}
    assert FAIR.timing.first_visit_months == 12


def test_a_criterion_applies_unless_the_answer_says_no() -> None:
    animals = FARM.criterion("AG-9")
    assert [animals.applies(a) for a in ({}, {"has_animals": True}, {"has_animals": False})] == [True, True, False]
    assert FARM.criterion("AG-1").applies({"has_animals": False})


def test_an_unknown_criterion_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        ORIGIN.criterion("AG-1")


@pytest.mark.parametrize(
    ("comparison", "count", "whole", "met"),
    [
        (Comparison.MORE_THAN, 3, 6, False),
        (Comparison.MORE_THAN, 4, 6, True),
        (Comparison.AT_LEAST, 3, 6, True),
        (Comparison.AT_LEAST, 2, 6, False),
    ],
)
def test_half_is_met_exactly(comparison: Comparison, count: int, whole: int, *, met: bool) -> None:
    assert Share(Fraction(1, 2), comparison, "votes_cast").met_by(count, whole) is met


ROWS = [
    ("nothing given, everything missing", "CJ-1", [], 2),
    ("two documents are asked and one is given", "CJ-1", [K.DOCUMENT], 1),
    ("two documents are asked and given", "CJ-1", [K.DOCUMENT, K.DOCUMENT], 0),
    ("one statement does not serve both the ask and the group", "OL-2", [K.STATEMENT], 1),
    ("the document frees the statement for the ask", "OL-2", [K.DOCUMENT, K.STATEMENT], 0),
    ("the order of giving does not matter", "OL-2", [K.STATEMENT, K.DOCUMENT], 0),
    ("a statement may be a sound recording", "OL-2", [K.AUDIO, K.STATEMENT], 0),
    ("a sound recording is no document", "CJ-1", [K.AUDIO, K.AUDIO], 2),
    ("one of a group is enough", "OL-1", [K.PLACE, K.VIDEO], 0),
    ("many of a group do not stand for the ask", "OL-1", [K.VIDEO, K.PHOTO, K.DOCUMENT], 1),
    ("what is voluntary is never missing", "OL-6", [K.STATEMENT], 0),
]


@pytest.mark.parametrize(("code", "given", "missing"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_missing_evidence(code: str, given: list[EvidenceKind], missing: int) -> None:
    scheme = ORIGIN if code.startswith("OL") else FAIR
    assert len(missing_evidence(scheme.criterion(code), given)) == missing


def test_what_is_missing_names_its_alternatives() -> None:
    (place_proof,) = missing_evidence(ORIGIN.criterion("OL-1"), [K.PLACE])
    assert [ask.kind for ask in place_proof] == [K.DOCUMENT, K.PHOTO, K.VIDEO, K.VISIT]


def test_a_visit_is_not_asked_of_the_applicant() -> None:
    criterion = FARM.criterion("AG-2")
    assert len(missing_evidence(criterion, [K.DOCUMENT])) == 1
    assert missing_evidence(criterion, [K.DOCUMENT], visit_comes_later=True) == []


def change(document: dict[str, Any], path: str, value: object) -> None:
    here: Any = document
    *parents, last = path.split(".")
    for step in parents:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if value is ...:
        del here[last]
    else:
        here[last] = value


FAULTS = [
    ("a missing name", "name", ..., "agroecologico-participativo.name", "missing"),
    ("an empty Spanish text", "name.es", " ", "agroecologico-participativo.name.es", "not_a_text"),
    ("lists of unequal length", "promises.en", ["One."], "agroecologico-participativo.promises", "uneven"),
    ("a criterion of no known type", "criteria.0.type", "nice", "agroecologico-participativo.criteria[0].type", "not_a_choice"),
    ("a list that is none", "criteria", {}, "agroecologico-participativo.criteria", "not_a_list"),
    ("a text in place of a group", "scoring", "x", "agroecologico-participativo.scoring", "not_a_group"),
    ("a number in quotes", "validity_months", "12", "agroecologico-participativo.validity_months", "not_a_number"),
    (
        "a truth value in place of a number",
        "validity_months",
        True,
        "agroecologico-participativo.validity_months",
        "not_a_number",
    ),
    ("no validity at all", "validity_months", 0, "agroecologico-participativo.validity_months", "not_a_number"),
    (
        "a flag that is none",
        "criteria.0.evidence.0.required",
        1,
        "agroecologico-participativo.criteria[0].evidence[0].required",
        "not_a_flag",
    ),
    ("a rubric with a hole", "criteria.4.rubric.2", ..., "agroecologico-participativo.criteria[4].rubric.2", "missing"),
    ("a rubric without points", "criteria.0.rubric", {}, "agroecologico-participativo.criteria[0].rubric", "rubric_not_scored"),
    ("one code twice", "criteria.0.code", "AG-2", "agroecologico-participativo.criteria", "code_twice"),
    (
        "scored criteria that differ",
        "scoring.scored_criteria",
        ["AG-5"],
        "agroecologico-participativo.scoring.scored_criteria",
        "scored_differ",
    ),
    ("a wrong maximum", "scoring.max", 15, "agroecologico-participativo.scoring.max", "wrong_maximum"),
    (
        "a majority over the whole",
        "decision.decider.majority.numerator",
        4,
        "agroecologico-participativo.decision.decider.majority.numerator",
        "more_than_all",
    ),
    (
        "a participatory panel below three",
        "decision.evaluators.min",
        2,
        "agroecologico-participativo.decision.evaluators.min",
        "not_a_number",
    ),
    (
        "a participatory panel without outsider",
        "decision.evaluators.outsiders_min",
        0,
        "agroecologico-participativo.decision.evaluators.outsiders_min",
        "not_a_number",
    ),
    (
        "reciprocal visits after a year",
        "decision.evaluators.no_reciprocal_months",
        12,
        "agroecologico-participativo.decision.evaluators.no_reciprocal_months",
        "not_a_number",
    ),
    (
        "a grant without its class",
        "scoring.classes.1.label_class",
        None,
        "agroecologico-participativo.scoring.classes[1].label_class",
        "missing",
    ),
    (
        "a refusal without its reason",
        "scoring.classes.0.reason_code",
        None,
        "agroecologico-participativo.scoring.classes[0].reason_code",
        "missing",
    ),
    (
        "a conversion criterion without findings",
        "scoring.conversion_criterion",
        "AG-1",
        "agroecologico-participativo.scoring.conversion_criterion",
        "no_own_findings",
    ),
    *(
        (
            f"a word that the log can't repeat: {path} = {word}",
            path,
            word,
            f"agroecologico-participativo.{where}",
            "word_not_for_log",
        )
        for path, where, words in (
            ("version", "version", ["1,0", "una versión", "1" * 21]),
            ("criteria.0.code", "criteria[0].code", ["AG 1", "ÁG-1", "AG/1"]),
            ("scoring.classes.0.reason_code", "scoring.classes[0].reason_code", ["not_met", "NO-CUMPLE", "AÑO"]),
        )
        for word in words
    ),
]


@pytest.mark.parametrize(("path", "value", "where", "code"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_faulty_scheme_is_refused_with_the_place_at_fault(path: str, value: object, where: str, code: str) -> None:
    document = copy.deepcopy(STANDARDS["schemes"][2])
    change(document, path, value)
    with pytest.raises(InvalidInput) as caught:
        parse_scheme(document)
    assert (caught.value.code, caught.value.params["where"]) == (code, where)
    assert where in str(caught.value)


@pytest.mark.parametrize("word", ["agroecológico", "agro ecologico", "-agro", "x" * 61])
def test_a_key_that_the_log_cannot_repeat_is_refused(word: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_scheme(STANDARDS["schemes"][2] | {"id": word})
    assert (caught.value.code, caught.value.params["where"]) == ("word_not_for_log", f"{word}.id")
    assert "letras sin acento" in str(caught.value)


def test_every_reason_of_the_list_fits_a_leaf_of_the_log() -> None:
    codes = [one["code"] for one in STANDARDS["reason_codes"]]
    assert len(codes) >= 20
    assert [code for code in codes if not fits("reason_code", code)] == []
    assert not fits("reason_code", "not_met")


def test_a_scheme_without_critical_criterion_is_refused() -> None:
    document = copy.deepcopy(STANDARDS["schemes"][0])
    document["criteria"] = [c for c in document["criteria"] if c["type"] != "critical"]
    with pytest.raises(InvalidInput) as caught:
        parse_scheme(document)
    assert caught.value.code == "no_critical"
