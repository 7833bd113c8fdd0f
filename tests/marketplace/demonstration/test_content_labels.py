"""Certificates and applications of the demonstration market, weighed by the registry's own rules."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from certification.rules.criteria import EvidenceKind, SchemeText, Stage, missing_evidence, parse_scheme
from certification.rules.days import end_of_day, start_of_day
from certification.rules.findings import Finding
from certification.rules.guards import (
    CaseRole,
    Evaluator,
    EvidenceItem,
    Person,
    Tie,
    bars,
    grant_blocks,
    panel_shortfalls,
    parse_ties,
)
from certification.rules.scoring import agreed, assess
from certification.rules.verdict import Facts, PublicState, verdict
from certification.rules.workflow import APPLICATION, ApplicationState
from certification.schemes.builtin import standards
from marketplace.demonstration.content import DemoApplication, DemoCertificate, load
from marketplace.demonstration.content.dossiers import application_behind

ZONE = ZoneInfo("America/Mexico_City")
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
MARKET = load()
SCHEMES = {text.id: text for text in map(parse_scheme, (*standards()["schemes"], *MARKET.schemes))}
TIES = parse_ties(standards()["ties"])
REASONS = {reason["code"]: reason for reason in standards()["reason_codes"]}
PEOPLE = {person.key: person for person in MARKET.all_people}
PARTIES = {party.slug: party for party in MARKET.all_parties}
DECIDED = [one for one in MARKET.applications if one.decision is not None]
EVERY_CASE = [application_behind(one, MARKET, SCHEMES[one.scheme]) for one in MARKET.certificates] + [
    one for one in DECIDED if one.decision and one.decision.outcome == "refused"
]
IN_REVIEW = [one for one in MARKET.applications if one.state == "in_review"]
LAPSED_ON = {str(document["id"]): -48 for document in MARKET.schemes}


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def facts_of(certificate: DemoCertificate) -> Facts:
    acts = {act.kind: act for act in certificate.acts}
    scheme = SCHEMES[certificate.scheme]

    def start(offset: int | None) -> datetime | None:
        return None if offset is None else start_of_day(day(offset), ZONE)

    def act(kind: str) -> datetime | None:
        return start(acts[kind].on) if kind in acts else None

    lapsed = LAPSED_ON.get(certificate.scheme)
    suspension_ends = acts["suspended"].ends_by if "suspended" in acts else None
    return Facts(
        valid_from=start_of_day(day(certificate.valid_from), ZONE),
        valid_until=end_of_day(day(certificate.expires), ZONE),
        surveillance_due=end_of_day(day(certificate.surveillance_due), ZONE),
        grace_ends=end_of_day(day(certificate.surveillance_due + scheme.timing.grace_days), ZONE),
        suspended_at=act("suspended"),
        suspension_until=start(suspension_ends),
        withdrawn_at=act("withdrawn"),
        surrendered_at=act("surrendered"),
        superseded_at=start(certificate.superseded),
        successor=certificate.successor,
        scheme_lapsed_at=start(lapsed) if lapsed is not None else None,
    )


def findings_of(application: DemoApplication, text: SchemeText) -> list[Finding]:
    """What the evaluators' findings come to; where they differ in grade the graver counts."""
    order = ["conform", "complete", "running", "not_applicable", "minor", "major", "broken"]
    found = []
    for criterion in text.criteria:
        given = [one.findings[criterion.code] for one in application.evaluations if criterion.code in one.findings]
        if not given:
            found.append(Finding(criterion.code, "not_applicable"))
            continue
        scores = [one.score for one in given if one.score is not None]
        worst = max(given, key=lambda one: order.index(one.finding))
        found.append(
            Finding(
                criterion.code,
                worst.finding,
                agreed(criterion.code, scores) if scores else None,
                plan_accepted=worst.plan is not None,
            )
        )
    return found


def kinds_given(application: DemoApplication, text: SchemeText, code: str) -> list[EvidenceKind]:
    """What is shown, and the answer as often as the criterion asks for a statement."""
    shown = [EvidenceKind(item.kind) for item in application.evidence if item.criterion == code]
    statements = sum(ask.kind is EvidenceKind.STATEMENT for ask in text.criterion(code).evidence)
    return shown + [EvidenceKind.STATEMENT] * (statements if application.answers.get(code) else 0)


def ties_of(key: str, party: str) -> tuple[Tie, ...]:
    own = (Tie("self"),) if PEOPLE[key].party == party or party in PEOPLE[key].acts_for else ()
    return own + tuple(
        Tie(tie.kind, day(tie.since), None if tie.until is None else day(tie.until))
        for tie in MARKET.ties
        if (tie.person, tie.party) == (key, party)
    )


def applying(text: SchemeText, application: DemoApplication) -> list[str]:
    return [one.code for one in text.criteria if one.applies_if is None or one.applies_if.key in application.applies]


@pytest.mark.parametrize("certificate", MARKET.certificates, ids=lambda one: one.key)
def test_a_certificate_is_in_the_state_that_it_says(certificate: DemoCertificate) -> None:
    assert verdict(facts_of(certificate), NOW).state == certificate.state


def test_every_public_state_of_a_certificate_occurs() -> None:
    states = set(PublicState) - {PublicState.NOT_FOUND, PublicState.CANNOT_CHECK}
    assert {one.state for one in MARKET.certificates} == states
    suspended = [one for one in MARKET.certificates if one.state == PublicState.SUSPENDED]
    assert sorted(verdict(facts_of(one), NOW).reason.value for one in suspended) == ["surveillance_overdue", "suspended_by_act"]


def test_enough_goods_wear_a_valid_label() -> None:
    valid = [one for one in MARKET.certificates if one.state == PublicState.VALID]
    assert len({slug for one in valid for slug in one.products}) >= 30
    assert len({one.scheme for one in valid}) >= 3


def test_scopes_hold_published_goods_of_the_holder() -> None:
    goods = {product.slug: product for product in MARKET.products}
    for certificate in MARKET.certificates:
        for slug in certificate.products:
            assert goods[slug].producer == certificate.holder, certificate.key
            assert goods[slug].state in {"published", "paused"}, slug
        assert bool(certificate.products) or certificate.subject_kind == "organization" or certificate.subject_words


def test_a_successor_is_another_certificate_of_the_same_holder() -> None:
    by_key = {one.key: one for one in MARKET.certificates}
    replaced = [one for one in MARKET.certificates if one.successor]
    assert len(replaced) == 1
    assert by_key[str(replaced[0].successor)].holder == replaced[0].holder
    assert by_key[str(replaced[0].successor)].granted == replaced[0].superseded


def test_acts_carry_a_reason_made_for_them_and_a_suspension_ends_within_six_months() -> None:
    codes = {"suspended": "suspend", "withdrawn": "withdraw", "surrendered": "surrender"}
    for certificate in MARKET.certificates:
        for act in certificate.acts:
            reason = REASONS[act.reason_code]
            assert codes[act.kind] in reason["acts"], certificate.key
            assert not reason["needs_criterion"] or act.criterion in {one.code for one in SCHEMES[certificate.scheme].criteria}
            if act.kind == "suspended":
                assert act.ends_by is not None
                assert 0 < act.ends_by - act.on <= 181
                assert act.appeal_until == act.on + 30


def test_every_stage_of_an_application_occurs() -> None:
    assert {one.state for one in MARKET.applications} == set(ApplicationState)
    assert {one.decision.outcome for one in DECIDED if one.decision} == {"granted", "granted_with_conditions", "refused"}


@pytest.mark.parametrize("application", [*MARKET.applications, *EVERY_CASE], ids=lambda one: one.key)
def test_the_moves_of_an_application_lead_to_its_state(application: DemoApplication) -> None:
    state = ApplicationState.DRAFT
    assert application.events[0].action == "start"
    for event in application.events[1:]:
        if event.action != "assign":
            state = APPLICATION.next_state(state, event.action)
    if application.decision is not None:
        state = APPLICATION.next_state(state, "decide")
    assert state == application.state
    days = [event.on for event in application.events]
    assert days == sorted(days)


@pytest.mark.parametrize("application", [*MARKET.applications, *EVERY_CASE], ids=lambda one: one.key)
def test_what_was_sent_answers_every_criterion_with_its_evidence(application: DemoApplication) -> None:
    if application.state == ApplicationState.DRAFT:
        assert len(application.answers) < len(SCHEMES[application.scheme].criteria)
        return
    text = SCHEMES[application.scheme]
    codes = applying(text, application)
    assert set(application.answers) >= set(codes)
    assert set(application.answers) <= {one.code for one in text.criteria}
    for code in codes:
        given = kinds_given(application, text, code)
        assert missing_evidence(text.criterion(code), given, visit_comes_later=True) == [], code


@pytest.mark.parametrize("application", [*IN_REVIEW, *EVERY_CASE], ids=lambda one: one.key)
def test_a_case_before_the_committee_has_every_finding_and_its_panel(application: DemoApplication) -> None:
    text = SCHEMES[application.scheme]
    expected = set(applying(text, application))
    for evaluation in application.evaluations:
        assert set(evaluation.findings) == expected, evaluation.evaluator
        assert evaluation.signed is not None
        assert evaluation.recommendation is not None
    assert (
        panel_shortfalls(text.decision.evaluators, panel(application), applicant_workshop=application.applicant, at=TODAY) == []
    )


def panel(application: DemoApplication) -> list[Evaluator]:
    branch = PARTIES[application.applicant].branch
    return [
        Evaluator(
            person=one.evaluator,
            is_peer=PEOPLE[one.evaluator].capacity == "peer",
            is_outsider=PEOPLE[one.evaluator].capacity == "outsider",
            workshop=PEOPLE[one.evaluator].party,
            same_branch=PEOPLE[one.evaluator].branch == branch,
            evaluated_by_applicant=last_reciprocal(application, one.evaluator),
        )
        for one in application.evaluations
    ]


def last_reciprocal(application: DemoApplication, evaluator: str) -> date | None:
    """When somebody of the applicant evaluated the evaluator's own workshop."""
    theirs = PEOPLE[evaluator].party
    days = [
        other.visited
        for case in [*EVERY_CASE, *IN_REVIEW]
        if case.applicant == theirs
        for other in case.evaluations
        if PEOPLE[other.evaluator].party == application.applicant
    ]
    return day(max(days)) if days else None


@pytest.mark.parametrize("application", EVERY_CASE, ids=lambda one: one.key)
def test_the_decision_is_the_one_the_scheme_leads_to(application: DemoApplication) -> None:
    text = SCHEMES[application.scheme]
    decision = application.decision
    assert decision is not None
    assessment = assess(text, findings_of(application, text), Stage.FIRST)
    assert decision.outcome == assessment.leads_to
    assert decision.label_class == assessment.label_class
    answered = [EvidenceItem(code, EvidenceKind.STATEMENT, day(application.events[1].on)) for code in application.answers]
    shown = [EvidenceItem(item.criterion, EvidenceKind(item.kind), day(item.on)) for item in application.evidence]
    blocks = grant_blocks(text, assessment, [*answered, *shown])
    assert (blocks == []) == (decision.outcome != "refused")
    assert {one.criterion for one in decision.conditions} >= set(assessment.conditions)


@pytest.mark.parametrize("application", [*IN_REVIEW, *EVERY_CASE], ids=lambda one: one.key)
def test_nobody_evaluates_or_decides_with_a_tie_or_in_both_roles(application: DemoApplication) -> None:
    mode = SCHEMES[application.scheme].decision.mode
    evaluators = {one.evaluator: one.visited for one in application.evaluations}
    deciders = dict.fromkeys(application.decision.by, application.decision.on) if application.decision else {}
    assert set(evaluators) & set(deciders) == set()
    for role, taking_part in ((CaseRole.EVALUATOR, evaluators), (CaseRole.DECIDER, deciders)):
        for key, on in taking_part.items():
            assert role.value in PEOPLE[key].roles
            assert application.scheme in PEOPLE[key].schemes
            barring = [tie for tie in ties_of(key, application.applicant) if bars(tie, TIES, mode=mode, role=role, at=day(on))]
            assert barring == [], (key, role)
    assert not deciders or len(deciders) >= SCHEMES[application.scheme].decision.decider.min_present


def test_some_who_may_evaluate_are_kept_out_by_a_tie() -> None:
    waiting = next(one for one in MARKET.applications if one.key == "huipiles-tres-horcones")
    mode = SCHEMES[waiting.scheme].decision.mode
    cousin = Person("gaudencia", ties_of("gaudencia", waiting.applicant))
    assert [tie.kind for tie in cousin.ties if bars(tie, TIES, mode=mode, role=CaseRole.EVALUATOR, at=TODAY)] == ["declared_kin"]


@pytest.mark.parametrize("application", MARKET.applications, ids=lambda one: one.key)
def test_returns_and_refusals_carry_a_reason_made_for_them(application: DemoApplication) -> None:
    for event in application.events:
        if event.action == "return":
            assert "return" in REASONS[str(event.reason_code)]["acts"]
            assert event.text
    if application.decision and application.decision.outcome == "refused":
        assert "refuse" in REASONS[str(application.decision.reason_code)]["acts"]
        assert application.decision.appeal_until == application.decision.on + 30


def test_no_two_findings_told_in_full_say_the_same() -> None:
    notes = [
        finding.note
        for application in MARKET.applications
        for evaluation in application.evaluations
        for finding in evaluation.findings.values()
    ]
    repeated = {note: times for note, times in Counter(notes).items() if times > 1}
    assert sum(repeated.values()) <= 4, repeated
