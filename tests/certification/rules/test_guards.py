import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from certification.rules.criteria import CriterionType, DecisionMode, EvaluatorRule, EvidenceKind, Stage, parse_scheme
from certification.rules.errors import DomainError, EvaluatorDecides, Forbidden, InvalidInput, TieBars
from certification.rules.guards import (
    CaseRole,
    Evaluator,
    EvidenceItem,
    PanelRule,
    Person,
    Shortfall,
    Tie,
    barring_ties,
    bars,
    grant_blocks,
    may_decide,
    may_evaluate,
    may_hear_appeal,
    panel_shortfalls,
    parse_ties,
    who_may_decide,
)
from certification.rules.scoring import BLOCKS, Block, Finding, assess

STANDARDS = json.loads((Path(__file__).parents[3] / "certification/schemes/standards.json").read_text(encoding="utf-8"))
TIES = parse_ties(STANDARDS["ties"])
SCHEMES = {scheme["id"]: parse_scheme(scheme) for scheme in STANDARDS["schemes"]}
ORIGIN, FARM = SCHEMES["origen-local"], SCHEMES["agroecologico-participativo"]
THIRD, PARTICIPATORY = DecisionMode.THIRD_PARTY, DecisionMode.PARTICIPATORY
EVALUATOR, DECIDER, APPEAL = CaseRole.EVALUATOR, CaseRole.DECIDER, CaseRole.APPEAL
TODAY = date(2026, 11, 21)
ENDED = date(2024, 11, 21)  # 24 months before today, to the day

ROWS = [
    ("oneself", Tie("self"), THIRD, DECIDER, True),
    ("oneself, participatory", Tie("self"), PARTICIPATORY, DECIDER, True),
    ("the same workshop", Tie("same_workshop"), PARTICIPATORY, EVALUATOR, True),
    ("a workshop left yesterday", Tie("same_workshop", until=date(2026, 11, 20)), THIRD, EVALUATOR, False),
    ("a workshop left today", Tie("same_workshop", until=TODAY), THIRD, EVALUATOR, True),
    ("kin", Tie("declared_kin"), PARTICIPATORY, APPEAL, True),
    ("the same cooperative, third party", Tie("same_cooperative"), THIRD, DECIDER, True),
    ("the same cooperative, participatory", Tie("same_cooperative"), PARTICIPATORY, DECIDER, False),
    ("the same assembly, third party", Tie("same_assembly"), THIRD, EVALUATOR, False),
    ("the same assembly, participatory", Tie("same_assembly"), PARTICIPATORY, EVALUATOR, False),
    ("trade that lasts", Tie("trade", since=date(2020, 1, 1)), THIRD, EVALUATOR, True),
    ("trade that begins tomorrow", Tie("trade", since=date(2026, 11, 22)), THIRD, EVALUATOR, False),
    ("trade ended 24 months ago to the day", Tie("trade", until=ENDED), PARTICIPATORY, DECIDER, True),
    ("trade ended 24 months and a day ago", Tie("trade", until=date(2024, 11, 20)), THIRD, DECIDER, False),
    ("an employer of last year", Tie("employer", until=date(2025, 11, 21)), THIRD, DECIDER, True),
    ("advice for pay 23 months ago", Tie("consultancy", until=date(2024, 12, 21)), THIRD, EVALUATOR, True),
    ("advice for pay 25 months ago", Tie("consultancy", until=date(2024, 10, 21)), THIRD, EVALUATOR, False),
    ("evaluated by the applicant last year", Tie("reciprocal", date(2025, 6, 1), date(2025, 6, 1)), THIRD, EVALUATOR, True),
    (
        "having been evaluated does not bar from deciding",
        Tie("reciprocal", date(2025, 6, 1), date(2025, 6, 1)),
        THIRD,
        DECIDER,
        False,
    ),
    ("a kind that nobody knows", Tie("secret"), PARTICIPATORY, APPEAL, True),
]


@pytest.mark.parametrize(("tie", "mode", "role", "barred"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_tie(tie: Tie, mode: DecisionMode, role: CaseRole, *, barred: bool) -> None:
    assert bars(tie, TIES, mode=mode, role=role, at=TODAY) is barred


def test_every_tie_of_the_standards_is_in_the_rows() -> None:
    assert set(TIES) == {row[1].kind for row in ROWS} - {"secret"}


def test_a_table_with_a_hole_is_refused_with_its_place() -> None:
    broken = [{**STANDARDS["ties"][0], "months": "24"}]
    with pytest.raises(InvalidInput) as caught:
        parse_ties(broken)
    assert caught.value.params["where"] == "ties[0].months"


KIN = Person("ana", (Tie("same_assembly"), Tie("declared_kin")))
FREE = Person("luz")


def test_only_the_ties_that_bar_are_named() -> None:
    assert barring_ties(KIN, TIES, mode=THIRD, role=DECIDER, at=TODAY) == (Tie("declared_kin"),)


def test_kin_may_do_nothing_and_a_free_person_everything() -> None:
    may_evaluate(FREE, TIES, mode=THIRD, at=TODAY)
    may_decide(FREE, {"ana"}, TIES, mode=THIRD, at=TODAY)
    may_hear_appeal(FREE, {"ana"}, TIES, mode=THIRD, at=TODAY)
    with pytest.raises(TieBars):
        may_evaluate(KIN, TIES, mode=THIRD, at=TODAY)
    with pytest.raises(TieBars):
        may_hear_appeal(KIN, set(), TIES, mode=THIRD, at=TODAY)
    with pytest.raises(TieBars) as caught:
        may_decide(KIN, set(), TIES, mode=THIRD, at=TODAY)
    assert caught.value.params == {"tie": "declared_kin", "person": "ana"}


@pytest.mark.parametrize(
    ("person", "error", "code"),
    [
        (Person("rosa"), EvaluatorDecides, "evaluator_decides"),
        (Person("root", operates_site=True), Forbidden, "operator_decides"),
        (KIN, TieBars, "tie_bars"),
    ],
    ids=["who evaluated", "who runs the site", "kin"],
)
def test_these_may_not_decide(person: Person, error: type[DomainError], code: str) -> None:
    with pytest.raises(error) as caught:
        may_decide(person, {"rosa"}, TIES, mode=PARTICIPATORY, at=TODAY)
    assert caught.value.code == code


def test_who_took_part_hears_no_appeal() -> None:
    with pytest.raises(Forbidden) as caught:
        may_hear_appeal(FREE, {"luz"}, TIES, mode=THIRD, at=TODAY)
    assert caught.value.code == "took_part"


def test_the_rest_of_the_committee_decides() -> None:
    committee = [KIN, FREE, Person("rosa"), Person("root", operates_site=True), Person("sol", (Tie("same_cooperative"),))]
    assert who_may_decide(committee, {"rosa"}, TIES, mode=PARTICIPATORY, at=TODAY) == {"luz", "sol"}
    assert who_may_decide(committee, {"rosa"}, TIES, mode=THIRD, at=TODAY) == {"luz"}


def peer(name: str, workshop: str | None, **more: Any) -> Evaluator:
    return Evaluator(name, is_peer=True, workshop=workshop, **more)


OUTSIDER = Evaluator("eva", is_outsider=True)
FULL = [peer("ana", "norte"), peer("luz", "sur"), OUTSIDER]
FARM_RULE, ORIGIN_RULE = FARM.decision.evaluators, ORIGIN.decision.evaluators

PANELS: list[tuple[str, EvaluatorRule, list[Evaluator], list[Shortfall]]] = [
    ("two peers of two farms and an outsider", FARM_RULE, FULL, []),
    (
        "nobody",
        FARM_RULE,
        [],
        [
            Shortfall(PanelRule.MIN, 3, 0),
            Shortfall(PanelRule.PEERS, 2, 0),
            Shortfall(PanelRule.OUTSIDERS, 1, 0),
            Shortfall(PanelRule.WORKSHOPS, 2, 0),
        ],
    ),
    (
        "both peers of one farm",
        FARM_RULE,
        [peer("ana", "norte"), peer("luz", "norte"), OUTSIDER],
        [Shortfall(PanelRule.WORKSHOPS, 2, 1)],
    ),
    (
        "a peer of the applicant's own farm",
        FARM_RULE,
        [peer("ana", "mine"), peer("luz", "sur"), OUTSIDER],
        [Shortfall(PanelRule.PEERS, 2, 1), Shortfall(PanelRule.WORKSHOPS, 2, 1)],
    ),
    (
        "a peer from nowhere",
        FARM_RULE,
        [peer("ana", None), peer("luz", "sur"), OUTSIDER],
        [Shortfall(PanelRule.PEERS, 2, 1), Shortfall(PanelRule.WORKSHOPS, 2, 1)],
    ),
    (
        "three peers",
        FARM_RULE,
        [peer("ana", "norte"), peer("luz", "sur"), peer("sol", "este")],
        [Shortfall(PanelRule.OUTSIDERS, 1, 0)],
    ),
    (
        "a peer who calls herself outsider too",
        FARM_RULE,
        [peer("ana", "norte"), peer("luz", "sur"), peer("sol", "este", is_outsider=True)],
        [Shortfall(PanelRule.OUTSIDERS, 1, 0)],
    ),
    (
        "one person three times",
        FARM_RULE,
        [OUTSIDER, OUTSIDER, OUTSIDER],
        [Shortfall(PanelRule.MIN, 3, 1), Shortfall(PanelRule.PEERS, 2, 0), Shortfall(PanelRule.WORKSHOPS, 2, 0)],
    ),
    (
        "an evaluation returned within 24 months",
        FARM_RULE,
        [peer("ana", "norte", evaluated_by_applicant=ENDED), *FULL[1:]],
        [Shortfall(PanelRule.RECIPROCAL, 24, 1, ("ana",))],
    ),
    (
        "an evaluation returned after that",
        FARM_RULE,
        [peer("ana", "norte", evaluated_by_applicant=date(2024, 11, 20)), *FULL[1:]],
        [],
    ),
    ("one of the same branch", ORIGIN_RULE, [peer("ana", "norte", same_branch=True), OUTSIDER], []),
    ("none of the same branch", ORIGIN_RULE, [peer("ana", "norte"), OUTSIDER], [Shortfall(PanelRule.SAME_BRANCH, 1, 0)]),
]


@pytest.mark.parametrize(("rule", "panel", "short"), [row[1:] for row in PANELS], ids=[row[0] for row in PANELS])
def test_panel(rule: EvaluatorRule, panel: list[Evaluator], short: list[Shortfall]) -> None:
    assert panel_shortfalls(rule, panel, applicant_workshop="mine", at=TODAY) == short


def evidence(*, without: str = "", undated: str = "") -> list[EvidenceItem]:
    return [
        EvidenceItem(c.code, EvidenceKind.PHOTO, None if c.code == undated else TODAY)
        for c in FARM.criteria
        if c.code != without and c.type is CriterionType.CRITICAL
    ]


def farm_blocks(items: list[EvidenceItem], scores: tuple[int, ...] = (2, 2, 2, 2), **values: str) -> list[Block]:
    points = dict(zip(FARM.scoring.scored, scores, strict=True))
    own = {"AG-4": "complete", **{code.replace("_", "-"): value for code, value in values.items()}}
    found = [Finding(c.code, own.get(c.code, "conform"), points.get(c.code)) for c in FARM.criteria]
    return grant_blocks(FARM, assess(FARM, found, Stage.FIRST), items)


GRANTS: list[tuple[str, dict[str, str], dict[str, Any], list[Block]]] = [
    ("all in order", {}, {}, []),
    ("a critical criterion without evidence", {"without": "AG-2"}, {}, [Block("EVIDENCE_UNDATED", "AG-2")]),
    ("evidence without a date", {"undated": "AG-2"}, {}, [Block("EVIDENCE_UNDATED", "AG-2")]),
    ("a criterion that does not apply needs none", {"without": "AG-10"}, {"AG_10": "not_applicable"}, []),
    ("a critical criterion fails", {}, {"AG_2": "major"}, [Block("OPEN_MAJOR", "AG-2"), Block("CRITICAL_NOT_MET", "AG-2")]),
    ("a broken transition", {}, {"AG_4": "broken"}, [Block("CRITICAL_NOT_MET", "AG-4")]),
    ("an open major on a scored criterion", {}, {"AG_5": "major"}, [Block("OPEN_MAJOR", "AG-5")]),
    ("an open minor without plan", {}, {"AG_12": "minor"}, [Block("PLAN_MISSING", "AG-12")]),
    ("points not reached", {}, {"scores": (1, 1, 1, 1)}, [Block("SCORING_NOT_MET")]),
]


@pytest.mark.parametrize(("given", "case", "blocks"), [row[1:] for row in GRANTS], ids=[row[0] for row in GRANTS])
def test_what_stands_against_a_grant(given: dict[str, str], case: dict[str, Any], blocks: list[Block]) -> None:
    assert farm_blocks(evidence(**given), **case) == blocks


def test_every_block_has_its_sentence() -> None:
    assert {block.code for row in GRANTS for block in row[3]} | {"FINDING_MISSING", "SCORE_MISSING"} == set(BLOCKS)
