"""Guard 1 on the server: one row a rule, for whoever evaluates and for whoever decides."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.applications import assigning, deciding, evaluating
from certification.applications.cases import bar, bars_to_deciding, check_decider, check_desk, check_evaluator, people_of
from certification.applications.deciding import DecisionChoice
from certification.applications.models import Application, Capacity, Decision, Evaluation
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.parties.models import Belonging, Party, PartyKind, Tie
from certification.rules.errors import EvaluatorDecides, Forbidden, NotFound, TieBars
from certification.rules.workflow import Outcome
from tests import makers, reviews

NOW = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
GRANT = DecisionChoice(Outcome.GRANTED, "Cumple todo.")
Relation = Callable[[User, Party], None]


def tie(kind: str, *, ended: datetime | None = None) -> Relation:
    def declare(person: User, party: Party) -> None:
        makers.save(
            Tie(
                user_id=person.id, party_id=party.id, kind=kind, ended_at=ended, declared_by_id=person.id, declared_at=makers.THEN
            )
        )

    return declare


def works_there(person: User, party: Party) -> None:
    makers.member(person, party)


def same_organization(kind: PartyKind) -> Relation:
    def join(person: User, party: Party) -> None:
        union, own = makers.party("Unión de la Loma", kind=kind), makers.party("Otro taller")
        makers.member(person, own)
        makers.save(*(Belonging(member_id=one.id, organization_id=union.id, since=makers.THEN) for one in (own, party)))

    return join


def evaluated_them(ago: timedelta) -> Relation:
    """Somebody of the applicant's party evaluated a party of this person."""

    def record(person: User, party: Party) -> None:
        own, theirs = makers.party("Taller del otro lado"), makers.user("Hermana de Rosa")
        makers.member(person, own)
        makers.member(theirs, party)
        other = makers.application(
            person, own, state="decided", submitted_at=NOW - ago, outcome="granted", decided_at=NOW, decided_by_id=theirs.id
        )
        makers.save(
            Evaluation(
                application_id=other.id, evaluator_id=theirs.id, capacity=Capacity.PEER, assigned_at=NOW - ago, submitted_at=NOW - ago,
                recommendation=Outcome.GRANTED,
            )
        )  # fmt: skip

    return record


def nothing(_person: User, _party: Party) -> None:
    return None


def months(number: int) -> timedelta:
    return timedelta(days=30 * number)


THIRD, TOGETHER = "origen-local", "agroecologico-participativo"
RULES = [
    # who, in which mode, bars an evaluator, bars a decider
    ("nobody to them", nothing, THIRD, False, False),
    ("same workshop", works_there, THIRD, True, True),
    ("kin", tie("declared_kin"), THIRD, True, True),
    ("kin, together", tie("declared_kin"), TOGETHER, True, True),
    ("same cooperative, third party", same_organization(PartyKind.COOPERATIVE), THIRD, True, True),
    ("same cooperative, together", same_organization(PartyKind.COOPERATIVE), TOGETHER, False, False),
    ("same assembly", same_organization(PartyKind.COMMUNITY), THIRD, False, False),
    ("trades with them", tie("trade"), THIRD, True, True),
    ("traded 23 months ago", tie("trade", ended=NOW - months(23)), THIRD, True, True),
    ("traded 25 months ago", tie("trade", ended=NOW - months(25)), THIRD, False, False),
    ("was employed 23 months ago", tie("employer", ended=NOW - months(23)), TOGETHER, True, True),
    ("advised them for pay", tie("consultancy"), THIRD, True, True),
    ("advised them 25 months ago", tie("consultancy", ended=NOW - months(25)), THIRD, False, False),
    ("was evaluated by them 23 months ago", evaluated_them(months(23)), THIRD, True, False),
    ("was evaluated by them 25 months ago", evaluated_them(months(25)), THIRD, False, False),
]


def written() -> tuple[int, ...]:
    """How many rows there are that a step of a case may write."""
    db.session.rollback()
    return tuple(
        db.session.scalar(select(func.count()).select_from(kind)) or 0
        for kind in (AuditEntry, OutboxMessage, Decision, Evaluation)
    )


@pytest.mark.parametrize(
    ("relation", "key", "bars_evaluator", "bars_decider"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_who_may_evaluate_and_decide(
    session: Session, relation: Relation, key: str, *, bars_evaluator: bool, bars_decider: bool
) -> None:
    case = reviews.in_review(key)
    person = case.deciders[0]
    makers.role(person, Role.EVALUATOR, key)
    relation(person, case.party)
    for check, barred in ((check_evaluator, bars_evaluator), (check_decider, bars_decider), (check_desk, bars_decider)):
        refusal = bar(check, person, case.application, NOW)
        assert isinstance(refusal, TieBars) is barred, check


def test_several_cases_are_weighed_at_once_as_each_alone(session: Session) -> None:
    person, other = makers.user("Celia Decide"), makers.user("Otra")
    relations = (nothing, works_there, tie("trade"), same_organization(PartyKind.COOPERATIVE), evaluated_them(months(23)))
    cases = [makers.application(makers.user(), makers.party(f"Taller {number}")) for number in range(len(relations) + 2)]
    for relation, case in zip(relations, cases, strict=False):
        relation(person, case.party)
    own, seated = cases[-2:]
    with unit_of_work():
        own.applicant_id = person.id
    makers.save(Evaluation(application_id=seated.id, evaluator_id=person.id, capacity=Capacity.PEER, assigned_at=NOW))
    found = bars_to_deciding(person, cases, NOW)
    said = [one and (one.code, one.params.get("tie")) for one in found.values()]
    assert said == [
        None,
        ("tie_bars", "same_workshop"),
        ("tie_bars", "trade"),
        ("tie_bars", "same_cooperative"),
        None,  # reciprocal pairs keep nobody from deciding
        ("tie_bars", "self"),
        ("evaluator_decides", None),
    ]
    alone = [bar(check_decider, person, case, NOW) for case in cases]
    assert said == [one and (one.code, one.params.get("tie")) for one in alone]
    ties = [{tie.kind for tie in one.ties} for one in people_of(person, cases, NOW).values()]
    assert [number for number, kinds in enumerate(ties) if "reciprocal" in kinds] == [4]
    assert set(bars_to_deciding(other, cases, NOW).values()) == {None}
    assert bars_to_deciding(person, [], NOW) == {}


def test_whoever_filled_it_in_is_the_applicant_even_when_no_longer_a_member(session: Session) -> None:
    case = reviews.in_review(deciders=1)
    promoter = makers.user("Promotora")
    with unit_of_work():
        case.application.applicant_id = promoter.id
    assert isinstance(bar(check_decider, promoter, case.application, NOW), TieBars)


def test_an_evaluator_of_the_case_does_not_decide_it_and_nothing_is_written(session: Session) -> None:
    case = reviews.in_review()
    petra = case.panel[0]
    makers.role(petra, Role.DECIDER, case.key)
    before = written()
    with pytest.raises(EvaluatorDecides), unit_of_work():
        deciding.decide(case.application, choice=GRANT, by=petra, at=NOW)
    assert written() == before


def test_an_evaluator_who_stepped_aside_after_finding_something_does_not_decide_either(session: Session) -> None:
    case = reviews.in_review()
    petra = case.panel[0]
    makers.role(petra, Role.DECIDER, case.key)
    with unit_of_work():
        case.seats[0].recused_at = NOW
    assert isinstance(bar(check_decider, petra, case.application, NOW), EvaluatorDecides)


def test_running_the_site_neither_evaluates_nor_decides(session: Session) -> None:
    case = reviews.in_review()
    operator = makers.user("Operadora")
    makers.role(operator, Role.OPERATOR)
    with pytest.raises(NotFound), unit_of_work():
        deciding.decide(case.application, choice=GRANT, by=operator, at=NOW)
    with pytest.raises(NotFound), unit_of_work():
        evaluating.declare_no_tie(case.seats[0], by=operator, at=NOW)
    makers.role(operator, Role.DECIDER, case.key)
    with pytest.raises(Forbidden) as refusal, unit_of_work():
        deciding.decide(case.application, choice=GRANT, by=operator, at=NOW)
    assert refusal.value.code == "operator_decides"


def test_the_committee_of_another_scheme_does_not_decide(session: Session) -> None:
    case, other = reviews.in_review(), makers.user()
    makers.role(other, Role.DECIDER, "comercio-justo-local")
    with pytest.raises(NotFound), unit_of_work():
        deciding.decide(case.application, choice=GRANT, by=other, at=NOW)


def test_owning_the_scheme_does_not_decide(session: Session) -> None:
    case = reviews.in_review()
    with pytest.raises(Forbidden), unit_of_work():
        deciding.decide(case.application, choice=GRANT, by=case.owner, at=NOW)


@pytest.mark.parametrize("kind", ["declared_kin", "trade", "consultancy"])
def test_a_tied_decider_decides_nothing_and_nothing_is_written(session: Session, kind: str) -> None:
    case = reviews.in_review()
    tie(kind)(case.deciders[0], case.party)
    before = written()
    with pytest.raises(TieBars) as refusal, unit_of_work():
        deciding.decide(case.application, choice=GRANT, by=case.deciders[0], at=NOW)
    assert refusal.value.params["tie"] == kind
    assert written() == before


def test_a_tied_owner_neither_accepts_nor_assigns(session: Session) -> None:
    case = reviews.sent()
    tie("trade")(case.owner, case.party)
    before = written()
    with pytest.raises(TieBars), unit_of_work():
        assigning.accept(case.application, by=case.owner, at=NOW)
    assert written() == before
    assert db.session.get_one(Application, case.application.id).state == "submitted"
