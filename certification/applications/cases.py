"""What the guards must know of a case: how people are tied to the applicant, who evaluated, and who sits on the panel."""

from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy import func, select

from certification.accounts.models import Role, User
from certification.applications.models import Application, Capacity, Evaluation
from certification.core.db import db
from certification.parties.models import Membership, Party, PartyKind, Vetting
from certification.parties.ties import ties_to_each
from certification.rules import guards
from certification.rules.criteria import DecisionMode
from certification.rules.days import day_of
from certification.rules.errors import DomainError, TieBars
from certification.rules.workflow import ApplicationState
from certification.schemes.reasons import tie_rules
from certification.schemes.texts import text_of, zone_of

PRODUCING = (PartyKind.ARTISAN, PartyKind.WORKSHOP, PartyKind.COOPERATIVE, PartyKind.COLLECTIVE, PartyKind.FEDERATION)
Check = Callable[[User, Application, datetime], None]


def today_of(application: Application, at: datetime) -> date:
    """The day that ``at`` is in the scheme's zone."""
    return day_of(at, zone_of(application.scheme_version))


def mode_of(application: Application) -> DecisionMode:
    return text_of(application.scheme_version).decision.mode


def person_of(user: User, application: Application, at: datetime) -> guards.Person:
    """A person with every tie to the applicant: declared, proved, or from having been evaluated by them."""
    return people_of(user, [application], at)[application.id]


def people_of(user: User, applications: Collection[Application], at: datetime) -> dict[int, guards.Person]:
    """The same person as each of several cases sees them, by its id; the queries are as many for a hundred as for one."""
    parties = {one.party_id: one.party for one in applications}
    tied_to, evaluated = ties_to_each(user, parties.values(), at), _evaluated_by(parties, user)
    found = {}
    for one in applications:
        ties = list(tied_to[one.party_id])
        if user.id == one.applicant_id:
            ties.append(guards.Tie("self"))
        if one.party_id in evaluated:
            last = today_of(one, evaluated[one.party_id])
            ties.append(guards.Tie("reciprocal", last, last))
        found[one.id] = guards.Person(str(user.id), tuple(dict.fromkeys(ties)), operates_site=user.holds(Role.OPERATOR))
    return found


def evaluated_by(party: Party, user: User, application: Application) -> date | None:
    """The last day on which somebody of ``party`` handed in an evaluation of a party that ``user`` belongs to."""
    last = _evaluated_by([party.id], user).get(party.id)
    return None if last is None else today_of(application, last)


def _evaluated_by(parties: Collection[int], user: User) -> dict[int, datetime]:
    """When somebody of each last handed in an evaluation of another party that ``user`` belongs to; those that did."""
    theirs = select(Membership.user_id).where(Membership.party_id == Party.id).correlate(Party)
    own = select(Membership.party_id).where(Membership.user_id == user.id)
    wanted = (
        select(Party.id, func.max(Evaluation.submitted_at))
        .select_from(Evaluation)
        .join(Evaluation.application)
        .join(Party, Evaluation.evaluator_id.in_(theirs) | (Evaluation.workshop_id == Party.id))
        .where(Party.id.in_(parties), Evaluation.recused_at.is_(None))
        .where(Application.party_id.in_(own), Application.party_id != Party.id)
        .group_by(Party.id)
    )
    return {party: last for party, last in db.session.execute(wanted) if last is not None}


def check_evaluator(user: User, application: Application, at: datetime) -> None:
    """Guard 1 for whoever evaluates. Raises TieBars (param ``tie``)."""
    person = person_of(user, application, at)
    guards.may_evaluate(person, tie_rules(), mode=mode_of(application), at=today_of(application, at))


def check_decider(user: User, application: Application, at: datetime) -> None:
    """Guard 1 for whoever decides. Raises Forbidden, EvaluatorDecides or TieBars (param ``tie``)."""
    _check_decides(person_of(user, application, at), application, at)


def _check_decides(person: guards.Person, application: Application, at: datetime) -> None:
    evaluators = {str(one.evaluator_id) for one in application.evaluations if took_part(one)}
    guards.may_decide(person, evaluators, tie_rules(), mode=mode_of(application), at=today_of(application, at))


def check_desk(user: User, application: Application, at: datetime) -> None:
    """Whoever accepts, returns or chooses evaluators has no tie that would bar a decider. Raises TieBars (param ``tie``)."""
    person = person_of(user, application, at)
    role, today = guards.CaseRole.DECIDER, today_of(application, at)
    found = guards.barring_ties(person, tie_rules(), mode=mode_of(application), role=role, at=today)
    if found:
        raise TieBars(tie=found[0].kind, person=person.id)


def tied(user: User, application: Application, at: datetime) -> bool:
    """Whether a tie keeps this person from looking after the case."""
    return bar(check_desk, user, application, at) is not None


def bar(check: Check, user: User, application: Application, at: datetime) -> DomainError | None:
    """Why one of the checks above refuses this person, or None."""
    try:
        check(user, application, at)
    except DomainError as error:
        return error
    return None


def bars_to_deciding(user: User, applications: Collection[Application], at: datetime) -> dict[int, DomainError | None]:
    """Why :func:`check_decider` refuses this person each of several cases, by its id; None where it does not."""
    people = people_of(user, applications, at)

    def known(_user: User, application: Application, at: datetime) -> None:
        _check_decides(people[application.id], application, at)

    return {one.id: bar(known, user, one, at) for one in applications}


def seated(application: Application) -> list[Evaluation]:
    """The evaluations of those who were assigned and did not step aside."""
    return [one for one in application.evaluations if one.recused_at is None]


def handed_in(application: Application) -> list[Evaluation]:
    """The evaluations that were handed in, by people who did not step aside."""
    return [one for one in seated(application) if one.submitted_at is not None]


def counted(application: Application, at: datetime) -> list[Evaluation]:
    """The evaluations that count: handed in, by people whom no tie bars now (guard 1); once decided, those that counted then."""
    if application.state is ApplicationState.DECIDED:
        return [one for one in handed_in(application) if one.set_aside_at is None]
    return [one for one in handed_in(application) if bar(check_evaluator, one.evaluator, application, at) is None]


def standing(application: Application, at: datetime) -> list[Evaluation]:
    """The seats that count or may come to: of those that do not work still, the ones that count."""
    count = counted(application, at)
    return [one for one in seated(application) if one.submitted_at is None or one in count]


def falls_short(application: Application, evaluations: list[Evaluation], at: datetime) -> bool:
    """Whether these are fewer than the scheme asks. Reciprocal pairs are shown to whoever decides and block nothing by then."""
    return any(one.rule is not guards.PanelRule.RECIPROCAL for one in shortfalls(application, evaluations, at))


def took_part(evaluation: Evaluation) -> bool:
    """Whether this person counts as an evaluator of the case: assigned now, or stepped aside after finding something."""
    return evaluation.recused_at is None or bool(evaluation.findings)


def evaluation_of(application: Application, user: User) -> Evaluation | None:
    """The seat of a person on the panel, also one that they left."""
    return next((one for one in application.evaluations if one.evaluator_id == user.id), None)


def shortfalls(application: Application, evaluations: list[Evaluation], at: datetime) -> list[guards.Shortfall]:
    """What a panel of these evaluations lacks by the scheme's rule (guard 8)."""
    rule = text_of(application.scheme_version).decision.evaluators
    panel = [_member(one, application) for one in evaluations]
    workshop = application.party.public_id
    return guards.panel_shortfalls(rule, panel, applicant_workshop=workshop, at=today_of(application, at))


def places_of(person: User, application: Application) -> list[Party]:
    """Where this person produces now; never the applicant's own place."""
    own = select(Membership.party_id).where(Membership.user_id == person.id, Membership.ended_at.is_(None))
    wanted = select(Party).where(Party.id.in_(own), Party.kind.in_(PRODUCING), Party.id != application.party_id)
    return list(db.session.scalars(wanted.order_by(Party.name)))


def workshops_of(person: User, application: Application) -> list[Party]:
    """Where this person may come from as a peer: places of which somebody checked who speaks for them."""
    return [party for party in places_of(person, application) if party.vetting is Vetting.VETTED]


def _member(one: Evaluation, application: Application) -> guards.Evaluator:
    """A seat as the rule of the panel sees it; a workshop that is no peer's any more is none."""
    workshop = one.workshop if one.workshop and one.workshop in workshops_of(one.evaluator, application) else None
    return guards.Evaluator(
        person=one.evaluator.public_id,
        is_peer=one.capacity is Capacity.PEER,
        is_outsider=one.capacity is Capacity.OUTSIDER,
        workshop=workshop.public_id if workshop else None,
        same_branch=workshop is not None and workshop.branch is not None and workshop.branch == application.party.branch,
        evaluated_by_applicant=evaluated_by(application.party, one.evaluator, application),
    )
