"""What the guards must know of a case: how people are tied to the applicant, who evaluated, and who sits on the panel."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import func, select

from certification.accounts.models import Role, User
from certification.applications.models import Application, Capacity, Evaluation
from certification.core.db import db
from certification.parties.models import Membership, Party, PartyKind, Vetting
from certification.parties.ties import ties_between
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
    ties = list(ties_between(user, application.party, at))
    if user.id == application.applicant_id:
        ties.append(guards.Tie("self"))
    last = evaluated_by(application.party, user, application)
    if last is not None:
        ties.append(guards.Tie("reciprocal", last, last))
    return guards.Person(str(user.id), tuple(dict.fromkeys(ties)), operates_site=user.holds(Role.OPERATOR))


def evaluated_by(party: Party, user: User, application: Application) -> date | None:
    """The last day on which somebody of ``party`` handed in an evaluation of a party that ``user`` belongs to."""
    theirs = select(Membership.user_id).where(Membership.party_id == party.id)
    own = select(Membership.party_id).where(Membership.user_id == user.id)
    wanted = (
        select(func.max(Evaluation.submitted_at))
        .join(Evaluation.application)
        .where(Application.party_id.in_(own), Application.party_id != party.id, Evaluation.recused_at.is_(None))
        .where(Evaluation.evaluator_id.in_(theirs) | (Evaluation.workshop_id == party.id))
    )
    last = db.session.scalar(wanted)
    return None if last is None else today_of(application, last)


def check_evaluator(user: User, application: Application, at: datetime) -> None:
    """Guard 1 for whoever evaluates. Raises TieBars (param ``tie``)."""
    person = person_of(user, application, at)
    guards.may_evaluate(person, tie_rules(), mode=mode_of(application), at=today_of(application, at))


def check_decider(user: User, application: Application, at: datetime) -> None:
    """Guard 1 for whoever decides. Raises Forbidden, EvaluatorDecides or TieBars (param ``tie``)."""
    person = person_of(user, application, at)
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
