"""Who may not touch a case, and what stands against a grant (guards 1, 2 and 8 of the registry)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from certification.rules.criteria import (
    CriterionType,
    DecisionMode,
    EvaluatorRule,
    EvidenceKind,
    SchemeText,
)
from certification.rules.days import add_months
from certification.rules.errors import DomainError, EvaluatorDecides, Forbidden, TieBars
from certification.rules.reading import Both, Reader
from certification.rules.scoring import Assessment, Block
from certification.rules.text import N_


class CaseRole(StrEnum):
    EVALUATOR = "evaluator"
    DECIDER = "decider"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class TieRule:
    """One row of the table of ties. `months` is how long after its end it still counts; None: only while it lasts."""

    id: str
    name: Both
    text: Both
    modes: frozenset[DecisionMode]
    roles: frozenset[CaseRole]
    months: int | None


@dataclass(frozen=True, slots=True)
class Tie:
    """A person's tie to the applicant. Unknown `since` means always, no `until` means that it lasts.

    A tie of one day, such as having been evaluated by the applicant, begins and ends on it.
    """

    kind: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who might take part in a case, with the ties declared or proved."""

    id: str
    ties: tuple[Tie, ...] = ()
    operates_site: bool = False


def parse_ties(document: Iterable[object]) -> dict[str, TieRule]:
    """The table `ties` of standards.json by id. Raises InvalidInput with the place at fault."""
    rules = [_tie_rule(Reader(entry, f"ties[{at}]")) for at, entry in enumerate(document)]
    return {rule.id: rule for rule in rules}


def _tie_rule(item: Reader) -> TieRule:
    roles = {item.choice("", CaseRole) for item in item.items("roles")}
    modes = frozenset(mode for mode in DecisionMode if item.flag(mode))
    months = item.optional_number("months", least=1)
    return TieRule(item.text("id"), item.both("name"), item.both("text"), modes, frozenset(roles), months)


def bars(tie: Tie, table: Mapping[str, TieRule], *, mode: DecisionMode, role: CaseRole, at: date) -> bool:
    """Whether this tie keeps a person out of `role` on the day `at`. A kind that the table lacks bars: better safe."""
    rule = table.get(tie.kind)
    if rule is None:
        return True
    if mode not in rule.modes or role not in rule.roles or (tie.since is not None and tie.since > at):
        return False
    return tie.until is None or at <= (tie.until if rule.months is None else add_months(tie.until, rule.months))


def barring_ties(
    person: Person, table: Mapping[str, TieRule], *, mode: DecisionMode, role: CaseRole, at: date
) -> tuple[Tie, ...]:
    return tuple(tie for tie in person.ties if bars(tie, table, mode=mode, role=role, at=at))


def may_evaluate(person: Person, table: Mapping[str, TieRule], *, mode: DecisionMode, at: date) -> None:
    """Raises TieBars (param `tie`)."""
    _refuse_tied(person, table, mode, CaseRole.EVALUATOR, at)


def may_decide(
    person: Person, evaluators: Collection[str], table: Mapping[str, TieRule], *, mode: DecisionMode, at: date
) -> None:
    """Raises Forbidden for whoever runs the site, EvaluatorDecides, or TieBars."""
    if person.operates_site:
        raise Forbidden("operator_decides", N_("Quien administra el sitio no puede otorgar ni negar sellos."))
    if person.id in evaluators:
        raise EvaluatorDecides
    _refuse_tied(person, table, mode, CaseRole.DECIDER, at)


def may_hear_appeal(
    person: Person, took_part: Collection[str], table: Mapping[str, TieRule], *, mode: DecisionMode, at: date
) -> None:
    """`took_part`: who evaluated or decided the case. Raises Forbidden or TieBars."""
    if person.id in took_part:
        raise Forbidden("took_part", N_("Quien evaluó o decidió el caso no puede resolver la apelación."))
    _refuse_tied(person, table, mode, CaseRole.APPEAL, at)


def who_may_decide(
    members: Iterable[Person],
    evaluators: Collection[str],
    table: Mapping[str, TieRule],
    *,
    mode: DecisionMode,
    at: date,
) -> frozenset[str]:
    """Ids of the committee's members who may decide; quorum counts against these."""
    able = set()
    for person in members:
        try:
            may_decide(person, evaluators, table, mode=mode, at=at)
        except DomainError:
            continue
        able.add(person.id)
    return frozenset(able)


def _refuse_tied(person: Person, table: Mapping[str, TieRule], mode: DecisionMode, role: CaseRole, at: date) -> None:
    found = barring_ties(person, table, mode=mode, role=role, at=at)
    if found:
        raise TieBars(tie=found[0].kind, person=person.id)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """One member of a panel. `workshop`: the workshop, farm or organisation that a peer comes from.

    `evaluated_by_applicant` is the last day on which the applicant evaluated this person.
    """

    person: str
    is_peer: bool = False
    is_outsider: bool = False
    workshop: str | None = None
    same_branch: bool = False
    evaluated_by_applicant: date | None = None


class PanelRule(StrEnum):
    MIN = "min"
    PEERS = "peers_min"
    OUTSIDERS = "outsiders_min"
    WORKSHOPS = "distinct_workshops_min"
    SAME_BRANCH = "same_branch_min"
    RECIPROCAL = "no_reciprocal_months"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A rule of the panel that is not met: how many are needed and how many there are.

    For RECIPROCAL, `needed` is months, `there` how many evaluators it concerns, and `people` who.
    """

    rule: PanelRule
    needed: int
    there: int
    people: tuple[str, ...] = ()


def panel_shortfalls(
    rule: EvaluatorRule, evaluators: Sequence[Evaluator], *, applicant_workshop: str | None, at: date
) -> list[Shortfall]:
    """What the panel lacks; empty when it is complete. Ties are looked at apart, by `may_evaluate`.

    A peer of the applicant's own workshop is no peer; nobody counts both as peer and as outsider.
    """
    panel = list({evaluator.person: evaluator for evaluator in evaluators}.values())
    elsewhere = [one for one in panel if one.workshop is not None and one.workshop != applicant_workshop]
    peers = [one for one in elsewhere if one.is_peer]
    counts = (
        (PanelRule.MIN, rule.min, len(panel)),
        (PanelRule.PEERS, rule.peers_min, len(peers)),
        (PanelRule.OUTSIDERS, rule.outsiders_min, sum(one.is_outsider and not one.is_peer for one in panel)),
        (PanelRule.WORKSHOPS, rule.distinct_workshops_min, len({one.workshop for one in peers})),
        (PanelRule.SAME_BRANCH, rule.same_branch_min, sum(one.same_branch for one in peers)),
    )
    mutual = tuple(one.person for one in panel if _reciprocal(one, rule.no_reciprocal_months, at))
    short = [Shortfall(name, needed, there) for name, needed, there in counts if there < needed]
    if mutual:
        short.append(Shortfall(PanelRule.RECIPROCAL, rule.no_reciprocal_months, len(mutual), mutual))
    return short


def _reciprocal(evaluator: Evaluator, months: int, at: date) -> bool:
    last = evaluator.evaluated_by_applicant
    return last is not None and last <= at <= add_months(last, months)


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """Something handed in for a criterion. `dated` is the day it was made or taken; None when nobody said."""

    criterion: str
    kind: EvidenceKind
    dated: date | None


def grant_blocks(scheme: SchemeText, assessment: Assessment, evidence: Iterable[EvidenceItem]) -> list[Block]:
    """Everything that stands against a grant; empty means that a committee may grant.

    Each critical criterion that applies has evidence with a date and a finding that it conforms, the scoring rule is met,
    no major nonconformity is open, every minor one has its plan, and nothing is left unassessed.
    """
    dated = {item.criterion for item in evidence if item.dated is not None}
    needing = [entry.code for entry in scheme.criteria if entry.type is CriterionType.CRITICAL]
    blocks = list(assessment.blocks)
    blocks += [Block("CRITICAL_NOT_MET", code) for code in assessment.critical_failed]
    if not assessment.critical_failed and not assessment.leads_to.grants:
        blocks.append(Block("SCORING_NOT_MET"))
    blocks += [Block("EVIDENCE_UNDATED", code) for code in needing if code not in dated and code not in assessment.not_applicable]
    return blocks
