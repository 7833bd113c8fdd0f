"""From the document of a scheme to `SchemeText`, refusing what contradicts itself or the floor of the registry."""

from collections.abc import Mapping
from fractions import Fraction

from certification.rules.leaves import fits
from certification.rules.reading import Both, Reader
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
from certification.rules.text import N_
from certification.rules.workflow import Outcome

PARTICIPATORY_FLOOR = {
    "min": 3,
    "peers_min": 2,
    "outsiders_min": 1,
    "distinct_workshops_min": 2,
    "no_reciprocal_months": 24,
}
_CRITICAL = {"any_not_conform": False, "all_conform": True, "any": None}
_ZEROS = {"none": False, "some": True, "any": None}


def parse_scheme(document: Mapping[str, object]) -> SchemeText:
    """One entry of `schemes` in the shape of standards.json. Raises InvalidInput with the place at fault (`where`)."""
    scheme = Reader(document, str(document.get("id", "scheme")))
    criteria = tuple(_criterion(item) for item in scheme.items("criteria"))
    _check_criteria(scheme, criteria)
    kinds = tuple(item.choice("", SubjectKind) for item in scheme.items("subject_kinds"))
    shown = scheme.at("display")
    return SchemeText(
        id=_word(scheme, "id", "scheme.id"),
        version=_word(scheme, "version", "scheme.version"),
        name=scheme.both("name"),
        purpose=scheme.both("purpose"),
        promises=scheme.both_list("promises"),
        does_not_promise=scheme.both_list("does_not_promise"),
        eligibility=scheme.both_list("eligibility"),
        subject_kinds=kinds,
        display={kind: Display(shown.at(kind).text("mode"), shown.at(kind).both("wording")) for kind in kinds},
        owner=_owner(scheme.at("owner")),
        decision=_decision(scheme.at("decision")),
        timing=_timing(scheme),
        fees=_fees(scheme.at("fees")),
        scoring=_scoring(scheme.at("scoring"), criteria),
        criteria=criteria,
        transition=_transition(scheme.at("transition")) if scheme.has("transition") else None,
    )


def _word(item: Reader, key: str, fact: str) -> str:
    """A word that the public log will repeat one day, so it must be one that a leaf can hold."""
    word = item.text(key)
    if not fits(fact, word):
        sentence = (
            N_("«%(where)s» solo puede llevar mayúsculas sin acento, números y guion bajo, y ser corto.")
            if fact == "reason_code"
            else N_("«%(where)s» solo puede llevar letras sin acento, números, punto, guion y guion bajo, y ser corto.")
        )
        item.at_fault(key, sentence, "word_not_for_log")
    return word


def _criterion(item: Reader) -> Criterion:
    kind = item.choice("type", CriterionType)
    scored = kind is CriterionType.SCORED
    rubric = tuple(item.at("rubric").both(str(points)) for points in range(FULL_SCORE + 1)) if scored else ()
    if not scored and item.has("rubric"):
        item.at_fault("rubric", N_("«%(where)s»: solo un criterio con puntos lleva puntajes."), "rubric_not_scored")
    return Criterion(
        code=_word(item, "code", "criterion"),
        type=kind,
        title=item.both("title"),
        text=item.both("text"),
        guide=item.both("guide"),
        evidence=tuple(_ask(ask) for ask in item.items("evidence")),
        rubric=rubric,
        findings=tuple(_own_finding(found) for found in item.items("findings")) if item.has("findings") else (),
        applies_if=_condition(item.at("applies_if")) if item.has("applies_if") else None,
    )


def _ask(item: Reader) -> EvidenceAsk:
    group = item.text("group") if item.has("group") else None
    return EvidenceAsk(item.choice("kind", EvidenceKind), item.both("what"), item.flag("required"), group)


def _own_finding(item: Reader) -> OwnFinding:
    return OwnFinding(item.text("id"), item.one_of("counts_as", {"conform": True, "not_conform": False}), item.both("text"))


def _condition(item: Reader) -> Condition:
    return Condition(item.text("key"), item.both("text"))


def _check_criteria(scheme: Reader, criteria: tuple[Criterion, ...]) -> None:
    codes = [criterion.code for criterion in criteria]
    if len(set(codes)) != len(codes):
        scheme.at_fault("criteria", N_("«%(where)s»: dos criterios tienen la misma clave."), "code_twice")
    if not any(criterion.type is CriterionType.CRITICAL for criterion in criteria):
        scheme.at_fault("criteria", N_("«%(where)s»: hace falta al menos un criterio crítico."), "no_critical")


def _owner(item: Reader) -> Owner:
    adopted = item.text("adopted_by") if item.has("adopted_by") else None
    return Owner(item.text("kind"), adopted, item.texts("adoptable_by"), item.both("name"), item.both("text"))


def _decision(item: Reader) -> DecisionRule:
    mode, evaluators, decider = item.choice("mode", DecisionMode), item.at("evaluators"), item.at("decider")
    if mode is DecisionMode.PARTICIPATORY:
        for key, least in PARTICIPATORY_FLOOR.items():
            evaluators.number(key, least=least)
    return DecisionRule(
        mode=mode,
        evaluators=EvaluatorRule(
            min=evaluators.number("min", least=1),
            peers_min=evaluators.number("peers_min"),
            outsiders_min=evaluators.number("outsiders_min"),
            distinct_workshops_min=evaluators.number("distinct_workshops_min"),
            same_branch_min=evaluators.number("same_branch_min"),
            no_reciprocal_months=evaluators.number("no_reciprocal_months"),
            peer=evaluators.both("peer"),
            outsider=evaluators.both("outsider"),
        ),
        decider=DeciderRule(
            kind=decider.text("kind"),
            quorum=_share(decider.at("quorum")),
            majority=_share(decider.at("majority")),
            min_present=decider.number("min_present", least=1),
            rule=decider.both("rule"),
        ),
        requires=frozenset(item.texts("requires")),
        rule=item.both("rule"),
    )


def _share(item: Reader) -> Share:
    part = Fraction(item.number("numerator", least=1), item.number("denominator", least=1))
    if part > 1:
        item.at_fault("numerator", N_("«%(where)s» no puede pasar del total."), "more_than_all")
    return Share(part, item.choice("comparison", Comparison), item.text("of"))


def _timing(scheme: Reader) -> Timing:
    renewal, watch, appeal = scheme.at("renewal"), scheme.at("surveillance"), scheme.at("appeal")
    return Timing(
        validity_months=scheme.number("validity_months", least=1),
        renewal_opens_days=renewal.number("opens_days_before"),
        renewal_apply_days=renewal.number("apply_by_days_before"),
        surveillance_months=watch.number("interval_months", least=1),
        grace_days=watch.number("grace_days"),
        unannounced_on_complaint=watch.flag("unannounced_on_complaint"),
        first_visit_months=watch.optional_number("first_visit_within_months", least=1),
        visit_months_by_risk=_by_risk(watch),
        self_assessment_months=watch.optional_number("self_assessment_interval_months", least=1),
        surveillance=watch.both("what"),
        appeal_deadline_days=appeal.number("deadline_days", least=1),
        appeal_answer_days=appeal.number("answer_days", least=1),
        appeal_panel_min=appeal.number("panel_min", least=1),
        appeal=appeal.both("text"),
    )


def _by_risk(watch: Reader) -> dict[str, int]:
    key = "visit_interval_months_by_risk"
    return {risk: months.number("", least=1) for risk, months in watch.pairs(key)} if watch.has(key) else {}


def _fees(item: Reader) -> Fees:
    return Fees(item.number("application_centavos"), item.number("yearly_centavos"), item.both("text"))


def _transition(item: Reader) -> Transition:
    return Transition(
        label_class=item.text("class"),
        min_percent=item.number("min_percent"),
        max_months=item.number("max_months_total", least=1),
        conditions=item.both_list("conditions"),
        wording=item.both("wording"),
        wording_rule=item.both("wording_rule"),
    )


def _scoring(item: Reader, criteria: tuple[Criterion, ...]) -> Scoring:
    scored = item.texts("scored_criteria")
    if set(scored) != {criterion.code for criterion in criteria if criterion.type is CriterionType.SCORED}:
        item.at_fault("scored_criteria", N_("«%(where)s» no coincide con los criterios con puntos."), "scored_differ")
    if item.number("max") != FULL_SCORE * len(scored):
        item.at_fault("max", N_("«%(where)s» no es la suma de los puntos posibles."), "wrong_maximum")
    rule, threshold = item.at("any_zero_rule"), item.at("grant_threshold")
    conversion = item.text("conversion_criterion") if item.has("conversion_criterion") else None
    with_findings = {entry.code for entry in criteria if entry.findings and entry.type is CriterionType.CRITICAL}
    if conversion is not None and conversion not in with_findings:
        item.at_fault(
            "conversion_criterion", N_("«%(where)s» debe ser un criterio crítico con hallazgos propios."), "no_own_findings"
        )
    return Scoring(
        scored=scored,
        measure=item.choice("measure", Measure),
        maximum=item.number("max"),
        threshold={stage: threshold.number(stage) for stage in Stage},
        classes=tuple(_score_class(entry) for entry in item.items("classes")),
        conversion_criterion=conversion,
        zero_due_days=rule.optional_number("due_days", least=1),
        zero_rule=rule.both("text"),
        note=item.both("note"),
    )


def _score_class(item: Reader) -> ScoreClass:
    when = item.at("when")
    conversion = when.text("conversion") if when.has("conversion") else "any"
    again = item.at("reevaluate") if item.has("reevaluate") else None
    leads_to = item.choice("leads_to", Outcome)
    wanted = "label_class" if leads_to.grants else "reason_code"
    if not item.has(wanted):
        item.at_fault(wanted, N_("Falta «%(where)s»."), "missing")
    return ScoreClass(
        id=item.text("id"),
        critical_conform=when.one_of("critical", _CRITICAL),
        stage=when.one_of("stage", {"first": Stage.FIRST, "renewal": Stage.RENEWAL, "any": None}),
        at_least=when.optional_number("at_least"),
        below=when.optional_number("below"),
        zeros=when.one_of("zeros", _ZEROS),
        conversion=None if conversion == "any" else conversion,
        leads_to=leads_to,
        label_class=item.text("label_class") if item.has("label_class") else None,
        reason_code=_word(item, "reason_code", "reason_code") if item.has("reason_code") else None,
        listing_wording=_both_or_none(item, "listing_wording"),
        text=item.both("text"),
        reevaluate=(again.text("criteria"), again.number("within_months", least=1)) if again else None,
    )


def _both_or_none(item: Reader, key: str) -> Both | None:
    return item.both(key) if item.has(key) else None
