"""Applications of the demonstration from draft to decision, and what became of the labels, each step on its own day."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from certification.accounts.models import User
from certification.applications import assigning, drafts, evaluating, evidence, returning, sending
from certification.applications.deciding import DecisionChoice
from certification.applications.drafts import Description, Given
from certification.applications.evaluating import Advice, Found
from certification.applications.models import Capacity, Evaluation
from certification.applications.returning import Request
from certification.core.media.models import StoredFile
from certification.registry import renewals
from certification.registry.granting import decide_and_certify
from certification.rules.criteria import Criterion, EvidenceAsk, EvidenceKind, SubjectKind
from certification.rules.scoring import Value
from certification.rules.workflow import Outcome, RenewalCause
from certification.schemes.models import SchemeVersion
from certification.schemes.queries import find_version
from certification.schemes.texts import text_of
from marketplace.demonstration.afterwards import later
from marketplace.demonstration.casebook import Case, Step
from marketplace.demonstration.content import (
    DemoApplication,
    DemoContent,
    DemoEvaluation,
    DemoEvent,
    DemoEvidence,
)
from marketplace.demonstration.content.dossiers import application_behind, renewal_behind
from marketplace.demonstration.people import Cast, local_day
from marketplace.demonstration.studio import SOUND

ANSWER_DAYS = 30
PAPERS = ("minutes", "receipts")
WORDS = (EvidenceKind.STATEMENT, EvidenceKind.PLACE, EvidenceKind.NUMBER)


def bring_cases(content: DemoContent, cast: Cast) -> None:
    """Every application and certificate, then what happened to the labels later, in the order of the days."""
    cases = [Case(demo, cast, _version(demo.scheme, demo.version)) for demo in content.applications]
    by_key = {case.demo.key: case for case in cases}
    labels: dict[str, Case] = {}
    for certificate in content.certificates:
        demo = application_behind(certificate, content, text_of(_version(certificate.scheme, certificate.version)))
        case = by_key.get(demo.key) or Case(demo, cast, _version(certificate.scheme, certificate.version))
        case.begins = certificate.valid_from if certificate.valid_from > certificate.granted else None
        by_key[demo.key] = labels[certificate.key] = case
        again = renewal_behind(certificate, content, text_of(case.version))
        if again is not None:
            by_key[again.key] = Case(again, cast, case.version)
    for case in by_key.values():
        case.renews = labels[case.demo.renewal_of] if case.demo.renewal_of else None
    steps = [step for case in by_key.values() for step in _steps(case)]
    steps += [step for certificate in content.certificates for step in later(certificate, labels, cast)]
    for _day, _order, act in sorted(steps, key=lambda step: step[:2]):
        act()


def _version(key: str, version: str) -> SchemeVersion:
    found = find_version(key, version)
    assert found is not None, key  # noqa: S101 - installed before
    return found


def _steps(case: Case) -> list[Step]:
    demo = case.demo
    steps: list[Step] = [(event.on, number, _event(case, event)) for number, event in enumerate(demo.events)]
    for one in demo.evaluations:
        steps.append((max(one.visited, _assigned(demo)), 50, _evaluation(case, one)))
        if one.signed is not None:
            steps.append((one.signed, 60, _recommendation(case, one)))
    if demo.decision is not None:
        steps.append((demo.decision.on, 70, lambda: _decide(case)))
    return steps


def _assigned(demo: DemoApplication) -> int:
    return max(event.on for event in demo.events if event.action in ("assign", "start_evaluation"))


def _event(case: Case, event: DemoEvent) -> Callable[[], object]:
    at = case.cast.day(event.on)
    by = case.cast.users.get(event.by)
    deeds: dict[str, Callable[[], object]] = {
        "start": lambda: _fill_in(case, at),
        "submit": lambda: sending.submit(case.row, pledged=True, by=_user(by), at=at),
        "accept": lambda: assigning.accept(case.row, by=_user(by), at=at),
        "assign": lambda: _assign(case, str(event.person), by=_user(by), at=at),
        "return": lambda: _return(case, event, by=_user(by), at=at),
        "withdraw": lambda: sending.withdraw(case.row, reason=event.text or "", by=_user(by), at=at),
        "lapse": lambda: sending.lapse_overdue(at),
    }
    # an evaluation begins with the first declaration and is sent on by the last recommendation: those events do nothing more
    return deeds.get(event.action, lambda: None)


def _user(found: User | None) -> User:
    assert found is not None  # noqa: S101 - the content's own test says that every key is somebody's
    return found


def _fill_in(case: Case, at: datetime) -> None:
    demo, cast = case.demo, case.cast
    by = cast.users[demo.filled_by or demo.signed_by]
    party = cast.parties[demo.applicant]
    if case.renews is not None:
        application = renewals.ask(case.renews.label, RenewalCause.RENEWAL, by=by, at=at)
    else:
        application = drafts.start(party, case.version, subject_kind=SubjectKind(demo.subject_kind), by=by, at=at)
    case.application = application
    goods = [cast.products[slug] for slug in demo.goods]
    makers = list(dict.fromkeys(product.maker.public_name for product in goods if product.maker))
    described = Description(
        goods=demo.scope,
        techniques=", ".join(dict.fromkeys(product.technique for product in goods if product.technique))[:300],
        makers=tuple(makers) or (by.name,),
        subject_refs=tuple(product.public_id for product in goods),
        photo=goods[0].photos[0].file if goods else None,
    )
    drafts.describe(application, described, by=by, at=at)
    for criterion in text_of(case.version).criteria:
        if criterion.code in demo.answers or criterion.applies_if is not None:
            _answer(case, criterion, by=by, at=at)


def _answer(case: Case, criterion: Criterion, *, by: User, at: datetime) -> None:
    demo = case.demo
    text = demo.answers.get(criterion.code, "")
    applies = criterion.applies_if is None or criterion.applies_if.key in demo.applies
    if not applies:
        drafts.answer(case.row, criterion.code, Given(applies=False), by=by, at=at)
        return
    shown = [item for item in demo.evidence if item.criterion == criterion.code]
    words: dict[int, str] = {}
    visits: dict[int, bool] = {}
    files: list[tuple[int, DemoEvidence]] = []
    left = dict(enumerate(criterion.evidence))
    for item in shown:
        number = _ask_for(item, left)
        if number is None:
            continue
        ask = left.pop(number)
        if ask.kind is EvidenceKind.VISIT:
            visits[number] = True
        elif ask.kind in WORDS and item.kind != "audio":
            words[number] = item.caption
        else:
            files.append((number, item))
    for number, ask in left.items():
        if ask.kind is EvidenceKind.STATEMENT and text:
            words[number] = text
        elif ask.kind is EvidenceKind.PLACE:
            words[number] = f"{case.row.party.locality or ''}, {case.row.party.municipality}".strip(", ")
    drafts.answer(case.row, criterion.code, Given(text=text, applies=True, words=words, visits=visits), by=by, at=at)
    for number, item in files:
        _show(case, criterion, number, item, by=by, at=at)


def _ask_for(item: DemoEvidence, left: Mapping[int, EvidenceAsk]) -> int | None:
    """The ask that the item answers best: of its own kind, else one that takes its file."""
    wanted = {"video": ("video", "photo", "document"), "audio": ("audio", "statement")}.get(item.kind, (item.kind,))
    for kind in wanted[1:] if item.kind == "video" else wanted:
        for number, ask in left.items():
            if ask.kind == kind:
                return number
    return None


def _show(case: Case, criterion: Criterion, number: int, item: DemoEvidence, *, by: User, at: datetime) -> None:
    taken = min(case.cast.day(item.on), at)
    file = _file(case, item, len(case.row.evidence), by=by, at=at)
    evidence.add_evidence(case.row, criterion.code, number, file, dated_on=local_day(taken), by=by, at=at, caption=item.caption)


def _file(case: Case, item: DemoEvidence, number: int, *, by: User, at: datetime) -> StoredFile:
    if item.kind == "audio":
        return case.cast.studio.hang(SOUND[0], SOUND[1], by=by, at=at, private=True)
    kind, seed = (item.art.kind, item.art.seed) if item.art else (PAPERS[number % len(PAPERS)], 1 + number % 3)
    if item.kind == "video":
        kind, seed = "hands", 1 + number % 3
    return case.cast.studio.hang(kind, seed, by=by, at=at, private=True)


def _assign(case: Case, key: str, *, by: User, at: datetime) -> None:
    person = next(one for one in case.cast.people if one.key == key)
    capacity = Capacity(person.capacity or "outsider")
    workshop = case.cast.parties[person.party] if capacity is Capacity.PEER and person.party else None
    assigning.assign(case.row, case.cast.users[key], capacity=capacity, workshop=workshop, by=by, at=at)


def _seat(case: Case, key: str) -> Evaluation:
    user = case.cast.users[key]
    return next(one for one in case.row.evaluations if one.evaluator_id == user.id)


def _evaluation(case: Case, demo: DemoEvaluation) -> Callable[[], object]:
    def act() -> None:
        at, by, seat = case.cast.day(demo.visited), case.cast.users[demo.evaluator], _seat(case, demo.evaluator)
        at = max(at, seat.assigned_at)
        evaluating.declare_no_tie(seat, by=by, at=at)
        for code, found in demo.findings.items():
            due = local_day(at + timedelta(days=found.due_in_days)) if found.due_in_days else None
            said = Found(found.finding, found.score, found.note, found.plan or "", due)
            evaluating.save_finding(seat, code, said, by=by, at=at)
        for criterion in text_of(case.version).criteria:
            unasked = criterion.applies_if is not None and criterion.applies_if.key not in case.demo.applies
            if unasked and criterion.code not in demo.findings and demo.signed is not None:
                evaluating.save_finding(
                    seat, criterion.code, Found(Value.NOT_APPLICABLE, note="Aquí no se hace eso; no aplica."), by=by, at=at
                )

    return act


def _recommendation(case: Case, demo: DemoEvaluation) -> Callable[[], object]:
    def act() -> None:
        advice = Advice(Outcome(demo.recommendation or ""), demo.summary, local_day(case.cast.day(demo.visited)), named=True)
        at = case.cast.day(demo.signed or 0)
        evaluating.send(_seat(case, demo.evaluator), advice, by=case.cast.users[demo.evaluator], at=at)

    return act


def _return(case: Case, event: DemoEvent, *, by: User, at: datetime) -> None:
    lapse = next((other.on for other in case.demo.events if other.action == "lapse"), None)
    until = case.cast.at + timedelta(days=(lapse - 1) if lapse is not None else event.on + ANSWER_DAYS)
    asked = Request(event.reason_code or "", event.text or "", local_day(until), event.criterion)
    returning.return_to_applicant(case.row, asked, by=by, at=at)


def _decide(case: Case) -> None:
    decision = case.demo.decision
    assert decision is not None  # noqa: S101 - asked before
    choice = DecisionChoice(
        outcome=Outcome(decision.outcome),
        reasons=decision.reasons,
        reason_code=decision.reason_code,
        criterion=decision.criterion,
        public_summary=decision.public_summary,
    )
    by, at = case.cast.users[decision.by[0]], case.cast.day(decision.on)
    begins = local_day(case.cast.at + timedelta(days=case.begins)) if case.begins is not None else None
    _decided, case.certificate = decide_and_certify(case.row, choice=choice, by=by, at=at, begins=begins)
