"""One evaluator's work: to say that there is no tie or step aside, to find criterion by criterion, to recommend."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications import review_notices
from certification.applications.acting import lock
from certification.applications.cases import check_evaluator, counted, mode_of, shortfalls, today_of
from certification.applications.drafts import criterion_of
from certification.applications.models import Application, Evaluation, FindingRow
from certification.applications.review_permissions import Permission
from certification.audit.record import record
from certification.core.db import writing
from certification.parties import declaring
from certification.parties.declaring import DECLARABLE, TieValues
from certification.rules.criteria import FULL_SCORE, Criterion, CriterionType, EvidenceKind, Scoring
from certification.rules.errors import AlreadyExists, Forbidden, IllegalMove, InvalidInput
from certification.rules.guards import CaseRole
from certification.rules.scoring import Value
from certification.rules.text import N_
from certification.rules.workflow import APPLICATION, ApplicationState, Outcome
from certification.schemes.reasons import tie_rules
from certification.schemes.texts import text_of

NAMED = "evaluators_named_with_consent"
VISIT_SUMMARY = "public_visit_summary"
AT_WORK = (ApplicationState.ACCEPTED, ApplicationState.EVALUATING)
MOVED_ON = (ApplicationState.IN_REVIEW, ApplicationState.DECIDED)


@dataclass(frozen=True, slots=True)
class Found:
    """What one evaluator found on one criterion. ``plan`` with its day is what was agreed to mend it."""

    value: str
    score: int | None = None
    note: str = ""
    plan: str = ""
    plan_due: date | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """The recommendation. ``named``: the evaluator agrees to be named in public."""

    recommendation: Outcome
    summary: str
    visited_on: date | None = None
    named: bool = False


def declare_no_tie(evaluation: Evaluation, *, by: User, at: datetime) -> None:
    """Say "I have no tie to who applies"; only then is the evidence shown. Said twice is said once.

    Raises:
        TieBars: the registry knows of one (param ``tie``).

    """
    _begin(evaluation, by, at, declared=False)
    if evaluation.no_tie_declared_at is not None:
        return
    evaluation.no_tie_declared_at = at
    _start(evaluation.application, by=by, at=at)
    _note("evaluation.no_tie", evaluation, by=by, at=at)


def declare_tie(
    evaluation: Evaluation, kind: str, *, since: date | None = None, until: date | None = None, by: User, at: datetime
) -> None:
    """Declare one's tie to the applicant, for this and every other case, and step aside from this one.

    Raises:
        InvalidInput: no such kind of tie, or days that can't be.
        IllegalMove: the evaluation is handed in, or the person left already.

    """
    application = _open_seat(evaluation, by)
    with suppress(AlreadyExists):  # said before, elsewhere: what remains is to step aside
        declaring.declare(application.party, TieValues(kind, since, until), by=by, at=at)
    _step_aside(evaluation, by=by, at=at, reason="tie", tie=kind)


def note_tie(
    evaluation: Evaluation, kind: str, *, since: date | None = None, until: date | None = None, by: User, at: datetime
) -> None:
    """Declare a tie of a kind that keeps nobody from evaluating here, and keep the seat.

    Raises:
        InvalidInput: a kind that bars, or days that can't be.
        IllegalMove: the evaluation is handed in, or the person left already.

    """
    application = _open_seat(evaluation, by)
    if kind not in harmless(application):
        raise InvalidInput("tie_bars", N_("Esa relación no deja evaluar: anótela y deje el caso."), field="kind")
    with suppress(AlreadyExists):  # said before: there is nothing to add
        declaring.declare(application.party, TieValues(kind, since, until), by=by, at=at)


def harmless(application: Application) -> tuple[str, ...]:
    """Kinds of ties that one declares and that keep nobody from evaluating under this scheme."""
    mode, rules = mode_of(application), tie_rules()
    return tuple(kind for kind in DECLARABLE if mode not in rules[kind].modes or CaseRole.EVALUATOR not in rules[kind].roles)


def recuse(evaluation: Evaluation, *, reason: str, by: User, at: datetime) -> None:
    """Step aside without a tie: for want of time, or of impartiality.

    Raises:
        InvalidInput: without a reason.
        IllegalMove: the evaluation is handed in, or the person left already.

    """
    _open_seat(evaluation, by)
    if not reason:
        raise InvalidInput("reason_missing", N_("Diga en pocas palabras por qué no puede."), field="reason")
    _step_aside(evaluation, by=by, at=at, reason=reason)


def save_finding(evaluation: Evaluation, code: str, found: Found, *, by: User, at: datetime) -> FindingRow:
    """Keep what was found on one criterion; saying it again replaces it.

    Raises:
        NotFound: the scheme has no such criterion.
        InvalidInput: a value, score, note or plan that the criterion does not allow.
        Forbidden: nothing was said about ties yet.
        TieBars: a tie has come up.
        IllegalMove: the evaluation is handed in, or the case is elsewhere.

    """
    _begin(evaluation, by, at, declared=True)
    application = evaluation.application
    criterion = criterion_of(application, code)
    _check_found(criterion, found, text_of(application.scheme_version).scoring, today_of(application, at))
    row = next((one for one in evaluation.findings if one.criterion == code), None)
    if row is None:
        row = FindingRow(evaluation=evaluation, criterion=code, value=found.value, saved_at=at)
        writing().add(row)
    row.value, row.score, row.note = found.value, found.score, found.note
    row.plan, row.plan_due, row.saved_at = found.plan, found.plan_due, at
    _note("evaluation.find", evaluation, by=by, at=at, criterion=code, value=found.value, score=found.score)
    return row


def send(evaluation: Evaluation, advice: Advice, *, by: User, at: datetime) -> None:
    """Hand the evaluation in; nothing of it changes after. With enough of them the case goes to the committee.

    Raises:
        InvalidInput: a criterion without a finding, no summary, no visit or no consent where the scheme asks for them.
        Forbidden, TieBars, IllegalMove: as :func:`save_finding`.

    """
    _begin(evaluation, by, at, declared=True)
    application = evaluation.application
    _check_advice(evaluation, advice, today_of(application, at))
    evaluation.recommendation, evaluation.summary = advice.recommendation, advice.summary
    evaluation.visited_on, evaluation.named = advice.visited_on, advice.named
    evaluation.submitted_at = at
    _note("evaluation.send", evaluation, by=by, at=at, recommendation=advice.recommendation.value, named=advice.named)
    writing().flush()
    if not shortfalls(application, counted(application, at), at):
        application.state = APPLICATION.next_state(application.state, "send_to_review")
        record("application.send_to_review", "application", application.public_id, by=by, at=at)
        review_notices.ready_to_decide(application)


def not_needed(evaluation: Evaluation) -> bool:
    """Whether the case went to the committee with enough evaluations before this one was handed in."""
    left = evaluation.submitted_at is not None or evaluation.recused_at is not None
    return not left and evaluation.application.state in MOVED_ON


def allowed_values(criterion: Criterion) -> tuple[str, ...]:
    """What may be found on a criterion: its own findings, else conform, minor, major; not applicable where it may not apply."""
    own = tuple(one.id for one in criterion.findings) or (Value.CONFORM.value, Value.MINOR.value, Value.MAJOR.value)
    return (*own, Value.NOT_APPLICABLE.value) if criterion.applies_if else own


def conforms(criterion: Criterion, value: str) -> bool:
    own = {one.id: one.conforms for one in criterion.findings}
    return own.get(value, value == Value.CONFORM)


def _begin(evaluation: Evaluation, by: User, at: datetime, *, declared: bool) -> None:
    """Permission, the lock, the open seat, the guard: what every step of the work asks again."""
    application = _open_seat(evaluation, by)
    if application.state in MOVED_ON:
        raise IllegalMove("went_on", N_("El caso ya pasó al comité sin necesitar su evaluación. No tiene que hacer nada."))
    if application.state not in AT_WORK:
        raise IllegalMove(state=application.state.value, action="evaluate")
    if declared and evaluation.no_tie_declared_at is None:
        raise Forbidden("ties_unsaid", N_("Antes de ver las pruebas, diga si tiene relación con quien solicita."))
    check_evaluator(by, application, at)
    if declared:
        _start(application, by=by, at=at)


def _start(application: Application, *, by: User, at: datetime) -> None:
    """The first step of anybody's work begins the evaluation, also anew after a return."""
    if application.state is ApplicationState.ACCEPTED:
        application.state = APPLICATION.next_state(application.state, "start_evaluation")
        record("application.start_evaluation", "application", application.public_id, by=by, at=at)


def _open_seat(evaluation: Evaluation, by: User) -> Application:
    check(by, Permission.EVALUATE, evaluation)
    application = evaluation.application
    lock(application)
    for one in application.evaluations:  # others may have handed theirs in while this one waited
        writing().refresh(one)
    if evaluation.recused_at is not None:
        raise IllegalMove
    if evaluation.submitted_at is not None:
        raise IllegalMove("evaluation_sent", N_("Su evaluación ya se envió y no se cambia, salvo que el caso regrese."))
    return application


def _step_aside(evaluation: Evaluation, *, by: User, at: datetime, **details: str) -> None:
    evaluation.recused_at = at
    _note("evaluation.recuse", evaluation, by=by, at=at, **details)
    review_notices.stepped_aside(evaluation)


def _check_found(criterion: Criterion, found: Found, scoring: Scoring, today: date) -> None:
    if found.value not in allowed_values(criterion):
        raise InvalidInput("finding_unknown", N_("Elija uno de los hallazgos de la lista."), field="value")
    scored = criterion.type is CriterionType.SCORED and found.value != Value.NOT_APPLICABLE
    if scored != (found.score is not None) or not 0 <= (found.score or 0) <= FULL_SCORE:
        sentence = N_("Este criterio lleva de 0 a 3 puntos.") if scored else N_("Aquí no van puntos.")
        raise InvalidInput("score_wrong", sentence, field="score")
    if not found.note and (not conforms(criterion, found.value) or found.score == 0):
        raise InvalidInput("note_missing", N_("Diga qué vio: hace falta cuando no cumple del todo."), field="note")
    if bool(found.plan) != (found.plan_due is not None):
        field = "plan_due" if found.plan else "plan"
        raise InvalidInput("plan_incomplete", N_("El acuerdo lleva las dos cosas: qué se hará y para cuándo."), field=field)
    if found.plan_due is not None:
        _check_plan(found, found.plan_due, scoring, today)


def _check_plan(found: Found, due: date, scoring: Scoring, today: date) -> None:
    if due < today:
        raise InvalidInput("day_past", N_("Ese día ya pasó."), field="plan_due")
    most = scoring.zero_due_days
    if found.score == 0 and most is not None and due > today + timedelta(days=most):
        raise InvalidInput(
            "plan_too_late", N_("Para salir de un cero hay %(days)d días cuando mucho."), field="plan_due", days=most
        )


def _check_advice(evaluation: Evaluation, advice: Advice, today: date) -> None:
    application = evaluation.application
    text = text_of(application.scheme_version)
    done = {row.criterion for row in evaluation.findings}
    missing = [one.code for one in text.criteria if one.code not in done]
    if missing:
        raise InvalidInput("findings_missing", N_("Faltan criterios por revisar: %(codes)s."), codes=", ".join(missing))
    if not advice.summary:
        raise InvalidInput("summary_missing", N_("Escriba su resumen: es lo primero que lee quien decide."), field="summary")
    if advice.visited_on is not None and advice.visited_on > today:
        raise InvalidInput("day_to_come", N_("El día de la visita no puede ser futuro."), field="visited_on")
    if VISIT_SUMMARY in text.decision.requires and advice.visited_on is None:
        raise InvalidInput("visit_missing", N_("Este esquema pide visita: escriba qué día fue."), field="visited_on")
    if NAMED in text.decision.requires and not advice.named:
        sentence = N_("Este esquema publica quién evaluó. Si no quiere aparecer, deje el caso a otra persona.")
        raise InvalidInput("consent_missing", sentence, field="named")


def wants_visit(criterion: Criterion) -> bool:
    """Whether a visit is among what proves this criterion."""
    return any(ask.kind is EvidenceKind.VISIT for ask in criterion.evidence)


def _note(act: str, evaluation: Evaluation, *, by: User, at: datetime, **details: object) -> None:
    record(act, "evaluation", evaluation.public_id, by=by, at=at, application=evaluation.application.public_id, **details)
